"""Images become what is sent: content, format, size in bytes and pixels, shape."""

from __future__ import annotations

import io
import random
import tracemalloc
import unicodedata
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image as Pillow

from tests.media.pictures import animated, encoded, noisy, png_header, two_in_one, webp_header
from tests.media.reading import LIMITS, data_uri, refusal
from vidmagic.errors import InvalidRequest
from vidmagic.media.images import pair_problem, read_image
from vidmagic.spec.request import FIRST, LAST, REFERENCE, MediaInput

# -- what is taken


@pytest.mark.parametrize(
    ("kind", "mode", "taken"),
    [("PNG", "RGB", True), ("PNG", "P", True), ("PNG", "RGBA", False), ("PNG", "LA", False), ("WEBP", "RGBA", True)],
)
def test_a_png_without_transparency_is_taken(kind, mode, taken):
    """Where a service takes no transparent PNG, one is refused, even if another service has taken it before."""
    limits, data = replace(LIMITS, opaque_png=True), encoded(kind, mode=mode)
    before = read_image(FIRST, data, LIMITS)
    if taken:
        assert read_image(FIRST, data, limits) == read_image(FIRST, before, limits) == before
    else:
        assert ".convert('RGB')" in refusal(data, limits)
        assert ".convert('RGB')" in refusal(before, limits)


def test_a_transparent_colour_is_transparency():
    """A PNG of few colours, one of them transparent, counts as transparent."""
    file = io.BytesIO()
    Pillow.new("P", (160, 120), 1).save(file, "PNG", transparency=1)
    assert "transparency" in refusal(file.getvalue(), replace(LIMITS, opaque_png=True))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_file_is_sent_as_it_is(kind, tmp_path):
    """A file's bytes are sent unchanged; type and size come from its content, not from its name."""
    path = tmp_path / "no-ending"
    path.write_bytes(encoded(kind))
    assert read_image(FIRST, path, LIMITS) == MediaInput(
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
    ("data", "message"),
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
def test_only_a_single_picture_is_accepted(data, message):
    """Other formats, animations, damaged files and files with something before or behind the image are refused."""
    assert message in refusal(data)


@pytest.mark.parametrize("kind", ["BMP", "GIF", "TIFF"])
def test_more_formats_are_read_for_a_service_that_takes_them(kind):
    """An image goes out as it is in each format of the service; a cut one is refused."""
    data, taken = encoded(kind), replace(LIMITS, formats=(kind.lower(),))
    image = read_image(FIRST, data, taken)
    assert (image.data, image.content_type) == (data, f"image/{kind.lower()}")
    assert (image.width, image.height) == (160, 120)
    assert read_image(FIRST, image.link(), taken).data == data
    with pytest.raises(InvalidRequest, match="damaged"):
        read_image(FIRST, data[: len(data) // 2], taken)


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
    message = refusal(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "million" in message or "damaged webp" in message  # Pillow before 11 opens no WebP without pictures
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
    """Of a file beyond the limit no more than the limit is read; its full size is named."""
    path = tmp_path / "large.png"
    with path.open("wb") as file:
        file.truncate(60_000_000)
    tracemalloc.start()
    message = refusal(path, replace(LIMITS, size=1_000_000))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "60,000,000 bytes" in message
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


def test_all_problems_of_a_shape_are_in_one_message():
    """A strip that is too narrow and too long is refused with both reasons."""
    message = refusal(encoded(size=(10, 1000)))
    assert "at least 64" in message
    assert "100:1" in message


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
    pair = [MediaInput(role, width=size[0], height=size[1]) for role, size in ((FIRST, first), (LAST, last))]
    message = pair_problem(*pair, LIMITS)
    assert bool(message) is wrong
    assert not wrong or "0.8 to 1.25" in message


def test_a_pair_that_cannot_be_measured_is_let_be():
    """Links, which nobody here has looked at, and services without the rule give no problem."""
    square, wide = MediaInput(FIRST, width=100, height=100), MediaInput(LAST, width=300, height=100)
    assert pair_problem(square, MediaInput(LAST, url="https://x"), LIMITS) == ""
    assert pair_problem(square, wide, replace(LIMITS, quotient=None)) == ""
