"""A system on DMXAPI's /v1/responses: one submit, a query of its own, no way to cancel."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar

from vidmagic.http.service_calls import ServiceCalls
from vidmagic.http.transport import Transport
from vidmagic.providers.contract import Json, Service, Ticket
from vidmagic.providers.nested import objects_in
from vidmagic.providers.replies import accepted_id
from vidmagic.providers.responses.query import PATH, DmxQuery
from vidmagic.providers.services import DMXAPI
from vidmagic.spec.events import Event
from vidmagic.spec.models import Model
from vidmagic.spec.request import Request

_REPORTED = ("credits", "usage")  # what a submit's reply reports on its cost


class ResponsesProvider(ABC):
    """What the systems behind /v1/responses share; each has its models, its query and its body.

    `id_names` are the fields of a submit's reply that may hold the task's id, wherever they stand in it.
    """

    service: Service = DMXAPI
    models: tuple[Model, ...]
    query: ClassVar[DmxQuery]
    id_names: ClassVar[tuple[str, ...]] = ("task_id",)

    @abstractmethod
    def body(self, request: Request) -> Json:
        """Return the JSON of POST /v1/responses."""

    def submit(self, request: Request, http: Transport) -> Ticket:
        """Start the job; the task's id in the reply is the ticket."""
        reply = http.paid.submit(PATH, self.body(request))
        task = accepted_id(reply, *self.id_names)
        if not task:
            raise self.query.refusal(reply)
        objects = objects_in(reply.json)
        return Ticket(task, reported={name: value[name] for name in _REPORTED for value in objects if name in value})

    def follow(self, ticket: Ticket, http: ServiceCalls) -> Iterator[Event]:
        """Poll once, by the query."""
        return self.query.ask(ticket.task_id, http)

    def cancel(self, ticket: Ticket, http: ServiceCalls) -> bool:
        """Return False: no document names a way to stop a job."""
        return False
