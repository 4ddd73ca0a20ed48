"""What a job was billed is stored with its ticket, and with a refusal or a failure that names it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping

import pytest

from tests.engine.tiny import ACCEPTED, Make, Tiny, start, state
from tests.faults.answers import Answer, json_answer
from tests.faults.server import FaultServer
from tests.patience import ended
from vidmagic.engine.job import Job
from vidmagic.http.service_calls import ServiceCalls
from vidmagic.http.transport import Transport
from vidmagic.providers.billing import Billing
from vidmagic.providers.contract import Service, Ticket
from vidmagic.session.run_options import RunOptions
from vidmagic.spec.events import Event, Ready
from vidmagic.spec.request import Request

USAGE = {"usage": {"total_tokens": 35_000}}
TEXT = "¥3.50 (35,000 tokens)"


class Billed(Tiny):
    """The tiny service, whose tokens have a price; its polls report their own use of them."""

    service = Service(
        "tiny", "Tiny", "https://tiny.invalid", "TINY_API_KEY", "VIDMAGIC_TINY_URL",
        billing=Billing(10_000, "CNY", "a test"),
    )  # fmt: skip

    def submit(self, request: Request, http: Transport) -> Ticket:
        """Send, and report the usage."""
        return Ticket(super().submit(request, http).task_id, reported=USAGE)

    def follow(self, ticket: Ticket, http: ServiceCalls) -> Iterator[Event]:
        """Poll once; the reply names 0 tokens, which are the poll's."""
        for event in super().follow(ticket, http):
            if isinstance(event, Ready):
                yield Ready(event.urls, reported={"usage": {"total_tokens": 0}})
            else:
                yield event


def run(tiny: Make, prompt: str = "") -> Job:
    """Run the job of the billed service to its end."""
    session = tiny(Billed())
    return ended(session.start(prompt, "tiny", RunOptions()) if prompt else start(session))


def test_the_bill_is_stored_at_once(tiny: Make, service: FaultServer, done: Answer) -> None:
    """The bill is there before the first poll, and no poll takes it back."""
    service.on("/submit", ACCEPTED).on("/poll", state("running"), done)
    job = run(tiny)
    assert (job.state, str(job.billed)) == ("done", TEXT)


@pytest.mark.parametrize("status", [200, 400, 403, 429, 500])
def test_a_refusal_that_was_billed_is_sent_once(tiny: Make, service: FaultServer, status: int) -> None:
    """A reply without an id that bills tokens may stand for a job: it is charged, and not sent again by itself."""
    service.on("/submit", json_answer({"error": {"message": "bad prompt"}, **USAGE}, status=status))
    job = run(tiny)
    assert (job.state, job.charged, str(job.billed)) == ("unknown", "yes", TEXT)
    assert "billed all the same" in str(job.error)
    assert start(tiny(Billed())).id == job.id
    assert service.count("POST", "/submit") == 1


@pytest.mark.parametrize(
    ("why", "prompt", "charged", "shown"),
    [
        ("moderation", "", "unknown", f"billed {TEXT}, no refund reported"),
        ("任务失败，费用已退还", "", "no", f"billed {TEXT}, refunded"),
        ("a sign reads: was refunded", "a sign reads: was refunded", "unknown", f"billed {TEXT}, no refund reported"),
    ],
    ids=["silent", "refunded", "prompt"],
)
def test_a_failed_job_and_its_refund(
    tiny: Make, service: FaultServer, *, why: str, prompt: str, charged: str, shown: str
) -> None:
    """The service's own word on a refund counts, and a prompt that it repeats does not."""
    service.on("/submit", ACCEPTED).on("/poll", state("failed", why=why))
    job = run(tiny, prompt)
    assert (job.state, job.charged, job.record.price_text) == ("failed", charged, shown)


def test_a_service_without_a_rule_bills_nothing(tiny: Make, service: FaultServer, done: Answer) -> None:
    """Tokens of a service whose documents name no price stay tokens."""

    class Unbilled(Billed):
        service: Service = Tiny.service

    service.on("/submit", ACCEPTED).on("/poll", done)
    job = ended(start(tiny(Unbilled())))
    reported: Mapping[str, object] = job.record.reported
    assert (job.billed, "bill" in reported) == (None, False)
    assert job.record.price_text == "price unknown"
    assert dataclasses.replace(job.record, reported=USAGE).price_text == "price unknown (35,000 tokens reported)"
