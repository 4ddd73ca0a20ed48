"""N06–N10 in real kernels: cells that run again buy nothing, and what a job shows stays under its own cell."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from tests.faults.conftest import LOAD, Trial
from tests.faults.test_kernel_restarts import CELL, FOR_EVER, html, shows_the_video
from tests.kernels.older import older
from tests.kernels.spec import CURRENT
from tests.kernels.wire import Kernel, Message, text
from tests.patience import until

Start = Callable[..., Kernel]

CELLS = 30
LISTED = "print(*(f'{job.prompt}:{job.state}' for job in get_ipython().run_line_magic('video', 'jobs')), sep=chr(10))"


def run_all(running: Kernel, cells: Iterable[str]) -> list[str]:
    """Run cells as Run All does, all of them queued at once; return their requests when they have ended."""
    requests = [running.start(cell) for cell in cells]
    for request in requests:
        running.wait(request, timeout=60)
    return requests


def errors(running: Kernel, request: str) -> list[str]:
    """Return the names of the errors that a cell ended with."""
    return [message["content"]["ename"] for message in running.messages(request) if message["msg_type"] == "error"]


def test_a_cell_runs_again(trial: Trial, kernel: Start) -> None:
    """N06: The same request, while it runs and when it is done, is the same job: both cells show it, one was sent."""
    service = trial.serve(pending=FOR_EVER)
    running = kernel()
    first = running.start(CELL.format("-b -o one", "again"))
    running.wait(first)
    until(lambda: service.polls > 1)
    second = running.start(CELL.format("-b -o two", "again"))
    running.wait(second)
    service.pending = 0
    shows_the_video(running, first)
    shows_the_video(running, second)
    third = running.start(CELL.format("-b -o three", "again"))
    running.wait(third)
    shows_the_video(running, third)
    assert text(running.run("print(len({one.id, two.id, three.id}), one.reused, two.reused, three.reused)")) == (
        "1 False True True\n"
    )
    assert service.submitted == ["again"]
    trial.figures.add(cases=3, submits=1, paid=1, done=1, bought_twice=0)


def test_run_all_after_a_restart(trial: Trial, kernel: Start) -> None:
    """N07: All cells again after a restart: the service gets no request at all, and every video is shown from disk."""
    service = trial.serve()
    cells = [CELL.format("-b", f"cell {number}") for number in range(3)]
    running = kernel()
    run_all(running, cells)
    running.run("%video wait", timeout=60)
    running.restart()
    running.run(LOAD)
    before = len(service.server.seen)
    for request in run_all(running, cells):
        shows_the_video(running, request)
    assert len(service.server.seen) == before
    assert sorted(service.submitted) == ["cell 0", "cell 1", "cell 2"]
    trial.figures.add(cases=6, submits=3, paid=3, done=3, bought_twice=0)


def test_thirty_new_cells(trial: Trial, kernel: Start) -> None:
    """N08: Above `max_cost` each of thirty cells is refused before a byte leaves; without it each is sent once."""
    service = trial.serve()
    cells = [CELL.format("-b", f"new {number}") for number in range(CELLS)]
    running = kernel()
    running.run("%config VideoMagics.max_cost = '1.99CNY'")
    for cell in cells:  # one by one: an error ends what is queued behind it
        request = running.start(cell)
        running.wait(request)
        assert errors(running, request) == ["TooExpensive"]
    assert service.server.connections == 0
    assert trial.session.jobs() == []
    running.run("%config VideoMagics.max_cost = ''")
    for _ in range(2):
        for request in run_all(running, cells):
            assert errors(running, request) == []
        running.run("%video wait", timeout=60)
        assert sorted(service.submitted) == sorted(f"new {number}" for number in range(CELLS))
    trial.figures.add(cases=3 * CELLS, submits=CELLS, paid=CELLS, done=CELLS, bought_twice=0)


def test_outputs_and_variables_are_gone(trial: Trial, kernel: Start) -> None:
    """N09: `jobs` lists a job whose output and name were deleted; `show` gives it a card that ends as the video."""
    service = trial.serve(pending=FOR_EVER)
    running = kernel()
    running.run(CELL.format("-b -o kite", "deleted"))
    job = text(running.run("print(kite.id)")).strip()
    until(lambda: service.polls > 1)
    running.run("%reset -f\nfrom IPython.display import clear_output\nclear_output()")
    assert "deleted:running" in text(running.run(LISTED))
    live = running.start(f"%video show {job}")
    assert "<video" not in html(running.wait(live))
    service.pending = 0
    shows_the_video(running, live)
    assert "deleted:done" in text(running.run(LISTED))
    assert "<video" in html(running.run(f"%video show {job}"))
    assert service.submitted == ["deleted"]
    trial.figures.add(cases=1, submits=1, paid=1, done=1, lost=0)


PRINTS = """
import sys, time
while not (one.ended and two.ended): print("tick", flush=True), time.sleep(0.02)
for _ in range(20): print("tick", flush=True), time.sleep(0.02)
"""


BY_NAME = {"update_display_data", "comm_msg", "comm_close"}  # they name their display or widget by its id


@pytest.mark.parametrize("which", ["current", "older"])
def test_every_output_is_under_its_own_cell(which: str, trial: Trial, kernel: Start) -> None:
    """N10: While two jobs run and a third cell prints, each output is in its own cell.

    ipykernel 6 knows one cell at a time, so there only what opens an output has its cell as parent.
    """
    service = trial.serve(pending=FOR_EVER)
    running = kernel(CURRENT if which == "current" else older())
    cells = {name: running.start(CELL.format(f"-b -o {name}", name)) for name in ("one", "two")}
    opened = {name: outputs_of(openings(running.wait(request))) for name, request in cells.items()}
    prints = running.start(PRINTS)
    running.pump_until(lambda: "tick" in text(running.messages(prints)))
    service.pending = 0
    running.wait(prints)
    for name, request in cells.items():
        running.pump_until(lambda name=name: "<video" in html(about(running, opened[name])))
        messages = [m for m in about(running, opened[name]) if which == "current" or m["msg_type"] not in BY_NAME]
        assert {message["parent_header"]["msg_id"] for message in messages} == {request}
        assert {message["msg_type"] for message in messages} >= {"display_data", "comm_open"}
    assert outputs_of(running.seen) == opened["one"] | opened["two"]
    by_name = BY_NAME if which == "older" else set()
    types = {message["msg_type"] for message in running.messages(prints)}
    assert types - by_name == {"status", "execute_input", "stream"}
    printed = "".join(message["content"]["text"] for message in running.seen if message["msg_type"] == "stream")
    assert set(printed.split("\n")) == {"tick", ""}
    assert sorted(service.submitted) == ["one", "two"]
    trial.figures.add(cases=2, submits=2, paid=2, done=2)


def openings(messages: Iterable[Message]) -> list[Message]:
    """Return the messages that open an output or a widget, and not those that only name one."""
    return [message for message in messages if message["msg_type"] not in BY_NAME]


def about(running: Kernel, outputs: set[str]) -> list[Message]:
    """Return the messages about some displays and comms."""
    return [message for message in running.seen if outputs_of([message]) & outputs]


def outputs_of(messages: Iterable[Message]) -> set[str]:
    """Return the ids of the displays and comms that messages are about."""
    ids = set()
    for content in (message["content"] for message in messages):
        ids |= {content.get("comm_id"), (content.get("transient") or {}).get("display_id")}
    return ids - {None}
