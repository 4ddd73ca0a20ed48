"""Helpers of the call tests: a transport with a key and short time limits, and broken answers."""

from __future__ import annotations

from typing import Any

from tests.faults.answers import Answer, broken_chunks, json_answer, no_answer, reset_after_reading, truncated
from tests.faults.server import FaultServer
from tests.faults.toxics import latency, limit_body, reset_peer, slicer, slow_close, timeout
from vidmagic.http.reply import Reply
from vidmagic.http.timeouts import DEFAULT_TIMEOUTS, Timeouts
from vidmagic.http.transport import Transport

KEY = "vm-canary-key"


PATH = "/v1/video"


BODY = {"model": "m", "prompt": "a red kite"}


TASK = json_answer({"task_id": "task-1"})


REDIRECTS = (301, 302, 303, 307, 308)


SHORT = Timeouts(connect=0.3, read=0.3, total=0.6, submit_total=0.6, stream_idle=0.3, submit_stream_idle=0.3)


def calling(origin: str | FaultServer, timeouts: Timeouts = DEFAULT_TIMEOUTS, **more: Any) -> Transport:
    """Return a transport to *origin* with the key."""
    url = origin if isinstance(origin, str) else origin.url
    return Transport(url, lambda: {"Authorization": f"Bearer {KEY}"}, timeouts=timeouts, **more)


def stream(http: Transport) -> list[object]:
    """Submit for a stream and read it to its end."""
    with http.paid.submit_stream(PATH, BODY) as (reply, frames):
        return [reply.status, *frames]


def fetched(http: Transport, url: str) -> tuple[Reply, bytes]:
    """Fetch *url* to its end."""
    with http.open.fetch(url, {}) as (reply, chunks):
        return reply, b"".join(chunks)


LOST = {
    "reset before it was read": Answer(unread=True),
    "reset after it was read": reset_after_reading(),
    "no answer": no_answer(),
    "silence": Answer(toxics=(timeout(5),)),
    "late": TASK.but(latency(5)),
    "half a status line": Answer(raw=b"HTTP/1."),
    "no HTTP": Answer(raw=b"\x00\x01\x02\r\n\r\n"),
    "endless header line": Answer(raw=b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000),
    "endless headers": Answer(raw=b"HTTP/1.1 200 OK\r\n" + b"X: x\r\n" * 200),
    "dripping headers": Answer(raw=b"HTTP/1.1 200 OK" + b"x" * 1000, toxics=(slicer(1, 0.05),)),
}


WHOLE_JSON = b'{"task_id": "task-1", "state": "created", "prompt": "a red kite"}'


SALVAGED = {
    "truncated": truncated(Answer(body=WHOLE_JSON), 40),
    "wrong length": Answer(body=WHOLE_JSON, headers={"Content-Length": "4000"}),
    "length of 5,000 digits": Answer(body=WHOLE_JSON, headers={"Content-Length": "9" * 5000}),
    "broken chunks": broken_chunks(WHOLE_JSON),
    "reset in the body": Answer(body=WHOLE_JSON).but(limit_body(40), reset_peer()),
    "silence in the body": Answer(body=WHOLE_JSON).but(limit_body(40), slow_close(5)),
    "drip-fed": Answer(body=WHOLE_JSON + b" " * 10_000).but(slicer(60, 0.05)),
    "drip-fed without a length": Answer(body=WHOLE_JSON + b" " * 10_000, headers={"Content-Length": ""}).but(
        slicer(60, 0.05)
    ),
    "endless": Answer(body=WHOLE_JSON + b" " * 3_000_000),
}
