"""`%video jobs` and `%video show`: thumbnails, filters, the next step of a job, and its stored record."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import vidmagic
from tests.patience import until
from tests.rows import rewrite
from tests.skeleton import PAYLOADS, skeleton
from vidmagic import api
from vidmagic.engine.journal.record import Record, new_id
from vidmagic.errors import InvalidRequest
from vidmagic.media.thumbnail import video_thumbnail
from vidmagic.notebook.views.jobs import Jobs
from vidmagic.notebook.views.record import FullRecord
from vidmagic.sandbox import Sandbox
from vidmagic.session.reports.job_table import age
from vidmagic.session.session import Session

Run = Callable[[str], Any]
DAY = 86400

PRICE = {"text": "¥2.00", "amount": "2.00", "currency": "CNY", "source": "a list", "date": "2026-11-20"}


@pytest.fixture
def video_path(session: Session) -> Path:
    """Return a video of the sandbox, whose job is done."""
    return session.start("a kite", "hailuo").result(20).path


def put(session: Session, state: str, *, ago: float = 0.0, **more: Any) -> Record:
    """Put a job of another, dead kernel into the journal."""
    made = Record(
        new_id(), "dmxapi/MiniMax-Hailuo-2.3", "A red kite", {"duration": 6}, new_id(),
        created=time.time() - ago, price=PRICE,
    )  # fmt: skip
    session.store.begin(made, again=True, satisfies=lambda _: False)
    rewrite(session.store, made.id, state=state, owner="gone", **more)
    return session.store.get(made.id)


def html(jobs: Jobs) -> str:
    """Return the table as a notebook gets it."""
    return jobs._repr_mimebundle_()["text/html"]


def test_jobs_that_need_the_user_come_first(session: Session) -> None:
    """Unknown and paused jobs come first, however old; the others follow, newest first."""
    lost, paused, old, new = (put(session, state) for state in ("unknown", "paused", "failed", "rejected"))
    jobs = Jobs.chosen(session)
    assert [job.id for job in jobs] == [paused.id, lost.id, new.id, old.id]
    assert [job.id for job in Jobs.chosen(session, limit="2")] == [paused.id, lost.id]


def test_the_list_is_a_sequence_of_jobs(session: Session, video_path: Path) -> None:
    """It has a length, items and slices; its text is the table for a terminal."""
    jobs = Jobs.chosen(session)
    assert len(jobs) == 1
    assert jobs[0].video.path == video_path
    assert isinstance(jobs[:1], Jobs)
    assert next(iter(jobs)).id in repr(jobs)
    assert repr(jobs[1:]) == "No such job in the journal."
    assert "No such job" in html(jobs[1:])


def test_python_gives_the_same_list(session: Session, video_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`vidmagic.jobs` takes the same filters and returns the same list."""
    monkeypatch.setattr(api, "_session", lambda: session)
    assert [job.video.path for job in vidmagic.jobs(state="done", model="hailuo", since="2h", limit=3)] == [video_path]
    assert len(vidmagic.jobs(model="sora")) == 0
    with pytest.raises(InvalidRequest, match="did you mean done"):
        vidmagic.jobs(state="dome")


@pytest.mark.parametrize(("since", "count"), [("30m", 1), ("2h", 2), ("3d", 3), ("1w", 4)])
def test_since_takes_an_age(session: Session, since: str, count: int) -> None:
    """Minutes, hours, days and weeks, counted back from now."""
    for ago in (0, 3600, 2 * DAY, 5 * DAY):
        put(session, "failed", ago=ago)
    assert len(Jobs.chosen(session, since=since)) == count


def test_since_takes_a_day(session: Session) -> None:
    """A day begins at midnight where the person is; anything but a time is refused."""
    put(session, "failed", ago=3 * DAY)
    put(session, "failed")
    day = time.strftime("%Y-%m-%d", time.localtime(time.time() - DAY))
    assert len(Jobs.chosen(session, since=day)) == 1
    for wrong in ("yesterday", "2h30", "2026-13-01", "-1h"):
        with pytest.raises(InvalidRequest, match="30m, 2h, 3d, 1w"):
            Jobs.chosen(session, since=wrong)


@pytest.mark.parametrize(
    ("state", "more", "verb"),
    [
        ("unknown", {}, "resume"),
        ("paused", {}, "resume"),
        ("running", {"ticket": {"task": "1"}}, "resume"),
        ("cancelled", {"ticket": {"task": "1"}}, "resume"),
        ("cancelled", {}, "show"),
        ("failed", {}, "show"),
        ("rejected", {}, "show"),
        ("new", {}, "show"),
        ("done", {"path": "/nowhere/kite.mp4", "ticket": {"task": "1"}}, "resume"),
        ("done", {"path": "/nowhere/kite.mp4"}, "show"),
    ],
)
def test_a_state_has_its_next_step(session: Session, state: str, more: dict[str, Any], verb: str) -> None:
    """A job that can go on is resumed; any other is shown."""
    job = put(session, state, **more)
    assert f"%video {verb} {job.id}" in html(Jobs.chosen(session))


def test_a_job_that_runs_here_is_shown(session: Session, sandbox: Sandbox) -> None:
    """A job of this kernel is not resumed while it runs."""
    sandbox.seconds = 600
    job = session.start("a kite", "hailuo")
    until(lambda: job.task_id)
    assert f"%video show {job.id}" in html(Jobs.chosen(session))


def test_a_row_has_the_facts_of_its_job(session: Session) -> None:
    """Model, length, price and age stand under the first words of the prompt; a doubt about the charge too."""
    put(session, "unknown", ago=3 * 3600, charged="unknown", prompt="A red kite " * 30)
    shown = re.sub(r"<[^>]+>", "", html(Jobs.chosen(session)))
    assert "hailuo · 6 s · ¥2.00 (estimate) · 3 h ago" in shown
    assert "may be charged" in shown
    assert "…" in shown
    assert len(shown) < 400


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_prompt_adds_no_tag(session: Session, payload: str) -> None:
    """Whatever a prompt, an error or a task id holds, the table and the record have the same tags."""
    job = put(session, "failed")
    bad = dataclasses.replace(
        job, prompt=payload, task_id=payload, error={"type": payload, "message": payload}, params={"style": payload}
    )
    assert skeleton(html(Jobs([_handle(session, bad)], session))) == skeleton(
        html(Jobs([_handle(session, job)], session))
    )
    calm = dataclasses.replace(bad, prompt="x", task_id="x", error={"type": "x", "message": "x"}, params={"style": "x"})
    record = FullRecord(bad)._repr_mimebundle_()["text/html"]
    if payload.strip():
        assert skeleton(record) == skeleton(FullRecord(calm)._repr_mimebundle_()["text/html"])


def _handle(session: Session, record: Record) -> Any:
    return session.factory.peek(record)


def test_fifty_rows_are_small_and_quick(session: Session, video_path: Path, tmp_path: Path) -> None:
    """Fifty videos have fifty thumbnails in less than 500 kB, and a second list makes none of them again."""
    for number in range(49):
        copy = tmp_path / f"{number}.mp4"
        shutil.copy(video_path, copy)
        put(session, "done", path=str(copy))
    began = time.perf_counter()
    table = html(Jobs.chosen(session, limit="50"))
    first, began = time.perf_counter() - began, time.perf_counter()
    assert html(Jobs.chosen(session, limit="50")).count("data:image/jpeg") == 50
    print(f"50 rows: {len(table) / 1e3:.0f} kB, {first:.2f} s, then {time.perf_counter() - began:.2f} s")  # noqa: T201
    assert table.count("data:image/jpeg") == 50
    assert len(table) < 500_000


def test_a_thumbnail_is_cached_until_its_video_changes(video_path: Path, tmp_path: Path) -> None:
    """It is a small JPEG, read from its file as long as that bears the video's time; a missing folder is made."""
    cached = tmp_path / "thumbnails" / "a.jpg"
    made = video_thumbnail(video_path, cached)
    assert made[:2] == b"\xff\xd8"
    assert len(made) < 8000
    cached.write_bytes(b"cached")
    os.utime(cached, ns=(0, video_path.stat().st_mtime_ns))
    assert video_thumbnail(video_path, cached) == b"cached"
    os.utime(video_path)
    assert video_thumbnail(video_path, cached) == made
    (tmp_path / "file").touch()
    assert video_thumbnail(video_path, tmp_path / "file" / "a.jpg") == made


def test_a_damaged_video_has_no_thumbnail(session: Session, video_path: Path) -> None:
    """The row is shown without a picture."""
    video_path.write_bytes(b"not a video")
    assert "data:image" not in html(Jobs.chosen(session))


def test_show_gives_the_video_and_the_whole_record(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """`%video show` prints the stored facts of a job, but neither a result link nor a ticket."""
    job = run("%%video hailuo\nA red kite")
    capsys.readouterr()
    assert run(f"%video show {job.id}").id == job.id
    printed = capsys.readouterr().out
    for word in (job.id, job.task_id, "¥2.00", "prompt_optimizer", str(job.record.path), job.record.sha256, "accepted"):
        assert str(word) in printed
    shown = FullRecord(job.record)._repr_mimebundle_()["text/html"]
    assert shown.startswith("<details")
    secret = dataclasses.replace(job.record, links={"video": "https://x/?sig=SECRET"}, ticket={"t": "SECRET"})
    assert "SECRET" not in json.dumps(FullRecord(secret)._repr_mimebundle_())


def test_an_age_has_one_unit() -> None:
    """An age is shown in minutes, hours or days; below a minute it is "just now"."""
    ages = [age(seconds) for seconds in (0, 59, 60, 3599, 3600, DAY, 30 * DAY)]
    assert ages == ["just now", "just now", "1 min ago", "59 min ago", "1 h ago", "1 d ago", "30 d ago"]
