"""The engine runs each job when it is due, under its own context, on as few threads as it needs."""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from tests.patience import until
from vidmagic.engine.scheduler import Scheduler, Slots

who: contextvars.ContextVar[str] = contextvars.ContextVar("who", default="nobody")


@pytest.fixture
def engine() -> Iterator[Callable[..., Scheduler]]:
    """Make engines whose threads end soon after their last work."""
    made: list[Scheduler] = []

    def make(threads: int = 8) -> Scheduler:
        made.append(Scheduler(f"test-{len(made)}-{id(made)}", threads, idle=0.05))
        return made[-1]

    yield make
    for one in made:
        until(lambda one=one: not _threads(one))


def _threads(engine: Scheduler) -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == f"vidmagic-{engine.name}"]


def steps_with(log: list[float], *seconds: float) -> Iterator[float]:
    """Note the time, wait, and so on."""
    for delay in seconds:
        log.append(time.monotonic())
        yield delay
    log.append(time.monotonic())


def test_a_delay_is_waited_for(engine: Callable[..., Scheduler]) -> None:
    """The next step comes after the delay that the last one asked for, and not much later."""
    log: list[float] = []
    engine().add(steps_with(log, 0.1, 0.0))
    until(lambda: len(log) == 3)
    assert 0.1 <= log[1] - log[0] < 0.3
    assert log[2] - log[1] < 0.1


def test_the_shorter_delay_is_over_first(engine: Callable[..., Scheduler]) -> None:
    """A task that is due sooner does not wait for one that was added before."""
    one, log, late = engine(1), [], []
    one.add(steps_with(late, 5.0))
    one.add(steps_with(log, 0.05))
    until(lambda: len(log) == 2, 1)
    assert len(late) == 1
    one.wake(one._heap[0][2])


def test_a_step_that_blocks_starves_nobody(engine: Callable[..., Scheduler]) -> None:
    """While steps hold their threads, as open streams do, other tasks go on at their pace."""
    go, log = threading.Event(), []

    def blocks() -> Iterator[float]:
        go.wait(10)
        yield 0.0

    busy = engine(8)
    for _ in range(5):
        busy.add(blocks())
    busy.add(steps_with(log, 0.01, 0.01, 0.01))
    until(lambda: len(log) == 4, 2)
    go.set()


def test_no_more_threads_than_the_limit(engine: Callable[..., Scheduler]) -> None:
    """A thousand tasks run on the threads that are allowed, and all of them end."""
    small, log, most = engine(3), [], []

    def counted() -> Iterator[float]:
        most.append(len(_threads(small)))
        yield 0.001
        log.append(1)

    for _ in range(1000):
        small.add(counted())
    until(lambda: len(log) == 1000)
    assert max(most) <= 3


def test_waiting_tasks_hold_no_thread(engine: Callable[..., Scheduler]) -> None:
    """Many tasks that wait cost one thread between them."""
    calm, log = engine(20), []
    tasks = [calm.add(steps_with(log, 30.0)) for _ in range(50)]
    until(lambda: len(log) == 50)
    until(lambda: len(_threads(calm)) == 1)
    for task in tasks:
        calm.wake(task)
    until(lambda: len(log) == 100)


def test_wake_while_it_waits(engine: Callable[..., Scheduler]) -> None:
    """A task that waits for long is pulled at once when it is woken, and only once."""
    one, log = engine(), []
    task = one.add(steps_with(log, 30.0, 0.2))
    until(lambda: len(log) == 1)
    one.wake(task)
    one.wake(task)
    until(lambda: len(log) == 2, 1)
    time.sleep(0.05)
    assert len(log) == 2
    until(lambda: len(log) == 3)


def test_wake_during_a_step(engine: Callable[..., Scheduler]) -> None:
    """A wake that comes while the step runs makes the next step follow at once."""
    one, log, inside, go = engine(), [], threading.Event(), threading.Event()

    def steps() -> Iterator[float]:
        inside.set()
        go.wait(5)
        yield 30.0
        log.append(1)

    task = one.add(steps())
    inside.wait(5)
    one.wake(task)
    go.set()
    until(lambda: log, 1)


def test_wake_after_the_end(engine: Callable[..., Scheduler]) -> None:
    """Waking what has ended does nothing."""
    one, log = engine(), []
    task = one.add(steps_with(log))
    until(lambda: task.ended)
    one.wake(task)
    assert not one._heap


def test_the_context_of_the_caller(engine: Callable[..., Scheduler]) -> None:
    """Every step sees the context that its task was added under, and its changes stay its own."""
    one, seen = engine(), []

    def steps() -> Iterator[float]:
        seen.append(who.get())
        who.set("changed")
        yield 0.0
        seen.append(who.get())

    token = who.set("the caller")
    one.add(steps())
    who.reset(token)
    until(lambda: len(seen) == 2)
    assert seen == ["the caller", "changed"]
    assert who.get() == "nobody"


def test_threads_end(engine: Callable[..., Scheduler]) -> None:
    """An engine without work holds no thread, and starts one again when there is work."""
    one = engine()
    for _ in range(2):
        log: list[float] = []
        one.add(steps_with(log, 0.01))
        until(lambda log=log: len(log) == 2)
        until(lambda: not _threads(one), 2)
        assert (one._threads, one._waiting) == (0, 0)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_step_that_raises_takes_nobody_along(engine: Callable[..., Scheduler]) -> None:
    """A fault in one task is reported as any thread's, and the tasks after it still run, also on one thread."""
    one, log = engine(1), []

    def faulty() -> Iterator[float]:
        yield 0.05
        raise ZeroDivisionError

    task = one.add(faulty())
    one.add(steps_with(log, 0.1, 0.1))
    until(lambda: len(log) == 3, 2)
    assert task.ended


def test_slots() -> None:
    """There are as many slots as the service allows; without a limit there is always one."""
    two = Slots(2)
    assert [two.take(), two.take(), two.take()] == [True, True, False]
    two.release()
    assert two.take()
    free = Slots(None)
    assert all(free.take() for _ in range(100))
    free.release()
