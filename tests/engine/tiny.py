"""A service of one model, scripted on a fault server: `POST /submit`, `GET /look`, `POST /cancel`, `GET /film.mp4`."""

from __future__ import annotations

from collections.abc import Iterator

from tests.faults.answers import Answer, json_answer
from vidmagic.http.service_calls import ServiceCalls
from vidmagic.http.transport import Transport
from vidmagic.providers.contract import Json, Service, Ticket
from vidmagic.providers.replies import failure, not_accepted, read_poll, task_id
from vidmagic.spec.events import Event, Queued, Ready, Running
from vidmagic.spec.models import Mode, Model
from vidmagic.spec.params import Param
from vidmagic.spec.request import Request

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
        found = task_id(reply.json.get("id"))
        if not found:
            raise not_accepted(reply)
        return Ticket(found)

    def follow(self, ticket: Ticket, http: ServiceCalls) -> Iterator[Event]:
        """Look once."""
        told = read_poll(http.get("/look", {"id": ticket.task_id}))
        state = told["state"]
        if state == "done":
            yield Ready((told["url"],))
        elif state == "failed":
            raise failure(told["why"], None)
        elif state == "queued":
            yield Queued(state)
        else:
            yield Running(told.get("percent"), state)

    def cancel(self, ticket: Ticket, http: ServiceCalls) -> bool:
        """Stop the job, where the script says that the service can."""
        return http.post("/cancel", {"id": ticket.task_id}).ok


def state(word: str, **more: object) -> Answer:
    """Answer a look."""
    return json_answer({"state": word, **more})
