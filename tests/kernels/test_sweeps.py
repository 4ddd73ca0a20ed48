"""A sweep in a real kernel: one card for all jobs; the kernel is killed, interrupted, restarted."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from pathlib import Path

from tests.kernels.wire import Kernel, text
from tests.patience import until
from vidmagic.sandbox import Sandbox

Start = Callable[..., Kernel]
LOAD = "%load_ext vidmagic"
CELL = "%%video hailuo --shot kite --out kites\nA {{red|blue}} kite"


def submits(service: Sandbox) -> int:
    """Count the paid calls that the server accepted."""
    with urllib.request.urlopen(f"{service.url}/sandbox/ledger", timeout=5) as answer:
        calls = json.load(answer)
    return sum(1 for call in calls if call["path"] == "/v1/video_generation" and call["accepted"])


def test_one_card_shows_all_and_ends_without_a_widget(
    kernel: Start, env: dict[str, str], service: Sandbox, tmp_path: Path
) -> None:
    """A live cell returns at once with one output; that output ends as both videos, in plain HTML."""
    running = kernel(cwd=tmp_path, env=env)
    running.run(LOAD)
    request = running.start(CELL)
    messages = running.wait(request, timeout=30)
    shown = [message["content"] for message in messages if message["msg_type"] == "display_data"]
    assert len(shown) == 1
    assert not any(message["msg_type"] == "execute_result" for message in messages)
    running.run("kites.result()", timeout=60)

    def last() -> dict[str, str]:
        updates = [
            message["content"]["data"] for message in running.seen if message["msg_type"] == "update_display_data"
        ]
        return updates[-1] if updates else {}

    running.pump_until(lambda: last().get("text/html", "").count("<video") == 2)
    assert set(last()) == {"text/html", "text/plain"}
    assert submits(service) == 2


def test_a_killed_kernel_loses_and_doubles_no_job_of_a_sweep(
    kernel: Start, env: dict[str, str], service: Sandbox, tmp_path: Path
) -> None:
    """After a kernel is killed in a sweep, the same cell in a new one gets both videos, with two submits in all."""
    service.seconds = 600
    first = kernel(cwd=tmp_path, env=env)
    first.run(LOAD)
    first.run(CELL)
    first.run("import time\nwhile any(job.state in ('new', 'sending') for job in kites): time.sleep(0.05)")
    first.kill9()
    service.finish_tasks()
    second = kernel(cwd=tmp_path, env=env)
    second.run(LOAD)
    second.run(CELL, timeout=60)
    printed = text(
        second.run("kites.result()\nprint([str(j.take) for j in kites], [j.state for j in kites])", timeout=60)
    )
    assert "['kite 1', 'kite 2'] ['done', 'done']" in printed
    assert submits(service) == 2


def test_an_interrupt_stops_the_waiting_for_a_sweep(
    kernel: Start, env: dict[str, str], service: Sandbox, tmp_path: Path
) -> None:
    """■ ends the cell with an error that names both jobs; the jobs themselves go on."""
    service.seconds = 600
    running = kernel(cwd=tmp_path, env=env)
    running.run(LOAD)
    request = running.start(CELL.replace("hailuo", "hailuo --wait"))
    until(lambda: submits(service) == 2)
    running.interrupt()
    errors = [message for message in running.wait(request, timeout=5) if message["msg_type"] == "error"]
    service.finish_tasks()
    assert "\n".join(errors[0]["content"]["traceback"]).count("%video resume") == 2
    printed = text(running.run("kites.result(); print([job.state for job in kites])", timeout=60))
    assert "['done', 'done']" in printed
