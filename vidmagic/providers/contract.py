"""The protocol of a provider: its service, its models, and the calls that run a job.

A provider yields and never sleeps, prints, stores, opens files or starts threads. `follow(ticket)` is one poll: it
yields the state at the service now and ends; the engine waits and polls again until a poll has yielded `Ready`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from vidmagic.http.service_calls import ServiceCalls
from vidmagic.http.transport import Transport
from vidmagic.providers.billing import Billing
from vidmagic.spec.events import Event
from vidmagic.spec.models import Model
from vidmagic.spec.request import Request

Json = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Service:
    """A service: where it is, which environment variables name its key and another origin, how a key is sent.

    `scheme` goes before the key in the Authorization header ("" sends the key alone). `in_flight` is how many jobs
    may run there at once, None where no document says. `origins` are further origins of the same service by name.
    `key_check` is a free GET, as the name of its origin and its path, that answers 404 for a good key and 401 for a
    bad one. `has_sandbox` is true where the embedded sandbox can play the service. `billing` reads from a reply what a
    job costs, None where replies do not say. `chat_model` is the language model that the service's document names for
    chats at `/v1/chat/completions`, "" where it names none, None where the service has no chats.
    """

    name: str
    title: str
    origin: str
    key_env: str
    url_env: str
    scheme: str = ""
    in_flight: int | None = None
    origins: Mapping[str, str] = field(default_factory=dict)
    key_check: tuple[str, str] | None = None
    has_sandbox: bool = False
    billing: Billing | None = None
    chat_model: str | None = None

    def headers(self, key: str) -> dict[str, str]:
        """Return the headers that carry *key*."""
        return {"Authorization": f"{self.scheme} {key}".strip()}

    def origin_of(self, part: str, used: str) -> str:
        """Return the origin of *part* for a job at *used*; one that is not the service's own stands for all parts."""
        return self.origins.get(part, used) if used == self.origin else used


@dataclass(frozen=True, slots=True)
class Ticket:
    """All that is needed to follow a job from anywhere: the service's id for it and what else its calls need.

    It is JSON and is stored before the first poll. `live` is the stream that the submit itself opened, for a service
    that has no other; it is not stored. `transcript` is the stored text of that stream when the job is resumed.
    """

    task_id: str
    data: Json = field(default_factory=dict)
    reported: Json = field(default_factory=dict)
    live: Iterator[Event] | None = field(default=None, compare=False, repr=False)
    transcript: str = field(default="", compare=False, repr=False)


class Provider(Protocol):
    """What a plug-in implements; registered under the entry-point group `vidmagic.providers`."""

    service: Service
    models: tuple[Model, ...]

    def body(self, request: Request) -> Json:
        """Return the JSON that `submit` sends, without sending anything."""
        ...

    def submit(self, request: Request, http: Transport) -> Ticket:
        """Send the request once, by `http.paid`, and return the ticket. Raises Refused or OutcomeUnknown."""
        ...

    def follow(self, ticket: Ticket, http: ServiceCalls) -> Iterator[Event]:
        """Poll once: yield the state at the service now, and `Ready` if the video can be fetched. Raises Failed."""
        ...

    def cancel(self, ticket: Ticket, http: ServiceCalls) -> bool:
        """Ask the service to stop the job; False where it cannot."""
        ...


@runtime_checkable
class Finder(Protocol):
    """A provider whose service can be searched for the task with a job's key."""

    def find_lost(self, key: str, since: float, http: ServiceCalls, known: dict[str, object]) -> Ticket | None:
        """Return the one task that was made after *since* (Unix time) with *key*, or None.

        *known* maps the ids of tasks to their keys; what is learnt is added to it, so that a search that broke off goes
        on where it stopped.
        """
        ...


def finder(provider: Provider, model_id: str, mode_name: str) -> Finder | None:
    """Return *provider* as what can find a lost task of this model in this mode, or None where nothing can."""
    modes = [mode for model in provider.models if model.id == model_id for mode in model.modes]
    echoed = any(mode.echoes_key for mode in modes if mode.name == mode_name)
    return provider if echoed and isinstance(provider, Finder) else None
