"""`charged` and `state` move towards the truth alone, whoever writes them."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any, get_args

import pytest

from tests.engine.journal.journals import record, stored
from tests.rows import rewrite
from vidmagic.engine.journal.outcome import advance
from vidmagic.engine.journal.record import Record
from vidmagic.engine.journal.store import Store
from vidmagic.engine.states import LIVE, STATES
from vidmagic.errors import Charged

VERDICTS = {"failed", "rejected"}
ACCEPTED = {"task_id": "t", "ticket": {"task_id": "t"}, "charged": "yes", "state": "running"}
CLAIMS = get_args(Charged)


@pytest.mark.parametrize(("state", "claimed"), list(itertools.product(STATES, CLAIMS)))
def test_only_a_verdict_takes_a_charge_back(state: str, claimed: Charged) -> None:
    """A job that the service has given an id costs money, unless the service itself says that it failed it."""
    after = advance(record(**ACCEPTED), {"state": state, "charged": claimed})
    assert after.charged == (claimed if state in VERDICTS else "yes")


@pytest.mark.parametrize("proof", [{"links": {"urls": ["https://x/v.mp4"]}}, {"path": "/v.mp4", "state": "done"}])
@pytest.mark.parametrize(("state", "claimed"), list(itertools.product(STATES, CLAIMS)))
def test_a_link_and_a_video_are_proof(proof: dict[str, Any], state: str, claimed: Charged) -> None:
    """Not even a verdict that comes later takes back what a link or a video proves."""
    assert advance(record(**{**ACCEPTED, **proof}), {"state": state, "charged": claimed}).charged == "yes"


@pytest.mark.parametrize("gained", [{"task_id": "t"}, {"ticket": {"task_id": "t"}}, {"links": {"urls": ["u"]}}])
def test_the_proof_itself_moves_it(gained: dict[str, Any]) -> None:
    """An id or a link makes it "yes", whatever the writer says."""
    before = record(state="sending", charged="unknown")
    assert advance(before, {"state": "paused", "charged": "no", **gained}).charged == "yes"


@pytest.mark.parametrize(("state", "claimed"), list(itertools.product(STATES, CLAIMS)))
def test_a_sandbox_job_is_never_charged(state: str, claimed: Charged) -> None:
    """A job in the sandbox costs nothing in every state."""
    assert advance(record(in_sandbox=True, **{**ACCEPTED, "charged": "no"}), {"state": state, "charged": claimed}
                   ).charged == "no"  # fmt: skip


def test_what_was_not_sent_costs_nothing() -> None:
    """A submit that is tried again, because no byte left or the service said later, is not charged."""
    assert advance(record(state="sending", charged="unknown"), {"state": "new"}).charged == "no"


def test_a_refund_stays() -> None:
    """A job that the service failed and did not charge is not charged by being asked about again."""
    refunded = advance(record(**ACCEPTED), {"state": "failed", "charged": "no"})
    again = advance(dataclasses.replace(refunded, state="running"), {"state": "paused"})
    assert (refunded.charged, again.charged) == ("no", "no")


@pytest.mark.parametrize("state", sorted(STATES))
def test_a_finished_job_stays_finished(journal: Store, state: str) -> None:
    """No change, no claim and no spilled row takes a video back."""
    row = stored(journal)
    journal.update(row.id, state="done", path="/v.mp4", task_id="t", ticket={"task_id": "t"})
    journal.update(row.id, state=state, charged="no", error={"type": "Failed", "message": "gone"})
    assert (journal.get(row.id).state, journal.get(row.id).charged) == ("done", "yes")
    assert journal.claim(row.id, "running")
    assert journal.get(row.id).state == "done"
    journal.spill(dataclasses.replace(journal.get(row.id), state=state, charged="unknown", updated=2e10))
    again = Store(journal.path.parent, journal.owner)
    assert (again.get(row.id).state, again.get(row.id).charged) == ("done", "yes")


def test_the_journal_itself_takes_no_charge_back(journal: Store) -> None:
    """A writer that forgets the rule is corrected by the journal, in its transaction."""
    row = stored(journal)
    journal.update(row.id, state="accepted", task_id="t", charged="yes")
    for state in ("cancelled", "paused", "unknown", "running"):
        journal.update(row.id, state=state, charged="no")
        assert (journal.get(row.id).state, journal.get(row.id).charged) == (state, "yes")


@pytest.mark.parametrize("state", ["done", "failed", "paused", "cancelled"])
def test_an_old_row_is_corrected(journal: Store, state: str) -> None:
    """A video that an earlier version stored as not finished, or not charged, is read as it is."""
    row, sandbox = stored(journal), stored(journal, in_sandbox=True)
    for old in (row, sandbox):
        rewrite(journal, old.id, state=state, charged="unknown", path="/v.mp4")
    assert (journal.get(row.id).state, journal.get(row.id).charged) == ("done", "yes")
    assert (journal.get(sandbox.id).state, journal.get(sandbox.id).charged) == ("done", "no")
    assert state not in LIVE


def test_every_pair_of_states(journal: Store) -> None:
    """From any row to any claim, what a job may have cost is what its state allows, and never less than before."""
    order = {"no": 0, "unknown": 1, "yes": 2}
    rows: list[Record] = [record(state=state, charged=charged) for state, row in STATES.items()
                          for charged in row.charged]  # fmt: skip
    for before, state, claimed in itertools.product(rows, STATES, CLAIMS):
        after = advance(before, {"state": state, "charged": claimed})
        back = order[after.charged] < order[before.charged]
        assert not back or (state in VERDICTS | {"new"} and before.state != "done"), (before, after)
