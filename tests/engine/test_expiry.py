"""What a service will forget, and when, is shown while a job waits for a person."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest

from tests.engine.journal.journals import record
from tests.patience import ended
from tests.rows import rewrite
from vidmagic.engine.expiry import NOT_KNOWN, Lifetimes, clock_text
from vidmagic.engine.journal.record import Record
from vidmagic.notebook.card.job_content import job_end
from vidmagic.providers.catalog import Catalog
from vidmagic.session.reports.doctor import examine
from vidmagic.session.session import Session

HOUR = 3600.0
NOON = datetime(2026, 11, 21, 12).timestamp()  # noqa: DTZ001  a person reads their own clock
LIFETIMES = Lifetimes(24, 10)


def waiting(**changes: Any) -> Record:
    """Return a job that was accepted at noon and waits for its user."""
    fixed: Mapping[str, Any] = {"state": "paused", "ticket": {"task_id": "9"}, "created": NOON, "accepted": NOON}
    return record(**{**fixed, **changes})


@pytest.mark.parametrize(
    ("hours", "text"),
    [(0, "12:00 today"), (1.5, "13:30 today"), (12, "00:00 tomorrow"), (-13, "23:00 yesterday"),
     (72, "12:00 on 2026-11-24")],
)  # fmt: skip
def test_a_time_reads_as_on_a_clock(hours: float, text: str) -> None:
    """A day near by has its name, another its date."""
    assert clock_text(NOON + hours * HOUR, NOON) == text


def test_a_paused_job_names_its_end() -> None:
    """The service's own id counts from when it accepted the job; what is over is over."""
    assert LIFETIMES.notes(waiting(), NOON) == ["the service forgets this job at 12:00 tomorrow"]
    assert LIFETIMES.notes(waiting(), NOON + 30 * HOUR) == ["the service forgot this job at 12:00 today"]
    assert LIFETIMES.notes(waiting(state="unknown", ticket=None, accepted=0.0), NOON) == [
        "the service forgets this job at 12:00 tomorrow"
    ]


def test_a_link_has_an_end_of_its_own() -> None:
    """A video that is ready and not fetched has a link, which counts from when it was ready."""
    ready = waiting(links={"urls": ["https://x.example/v.mp4"]}, ready=NOON + HOUR)
    assert LIFETIMES.notes(ready, NOON) == [
        "the service forgets this job at 12:00 tomorrow",
        "the link to its video ends about 23:00 today",
    ]


@pytest.mark.parametrize(
    "changes", [{"state": "running"}, {"state": "done"}, {"state": "failed"}, {"in_sandbox": True}]
)
def test_no_other_job_is_hurried(changes: dict[str, Any]) -> None:
    """A job that runs, has ended or is in the sandbox waits for nobody; without a document nothing is claimed."""
    assert LIFETIMES.notes(waiting(**changes), NOON) == []
    assert NOT_KNOWN.notes(waiting(), NOON) == []


def test_the_models_whose_documents_name_it() -> None:
    """Seven days for Seedance's ids, one for HappyHorse's; a day for most links, and some hours for Hailuo's."""
    hours = {model.short: (model.id_hours, model.link_hours) for model in Catalog()}
    assert hours["seedance"] == hours["seedance-2"] == hours["seedance-2-fast"] == (168, 24)
    assert hours["happyhorse"] == (24, 24)
    assert hours["kling-video"][0] == 24
    assert hours["wan"] == (None, 24)
    assert hours["vidu"] == hours["viduq2"] == hours["sora"] == (None, 24)
    assert hours["hailuo"] == (None, 9)


def test_the_card_and_the_doctor_warn(session: Session) -> None:
    """A paused job's card names the end; `%video doctor` warns half a day before it, and not earlier."""
    job = ended(session.start("a kite", "seedance"))
    accepted = time.time() - 160 * HOUR
    rewrite(session.store, job.id, state="paused", path="", accepted=accepted, created=accepted)
    html, text = job_end(session.get(job.id), quiet=False)
    assert "the service forgets this job at" in html
    assert "the service forgets this job at" in text
    (finding,) = [finding for finding in examine(session) if finding.part == f"job {job.id}"]
    assert finding.good is False
    assert f"`%video resume {job.id}` goes on" in finding.text
    rewrite(session.store, job.id, accepted=time.time() - 24 * HOUR)
    assert not [finding for finding in examine(session) if finding.part == f"job {job.id}"]
