"""■ at any point of a call: the journal stays usable at once, and holds each change wholly or not at all."""

from __future__ import annotations

import random
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from tests.engine.journal.journals import opened, record, stored
from tests.faults.figures import Figures
from vidmagic.engine.journal import takes
from vidmagic.engine.journal.record import satisfies_request
from vidmagic.engine.journal.search import search
from vidmagic.engine.journal.store import Store

# Python swallows an interrupt that comes in a callback of a weak reference, and reports it as unraisable.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
THREADS = 12
SOON = 8.0  # seconds; a journal that waits for an abandoned turn takes 10


def calls(store: Store, job_id: str) -> list[Callable[[], object]]:
    """Return the calls of the journal that a cell makes."""
    return [
        lambda: store.begin(record(fingerprint="g"), again=False, satisfies=satisfies_request),
        lambda: store.update(job_id, width=1),
        lambda: store.add_transcript(job_id, "x"),
        lambda: store.claim(job_id, "running"),
        lambda: store.get(job_id),
        lambda: store.find(limit=3),
        lambda: takes.add(store, "/", "kite", [job_id]),
        lambda: search(store, ["kite"], 3),
    ]


def test_interrupts_while_threads_write(home: Path, dice: random.Random, figures: Figures, *, long: bool) -> None:
    """After interrupts at random moments, while threads of the engine write too, every write gets its turn."""
    store = opened(home)
    job = stored(store)
    over, longest = threading.Event(), [0.0]

    def write() -> None:
        while not over.wait(0.002):
            begun = time.monotonic()
            store.update(job.id, height=1)
            longest[0] = max(longest[0], time.monotonic() - begun)

    threads = [threading.Thread(target=write) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    times = 2000 if long else 100
    raised = [_interrupted(dice.choice(calls(store, job.id)), dice.uniform(0.0002, 0.06)) for _ in range(times)]
    over.set()
    for thread in threads:
        thread.join()
    begun = time.monotonic()
    store.update(job.id, width=7)
    assert time.monotonic() - begun < SOON
    assert store.get(job.id).width == 7
    assert not store.database._write_lock._waiting
    assert any(raised)
    figures.add(cases=times, interrupted=sum(error is not None for error in raised))


def test_an_interrupt_at_every_step(home: Path, dice: random.Random, figures: Figures, *, long: bool) -> None:
    """Wherever in our code or the library's it comes, and though its traceback lives on, other threads can write."""
    store = opened(home)
    job = stored(store)
    tracebacks: list[BaseException | None] = []  # as IPython holds the last traceback, and with it all its frames
    for call in calls(store, job.id):
        steps = _steps(call)
        points = range(1, steps + 1) if long else sorted(dice.sample(range(1, steps + 1), min(12, steps)))
        for point in points:
            tracebacks.append(_interrupted_at(call, point))
            thread = threading.Thread(target=store.update, args=(job.id,), kwargs={"height": len(tracebacks)})
            thread.start()
            thread.join(SOON)
            assert store.get(job.id).height == len(tracebacks), f"{call} at step {point} of {steps}"
    figures.add(cases=len(tracebacks), interrupted=sum(error is not None for error in tracebacks))


def _interrupted(call: Callable[[], object], after: float) -> BaseException | None:
    """Make a call and interrupt it *after* so many seconds; return the interrupt if it came in time."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, after)
        call()
        signal.setitimer(signal.ITIMER_REAL, 0)
    except KeyboardInterrupt as error:
        return error
    finally:
        signal.signal(signal.SIGALRM, before if before is not None else signal.SIG_DFL)
    return None


def _steps(call: Callable[[], object]) -> int:
    """Return how many steps of the interpreter a call takes in this thread."""
    counter = _Counter(0)
    _traced(call, counter)
    return counter.count


def _interrupted_at(call: Callable[[], object], point: int) -> BaseException | None:
    try:
        _traced(call, _Counter(point))
    except KeyboardInterrupt as error:
        return error
    return None


class _Counter:
    """Counts the steps of a thread, and interrupts it at the one with the number *point*."""

    def __init__(self, point: int) -> None:
        self.count = 0
        self._point = point

    def __call__(self, frame: FrameType, event: str, _: object) -> _Counter:
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        if event == "opcode":
            self.count += 1
            if self.count == self._point:
                raise KeyboardInterrupt
        return self


def _traced(call: Callable[[], Any], counter: _Counter) -> None:
    before = sys.gettrace()
    sys.settrace(counter)
    try:
        call()
    finally:
        sys.settrace(before)
