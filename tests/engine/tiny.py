"""A service of one model, scripted on a fault server: `POST /submit`, `GET /poll`, `POST /cancel`, and the video."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tests.faults.answers import Answer, json_answer
from vidmagic.engine.job import Job
from vidmagic.http.service_calls import ServiceCalls
from vidmagic.http.transport import Transport
from vidmagic.providers.contract import Json, Service, Ticket
from vidmagic.providers.replies import failure, not_accepted, read_poll, task_id
from vidmagic.session.run_options import RunOptions
from vidmagic.session.session import Session
from vidmagic.spec.events import Event, Queued, Ready, Running
from vidmagic.spec.models import Mode, Model
from vidmagic.spec.params import Param
from vidmagic.spec.request import Request

Make = Callable[..., Session]
ACCEPTED = json_answer({"id": "task-1"})


class Tiny:
    """The provider; a test overrides the step that is to misbehave."""

    service = Service("tiny", "Tiny", "https://tiny.invalid", "TINY_API_KEY", "VIDMAGIC_TINY_URL", in_flight=None)
    models = (Model("tiny/one", "tiny", "Tiny One", (Param("seed", int, "a seed"),), (Mode("text"),)),)

    def body(self, request: Request) -> Json:
        """Return what is sent."""
        return {"prompt": request.prompt, **request.params}

    def submit(self, request: Request, http: Transport) -> Ticket:
        """Send, and read the id."""
        reply = http.paid.submit("/submit", self.body(request))
        accepted = task_id(reply.json.get("id"))
        if not accepted:
            raise not_accepted(reply)
        return Ticket(accepted)

    def follow(self, ticket: Ticket, http: ServiceCalls) -> Iterator[Event]:
        """Poll once."""
        answer = read_poll(http.get("/poll", {"id": ticket.task_id}))
        state = answer["state"]
        if state == "done":
            yield Ready((answer["url"],))
        elif state == "failed":
            raise failure(answer["why"], None)
        elif state == "queued":
            yield Queued(state)
        else:
            yield Running(answer.get("percent"), state)

    def cancel(self, ticket: Ticket, http: ServiceCalls) -> bool:
        """Stop the job, where the script says that the service can."""
        return http.post("/cancel", {"id": ticket.task_id}).ok


def state(word: str, **more: object) -> Answer:
    """Answer a poll."""
    return json_answer({"state": word, **more})


def start(session: Session, **more: Any) -> Job:
    """Start the one request of these tests."""
    return session.start("a red kite", "tiny", RunOptions(**more))
