"""Read what the user gives as an image into a `MediaInput`: a link that is passed on, or checked bytes.

A file is read once, into memory; the bytes that are checked are the bytes that are sent.
"""

from __future__ import annotations

import dataclasses
import os
import re
from typing import cast

from PIL import Image as Pillow

from vidmagic.errors import InvalidRequest
from vidmagic.escaping import plain
from vidmagic.http.url_policy import Networks
from vidmagic.media import pixels
from vidmagic.media.given_file import from_data_uri, held_bytes, held_name, is_data_uri, read_file
from vidmagic.media.image_link import check_url, is_link, is_service_uri
from vidmagic.spec.models import ImageLimits
from vidmagic.spec.request import MediaInput, role_label

NAMELESS = "the image"  # the name of an image that was not given as a file

_DATA_URI = re.compile(r"data:image/(?:png|jpe?g|webp|bmp|gif|tiff);base64,", re.IGNORECASE)
_DATA_URIS = "data:image/png;base64, (or jpeg, webp, bmp, gif, tiff)"


def read_image(
    role: str, value: object, limits: ImageLimits, *, loopback: bool = False, trusted: Networks = ()
) -> MediaInput:
    """Return *value* as the image of a request, checked against *limits*.

    *value* is a path, an https URL, a data URI, bytes, a PIL image, an array (height × width × 3, uint8) or an object
    that holds the bytes of an image file. A MediaInput that was read before is checked again but not decoded again.
    *loopback* allows http links to this machine, for a service that is on it; addresses in
    *trusted* networks count as public. Raises InvalidRequest with all problems, in numbers.
    """
    try:
        if isinstance(value, MediaInput) and _fits(value, limits):
            return dataclasses.replace(value, role=role, name=plain(value.name))
        link = value.url if isinstance(value, MediaInput) else value
        if isinstance(link, str) and (is_link(link) or is_service_uri(link, limits.uris)):
            return _linked(role, link, limits, loopback=loopback, trusted=trusted)
        data, name = _local(value, limits)
        return _checked(role, data, name, limits)
    except ValueError as problem:
        raise InvalidRequest(f"{role_label(role)}: {plain(problem)}") from problem


def pair_problem(first: MediaInput, last: MediaInput, limits: ImageLimits) -> str:
    """Return what is wrong with the aspect ratios of a first and a last frame together; "" if nothing is."""
    if limits.quotient is None or not (first.width and last.width):
        return ""
    low, high = limits.quotient
    quotient = (first.width * last.height) / (first.height * last.width)
    if low <= quotient <= high:
        return ""
    return (
        f"first frame {first.width}×{first.height} and last frame {last.width}×{last.height} differ too much in shape: "
        f"the ratio of their aspect ratios is {quotient:.4g}, it must be {low:g} to {high:g}"
    )


def _fits(image: MediaInput, limits: ImageLimits) -> bool:
    """Return whether an image that was read before is within *limits*; `pixels.check_image` gives the reasons."""
    short, long = sorted((image.width, image.height))
    return (
        limits.local
        and not pixels.size_problem(len(image.data), limits)
        and image.content_type.removeprefix("image/") in limits.formats
        and short >= limits.min_side
        and (limits.max_side is None or long <= limits.max_side)
        and (limits.aspect is None or long <= limits.aspect * short)
        and not (limits.opaque_png and pixels.is_transparent_png(image.data))
    )


def _linked(role: str, link: str, limits: ImageLimits, *, loopback: bool, trusted: Networks) -> MediaInput:
    if is_service_uri(link, limits.uris):
        return MediaInput(role, url=link, name=plain(link))
    if not limits.links:
        raise ValueError("the model takes no links; give a file")
    return MediaInput(role, url=link, name=check_url(link, loopback=loopback, trusted=trusted))


def _checked(role: str, data: bytes, name: str, limits: ImageLimits) -> MediaInput:
    try:
        content_type, width, height = pixels.check_image(data, limits)
    except ValueError as problem:
        raise ValueError(f"{name} {problem}") from problem
    return MediaInput(role, data=data, content_type=content_type, width=width, height=height, name=name)


def _local(value: object, limits: ImageLimits) -> tuple[bytes, str]:
    """Return the bytes of an image that is on this machine, and its name in messages. Raises ValueError."""
    if not limits.local:
        raise ValueError("the model takes https links only")
    most = pixels.most_bytes(limits)
    if isinstance(value, str) and is_data_uri(value):
        return from_data_uri(value, _DATA_URI.match(value), _DATA_URIS, most, NAMELESS), NAMELESS
    if isinstance(value, str | os.PathLike):
        return read_file(os.fspath(value), most)
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value), NAMELESS
    if isinstance(value, Pillow.Image):
        return pixels.png(value), NAMELESS
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        return pixels.png(pixels.from_array(cast("pixels.PixelArray", value))), NAMELESS
    if (content := held_bytes(value)) is not None:
        return content, held_name(value, NAMELESS)
    raise ValueError(f"give a path, an https link, bytes, a PIL image or an array, not {type(value).__name__}")
