"""Video cells below `%%time` and `%%capture`, and thirty of them at once."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.kernels.spec import Spec
from tests.kernels.wire import Kernel, text

Start = Callable[..., Kernel]

LOAD = "%load_ext vidmagic\n%config VideoMagics.sandbox_seconds = {}"


@pytest.fixture
def running(kernel: Start, either: Spec, tmp_path: Path) -> Callable[[float], Kernel]:
    """Return a function that starts a kernel whose sandbox jobs take the given number of seconds."""

    def start(seconds: float) -> Kernel:
        made = kernel(either, cwd=tmp_path, env={"VIDMAGIC_HOME": str(tmp_path / "home"), "VIDMAGIC_SANDBOX": "1"})
        made.run(LOAD.format(seconds))
        return made

    return start


def test_time_and_capture_stand_above_a_video(running: Callable[[float], Kernel]) -> None:
    """`%%time` shows how long the cell took; `%%capture` captures the player, and nothing reaches the cell."""
    k = running(0.5)
    timed = k.run("%%time\n%%video hailuo --wait --out red\nA red kite", timeout=60)
    assert "Wall time" in text(timed)
    assert "<video" in str(timed)
    silent = k.run("%%capture caught\n%%video hailuo --wait --out blue\nA blue kite", timeout=60)
    assert not [
        message for message in silent if message["msg_type"] in {"display_data", "update_display_data", "stream"}
    ]
    printed = text(
        k.run("print(*('<video' in output.data.get('text/html', '') for output in caught.outputs), blue.state)")
    )
    assert printed.count("True") == 1
    assert printed.count("False") < 4
    assert "done" in printed
    assert str(k.run("caught.show()")).count("<video") == 1


def test_thirty_jobs_leave_the_kernel_free(running: Callable[[float], Kernel]) -> None:
    """While thirty cards are live, the kernel executes `1 + 1` and the cards are redrawn."""
    k = running(60)
    cells = [k.start(f"%%video hailuo -b -o job{number}\nKite {number}") for number in range(30)]
    for cell in cells:
        k.wait(cell, timeout=60)
    began, times = time.monotonic(), []
    while len(times) < 40 and time.monotonic() - began < 6:
        asked = time.perf_counter()
        results = [message for message in k.run("1 + 1") if message["msg_type"] == "execute_result"]
        assert text(results) == "2\n"  # cards that are redrawn meanwhile count as this cell's in an older kernel
        times.append(1000 * (time.perf_counter() - asked))
    live = text(k.run("print(sum(not globals()[f'job{n}'].ended for n in range(30)))")).strip()
    sent = sum(message["msg_type"] == "comm_msg" for message in k.pump(2)) / 2
    print(  # noqa: T201  figures
        f"\n30 cards ({live} live): 1 + 1 in {statistics.median(times):.0f} ms, at most {max(times):.0f} ms;"
        f" {sent:.0f} messages a second"
    )
    assert live == "30"
    assert 10 < sent < 300
