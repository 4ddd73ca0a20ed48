"""Sora 2 on apiyi: one chat stream is submit and follow in one. Notes on the API: sora.md beside this file.

The service gives no task id, so a stream that breaks cannot be opened again. What it sends is yielded as
`TextReceived`, which the journal stores before it is interpreted; from there it can be interpreted once more.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from decimal import Decimal

from vidmagic.errors import VidmagicError
from vidmagic.http.reply import Reply
from vidmagic.http.service_calls import ServiceCalls
from vidmagic.http.sse import Frame
from vidmagic.http.transport import Transport
from vidmagic.providers.chat.frames import error_message, error_reason
from vidmagic.providers.contract import Json, Ticket
from vidmagic.providers.replies import not_accepted
from vidmagic.providers.services import APIYI
from vidmagic.providers.sora_stream import interpret, stored_frames
from vidmagic.spec.events import Event, TextReceived
from vidmagic.spec.models import ImageLimits, Mode, Model
from vidmagic.spec.params import Param
from vidmagic.spec.price import Price
from vidmagic.spec.request import FIRST, Request

DOC = "apiyi-sora2"

RETIRED_ON = "2026-09-24"
RETIRED = f"OpenAI retired Sora 2 on {RETIRED_ON}; whether this gateway still answers is not known."
NAME = "sora_video2"
MODES = (
    Mode("text"),
    Mode(
        "image",
        inputs={FIRST: (1, 1)},
        limits=ImageLimits(formats=("png", "jpeg", "webp"), size=20 * 2**20, source=DOC),
    ),
)


def wire_name(request: Request) -> str:
    """Return the name that stands for this orientation and length; the service takes them by name only."""
    landscape = "-landscape" if request.params["aspect_ratio"] == "16:9" else ""
    return f"{NAME}{landscape}{'-15s' if request.params['duration'] == 15 else ''}"


def _model(name: str, short: str, ratios: tuple[str, ...], durations: tuple[int, ...]) -> Model:
    return Model(
        id=f"apiyi/{name}",
        short=short,
        title="Sora 2",
        params=(
            Param("aspect_ratio", str, "orientation of the picture", ratios[0], ratios, source=DOC),
            Param("duration", int, "length of the video", durations[0], durations, unit="s", source=DOC),
        ),
        modes=MODES,
        called=wire_name,
        price=lambda _: Price(Decimal("0.15"), "USD", "the apiyi document (15 s: $0.25 seen later)", "2026-11-20"),
        seconds=lambda params: 300.0 if params["duration"] == 15 else 180.0,
        note=RETIRED,
        retired=RETIRED_ON,
        alias_of="" if name == NAME else f"apiyi/{NAME}",
        link_hours=24,
        source=DOC,
    )


class Sora:
    """Sora 2 under its four names; the first one takes both choices as parameters."""

    service = APIYI
    models = (
        _model(NAME, "sora", ("9:16", "16:9"), (10, 15)),
        _model("sora_video2-landscape", "sora-landscape", ("16:9",), (10,)),
        _model("sora_video2-15s", "sora-15s", ("9:16",), (15,)),
        _model("sora_video2-landscape-15s", "sora-landscape-15s", ("16:9",), (15,)),
    )

    def body(self, request: Request) -> Json:
        """Return the JSON of POST /v1/chat/completions."""
        content: list[Json] = [{"type": "text", "text": request.prompt}]
        image = request.input(FIRST)
        if image is not None:
            content.append({"type": "image_url", "image_url": {"url": image.link()}})
        return {
            "model": request.wire_name,
            "stream": True,
            "messages": [{"role": "user", "content": content}],
        }

    def submit(self, request: Request, http: Transport) -> Ticket:
        """Open the stream; the ticket carries it, for it cannot be opened twice."""
        stack = contextlib.ExitStack()
        try:
            reply, arriving = stack.enter_context(http.paid.submit_stream("/v1/chat/completions", self.body(request)))
            if not reply.ok:
                raise _refusal(reply)
        except BaseException:
            stack.close()
            raise
        return Ticket("", live=_live(stack, arriving))

    def follow(self, ticket: Ticket, http: ServiceCalls) -> Iterator[Event]:
        """Interpret the stored text of the submit's stream, which was the only one. Raises OutcomeUnknown."""
        for event in interpret(stored_frames(ticket.transcript)):
            if not isinstance(event, TextReceived):  # it is in the journal already
                yield event

    def cancel(self, ticket: Ticket, http: ServiceCalls) -> bool:
        """Return False: the document names no way to stop a job."""
        return False


def _live(stack: contextlib.ExitStack, arriving: Iterator[Frame]) -> Iterator[Event]:
    with stack:
        yield from interpret(arriving)


def _refusal(reply: Reply) -> VidmagicError:
    error = reply.json.get("error")
    message = error_message(error) if error else ""
    return not_accepted(reply, message=message, reason=error_reason(error) if reply.status < 500 else None)
