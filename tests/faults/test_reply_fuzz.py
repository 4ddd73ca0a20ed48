"""Nothing that a service says raises anything but our own errors, and all that is made of it can be stored.

Each reply of each provider is damaged field by field: types, sizes, NaN, halves of characters, nesting.
"""

from __future__ import annotations

import dataclasses
import json
import random
import re
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.faults.answers import Answer, Seen
from tests.faults.conftest import Trial
from tests.faults.figures import Figures
from tests.faults.server import FaultServer
from tests.faults.systems import SYSTEMS, sora_chunks
from tests.patience import ended
from tests.providers.steps import FIRST, LAST, image, request, transport_to
from tests.quick import QUICK, SHORT_TIMEOUTS
from vidmagic.engine.journal import migrations, rows
from vidmagic.engine.journal.record import Record
from vidmagic.engine.stored_error import to_json
from vidmagic.engine.timing import Timing
from vidmagic.errors import VidmagicError
from vidmagic.http.transport import Transport
from vidmagic.providers.contract import Finder, Provider, Ticket
from vidmagic.providers.dmxapi.h3 import H3
from vidmagic.providers.dmxapi.hailuo import Hailuo
from vidmagic.providers.dmxapi.happyhorse import HappyHorse
from vidmagic.providers.dmxapi.kling import Kling, KlingVideo
from vidmagic.providers.dmxapi.pixverse import PixVerse
from vidmagic.providers.dmxapi.seedance import Seedance
from vidmagic.providers.dmxapi.seedance2 import Seedance2
from vidmagic.providers.dmxapi.viduq2 import ViduQ2
from vidmagic.providers.dmxapi.wan import Wan
from vidmagic.providers.sora import Sora
from vidmagic.providers.vidu import Vidu
from vidmagic.spec.events import Event, Queued, Ready, Running
from vidmagic.spec.request import Request

SECRET = "Signature=se%2Fcret"
LINK = f"https://cdn.example.com/video.mp4?{SECRET}&e=1"
Document = Any  # of JSON

HOSTILE = (
    *("null", "true", "false", "0", "-1", "1", "1.5", "1e999", "-1e999", "1e-999", "NaN", "Infinity", "-Infinity"),
    *("9223372036854775807", "9223372036854775808", "-9223372036854775809", "1" + "0" * 400, "7" * 5000, "65536"),
    *('""', '" "', '"0"', '"\\ud800"', '"a \\udfff b"', '"\\ud83d\\ude00"', '"\\u0000"', '"\\u001b[31m\\u202e"'),
    *("[]", "{}", "[null]", "[[]]", "[{}]", '{"": null}', "[1, 2]", '["success"]', '{"url": {}}', '[{"url": 7}]'),
    *("[" * 60 + "]" * 60, "[" * 500 + "]" * 500, '{"a":' * 400 + "1" + "}" * 400, "[" * 9000, '{"a":' * 9000),
    *('"success"', '"Success"', '"failed"', '"Fail"', '"cancelled"', '"processing"', '"x"', '"../../etc"', '"a b"'),
    *(json.dumps("x" * 20_000), json.dumps(f"see {LINK} now"), json.dumps(LINK), '"https://[::1"', '"https://a..b/"'),
    *('"javascript:alert(1)"', '"http://169.254.169.254/"', '"进度：' + "9" * 400 + '%"', '"当前进度: 1.2.3%"'),
    *("{", '"', "\\", "</html>", '{"a": 1}{"b": 2}', "\u2028", "1002", "1026", "1027", "2013", "-1004"),
)  # fmt: skip
HEADERS = {
    "Retry-After": (
        *(
            "0",
            "-1",
            "9" * 400,
            "NaN",
            "1e9",
            "\xb2",
            "Fri, 31 Dec 9999 23:59:59 -2359",
            "Mon, 01 Jan 0001 00:00:00 +2359",
        ),
        *("Fri, 99 Dec 99999999999999999999 99:99:99 GMT", "Fri, 31 Dec 2026 23:59:59 +99999999", "1 Jan", ","),
    ),
    "Trace-Id": ("", "\xff", "x" * 5000, LINK),
    "x-md-trace-id": ("\xe9", "y" * 5000),
    "Content-Type": ("", "image/png", "\xff"),
    "Content-Encoding": ("gzip", "deflate", "br", "x", "gzip, gzip, gzip, gzip", "\xff"),
    "Location": ("https://[::1", "\xff\xfe", "//", "http://169.254.169.254/"),
    "ETag": ("", "\xff", '"e"', "x" * 5000),
}
STATUSES = (200, 200, 200, 201, 204, 302, 400, 401, 402, 403, 404, 408, 409, 425, 429, 499, 500, 502, 503, 524, 599)


@dataclass(frozen=True, slots=True)
class Quoted:
    """A document that is sent as JSON in the text of a response; it is damaged within."""

    document: Document


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a provider and what a service answers: a document or the frames of a stream, by the path's end."""

    name: str
    provider: Provider
    make: Callable[[Provider, Transport], list[Event] | Ticket | bool | None]
    replies: dict[str, Document] = field(default_factory=dict)


def _submit(sent: Request) -> Callable[[Provider, Transport], Ticket]:
    return lambda provider, http: provider.submit(sent, http)


def _submit_and_follow(sent: Request) -> Callable[[Provider, Transport], list[Event]]:
    def make(provider: Provider, http: Transport) -> list[Event]:
        ticket = provider.submit(sent, http)
        assert ticket.live is not None
        return list(ticket.live)

    return make


def _follow(ticket: Ticket) -> Callable[[Provider, Transport], list[Event]]:
    return lambda provider, http: list(provider.follow(ticket, http.service))


def _find(provider: Provider, http: Transport) -> Ticket | None:
    assert isinstance(provider, Finder)
    return provider.find_lost("key1", 1.7e9, http.service, {})


V1, V2, TASK = Ticket("77", {"version": "v1"}), Ticket("77", {"version": "v2"}), Ticket("77")
CREATION = {"id": "c1", "url": LINK, "cover_url": "https://x.example/c.jpg", "watermarked_url": LINK}
DONE = {"id": "77", "state": "success", "err_code": "", "credits": 4, "creations": [CREATION], "payload": "key1"}
TASKS = {"tasks": [{"id": "77", "state": "created"}], "next_page_token": ""}
UPLOAD = {"id": "7", "put_url": "http://127.0.0.1:1/x", "uri": "ssupload:?id=7"}
OUTPUT = [{"type": "message", "content": [{"type": "output_text", "text": f"✅ 视频生成完成\n视频URL: {LINK}"}]}]
STREAM = [
    {"type": "response.created", "response": {"id": "r", "status": "in_progress"}},
    {"type": "response.output_text.delta", "delta": "当前进度: 50%\n"},
    {"type": "response.output_text.done", "text": f"✅ 完成\n视频URL: {LINK}\n"},
    {"type": "response.completed", "response": {"status": "completed", "output": OUTPUT, "usage": {"total": 5}}},
]
FAILED_STREAM = [
    {"type": "response.failed", "response": {"status": "failed", "error": {"code": "x", "message": f"no {LINK}"}}},
    {"error": {"message": "upstream", "type": "rix_api_error", "code": "InternalError"}, "status": "failed"},
]
BASE = {"status_code": 0, "status_msg": "success"}
REFUSAL = {
    "error": {"message": f"no, see {LINK}", "code": "x", "type": "y"},
    "metadata": {"trace_id": "t"},
    "id": "req-1",
}
VIDU, VIDUQ2, SEEDANCE, SORA, HAILUO, PIXVERSE = Vidu(), ViduQ2(), Seedance(), Sora(), Hailuo(), PixVerse()
HAPPYHORSE, KLING, KLING_VIDEO, SEEDANCE2, WAN = HappyHorse(), Kling(), KlingVideo(), Seedance2(), Wan()
MINIMAX_H3 = H3()


def _calls() -> list[Call]:
    text, frames = request(VIDU, "vidu", "a kite"), request(VIDU, "vidu", "a kite", image=FIRST, last_image=LAST)
    local = request(VIDU, "vidu", "a kite", image=image())
    kite = {
        "task_id": "77",
        "id": "77",
        "state": "created",
        "credits": 4,
        "usage": {"total_tokens": 7},
        "base_resp": BASE,
    }
    hailuo, sora = request(HAILUO, "hailuo", "a kite"), request(SORA, "sora", "a kite")
    seedance, viduq2 = request(SEEDANCE, "seedance", "a kite"), request(VIDUQ2, "viduq2", "a kite", image=FIRST)
    hailuo_done = {"status": "Success", "file_id": "7", "video_width": 64, "video_height": 48, "base_resp": BASE}
    hailuo_file = {"file": {"file_id": 7, "download_url": LINK, "backup_download_url": LINK}, "base_resp": BASE}
    broken = {
        **hailuo_done,
        "status": "Fail",
        "base_resp": {"status_code": 1027, "status_msg": f"no {LINK}"},
        "trace": "t",
    }
    submits = [
        Call(f"submit {name}", provider, _submit(sent), {"": answer})
        for name, provider, sent in (
            *(("vidu1", VIDU, text), ("vidu2", VIDU, frames), ("hailuo", HAILUO, hailuo)),
            *(("seedance", SEEDANCE, seedance), ("viduq2", VIDUQ2, viduq2)),
        )
        for answer in (
            kite,
            REFUSAL,
            {**REFUSAL, "base_resp": {"status_code": 1004, "status_msg": "no"}, "reason": "z"},
        )
    ]
    return [
        *submits,
        *_model_studio_calls(HAPPYHORSE, "happyhorse"),
        *_model_studio_calls(WAN, "wan"),
        *_kling_calls(),
        *_seedance2_calls(),
        *_minimax_calls(hailuo_done, hailuo_file, broken),
        Call("upload vidu", VIDU, _submit(local), {"": kite, "uploads": UPLOAD, "finish": UPLOAD}),
        *(Call("poll vidu1", VIDU, _follow(V1), {"": {**DONE, "state": s}}) for s in ("success", "failed", "created")),
        Call("poll vidu2", VIDU, _follow(V2), {"": DONE}),
        Call("cancel vidu2", VIDU, lambda provider, http: provider.cancel(V2, http.service), {"": REFUSAL}),
        Call("find vidu2", VIDU, _find, {"tasks": TASKS, "creations": DONE}),
        *(Call("poll hailuo", HAILUO, _follow(TASK), {"": a, "retrieve": hailuo_file}) for a in (hailuo_done, broken)),
        *(Call("poll seedance", SEEDANCE, _follow(TASK), {"": stream}) for stream in (STREAM, FAILED_STREAM)),
        *(Call("poll viduq2", VIDUQ2, _follow(TASK), {"": stream}) for stream in (STREAM, FAILED_STREAM)),
        *_pixverse_calls(),
        *(Call("sora", SORA, _submit_and_follow(sora), {"": a}) for a in (sora_chunks(LINK), [REFUSAL], REFUSAL)),
    ]


def _pixverse_calls() -> list[Call]:
    """Return PixVerse's calls; its uploads and submits share a path, so one reply has the ids of both."""
    task = {"video_id": 77, "img_id": 7, "credits": 45}
    made = {"id": 77, "url": LINK, "status": 1, "outputWidth": 640, "outputHeight": 360, "credits": 7}
    flat = {"video_url": LINK, "video_id": 77, "status": "succeeded", "usage": {"total_tokens": 7}}
    text, local = request(PIXVERSE, "pixverse", "a kite"), request(PIXVERSE, "pixverse", "a kite", image=image())
    answers = ({**task, "usage": {"total_tokens": 7}}, {"ErrCode": 0, "ErrMsg": "Success", "Resp": task}, REFUSAL)
    polls = [{"ErrCode": 0, "ErrMsg": "Success", "Resp": {**made, "status": status}} for status in (1, 5, 7)]
    return [
        *(Call("submit pixverse", PIXVERSE, _submit(text), {"": answer}) for answer in answers),
        *(Call("upload pixverse", PIXVERSE, _submit(local), {"": answer}) for answer in answers),
        *(Call("poll pixverse", PIXVERSE, _follow(TASK), {"": answer}) for answer in (*polls, flat)),
    ]


def _model_studio_calls(provider: Provider, short: str) -> list[Call]:
    """Return the calls of a system of Alibaba Cloud's; its task is JSON in the text of a response."""
    done = {"task_status": "SUCCEEDED", "end_time": "2026-04-28 14:28:24.417", "video_url": LINK}
    failed = {"task_status": "FAILED", "code": "DataInspectionFailed", "message": f"no {LINK}"}
    tasks = [{"task_id": "77", **more} for more in (done, failed, {"task_status": "UNKNOWN"})]
    kite, started = request(provider, short, "a kite"), {"task_id": "77", "task_status": "PENDING"}
    polls = *map(Quoted, tasks), in_text(tasks[0])
    return [
        *(Call(f"submit {short}", provider, _submit(kite), {"": a}) for a in (Quoted(started), in_text(started))),
        *(Call(f"poll {short}", provider, _follow(TASK), {"": answer}) for answer in polls),
    ]


def _kling_calls() -> list[Call]:
    """Return the calls of both Kling models, whose tasks are JSON in the text of a response."""
    videos = [{"id": "mda-7", "url": LINK, "duration": "3.041", "watermark_url": LINK}]
    task = {"task_id": "77", "task_status_msg": f"no {LINK}", "final_unit_deduction": "9"}
    states = [{**task, "task_status": "succeed", "task_result": {"videos": videos}}, {**task, "task_status": "failed"}]
    polls = [Quoted({"code": 0, "message": "SUCCEED", "data": state, "request_id": "r"}) for state in states]
    made = {"task_id": "77", "task_status": "SUCCEEDED", "video_url": LINK, "watermark_video_url": LINK}
    v3, video = request(KLING, "kling", "a kite"), request(KLING_VIDEO, "kling-video", "a kite")
    return [
        Call("submit kling", KLING, _submit(v3), {"": Quoted({"taskId": "tsk-77"})}),
        *(Call("poll kling", KLING, _follow(TASK), {"": poll}) for poll in polls),
        Call("submit kling-video", KLING_VIDEO, _submit(video), {"": Quoted({"task_id": "77", "task_status": "x"})}),
        *(Call("poll kling-video", KLING_VIDEO, _follow(TASK), {"": a}) for a in (Quoted(made), in_text(made))),
    ]


def _seedance2_calls() -> list[Call]:
    """Return the calls of Seedance 2.0; its task is JSON in the text of a response, its id is not."""
    done = {"content": {"video_url": LINK, "last_frame_url": LINK}, "status": "succeeded"}
    failed = {"error": {"code": "OutputVideoSensitiveContentDetected", "message": f"no {LINK}"}, "status": "failed"}
    kite, started = request(SEEDANCE2, "seedance-2", "a kite"), {"id": "cgt-77", "usage": {"total_tokens": 7}}
    return [
        *(Call("submit seedance-2", SEEDANCE2, _submit(kite), {"": answer}) for answer in (started, REFUSAL)),
        *(
            Call("poll seedance-2", SEEDANCE2, _follow(TASK), {"": Quoted({"id": "cgt-77", **task})})
            for task in (done, failed, {"status": "running"})
        ),
    ]


def _minimax_calls(*replies: Document) -> list[Call]:
    """Return the calls of H3, and of Hailuo with images: both its queries share a path, so one reply answers both."""
    h3, framed = request(MINIMAX_H3, "h3", "a kite"), request(HAILUO, "hailuo", "a kite", image=FIRST)
    done, file, broken = replies
    tasks = [
        {"id": "77", "status": "succeeded", "content": {"url": LINK}, "usage": {"total_seconds": 5}},
        {"id": "77", "status": "failed", "error": {"code": "1027", "message": f"no {LINK}"}},
        {"id": "77", "status": "running"},
    ]
    started = {"task_id": "77", "usage": {"total_tokens": 7}, "base_resp": BASE}
    at_responses = Ticket("77", {"path": "/v1/responses"})
    return [
        *(Call("submit h3", MINIMAX_H3, _submit(h3), {"": answer}) for answer in (started, REFUSAL)),
        *(Call("poll h3", MINIMAX_H3, _follow(TASK), {"": {"task": task, "usage": {}}}) for task in tasks),
        *(Call("submit hailuo image", HAILUO, _submit(framed), {"": answer}) for answer in (started, REFUSAL, broken)),
        *(Call("poll hailuo image", HAILUO, _follow(at_responses), {"": a}) for a in ({**done, **file}, broken)),
    ]


def in_text(document: Document) -> dict[str, Any]:
    """Return the response whose text is *document* as JSON, or a text as it is."""
    text = document if isinstance(document, str) else json.dumps(document)
    content = [{"type": "output_text", "text": text}]
    return {"request_id": "r", "output": [{"type": "message", "content": content}], "usage": {"total_tokens": 7}}


CALLS = _calls()


def damaged(document: Document, dice: random.Random) -> str:
    """Return the JSON of *document* with one or two of its fields replaced, left out, or of another name."""
    document = json.loads(json.dumps(document))
    marks: list[str] = []
    for _ in range(dice.choice((1, 1, 2))):
        if not (positions := list(_positions(document))):
            break
        holder, key = dice.choice(positions)
        how = dice.random()
        if how < 0.85 or not isinstance(holder, dict):
            holder[key] = f"@@{len(marks)}@@"
            marks.append(dice.choice(HOSTILE))
        elif how < 0.95:
            del holder[key]
        else:
            holder[key + "_x"] = holder.pop(key)
    text = json.dumps(document, ensure_ascii=dice.random() < 0.5)
    for number, hostile in enumerate(marks):
        text = text.replace(f'"@@{number}@@"', hostile)
    return text


def _positions(holder: Document) -> Iterator[tuple[Document, Any]]:
    """Yield each position in a document: the object or list, and the key or index in it."""
    for key, value in list(holder.items() if isinstance(holder, dict) else enumerate(holder)):
        yield holder, key
        if isinstance(value, dict | list):
            yield from _positions(value)


def answer_of(document: Document, dice: random.Random, *, whole: bool) -> Answer:
    """Return the answer with *document*, damaged unless it is to stay *whole*; a list is sent as a stream's frames."""
    if isinstance(document, list):
        at = -1 if whole else dice.randrange(len(document))
        lines = [damaged(f, dice) if n == at else json.dumps(f) for n, f in enumerate(document)]
        body = "".join(f"data: {line}\n\n" for line in [*lines, "[DONE]"])
    elif isinstance(document, Quoted):
        body = json.dumps(in_text(document.document if whole else damaged(document.document, dice)))
    else:
        body = json.dumps(document) if whole else damaged(document, dice)
    if whole:
        return Answer(body=body.encode(errors="surrogatepass"))
    names = dice.sample(list(HEADERS), dice.choice((0, 0, 0, 1, 2)))
    status = dice.choice(STATUSES) if dice.random() < 0.4 else 200
    data = body.encode(errors="surrogatepass")
    return Answer(status, data if status != 204 else b"", {name: dice.choice(HEADERS[name]) for name in names})


class Judge:
    """Checks what came of a call: its texts can be printed, its values stored, and no link stands in an error."""

    def __init__(self) -> None:
        self.db = sqlite3.connect(":memory:")
        self.db.row_factory = sqlite3.Row
        for script in migrations.MIGRATIONS:
            self.db.executescript(script)
        self.stored = 0

    def store(self, **changes: Any) -> None:
        """Store a job with *changes* and read it back."""
        self.stored += 1
        record = dataclasses.replace(
            Record(f"j{self.stored}", "m/m", "p", {}, "f", reported={}), **changes, created=float(self.stored)
        )
        rows.insert(self.db, record)
        row = self.db.execute("SELECT * FROM job WHERE id = ?", (record.id,)).fetchone()
        for value in row:
            if isinstance(value, str):
                value.encode()
        rows.read(row)
        self.db.execute("SELECT json_extract(reported, '$.credits') FROM job WHERE id = ?", (record.id,)).fetchone()
        self.db.execute("DELETE FROM job")

    def error(self, error: VidmagicError) -> None:
        """Check an error of ours."""
        " ".join(error.lines()).encode()
        assert SECRET not in error.message, error.message
        retry_after = getattr(error, "retry_after", None)
        assert retry_after is None or retry_after >= 0
        self.store(error=to_json(error))

    def outcome(self, outcome: list[Event] | Ticket | bool | None) -> None:
        """Check what a call gave."""
        if isinstance(outcome, Ticket):
            assert re.fullmatch(r"[A-Za-z0-9._:-]*", outcome.task_id)
            self.store(ticket={"task_id": outcome.task_id, **outcome.data}, reported=dict(outcome.reported))
        elif isinstance(outcome, list):
            for event in outcome:
                self._event(event)

    def _event(self, event: Event) -> None:
        if isinstance(event, Queued | Running):
            event.message.encode()
        if isinstance(event, Running):
            assert event.percent is None or 0 <= event.percent <= 100
        if isinstance(event, Ready):
            assert event.urls
            assert all(isinstance(url, str) and url for url in event.urls)
            links = {"urls": list(event.urls), "extras": dict(event.extras)}
            size = {"width": event.width or 0, "height": event.height or 0}
            self.store(links=links, reported=dict(event.reported), **size)


def replies(call: Call, dice: random.Random) -> Callable[[Seen], Answer]:
    """Return what answers a call: one of its replies is damaged, the others are good."""
    bad = dice.choice(list(call.replies))

    def answer(seen: Seen) -> Answer:
        name = next((end for end in call.replies if end and seen.path.endswith(end)), "")
        return answer_of(call.replies[name], dice, whole=name != bad)

    return answer


@pytest.mark.parametrize("name", sorted({call.name for call in CALLS}))
def test_a_damaged_reply_raises_only_our_errors(
    name: str, dice: random.Random, figures: Figures, *, long: bool
) -> None:
    """Whatever stands in any field, header or status: an event, a ticket or an error of ours, and all can be stored."""
    calls, judge = [call for call in CALLS if call.name == name], Judge()
    names = len({call.name for call in CALLS})
    count, seen = (50_000 // names + 1) if long else 25, 0
    while seen < count:
        server = FaultServer()
        for _ in range(min(500, count)):
            call, seed = dice.choice(calls), dice.random()
            server._order[:] = [replies(call, random.Random(seed))]
            http = transport_to(call.provider, server.url, timeouts=SHORT_TIMEOUTS)
            try:
                judge.outcome(call.make(call.provider, http))
            except VidmagicError as error:
                judge.error(error)
            except Exception as fault:
                raise AssertionError(f"{call.name} with seed {seed}: {server.seen[-1:]}") from fault
        seen += len(server.seen)
        server.down()
    figures.add(cases=seen, replies=seen)


@pytest.fixture
def timing() -> Timing:
    """Return timing that retries at once."""
    return dataclasses.replace(QUICK, timeouts=SHORT_TIMEOUTS, first_retry=0.001, longest_retry=0.002)


def test_a_paid_job_survives_damaged_polls(trial: Trial, dice: random.Random, *, long: bool) -> None:
    """Over damaged polls a paid job is done, or failed by the service's word, or waits and is done when resumed."""
    for number in range(600 if long else 12):
        system = list(SYSTEMS.values())[number % len(SYSTEMS)]
        if not system.poll_wire:
            continue
        service = trial.serve()
        good = service.good_poll(system, "1001")
        document = [json.loads(good.body[6:])] if system.poll_wire == "responses" else json.loads(good.body)
        service.poll_answers = [answer_of(document, dice, whole=False) for _ in range(3)]
        job = ended(trial.start(f"fuzz {number}", system))
        if job.state in {"paused", "ready"}:
            assert "a fault here" not in str(job.error), job.error
            service.poll_answers.clear()
            job = ended(trial.session.resume(job.id))
        assert job.state in {"done", "failed", "paused"}, (job, job.error)
        assert "a fault here" not in str(job.error), job.error
        assert SECRET not in "".join(event.message for event in job.events() if isinstance(event, Queued | Running))
        assert job.charged != "no"
        assert len(service.paid) == 1
        trial.figures.add(cases=1, paid=1, done=job.state == "done", bought_twice=0, lost=0)
