"""Read the file that the user gives as an input: once, bounded, and only a regular file of this machine."""

from __future__ import annotations

import base64
import binascii
import errno
import os
import re
import stat

from vidmagic.escaping import plain

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")  # two letters at least: C: is a drive
_OPEN_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)


def read_file(given: str | bytes, most: int) -> tuple[bytes, str]:
    """Return the bytes of the file at a path, and its name in messages. Raises ValueError, also above *most* bytes."""
    path = os.path.expanduser(os.fsdecode(given))  # noqa: PTH111  Path refuses a home it does not know
    if is_on_a_network(path):
        raise ValueError(f"{plain(path)} is a network path; copy the file to this machine first")
    name = _named_path(path)
    try:
        with open(path, "rb", opener=lambda at, _: os.open(at, _OPEN_FLAGS)) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise ValueError(f"{name} is not a regular file")
            data = file.read(most + 1)
    except OSError as error:
        raise ValueError(_read_problem(path, name, error)) from error
    if len(data) > most:
        raise ValueError(f"{name} {size_problem(max(status.st_size, len(data)), most)}")
    return data, name


def size_problem(size: int, most: int) -> str:
    """Return what is wrong with a file of *size* bytes; "" if nothing is."""
    if size == 0:
        return "is empty"
    return f"has {size:,} bytes; at most {most:,} are allowed" if size > most else ""


def from_data_uri(text: str, opening: re.Match[str] | None, expected: str, most: int, name: str) -> bytes:
    """Return the bytes of a data URI, whose *opening* must have matched; *expected* says how one begins.

    Raises ValueError, for more than *most* bytes before they are decoded.
    """
    if opening is None:
        raise ValueError(f"a data URI must begin with {expected}")
    coded = text[opening.end() :]
    decoded = len(coded) * 3 // 4 - coded[-2:].count("=")
    if too_large := size_problem(decoded, most):
        raise ValueError(f"{name} {too_large}")
    try:
        return base64.b64decode(coded, validate=True)
    except (binascii.Error, ValueError) as damaged:
        raise ValueError("the data URI is not valid base64") from damaged


def is_data_uri(value: object) -> bool:
    """Return whether *value* is text that begins as a data URI."""
    return isinstance(value, str) and value[:5].lower() == "data:"


def held_bytes(value: object) -> bytes | None:
    """Return the bytes that an object of a file holds, an uploaded one or one in memory; None if it holds none."""
    content = value.getvalue() if hasattr(value, "getvalue") else getattr(value, "data", None)
    return content if isinstance(content, bytes) else None


def held_name(value: object, nameless: str) -> str:
    """Return the name of the file that an object holds, in its `name` or `filename`, else *nameless*."""
    names = (getattr(value, attribute, None) for attribute in ("name", "filename"))
    return next((plain(name) for name in names if isinstance(name, str) and name), nameless)


def file_stamp(path: str) -> tuple[int, ...]:
    """Return numbers that change when the file at *path* does; the empty tuple if it cannot be read."""
    path = os.path.expanduser(path)  # noqa: PTH111  Path refuses a home it does not know
    try:
        status = None if is_on_a_network(path) else os.stat(path)  # noqa: PTH116  as above
    except (OSError, ValueError):
        status = None
    return () if status is None else (status.st_mtime_ns, status.st_size, status.st_ino)


def is_on_a_network(path: str) -> bool:
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
