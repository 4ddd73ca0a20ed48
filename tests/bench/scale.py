"""Many jobs at once in one kernel: wall time, CPU, threads, memory, messages, and how fast the kernel answers.

The service is the light double in another process; its jobs take 30 s, and the journal knows that. Linux only: the
kernel's CPU time, threads and memory are read from /proc.
"""

from __future__ import annotations

import os
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.bench.past import fill
from tests.bench.row import Row
from tests.bench.sample_video import sample_video
from tests.bench.service import Serving
from tests.browser import chromium
from tests.browser.lab import Lab
from tests.kernels.wire import Kernel, text

JOBS = (1, 30, 300, 1000)
SECONDS = 30.0
SHOWN, FRAME_SECONDS = 300, 10.0  # cards in the page; seconds of frames
CARDS = {"comm_open", "comm_msg", "comm_close", "display_data", "update_display_data"}
ENDED = "sum(job.ended for job in jobs)"
_FRAMES = """
let count = 0, longest = 0, last = performance.now();
const end = last + arg * 1000;
await new Promise(done => {
    const next = now => {
        longest = Math.max(longest, now - last);
        last = now;
        count += 1;
        now < end ? requestAnimationFrame(next) : done();
    };
    requestAnimationFrame(next);
});
return [count / arg, longest];
"""


def measure() -> Iterator[Row]:
    """Yield the figures of each number of jobs, each in a fresh kernel with a fresh journal."""
    for jobs in JOBS:
        with tempfile.TemporaryDirectory() as folder, Serving(sample_video(), SECONDS) as service:
            yield from _many(jobs, Path(folder), service)
    yield from _page()


def _env(home: Path, service: Serving) -> dict[str, str]:
    fill(home, 20, SECONDS)
    return {"VIDMAGIC_HOME": str(home), "VIDMAGIC_DMXAPI_URL": service.url, "DMXAPI_API_KEY": "bench"}


def _many(jobs: int, home: Path, service: Serving) -> Iterator[Row]:
    with closing(Kernel(cwd=home, env=_env(home, service))) as kernel:
        process = Process(int(text(kernel.run("%load_ext vidmagic\nimport os\njobs = []\nprint(os.getpid())"))))
        idle = _p95([_ask(kernel) for _ in range(100)])
        before, begun = process.seconds(), time.monotonic()
        requests = [kernel.start(f"%%video hailuo -b -o job{number}\nkite {number}") for number in range(jobs)]
        kernel.wait(requests[-1], timeout=300)
        started = time.monotonic() - begun
        kernel.run(f"jobs = [globals()[f'job{{number}}'] for number in range({jobs})]")
        observations = _watched(kernel, process, jobs)
        took = time.monotonic() - begun
        spent, peak = process.seconds() - before, process.peak()
    subject = f"{jobs:,} job{'s' * (jobs > 1)} at once"
    yield Row("scale", f"{subject}: all done", took, "s", "a job alone cannot be faster", SECONDS)
    yield Row("scale", f"{subject}: all started", started, "s")
    yield Row("scale", f"{subject}: CPU a job", spent / jobs * 1000, "ms")
    yield Row("scale", f"{subject}: threads, most", max(observations.threads), "", aim="< 70")
    yield Row("scale", f"{subject}: memory, most", peak, "MB")
    yield Row("scale", f"{subject}: messages of all cards a second, most", max(observations.messages), "", aim="≤ 300")
    yield Row("scale", f"{subject}: `1+1` answers, p95", _p95(observations.answers), "ms", "idle", idle, "< 50 ms")


@dataclass(frozen=True, slots=True)
class Observations:
    """Figures second by second while jobs run: answers in ms, threads, messages that cards sent."""

    answers: list[float] = field(default_factory=list)
    threads: list[int] = field(default_factory=list)
    messages: list[float] = field(default_factory=list)


def _watched(kernel: Kernel, process: Process, jobs: int) -> Observations:
    """Ask `1+1` until all jobs have ended."""
    observations = Observations()
    while int(text(kernel.run(f"print({ENDED})", timeout=120)).split()[0]) < jobs:
        begun, at = time.monotonic(), len(kernel.seen)
        while time.monotonic() - begun < 1:
            observations.answers.append(_ask(kernel))
            kernel.pump(0.2)
        sent = sum(message["msg_type"] in CARDS for message in kernel.seen[at:])
        observations.messages.append(sent / (time.monotonic() - begun))
        observations.threads.append(process.threads())
    return observations


def _ask(kernel: Kernel) -> float:
    """Return how many ms `1+1` takes to its reply; the kernel's other messages are read meanwhile."""
    begun = time.perf_counter()
    request = kernel.start("1+1")
    while request not in kernel.replies:
        kernel.pump(0.001)
    return (time.perf_counter() - begun) * 1000


def _p95(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)]


class Process:
    """The figures of a process in /proc."""

    def __init__(self, pid: int) -> None:
        self._folder = Path(f"/proc/{pid}")

    def seconds(self) -> float:
        """Return the CPU time that it has used, in seconds."""
        fields = (self._folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def threads(self) -> int:
        """Return how many threads it has."""
        return int(self._status_value(r"Threads:\s*(\d+)"))

    def peak(self) -> float:
        """Return the most memory that it has had, in MB."""
        return int(self._status_value(r"VmHWM:\s*(\d+)")) / 1000

    def _status_value(self, pattern: str) -> str:
        value = re.search(pattern, (self._folder / "status").read_text(encoding="utf-8"))
        assert value is not None
        return value[1]


def _page() -> Iterator[Row]:
    """Yield how smooth JupyterLab is with many live cards, beside the same page without any."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Serving(sample_video(), 600) as service,
        sync_playwright() as playwright,
        closing(chromium.launch(playwright)) as browser,
    ):
        directory = Path(folder)
        env = _env(directory / "journal", service)
        with closing(Lab(browser, directory / "work", directory / "home", env=env)) as lab:
            lab.write("cards.ipynb", "%load_ext vidmagic", *(f"%%video hailuo\nkite {n}" for n in range(SHOWN)))
            page = lab.open("cards.ipynb")
            idle = page.js(_FRAMES, FRAME_SECONDS)
            page.run_all(timeout=300)
            busy = page.js(_FRAMES, FRAME_SECONDS)
    yield Row("scale", f"JupyterLab with {SHOWN} live cards: frames a second", busy[0], "", "without", idle[0])
    yield Row("scale", f"JupyterLab with {SHOWN} live cards: longest frame", busy[1], "ms", "without", idle[1])
