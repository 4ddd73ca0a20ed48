"""Calls to the service that cost nothing and may be repeated: polls and queries."""

from __future__ import annotations

import dataclasses
import threading
import time

import pytest

from tests.faults.answers import Answer, json_answer
from tests.faults.server import FaultServer
from tests.faults.toxics import slicer, slow_close
from tests.http.calls import BODY, LOST, SALVAGED, SHORT, calling
from vidmagic.errors import NotSent, OutcomeUnknown, Unreachable


def test_a_stream_of_a_query_that_breaks_is_only_unreachable(server: FaultServer) -> None:
    """A query may be repeated, so nothing is lost with its broken stream."""
    server.then(Answer(body=b"data: 1\n\n", headers={"Content-Length": "900"}))
    with pytest.raises(Unreachable), calling(server).service.stream("/get", BODY) as (_, frames):
        list(frames)


def test_abort_ends_a_stream_that_is_being_read(server: FaultServer) -> None:
    """Another thread ends a silent stream at once."""
    server.then(Answer(body=b"data: 1\n\n", headers={"Content-Length": "900"}).but(slow_close(5)))
    http = calling(server, dataclasses.replace(SHORT, stream_idle=30.0))
    started = time.monotonic()
    threading.Timer(0.2, http.abort).start()
    with pytest.raises(Unreachable), http.service.stream("/get", BODY) as (_, frames):
        list(frames)
    assert time.monotonic() - started < 20


@pytest.mark.parametrize(
    "answer", [*LOST.values(), *list(SALVAGED.values())[:-1]], ids=[*LOST.keys(), *list(SALVAGED.keys())[:-1]]
)
def test_a_poll_that_gets_no_whole_answer_is_unreachable(server: FaultServer, answer: Answer) -> None:
    """A poll ends within its limit, a drip-fed one too, and raises Unreachable, not an error of a paid call."""
    started = time.monotonic()
    with pytest.raises(Unreachable) as caught:
        calling(server.then(answer), SHORT).service.get("/poll", {"id": "1"})
    assert time.monotonic() - started < 4  # the answers that do end, end after 5 s
    assert not isinstance(caught.value, NotSent | OutcomeUnknown)


def test_the_connection_of_a_poll_that_was_cut_is_not_used_again(server: FaultServer) -> None:
    """After a poll that took too long the next one gets its own answer, not the remainder of the last."""
    server.then(Answer(body=b'{"n": 1}' + b" " * 10_000, keep=True).but(slicer(60, 0.05)), json_answer({"n": 2}))
    http = calling(server, SHORT)
    with pytest.raises(Unreachable):
        http.service.get("/poll")
    assert http.service.get("/poll").json == {"n": 2}


@pytest.mark.parametrize("method", ["get", "post", "put"])
def test_a_poll_gives_status_body_and_headers(server: FaultServer, method: str) -> None:
    """The whole reply is returned, whatever its status."""
    server.then(Answer(503, b'{"code": 1}', {"Retry-After": "12"}))
    http = calling(server)
    reply = http.service.get("/poll") if method == "get" else getattr(http.service, method)("/poll", BODY)
    assert (reply.status, reply.json, reply.retry_after) == (503, {"code": 1}, 12.0)
    assert server.seen[0].method == method.upper()
