"""From what the user calls an image to a `request.Image`: a link that is passed on, or checked bytes.

A file is read once, into memory; the bytes that are checked are the bytes that are sent.
"""

from __future__ import annotations

import base64
import binascii
import errno
import io
import os
import re
import stat
from typing import Any
from urllib.parse import urlsplit

from PIL import Image as Pillow

from vidmagic.addresses import is_loopback, is_public
from vidmagic.errors import InvalidRequest
from vidmagic.markup import plain
from vidmagic.media import pixels
from vidmagic.provider import ImageLimits
from vidmagic.request import FIRST, LAST, REFERENCE, Image

WORDS = {FIRST: "first frame", LAST: "last frame", REFERENCE: "reference"}

_DATA_URI = re.compile(r"data:image/(?:png|jpe?g|webp);base64,", re.IGNORECASE)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")  # two letters at least: C: is a drive
_NOT_IN_A_URL = re.compile(r"[\x00-\x20\x7f-\x9f\\\ud800-\udfff]")
_OPEN_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)


def read(role: str, value: object, limits: ImageLimits, *, loopback: bool = False) -> Image:
    """Return the image that *value* stands for. Raises InvalidRequest with the problems, in numbers.

    *value* is a path, an https URL, a data URI, bytes, a PIL image, an array (height × width × 3, uint8) or an object
    that holds the bytes of an image file. *loopback* allows http links to this machine, for a service that is on it.
    """
    try:
        if isinstance(value, str):
            return _from_text(role, value, limits, loopback=loopback)
        data, name = _local(value, limits)
        return _checked(role, data, name, limits)
    except ValueError as problem:
        raise InvalidRequest(f"{WORDS[role]}: {plain(problem)}") from problem


def pair_problem(first: Image, last: Image, limits: ImageLimits) -> str:
    """Say what is wrong with the aspect ratios of a first and a last frame together; the empty text if nothing is."""
    if limits.quotient is None or not (first.width and last.width):
        return ""
    low, high = limits.quotient
    quotient = (first.width * last.height) / (first.height * last.width)
    if low <= quotient <= high:
        return ""
    return (
        f"first frame {first.width}×{first.height} and last frame {last.width}×{last.height} differ too much in shape: "
        f"their aspect ratios divide to {quotient:.4g}, {low:g} to {high:g} is allowed"
    )


def _from_text(role: str, text: str, limits: ImageLimits, *, loopback: bool) -> Image:
    if text[:5].lower() == "data:" and limits.local:
        return _checked(role, _from_data_uri(text, limits), "data URI", limits)
    if any(text.startswith(opening) for opening in limits.uris) and not _NOT_IN_A_URL.search(text):
        return Image(role, url=text, name=plain(text))
    if text.lower().startswith(("https:", "http:")):
        if not limits.links:
            raise ValueError("the service takes no links, give a file")
        return Image(role, url=text, name=check_url(text, loopback=loopback))
    data, name = _local(text, limits)
    return _checked(role, data, name, limits)


def _checked(role: str, data: bytes, name: str, limits: ImageLimits) -> Image:
    try:
        content_type, width, height = pixels.check(data, limits)
    except ValueError as problem:
        raise ValueError(f"{name} {problem}") from problem
    return Image(role, data=data, content_type=content_type, width=width, height=height, name=name)


def check_url(url: str, *, loopback: bool) -> str:
    """Return what to call a link that is passed on to a service: without its query, which may be a secret.

    Raises ValueError unless it is https and public, or leads to this machine, which *loopback* allows.
    """
    if _NOT_IN_A_URL.search(url):
        raise ValueError("a link has no spaces, control characters or backslashes")
    parts = urlsplit(url)  # its ValueError says what is wrong with the brackets of an address
    host = parts.hostname or ""
    if not host or "@" in parts.netloc:
        raise ValueError("a link needs a host, and no login before it")
    _ = parts.port  # raises ValueError when it is none
    name = plain(f"{parts.scheme}://{parts.netloc}{parts.path}")
    if loopback and is_loopback(host):
        return name
    if parts.scheme != "https":
        raise ValueError(f"{name} is not https")
    if not is_public(host):
        raise ValueError(f"{name} leads to no public address, so the service cannot fetch it")
    return name


def _from_data_uri(text: str, limits: ImageLimits) -> bytes:
    opening = _DATA_URI.match(text)
    if opening is None:
        raise ValueError("a data URI begins with data:image/png, image/jpeg or image/webp and ;base64,")
    coded = text[opening.end() :]
    decoded = len(coded) * 3 // 4 - coded[-2:].count("=")
    if too_large := pixels.size_problem(decoded, limits):
        raise ValueError(f"data URI {too_large}")
    try:
        return base64.b64decode(coded, validate=True)
    except (binascii.Error, ValueError) as damaged:
        raise ValueError("the data URI is not valid base64") from damaged


def _local(value: Any, limits: ImageLimits) -> tuple[bytes, str]:
    """Return the bytes of an image that is on this machine, and what to call it. Raises ValueError."""
    if not limits.local:
        raise ValueError("the service takes https links only")
    if isinstance(value, str | os.PathLike):
        return _from_path(os.fspath(value), limits)
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value), "bytes"
    if isinstance(value, Pillow.Image):
        return pixels.png(value), f"PIL image {value.width}×{value.height}"
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        return pixels.png(pixels.from_array(value)), "array " + "×".join(map(str, value.shape))
    held = value.getvalue() if hasattr(value, "getvalue") else getattr(value, "data", None)
    if isinstance(held, bytes):
        return held, f"{type(value).__name__} object"
    raise ValueError(f"{type(value).__name__} is no path, link, bytes, PIL image or array")


def _from_path(given: str | bytes, limits: ImageLimits) -> tuple[bytes, str]:
    path = os.path.expanduser(os.fsdecode(given))  # noqa: PTH111  Path refuses a home it does not know
    if path.startswith(("//", r"\\")):  # before any look at it: a look would log in there
        raise ValueError(f"{plain(path)} is a network path, copy the file first")
    name = _named(path)
    try:
        with open(path, "rb", opener=lambda at, _: os.open(at, _OPEN_FLAGS)) as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise ValueError(f"{name} is no regular file")
            data = _capped(file, pixels.most_bytes(limits))
    except OSError as refused:
        raise ValueError(_cannot_read(path, name, refused)) from refused
    if data is None:
        raise ValueError(f"{name} {pixels.size_problem(max(found.st_size, pixels.most_bytes(limits) + 1), limits)}")
    return data, name


def _capped(file: io.BufferedReader, most: int) -> bytes | None:
    """Return all of *file*, or None if it has more than *most* bytes."""
    data = file.read(most + 1)
    return data if len(data) <= most else None


def _cannot_read(path: str, name: str, refused: OSError) -> str:
    if refused.errno in {errno.EISDIR, errno.ENXIO}:
        return f"{name} is no regular file"
    if refused.errno == errno.ENOENT and _SCHEME.match(path):
        return f"{name} is neither a file nor an https link"
    return f"{name} cannot be read: {(refused.strerror or type(refused).__name__).lower()}"


def _named(path: str) -> str:
    """Name a path, and where it leads if it is a symbolic link."""
    try:
        target = f" (a link to {os.path.realpath(path)})" if os.path.islink(path) else ""  # noqa: PTH114  as above
    except ValueError:  # a NUL; opening will say so
        target = ""
    return plain(path + target)
