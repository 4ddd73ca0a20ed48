"""Thirty jobs at once over a bad line: each is bought once, and each ends as its video or as `unknown`."""

from __future__ import annotations

import dataclasses
import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

import pytest

from tests.faults.answers import Answer, Seen, half_headers, no_answer, reset_after_reading, truncated, video_answer
from tests.faults.conftest import Trial
from tests.faults.systems import SYSTEMS, Fault, Service
from tests.faults.toxics import Sleep
from tests.kernels.wire import Kernel, Message
from tests.patience import ended, until
from tests.quick import QUICK, SHORT_TIMEOUTS
from vidmagic.session.settings import Settings

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


def spoiling(service: Service, dice: random.Random) -> Callable[[Seen], Answer | None]:
    """Return what spoils a share of all answers, at every step."""

    def spoil(seen: Seen) -> Answer | None:
        if any(system.is_submit(seen) for system in SYSTEMS.values()):
            if dice.random() < SHARE:
                bad = dice.choice(BAD)
                service.faults.append(Fault("bad", lambda _: bad, paid=bad.status != 429 and dice.random() < 0.5))
            return None
        if dice.random() >= SHARE:
            return None
        if seen.path.startswith("/film"):
            return dice.choice([truncated(video_answer(service.video)(seen), 900), Answer(403), Answer(502)])
        return dice.choice(BAD)

    return spoil


@pytest.mark.parametrize("timing", [dataclasses.replace(QUICK, timeouts=SHORT_TIMEOUTS)], ids=["short timeouts"])
@pytest.mark.parametrize("number", range(5))
def test_thirty_jobs_over_a_bad_line(number: int, trial: Trial, dice: random.Random, *, long: bool) -> None:
    """A fifth of all answers is spoilt, at every step: at most one submit is paid for each job, and none is lost."""
    service = trial.serve()
    service.on_request = spoiling(service, dice)
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


def test_the_limit_of_a_service_is_respected(trial: Trial) -> None:
    """Of forty jobs thirty are in flight at apiyi, as its document says; the others go when there is room."""
    service = trial.serve()
    go = threading.Event()

    def held(pieces: Iterator[bytes], sleep: Sleep) -> Iterator[bytes]:
        while not go.is_set() and not sleep(0.02):
            pass
        yield from pieces

    service.faults = [Fault("held", lambda good: good.but(held), paid=True)] * 40
    jobs = [trial.start(f"flight {n}", SYSTEMS["sora"]) for n in range(40)]
    until(lambda: len(service.submitted) >= 30)
    time.sleep(0.3)
    assert len(service.submitted) == 30
    go.set()
    for job in jobs:
        assert ended(job, 30).state == "done"
    assert len(service.submitted) == len(service.paid) == 40


SLOWLY = """
from tests.quick import polling_every, quicken
quicken(polling_every({seconds}))
"""
ALL_ENDED = "import time\nwhile not all(globals()[f'job{{n}}'].ended for n in range({jobs})): time.sleep(0.05)"
RUNS = 5.0  # seconds
FROM_CARDS = {"comm_msg", "comm_close", "update_display_data"}
IN_ALL, JUPYTER = 300, 1000  # messages a second: from all cards, and what Jupyter's server passes on to a page
JUPYTERS_WINDOW = 3.0  # seconds over which it counts
UPDATES = 1  # a second, of one card: what a person may set; else it is what the settings say


def test_thirty_cards_leave_the_page_in_peace(trial: Trial, kernel: Callable[..., Kernel], dice: random.Random) -> None:
    """Over a bad line thirty live cards send at most 300 messages a second, and each moves no oftener than is set."""
    service = trial.serve(pending=10**9)
    service.on_request = spoiling(service, dice)
    running = kernel()
    running.run(SLOWLY.format(seconds=RUNS))
    limits = {start_one(running, number): Settings().updates for number in range(JOBS // 2)}
    running.run(f"%config VideoMagics.updates = {UPDATES}")
    limits |= {start_one(running, number): UPDATES for number in range(JOBS // 2, JOBS)}
    for request in limits:
        running.wait(request, timeout=60)
    started = len(running.seen)
    running.pump(RUNS)
    service.on_request, service.pending = lambda _: None, 0
    running.run(ALL_ENDED.format(jobs=JOBS), timeout=60)
    running.pump(0.5)
    from_cards = [message for message in running.seen if message["msg_type"] in FROM_CARDS]
    assert len({message["parent_header"]["msg_id"] for message in from_cards}) == JOBS
    in_all = max(most(from_cards), most(running.seen[started:]))
    assert JOBS < in_all <= IN_ALL
    assert most(running.seen, JUPYTERS_WINDOW) <= JUPYTER * JUPYTERS_WINDOW
    updates = {request: updates_of(request, from_cards) for request in limits}
    assert {card: count for card, count in updates.items() if count > limits[card] + 1} == {}  # one more: the last
    assert all(service.paid.count(f"rate {number}") <= 1 for number in range(JOBS))
    trial.figures.add(
        cases=JOBS, submits=len(service.submitted), paid=len(service.paid), bought_twice=0,
        messages_a_second_at_most=in_all, when_thirty_cells_start=most(running.seen[:started]),
        updates_of_a_card_in_a_second_at_most=max(updates.values()),
    )  # fmt: skip


def start_one(running: Kernel, number: int) -> str:
    """Start one of thirty jobs in a cell of its own, and return its request."""
    followed = [system for system in SYSTEMS.values() if system.poll_wire]
    system = followed[number % len(followed)]
    images = "".join(f" --{name.replace('_', '-')} {url}" for name, url in system.given.items())
    return running.start(f"%%video {system.model} -b -o job{number}{images}\nrate {number}")


def most(messages: Iterable[Message], seconds: float = 1.0) -> int:
    """Return how many messages were sent in the fullest second, or so many."""
    times = [message["header"]["date"].timestamp() for message in messages]
    return max((sum(begin <= time < begin + seconds for time in times) for begin in times), default=0)


def updates_of(request: str, messages: Iterable[Message]) -> int:
    """Return how often the one card of a cell moved in its fullest second: no widget of it is drawn more often."""
    drawn: dict[str, list[Message]] = defaultdict(list)
    for message in messages:
        if message["parent_header"]["msg_id"] == request and message["msg_type"] == "comm_msg":
            drawn[message["content"]["comm_id"]].append(message)
    return max((most(updates) for updates in drawn.values()), default=0)
