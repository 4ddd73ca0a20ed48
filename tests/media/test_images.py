"""What may be an image of a request, and what is refused before anything is sent."""

from __future__ import annotations

import base64
import io
import os
import random
import socket
import tracemalloc
import unicodedata
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image as Pillow

from tests.media.pictures import animated, encoded, noisy, png_header, two_in_one, webp_header
from vidmagic.errors import InvalidRequest
from vidmagic.media import pixels
from vidmagic.media.image_link import Unfinished
from vidmagic.media.images import file_stamp, pair_problem, read_image
from vidmagic.spec.models import ImageLimits
from vidmagic.spec.request import FIRST, LAST, REFERENCE, Image

LIMITS = ImageLimits(formats=("png", "jpeg", "webp"), size=10_000_000, min_side=64, aspect=4, quotient=(0.8, 1.25))


def refusal(value: object, limits: ImageLimits = LIMITS, *, role: str = FIRST, loopback: bool = False) -> str:
    """Return the message with which *value* is refused."""
    with pytest.raises(InvalidRequest) as refused:
        read_image(role, value, limits, loopback=loopback)
    return refused.value.message


def data_uri(data: bytes, kind: str = "png") -> str:
    """Return the data URI of *data*."""
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


# -- what is taken


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_file_is_sent_as_it_is(kind, tmp_path):
    """A file's bytes are sent unchanged; type and size come from its content, not from its name."""
    path = tmp_path / "no-ending"
    path.write_bytes(encoded(kind))
    assert read_image(FIRST, path, LIMITS) == Image(
        FIRST, data=path.read_bytes(), content_type=f"image/{kind.lower()}", width=160, height=120, name=str(path)
    )


@pytest.mark.parametrize(
    "name",
    [
        "a b.png",
        "牛 🐂.png",
        unicodedata.normalize("NFC", "é.png"),
        unicodedata.normalize("NFD", "é.png"),
        'it\'s "x".png',
        "a\nb.png",
        "shot:1.png",
        "100%.png",
        "$HOME.png",
        "{x}.png",
        "-o.png",
        "x" * 200 + ".png",
        "data.png",
        "https.png",
    ],
)
def test_any_file_name_works(name, tmp_path, monkeypatch):
    """A path may have spaces, quotes, line ends, colons and any script, as text or as a Path."""
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(encoded())
    assert read_image(FIRST, name, LIMITS).data == read_image(FIRST, tmp_path / name, LIMITS).data == encoded()
    assert "\n" not in read_image(FIRST, name, LIMITS).name


def test_home_is_understood(tmp_path, monkeypatch):
    """`~` is the user's home."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "kite.png").write_bytes(encoded())
    assert read_image(FIRST, "~/kite.png", LIMITS).data == encoded()


@pytest.mark.parametrize(
    "value",
    [
        encoded(),
        bytearray(encoded()),
        memoryview(encoded()),
        io.BytesIO(encoded()),
        SimpleNamespace(data=encoded()),
        data_uri(encoded()),
        data_uri(encoded()).replace("data:image/png;base64", "DATA:image/PNG;BASE64"),
    ],
    ids=["bytes", "bytearray", "memoryview", "file in memory", "object with data", "data URI", "capitals"],
)
def test_bytes_of_an_image_file_are_sent_as_they_are(value):
    """Bytes, what holds bytes, and a data URI give the same image."""
    image = read_image(REFERENCE, value, LIMITS)
    assert (image.role, image.data) == (REFERENCE, encoded())
    assert (image.content_type, image.width, image.height) == ("image/png", 160, 120)


def test_the_content_decides_the_type_of_a_data_uri():
    """A data URI that calls a JPEG a PNG is sent as the JPEG that it is."""
    assert read_image(FIRST, data_uri(encoded("JPEG"), "png"), LIMITS).content_type == "image/jpeg"


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "1", "P", "I;16"])
def test_a_pil_image_keeps_its_pixels(mode):
    """A PIL image becomes a PNG with the very same pixels."""
    given = Pillow.new(mode, (160, 120), 1)
    image = read_image(LAST, given, LIMITS)
    assert (image.content_type, image.width, image.height) == ("image/png", 160, 120)
    assert Pillow.open(io.BytesIO(image.data)).convert("RGBA").tobytes() == given.convert("RGBA").tobytes()


def test_a_pil_image_is_sent_as_it_is_shown():
    """A notebook shows a PIL image without its orientation tag, and so it is sent."""
    given = Pillow.open(io.BytesIO(encoded("JPEG", orientation=6)))
    image = read_image(FIRST, given, LIMITS)
    assert (image.width, image.height) == given.size == (160, 120)
    assert not Pillow.open(io.BytesIO(image.data)).getexif()


@pytest.mark.parametrize("view", [lambda a: a, lambda a: a[:, ::-1], np.asfortranarray])
def test_an_array_keeps_its_pixels(view):
    """An array becomes a PNG with the very same pixels, however it lies in memory."""
    array = view(np.random.default_rng(0).integers(0, 256, (120, 160, 3), "uint8"))
    image = read_image(FIRST, array, LIMITS)
    assert (image.width, image.height) == (160, 120)
    assert np.array_equal(np.asarray(Pillow.open(io.BytesIO(image.data))), array)


@pytest.mark.parametrize("mode", ["CMYK", "L"])
def test_unusual_colours_go_out_unchanged(mode):
    """A file in another colour space is sent as it is."""
    assert read_image(FIRST, encoded("JPEG", mode=mode), LIMITS).data == encoded("JPEG", mode=mode)


def test_a_photo_with_a_second_picture_is_a_jpeg():
    """What many phones write is taken as the JPEG that it is for everybody else."""
    assert read_image(FIRST, two_in_one(), LIMITS).content_type == "image/jpeg"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_counts(kind, orientation):
    """Width and height are those after turning; the bytes stay as they are."""
    data = encoded(kind, orientation=orientation)
    image = read_image(FIRST, data, LIMITS)
    assert (image.width, image.height) == ((120, 160) if orientation > 4 else (160, 120))
    assert image.data == data


# -- what is refused: content


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b"hello", "not an image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not an image"),
        (b"%PDF-1.7" + encoded(), "not an image"),
        (b"<script>1</script>" + encoded(), "not an image"),
        (encoded("GIF"), "gif"),
        (encoded("TIFF"), "tiff"),
        (encoded("BMP"), "bmp"),
        (b"\0\0\0\x18ftypheic" + bytes(99), "heic"),
        (b"\0\0\0\x18ftypavif" + bytes(99), "avif"),
        (animated("PNG"), "animated (3 frames)"),
        (animated("WEBP"), "animated (3 frames)"),
        (encoded() + b"PK\3\4", "end is missing"),
        (encoded("WEBP") + b"PK\3\4", "end is missing"),
        (b"\x89PNG\r\n\x1a\n", "damaged png"),
        (b"\xff\xd8\xff", "damaged jpeg"),
        (b"RIFF\4\0\0\0WEBP", "damaged webp"),
    ],
)
def test_what_is_no_still_image_is_refused(data, said):
    """Other formats, animations, damaged files and files with something before or behind the image are refused."""
    assert said in refusal(data)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("part", [0.05, 0.3, 0.6, 0.95])
def test_a_cut_image_is_refused(kind, part):
    """An image that breaks off anywhere is refused."""
    data = noisy(kind)
    assert f"damaged {kind.lower()}" in refusal(data[: int(len(data) * part)])


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_one_missing_byte_is_seen(kind):
    """An image without its last byte is refused."""
    assert "damaged" in refusal(noisy(kind)[:-1])


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_noise_never_crashes(kind):
    """Random damage ends as an image or as a refusal, never as another exception."""
    dice = random.Random(kind)
    whole = encoded(kind, orientation=6)
    for _ in range(150):
        data = bytearray(whole)
        for _ in range(dice.randint(1, 8)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        try:
            read_image(FIRST, bytes(data), LIMITS)
        except InvalidRequest:
            continue


@pytest.mark.parametrize("data", [png_header(12_000, 12_000), png_header(20_000, 20_000), webp_header(16_000, 16_000)])
def test_a_bomb_is_refused_unopened(data):
    """A few bytes that would unfold to hundreds of megabytes are refused by what their header says."""
    assert len(data) < 100
    tracemalloc.start()
    said = refusal(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "million" in said
    assert peak < 10_000_000


@pytest.mark.parametrize(("width", "height", "taken"), [(10_000, 5_000, True), (10_000, 5_001, False)])
def test_fifty_million_pixels_are_the_most(width, height, taken):
    """The pixel limit is exact: a header of 50 million is opened (and found damaged), one more row is not."""
    assert ("damaged" in refusal(png_header(width, height))) is taken


# -- what is refused: numbers


@pytest.mark.parametrize("extra", [0, 1])
@pytest.mark.parametrize("give", ["bytes", "path", "data URI"])
def test_the_size_limit_is_exact(give, extra, tmp_path):
    """A file of exactly the limit is taken, one byte more is refused with both numbers."""
    data = noisy()
    path = tmp_path / "x.png"
    path.write_bytes(data)
    value = {"bytes": data, "path": path, "data URI": data_uri(data)}[give]
    limits = replace(LIMITS, size=len(data) - extra)
    if extra:
        assert f"has {len(data):,} bytes; at most {len(data) - 1:,} are allowed" in refusal(value, limits)
    else:
        assert read_image(FIRST, value, limits).data == data


@pytest.mark.parametrize("extra", [0, 1])
def test_a_data_uri_has_a_limit_of_its_own(extra):
    """Where a service limits data URIs, that limit holds for the decoded bytes of every local image."""
    limits = replace(LIMITS, data_uri_size=len(encoded()) - extra)
    if extra:
        assert f"at most {len(encoded()) - 1:,}" in refusal(data_uri(encoded()), limits)
        assert f"at most {len(encoded()) - 1:,}" in refusal(encoded(), limits)
    else:
        assert read_image(FIRST, data_uri(encoded()), limits).data == encoded()


def test_a_large_file_is_not_read_to_its_end(tmp_path):
    """Of a file beyond the limit no more than the limit is read; its full size is said."""
    path = tmp_path / "large.png"
    with path.open("wb") as file:
        file.truncate(60_000_000)
    tracemalloc.start()
    said = refusal(path, replace(LIMITS, size=1_000_000))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "60,000,000 bytes" in said
    assert peak < 5_000_000


@pytest.mark.parametrize(("size", "taken"), [((64, 64), True), ((63, 64), False), ((64, 63), False)])
def test_the_smallest_side_is_exact(size, taken):
    """A side of exactly the minimum is taken, one pixel less is refused."""
    data = encoded(size=size)
    if taken:
        assert read_image(FIRST, data, LIMITS).width == size[0]
    else:
        assert f"{size[0]}×{size[1]} pixels: each side needs at least 64" in refusal(data)


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(("long", "taken"), [(400, True), (401, False)])
def test_the_aspect_limit_is_exact(long, taken, turned):
    """4:1 and 1:4 are taken, a pixel beyond is refused with the ratio."""
    data = encoded(size=(100, long) if turned else (long, 100))
    if taken:
        assert read_image(FIRST, data, LIMITS).data == data
    else:
        assert "4.01:1, at most 4:1 is allowed" in refusal(data)


def test_all_problems_of_a_shape_are_said_at_once():
    """A strip that is too narrow and too long is told both."""
    said = refusal(encoded(size=(10, 1000)))
    assert "at least 64" in said
    assert "100:1" in said


@pytest.mark.parametrize("formats", [("png", "jpg"), ("png", "jpeg")])
def test_the_formats_are_the_services(formats):
    """A format the service does not take is refused with those it takes."""
    limits = replace(LIMITS, formats=formats)
    assert "is a webp image; the model takes png or jpeg" in refusal(encoded("WEBP"), limits)
    assert read_image(FIRST, encoded("JPEG"), limits).content_type == "image/jpeg"


@pytest.mark.parametrize(
    ("first", "last", "wrong"),
    [
        ((800, 1000), (1000, 1000), False),
        ((799, 1000), (1000, 1000), True),
        ((1250, 1000), (1000, 1000), False),
        ((1251, 1000), (1000, 1000), True),
        ((1920, 1080), (1280, 720), False),
        ((1920, 1080), (1080, 1920), True),
    ],
)
def test_the_quotient_of_a_pair_is_exact(first, last, wrong):
    """The aspect ratios of first and last frame may divide to 0.8 and to 1.25, and to nothing beyond."""
    pair = [Image(role, width=size[0], height=size[1]) for role, size in ((FIRST, first), (LAST, last))]
    said = pair_problem(*pair, LIMITS)
    assert bool(said) is wrong
    assert not wrong or "0.8 to 1.25" in said


def test_a_pair_that_cannot_be_measured_is_let_be():
    """Links, which nobody here has looked at, and services without the rule give no problem."""
    square, wide = Image(FIRST, width=100, height=100), Image(LAST, width=300, height=100)
    assert pair_problem(square, Image(LAST, url="https://x"), LIMITS) == ""
    assert pair_problem(square, wide, replace(LIMITS, quotient=None)) == ""


# -- what is refused: values


@pytest.mark.parametrize("role", [(FIRST, "first frame"), (LAST, "last frame"), (REFERENCE, "reference")])
def test_the_message_says_which_image(role):
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
    """An image is called by its file if it says which; no name of a Python type stands for one."""
    wanted = f"first frame: {name} is 160×120 pixels: each side needs at least 121"
    assert refusal(value, replace(LIMITS, min_side=121)) == wanted
    assert refusal(read_image(FIRST, value, LIMITS), replace(LIMITS, min_side=121)) == wanted
    assert f"first frame: {name} has " in refusal(value, replace(LIMITS, size=9))


@pytest.mark.parametrize(
    "value",
    [None, 7, 1.5, True, object(), ["a.png"], {"url": "x"}, io.StringIO("x"), SimpleNamespace(data="text")],
    ids=lambda value: type(value).__name__,
)
def test_other_objects_are_refused_by_name(value):
    """What is no image is refused with the name of its type."""
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
    said = refusal(array)
    assert "height × width × 3 of uint8" in said or "0 pixels" in said or "0×" in said or "×0" in said


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
    said = refusal(path)
    assert "PATH=" not in said
    assert len(said) < 200


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
    said = refusal(tmp_path / "bad.png")
    assert "id_rsa" in said
    assert "BEGIN" not in said


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


def fresh(value: object, limits: ImageLimits) -> Image | str:
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
        ({"aspect": 160 / 120}, True),
        ({"aspect": 1.33}, False),
        ({"aspect": None}, True),
        ({"formats": ("png",)}, True),
        ({"formats": ("jpeg", "webp")}, False),
        ({"links": False}, True),
        ({"local": False}, False),
    ],
)
def test_an_image_that_was_read_meets_each_services_limits(change, taken, tmp_path, monkeypatch):
    """It is held against the limits given as the file itself would be, in the same words, without a second decoding."""
    path = tmp_path / "kite.png"
    path.write_bytes(encoded())
    image, limits = read_image(FIRST, path, replace(LIMITS, min_side=1)), replace(LIMITS, **change)
    said = fresh(path, limits)
    assert isinstance(said, Image) is taken
    assert fresh(image, limits) == said
    monkeypatch.setattr(pixels, "check_image", lambda *_: pytest.fail("it was decoded again"))
    assert not taken or read_image(LAST, image, limits) == replace(image, role=LAST)


def test_an_unfinished_link_is_checked_but_not_looked_up(monkeypatch):
    """Nobody is asked where its host is; whatever needs no asking is checked."""
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *_: pytest.fail(f"asked for {host}"))
    link = "https://example.com/a.png?s3cret"
    assert read_image(FIRST, Unfinished(link), LIMITS) == Image(FIRST, url=link, name="https://example.com/a.png")
    assert "takes no links" in refusal(Unfinished(link), replace(LIMITS, links=False))
    assert "must begin with https" in refusal(Unfinished("http://example.com/a.png"))
    assert "without a login" in refusal(Unfinished("https://a:b@example.com/a.png"))
    monkeypatch.undo()
    for host in ("10.0.0.1", "[::1]", "[fe80::1]"):
        assert "not lead to a public address" in refusal(Unfinished(f"https://{host}/a.png"))


def test_a_link_that_was_read_is_a_link(monkeypatch):
    """An Image that is a link is checked as the link itself, its host included."""
    image = read_image(FIRST, "https://1.1.1.1/a.png", LIMITS)
    assert read_image(FIRST, image, LIMITS) == image
    assert "not lead to a public address" in refusal(Image(FIRST, url="https://localhost/a.png"))


def test_a_stamp_tells_of_a_changed_file(tmp_path, monkeypatch):
    """It is the same for as long as the file is, and empty where there is none or where a look could log in."""
    monkeypatch.setenv("HOME", str(tmp_path))
    path = tmp_path / "kite.png"
    assert file_stamp(str(path)) == file_stamp("a\0b") == file_stamp("x" * 5000) == ()
    path.write_bytes(encoded())
    first = file_stamp(str(path))
    assert first == file_stamp("~/kite.png") != ()
    (tmp_path / "new.png").write_bytes(encoded())
    (tmp_path / "new.png").replace(path)
    assert file_stamp(str(path)) not in {first, ()}
    read_poll: list[str] = []
    with monkeypatch.context() as patched:
        patched.setattr(os, "stat", read_poll.append)
        assert file_stamp("//host/share/x.png") == file_stamp(r"\\host\share\x.png") == ()
    assert read_poll == []


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
    assert read_image(FIRST, uri, replace(LIMITS, uris=("ssupload:?id=",))) == Image(FIRST, url=uri, name=uri)
    assert "neither a file nor an https link" in refusal(uri)


def test_a_service_may_take_only_links_or_only_files():
    """A service that cannot take a link, or cannot take bytes, says so before anything is read."""
    assert "takes no links" in refusal("https://1.1.1.1/x.png", replace(LIMITS, links=False))
    for value in ("nowhere.png", encoded(), Pillow.new("RGB", (9, 9))):
        assert "https links only" in refusal(value, replace(LIMITS, local=False))
    assert "https links only" in refusal(data_uri(encoded()), replace(LIMITS, local=False))
