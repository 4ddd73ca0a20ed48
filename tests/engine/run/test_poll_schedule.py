"""Polls are rare early, dense near the likely end, and never too many."""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Sequence

import pytest

from vidmagic.engine.run.poll_schedule import PollSchedule, learn_schedule
from vidmagic.engine.timing import Timing

PARAMS = {"duration": 6, "resolution": "768P", "seed": 1}


def seen(schedule: PollSchedule, took: float) -> tuple[float, int]:
    """Return when a job that takes *took* seconds is seen to be ready, and after how many polls."""
    elapsed, polls = schedule.delay(0.0), 1
    while elapsed < took:
        elapsed += schedule.delay(elapsed)
        polls += 1
    return elapsed, polls


def learning(took: Sequence[float]) -> tuple[list[float], float]:
    """Return how late each job is seen and the mean of the polls, where each learns from those before it."""
    past: list[tuple[float, dict[str, object]]] = []
    late, polls = [], []
    for seconds in took:
        when, count = seen(learn_schedule(past, {}, 120.0), seconds)
        past.insert(0, (when, {}))
        late.append(when - seconds)
        polls.append(count)
    return late, statistics.fmean(polls)


def scattered(typical: float, jobs: int) -> list[float]:
    """Return generation times round *typical* seconds, with a standard deviation of a tenth."""
    rng = random.Random(1)
    return [typical * math.exp(rng.gauss(0, 0.1)) for _ in range(jobs)]


def test_dense_near_the_end() -> None:
    """A job of two minutes is polled more often towards its typical time, and less often when it is late."""
    schedule = PollSchedule(120.0)
    early, near, late = (statistics.fmean(schedule.delay(at) for _ in range(50)) for at in (50.0, 120.0, 400.0))
    assert near < early / 3
    assert near < late / 3
    assert near < 2.5


def test_what_is_done_early_is_seen_early() -> None:
    """Nobody waits much longer than twice the time that a job took, however long such jobs typically take."""
    for took in (1.5, 3.0, 6.0, 12.0, 30.0):
        assert max(seen(PollSchedule(120.0), took)[0] for _ in range(50)) <= 2.2 * took + 2.2


def test_a_third_of_the_lateness_for_the_same_requests() -> None:
    """A service of 120 s ± 10 % is seen three times as soon as by a poll every 5 s (2.5 s), for its 25 requests."""
    late, polls = learning(scattered(120.0, 600))
    assert statistics.fmean(late) < 2.5 / 3
    assert polls < 25.5


@pytest.mark.parametrize("typical", [60.0, 240.0])
def test_a_service_that_changes_its_speed_is_learnt_again(typical: float) -> None:
    """Twenty jobs after a service has become twice as fast or slow, its results are seen soon again."""
    late, _ = learning(scattered(120.0, 30) + scattered(typical, 60))
    assert statistics.fmean(late[50:]) < 1.5


def test_never_more_than_a_few_dozen_polls() -> None:
    """A job of five minutes costs its service at most seventy polls, and a late one some five a minute."""
    assert 20 < seen(PollSchedule(300.0), 300.0)[1] < 70
    assert seen(PollSchedule(120.0), 3600.0)[1] < 330


def test_a_clock_that_jumped_does_no_harm() -> None:
    """A wall clock set back or forward by a day changes the delay within its bounds only."""
    assert all(1 < PollSchedule(120.0).delay(elapsed) < 17 for elapsed in (-86_400, 86_400))


def test_a_clock_that_does_not_move_is_no_error() -> None:
    """No elapsed time, length or spread makes the delay anything but a short one."""
    for expected in (0.0, 0.01, 3.0, 120.0, 100_000.0):
        for elapsed in (0.0, 1e-9, 1e9):
            assert 0 < PollSchedule(expected, spread=0.001).delay(elapsed) < expected / 7 + 17


def test_learnt_from_jobs_alike() -> None:
    """The middle of past jobs with the same length and size counts; other ones do not."""
    past = [(30.0, PARAMS), (50.0, {**PARAMS, "seed": 2}), (40.0, PARAMS), (900.0, {**PARAMS, "duration": 10})]
    schedule = learn_schedule(past, PARAMS, 120.0)
    assert (schedule.expected, schedule.source) == (40.0, "past jobs")


def test_a_steady_past_makes_polls_denser() -> None:
    """The less past jobs differ, the shorter the delay at their typical time; one outlier changes little."""
    steady = [(time, PARAMS) for time in (118.0, 119.0, 120.0, 121.0, 122.0) * 4]
    wild = [(time, PARAMS) for time in (60.0, 90.0, 120.0, 160.0, 240.0) * 4]
    spread = learn_schedule(steady, PARAMS, 120.0).spread
    assert spread < learn_schedule(wild, PARAMS, 120.0).spread / 4
    assert learn_schedule([(1200.0, PARAMS), *steady], PARAMS, 120.0).spread < spread * 1.5


def test_documented_without_past_jobs() -> None:
    """Without a job alike the documents say how long it takes."""
    schedule = learn_schedule([(900.0, {"duration": 10})], PARAMS, 120.0)
    assert (schedule.expected, schedule.source) == (120.0, "the documents")


def test_short_jobs_are_polled_more_often() -> None:
    """The end of a sandbox job of three seconds is seen at once."""
    assert learn_schedule([], PARAMS, 3.0).delay(3.0) < 0.2


def test_retry_delays_grow_to_a_minute() -> None:
    """Delays without an answer double from two seconds to a minute, and stay there."""
    delays = [Timing().retry_delay(failures) for failures in (1, 2, 3, 4, 5, 6, 7, 10_000)]
    assert delays == pytest.approx([2, 4, 8, 16, 32, 60, 60, 60], rel=0.11)
