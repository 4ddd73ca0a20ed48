"""Pillow's warnings about images of others stay inside: an image is taken or refused in words."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable

import pytest
from PIL import Image as Pillow
from PIL import ImageFile

from tests.media.pictures import encoded, noisy, png_header, webp_header
from tests.media.reading import LIMITS
from vidmagic.errors import InvalidRequest
from vidmagic.media.images import read_image
from vidmagic.media.thumbnail import image_thumbnail
from vidmagic.spec.request import FIRST


def with_exif(exif: bytes) -> bytes:
    """Return a JPEG with these bytes as its EXIF."""
    file = io.BytesIO()
    Pillow.new("RGB", (160, 120)).save(file, "JPEG", exif=b"Exif\x00\x00" + exif)
    return file.getvalue()


IMAGES: dict[str, Callable[[], bytes]] = {
    "bomb": lambda: png_header(10_000, 10_000),
    "large WebP": lambda: webp_header(16_000, 16_000),
    "cut off": lambda: noisy("JPEG")[:-400],
    "cut PNG": lambda: noisy("PNG")[:-400],
    "EXIF without its directory": lambda: with_exif(b"MM\x00*\x00\x00\x00\x08\x00\x05"),
    "EXIF with a far offset": lambda: with_exif(b"II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\xff\xff\x00\x00\x06"),
    "EXIF of nothing": lambda: with_exif(b"MM\x00*"),
}


@pytest.mark.parametrize("image", IMAGES.values(), ids=IMAGES)
@pytest.mark.parametrize("action", ["error", "always"])
def test_no_warning_of_pillow_escapes(image: Callable[[], bytes], action: str) -> None:
    """With warnings as errors and with all of them shown, reading an image gives neither."""
    data = image()
    with warnings.catch_warnings(record=action == "always") as warned:
        warnings.simplefilter(action)
        try:
            read_image(FIRST, data, LIMITS)
        except InvalidRequest:
            pass
        else:
            image_thumbnail(data)
    assert not warned


def test_these_images_do_warn() -> None:
    """Pillow itself warns about some of them: the test above is not empty."""
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        for image in IMAGES.values():
            try:
                with Pillow.open(io.BytesIO(image())) as opened:
                    opened.getexif()
            except Exception:  # noqa: BLE001, only the warnings count
                continue
    assert {warning.category.__name__ for warning in warned} >= {"DecompressionBombWarning", "UserWarning"}


def test_the_filters_of_the_user_stay() -> None:
    """Reading an image changes no filter of warnings, and no setting of Pillow."""
    before = list(warnings.filters), Pillow.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES
    read_image(FIRST, encoded(), LIMITS)
    assert (list(warnings.filters), Pillow.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES) == before
