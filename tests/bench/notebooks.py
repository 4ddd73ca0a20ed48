"""What a video costs a notebook: bytes beyond its base64, and the time to save and reopen twenty in JupyterLab."""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.bench.row import Row
from tests.bench.sample_video import sample_video
from tests.browser import chromium
from tests.browser.lab import Lab
from vidmagic.media.video import Video

VIDEOS, ROUNDS = 20, 3
PEER = "IPython.display.Video"
SHOW = {
    "vidmagic": "from vidmagic.media.video import Video\nVideo({path!r}, prompt='A red kite over the sea')",
    PEER: "from IPython.display import Video\nVideo({path!r}, embed=True)",
}


def measure() -> Iterator[Row]:
    """Yield bytes, and medians in milliseconds."""
    path = sample_video()
    bare = path.stat().st_size * 4 / 3
    html = Video(path, prompt="A red kite over the sea")._repr_mimebundle_()[0]["text/html"]
    written = len(json.dumps(html).encode()) - bare
    poster = len(Video(path).poster) * 4 / 3
    yield Row("notebook", "one video: bytes beyond 4/3 of the file", written / 1000, "kB", "its poster", poster / 1000)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        directory = Path(folder)
        with (
            closing(chromium.launch(playwright)) as browser,
            closing(Lab(browser, directory / "w", directory / "h")) as lab,
        ):
            ours, other = (_saved_and_reopened(lab, code.format(path=str(path))) for code in SHOW.values())
    for what, mine, theirs in zip(("file", "save", "reopen"), ours, other, strict=True):
        yield Row("notebook", f"{VIDEOS} videos: {what}", mine, "MB" if what == "file" else "ms", PEER, theirs)


def _saved_and_reopened(lab: Lab, code: str) -> tuple[float, float, float]:
    """Return the size of a notebook of videos in MB, and the medians of saving and reopening it in ms."""
    path = lab.write("videos.ipynb", *[code] * VIDEOS)
    page = lab.open("videos.ipynb")
    page.run_all(timeout=120)
    saving = []
    for _ in range(ROUNDS):
        page.js("panel.context.model.dirty = true")
        saving.append(_timed(page.save))
    page.close()
    opening = [_timed(lambda: lab.open("videos.ipynb").close()) for _ in range(ROUNDS)]
    return path.stat().st_size / 1e6, statistics.median(saving), statistics.median(opening)


def _timed(call: Callable[[], object]) -> float:
    begun = time.perf_counter()
    call()
    return (time.perf_counter() - begun) * 1000
