"""Check the bytes of an image: its format by its content, its size before it is decoded, then every pixel."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

from PIL import Image as Pillow
from PIL import ImageFile, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

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
}
_DAMAGE = (
    OSError, SyntaxError, ValueError, IndexError, KeyError, TypeError, EOFError, OverflowError, MemoryError,
    struct.error, zlib.error, Pillow.DecompressionBombError,
)  # fmt: skip
_PNG_END = b"\x00\x00\x00\x00IEND\xaeB`\x82"


def check(data: bytes, limits: ImageLimits) -> tuple[str, int, int]:
    """Return content type, width and height (pixels, after EXIF orientation). Raises ValueError with the problems."""
    if too_large := size_problem(len(data), limits):
        raise ValueError(too_large)
    kind = _format(data)
    allowed = ["jpeg" if each == "jpg" else each for each in limits.formats]
    if kind not in allowed:
        raise ValueError(f"is {_article(kind)}, the service takes {listing(dict.fromkeys(allowed))}")
    width, height = _decoded_size(data, kind)
    problems = _shape_problems(width, height, limits)
    if problems:
        raise ValueError(", ".join(problems))
    return f"image/{kind}", width, height


def most_bytes(limits: ImageLimits) -> int:
    """Return how many bytes a local image may have: it travels as a data URI where the service has a limit for one."""
    return limits.size if limits.data_uri_size is None else min(limits.size, limits.data_uri_size)


def size_problem(size: int, limits: ImageLimits) -> str:
    """Say that *size* bytes are too many, or none; the empty text if they are not."""
    if size == 0:
        return "is empty"
    if size > most_bytes(limits):
        return f"has {size:,} bytes, at most {most_bytes(limits):,} are allowed"
    return ""


def png(image: Pillow.Image) -> bytes:
    """Return a PIL image's pixels, as a notebook shows them, as a PNG file. Raises ValueError."""
    _refuse_pixels(image.width, image.height)
    if getattr(image, "is_animated", False):
        raise ValueError("the PIL image is animated, choose one frame and give its .copy()")
    written = io.BytesIO()
    try:
        image.save(written, "PNG", exif=b"")  # an orientation tag would turn it away from what was shown
    except _DAMAGE as problem:
        raise ValueError(f"the PIL image (mode {image.mode}) cannot be written as PNG: {problem}") from problem
    return written.getvalue()


def from_array(array: Any) -> Pillow.Image:
    """Return an array (height × width × 3, uint8) as a PIL image. Raises ValueError."""
    shape, kind = tuple(array.shape), str(array.dtype)
    if len(shape) != 3 or shape[2] != 3 or kind != "uint8" or not hasattr(array, "tobytes"):
        raise ValueError(f"an array of {'×'.join(map(str, shape))} {kind}, height × width × 3 uint8 is taken")
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


def _article(kind: str) -> str:
    return f"a {kind} image" if kind else "no image that is known here"


def _decoded_size(data: bytes, kind: str) -> tuple[int, int]:
    """Decode all of *data* and return the size it is shown at."""
    try:
        with _READERS[kind](io.BytesIO(data)) as image:
            _refuse_pixels(*image.size)
            if getattr(image, "is_animated", False):
                raise _Unfit(f"is animated ({image.n_frames} frames), a still image is needed")  # type: ignore[attr-defined]
            image.load()
            turned = image.getexif().get(_ORIENTATION) in {5, 6, 7, 8}
            width, height = image.size
    except _Unfit:
        raise
    except Pillow.DecompressionBombError as bomb:
        raise ValueError(f"has more than {MOST_PIXELS / 1e6:g} million pixels") from bomb
    except _DAMAGE as damage:
        raise ValueError(f"is a damaged {kind} image: {str(damage) or type(damage).__name__}") from damage
    if not _ends_well(data, kind):
        raise ValueError(f"is a damaged {kind} image: it does not end where it says")
    return (height, width) if turned else (width, height)


class _Unfit(ValueError):
    """An undamaged image that is not taken."""


def _refuse_pixels(width: int, height: int) -> None:
    if width < 1 or height < 1:
        raise _Unfit(f"has {width}×{height} pixels")
    if width * height > MOST_PIXELS:
        millions = width * height / 1e6
        raise _Unfit(f"has {width}×{height} pixels, {millions:.4g} million, more than {MOST_PIXELS / 1e6:g} million")


def _ends_well(data: bytes, kind: str) -> bool:
    """Tell whether nothing is cut off or hung on. JPEGs are let be: phones hang much on them."""
    if kind == "png":
        return data.endswith(_PNG_END)
    if kind == "webp":
        said = int.from_bytes(data[4:8], "little") + 8
        return len(data) in {said, said + said % 2}
    return True


def _shape_problems(width: int, height: int, limits: ImageLimits) -> list[str]:
    problems = []
    if min(width, height) < limits.min_side:
        problems.append(f"is {width}×{height} pixels, each side needs at least {limits.min_side}")
    if limits.aspect is not None and max(width, height) > limits.aspect * min(width, height):
        ratio = max(width, height) / min(width, height)
        problems.append(f"is {width}×{height} pixels, {ratio:.4g}:1, at most {limits.aspect:g}:1 is allowed")
    return problems
