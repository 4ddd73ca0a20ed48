"""Videos side by side, and videos joined: which ones are chosen, their captions, and what is saved."""

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
from vidmagic.notebook.card.comparison_html import comparison_html
from vidmagic.notebook.card.tile import tiles_of
from vidmagic.notebook.card.video_captions import captions
from vidmagic.notebook.views.compare import Comparison, compare
from vidmagic.sandbox import Sandbox

Run = Callable[[str], Any]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a short video that every test may read."""
    return videos.write(tmp_path_factory.mktemp("videos") / "kite.mp4", frames=12, sound=True)


def video(file: Path, prompt: str = "A red kite", **facts: Any) -> Video:
    """Return a video as a job would."""
    return Video(file, **{"short": "hailuo", "prompt": prompt, **facts})


def grid(shown: list[Video], **options: Any) -> str:
    """Return the comparison of videos as HTML."""
    heading, tiles = tiles_of(shown)
    return comparison_html(tiles, heading=heading, **options)


# -- captions


def test_captions_hold_only_differences(file: Path) -> None:
    """Common facts stand in the heading; a caption holds the words, parameters and seed that differ."""
    heading, labels = captions([
        video(file, "A red kite over the sea", params={"duration": 6, "seed": 0}),
        video(file, "A dark blue kite over the sea", params={"duration": 6, "seed": 1}),
        video(file, "A kite over the sea", params={"duration": 6}),
    ])  # fmt: skip
    assert heading == "hailuo · duration 6"
    assert labels == ["red · seed 0", "dark blue · seed 1", "–"]


def test_captions_of_equal_videos_are_empty(file: Path) -> None:
    """Two takes of one request have empty captions, and the prompt stands above."""
    assert captions([video(file), video(file)]) == ("hailuo · A red kite", ["", ""])


def test_captions_hold_models_switches_and_prices(file: Path) -> None:
    """A model, a yes or no and a price that differ are in the captions."""
    heading, labels = captions([
        video(file, params={"watermark": True}, price="¥2.00"),
        video(file, short="sora", params={"watermark": False}),
    ])  # fmt: skip
    assert heading == "A red kite"
    assert labels == ["hailuo · watermark yes · ¥2.00 (estimate)", "sora · watermark no"]


def test_chinese_prompts_differ_by_characters(file: Path) -> None:
    """Where no spaces stand between words, the characters that differ are shown."""
    _, labels = captions([video(file, "一只红色的风筝"), video(file, "一只蓝绿色的风筝")])
    assert labels == ["红", "蓝绿"]


def test_files_alone_have_no_facts(file: Path) -> None:
    """Videos without a job have empty captions."""
    assert captions([Video(file), Video(file)]) == ("", ["", ""])


def test_captions_never_cut_the_words_that_differ(file: Path) -> None:
    """Three takes of a long prompt that differ at both ends stay apart by the very words."""
    scene = "A heron lands on a mirror-still pond, reeds in the foreground, soft mist over the water, 35 mm lens"
    _, labels = captions([
        video(file, f"{scene}, at dawn"),
        video(file, f"{scene}, at dusk, handheld"),
        video(file, f"Slow: {scene}, at noon"),
    ])  # fmt: skip
    assert labels == ["dawn", "dusk, handheld", "Slow: … noon"]


def test_long_differences_are_cut_only_where_they_stay_different(file: Path) -> None:
    """A long phrase ends in an ellipsis; two that would then be equal are whole."""
    long = " ".join(f"word{number}" for number in range(30))
    _, labels = captions([video(file, f"A kite {long}"), video(file, "A kite")])
    assert labels[0].startswith("word0")
    assert labels[0].endswith("…")
    _, labels = captions([video(file, f"{long} x"), video(file, f"{long} y {long}"), video(file, "z")])
    assert labels[0].endswith("x")
    assert len(set(labels)) == 3


def test_a_parameter_of_one_model_only_is_not_a_difference(file: Path) -> None:
    """Beside another model a video's caption holds what both of them take."""
    _, labels = captions([
        video(file, params={"duration": 6, "prompt_optimizer": True}),
        video(file, short="sora", params={"duration": 10}),
    ])  # fmt: skip
    assert labels == ["hailuo · duration 6", "sora · duration 10"]


# -- the grid


def test_a_grid_is_plain_players(file: Path) -> None:
    """Each video is a player with its source on itself; one script of ours, no widget, no `<source>`."""
    carried = DisplayOptions(embed="always")
    html = grid([video(file, display=carried), video(file, "A blue kite", display=carried)], columns=2)
    names = [tag for tag, _ in tags(html)]
    assert (names.count("video"), names.count("script")) == (2, 1)
    assert not {"source", "iframe", "button", "input"} & set(names)
    assert all(dict(facts)["src"].startswith("data:video/mp4;base64,") for tag, facts in tags(html) if tag == "video")
    assert "red" in text(html)
    assert "repeat(2," in html


def test_a_comparison_links_what_lies_beside_the_notebook(file: Path) -> None:
    """The cells that made the videos carry them already: a comparison has links and small pictures of them.

    A file outside the notebook's folder is embedded: the page might not reach it.
    """
    beside, elsewhere = DisplayOptions(beside=file.parent), DisplayOptions(beside=file.parent / "deeper")
    html = grid([video(file, display=beside), video(file, display=elsewhere)])
    players = [dict(facts) for tag, facts in tags(html) if tag == "video"]
    assert players[0]["src"] == "kite.mp4"
    assert players[0]["poster"].startswith("data:image/jpeg")
    assert players[1]["src"].startswith("data:video/mp4")


@pytest.mark.parametrize("payload", PAYLOADS)
def test_text_from_outside_adds_no_tag(file: Path, payload: str) -> None:
    """A prompt, a name or an id changes the text only."""

    def made(foreign: str) -> str:
        origin = {"short": foreign, "params": {foreign: foreign}, "job_id": foreign or "x"}
        return grid([video(file, foreign, **origin), video(file, "y")], notes=[foreign])

    assert skeleton(made(payload)) == skeleton(made("x"))


def test_a_lost_file_leaves_the_others(file: Path) -> None:
    """A video whose file is gone is a sentence in its tile."""
    html = grid([video(file), video(file.parent / "gone.mp4")])
    assert [tag for tag, _ in tags(html)].count("video") == 1
    assert "gone.mp4 cannot be read" in text(html)


def test_a_comparison_is_html_and_text(file: Path) -> None:
    """A notebook gets the grid and the lines of it, and nothing that needs a kernel."""
    data, _ = DisplayFormatter().format(Comparison([video(file), video(file, "A blue kite")]))
    assert set(data) == {"text/html", "text/plain"}
    assert data["text/plain"].splitlines()[0] == f"1 · red · {file}"


@pytest.mark.parametrize("columns", [0, -1])
def test_columns_are_at_least_one(file: Path, columns: int) -> None:
    """No columns make no grid."""
    with pytest.raises(InvalidRequest, match="at least 1"):
        Comparison([Video(file)], columns=columns)


def test_a_comparison_needs_videos() -> None:
    """A comparison of nothing is refused."""
    with pytest.raises(InvalidRequest, match="needs videos"):
        compare([])


# -- the verbs


def test_compare_takes_ids_files_and_variables(run: Run, shell: InteractiveShell, file: Path) -> None:
    """`%video compare` lays jobs, a variable and a file side by side, in that order."""
    first = run("%%video hailuo -w\nA red kite")
    run("%%video hailuo -w --out blue\nA blue kite")
    shell.user_ns["both"] = [first, shell.user_ns["blue"]]
    shown = run(f"%video compare {first.id} blue {file} both --columns 2")
    assert [video.path for video in shown.videos] == [
        first.video.path, shell.user_ns["blue"].video.path, file, first.video.path, shell.user_ns["blue"].video.path
    ]  # fmt: skip
    assert shown.columns == 2


def test_a_shot_alone_means_all_its_takes(run: Run) -> None:
    """`%video compare kite` shows every take of the shot; beside another name it is the best one."""
    first = run("%%video hailuo -w --shot kite\nA red kite")
    second = run("%%video hailuo -w --shot kite\nA blue kite")
    lake = run("%%video hailuo -w --shot lake\nA lake")
    assert [video.job_id for video in run("%video compare kite").videos] == [first.id, second.id]
    assert [video.job_id for video in run("%video compare kite,lake").videos] == [second.id, lake.id]


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
def test_incomplete_lines_are_refused(run: Run, line: str) -> None:
    """A missing name, a missing value, an unknown flag and one given twice are errors of one sentence."""
    with pytest.raises(InvalidRequest):
        run(f"%video {line}")


def test_an_unknown_name_is_an_error(run: Run) -> None:
    """A name must be a file, a variable, a shot or a job."""
    with pytest.raises(NoSuchJob):
        run("%video compare nothing")


def test_reel_joins_videos_in_order(run: Run, file: Path, tmp_path: Path) -> None:
    """`%video reel A,B --out F` writes one file beside the notebook, in the order given, and its value is the Video."""
    job = run("%%video hailuo -w --duration 6\nA red kite")
    made = run(f"%video reel {job.id},{job.video.path} --out reel.mp4")
    assert made.path == Path.cwd() / "reel.mp4"
    assert made.duration == pytest.approx(2 * job.video.duration, abs=0.1)
    assert made.short == "reel"
    with pytest.raises(InvalidRequest, match="exists"):
        run(f"%video reel {file} --out reel.mp4")


def test_a_reel_again_is_the_one_there_is(run: Run, file: Path) -> None:
    """The same line a second time, as after Run All, returns the existing file and writes nothing."""
    line = f"%video reel {file},{file} --out reel.mp4"
    before = run(line).path.stat().st_mtime_ns
    assert run(line).path.stat().st_mtime_ns == before


def test_in_python(file: Path, tmp_path: Path) -> None:
    """`vidmagic.compare` and `vidmagic.reel` take files, videos and sequences of them."""
    import vidmagic

    assert len(vidmagic.compare(file, [Video(file)], columns=1).videos) == 2
    made = vidmagic.reel([file, Video(file)], tmp_path / "reel.mp4")
    assert isinstance(made, vidmagic.Video)
    assert list(join([file, file], made.path)) == [1.0]
