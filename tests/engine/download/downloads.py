"""Downloads for the tests: what is served, and the check of what was saved."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from tests.faults.server import FaultServer
from vidmagic.http.open_calls import OpenCalls
from vidmagic.http.timeouts import Timeouts
from vidmagic.http.transport import Transport
from vidmagic.spec.events import Saved

NAME = "20261120-081500-hailuo-7x3k9qab"
VIDEO_PATH = "/film.mp4?Signature=topsecret"
HTML = b"<html><body>" + b"Access denied " * 400 + b"</body></html>"
XML = b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>'


def http(server: FaultServer) -> OpenCalls:
    """Return calls of a service whose key must never reach a file host."""
    return Transport(server.url, lambda: {"Authorization": "vm-canary-key"}, timeouts=Timeouts(read=0.3)).open


def files(folder: Path) -> list[str]:
    """Return the names in a folder, hidden files included."""
    return sorted(os.listdir(folder)) if folder.is_dir() else []  # noqa: PTH208


def check_saved(saved: Saved, folder: Path, data: bytes, name: str = NAME + ".mp4") -> None:
    """Check that the file is there, whole, and reported as it is."""
    assert saved == Saved(str(folder / name), len(data), hashlib.sha256(data).hexdigest())
    assert (folder / name).read_bytes() == data


def ask_for_range(server: FaultServer) -> list[str | None]:
    """Return the Range header of each request."""
    return [seen.headers.get("range") for seen in server.seen]


def other(mp4: bytes) -> bytes:
    """Return another whole video of the same length."""
    return mp4[:-4] + bytes(255 - byte for byte in mp4[-4:])
