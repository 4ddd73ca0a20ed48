"""`--take N`: the N-th take of this very request, bought once however often its cell runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.journal.journals import opened, record
from tests.patience import ended, until
from vidmagic.engine.job import Job
from vidmagic.engine.journal.record import satisfies_request
from vidmagic.engine.journal.request_takes import by_number
from vidmagic.errors import InvalidRequest
from vidmagic.sandbox import Sandbox
from vidmagic.session.run_options import RunOptions
from vidmagic.session.session import Session
from vidmagic.session.sweep.plan import check_sweep, plan_sweep, start_sweep

KITE = "A red kite over the sea"


def submits(sandbox: Sandbox) -> int:
    """Count what the service accepted."""
    return sum(bool(call.accepted) for call in sandbox.ledger)


def take(session: Session, number: int | None, prompt: str = KITE) -> Job:
    """Ask for a take and wait for its end."""
    return ended(session.start(prompt, "hailuo", RunOptions(take=number)))


def test_a_take_is_bought_once(session: Session, sandbox: Sandbox) -> None:
    """However often the cell runs, and in whatever order: as many videos are bought as takes were asked for."""
    first, second, third = (take(session, number) for number in (None, 2, 3))
    for _ in range(2):
        assert [take(session, number).id for number in (3, 1, 2)] == [third.id, first.id, second.id]
    assert len({first.id, second.id, third.id}) == submits(sandbox) == 3
    assert take(session, 2).reused
    assert "take 2 of this request" in take(session, 2).notes
    assert take(session, None).id == third.id  # without a number: the newest, as ever


def test_takes_that_run_count(session: Session, sandbox: Sandbox) -> None:
    """Run All starts three takes of a request side by side, without waiting for one."""
    sandbox.seconds = 30
    jobs = [session.start(KITE, "hailuo", RunOptions(take=number)) for number in (None, 2, 3, 2)]
    assert [job.id for job in jobs[3:]] == [jobs[1].id]
    until(lambda: submits(sandbox) == 3)
    sandbox.finish_tasks()
    assert {ended(job).state for job in jobs} == {"done"}


def test_what_again_bought_is_a_take(session: Session, sandbox: Sandbox) -> None:
    """A video of --again has the next number, so that --take N then shows it, free of charge."""
    first = take(session, None)
    again = ended(session.start(KITE, "hailuo", RunOptions(again=True)))
    assert [take(session, 2).id, take(session, 1).id] == [again.id, first.id]
    assert submits(sandbox) == 2


@pytest.mark.parametrize(
    ("made", "asked", "message"),
    [
        (0, 2, "--take 2 of this request needs take 1 first: it was never made"),
        (1, 4, "--take 4 of this request needs takes 2 and 3 first: it has 1 so far"),
        (2, 40, "needs takes 3 to 39 first: it has 2 so far"),
    ],
)
def test_a_take_that_is_too_far_is_refused(
    session: Session, sandbox: Sandbox, made: int, asked: int, message: str
) -> None:
    """A slip of the hand buys nothing; a dry run says the same."""
    for number in range(1, made + 1):
        take(session, number)
    for ask in (session.plan, session.start):
        with pytest.raises(InvalidRequest, match=message):
            ask(KITE, "hailuo", RunOptions(take=asked))
    assert submits(sandbox) == made


@pytest.mark.parametrize("number", [0, -1, 1.5, "two", "", True])
def test_only_whole_numbers_count(number: object) -> None:
    """A take has a number from 1, also as text; with --again it would be two wishes at once."""
    assert RunOptions(take="2").take == 2  # type: ignore[arg-type]
    with pytest.raises(InvalidRequest, match="take must be a whole number from 1"):
        RunOptions(take=number)  # type: ignore[arg-type]
    with pytest.raises(InvalidRequest, match="exclude each other"):
        RunOptions(take=2, again=True)


def test_a_failed_take_is_made_anew_and_moves_no_other(session: Session, sandbox: Sandbox) -> None:
    """When take 2 has failed, asking for it sends it again; take 3 stays the video that it was."""
    sandbox.seconds = 30
    first, second, third = (session.start(KITE, "hailuo", RunOptions(take=number)) for number in (1, 2, 3))
    until(lambda: submits(sandbox) == 3)
    sandbox.finish_tasks()
    assert {ended(job).state for job in (first, second, third)} == {"done"}
    session.store.write(lambda db: db.execute("UPDATE job SET state='failed', path='' WHERE id = ?", (second.id,)))
    assert [take(session, number).id for number in (1, 3)] == [first.id, third.id]
    sandbox.seconds = 0.2
    anew = take(session, 2)
    assert anew.id not in {first.id, second.id, third.id}
    assert [take(session, number).id for number in (1, 2, 3)] == [first.id, anew.id, third.id]
    assert submits(sandbox) == 4


def test_an_unknown_outcome_counts(session: Session, sandbox: Sandbox) -> None:
    """A take that may have been charged is one: it is not sent again, and the next one says that it counts."""
    unknown = ended(session.start(f"[[sandbox: drop]] {KITE}", "hailuo"))
    assert unknown.state == "unknown"
    assert take(session, 1, unknown.prompt).id == unknown.id
    plan = session.plan(unknown.prompt, "hailuo", RunOptions(take=2))
    assert plan.notes[-2:] == (
        "take 2 of this request",
        f"job {unknown.id} counts as a take: nobody knows whether it was made, and it may be charged",
    )
    assert session.plan(KITE, "hailuo", RunOptions(take=1)).notes == ("take 1 of this request",)


def test_take_n_of_a_sweep(session: Session, sandbox: Sandbox) -> None:
    """--take 2 on a sweep is take 2 of every combination, counted and priced before, and bought once."""
    kites = "A {{red|blue}} kite"
    options = RunOptions(take=2)
    ended(session.start("A red kite", "hailuo"))
    with pytest.raises(InvalidRequest, match="blue: --take 2 of this request needs take 1 first"):
        plan_sweep(session, kites, "hailuo", options)
    ended(session.start("A blue kite", "hailuo"))
    for new in (2, 0):
        plan = plan_sweep(session, kites, "hailuo", options)
        assert len(plan.new) == new
        check_sweep(session, plan, options)
        jobs = start_sweep(session, plan, options)
        jobs.result(20)
    assert submits(sandbox) == 4


def test_takes_without_a_key(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any key takes are counted in the sandbox; a real take that is there is shown all the same."""
    real = take(session, 1, "A real kite")
    for service in session.access.services():
        monkeypatch.delenv(service.key_env)
    first, second = take(session, None), take(session, 2)
    assert first.record.in_sandbox
    assert second.record.in_sandbox
    assert take(session, 2).id == second.id
    assert take(session, 1, "A real kite").id == real.id


def test_takes_of_older_journals_have_their_order() -> None:
    """Jobs that were stored without a number count by their age, and new ones go on from there."""
    rows = [record(n=number, request_take=take) for number, take in enumerate((0, 0, 3, 3, 0), 1)]
    assert {number: row.n for number, row in sorted(by_number(rows).items())} == {1: 1, 2: 2, 3: 3, 4: 4, 5: 5}


def test_two_kernels_ask_at_once(home: Path) -> None:
    """The journal's transaction decides: of two kernels that ask for take 2, one stores it and both have it."""
    one, two = (opened(home) for _ in range(2))
    one.begin(record(), again=False, satisfies=satisfies_request)
    (first, is_new), (second, also_new) = (
        store.begin(record(), again=False, take=2, satisfies=satisfies_request) for store in (one, two)
    )
    assert (is_new, also_new, first.id) == (True, False, second.id)
