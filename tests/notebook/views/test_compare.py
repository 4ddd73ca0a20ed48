"""Videos side by side, and videos joined: which ones are meant, what is said of them, and what is saved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from IPython.core.formatters import DisplayFormatter
from IPython.core.interactiveshell import InteractiveShell

from tests.media import videos
from tests.skeleton import PAYLOADS, skeleton, tags, text
from vidmagic.errors import InvalidRequest, NoSuchJob, VidmagicError
from vidmagic.media.display import DisplayOptions
from vidmagic.media.reel import join
from vidmagic.media.video import Video
from vidmagic.notebook.card.video_captions import captions
from vidmagic.notebook.card.video_grid import grid
from vidmagic.notebook.views.compare import Comparison, compare
from vidmagic.sandbox import Sandbox

Run = Callable[[str], Any]


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short film that every test may read."""
    return videos.write(tmp_path_factory.mktemp("film") / "film.mp4", frames=12, sound=True)


def video(film: Path, prompt: str = "A red kite", **facts: Any) -> Video:
    """Return a video as a job would."""
    return Video(film, **{"short": "hailuo", "prompt": prompt, **facts})


# -- captions


def test_captions_say_only_what_differs(film: Path) -> None:
    """What all share is said once; each caption holds the words, parameters and seed that set it apart."""
    shared, said = captions([
        video(film, "A red kite over the sea", params={"duration": 6, "seed": 0}),
        video(film, "A dark blue kite over the sea", params={"duration": 6, "seed": 1}),
        video(film, "A kite over the sea", params={"duration": 6}),
    ])  # fmt: skip
    assert shared == "hailuo · duration 6"
    assert said == ["red · seed 0", "dark blue · seed 1", "–"]


def test_videos_that_differ_in_nothing_say_nothing(film: Path) -> None:
    """Two takes of one request have empty captions, and the prompt stands above."""
    assert captions([video(film), video(film)]) == ("hailuo · A red kite", ["", ""])


def test_models_and_switches_are_told_apart(film: Path) -> None:
    """A model, a yes or no and a price that differ are in the captions."""
    shared, said = captions([
        video(film, params={"watermark": True}, price="¥2.00"),
        video(film, short="sora", params={"watermark": False}),
    ])  # fmt: skip
    assert shared == "A red kite"
    assert said == ["hailuo · watermark yes · ¥2.00 (estimate)", "sora · watermark no"]


def test_chinese_prompts_differ_by_characters(film: Path) -> None:
    """Where no spaces stand between words, the characters that differ are shown."""
    _, said = captions([video(film, "一只红色的风筝"), video(film, "一只蓝绿色的风筝")])
    assert said == ["红", "蓝绿"]


def test_files_alone_have_no_facts(film: Path) -> None:
    """Videos without an origin have nothing to say and raise nothing."""
    assert captions([Video(film), Video(film)]) == ("", ["", ""])


# -- the grid


def test_a_grid_is_plain_players(film: Path) -> None:
    """Each video is a player with its source on itself; no script, no widget, no `<source>`."""
    html = grid([video(film), video(film, "A blue kite")], columns=2)
    names = [tag for tag, _ in tags(html)]
    assert names.count("video") == 2
    assert not {"script", "source", "iframe", "button", "input"} & set(names)
    assert all(dict(facts)["src"].startswith("data:video/mp4;base64,") for tag, facts in tags(html) if tag == "video")
    assert "red" in text(html)
    assert "repeat(2," in html


def test_over_the_limit_a_video_is_linked_beside_the_notebook(film: Path) -> None:
    """A video above the embed limit is linked relative to the notebook, one below it is embedded."""
    small = videos.write(film.parent / "small.mp4", frames=1)
    display = DisplayOptions(embed_limit=small.stat().st_size, beside=film.parent)
    html = grid([video(film, display=display), video(small, display=display)])
    sources = [dict(facts)["src"] for tag, facts in tags(html) if tag == "video"]
    assert sources[0] == "film.mp4"
    assert sources[1].startswith("data:")


@pytest.mark.parametrize("payload", PAYLOADS)
def test_foreign_text_adds_no_tag(film: Path, payload: str) -> None:
    """Prompts, names and ids of others change nothing but the words."""

    def made(foreign: str) -> str:
        origin = {"short": foreign, "params": {foreign: foreign}, "job_id": foreign or "x"}
        return grid([video(film, foreign, **origin), video(film, "y")], lost=[foreign])

    assert skeleton(made(payload)) == skeleton(made("x"))


def test_a_lost_file_leaves_the_others(film: Path) -> None:
    """A video whose file is gone is a sentence in its tile."""
    html = grid([video(film), video(film.parent / "gone.mp4")])
    assert [tag for tag, _ in tags(html)].count("video") == 1
    assert "gone.mp4 cannot be read" in text(html)


def test_a_comparison_is_html_and_text(film: Path) -> None:
    """A notebook gets the grid and the lines of it, and nothing that needs a kernel."""
    data, _ = DisplayFormatter().format(Comparison([video(film), video(film, "A blue kite")]))
    assert set(data) == {"text/html", "text/plain"}
    assert data["text/plain"].splitlines()[0] == f"1 · red · {film}"


@pytest.mark.parametrize("columns", [0, -1])
def test_columns_are_at_least_one(film: Path, columns: int) -> None:
    """No columns make no grid."""
    with pytest.raises(InvalidRequest, match="at least 1"):
        Comparison([Video(film)], columns=columns)


def test_nothing_to_compare_is_said() -> None:
    """A comparison of nothing is refused."""
    with pytest.raises(InvalidRequest, match="needs videos"):
        compare([])


# -- the verbs


def test_compare_takes_ids_files_and_variables(run: Run, shell: InteractiveShell, film: Path) -> None:
    """`%video compare` lays jobs, a variable and a file side by side, in that order."""
    first = run("%%video hailuo -w\nA red kite")
    run("%%video hailuo -w --out blue\nA blue kite")
    shell.user_ns["both"] = [first, shell.user_ns["blue"]]
    shown = run(f"%video compare {first.id} blue {film} both --columns 2")
    assert [each.path for each in shown.videos] == [
        first.video.path, shell.user_ns["blue"].video.path, film, first.video.path, shell.user_ns["blue"].video.path
    ]  # fmt: skip
    assert shown.columns == 2


def test_a_shot_alone_means_all_its_takes(run: Run) -> None:
    """`%video compare kite` shows every take of the shot; beside another name it is the best one."""
    first = run("%%video hailuo -w --shot kite\nA red kite")
    second = run("%%video hailuo -w --shot kite\nA blue kite")
    lake = run("%%video hailuo -w --shot lake\nA lake")
    assert [each.job_id for each in run("%video compare kite").videos] == [first.id, second.id]
    assert [each.job_id for each in run("%video compare kite,lake").videos] == [second.id, lake.id]


def test_one_that_failed_leaves_the_others(run: Run, sandbox: Sandbox) -> None:
    """A job without a video is a sentence below the grid."""
    good = run("%%video hailuo -w\nA red kite")
    sandbox.seconds = 60
    bad = run("%%video hailuo -b\nA blue kite")
    bad.cancel()
    shown = run(f"%video compare {good.id} {bad.id}")
    assert len(shown.videos) == 1
    assert bad.id in shown.lost[0]
    with pytest.raises(VidmagicError):
        run(f"%video reel {good.id},{bad.id} --out reel.mp4")


@pytest.mark.parametrize(
    "line",
    ["compare", "compare --columns 2", "compare x --columns two", "compare x --columns", "compare x --rows 2",
     "compare x --columns 1 --columns 2", "reel x", "reel x --out", "reel --out a.mp4"],
)  # fmt: skip
def test_lines_that_say_too_little_are_refused(run: Run, line: str) -> None:
    """A missing name, a missing value, an unknown flag and one given twice are errors of one sentence."""
    with pytest.raises(InvalidRequest):
        run(f"%video {line}")


def test_an_unknown_name_is_said(run: Run) -> None:
    """A name that stands for no file, variable, shot or job is an error."""
    with pytest.raises(NoSuchJob):
        run("%video compare nothing")


def test_reel_joins_in_order_and_says_what_it_is(run: Run, film: Path, tmp_path: Path) -> None:
    """`%video reel A,B --out F` writes one file beside the notebook, in the order given, and its value is the Video."""
    job = run("%%video hailuo -w --duration 6\nA red kite")
    made = run(f"%video reel {job.id},{job.video.path} --out reel.mp4")
    assert made.path == Path.cwd() / "reel.mp4"
    assert made.duration == pytest.approx(2 * job.video.duration, abs=0.1)
    assert made.short == "reel"
    with pytest.raises(InvalidRequest, match="exists"):
        run(f"%video reel {film} --out reel.mp4")


def test_a_reel_again_is_the_one_there_is(run: Run, film: Path) -> None:
    """The same line a second time, as Run All has it, is no error and writes nothing."""
    line = f"%video reel {film},{film} --out reel.mp4"
    before = run(line).path.stat().st_mtime_ns
    assert run(line).path.stat().st_mtime_ns == before


def test_in_python(film: Path, tmp_path: Path) -> None:
    """`vidmagic.compare` and `vidmagic.reel` take files, videos and sequences of them."""
    import vidmagic

    assert len(vidmagic.compare(film, [Video(film)], columns=1).videos) == 2
    made = vidmagic.reel([film, Video(film)], tmp_path / "reel.mp4")
    assert isinstance(made, vidmagic.Video)
    assert list(join([film, film], made.path)) == [1.0]
