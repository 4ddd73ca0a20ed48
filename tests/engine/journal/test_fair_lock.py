"""Who asks first is served first, whoever asks how often."""

from __future__ import annotations

import threading
import time

import pytest

from tests.patience import until
from vidmagic.engine.journal.fair_lock import FairLock


def _asked(line: FairLock, name: str, order: list[str]) -> threading.Thread:
    def take() -> None:
        with line.turn(10):
            order.append(name)

    waiting = len(line._waiting)
    thread = threading.Thread(target=take)
    thread.start()
    until(lambda: len(line._waiting) > waiting)
    return thread


def test_in_the_order_of_asking() -> None:
    """Those that wait get their turn in order, and one that comes back stands at the end."""
    line, order = FairLock(), list[str]()
    with line.turn(1):
        threads = [_asked(line, name, order) for name in "abcdef"]
        order.append("first")
    for thread in threads:
        thread.join()
    assert order == ["first", *"abcdef"]


def test_one_at_a_time() -> None:
    """However many threads there are, the block is one thread's at any moment."""
    line, inside, most = FairLock(), [0], [0]

    def work() -> None:
        for _ in range(200):
            with line.turn(10):
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                time.sleep(0)
                inside[0] -= 1

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]


def test_who_gives_up_is_passed_over() -> None:
    """Who has waited too long gets an error, and those behind get their turn."""
    line, order = FairLock(), list[str]()
    with line.turn(1):
        with pytest.raises(TimeoutError), line.turn(0.05):
            order.append("never")
        behind = _asked(line, "behind", order)
    behind.join()
    with line.turn(0.05):
        order.append("later")
    assert order == ["behind", "later"]


def test_an_error_gives_it_back() -> None:
    """A block that fails holds nobody up."""
    line = FairLock()
    with pytest.raises(ZeroDivisionError), line.turn(1):
        raise ZeroDivisionError
    with line.turn(0.05):
        pass
