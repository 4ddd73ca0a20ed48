"""A job as the journal stores it."""

from __future__ import annotations

import dataclasses
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vidmagic.engine.states import CANCELLED, DONE, FAILED, LIVE, NEW, RESUMABLE, SATISFIES_REQUEST, label
from vidmagic.errors import Charged
from vidmagic.providers.billing import billed_tokens
from vidmagic.spec.price import REFUNDED, SANDBOX_PRICE, UNKNOWN_PRICE, Bill, labelled, read_bill
from vidmagic.spec.request import Request

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # no i, l, o, u: they are misread
SHORTEST_ID = 4  # characters that an id may be shortened to: fewer could be the number of a take, or a short word


def new_id() -> str:
    """Return a fresh job id of eight random characters, of which the first few are mostly unique."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(8))


def is_id(text: str) -> bool:
    """Return whether *text* can be a job's id."""
    return len(text) == 8 and set(text) <= set(_ALPHABET)


@dataclass(frozen=True, slots=True)
class Record:
    """One row of the journal. Times are seconds since 1970 (UTC), sizes bytes, sides pixels.

    `origin` is the endpoint that was used and will be polled; `links` are signed and therefore secret, and are removed
    once the file is there. `error` is the last error as type, message, hint, reason and trace. `parent` is the
    job whose last frame this one starts from. `again` marks a job that was wanted although its request had been made
    before. `request_take` is which take of its request it was stored as, counted from 1; 0 where that is not known.
    `stars` (1 to 5, or None), `note` and `tags` are the user's. `draft` marks a job made by `--draft`, and `full` is
    what its full version has: params, price, differences. `finished_from` is the draft that this job makes in full.
    `sha256` is of the service's bytes, `file_sha256` of the whole file where that holds more. `deleted` is when the
    user deleted the file.
    """

    id: str
    model: str
    prompt: str
    params: Mapping[str, Any]
    fingerprint: str
    service: str = ""
    wire_name: str = ""
    mode: str = ""
    images: tuple[Mapping[str, Any], ...] = ()
    in_sandbox: bool = False
    origin: str = ""
    folder: str = ""
    state: str = NEW
    charged: Charged = "no"
    task_id: str = ""
    ticket: Mapping[str, Any] | None = None
    links: Mapping[str, Any] | None = field(default=None, repr=False)
    error: Mapping[str, str] | None = None
    price: Mapping[str, str] | None = None
    reported: Mapping[str, Any] = field(default_factory=dict)
    path: str = ""
    size: int = 0
    sha256: str = ""
    width: int = 0
    height: int = 0
    owner: str = ""
    created: float = 0.0
    updated: float = 0.0
    accepted: float = 0.0
    ready: float = 0.0
    parent: str = ""
    again: bool = False
    stars: int | None = None
    note: str = ""
    tags: tuple[str, ...] = ()
    draft: bool = False
    finished_from: str = ""
    file_sha256: str = ""
    deleted: float = 0.0
    request_take: int = 0
    full: Mapping[str, Any] = field(default_factory=dict)
    n: int = 0

    @property
    def has_id(self) -> bool:
        """Whether the service has given its own id for the job."""
        return bool(self.task_id or self.ticket)

    @property
    def is_live(self) -> bool:
        """Whether some kernel drives the job, or did when it ended; one that could not be sent is over."""
        return self.state in LIVE and not (self.state == NEW and self.error is not None)

    @property
    def is_missing(self) -> bool:
        """Whether the job is done and its file is not where it was saved."""
        return self.state == DONE and not Path(self.path).is_file()

    @property
    def state_label(self) -> str:
        """What lists call the state, with the mark of a draft: "done (draft)"."""
        return f"{label(self.state)} (draft)" if self.draft else label(self.state)

    @property
    def short_price(self) -> str:
        """The estimate as text, "unknown" without a published price."""
        return self.price["text"] if self.price else "unknown"

    @property
    def bill(self) -> Bill | None:
        """What the service billed, None where it reported nothing, or nothing whose price is known."""
        return None if self.in_sandbox else read_bill(self.reported)

    @property
    def bill_text(self) -> str:
        """The bill as people read it, with what became of it: "billed ¥3.50 (35,000 tokens)"; "" without one."""
        if self.bill is None:
            return ""
        refunded = ", refunded" if self.reported.get(REFUNDED) else ""
        return f"billed {self.bill}" + (refunded or (", no refund reported" if self.state == FAILED else ""))

    @property
    def price_text(self) -> str:
        """The price as people read it: the bill, else "¥2.00 (estimate)", "price unknown" or "free (sandbox)"."""
        if self.in_sandbox:
            return SANDBOX_PRICE
        if self.bill_text:
            return self.bill_text
        if self.price:
            return labelled(self.price["text"], self.price["source"])
        tokens = billed_tokens(self.reported)
        return UNKNOWN_PRICE + (f" ({tokens:,} tokens reported)" if tokens else "")


def plan(
    request: Request,
    *,
    in_sandbox: bool,
    origin: str,
    folder: str,
    price: Mapping[str, str] | None,
    parent: str = "",
) -> Record:
    """Return the record of *request* before it is sent."""
    return Record(
        id=new_id(),
        model=request.model,
        service=request.service,
        wire_name=request.wire_name,
        mode=request.mode,
        prompt=request.prompt,
        params=dict(request.params),
        images=tuple(image.to_json() for image in request.inputs),
        fingerprint=request.fingerprint(in_sandbox=in_sandbox),
        in_sandbox=in_sandbox,
        origin=origin,
        folder=folder,
        price=price,
        created=time.time(),
        parent=parent,
    )


def with_remarks_of(other: Record, record: Record) -> Record:
    """Return *record* with the stars, the note and the tags of *other*."""
    return dataclasses.replace(record, stars=other.stars, note=other.note, tags=other.tags)


def satisfies_request(record: Record) -> bool:
    """Return whether an earlier job answers the same request, so that nothing is sent.

    A live, finished, paused or unknown job does, a cancelled one unless it cost nothing.
    """
    cost_nothing = record.state == CANCELLED and record.charged == "no"
    return record.state in SATISFIES_REQUEST and not cost_nothing


def can_follow(record: Record) -> bool:
    """Return whether the job can be followed: the service can be polled about it, or has given a link."""
    return record.state in RESUMABLE and (record.ticket is not None or record.links is not None)
