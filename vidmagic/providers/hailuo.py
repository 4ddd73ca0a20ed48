"""Hailuo (MiniMax) on the DMXAPI gateway: submit, query, retrieve. Notes on the API: hailuo.md beside this file."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

from vidmagic.errors import OutcomeUnknown, Paused, Reason, Unreachable
from vidmagic.http.reply import Reply
from vidmagic.http.service_calls import ServiceCalls
from vidmagic.http.transport import Transport
from vidmagic.providers.contract import Json, Ticket
from vidmagic.providers.replies import accepted_id, failure, not_accepted, read_poll, service_text
from vidmagic.providers.services import DMXAPI, gateway_message
from vidmagic.providers.task_states import FAILED, WAITING, ended_badly
from vidmagic.spec.events import Event, Queued, Ready, Running
from vidmagic.spec.models import Mode, Model, Move
from vidmagic.spec.params import AllowedCombinations, Param, Value
from vidmagic.spec.price import Price
from vidmagic.spec.request import Request

DOC = "dmxapi-hailuo"
WIDEST = 2**16  # pixels; a service that names more does not mean the video's size

CODES: dict[int, Reason] = {
    1002: "rate",
    1004: "key",
    1008: "balance",
    1026: "prompt",
    1027: "result",
    2013: "parameters",
    2038: "key",
    2049: "key",
}

# The fifteen moves of the document, in its words and in those its own example uses.
MOVES = (
    Move("左移", "Truck left", "the camera slides to the left"),
    Move("右移", "Truck right", "the camera slides to the right"),
    Move("左摇", "Pan left", "the camera stays and turns to the left"),
    Move("右摇", "Pan right", "the camera stays and turns to the right"),
    Move("推进", "Push in", "the camera goes towards what it looks at"),
    Move("拉远", "Pull out", "the camera goes away from what it looks at"),
    Move("上升", "Pedestal up", "the camera rises and keeps looking ahead"),
    Move("下降", "Pedestal down", "the camera sinks and keeps looking ahead"),
    Move("上摇", "Tilt up", "the camera stays and looks up"),
    Move("下摇", "Tilt down", "the camera stays and looks down"),
    Move("变焦推近", "Zoom in", "the lens brings the picture closer"),
    Move("变焦拉远", "Zoom out", "the lens takes the picture farther away"),
    Move("晃动", "Shake", "the camera trembles as if held in the hand"),
    Move("跟随", "Tracking shot", "the camera follows what moves"),
    Move("固定", "Static shot", "the camera does not move"),
)

PRICES = {("768P", 6): "2.00", ("768P", 10): "4.00", ("1080P", 6): "3.50"}

PARAMS = (
    Param("duration", int, "length of the video", 6, (6, 10), unit="s", source=DOC),
    Param("resolution", str, "size of the picture; 1080P only with 6 s", "768P", ("768P", "1080P"), source=DOC),
    Param("prompt_optimizer", bool, "let the service rewrite the prompt", default=True, source=DOC),
    Param("fast_pretreatment", bool, "shorten that rewriting", default=False, source=DOC),
    Param("aigc_watermark", bool, "put a watermark on the video", default=False, source=DOC),
)
TEXT = Mode("text", together=(AllowedCombinations(("resolution", "duration"), frozenset(PRICES), source=DOC),))


def price(request: Request) -> Price | None:
    """Return the price read on DMXAPI's list; it names version 2.3 only."""
    amount = PRICES.get((str(request.params["resolution"]), int(request.params["duration"])))
    return Price(Decimal(amount), "CNY", "DMXAPI price list", "2026-11-20") if amount else None


def seconds(params: Mapping[str, Value]) -> float:
    """Return the generation time seen: 120 s at 768P, 240 s at 1080P."""
    return 240.0 if params.get("resolution") == "1080P" else 120.0


def camera_warnings(prompt: str) -> list[str]:
    """Return advice on words in brackets that are not camera moves, and on brackets with more than three moves."""
    known = {word.lower(): word for move in MOVES for word in (move.chinese, move.english)}
    advice = []
    for bracket in re.findall(r"(?<!\[)\[([^\[\]\n]{1,200})\](?!\])", prompt):
        words = [word.strip() for word in re.split(r"[,，、]", bracket)]
        if len(words) > 3:
            advice.append(f"[{bracket}] holds {len(words)} camera moves; the document advises at most 3")
        for word in words:
            if word.lower() not in known:
                near = difflib.get_close_matches(word.lower(), known, n=1, cutoff=0.5)
                hint = f"; the nearest is [{known[near[0]]}]" if near else ""
                advice.append(f"[{word}] is not a camera move that the document names{hint}")
    return advice


def _model(name: str, short: str, title: str, **more: object) -> Model:
    return Model(
        id=f"dmxapi/{name}",
        short=short,
        title=title,
        params=PARAMS,
        modes=(TEXT,),
        longest_prompt=2000,
        seconds=seconds,
        warn=lambda request: camera_warnings(request.prompt),
        moves=MOVES,
        link_hours=9,
        source=DOC,
        **more,  # type: ignore[arg-type]
    )


class Hailuo:
    """The two Hailuo models; both take text only."""

    service = DMXAPI
    models = (
        _model("MiniMax-Hailuo-2.3", "hailuo", "Hailuo 2.3", price=price),
        _model("MiniMax-Hailuo-02", "hailuo-02", "Hailuo 02"),
    )

    def body(self, request: Request) -> Json:
        """Return the JSON of POST /v1/video_generation."""
        return {"model": request.wire_name, "prompt": request.prompt, **request.params}

    def submit(self, request: Request, http: Transport) -> Ticket:
        """Start the job; the reply's `task_id` is the ticket."""
        reply = http.paid.submit("/v1/video_generation", self.body(request))
        task = accepted_id(reply, "task_id")
        if task:
            return Ticket(task)
        code, message = _base(reply)
        if code and reply.status < 500:
            if code not in CODES:
                raise OutcomeUnknown(f"code {code}: {service_text(message)}", trace=_trace(reply))
            raise not_accepted(reply, message=message, reason=CODES[code], trace=_trace(reply))
        raise not_accepted(reply, message=gateway_message(reply), trace=_trace(reply))

    def follow(self, ticket: Ticket, http: ServiceCalls) -> Iterator[Event]:
        """Poll once: the task's status, and with "Success" the link of the file."""
        answer = self._query(http, "/v1/query/video_generation", {"task_id": ticket.task_id})
        status = str(answer.get("status") or "")
        if status.lower() == "success" and answer.get("file_id"):
            yield self._ready(ticket, answer, http)
        elif status.lower() in FAILED:
            code, message = _base_of(answer)
            words = message if code else ended_badly(status)
            raise failure(words, CODES.get(code), trace=str(answer.get("trace", "")))
        elif status.lower() in WAITING:
            yield Queued(status)
        else:
            yield Running(message=status)

    def cancel(self, ticket: Ticket, http: ServiceCalls) -> bool:
        """Return False: the document names no way to stop a job."""
        return False

    def _ready(self, ticket: Ticket, answer: Json, http: ServiceCalls) -> Ready:
        query = {"file_id": str(answer["file_id"]), "task_id": ticket.task_id}
        file = self._query(http, "/v1/files/retrieve", query).get("file")
        links = [file.get("download_url"), file.get("backup_download_url")] if isinstance(file, dict) else []
        urls = tuple(link for link in links if isinstance(link, str) and link)
        if not urls:
            raise Unreachable("the service reports that the video is done and gives no link yet")
        return Ready(urls, width=_side(answer, "video_width"), height=_side(answer, "video_height"))

    def _query(self, http: ServiceCalls, path: str, query: dict[str, str]) -> Json:
        reply = http.get(path, query)
        code, message = _base(reply)
        if code:
            reason = CODES.get(code)
            if reason in {"key", "balance"}:
                raise Paused(f"code {code}: {service_text(message)}", reason=reason or "", trace=_trace(reply))
            if reason in {"prompt", "result"}:
                raise failure(message, reason, trace=_trace(reply))
            raise Unreachable(f"code {code}: {service_text(message)}")
        return read_poll(reply)


def _base(reply: Reply) -> tuple[int, str]:
    return _base_of(reply.json)


def _base_of(answer: Json) -> tuple[int, str]:
    base = answer.get("base_resp")
    if not isinstance(base, dict):
        return 0, ""
    code = base.get("status_code")
    return (code if isinstance(code, int) else 0), str(base.get("status_msg") or "")


def _trace(reply: Reply) -> str:
    return reply.headers.get("Trace-Id", "")


def _side(answer: Json, name: str) -> int | None:
    value = answer.get(name)
    return value if isinstance(value, int) and 0 < value < WIDEST else None
