"""Looks are rare early, dense near the expected end, and never too many."""

from __future__ import annotations

import pytest

from vidmagic.jobs.pacing import Pace, back_off, learn

PARAMS = {"duration": 6, "resolution": "768P", "seed": 1}


@pytest.mark.parametrize(("elapsed", "rest"), [(0, 15), (60, 12), (100, 4), (120, 1.5), (130, 2), (10_000, 15)])
def test_dense_near_the_end(elapsed: float, rest: float) -> None:
    """Of a job of two minutes the looks come closer together, down to 1.5 s, and drift apart when it is late."""
    assert Pace(120.0).rest(elapsed) == pytest.approx(rest, rel=0.11)


def test_never_more_than_a_few_dozen_looks() -> None:
    """A job of five minutes costs its service at most sixty looks."""
    pace, elapsed, looks = Pace(300.0), 0.0, 0
    while elapsed < 300:
        elapsed += pace.rest(elapsed)
        looks += 1
    assert 20 < looks < 60
    assert elapsed < 305


def test_a_clock_that_jumped_does_no_harm() -> None:
    """A wall clock set back or forward by a day changes the rest within its bounds only."""
    assert all(1 < Pace(120.0).rest(elapsed) < 17 for elapsed in (-86_400, 86_400))


def test_learnt_from_jobs_alike() -> None:
    """The middle of past jobs with the same length and size counts; other ones do not."""
    past = [(30.0, PARAMS), (50.0, {**PARAMS, "seed": 2}), (40.0, PARAMS), (900.0, {**PARAMS, "duration": 10})]
    pace = learn(past, PARAMS, 120.0)
    assert (pace.expected, pace.source) == (40.0, "past jobs")


def test_documented_without_past_jobs() -> None:
    """Without a job alike the documents say how long it takes."""
    pace = learn([(900.0, {"duration": 10})], PARAMS, 120.0)
    assert (pace.expected, pace.source) == (120.0, "the documents")


def test_short_jobs_are_looked_at_more_often() -> None:
    """A rehearsal of three seconds is seen to end at once."""
    assert learn([], PARAMS, 3.0).rest(3.0) < 0.2


def test_back_off_grows_to_a_minute() -> None:
    """Rests without an answer double from two seconds to a minute, and stay there for ever."""
    found = [back_off(failures) for failures in (1, 2, 3, 4, 5, 6, 7, 10_000)]
    assert found == pytest.approx([2, 4, 8, 16, 32, 60, 60, 60], rel=0.11)
