"""Videos and audio of a request: sums, names, what the journal and its views show of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.engine.tiny import Tiny
from tests.media import sounds, videos
from vidmagic.engine.journal.record import plan as plan_record
from vidmagic.engine.journal.request_diff import changes
from vidmagic.errors import InvalidRequest
from vidmagic.notebook.views.history import cell_of
from vidmagic.notebook.views.record import fields
from vidmagic.session.planning import Plan, make_plan
from vidmagic.session.session import Session
from vidmagic.session.sweep.plan import plan_sweep
from vidmagic.spec.models import ImageLimits, Mode, Model, RecordingLimits

VIDEOS = RecordingLimits(("mp4",), size=10**6, seconds=(1, 10), total_seconds=5, total_size=10**5, local=True)
SOUNDS = RecordingLimits(("wav",), size=10**6, total_seconds=5, local=True)
MODEL = Model(
    "tiny/editing", "editing", "Editing", (),
    (
        Mode("text"),
        Mode("edit", inputs={"video": (1, 1)}, video_limits=VIDEOS),
        Mode(
            "references", inputs={"reference_video": (0, 3), "reference_audio": (0, 3), "reference": (0, 3)},
            video_limits=VIDEOS, audio_limits=SOUNDS, limits=ImageLimits(("png",), 10**6, body_size=10**6),
        ),
    ),
)  # fmt: skip


class Editing(Tiny):
    """A service that takes videos and sound."""

    models = (MODEL,)


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a video of two seconds."""
    return str(videos.write(tmp_path_factory.mktemp("given") / "short.mp4", frames=48, size=(64, 48)))


@pytest.fixture(scope="module")
def wav(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return sound of two seconds."""
    return str(sounds.write(tmp_path_factory.mktemp("given") / "sound.wav", seconds=2))


@pytest.fixture
def editing(session: Session, monkeypatch: pytest.MonkeyPatch) -> Session:
    """Return a session that knows the service."""
    monkeypatch.setenv("TINY_API_KEY", "k")
    session.catalog.add(Editing())
    return session


def plan(**given: Any) -> Plan:
    """Plan a request without a session."""
    return make_plan(Editing(), MODEL, "at dusk", given, in_sandbox=False)


def refusal(**given: Any) -> str:
    """Return why a request is refused."""
    with pytest.raises(InvalidRequest) as refused:
        plan(**given)
    return refused.value.message


def test_inputs_of_any_kind_choose_the_mode(short: str, wav: str) -> None:
    """Videos and sound are read by the limits of the mode that their roles choose."""
    assert plan(video=short).request.mode == "edit"
    request = plan(reference_video=[short], reference_audio=[wav]).request
    assert [(given.kind, round(given.seconds)) for given in request.inputs] == [("video", 2), ("audio", 2)]


def test_sums_of_a_kind_are_bounded(short: str, wav: str) -> None:
    """Each one may pass and all together not: the message has the sum and the limit."""
    assert len(plan(reference_video=[short, short]).request.inputs) == 2
    assert "all video together is 6 s long; at most 5 s are allowed" in refusal(reference_video=[short] * 3)
    assert "all audio together is 6 s long; at most 5 s are allowed" in refusal(reference_audio=[wav] * 3)


def test_sizes_together_are_bounded(tmp_path: Path) -> None:
    """The bytes of all videos are counted."""
    data = videos.write(tmp_path / "x.mp4", frames=24, size=(64, 48)).read_bytes()
    large = data + (60_008).to_bytes(4, "big") + b"free" + bytes(60_000)
    message = refusal(reference_video=[large, large])
    assert "all video together has" in message
    assert "at most 100,000 are allowed" in message


def test_nothing_is_known_of_a_link(short: str) -> None:
    """The length of what a link leads to counts as nothing here: its service checks it."""
    links = ["https://1.1.1.1/a.mp4"] * 2
    assert len(plan(reference_video=[*links, short]).request.inputs) == 3


def test_an_input_that_is_nothing_is_refused_by_name(editing: Session) -> None:
    """A name of nothing is refused before the request, with the flag's own word."""
    with pytest.raises(InvalidRequest, match="reference video: no variable, shot, job or file is called nope"):
        editing.plan("at dusk", "editing", reference_video=["nope"])
    with pytest.raises(InvalidRequest, match="is a network path"):
        editing.plan("at dusk", "editing", video="//host/a.mp4")


def test_a_sweep_over_several_videos(editing: Session, short: str, tmp_path: Path) -> None:
    """A list of videos is one job each, named by its file; a list of references is one job."""
    other = str(videos.write(tmp_path / "other.mp4", frames=30, size=(64, 48)))
    sweep = plan_sweep(editing, "at dusk", "editing", video=[Path(short), Path(other)])
    assert sweep.labels == ("video short.mp4", "video other.mp4")
    assert len(plan_sweep(editing, "at dusk", "editing", reference_video=[short, other]).plans) == 1


def test_the_journals_views(editing: Session, short: str, wav: str) -> None:
    """The record has name, length and size; the cell asks for the same; a change of an input is named by its role."""
    given = {"reference_video": [short], "reference_audio": [wav]}
    record, without = (
        plan_record(plan(**more).request, in_sandbox=False, origin="", folder="", price=None) for more in (given, {})
    )
    shown = dict(fields(record))
    assert shown["reference_video"].startswith(f"{short} · 2 s · ")
    assert shown["reference_audio"].startswith(f"{wav} · 2 s · ")
    assert f"--reference-video {short} --reference-audio {wav}" in cell_of(editing, record)
    assert "reference video none → " in str(changes("take 1", without, record))
