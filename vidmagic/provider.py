"""What a provider is: a service, its models, and the few calls by which a job runs.

A provider yields and never sleeps, prints, stores, opens files or starts threads. `follow(ticket)` is one look: it
yields what the service says now and ends; the engine rests and looks again until a look has yielded `Ready`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol, runtime_checkable

from vidmagic.errors import Failed, OutcomeUnknown, Paused, Reason, Refused, Unreachable, VidmagicError, shorten
from vidmagic.events import Event
from vidmagic.params import Param, Together, Value
from vidmagic.reply import Reply
from vidmagic.request import Request
from vidmagic.transport import Transport

Json = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Service:
    """A service: where it is, which environment variables name its key and another origin, how a key is sent.

    `scheme` goes before the key in the Authorization header ("" sends the key alone). `in_flight` is how many jobs
    may run there at once, None where no document says. `origins` are further origins of the same service by name.
    `key_check` is a free GET, as the name of its origin and its path, that answers 404 for a good key and 401 for a
    bad one. `rehearsed` says that the embedded sandbox speaks its wire.
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
    rehearsed: bool = False

    def headers(self, key: str) -> dict[str, str]:
        """Return the headers that carry *key*."""
        return {"Authorization": f"{self.scheme} {key}".strip()}

    def origin_of(self, part: str, used: str) -> str:
        """Return the origin of *part* for a job at *used*; one that is not the service's own stands for all parts."""
        return self.origins.get(part, used) if used == self.origin else used


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """What a service takes as an image. Sizes are in bytes, sides in pixels, `aspect` is the longest side ratio.

    All bounds are inclusive. `quotient` bounds the first frame's aspect ratio divided by the last frame's. `uris` are
    the openings of a service's own image names, passed on as they are. `body_size` bounds all images of one request
    together, as they stand in its body.
    """

    formats: tuple[str, ...]
    size: int
    data_uri_size: int | None = None
    min_side: int = 1
    aspect: float | None = None
    quotient: tuple[float, float] | None = None
    links: bool = True
    local: bool = True
    uris: tuple[str, ...] = ()
    body_size: int | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Mode:
    """A way to use a model, chosen by the images given: `images` maps a role to how many it takes (least, most).

    `without` names parameters of the model that this mode lacks, `params` are those that differ here from the model's
    of the same name, `defaults` are only other defaults. `echoes_key` says that the service hands the job's key back,
    so that a `Finder` can find a task whose answer was lost.
    """

    name: str
    images: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    together: tuple[Together, ...] = ()
    without: frozenset[str] = frozenset()
    params: tuple[Param, ...] = ()
    defaults: Mapping[str, Value] = field(default_factory=dict)
    prompt_needed: bool = True
    limits: ImageLimits | None = None
    echoes_key: bool = False

    def fits(self, counts: Mapping[str, int]) -> bool:
        """Tell whether so many images of each role are what this mode takes."""
        if any(role not in self.images for role, count in counts.items() if count):
            return False
        return all(low <= counts.get(role, 0) <= high for role, (low, high) in self.images.items())


@dataclass(frozen=True, slots=True)
class Price:
    """A price with where it was read and when. `amount` is in `currency`, for the whole video."""

    amount: Decimal
    currency: str
    source: str
    date: str

    def __str__(self) -> str:
        sign = {"CNY": "¥", "USD": "$"}.get(self.currency, self.currency + " ")
        return f"{sign}{self.amount:.2f}"


@dataclass(frozen=True, slots=True)
class Move:
    """A camera move that a prompt may name in brackets, in two languages, and what the picture does then."""

    chinese: str
    english: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Model:
    """One model of a service.

    `id` is "service/name", `short` what people type. `longest_prompt` is in characters (code points), 0 for a model
    that takes no prompt. `seconds` is the generation time to expect from the documents. `price` maps the parameters to
    a price, None where nobody published one. `called` maps them to the service's own name for the model. `note` is one
    line said when the model is chosen. `warn` looks at the prompt and returns lines that advise and never refuse.
    `moves` are the camera moves that a prompt may name in brackets.
    """

    id: str
    short: str
    title: str
    params: tuple[Param, ...]
    modes: tuple[Mode, ...]
    longest_prompt: int | None = None
    seconds: Callable[[Mapping[str, Value]], float] = lambda _: 120.0
    price: Callable[[Mapping[str, Value]], Price | None] = lambda _: None
    called: Callable[[Mapping[str, Value]], str] | None = None
    warn: Callable[[str], list[str]] = lambda _: []
    moves: tuple[Move, ...] = ()
    note: str = ""
    source: str = ""

    def wire_name(self, params: Mapping[str, Value]) -> str:
        """Return what the service calls this model with these parameters."""
        return self.id.partition("/")[2] if self.called is None else self.called(params)

    def mode(self, counts: Mapping[str, int]) -> Mode | None:
        """Return the mode that takes so many images of each role, or None."""
        return next((mode for mode in self.modes if mode.fits(counts)), None)

    def params_in(self, mode: Mode) -> tuple[Param, ...]:
        """Return the parameters as they are in *mode*."""
        own = {param.name: param for param in mode.params}
        return tuple(own.get(param.name, param) for param in self.params if param.name not in mode.without)

    def roles(self) -> list[str]:
        """Return the image roles that some mode takes."""
        return list(dict.fromkeys(role for mode in self.modes for role in mode.images))


@dataclass(frozen=True, slots=True)
class Ticket:
    """All that is needed to follow a job from anywhere: the service's id for it and what else its calls need.

    It is JSON and is stored before the first look. `live` is the stream that the submit itself opened, for a service
    that has no other; it is not stored. `heard` is what was kept of that stream's words when the job is taken up again.
    """

    task_id: str
    data: Json = field(default_factory=dict)
    reported: Json = field(default_factory=dict)
    live: Iterator[Event] | None = field(default=None, compare=False, repr=False)
    heard: str = field(default="", compare=False, repr=False)


class Provider(Protocol):
    """What a plug-in implements; registered under the entry-point group `vidmagic.providers`."""

    service: Service
    models: tuple[Model, ...]

    def body(self, request: Request) -> Json:
        """Return the JSON that `submit` sends, without sending anything."""
        ...

    def submit(self, request: Request, http: Transport) -> Ticket:
        """Send the request once, by `http.submit`, and return the ticket. Raises Refused or OutcomeUnknown."""
        ...

    def follow(self, ticket: Ticket, http: Transport) -> Iterator[Event]:
        """Look once: yield what the service says now, `Ready` when the video is there. Raises Failed."""
        ...

    def cancel(self, ticket: Ticket, http: Transport) -> bool:
        """Ask the service to stop the job; False where it cannot."""
        ...


@runtime_checkable
class Finder(Protocol):
    """What a provider implements too where its service can be asked for a task by the job's key."""

    def find_lost(self, key: str, since: float, http: Transport, known: dict[str, object]) -> Ticket | None:
        """Return the one task that was made after *since* (Unix time) with *key*, or None.

        *known* holds the keys of tasks by their ids, and is added to: so a look that broke off is not begun anew.
        """
        ...


def finder(provider: Provider, model_id: str, mode_name: str) -> Finder | None:
    """Return *provider* as what can find a lost task of this model in this mode, or None where nothing can."""
    modes = [mode for model in provider.models if model.id == model_id for mode in model.modes]
    echoed = any(mode.echoes_key for mode in modes if mode.name == mode_name)
    return provider if echoed and isinstance(provider, Finder) else None


_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_BY_STATUS: dict[int, Reason] = {
    400: "parameters",
    401: "key",
    402: "balance",
    403: "key",
    404: "not found",
    413: "image",
    422: "parameters",
    429: "rate",
}
_MAYBE_ACCEPTED = {408, 409, 425, 499}


def task_id(value: object) -> str:
    """Return a service's id for a job as text, or the empty text if it cannot be one."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return text if _ID.fullmatch(text) and text != "0" else ""


def salvage(reply: Reply, *names: str) -> str:
    """Find a job's id in a damaged JSON reply by the field *names* it may stand under; a whole one is read as JSON."""
    if not reply.body.lstrip().startswith(b"{") or (reply.json and not reply.cut):
        return ""
    found = re.search(rb'"(?:%s)"\s*:\s*"?([A-Za-z0-9._:-]{1,128})"' % "|".join(names).encode(), reply.body)
    return task_id(found[1].decode()) if found else ""


def not_accepted(
    reply: Reply,
    *,
    message: str = "",
    reason: Reason | None = None,
    trace: str = "",
) -> VidmagicError:
    """Return what a submit's reply without an id means: Refused where the service said so, else OutcomeUnknown.

    *reason* is what the service's own code stands for, None where its code is not in the provider's table.
    """
    said = shorten(message or reply.text)
    if reason is not None:
        return Refused(said, reason=reason, trace=trace, retry_after=reply.retry_after, hint=HINTS.get(reason, ""))
    status = reply.status
    if 300 <= status < 400:
        return Refused(f"the service redirects elsewhere (HTTP {status}); not followed", reason="parameters")
    if 400 <= status < 500 and status not in _MAYBE_ACCEPTED:
        why = _BY_STATUS.get(status, "parameters")
        return Refused(
            f"HTTP {status}: {said}", reason=why, trace=trace, retry_after=reply.retry_after, hint=HINTS.get(why, "")
        )
    return OutcomeUnknown(f"HTTP {status} without a job id: {said}", trace=trace)


def looked(reply: Reply) -> dict[str, Any]:
    """Return a look's JSON. Raises Paused for a key the service no longer takes, Unreachable for all that may pass."""
    status = reply.status
    if reply.ok and reply.json:
        return reply.json
    if status in {401, 402, 403}:
        raise Paused(f"HTTP {status}: {shorten(reply.text)}", reason=_BY_STATUS[status], hint=HINTS[_BY_STATUS[status]])
    raise Unreachable(f"HTTP {status}: {shorten(reply.text)}", status=status, retry_after=reply.retry_after)


def failure(message: str, reason: Reason | None, *, trace: str = "") -> Failed:
    """Return the error of a job that the service reported as failed, in the service's words."""
    return Failed(shorten(message), reason=reason or "", trace=trace, hint=HINTS.get(reason or "", ""))


HINTS: dict[str, str] = {
    "key": "The key was not accepted: check it, and that it belongs to this service.",
    "balance": "The account is out of credit: top it up, then run the cell again.",
    "rate": "Too many requests: wait a little, then run the cell again.",
    "concurrency": "Too many jobs at once: wait until some are done, then run the cell again.",
    "parameters": "The service did not take the parameters; `%video models NAME` lists what the document allows.",
    "prompt": "The service's moderation refused the prompt: change its words.",
    "image": "The service did not take an image: change it.",
    "result": "The service's moderation withheld the result; the same prompt may pass another time.",
    "busy": "The service is busy: try again later.",
    "not found": "The service does not know this model or task.",
    "expired": "The service no longer keeps this task.",
}
