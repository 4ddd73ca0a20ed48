"""How soon a ready video is seen, and how many requests that costs: vidmagic's schedule beside fixed delays.

No service publishes a distribution, only typical times. The typical times are those of the providers' `seconds`. Times
are log-normal around them, with a standard deviation of the logarithm of 0.1 (a steady service) and 0.25 (an unsteady
one), and uniform between 60 and 120 s where the document gives only "1-2 min". "Best possible" is the result of a
schedule that knows the distribution: polling at a rate proportional to the root of the hazard, the mean delay times
the polls per job is (∫√(f·S) dt)²/2, where f is the density and S the survival function.
"""

from __future__ import annotations

import dataclasses
import heapq
import math
import os
import random
import statistics
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.bench.row import Row
from tests.bench.sample_video import sample_video
from tests.bench.service import Serving, Task
from vidmagic.engine.limits import RateLimiter
from vidmagic.engine.run.poll_schedule import NEWEST, PollSchedule, learn_schedule
from vidmagic.engine.timing import Timing
from vidmagic.providers.catalog import Catalog
from vidmagic.session.session import Session

JOBS = 10_000
FIXED = (5.0, 1.0, 20.0)  # seconds
SCALE = 20.0  # real jobs: a documented minute takes three seconds
REAL, WAVE, TIMES = 100, 25, (102.0, 138.0)  # jobs in all, at once; seconds as documented
SEED = 20_261_120
RATE = Timing().polls_per_second

Delay = Callable[[float], float]
Times = Callable[[random.Random, float], float]


@dataclasses.dataclass(frozen=True, slots=True)
class PollStats:
    """The result of many jobs: delays in seconds, sorted, and polls per job."""

    delays: Sequence[float]
    polls: float

    @property
    def mean(self) -> float:
        """The mean delay in seconds."""
        return statistics.fmean(self.delays)

    @property
    def p95(self) -> float:
        """The delay that 95 of 100 jobs stay below, in seconds."""
        return self.delays[int(len(self.delays) * 0.95)]


SERVICES: dict[str, Times] = {
    "steady (σ 0.1)": lambda rng, typical: typical * math.exp(rng.gauss(0, 0.1)),
    "unsteady (σ 0.25)": lambda rng, typical: typical * math.exp(rng.gauss(0, 0.25)),
    "evenly 60-120 s": lambda rng, _: rng.uniform(60, 120),
}


def measure() -> Iterator[Row]:
    """Yield the virtual runs, the hard cases, and the run of real jobs."""
    random.seed(SEED)  # for the jitter
    typical = [model.seconds({"duration": 6, "resolution": size}) for model in Catalog() for size in ("720p", "1080p")]
    typical = [seconds for seconds in typical if seconds]
    for name, times in SERVICES.items():
        yield from _compared(name, times, typical)
    yield from _changed()
    yield from _crowded()
    yield from _for_real()


def _compared(name: str, times: Times, typical: Sequence[float]) -> Iterator[Row]:
    ours = _virtual(times, typical)
    for seconds in FIXED:
        other = _virtual(times, typical, lambda _, fixed=seconds: fixed)
        peer, aimed = f"every {seconds:g} s", seconds == FIXED[0]
        yield Row("polls", f"{name}: delay, mean", ours.mean, "s", peer, other.mean, "≤ 0.25×" if aimed else "")
        yield Row("polls", f"{name}: requests a job", ours.polls, "", peer, other.polls, "≤ 1×" if aimed else "")
    yield Row("polls", f"{name}: delay, p95", ours.p95, "s", "every 5 s", _virtual(times, typical, lambda _: 5.0).p95)
    best = statistics.fmean(_area(times, seconds) ** 2 for seconds in typical) / 2 / ours.polls
    yield Row("polls", f"{name}: delay, mean", ours.mean, "s", "the best possible for as many", best)


def _virtual(times: Times, typical: Sequence[float], fixed: Delay | None = None) -> PollStats:
    """Run jobs of all models in turns on a virtual clock; each model learns from its own past."""
    rng = random.Random(SEED)
    past: list[list[tuple[float, dict[str, Any]]]] = [[] for _ in typical]
    delays, polls = [], 0
    for number in range(JOBS):
        which = number % len(typical)
        delay = fixed or learn_schedule(past[which][: 2 * NEWEST], {}, typical[which]).delay
        took = times(rng, typical[which])
        seen, count = _observe(took, delay)
        past[which].insert(0, (seen, {}))
        delays.append(seen - took)
        polls += count
    return PollStats(sorted(delays), polls / JOBS)


def _observe(took: float, delay: Delay) -> tuple[float, int]:
    """Return when a job that takes *took* seconds is seen to be ready, and after how many polls."""
    elapsed, polls = 0.0, 0
    while elapsed < took or not polls:
        elapsed += delay(elapsed)
        polls += 1
    return elapsed, polls


def _area(draw: Times, typical: float) -> float:
    """Return ∫√(f·S) dt from a sample."""
    rng = random.Random(SEED)
    times = sorted(draw(rng, typical) for _ in range(40_000))
    width = (times[-1] - times[0]) / 200
    counts = [0] * 201
    for seconds in times:
        counts[int((seconds - times[0]) / width)] += 1
    left, area = len(times), 0.0
    for count in counts:
        area += math.sqrt(count / width * (left - count / 2)) / len(times) * width
        left -= count
    return area


def _changed() -> Iterator[Row]:
    """Yield the delays of the first jobs after a service has changed its speed."""
    rng = random.Random(SEED)
    for name, factor in (("twice as slow", 2.0), ("twice as fast", 0.5)):
        past = [(120 * math.exp(rng.gauss(0, 0.1)), dict[str, Any]()) for _ in range(NEWEST)]
        delays = []
        for _ in range(2 * NEWEST):
            took = 120 * factor * math.exp(rng.gauss(0, 0.1))
            seen, _ = _observe(took, learn_schedule(past[:NEWEST], {}, 120.0).delay)
            past.insert(0, (seen, {}))
            delays.append(seen - took)
        first, later = statistics.fmean(delays[:NEWEST]), statistics.fmean(delays[NEWEST:])
        yield Row("polls", f"a 120 s service turns {name}: delay, 20 jobs after", later, "s", "the first 20", first)
    schedule = learn_schedule([], {}, 120.0)
    early = statistics.fmean(_observe(3.0, schedule.delay)[0] for _ in range(1000))
    yield Row("polls", "a model of 120 s is done after 3 s: seen after", early, "s")


def _crowded() -> Iterator[Row]:
    """Yield the polls a second of 1,000 jobs that start at once, in their first five minutes."""
    schedule, now = learn_schedule([], {}, 120.0), 0.0
    shared = RateLimiter(RATE, lambda: now)
    polls = [0] * 300
    due = [(shared.after(schedule.delay(0.0)), number) for number in range(1000)]
    heapq.heapify(due)
    while (now := due[0][0]) < 300:
        polls[int(now)] += 1
        heapq.heapreplace(due, (now + shared.after(schedule.delay(now)), due[0][1]))
    for name, rate in (("mean", statistics.fmean(polls)), ("most", float(max(polls)))):
        yield Row("polls", f"1,000 jobs together: polls a second, {name}", rate, "", "the rate set", RATE, "≤ 1×")


@dataclasses.dataclass(frozen=True)
class _Scaled(PollSchedule):
    """A schedule, or a fixed delay, on a clock that runs SCALE times as fast."""

    fixed: float | None = None

    def delay(self, elapsed: float) -> float:
        real = PollSchedule(self.expected * SCALE, self.floor * SCALE, self.source, self.spread)
        return (real.delay(elapsed * SCALE) if self.fixed is None else self.fixed) / SCALE


def _for_real() -> Iterator[Row]:
    """Yield the same from real jobs over HTTP: 100 of 102 to 138 documented seconds, in waves of 25."""
    ours, other = _run(None), _run(5.0)
    subject = f"real, {REAL} jobs, 1 min as {60 / SCALE:g} s"
    yield Row("polls", f"{subject}: delay, mean", ours.mean, "s", "every 5 s", other.mean, "≤ 0.25×")
    yield Row("polls", f"{subject}: delay, p95", ours.p95, "s", "every 5 s", other.p95)
    yield Row("polls", f"{subject}: requests a job", ours.polls, "", "every 5 s", other.polls, "≤ 1×")


def _run(fixed: float | None) -> PollStats:
    def scaled(
        past: Sequence[tuple[float, Mapping[str, object]]], params: Mapping[str, object], documented: float
    ) -> _Scaled:
        real = learn_schedule([(took * SCALE, theirs) for took, theirs in past], params, documented)
        return _Scaled(real.expected / SCALE, real.floor / SCALE, real.source, real.spread, fixed)

    timing = Timing(schedule=scaled, polls_per_second=round(RATE * SCALE))
    low, high = (seconds / SCALE for seconds in TIMES)
    with tempfile.TemporaryDirectory() as home, Serving(sample_video(), low, high) as service:
        os.environ.update(VIDMAGIC_HOME=home, VIDMAGIC_DMXAPI_URL=service.url, DMXAPI_API_KEY="bench")
        session = Session(timing=timing)
        session.settings.folder = str(Path(home, "videos"))
        for wave in range(0, REAL, WAVE):
            jobs = [session.start(f"kite {wave + number}", "hailuo") for number in range(WAVE)]
            for job in jobs:
                job.result()
        return _stats(service.tasks())


def _stats(tasks: Sequence[Task]) -> PollStats:
    delays = sorted((task.reported - task.ready) * SCALE for task in tasks)
    return PollStats(delays, statistics.fmean(task.polls for task in tasks))
