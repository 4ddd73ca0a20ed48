"""What a service billed is shown, added up, and nothing else is."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.patience import ended
from vidmagic.engine.job import Job
from vidmagic.engine.journal.figures import spent
from vidmagic.media.player import html
from vidmagic.notebook.card.job_content import job_end, status
from vidmagic.notebook.views.record import FullRecord
from vidmagic.session.reports.cost import COLUMNS, cost
from vidmagic.session.run_options import RunOptions
from vidmagic.session.session import Session
from vidmagic.spec.price import Bill

PICTURE = "https://pictures.example/a.png"
BILL = Bill(Decimal("2.2002"), "CNY", 22_002)  # of a default video
BILLED = "billed ¥2.20 (22,002 tokens)"


def vidu(session: Session, prompt: str = "a kite", *, sandbox: bool = False) -> Job:
    """Run a job of Vidu Q2 to its end."""
    return ended(session.start(prompt, "viduq2", RunOptions(sandbox=sandbox), image=PICTURE))


def test_a_bill_is_on_the_card_and_on_the_video(session: Session) -> None:
    """The finished card, the player, the record and the Python side show money and tokens; the raw usage stays."""
    job = vidu(session)
    assert job.billed == job.video.billed == BILL
    assert BILLED in status(job)
    assert BILLED in html(job.video, job.video.display)
    assert BILLED in job_end(job, quiet=True)[0]
    assert job.record.reported["usage"]["total_tokens"] == 22_002
    shown = str(FullRecord(job.record))
    assert "¥2.20 (22,002 tokens)" in shown
    assert '"total_tokens": 22002' in shown
    assert '"bill"' not in shown


def test_the_estimate_stays_beside_the_bill(session: Session) -> None:
    """The estimate that was shown before is what it was: the bill does not rewrite it."""
    job = vidu(session)
    assert (job.record.short_price, job.video.price) == ("¥2.20", "¥2.20")


def test_a_sandbox_job_has_no_bill(session: Session) -> None:
    """The sandbox counts tokens as the service does, and nobody pays for them."""
    job = vidu(session, sandbox=True)
    assert "usage" in job.record.reported
    assert job.billed is job.video.billed is None
    assert "free (sandbox)" in status(job)


def test_another_scale_is_shown_as_tokens_only(session: Session) -> None:
    """Where nobody knows what a token costs, the record has the tokens and no card shows money for them."""
    job = ended(session.start("a kite", "seedance"))
    assert job.billed is None
    assert "(estimate)" in " ".join(status(job))
    assert "3910" in str(FullRecord(job.record))


def test_a_failed_job_shows_what_it_was_billed(session: Session) -> None:
    """It was billed when it was accepted, and the service said nothing of a refund: that is what the card says."""
    job = vidu(session, "[[sandbox: fail]] a kite")
    assert (job.state, job.charged, job.billed) == ("failed", "unknown", BILL)
    assert f"{BILLED}, no refund reported" in job_end(job, quiet=False)[1]


def test_a_refunded_job_shows_both(session: Session) -> None:
    """A job whose money was given back is not charged, and both are shown."""
    job = vidu(session, "[[sandbox: fail]] a kite")
    session.store.update(job.id, charged="no", reported={**job.record.reported, "refunded": True})
    again = session.get(job.id)
    assert f"{BILLED}, refunded" in status(again)
    assert "yes, as the service reports" in str(FullRecord(again.record))
    assert spent(session.store) == []


def test_bills_are_added_up_beside_estimates(session: Session) -> None:
    """One column is what was estimated, the other what was billed; a model without bills has none."""
    vidu(session, "a red kite")
    vidu(session, "a blue kite")
    vidu(session, "a kite in the sandbox", sandbox=True)
    ended(session.start("a kite", "hailuo"))
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in cost(spent(session.store)).rows]
    by_model = {row["model"]: (row["estimated"], row["billed"]) for row in rows}
    assert by_model == {
        "viduq2-pro": ("¥4.40", "¥4.40"),
        "MiniMax-Hailuo-2.3": ("¥2.00", ""),
        "": ("¥6.40", "¥4.40"),
    }


def test_a_bill_of_some_jobs_names_how_many(session: Session) -> None:
    """Where one of two jobs has no bill, the sum says for how many it is."""
    vidu(session)
    vidu(session, "[[sandbox: drop]] a kite")
    (row,) = spent(session.store)
    assert (row.jobs, row.bills, row.doubtful) == (2, 1, 1)
    assert cost([row]).rows[0][COLUMNS.index("billed")] == "¥2.20 (1 of 2)"


@pytest.mark.parametrize("bill", ["no bill", {"amount": "x"}, {"amount": [1], "currency": {}}])
def test_a_damaged_bill_fails_nothing(session: Session, bill: object) -> None:
    """A row that holds no bill that can be read is shown and added up without one."""
    job = vidu(session)
    session.store.update(job.id, reported={"bill": bill})
    assert session.get(job.id).billed is None
    assert len(cost(spent(session.store)).rows) == 2
