"""Jobs in a real kernel that is killed, interrupted, restarted, or executed by a tool."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.kernels.wire import Kernel, text
from tests.patience import until
from vidmagic.sandbox import Sandbox

Start = Callable[..., Kernel]
LOAD = "%load_ext vidmagic"


@pytest.fixture
def in_sandbox(tmp_path: Path) -> dict[str, str]:
    """Return the environment of a kernel that runs its jobs in its own sandbox."""
    return {"VIDMAGIC_HOME": str(tmp_path / "journal"), "VIDMAGIC_SANDBOX": "1"}


def submits(service: Sandbox) -> int:
    """Count the paid calls that the server accepted."""
    with urllib.request.urlopen(f"{service.url}/sandbox/ledger", timeout=5) as answer:
        calls = json.load(answer)
    return sum(1 for call in calls if call["path"] == "/v1/video_generation" and call["accepted"])


def test_a_killed_kernel_loses_no_paid_job(
    kernel: Start, service: Sandbox, env: dict[str, str], tmp_path: Path
) -> None:
    """After a kernel is killed during a job, `%video resume` in a new one gets the video; there was one submit."""
    service.seconds = 600
    first = kernel(cwd=tmp_path, env=env)
    first.run(LOAD)
    first.run("%%video hailuo -b\nA red kite over the sea")
    until(lambda: submits(service) == 1)
    first.run("import time\nwhile _.state not in ('accepted', 'running'): time.sleep(0.05)")
    first.kill9()
    service.finish_tasks()
    second = kernel(cwd=tmp_path, env=env)
    second.run(LOAD)
    printed = second.run("job = get_ipython().run_line_magic('video', 'resume')\nprint(job.result().path)", timeout=60)
    path = Path(text(printed).strip().splitlines()[-1])
    assert path.read_bytes()[4:8] == b"ftyp"
    assert submits(service) == 1


def test_run_all_after_a_restart_sends_nothing(
    kernel: Start, service: Sandbox, env: dict[str, str], tmp_path: Path
) -> None:
    """The same cells in a new kernel show the existing videos; the service gets no new submit."""
    cells = [LOAD, "%%video hailuo -b\nA red kite", "%%video hailuo -b -o blue\nA blue kite"]
    for _ in range(2):
        running = kernel(cwd=tmp_path, env=env)
        for cell in cells:
            running.run(cell, timeout=60)
        shown = running.run("%video wait\nblue.reused")
        running.close()
    assert "True" in text(shown)
    assert submits(service) == 2


def test_an_interrupt_stops_the_waiting_within_a_second(
    kernel: Start, service: Sandbox, env: dict[str, str], tmp_path: Path
) -> None:
    """■ ends the cell with an error that says how to go on; the job itself goes on and is done."""
    service.seconds = 600
    running = kernel(cwd=tmp_path, env=env)
    running.run(LOAD)
    request = running.start("%%video hailuo -w --out kite\nA red kite")
    until(lambda: submits(service) == 1)
    running.interrupt()
    errors = [message for message in running.wait(request, timeout=5) if message["msg_type"] == "error"]
    service.finish_tasks()
    assert "%video resume" in "\n".join(errors[0]["content"]["traceback"])
    assert "done" in text(running.run("kite.result(); print(kite.state)"))
    assert submits(service) == 1


def test_a_cell_executed_by_a_tool_waits(kernel: Start, in_sandbox: dict[str, str], tmp_path: Path) -> None:
    """Executed with `allow_stdin: false`, as nbconvert and papermill do, the cell holds the video when it ends."""
    running = kernel(cwd=tmp_path, env=in_sandbox)
    running.run(LOAD, allow_stdin=False)
    messages = running.run("%%video hailuo\nA red kite", allow_stdin=False, timeout=60)
    last: dict[str, Any] = [m for m in messages if m["msg_type"] == "update_display_data"][-1]["content"]["data"]
    assert "<video" in last["text/html"]
    assert not any("widget-view" in kind for m in messages for kind in m["content"].get("data", {}))


def test_await_and_gather(kernel: Start, in_sandbox: dict[str, str], tmp_path: Path) -> None:
    """`await job` gives the video, and two jobs can be gathered."""
    running = kernel(cwd=tmp_path, env=in_sandbox)
    running.run("import asyncio, vidmagic")
    running.run("a = vidmagic.start('a red kite', 'hailuo'); b = vidmagic.start('a blue kite', 'hailuo')")
    printed = text(
        running.run("videos = await asyncio.gather(a, b); print(sorted(video.prompt for video in videos))", timeout=60)
    )
    assert "['a blue kite', 'a red kite']" in printed
