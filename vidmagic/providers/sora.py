"""Sora 2 on apiyi: one chat stream is submit and follow in one. The API as read: sora.md beside this file.

There is no task id, so a stream that breaks cannot be opened again. What the stream sends is yielded as `TextReceived`,
which the journal stores, before it is interpreted here; from there it can be interpreted once more.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

from vidmagic.errors import OutcomeUnknown, Reason
from vidmagic.http.reply import Reply
from vidmagic.http.service_calls import ServiceCalls
from vidmagic.http.sse import Frame, frames
from vidmagic.http.transport import Transport
from vidmagic.providers.contract import Json, Ticket
from vidmagic.providers.replies import failure, not_accepted
from vidmagic.providers.services import APIYI
from vidmagic.spec.events import Event, Queued, Ready, Running, TextReceived
from vidmagic.spec.models import ImageLimits, Mode, Model
from vidmagic.spec.params import Param, Value
from vidmagic.spec.price import Price
from vidmagic.spec.request import FIRST, Request

DOC = "apiyi-sora2"

_DECODER = json.JSONDecoder(strict=False)

RETIRED = "OpenAI retired Sora 2 on 2026-09-24; whether this gateway still answers is not known."
MODES = (
    Mode("text"),
    Mode(
        "image",
        images={FIRST: (1, 1)},
        limits=ImageLimits(formats=("png", "jpeg", "webp"), size=20 * 2**20, source=DOC),
    ),
)


def wire_name(params: Mapping[str, Value]) -> str:
    """Return the name that stands for this orientation and length; they are no parameters of the service."""
    landscape = "-landscape" if params["aspect_ratio"] == "16:9" else ""
    return f"sora_video2{landscape}{'-15s' if params['duration'] == 15 else ''}"


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
        source=DOC,
    )


class Sora:
    """Sora 2 under its four names; the first one takes both choices as parameters."""

    service = APIYI
    models = (
        _model("sora_video2", "sora", ("9:16", "16:9"), (10, 15)),
        _model("sora_video2-landscape", "sora-landscape", ("16:9",), (10,)),
        _model("sora_video2-15s", "sora-15s", ("9:16",), (15,)),
        _model("sora_video2-landscape-15s", "sora-landscape-15s", ("16:9",), (15,)),
    )

    def body(self, request: Request) -> Json:
        """Return the JSON of POST /v1/chat/completions."""
        content: list[Json] = [{"type": "text", "text": request.prompt}]
        image = request.image(FIRST)
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
                message, reason, trace = _refusal(reply)
                raise not_accepted(reply, message=message, reason=reason, trace=trace)
        except BaseException:
            stack.close()
            raise
        return Ticket("", live=_live(stack, arriving))

    def follow(self, ticket: Ticket, http: ServiceCalls) -> Iterator[Event]:
        """Read once more what was heard of the submit's stream, which was the only one. Raises OutcomeUnknown."""
        for event in interpret(_kept(ticket.transcript)):
            if not isinstance(event, TextReceived):  # the journal has it
                yield event

    def cancel(self, ticket: Ticket, http: ServiceCalls) -> bool:
        """Return False: the document knows no way to stop a job."""
        return False


def _live(stack: contextlib.ExitStack, arriving: Iterator[Frame]) -> Iterator[Event]:
    with stack:
        yield from interpret(arriving)


def _kept(transcript: str) -> Iterator[Frame]:
    """Yield the frames of a stream from its words. Raises OutcomeUnknown at the end unless the last one ended it."""
    frame: Frame = ""
    for frame in frames([transcript.encode(errors="replace")]):
        yield frame
    if not _is_last(frame):
        raise OutcomeUnknown(
            "the stream ended before the video was announced, and this service has no task id to ask again with",
            hint="Look at the service's own log; it may be charged. `--again` buys a new take.",
        )


def interpret(arriving: Iterator[Frame]) -> Iterator[Event]:
    """Turn the frames of one chat stream into events; only a stream that ends without a link has failed.

    Raises Failed with the service's words, or OutcomeUnknown when it ended without any verdict.
    """
    said = ""
    percent: float | None = None
    try:
        for frame in arriving:
            if frame == "[DONE]":
                continue
            yield TextReceived(frame if isinstance(frame, str) else json.dumps(frame, ensure_ascii=False))
            if isinstance(frame, dict) and (error := frame.get("error")):
                raise failure(_words(error), _reason(error))
            said += _content(frame)
            percent = _percent(said, percent)
            if percent is not None:
                yield Running(percent)
            elif said.strip():
                yield Queued(_last_line(_without_echo(said)))
    except OutcomeUnknown:
        if not (links := _whole_films(said)):
            raise
        yield Ready(links)
    else:
        yield _verdict(said)


def _verdict(said: str) -> Ready:
    """Return the links of a stream that has ended. Raises Failed or OutcomeUnknown where there is none."""
    words, links = _without_echo(said), video_links(said)
    failed = any(word in words.lower() for word in ("失败", "错误", "error", "fail"))
    if links and (_is_film(links[0]) or not failed):  # the words of a failure may link to a page of help
        return Ready(links)
    if failed:
        raise failure(words, None)
    raise OutcomeUnknown(f"the stream ended without a link: {_last_line(words) or 'it said nothing'}")


def video_links(text: str) -> tuple[str, ...]:
    """Return the links in *text* that may lead to the film, those that name an .mp4 first; no previews."""
    words = _without_echo(text)
    found = dict.fromkeys(_balanced(words[match.start() :]) for match in re.finditer(r"https?://", words))
    films = [link for link in found if not re.search(r"\.(webp|gif|png|jpe?g)$", _path(link))]
    return tuple(sorted(films, key=lambda link: not _is_film(link)))


def _whole_films(said: str) -> tuple[str, ...]:
    """Return the films of a stream that broke off, without a link that broke off with it."""
    return tuple(link for link in video_links(said) if _is_film(link) and not said.endswith(link))


def _is_film(link: str) -> bool:
    return _path(link).endswith(".mp4")


def _path(link: str) -> str:
    return re.split("[?#]", link.lower(), maxsplit=1)[0]


def _balanced(text: str) -> str:
    """Cut a link out of running text: parentheses inside it must be balanced, full-width ones end it."""
    depth = 0
    for at, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if depth < 0 or char.isspace() or char in '<>"`）】，。]':
            return text[:at].rstrip(".,;:!")
    return text.rstrip(".,;:!")


def _without_echo(text: str) -> str:
    """Leave out the fenced echo of the prompt: any word, link or fence may stand in it, so it is read as JSON."""
    opening = re.search(r"```(?:json)?\s*(?=\{)", text)
    if opening is not None:
        with contextlib.suppress(ValueError, RecursionError):
            _, end = _DECODER.raw_decode(text, opening.end())
            return text[: opening.start()] + text[end:].lstrip().removeprefix("```")
    return re.sub(r"```.*?(```|\Z)", " ", text, count=1, flags=re.DOTALL)


def _percent(text: str, before: float | None) -> float | None:
    """Return the last percentage of the stream: "进度：98.7%", or a growing row as "进度 42..54..67.."."""
    rows = re.findall(r"进度\s*[:：]?\s*(\d[\d.]*)", _without_echo(text))
    numbers = [part for part in re.split(r"\.{2,}", rows[-1]) if part] if rows else []
    value = float(numbers[-1]) if numbers and numbers[-1].count(".") < 2 else None
    return value if value is not None and 0 <= value <= 100 else before


def _content(frame: Frame) -> str:
    choice = _choice(frame)
    holder = choice.get("delta") or choice.get("message")
    content = holder.get("content") if isinstance(holder, dict) else None
    return content if isinstance(content, str) else ""


def _is_last(frame: Frame) -> bool:
    return bool(_choice(frame).get("finish_reason"))


def _choice(frame: Frame) -> Json:
    choices = frame.get("choices") if isinstance(frame, dict) else None
    choice = choices[0] if isinstance(choices, list) and choices else None
    return choice if isinstance(choice, dict) else {}


def _last_line(text: str) -> str:
    return next((line.strip("> ") for line in reversed(text.splitlines()) if line.strip("> ")), "")[:200]


def _words(error: object) -> str:
    return str(error.get("message") if isinstance(error, dict) else error)


def _reason(error: object) -> Reason | None:
    """Map the gateway's own error codes; None for one that is not known here."""
    code = str(error.get("code") or error.get("type") or "") if isinstance(error, dict) else ""
    table: dict[str, Reason] = {
        "invalid_api_key": "key",
        "insufficient_quota": "balance",
        "insufficient_user_quota": "balance",
        "rate_limit_exceeded": "rate",
        "content_policy_violation": "prompt",
        "model_not_found": "not found",
        "invalid_request_error": "parameters",
    }
    return table.get(code)


def _refusal(reply: Reply) -> tuple[str, Reason | None, str]:
    error = reply.json.get("error") or {}
    return _words(error) if error else "", _reason(error) if reply.status < 500 else None, ""
