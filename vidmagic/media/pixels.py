"""Check the bytes of an image: its format by its content, its size before it is decoded, then every pixel."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterable
from typing import Protocol

from PIL import (
    BmpImagePlugin,
    GifImagePlugin,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)
from PIL import Image as Pillow

from vidmagic.media import given_file
from vidmagic.media.quiet import without_pillow_warnings
from vidmagic.spec.models import ImageLimits
from vidmagic.spec.params import listing

MOST_PIXELS = 50_000_000
_ORIENTATION = 0x0112  # the EXIF tag; 5 to 8 lie on their side

# These classes, and not Pillow.open: it warns about large images in its own way and takes two photos in one JPEG
# (many phones write that) for another format.
_READERS: dict[str, type[ImageFile.ImageFile]] = {
    "png": PngImagePlugin.PngImageFile,
    "jpeg": JpegImagePlugin.JpegImageFile,
    "webp": WebPImagePlugin.WebPImageFile,
    "bmp": BmpImagePlugin.BmpImageFile,
    "gif": GifImagePlugin.GifImageFile,
    "tiff": TiffImagePlugin.TiffImageFile,
}
_DAMAGE = (
    OSError, SyntaxError, ValueError, IndexError, KeyError, TypeError, EOFError, OverflowError, MemoryError,
    struct.error, zlib.error, Pillow.DecompressionBombError,
)  # fmt: skip
_PNG_END = b"\x00\x00\x00\x00IEND\xaeB`\x82"


class PixelArray(Protocol):
    """What `from_array` needs of an array; NumPy's, PyTorch's and others' have it."""

    @property
    def shape(self) -> Iterable[int]:
        """The lengths of its dimensions: height, width, 3."""

    @property
    def dtype(self) -> object:
        """The type of its numbers, whose text is "uint8"."""

    def tobytes(self) -> bytes:
        """Return its numbers, row by row."""


def check_image(data: bytes, limits: ImageLimits) -> tuple[str, int, int]:
    """Return the content type, width and height of an image file, in pixels as it is shown (EXIF orientation applied).

    Raises ValueError with all problems.
    """
    if too_large := size_problem(len(data), limits):
        raise ValueError(too_large)
    kind = _format(data)
    allowed = ["jpeg" if name == "jpg" else name for name in limits.formats]
    if kind not in allowed:
        raise ValueError(f"is {_described(kind)}; the model takes {listing(dict.fromkeys(allowed))}")
    width, height = _decoded_size(data, kind)
    if problem := _shape_problem(width, height, limits):
        raise ValueError(problem)
    if limits.opaque_png and is_transparent_png(data):
        raise ValueError("has a channel for transparency; save it without one, in PIL by .convert('RGB')")
    return f"image/{kind}", width, height


def is_transparent_png(data: bytes) -> bool:
    """Return whether *data* is a PNG with a channel for transparency or a transparent colour."""
    colours = b"" if _format(data) != "png" else data[25:26]
    return colours in {b"\x04", b"\x06"} or (colours != b"" and b"tRNS" in data[: data.find(b"IDAT")])


def most_bytes(limits: ImageLimits) -> int:
    """Return how many bytes a local image may have: it travels as a data URI where the service has a limit for one."""
    return limits.size if limits.data_uri_size is None else min(limits.size, limits.data_uri_size)


def size_problem(size: int, limits: ImageLimits) -> str:
    """Return what is wrong with an image of *size* bytes; "" if nothing is."""
    return given_file.size_problem(size, most_bytes(limits))


def png(image: Pillow.Image) -> bytes:
    """Return a PIL image's pixels, as a notebook shows them, as a PNG file. Raises ValueError."""
    _refuse_pixels(image.width, image.height)
    if getattr(image, "is_animated", False):
        raise ValueError("the PIL image is animated; choose one frame and give its .copy()")
    written = io.BytesIO()
    try:
        with without_pillow_warnings():
            image.save(written, "PNG", exif=b"")  # an orientation tag would turn it away from what was shown
    except _DAMAGE as problem:
        raise ValueError(f"the PIL image (mode {image.mode}) cannot be written as PNG: {problem}") from problem
    return written.getvalue()


def from_array(array: PixelArray) -> Pillow.Image:
    """Return an array (height × width × 3, uint8) as a PIL image. Raises ValueError."""
    shape, kind = tuple(array.shape), str(array.dtype)
    if len(shape) != 3 or shape[2] != 3 or kind != "uint8" or not hasattr(array, "tobytes"):
        given = "×".join(map(str, shape)) or "one number"
        raise ValueError(f"an array must be height × width × 3 of uint8, not {given} of {kind}")
    height, width = int(shape[0]), int(shape[1])
    _refuse_pixels(width, height)
    return Pillow.frombytes("RGB", (width, height), array.tobytes())


def _format(data: bytes) -> str:
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    if data[4:8] == b"ftyp" and data[8:12] in {b"heic", b"heix", b"mif1", b"avif"}:
        return "avif" if data[8:12] == b"avif" else "heic"
    named = {b"GIF8": "gif", b"II*\x00": "tiff", b"MM\x00*": "tiff", b"BM": "bmp"}
    return next((name for magic, name in named.items() if data.startswith(magic)), "")


def _described(kind: str) -> str:
    return f"{'an' if kind == 'avif' else 'a'} {kind} image" if kind else "not an image of a known format"


def _decoded_size(data: bytes, kind: str) -> tuple[int, int]:
    """Decode all of *data* and return the size it is shown at."""
    try:
        with without_pillow_warnings(), _READERS[kind](io.BytesIO(data)) as image:
            _refuse_pixels(*image.size)
            if getattr(image, "is_animated", False):
                raise _Unfit(f"is animated ({image.n_frames} frames); give a single picture")  # type: ignore[attr-defined]
            image.load()
            turned = image.getexif().get(_ORIENTATION) in {5, 6, 7, 8}
            width, height = image.size
    except _Unfit:
        raise
    except Pillow.DecompressionBombError as bomb:
        raise ValueError(f"has too many pixels; at most {MOST_PIXELS / 1e6:g} million are allowed") from bomb
    except _DAMAGE as damage:
        raise ValueError(f"is a damaged {kind} image: {str(damage) or type(damage).__name__}") from damage
    if not _ends_well(data, kind):
        raise ValueError(f"is a damaged {kind} image: its end is missing, or something follows it")
    return (height, width) if turned else (width, height)


class _Unfit(ValueError):
    """An undamaged image that is refused."""


def _refuse_pixels(width: int, height: int) -> None:
    if width < 1 or height < 1:
        raise _Unfit(f"has {width}×{height} pixels")
    if width * height > MOST_PIXELS:
        millions = width * height / 1e6
        raise _Unfit(
            f"has {width}×{height} pixels ({millions:.4g} million); at most {MOST_PIXELS / 1e6:g} million are allowed"
        )


def _ends_well(data: bytes, kind: str) -> bool:
    """Return whether nothing is cut off or appended. JPEGs always pass: phones append much to them."""
    if kind == "png":
        return data.endswith(_PNG_END)
    if kind == "webp":
        stated = int.from_bytes(data[4:8], "little") + 8
        return len(data) in {stated, stated + stated % 2}
    return True


def _shape_problem(width: int, height: int, limits: ImageLimits) -> str:
    problems = []
    if min(width, height) < limits.min_side:
        problems.append(f"each side needs at least {limits.min_side}")
    if limits.max_side is not None and max(width, height) > limits.max_side:
        problems.append(f"each side may have at most {limits.max_side}")
    if limits.aspect is not None and max(width, height) > limits.aspect * min(width, height):
        ratio = max(width, height) / min(width, height)
        problems.append(f"its sides are {ratio:.4g}:1, at most {limits.aspect:g}:1 is allowed")
    return f"is {width}×{height} pixels: {', '.join(problems)}" if problems else ""
