"""Read what the user gives as an image into a `MediaInput`: a link that is passed on, or checked bytes.

A file is read once, into memory; the bytes that are checked are the bytes that are sent.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import errno
import os
import re
import stat
from typing import cast

from PIL import Image as Pillow

from vidmagic.errors import InvalidRequest
from vidmagic.escaping import plain
from vidmagic.http.url_policy import Networks
from vidmagic.media import pixels
from vidmagic.media.image_link import NOT_IN_A_LINK, check_url, is_link
from vidmagic.spec.models import ImageLimits
from vidmagic.spec.request import FIRST, LAST, REFERENCE, MediaInput

ROLE_LABELS = {FIRST: "first frame", LAST: "last frame", REFERENCE: "reference"}
NAMELESS = "the image"  # the name of an image that was not given as a file

_DATA_URI = re.compile(r"data:image/(?:png|jpe?g|webp);base64,", re.IGNORECASE)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")  # two letters at least: C: is a drive
_OPEN_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)


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
        if isinstance(link, str) and (is_link(link) or _is_service_uri(link, limits)):
            return _linked(role, link, limits, loopback=loopback, trusted=trusted)
        data, name = _local(value, limits)
        return _checked(role, data, name, limits)
    except ValueError as problem:
        raise InvalidRequest(f"{ROLE_LABELS[role]}: {plain(problem)}") from problem


def file_stamp(path: str) -> tuple[int, ...]:
    """Return numbers that change when the file at *path* does; the empty tuple if it cannot be read."""
    path = os.path.expanduser(path)  # noqa: PTH111  Path refuses a home it does not know
    try:
        status = None if _is_on_a_network(path) else os.stat(path)  # noqa: PTH116  as above
    except (OSError, ValueError):
        status = None
    return () if status is None else (status.st_mtime_ns, status.st_size, status.st_ino)


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
        and (limits.aspect is None or long <= limits.aspect * short)
    )


def _is_service_uri(text: str, limits: ImageLimits) -> bool:
    """Return whether *text* is a name that the service itself gave an image."""
    return text.startswith(limits.uris) and not NOT_IN_A_LINK.search(text)


def _linked(role: str, link: str, limits: ImageLimits, *, loopback: bool, trusted: Networks) -> MediaInput:
    if _is_service_uri(link, limits):
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


def _from_data_uri(text: str, limits: ImageLimits) -> bytes:
    opening = _DATA_URI.match(text)
    if opening is None:
        raise ValueError("a data URI must begin with data:image/png;base64, (or jpeg, webp)")
    coded = text[opening.end() :]
    decoded = len(coded) * 3 // 4 - coded[-2:].count("=")
    if too_large := pixels.size_problem(decoded, limits):
        raise ValueError(f"{NAMELESS} {too_large}")
    try:
        return base64.b64decode(coded, validate=True)
    except (binascii.Error, ValueError) as damaged:
        raise ValueError("the data URI is not valid base64") from damaged


def _local(value: object, limits: ImageLimits) -> tuple[bytes, str]:
    """Return the bytes of an image that is on this machine, and its name in messages. Raises ValueError."""
    if not limits.local:
        raise ValueError("the model takes https links only")
    if isinstance(value, str) and value[:5].lower() == "data:":
        return _from_data_uri(value, limits), NAMELESS
    if isinstance(value, str | os.PathLike):
        return _from_path(os.fspath(value), limits)
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value), NAMELESS
    if isinstance(value, Pillow.Image):
        return pixels.png(value), NAMELESS
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        return pixels.png(pixels.from_array(cast("pixels.PixelArray", value))), NAMELESS
    content = value.getvalue() if hasattr(value, "getvalue") else getattr(value, "data", None)
    if isinstance(content, bytes):
        return content, _file_name(value)
    raise ValueError(f"give a path, an https link, bytes, a PIL image or an array, not {type(value).__name__}")


def _file_name(value: object) -> str:
    """Return the name of the file that an object holds, in its `name` or `filename`."""
    names = (getattr(value, attribute, None) for attribute in ("name", "filename"))
    return next((plain(name) for name in names if isinstance(name, str) and name), NAMELESS)


def _from_path(given: str | bytes, limits: ImageLimits) -> tuple[bytes, str]:
    path = os.path.expanduser(os.fsdecode(given))  # noqa: PTH111  Path refuses a home it does not know
    if _is_on_a_network(path):
        raise ValueError(f"{plain(path)} is a network path; copy the file to this machine first")
    name = _named_path(path)
    try:
        with open(path, "rb", opener=lambda at, _: os.open(at, _OPEN_FLAGS)) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise ValueError(f"{name} is not a regular file")
            limit = pixels.most_bytes(limits)
            data = file.read(limit + 1)
    except OSError as error:
        raise ValueError(_read_problem(path, name, error)) from error
    if len(data) > limit:
        raise ValueError(f"{name} {pixels.size_problem(max(status.st_size, len(data)), limits)}")
    return data, name


def _is_on_a_network(path: str) -> bool:
    """Return whether touching *path* could log in to another machine."""
    return path.startswith(("//", r"\\"))


def _read_problem(path: str, name: str, error: OSError) -> str:
    if error.errno in {errno.EISDIR, errno.ENXIO}:
        return f"{name} is not a regular file"
    if error.errno == errno.ENOENT and _SCHEME.match(path):
        return f"{name} is neither a file nor an https link"
    return f"{name} cannot be read: {(error.strerror or type(error).__name__).lower()}"


def _named_path(path: str) -> str:
    """Return a path as text, with where it leads if it is a symbolic link."""
    try:
        target = f" (a link to {os.path.realpath(path)})" if os.path.islink(path) else ""  # noqa: PTH114  as above
    except ValueError:  # a NUL; opening the file reports it
        target = ""
    return plain(path + target)
