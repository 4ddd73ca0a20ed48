"""A file server, a folder for videos, and a download from the one to the other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import pytest

from tests.engine.download.downloads import NAME, http
from tests.faults.server import FaultServer
from vidmagic.engine.download.download import Download


@pytest.fixture(scope="session")
def mp4(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return the bytes of a small video with its index in front."""
    path = tmp_path_factory.mktemp("video") / "video.mp4"
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as out:
        stream = out.add_stream("libx264", rate=5)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for shade in range(10):
            frame = av.VideoFrame(64, 48, "yuv420p")
            for plane in frame.planes:
                plane.update(bytes((shade * 20 + at * 7) % 256 for at in range(plane.buffer_size)))
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path.read_bytes()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultServer]:
    """Return a file server; time limits are short and no proxy is used."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    running = FaultServer()
    yield running
    running.down()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the folder for videos, which does not exist yet."""
    return tmp_path / "my videos" / "今天"


@pytest.fixture
def getting(server: FaultServer, folder: Path) -> Iterator[Download]:
    """Return a download of this server's result."""
    download = Download(http(server), folder, NAME)
    yield download
    download.discard()
