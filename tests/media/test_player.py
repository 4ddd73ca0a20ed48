"""What a notebook shows of a video: whole after sanitizing, free of markup from prompts, and true about the file."""

from __future__ import annotations

import base64
import os
import shutil
import tracemalloc
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.skeleton import PAYLOADS, skeleton, tags, text
from vidmagic.media.display import DisplayOptions, length_text, size_text
from vidmagic.media.player import html
from vidmagic.media.video import Video

# What JupyterLab 4 keeps in a notebook that is not trusted, of the tags that a player may need.
ANYWHERE = {"class", "style", "title", "dir"}
ALLOWED = {
    "figure": set(),
    "figcaption": set(),
    "div": set(),
    "span": set(),
    "strong": set(),
    "bdi": set(),
    "summary": set(),
    "details": {"open"},
    "a": {"href", "rel", "target"},
    "source": {"type"},
    "video": {"src", "controls", "autoplay", "loop", "muted", "poster", "preload", "width", "height"},
}


def stripped(markup: str) -> set[str]:
    """Return what the sanitizer would take out."""
    lost = {tag for tag, _ in tags(markup) if tag not in ALLOWED}
    named = [(tag, name) for tag, names in skeleton(markup) for name in names if tag in ALLOWED]
    return lost | {f"{tag} {name}" for tag, name in named if name not in ALLOWED[tag] | ANYWHERE}


def attributes(markup: str, tag: str) -> dict[str, str | None]:
    """Return the attributes of the first such tag."""
    return next(dict(attrs) for name, attrs in tags(markup) if name == tag)


@pytest.fixture
def folder(short_video, tmp_path) -> Path:
    """A notebook's folder with a video in `videos/`."""
    (tmp_path / "videos").mkdir()
    shutil.copy(short_video, tmp_path / "videos" / "kite.mp4")
    return tmp_path


def shown(folder: Path, display: DisplayOptions | None = None, **origin) -> str:
    """Return the player of the video in *folder*."""
    video = Video(folder / "videos" / "kite.mp4", **origin)
    return html(video, display or DisplayOptions(beside=folder))


def test_the_embedded_video_is_the_file(folder):
    """An embedded video is the file byte for byte, under our own type, on the video tag itself."""
    video = attributes(shown(folder), "video")
    kind, _, coded = video["src"].partition(",")
    assert kind == "data:video/mp4;base64"
    assert base64.b64decode(coded) == (folder / "videos" / "kite.mp4").read_bytes()
    assert video["poster"].startswith("data:image/jpeg;base64,/9j/")
    assert (video["controls"], video["preload"], video["width"], video["height"]) == (None, "metadata", "320", "180")
    assert "max-width" in video["style"]


@pytest.mark.parametrize(
    ("embed", "spare", "embedded"),
    [
        ("auto", 0, True),
        ("auto", -1, False),
        ("always", -1, True),
        ("never", 0, False),
    ],
)
def test_the_embed_limit_is_exact(folder, embed, spare, embedded):
    """Up to exactly the limit a video is embedded, a byte beyond it is linked; the page says which."""
    size = (folder / "videos" / "kite.mp4").stat().st_size
    markup = shown(folder, DisplayOptions(embed=embed, embed_limit=size + spare, beside=folder))
    assert attributes(markup, "video")["src"].startswith("data:") is embedded
    assert ("Embedded in the notebook · videos/kite.mp4" in text(markup)) is embedded
    assert ("Linked, not embedded · videos/kite.mp4" in text(markup)) is not embedded
    assert attributes(markup, "a")["href"] == "videos/kite.mp4"


@pytest.mark.parametrize(
    "name",
    [
        "a b.mp4",
        "牛.mp4",
        "100%.mp4",
        "a#b?c.mp4",
        "x:y.mp4",
        'it\'s "q".mp4',
        "a&b;<c>.mp4",
        "a+b=c.mp4",
        "\udcff.mp4",
    ],
)
def test_a_link_leads_to_the_file(folder, name):
    """Whatever the file is called, the relative link, decoded once, is its path from the notebook."""
    path = folder / "sub dir" / name
    path.parent.mkdir()
    shutil.copy(folder / "videos" / "kite.mp4", path)
    markup = html(Video(path), DisplayOptions(embed="never", beside=folder))
    for href in (attributes(markup, "video")["src"], attributes(markup, "a")["href"]):
        assert (folder / os.fsdecode(unquote(href, "utf-8", "surrogateescape"))).samefile(path)
        assert href.isascii()
    markup.encode()


def test_a_file_elsewhere_is_named_in_full(folder):
    """A file beside the notebook's folder is still linked relatively, and named with its whole path."""
    (folder / "notes").mkdir()
    markup = shown(folder, DisplayOptions(embed="never", beside=folder / "notes"))
    assert attributes(markup, "video")["src"] == "../videos/kite.mp4"
    assert str(folder / "videos" / "kite.mp4") in text(markup)


def test_the_working_folder_does_not_matter(folder, monkeypatch):
    """Links are written from the notebook's folder, also for a relative path and another working folder."""
    monkeypatch.chdir(folder / "videos")
    assert (
        attributes(html(Video("kite.mp4"), DisplayOptions(embed="never", beside=folder)), "video")["src"]
        == "videos/kite.mp4"
    )


def test_one_line_of_facts(folder):
    """Model, length, size in pixels and bytes, seed and price stand in one line, in this order."""
    size = size_text((folder / "videos" / "kite.mp4").stat().st_size)
    markup = shown(folder, short="hailuo", params={"seed": 0}, price="¥2.00", job_id="01J8")
    assert f"hailuo · 2 s · 320×180 · {size} · seed 0 · ¥2.00 (estimate)" in text(markup)
    assert 'title="job 01J8"' in markup
    assert f"2 s · 320×180 · {size}Embedded" in text(shown(folder)), "what is not known is left out"


@pytest.mark.parametrize(
    ("origin", "badge"), [({"in_sandbox": True}, "sandbox"), ({"reused": True}, "reused, not charged again")]
)
def test_badges(folder, origin, badge):
    """A sandbox job and a reused job are marked, other videos are not."""
    assert badge in text(shown(folder, **origin))
    assert badge not in text(shown(folder))


@pytest.mark.parametrize(
    ("prompt", "folded"),
    [
        ("a red kite", False),
        ("x" * 280, False),
        ("x" * 281, True),
        ("a\nb\nc\nd", False),
        ("a\nb\nc\nd\ne", True),
    ],
)
def test_the_whole_prompt_is_there(folder, prompt, folded):
    """A prompt is shown whole; a long one is folded under its first words."""
    markup = shown(folder, prompt=prompt)
    assert prompt in text(markup)
    assert ("details" in dict(skeleton(markup))) is folded


def test_no_prompt_no_line(folder):
    """A video without a prompt has no empty line for it."""
    assert skeleton(shown(folder, prompt="  \n")) == skeleton(shown(folder))


@pytest.mark.parametrize(
    ("display", "attributes_set"),
    [
        (DisplayOptions(), {"controls"}),
        (DisplayOptions(autoplay=True), {"controls", "autoplay", "muted"}),
        (DisplayOptions(loop=True), {"controls", "loop"}),
    ],
)
def test_muted_only_with_autoplay(folder, display, attributes_set):
    """A video starts by itself only without sound, and has its sound otherwise."""
    assert {
        name for name, value in attributes(shown(folder, display), "video").items() if value is None
    } == attributes_set


@pytest.mark.parametrize(
    "origin",
    [{}, {"prompt": "x" * 999, "short": "m", "price": "¥1", "job_id": "1", "in_sandbox": True, "reused": True}],
)
@pytest.mark.parametrize("embed", ["always", "never"])
def test_an_untrusted_notebook_keeps_it(folder, origin, embed):
    """The sanitizer of an untrusted notebook takes nothing away."""
    markup = shown(folder, DisplayOptions(embed=embed, autoplay=True, loop=True, beside=folder), **origin)
    assert stripped(markup) == set()
    assert attributes(markup, "video")["src"]


def test_the_sanitizer_is_watched():
    """The check above sees the forms that would be lost."""
    lost = stripped('<video onplay="x"><source src="a.mp4"></video><a download href="a">a</a><script></script>')
    assert lost == {"video onplay", "source src", "a download", "script"}


def test_formulas_stay_text(folder):
    """Front ends that set mathematics leave the figure alone."""
    assert "mathjax_ignore" in attributes(shown(folder, prompt="$x^2$"), "figure")["class"].split()


@pytest.mark.parametrize("sink", ["prompt", "short", "model", "job_id", "price", "seed"])
@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_strangers_text_adds_nothing(folder, sink, payload):
    """Whatever prompt, model, id, price or seed say, tags and attributes are exactly ours."""
    ours = [skeleton(shown(folder, **{sink: value})) for value in ("x", "x" * 999)]
    markup = shown(folder, **{sink: payload})
    if payload.strip():
        assert skeleton(markup) in ours
    assert attributes(markup, "a")["href"] == "videos/kite.mp4"
    markup.encode()


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_file_name_adds_nothing(folder, payload):
    """Whatever a file is called, present or missing, tags, attributes and links are exactly ours."""
    display = DisplayOptions(beside=folder)
    missing = skeleton(html(Video(folder / "gone.mp4"), display))
    name = payload.replace("/", "_")[:100]
    markup = html(Video(folder / name), display)
    assert skeleton(markup) == missing
    markup.encode()
    try:
        shutil.copy(folder / "videos" / "kite.mp4", folder / name)
    except (ValueError, OSError):  # a NUL or a lone surrogate cannot be a file name
        return
    assert skeleton(html(Video(folder / name), display)) == skeleton(shown(folder))


def test_what_cannot_be_shown_is_a_sentence(folder):
    """A missing file, a folder and a damaged file give one sentence and the prompt, and no player."""
    (folder / "bad.mp4").write_bytes(b"\0" * 99)
    for name in ("gone.mp4", "videos", "bad.mp4", "a\0b.mp4"):
        markup = html(Video(folder / name, prompt="a red kite"), DisplayOptions(beside=folder))
        assert "video" not in dict(tags(markup))
        assert "No video to show: " in text(markup)
        assert text(markup).count("cannot be read") == 1
        assert "a red kite" in text(markup)


def test_a_file_that_vanished_is_a_sentence(folder):
    """A video that was shown before and whose file is gone since gives a sentence."""
    video = Video(folder / "videos" / "kite.mp4")
    html(video, DisplayOptions())
    video.path.unlink()
    assert "no such file" in text(html(video, DisplayOptions()))


def test_memory_stays_below_three_times_the_file(folder):
    """To embed a file takes at its peak less than three times its size."""
    path = folder / "videos" / "kite.mp4"
    with path.open("ab") as file:
        file.write(b"\0\0\0\0free")  # a last box without an end
        file.truncate(30_000_000)
    video = Video(path)
    assert video.poster
    assert video.facts
    tracemalloc.start()
    html(video, DisplayOptions(embed="always"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 * 30_000_000


@pytest.mark.parametrize(
    "wrong",
    [
        {"embed": "maybe"},
        {"width": ""},
        {"width": "1px;color:red"},
        {"width": '1px"'},
        {"width": "url(x)"},
        {"width": "1px\n"},
    ],
)
def test_display_options_are_checked(wrong):
    """A setting that would break the page is refused when it is set."""
    with pytest.raises(ValueError, match=next(iter(wrong))):
        DisplayOptions(**wrong)


@pytest.mark.parametrize("width", ["640px", "100%", "40rem", "min(100%, 30em)", "calc(50% - 10px)"])
def test_any_css_length_is_a_width(folder, width):
    """The width is the user's, as CSS has it."""
    assert f"max-width:{width}" in attributes(shown(folder, DisplayOptions(width=width)), "figure")["style"]


def test_numbers_for_people():
    """Durations and sizes are short, and no size is nothing."""
    assert [length_text(s) for s in (6.0, 5.875, 10.04)] == ["6 s", "5.9 s", "10 s"]
    assert [size_text(n) for n in (10, 640_000, 999_999, 1_000_000, 3_249_000)] == [
        "1 kB",
        "640 kB",
        "1000 kB",
        "1.0 MB",
        "3.2 MB",
    ]
