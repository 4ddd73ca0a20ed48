"""What the user gives as an image: other values, paths, images that were read before, links."""

from __future__ import annotations

import io
import os
import socket
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image as Pillow

from tests.media.pictures import animated, encoded
from tests.media.reading import LIMITS, data_uri, refusal
from vidmagic.errors import InvalidRequest
from vidmagic.media import pixels
from vidmagic.media.given_file import file_stamp
from vidmagic.media.image_link import Unfinished
from vidmagic.media.images import read_image
from vidmagic.spec.models import ImageLimits
from vidmagic.spec.request import FIRST, LAST, REFERENCE, MediaInput

# -- what is refused: values


@pytest.mark.parametrize("role", [(FIRST, "first frame"), (LAST, "last frame"), (REFERENCE, "reference")])
def test_the_message_names_the_image(role):
    """A refusal begins with the image's part in the video, in the user's words."""
    assert refusal(b"x", role=role[0]).startswith(f"{role[1]}: ")


def named(name: str) -> io.BytesIO:
    """Return a file in memory that has a name."""
    file = io.BytesIO(encoded())
    file.name = name
    return file


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (named("kite.png"), "kite.png"),
        (named("a\nb.png"), "a b.png"),
        (SimpleNamespace(data=encoded(), filename="kite.png"), "kite.png"),
        (SimpleNamespace(data=encoded(), name=None), "the image"),
        (io.BytesIO(encoded()), "the image"),
        (encoded(), "the image"),
        (data_uri(encoded()), "the image"),
        (Pillow.new("RGB", (160, 120)), "the image"),
        (np.zeros((120, 160, 3), "uint8"), "the image"),
    ],
    ids=["file", "odd file", "object of a file", "no name", "file in memory", "bytes", "data URI", "PIL", "array"],
)
def test_the_message_calls_an_image_what_the_user_calls_it(value, name):
    """A message names an image by its file if it has one, never by a Python type."""
    message = f"first frame: {name} is 160×120 pixels: each side needs at least 121"
    assert refusal(value, replace(LIMITS, min_side=121)) == message
    assert refusal(read_image(FIRST, value, LIMITS), replace(LIMITS, min_side=121)) == message
    assert f"first frame: {name} has " in refusal(value, replace(LIMITS, size=9))


@pytest.mark.parametrize(
    "value",
    [None, 7, 1.5, True, object(), ["a.png"], {"url": "x"}, io.StringIO("x"), SimpleNamespace(data="text")],
    ids=lambda value: type(value).__name__,
)
def test_other_objects_are_refused_by_name(value):
    """An object that is not an image is refused with the name of its type."""
    assert type(value).__name__ in refusal(value)


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((120, 160), "uint8"),
        np.zeros((120, 160, 4), "uint8"),
        np.zeros((3, 120, 160), "uint8"),
        np.zeros((120, 160, 3), "float32"),
        np.zeros((120, 160, 3), "int64"),
        np.zeros((0, 160, 3), "uint8"),
        np.zeros((1, 120, 160, 3), "uint8"),
        np.float64(3),
    ],
    ids=lambda array: f"{array.shape} {array.dtype}",
)
def test_other_arrays_are_refused(array):
    """An array of another shape or type is refused, never scaled or turned."""
    message = refusal(array)
    assert "height × width × 3 of uint8" in message or "0 pixels" in message or "0×" in message or "×0" in message


@pytest.mark.parametrize("mode", ["CMYK", "F", "HSV", "YCbCr"])
def test_a_pil_image_that_png_cannot_hold_is_refused(mode):
    """A PIL image is not converted behind the user's back."""
    assert f"mode {mode}" in refusal(Pillow.new(mode, (160, 120)))


def test_a_moving_or_huge_pil_image_is_refused():
    """A PIL image meets the same rules as a file."""
    assert "animated" in refusal(Pillow.open(io.BytesIO(animated("GIF"))))
    assert "million" in refusal(Pillow.new("1", (10_000, 5_001)))


# -- what is refused: paths


def test_no_such_file(tmp_path):
    """A path that leads nowhere is named."""
    assert "nowhere.png cannot be read: no such file" in refusal(tmp_path / "nowhere.png")


@pytest.mark.parametrize(
    "path",
    ["/dev/zero", "/dev/null", "/dev/tty", "/proc/self/status", "/proc/self/mem", "/proc/self/environ", "/", "."],
)
def test_what_is_no_image_file_is_refused_at_once(path):
    """Devices, folders and the system's own files are refused, and none of their content is shown."""
    message = refusal(path)
    assert "PATH=" not in message
    assert len(message) < 200


def test_a_fifo_does_not_block(tmp_path):
    """A pipe that nobody writes to is refused at once."""
    os.mkfifo(tmp_path / "pipe.png")
    assert "not a regular file" in refusal(tmp_path / "pipe.png")


def test_a_socket_is_refused(tmp_path, monkeypatch):
    """A socket in the file system is refused."""
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("s.png")
        assert "not a regular file" in refusal("s.png")


def test_a_link_is_followed_and_named(tmp_path):
    """A symbolic link to an image works; one to something else is refused with the name of its target."""
    (tmp_path / "real.png").write_bytes(encoded())
    (tmp_path / "id_rsa").write_text("-----BEGIN OPENSSH PRIVATE KEY-----\nsecret")
    (tmp_path / "good.png").symlink_to("real.png")
    (tmp_path / "bad.png").symlink_to("id_rsa")
    assert read_image(FIRST, tmp_path / "good.png", LIMITS).data == encoded()
    message = refusal(tmp_path / "bad.png")
    assert "id_rsa" in message
    assert "BEGIN" not in message


@pytest.mark.parametrize(
    "path",
    ["a\x00b.png", "\ud800.png", "x" * 5000, "//host/share/x.png", r"\\host\share\x.png", "", " ", "\x1b[31m.png"],
)
def test_impossible_paths_are_refused(path):
    """A path that no system can open, or that would open a network connection, is refused in printable words."""
    assert refusal(path).isprintable()


def test_the_checked_bytes_are_the_sent_bytes(tmp_path):
    """A file that changes after it was read changes nothing in the request."""
    path = tmp_path / "x.png"
    path.write_bytes(encoded())
    image = read_image(FIRST, path, LIMITS)
    path.write_bytes(b"something else")
    assert image.data == encoded()


# -- what was read before


def fresh(value: object, limits: ImageLimits) -> MediaInput | str:
    """Return the image, or the message with which it is refused."""
    try:
        return read_image(FIRST, value, limits)
    except InvalidRequest as refused:
        return refused.message


@pytest.mark.parametrize(
    ("change", "taken"),
    [
        ({}, True),
        ({"size": len(encoded())}, True),
        ({"size": len(encoded()) - 1}, False),
        ({"data_uri_size": len(encoded())}, True),
        ({"data_uri_size": len(encoded()) - 1}, False),
        ({"min_side": 120}, True),
        ({"min_side": 121}, False),
        ({"max_side": 160}, True),
        ({"max_side": 159}, False),
        ({"aspect": 160 / 120}, True),
        ({"aspect": 1.33}, False),
        ({"aspect": None}, True),
        ({"formats": ("png",)}, True),
        ({"formats": ("jpeg", "webp")}, False),
        ({"opaque_png": True}, True),
        ({"links": False}, True),
        ({"local": False}, False),
    ],
)
def test_an_image_that_was_read_meets_the_limits_of_every_service(change, taken, tmp_path, monkeypatch):
    """It is held against the limits given as the file itself would be, in the same words, without a second decoding."""
    path = tmp_path / "kite.png"
    path.write_bytes(encoded())
    image, limits = read_image(FIRST, path, replace(LIMITS, min_side=1)), replace(LIMITS, **change)
    result = fresh(path, limits)
    assert isinstance(result, MediaInput) is taken
    assert fresh(image, limits) == result
    monkeypatch.setattr(pixels, "check_image", lambda *_: pytest.fail("it was decoded again"))
    assert not taken or read_image(LAST, image, limits) == replace(image, role=LAST)


def test_an_unfinished_link_is_checked_but_not_resolved(monkeypatch):
    """Nobody is asked where its host is; whatever needs no asking is checked."""
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *_: pytest.fail(f"asked for {host}"))
    link = "https://example.com/a.png?s3cret"
    assert read_image(FIRST, Unfinished(link), LIMITS) == MediaInput(FIRST, url=link, name="https://example.com/a.png")
    assert "takes no links" in refusal(Unfinished(link), replace(LIMITS, links=False))
    assert "must begin with https" in refusal(Unfinished("http://example.com/a.png"))
    assert "without a login" in refusal(Unfinished("https://a:b@example.com/a.png"))
    monkeypatch.undo()
    for host in ("10.0.0.1", "[::1]", "[fe80::1]"):
        assert "not lead to a public address" in refusal(Unfinished(f"https://{host}/a.png"))


def test_a_link_that_was_read_is_a_link(monkeypatch):
    """A MediaInput that is a link is checked as the link itself, its host included."""
    image = read_image(FIRST, "https://1.1.1.1/a.png", LIMITS)
    assert read_image(FIRST, image, LIMITS) == image
    assert "not lead to a public address" in refusal(MediaInput(FIRST, url="https://localhost/a.png"))


def test_a_stamp_tells_of_a_changed_file(tmp_path, monkeypatch):
    """A stamp changes with its file; it is empty without a file and where reading could log in to another machine."""
    monkeypatch.setenv("HOME", str(tmp_path))
    path = tmp_path / "kite.png"
    assert file_stamp(str(path)) == file_stamp("a\0b") == file_stamp("x" * 5000) == ()
    path.write_bytes(encoded())
    first = file_stamp(str(path))
    assert first == file_stamp("~/kite.png") != ()
    (tmp_path / "new.png").write_bytes(encoded())
    (tmp_path / "new.png").replace(path)
    assert file_stamp(str(path)) not in {first, ()}
    touched: list[str] = []
    with monkeypatch.context() as patched:
        patched.setattr(os, "stat", touched.append)
        assert file_stamp("//host/share/x.png") == file_stamp(r"\\host\share\x.png") == ()
    assert touched == []


# -- links


@pytest.mark.parametrize(
    "url",
    [
        "https://93.184.216.34/a.png?X-Amz-Signature=s%20x",
        "https://[2606:4700::1111]:8443/a%20b.png#f",
        "HTTPS://1.1.1.1/x",
    ],
)
def test_a_link_is_passed_on_byte_for_byte(url):
    """A public https link is sent as typed and nobody asks for it; its name leaves out the query."""
    image = read_image(FIRST, url, LIMITS)
    assert (image.url, image.data, image.width) == (url, b"", 0)
    assert "Signature" not in image.name


@pytest.mark.parametrize(
    "url",
    [
        "http://1.1.1.1/x.png",
        "https://127.0.0.1/x",
        "https://localhost/x",
        "https://10.0.0.1/x",
        "https://192.168.1.1/x",
        "https://169.254.169.254/x",
        "https://[::1]/x",
        "https://[::ffff:127.0.0.1]/x",
        "https://2130706433/x",
        "https://0177.0.0.1/x",
        "https://0x7f000001/x",
        "https://0/x",
        "https://a@1.1.1.1/x",
        "https://a:b@1.1.1.1/x",
        "https://1.1.1.1@127.0.0.1/x",
        "https://1.1.1.1\\@127.0.0.1/x",
        "https:///x",
        "https://",
        "https:1.1.1.1/x",
        "https://[::1",
        "https://1.1.1.1:99999/x",
        "https://1.1.1.1/a b",
        "https://1.1.1.1/a\nb",
        "https://1.1.1.1/\x00",
        "https://1.1.1.1/\ud800",
        "https://" + "a" * 300 + "/x",
        "file:///etc/passwd",
        "ftp://1.1.1.1/x",
        "gopher://1.1.1.1/x",
        "javascript:alert(1)",
        "ssupload:?id=1",
        "blob:https://x",
        "ws://1.1.1.1/x",
        "data:text/html,x",
        "data:image/svg+xml;base64,PHN2Zz4=",
        "data:image/gif;base64,R0lGODlh",
        "data:image/png,x",
        "data:image/png;base64,",
        "data:image/png;base64,!!!!",
        "data:image/png;base64,iVBOR",
        "data:,",
        "data:",
    ],
)
def test_other_links_are_refused(url):
    """Only https to a public host without a login, and data URIs of an image, are links."""
    assert refusal(url).isprintable()


def test_a_refused_link_keeps_its_secret():
    """The query of a link, which may be a key to it, is in no message."""
    assert "s3cret" not in refusal("http://1.1.1.1/x.png?token=s3cret")
    assert "s3cret" not in refusal("https://user:s3cret@1.1.1.1/x.png")


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000/x.png", "https://localhost/x", "http://[::1]/x"])
def test_loopback_links_need_a_service_on_loopback(url):
    """A link to this machine is passed on only to a service that is on this machine."""
    assert read_image(FIRST, url, LIMITS, loopback=True).url == url
    refusal(url)


def test_loopback_opens_nothing_else():
    """A service on this machine gets neither plain http to others nor private hosts."""
    refusal("http://1.1.1.1/x", loopback=True)
    refusal("https://10.0.0.1/x", loopback=True)


def test_a_services_own_names_are_passed_on_where_it_has_them():
    """An uploaded image's name goes to the service that gave it, and to no other."""
    uri = "ssupload:?id=123"
    assert read_image(FIRST, uri, replace(LIMITS, uris=("ssupload:?id=",))) == MediaInput(FIRST, url=uri, name=uri)
    assert "neither a file nor an https link" in refusal(uri)


def test_a_service_may_take_only_links_or_only_files():
    """A link or bytes that the service cannot take are refused before anything is read."""
    assert "takes no links" in refusal("https://1.1.1.1/x.png", replace(LIMITS, links=False))
    for value in ("nowhere.png", encoded(), Pillow.new("RGB", (9, 9))):
        assert "https links only" in refusal(value, replace(LIMITS, local=False))
    assert "https links only" in refusal(data_uri(encoded()), replace(LIMITS, local=False))
