"""Thirty jobs at once over a bad line: each is bought once, and each ends as its film or as an honest doubt."""

from __future__ import annotations

import random
import time

import pytest

from tests.faults.answers import Answer, Seen, film, half_headers, no_answer, reset_after_reading, truncated
from tests.faults.conftest import Trial
from tests.faults.systems import SYSTEMS, Fault
from tests.faults.toxics import latency
from tests.patience import ended, until

JOBS = 30
BAD = [
    Answer(500),
    Answer(503, b"<html>"),
    Answer(429),
    no_answer(),
    reset_after_reading(),
    half_headers(),
    Answer(body=b"{"),
]
SHARE = 0.2


@pytest.mark.usefixtures("short_limits")
@pytest.mark.parametrize("number", range(5))
def test_thirty_jobs_over_a_bad_line(number: int, trial: Trial, dice: random.Random, *, long: bool) -> None:
    """A fifth of all answers is spoilt, at every step: at most one submit is paid for each job, and none is lost."""
    service = trial.serve()

    def spoil(seen: Seen) -> Answer | None:
        if any(system.is_submit(seen) for system in SYSTEMS.values()):
            if dice.random() < SHARE:
                bad = dice.choice(BAD)
                service.faults.append(Fault("bad", lambda _: bad, paid=bad.status != 429 and dice.random() < 0.5))
            return None
        if dice.random() >= SHARE:
            return None
        if seen.path.startswith("/film"):
            return dice.choice([truncated(film(service.film)(seen), 900), Answer(403), Answer(502)])
        return dice.choice(BAD)

    service.on_request = spoil
    jobs = [
        trial.start(f"job {number} {n}", list(SYSTEMS.values())[n % len(SYSTEMS)])
        for n in range(JOBS if long else JOBS // 3)
    ]
    for job in jobs:
        ended(job, 60)
        paid = service.paid.count(job.prompt)
        assert paid <= 1
        assert not paid or job.state in {"done", "unknown", "paused"}, (job, job.error)
        assert job.state != "paused" or job.record.links is not None or job.record.ticket is not None
        trial.figures.add(
            cases=1, submits=service.submitted.count(job.prompt), paid=paid, done=job.state == "done",
            unknown_paid=job.state == "unknown" and paid, unknown_not_paid=job.state == "unknown" and not paid,
            bought_twice=paid > 1, paused=job.state == "paused", rejected=job.state == "rejected",
        )  # fmt: skip


def test_the_limit_of_a_service_is_kept(trial: Trial) -> None:
    """Of forty jobs thirty are in flight at apiyi, as its document says; the others go when there is room."""
    service = trial.serve()
    service.faults = [Fault("slow", lambda good: good.but(latency(1.2)), paid=True)] * 40
    jobs = [trial.start(f"flight {n}", SYSTEMS["sora"]) for n in range(40)]
    until(lambda: len(service.submitted) >= 30)
    time.sleep(0.3)
    assert len(service.submitted) == 30
    for job in jobs:
        assert ended(job, 30).state == "done"
    assert len(service.submitted) == len(service.paid) == 40
