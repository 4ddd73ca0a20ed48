"""A video of 500 MB from loopback to disk beside curl, whole and resumed, and the memory that embedding 8 MB takes.

vidmagic also hashes the video, checks its boxes and waits until the disk has it; curl does not.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

from tests.bench.peers import ROOT
from tests.bench.row import Row
from tests.bench.sample_video import padded_video
from tests.bench.service import Serving
from vidmagic.engine.download.download import Download
from vidmagic.errors import Unreachable
from vidmagic.http.transport import Transport
from vidmagic.media.display import DisplayOptions
from vidmagic.media.player import html
from vidmagic.media.video import Video

SIZE, EMBEDDED = 500 * 10**6, 8 * 2**20
ROUNDS = 5


def measure() -> Iterator[Row]:
    """Yield the medians of rounds; in each round every program runs once."""
    with tempfile.TemporaryDirectory() as folder:
        video = padded_video(Path(folder, "large.mp4"), SIZE)
        with Serving(video, 0) as service:
            rounds = [
                (_ours(service, 0), _ours(service, SIZE // 2), _curl(service), _curl(service, checked=True))
                for _ in range(ROUNDS)
            ]
        video.unlink()
        whole, resumed, curl, checked = zip(*rounds, strict=True)
        plain, same = statistics.median(curl), statistics.median(checked)
        for name, runs in (("whole", whole), ("interrupted in the middle and resumed", resumed)):
            rate = statistics.median(rate for rate, _ in runs)
            yield Row("download", f"500 MB, {name}", rate, "MB/s", "curl", plain, "≥ 0.9×")
            yield Row("download", f"500 MB, {name}", rate, "MB/s", "curl; sha256sum; sync", same)
            grown = max(grown for _, grown in runs)
            yield Row("download", f"500 MB, {name}: memory grows by", grown, "MB", aim="≤ 32 MB")
        peak = _embedding(padded_video(Path(folder, "small.mp4"), EMBEDDED))
        yield Row("download", "8 MB embedded: peak memory", peak / 1e6, "MB", "the video", EMBEDDED / 1e6, "≤ 3×")


def _ours(service: Serving, cut: int) -> tuple[float, float]:
    """Return MB/s and the growth of a fresh process in MB."""
    os.sync()  # this one must not wait for what the one before wrote
    done = subprocess.run(
        [sys.executable, "-m", __name__, service.url, service.video(cut=cut)],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    seconds, grown = json.loads(done.stdout)
    return SIZE / 1e6 / seconds, grown


def _curl(service: Serving, *, checked: bool = False) -> float:
    """Return curl's MB/s; with *checked* it also hashes the file and waits for the disk, as vidmagic does."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "video.mp4"))
        os.sync()
        begun = time.perf_counter()
        subprocess.run(["curl", "-s", "-o", path, service.video()], check=True)
        for command in ("sha256sum", "sync") if checked else ():
            subprocess.run([command, path], check=True, stdout=subprocess.DEVNULL)
        return SIZE / 1e6 / (time.perf_counter() - begun)


def _embedding(path: Path) -> int:
    """Return the most bytes that are allocated while a video becomes HTML."""
    video = Video(path)
    html(video, DisplayOptions(embed="never"))  # the poster is made, the decoder loaded
    tracemalloc.start()
    html(video, DisplayOptions(embed="always"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def main(origin: str, url: str) -> None:
    """Fetch *url* in this fresh process; print the seconds and by how many MB it has grown."""
    before = _peak()
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        download = Download(Transport(origin, dict).open, Path(folder), "video")
        with contextlib.suppress(Unreachable):
            download.attempt([url])
        if download.received < SIZE:
            download.attempt([url])
        took = time.perf_counter() - begun
        if Path(folder, "video.mp4").stat().st_size != SIZE:
            raise ValueError("the video did not arrive")
    print(json.dumps([took, _peak() - before]))  # noqa: T201


def _peak() -> float:
    """Return the most memory that this process has had, in MB; getrusage would include that of the parent."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = re.search(r"VmHWM:\s*(\d+) kB", status)
    assert peak is not None
    return int(peak[1]) / 1000


if __name__ == "__main__":
    main(*sys.argv[1:])
