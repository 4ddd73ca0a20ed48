"""A prompt is sent as typed, except for the variables in double braces."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from tests.media import videos
from vidmagic.errors import InvalidRequest
from vidmagic.media.video import Video
from vidmagic.notebook.magics.interpolation import holds_image, interpolate, variable_or_name, variable_or_path


class Odd:
    """An object whose parts fail in many ways, and whose calls are counted."""

    calls = 0
    _secret = "secret"

    @property
    def broken(self):
        """Fail."""
        raise RuntimeError("no power\nat all")

    def method(self):
        """Count."""
        Odd.calls += 1

    def __call__(self):
        """Count."""
        Odd.calls += 1


class Wordless:
    """An object that cannot be made text."""

    def __str__(self):
        raise ValueError("no words")


NAMESPACE = {
    "colour": "red",
    "n": 0,
    "none": None,
    "words": ["a", "b"],
    "d": {"k": "v", 1: "one", "a b": "spaced"},
    "odd": Odd(),
    "nested": "{{colour}}",
    "p": SimpleNamespace(q=SimpleNamespace(r=["deep"])),
    "wordless": Wordless(),
    "_hidden": 1,
    "plain": object(),
    "风筝": "kite",
    "path": Path("a/b"),
    "print": print,
    "kind": Odd,
    "tag": "<b>",
}


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("a {{colour}} kite", "a red kite"),
        ("{{ colour }}", "red"),
        ("{{\tcolour }}", "red"),
        ("{{n}}", "0"),
        ("{{none}}", "None"),
        ("{{words[0]}} {{words[-1]}}", "a b"),
        ('{{d["k"]}}', "v"),
        ("{{d['a b']}}", "spaced"),
        ("{{d[1]}}", "one"),
        ("{{p.q.r[0]}}", "deep"),
        ("{{风筝}}", "kite"),
        ("{{path}}", str(Path("a/b"))),
        ("{{tag}}", "<b>"),
        ("{{_hidden}}", "1"),
        ("{{colour}}{{colour}}", "redred"),
        ("{{nested}}", "{{colour}}"),
        ("{{{colour}}}", "{red}"),
        ("$colour {colour}", "$colour {colour}"),
    ],
)
def test_a_variable_is_replaced_once(typed, sent):
    """A name, attribute or item in double braces becomes its text; braces in that text are not replaced again."""
    assert interpolate(typed, NAMESPACE) == sent


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "{",
        "}",
        "{}",
        "{{}}",
        "{{ }}",
        "{{{}}}",
        "{colour}",
        "{{1 + 1}}",
        "{{red|blue}}",
        "{{colour!r}}",
        "{{colour:>10}}",
        '{"shot": "wide"}',
        '{"a": {"b": {}}}',
        "{v: k for k, v in d.items()}",
        "{{colour()}}",
        "{{odd.method()}}",
        "{{words[i]}}",
        "{{words[0:1]}}",
        "{{words[colour]}}",
        "{{colour.}}",
        "{{.colour}}",
        "{{colour\n}}",
        "{{\ncolour}}",
        "{ {colour} }",
        "{{'colour'}}",
        "{{0}}",
        "{% if x %}",
        "$colour ${colour}",
        "%s %(a)s",
        "In[3]",
        "\\{{",
        "100 %\r\n\ttab  two",
        "[推进]\u3000{{ 红 }",
        "\x00",
    ],
)
def test_everything_else_is_sent_as_typed(typed):
    """Text in double braces that is not a path is not changed."""
    assert interpolate(typed, NAMESPACE) == typed


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("{{color}}", "{{color}}: no variable is called color (did you mean colour?)"),
        ("{{zzz}}", "no variable is called zzz"),
        ("{{words[9]}}", "[9] cannot be read: IndexError"),
        ('{{d["x"]}}', '["x"] cannot be read: KeyError'),
        ("{{colour.x}}", ".x cannot be read: AttributeError"),
        ("{{n[0]}}", "[0] cannot be read: TypeError"),
        ("{{odd.broken}}", ".broken cannot be read: RuntimeError: no power at all"),
        ("{{odd._secret}}", "._secret is private"),
        ("{{odd.__class__}}", ".__class__ is private"),
        ("{{odd.__class__.__mro__}}", "private"),
        ("{{plain}}", "it holds <object object"),
        ("{{odd}}", "it holds <"),
        ("{{odd.method}}", "it holds <bound method"),
        ("{{print}}", "it holds <built-in"),
        ("{{kind}}", "it holds <class"),
        ("{{wordless}}", "it cannot be made text: ValueError: no words"),
    ],
)
def test_an_unusable_variable_is_refused(typed, message):
    """A name without a value, or a value without a text, is refused with the reason, before anything is sent."""
    with pytest.raises(InvalidRequest) as refused:
        interpolate(f"a {typed} b", NAMESPACE)
    assert message in refused.value.message
    assert "--raw" in refused.value.hint


def test_all_problems_come_in_one_message_without_repeats():
    """Two undefined names are one error with two reasons, however often the prompt repeats them."""
    with pytest.raises(InvalidRequest) as refused:
        interpolate("{{aaa}} {{bbb}} {{aaa}}", NAMESPACE)
    assert refused.value.message == "{{aaa}}: no variable is called aaa; {{bbb}}: no variable is called bbb"


def test_nothing_is_called():
    """A prompt runs no code of the notebook."""
    for typed in ("{{odd()}}", "{{odd.method()}}", "{{odd.method}}", "{{odd}}"):
        with contextlib.suppress(InvalidRequest):
            interpolate(typed, NAMESPACE)
    assert Odd.calls == 0


def test_json_goes_through_whole():
    """A prompt written as JSON, indented or not, is sent as it is."""
    for indent in (None, 2):
        typed = json.dumps({"shot": {"camera": {"move": "in"}}, "list": [{}, {"a": {}}]}, indent=indent)
        assert interpolate(typed, {}) == typed


@pytest.mark.parametrize(
    "link", ["https://x.com/a.png?sig=1", "HTTPS://x.com/a", "http://x", "data:image/png;base64,AAAA", "ssupload:?id=1"]
)
def test_a_link_is_passed_on(link):
    """A link is not looked up as a file or a variable."""
    assert variable_or_path(link, {}) == link


def test_a_file_goes_before_a_variable():
    """A file that exists is the image, also when a variable has its name."""
    Path("kite").write_bytes(b"file")
    assert variable_or_path("kite", {"kite": b"variable"}) == "kite"
    Path("kite").unlink()
    assert variable_or_path("kite", {"kite": b"variable"}) == b"variable"


@pytest.mark.parametrize(
    "held",
    [
        b"x",
        bytearray(b"x"),
        memoryview(b"x"),
        Path("a.png"),
        Image.new("RGB", (2, 2)),
        np.zeros((2, 2, 3), np.uint8),
        io.BytesIO(b"x"),
    ],
    ids=lambda held: type(held).__name__,
)
def test_a_variable_may_hold_an_image(held):
    """Bytes, paths, PIL images and arrays are passed on unchanged, from a list too."""
    assert holds_image(held)
    assert variable_or_path("photo", {"photo": held}) is held
    assert variable_or_path("photos[0]", {"photos": [held]}) is held


def test_a_variable_may_hold_the_text_of_a_path():
    """A text variable stands for the path or link it holds."""
    assert variable_or_path("photo", {"photo": "https://x.com/a.png"}) == "https://x.com/a.png"


@pytest.mark.parametrize("name", ["asset://asset-20260401123823-6d4x2", "mm_file://77", "ssupload:?id=7"])
def test_the_name_that_a_service_gave_a_file_is_passed_on(name):
    """It is not searched here; a model that has no such names refuses it."""
    assert variable_or_path(name, {}) == name


def test_a_video_gives_its_last_frame(tmp_path):
    """A video given as first frame stands for its last frame."""
    video = Video(videos.write(tmp_path / "video.mp4", frames=3))
    frame = variable_or_path("clip", {"clip": video})
    assert frame.size == (video.width, video.height)


def test_a_job_gives_the_last_frame_of_its_video(session):
    """A job given as first frame is waited for, and stands for the last frame of its video."""
    job = session.start("a kite", "hailuo")
    assert variable_or_path("job", {"job": job}).size == (job.video.width, job.video.height)


@pytest.mark.parametrize("held", [1, 2.5, np.float64(1), None, {}, [], object(), len])
def test_a_variable_without_an_image_is_refused(held):
    """The error names the type of the value."""
    assert not holds_image(held)
    with pytest.raises(InvalidRequest, match=f"'photo' holds a {type(held).__name__}, not an image"):
        variable_or_path("photo", {"photo": held})


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ("foto", "neither a file nor a variable (did you mean photo?)"),
        ("kite.png", "'kite.png' is neither a file nor a variable"),
        ("photo.png", "'photo.png' is not a file, and as a variable .png cannot be read"),
        ("", "'' is neither"),
        ("a\x00b", "neither"),
        ("x" * 5000, "neither"),
        ("~nobody-here/x", "neither"),
        (".", "neither"),
        ("number", "holds a int, not an image"),
        ("numbre", "neither a file nor a variable"),
    ],
)
def test_the_message_names_file_and_variable(named, message):
    """What is neither file nor variable is refused; only variables that hold images are suggested."""
    with pytest.raises(InvalidRequest) as refused:
        variable_or_path(named, {"photo": b"x", "number": 1})
    assert message in refused.value.message
    assert "number?" not in refused.value.message


def test_a_video_or_sound_comes_from_a_variable(tmp_path, monkeypatch):
    """A variable that may hold one gives it; all else stays as typed, for a shot, a job or a file of that name."""
    monkeypatch.chdir(tmp_path)
    video = Video(videos.write(tmp_path / "v.mp4", frames=2))
    namespace = {
        "video": video, "raw": b"bytes", "path": Path("a.mp4"), "link": "https://example.com/a.mp4", "n": 5,
        "both": [video, video], "odd": Odd(), "p": SimpleNamespace(q=video), "image": Image.new("RGB", (9, 9)),
    }  # fmt: skip
    for name in ("video", "raw", "path", "link", "both"):
        assert variable_or_name(name, namespace) == namespace[name]
    assert variable_or_name("p.q", namespace) is variable_or_name("both[1]", namespace) is video
    for text in ("n", "odd", "image", "kite", "kite:2", "video.mp4", "odd.broken", "https://a/b.mp4", "asset://a-1"):
        assert variable_or_name(text, namespace) == text
