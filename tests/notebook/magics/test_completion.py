"""Tab completes models, flags, values, verbs and job ids in a real IPython shell, with Jedi on."""

from __future__ import annotations

from pathlib import Path

import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from vidmagic.engine.states import STATES
from vidmagic.media.video import Video
from vidmagic.notebook.magics.completion import IDENTIFIER, install, remove
from vidmagic.notebook.magics.topics import TOPICS
from vidmagic.notebook.magics.verbs import VERBS
from vidmagic.session.run_options import RunOptions
from vidmagic.session.session import Session


class Shell:
    """A shell with the completion in it; `opened` counts how often the session was asked for."""

    def __init__(self, session: Session) -> None:
        # No history file: it would belong to the person who runs the tests.
        self.ip = InteractiveShell(config=Config(HistoryManager={"enabled": False}))
        self.session = session
        self.opened = 0
        install(self.ip, self._open)

    def _open(self) -> Session:
        self.opened += 1
        return self.session

    def complete(self, text: str, at: int | None = None) -> list[str]:
        """Return the texts up to the cursor as they would be after each completion, ours and IPython's."""
        at = len(text) if at is None else at
        with provisionalcompleter():
            return [text[: offered.start] + offered.text for offered in self.ip.Completer.completions(text, at)]

    def ours(self, text: str) -> list[str]:
        """Return only ours, without the text before the last space."""
        with provisionalcompleter():
            offered = [
                completion
                for completion in self.ip.Completer.completions(text, len(text))
                if completion._origin == IDENTIFIER
            ]
        return [(text[: completion.start] + completion.text)[text.rindex(" ") + 1 :] for completion in offered]


@pytest.fixture
def shell(make_session):
    """Open a shell without keys."""
    opened = Shell(make_session())
    assert opened.ip.Completer.use_jedi
    return opened


def test_models_are_completed_and_nothing_else_is_offered(shell):
    """After `%%video hai` only the models that begin so are offered; Jedi's Python names stay away."""
    shell.ip.user_ns["hai_tower"] = 1
    assert shell.complete("%%video hai") == ["%%video hailuo", "%%video hailuo-02", "%%video hailuo-fast"]
    assert shell.complete("%%video HAI") == ["%%video hailuo", "%%video hailuo-02", "%%video hailuo-fast"]
    assert shell.complete("%%video dmxapi/doubao-seedance-2") == [
        "%%video dmxapi/doubao-seedance-2-0-260128",
        "%%video dmxapi/doubao-seedance-2-0-fast-260128",
    ]


def test_it_works_with_a_body_below(shell):
    """The cursor in the first line completes, whatever prompt stands below; a line of the prompt does not."""
    text = "%%video hai\nA red kite --dur"
    assert shell.complete(text, at=11) == ["%%video hailuo", "%%video hailuo-02", "%%video hailuo-fast"]
    assert shell.ours("%%video hailuo\nvideo mod") == []
    assert shell.ours("%%video hailuo\n%video mod") == []


def test_flags_are_those_of_the_model_and_offered_once(shell):
    """A flag that is on the line already is not offered again, in any of its forms."""
    offered = shell.ours("%%video sora --")
    assert {"--aspect-ratio", "--duration", "--image", "--out", "--dry-run", "--embed", "--no-embed"} <= set(offered)
    assert "--resolution" not in offered
    assert shell.ours("%%video sora --duration 10 --du") == []
    offered = shell.ours("%%video hailuo --no-prompt-optimizer -o kite -w --")
    assert {"--prompt-optimizer", "--no-prompt-optimizer", "--out", "--wait", "--background"}.isdisjoint(offered)
    assert {"--aigc-watermark", "--no-aigc-watermark", "--again"} <= set(offered)


def test_after_a_model_no_second_one_is_offered(shell):
    """Models are offered until the line has one."""
    assert "hailuo" in shell.ours("%%video ")
    assert "hailuo" in shell.ours("%%video --again ")
    assert "hailuo" not in shell.ours("%%video sora ")


def test_the_configured_model_decides_the_flags(shell):
    """Without a model on the line the flags are those of the setting, and without one those of all models."""
    assert {"--resolution", "--aspect-ratio"} <= set(shell.ours("%%video --"))
    shell.session.settings.model = "sora"
    assert "--resolution" not in shell.ours("%%video --")


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("%%video sora --aspect-ratio ", ["9:16", "16:9"]),
        ("%%video sora --aspect-ratio 1", ["16:9"]),
        ("%%video sora --aspect-ratio 16:", ["16:9"]),
        ("%%video sora --aspect-ratio=9:", ["--aspect-ratio=9:16"]),
        ("%%video hailuo --resolution 1", ["1080P"]),
        ("%%video viduq2 --wm-position bot", ["bottom-right", "bottom-left"]),
        ("%%video hailuo --resolution '7", ["'768P"]),
        ("%%video hailuo --duration ", ["6", "10"]),
        ("%%video hailuo --out ", []),
        ("%video jobs --state do", ["done"]),
        ("%video jobs --state ", list(STATES)),
        ("%video jobs --model so", ["sora", "sora-landscape", "sora-15s", "sora-landscape-15s"]),
        ("%video jobs --", ["--state", "--model", "--since", "--stars", "--tag", "--limit"]),
        ("%video jobs --limit 5 --st", ["--state", "--stars"]),
        ("%video rate x 4 --t", ["--tag"]),
        ("%video jobs --limit ", []),
        ("%video mo", ["models"]),
        ("%video ", list(VERBS)),
        ("%video models hai", ["hailuo", "hailuo-02", "hailuo-fast"]),
        ("%video help ", [*VERBS, *TOPICS]),
        ("%video help set", ["settings"]),
        ("%video help s", ["show", "slim", "states", "sweeps", "settings"]),
        ("%video compare --", ["--columns", "--grid", "--blind", "--choices"]),
        ("%video reel a b --out=x --", []),
        ("%video jobs --state=do", ["--state=done"]),
        ("%video jobs --since ", ["2h", "1d", "1w"]),
        ("%video doctor ", ["--online"]),
        ("%video nonsense ", []),
        ("%%video hailuo 'a ", []),
        ("x = 1\n%video mo", ["models"]),
    ],
)
def test_values_and_verbs(shell, typed, offered):
    """What may stand at the cursor is offered, in the order in which it is documented."""
    assert shell.ours(typed) == offered


def test_images_are_files_and_variables(shell):
    """After an image flag come variables that hold an image, folders and pictures; a space in a name is quoted."""
    for name in ("kite.png", "first frame.JPG", "notes.txt", ".hidden.png"):
        Path(name).write_bytes(b"")
    Path("shots/old").mkdir(parents=True)
    Path("shots/a.webp").write_bytes(b"")
    shell.ip.user_ns.update(photo=b"x", number=1, _private=b"x")
    assert [
        completion.removeprefix("%%video sora --image ") for completion in shell.complete("%%video sora --image ")
    ] == [
        "photo",
        '"first frame.JPG"',
        "kite.png",
        "shots/",
    ]
    assert shell.complete("%%video sora --image 'fi") == ["%%video sora --image 'first frame.JPG"]
    assert shell.ours("%%video sora --image shots/") == ["shots/a.webp", "shots/old/"]
    assert shell.ours("%%video sora --image=k") == ["--image=kite.png"]
    assert shell.ours("%%video sora --image nowhere/") == []
    assert shell.ours("%%video sora --image ph") == ["photo"]


def test_videos_and_sound_are_files_and_variables(shell):
    """After such a flag come what may hold one, folders and files of its kind, and for a video shots and jobs too."""
    for name in ("a.mp4", "b.MOV", "c.wav", "d.mp3", "e.png"):
        Path(name).touch()
    shell.ip.user_ns.update(clip=Video("a.mp4"), sound=b"x", number=5)
    given = {text.removeprefix("%%video h3 --video ") for text in shell.complete("%%video h3 --video ")}
    assert {"a.mp4", "b.MOV", "clip", "sound"} <= given
    assert not given & {"c.wav", "e.png", "number"}
    offered = {text.rpartition(" ")[2] for text in shell.complete("%%video h3 --reference-audio ")}
    assert {"c.wav", "d.mp3", "sound"} <= offered
    assert not offered & {"a.mp4", "e.png"}


def test_job_ids_come_newest_first_and_from_one_read(session):
    """The verbs that take a job offer the ids of the journal."""
    shell = Shell(session)
    jobs = [session.start(f"kite {n}", "hailuo") for n in range(3)]
    for job in jobs:
        job.result(20)
    reads = []
    find, session.store.find = session.store.find, lambda **more: reads.append(more) or find(**more)
    for verb in ("show", "resume", "wait", "cancel", "upscale"):
        assert [text for text in shell.ours(f"%video {verb} ") if text[0] != "-"] == [job.id for job in reversed(jobs)]
    assert len(reads) == 5
    assert shell.ours(f"%video show {jobs[0].id[:3]}") == [jobs[0].id]
    assert shell.ours(f"%video show {jobs[0].id} ") == []


def test_takes_are_completed_as_addresses(session):
    """Wherever a video is named, its shot and its takes are offered, the newest take first."""
    shell = Shell(session)
    for word in ("red", "blue"):
        session.start(f"A {word} kite", "hailuo", RunOptions(shot="kite")).result(20)
    for line in ("%video show ", "%video compare ", "%%video seedance --from ", "%%video h3 --video "):
        assert shell.ours(f"{line}ki") == ["kite", "kite:2", "kite:1"]
        assert shell.ours(f"{line}kite:") == ["kite:2", "kite:1"]
    assert shell.ours("%video pick kite:") == ["kite:2", "kite:1"]
    assert shell.ours("%%video hailuo --shot ki") == ["kite"]


def test_no_journal_is_made_for_it(shell, home):
    """Completing an id where no job was ever made leaves the disk as it was."""
    assert shell.ours("%video show ") == []
    assert not home.exists()


def test_a_fault_completes_nothing_and_shows_nothing(shell, capsys):
    """When the session cannot be made, IPython's own completion works as before."""
    install(shell.ip, lambda: 1 / 0)
    assert shell.ours("%%video hai") == []
    assert shell.complete("impor") == ["import"]
    captured = capsys.readouterr()
    assert captured.out == captured.err == ""


def test_other_lines_do_not_ask_for_the_session(shell):
    """We do not complete Python code, other magics and the name of the magic."""
    for text in (
        "impor",
        "%tim",
        "%%vid",
        "%%video",
        "%video",
        "video mo",
        "%%videos x",
        "a %%video x",
        "",
        "%%video hailuo\nA k",
    ):
        shell.complete(text)
    assert shell.opened == 0


def test_it_is_there_once_and_can_be_removed(shell):
    """Loading twice completes once; unloading removes our completion and no other."""

    def other(_: str) -> list[str]:
        return []

    shell.ip.Completer.custom_matchers.append(other)
    install(shell.ip, lambda: shell.session)
    assert len(shell.ip.Completer.custom_matchers) == 2
    assert shell.complete("%video mo") == ["%video models"]
    remove(shell.ip)
    remove(shell.ip)
    assert shell.ip.Completer.custom_matchers == [other]
    assert shell.ours("%video mo") == []
