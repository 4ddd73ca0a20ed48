"""Looks are rare early, dense near the likely end, and never too many."""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Sequence

import pytest

from vidmagic.engine.run.poll_schedule import PollSchedule, back_off, learn

PARAMS = {"duration": 6, "resolution": "768P", "seed": 1}


def seen(schedule: PollSchedule, took: float) -> tuple[float, int]:
    """Return when a job that takes *took* seconds is seen to be ready, and after how many looks."""
    elapsed, looks = schedule.rest(0.0), 1
    while elapsed < took:
        elapsed += schedule.rest(elapsed)
        looks += 1
    return elapsed, looks


def learning(took: Sequence[float]) -> tuple[list[float], float]:
    """Return the delay of each job and the mean of the looks, where each learns from those before it."""
    past: list[tuple[float, dict[str, object]]] = []
    delays, looks = [], []
    for seconds in took:
        when, count = seen(learn(past, {}, 120.0), seconds)
        past.insert(0, (when, {}))
        delays.append(when - seconds)
        looks.append(count)
    return delays, statistics.fmean(looks)


def scattered(usual: float, jobs: int) -> list[float]:
    """Return generation times round *usual* seconds, with a standard deviation of a tenth."""
    rng = random.Random(1)
    return [usual * math.exp(rng.gauss(0, 0.1)) for _ in range(jobs)]


def test_dense_near_the_end() -> None:
    """Of a job of two minutes the looks come closer together towards its usual time and drift apart when it is late."""
    schedule = PollSchedule(120.0)
    early, near, late = (statistics.fmean(schedule.rest(at) for _ in range(50)) for at in (50.0, 120.0, 400.0))
    assert near < early / 3
    assert near < late / 3
    assert near < 2.5


def test_what_is_done_early_is_seen_early() -> None:
    """Nobody waits much longer than twice the time that a job took, however long such jobs usually take."""
    for took in (1.5, 3.0, 6.0, 12.0, 30.0):
        assert max(seen(PollSchedule(120.0), took)[0] for _ in range(50)) <= 2.2 * took + 2.2


def test_a_third_of_the_delay_for_the_same_requests() -> None:
    """With a service of 120 s ± 10 % the delay is a third of a 5 s poller's 2.5 s, at no more than its 25 requests."""
    delays, looks = learning(scattered(120.0, 600))
    assert statistics.fmean(delays) < 2.5 / 3
    assert looks < 25.5


@pytest.mark.parametrize("usual", [60.0, 240.0])
def test_a_service_that_changes_its_speed_is_learnt_again(usual: float) -> None:
    """Twenty jobs after a service has become twice as fast or slow, its results are seen soon again."""
    delays, _ = learning(scattered(120.0, 30) + scattered(usual, 60))
    assert statistics.fmean(delays[50:]) < 1.5


def test_never_more_than_a_few_dozen_looks() -> None:
    """A job of five minutes costs its service at most seventy looks, and a late one some five a minute."""
    assert 20 < seen(PollSchedule(300.0), 300.0)[1] < 70
    assert seen(PollSchedule(120.0), 3600.0)[1] < 330


def test_a_clock_that_jumped_does_no_harm() -> None:
    """A wall clock set back or forward by a day changes the rest within its bounds only."""
    assert all(1 < PollSchedule(120.0).rest(elapsed) < 17 for elapsed in (-86_400, 86_400))


def test_a_clock_that_stands_still_is_no_error() -> None:
    """No elapsed time, length or spread makes the rest anything but a short one."""
    for expected in (0.0, 0.01, 3.0, 120.0, 100_000.0):
        for elapsed in (0.0, 1e-9, 1e9):
            assert 0 < PollSchedule(expected, spread=0.001).rest(elapsed) < expected / 7 + 17


def test_learnt_from_jobs_alike() -> None:
    """The middle of past jobs with the same length and size counts; other ones do not."""
    past = [(30.0, PARAMS), (50.0, {**PARAMS, "seed": 2}), (40.0, PARAMS), (900.0, {**PARAMS, "duration": 10})]
    schedule = learn(past, PARAMS, 120.0)
    assert (schedule.expected, schedule.source) == (40.0, "past jobs")


def test_a_steady_past_makes_looks_denser() -> None:
    """The less past jobs differ, the shorter the rest at their usual time; one outlier changes little."""
    steady = [(time, PARAMS) for time in (118.0, 119.0, 120.0, 121.0, 122.0) * 4]
    wild = [(time, PARAMS) for time in (60.0, 90.0, 120.0, 160.0, 240.0) * 4]
    assert learn(steady, PARAMS, 120.0).spread < learn(wild, PARAMS, 120.0).spread / 4
    assert learn([(1200.0, PARAMS), *steady], PARAMS, 120.0).spread < learn(steady, PARAMS, 120.0).spread * 1.5


def test_documented_without_past_jobs() -> None:
    """Without a job alike the documents say how long it takes."""
    schedule = learn([(900.0, {"duration": 10})], PARAMS, 120.0)
    assert (schedule.expected, schedule.source) == (120.0, "the documents")


def test_short_jobs_are_looked_at_more_often() -> None:
    """A rehearsal of three seconds is seen to end at once."""
    assert learn([], PARAMS, 3.0).rest(3.0) < 0.2


def test_back_off_grows_to_a_minute() -> None:
    """Rests without an answer double from two seconds to a minute, and stay there for ever."""
    found = [back_off(failures) for failures in (1, 2, 3, 4, 5, 6, 7, 10_000)]
    assert found == pytest.approx([2, 4, 8, 16, 32, 60, 60, 60], rel=0.11)
