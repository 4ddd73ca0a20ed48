"""A submit sends at most one request, whatever happens."""

from __future__ import annotations

import dataclasses
import socket
import threading
import time

import pytest

from tests.faults.answers import Answer, Seen, damaged_gzip, half_headers
from tests.faults.server import FaultServer
from tests.faults.toxics import bandwidth, slicer, slow_close
from tests.http.calls import BODY, LOST, PATH, SALVAGED, SHORT, TASK, WHOLE_JSON, calling, stream
from vidmagic.errors import JournalError, NotSent, OutcomeUnknown
from vidmagic.http.exchange import REPLY_CAP
from vidmagic.http.timeouts import Timeouts
from vidmagic.http.transport import Transport
from vidmagic.providers.replies import accepted_id


def silent_port() -> tuple[int, list[socket.socket]]:
    """Return a port whose queue is full: a connection is neither taken nor refused."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    waiting = [listener]
    for _ in range(4):
        client = socket.socket()
        client.setblocking(False)
        client.connect_ex(listener.getsockname())
        waiting.append(client)
    return listener.getsockname()[1], waiting


def test_a_name_that_does_not_resolve_is_not_sent(servers) -> None:
    """DNS fails before a byte leaves, and the error says so."""
    with pytest.raises(NotSent):
        calling("http://nowhere.invalid", SHORT).paid.submit(PATH, BODY)


def test_a_refused_connection_is_not_sent(server: FaultServer) -> None:
    """Nobody listens: not sent, not charged."""
    server.down()
    with pytest.raises(NotSent) as caught:
        calling(server).paid.submit(PATH, BODY)
    assert caught.value.charged == "no"
    assert "refused" in caught.value.message


def test_a_connect_timeout_is_not_sent(servers) -> None:
    """A host that takes no connection got no byte."""
    port, waiting = silent_port()
    try:
        with pytest.raises(NotSent, match="in time"):
            calling(f"http://127.0.0.1:{port}", SHORT).paid.submit(PATH, BODY)
    finally:
        for connection in waiting:
            connection.close()


def test_no_safe_connection_is_not_sent_and_marked_as_final(servers) -> None:
    """A handshake that fails sends nothing, and its status -1 marks that a retry would not help."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def speak_plainly() -> None:
            with listener.accept()[0] as connection:
                connection.recv(2**16)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=speak_plainly)
        thread.start()
        with pytest.raises(NotSent) as caught:
            calling(f"https://127.0.0.1:{listener.getsockname()[1]}", SHORT).paid.submit(PATH, BODY)
        thread.join()
    assert caught.value.status == -1


@pytest.mark.parametrize("send", [lambda http: http.paid.submit(PATH, BODY), stream], ids=["submit", "stream"])
@pytest.mark.parametrize("error", [JournalError("the journal is full"), OSError("disk")], ids=["ours", "os"])
def test_a_pre_send_check_that_raises_sends_nothing(server: FaultServer, send, error: Exception) -> None:
    """What `pre_send_check` raises stops every byte: the server sees no request."""

    def refuse() -> None:
        raise error

    server.then(TASK)
    with pytest.raises((JournalError, NotSent)):
        send(calling(server, pre_send_check=refuse))
    server.down()
    assert server.seen == []


def test_the_pre_send_check_runs_once_and_before_the_server_sees_anything(server: FaultServer) -> None:
    """The journal is written at the instant before the first byte, once."""
    seen_at_the_check: list[int] = []
    http = calling(server.then(TASK), pre_send_check=lambda: seen_at_the_check.append(len(server.seen)))
    assert http.paid.submit(PATH, BODY).json == {"task_id": "task-1"}
    assert seen_at_the_check == [0]


def test_the_pre_send_check_runs_only_when_the_connection_stands(server: FaultServer) -> None:
    """On a refused connection the pre-send check never runs, so nothing is journaled as sent."""
    checks: list[str] = []
    server.down()
    with pytest.raises(NotSent):
        calling(server, pre_send_check=lambda: checks.append("ran")).paid.submit(PATH, BODY)
    assert checks == []


@pytest.mark.parametrize("answer", LOST.values(), ids=LOST.keys())
@pytest.mark.parametrize("send", [lambda http: http.paid.submit(PATH, BODY), stream], ids=["submit", "stream"])
def test_a_lost_answer_is_unknown_and_the_request_is_never_repeated(server: FaultServer, answer: Answer, send) -> None:
    """After the first byte a lost answer is OutcomeUnknown, and the server saw one connection."""
    started = time.monotonic()
    with pytest.raises(OutcomeUnknown) as caught:
        send(calling(server.then(answer, TASK), SHORT))
    assert time.monotonic() - started < 2
    assert caught.value.charged == "unknown"
    assert server.connections == 1
    assert len(server.seen) == (0 if answer.unread else 1)


def test_a_body_that_the_server_stops_reading_is_unknown(servers) -> None:
    """A write that breaks in the middle of a large body may have been enough for the service."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        patient = dataclasses.replace(SHORT, connect=10, submit_total=4)  # so that it is surely on its way by then
        http = calling(f"http://127.0.0.1:{listener.getsockname()[1]}", patient)
        with pytest.raises(OutcomeUnknown):
            http.paid.submit(PATH, {"image": "x" * 10_000_000})


def test_a_submit_that_is_late_before_it_connects_is_not_sent(server: FaultServer) -> None:
    """A call whose limit passes before it has a connection sends nothing: later nobody would cut it."""

    def late() -> dict[str, str]:
        time.sleep(2 * SHORT.submit_total)
        return {}

    http = Transport(server.then(TASK).url, late, timeouts=SHORT)
    with pytest.raises(NotSent):
        http.paid.submit(PATH, BODY)
    assert server.seen == []


@pytest.mark.parametrize("answer", SALVAGED.values(), ids=SALVAGED.keys())
def test_what_arrived_of_a_broken_answer_is_returned_and_its_id_salvaged(server: FaultServer, answer: Answer) -> None:
    """A reply that breaks off is marked as cut, ends at the deadline, and still gives the job's id."""
    started = time.monotonic()
    reply = calling(server.then(answer), SHORT).paid.submit(PATH, BODY)
    assert time.monotonic() - started < 2
    assert reply.cut
    assert accepted_id(reply, "task_id") == "task-1"
    assert len(reply.body) < 2 * REPLY_CAP
    assert server.count("POST") == 1


ODD = {
    "half headers": half_headers(),
    "empty": Answer(),
    "no content": Answer(204),
    "HTML": Answer(body=b"<html>portal</html>"),
    "an array": Answer(body=b"[1]"),
    "damaged gzip": damaged_gzip(WHOLE_JSON),
    "502": Answer(502, b"<html>bad gateway</html>"),
    "504": Answer(504, b'{"error": "timeout"}'),
    "429": Answer(429, b"{}", {"Retry-After": "7"}),
    "408": Answer(408),
}


@pytest.mark.parametrize("answer", ODD.values(), ids=ODD.keys())
def test_an_answer_without_an_id_comes_back_once_as_it_is(server: FaultServer, answer: Answer) -> None:
    """No status and no body makes the transport send again: the provider judges what it means."""
    reply = calling(server.then(answer, TASK)).paid.submit(PATH, BODY)
    assert reply.status == answer.status
    assert reply.json.get("task_id") is None
    assert server.count("POST") == 1


def test_a_whole_answer_is_not_called_cut(server: FaultServer) -> None:
    """An answer that ends where it should is whole, also in chunks and in slices."""
    body = b'{"task_id": "task-1"}'
    chunked = Answer(body=b"5\r\n" + body[:5] + b"\r\n%x\r\n" % len(body[5:]) + body[5:] + b"\r\n0\r\n\r\n")
    for answer in (
        TASK,
        TASK.but(slicer(7)),
        TASK.but(bandwidth(2000)),
        chunked.but(headers={"Transfer-Encoding": "chunked"}),
    ):
        server.on(f"/{id(answer)}", answer)
        reply = calling(server).paid.submit(f"/{id(answer)}", BODY)
        assert (reply.cut, reply.json) == (False, {"task_id": "task-1"})


def test_every_submit_opens_a_connection_of_its_own(server: FaultServer) -> None:
    """A submit never uses an open connection, which may have died unseen; polls share one."""
    server.then(TASK.but(keep=True))
    http = calling(server)
    http.service.get("/poll")
    http.service.get("/poll")
    assert server.connections == 1
    http.paid.submit(PATH, BODY)
    http.paid.submit(PATH, BODY)
    assert server.connections == 3


def test_frames_come_as_they_are_sent(server: FaultServer) -> None:
    """A frame is seen when it arrives: the stream itself ends only after the limit of its silence."""
    answer = Answer(body=b'data: {"n": 1}\n\ndata: {"n": 2}\n\n', headers={"Content-Length": ""})
    server.then(answer.but(slow_close(60)))
    with calling(server, Timeouts(submit_stream_idle=10)).paid.submit_stream(PATH, BODY) as (_, frames):
        assert next(frames) == {"n": 1}


def test_a_paid_stream_that_breaks_is_unknown_after_its_frames(server: FaultServer) -> None:
    """What arrived before the break is given; the break itself is OutcomeUnknown, with one request sent."""
    got: list[object] = []
    server.then(Answer(body=b'data: {"n": 1}\n\ndata: {"n"', headers={"Content-Length": "900"}))
    with (
        pytest.raises(OutcomeUnknown),
        calling(server).paid.submit_stream(PATH, BODY) as (_, frames),
    ):
        got.extend(frames)
    assert got[0] == {"n": 1}
    assert server.count("POST") == 1


def test_a_silent_paid_stream_is_unknown(server: FaultServer) -> None:
    """Silence longer than the idle limit ends the reading as OutcomeUnknown."""
    server.then(Answer(body=b"data: 1\n\n", headers={"Content-Length": "900"}).but(slow_close(5)))
    with pytest.raises(OutcomeUnknown, match="no answer in time"):
        stream(calling(server, SHORT))


def test_a_stream_that_is_a_refusal_gives_its_body(server: FaultServer) -> None:
    """An error status comes with its whole body, which says why."""
    server.then(Answer(401, b'{"error": {"message": "bad key"}}'))
    with calling(server).paid.submit_stream(PATH, BODY) as (reply, _):
        assert reply.json == {"error": {"message": "bad key"}}


def test_a_seen_request_is_what_was_sent(server: FaultServer) -> None:
    """The body of a submit reaches the server as the JSON that was given, images and all."""
    server.then(TASK)
    body = {"prompt": "红色的风筝 🪁", "seed": 0, "image": "x" * 2_000_000}
    calling(server).paid.submit(PATH, body)
    seen: Seen = server.seen[0]
    assert seen.json == body
    assert seen.headers["accept-encoding"] == "identity"


def test_a_body_may_leave_more_slowly_than_a_connection_is_made() -> None:
    """A large image on a slow line is not cut off by the limit for connecting."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)

        def drain() -> None:
            connection, _ = listener.accept()
            with connection:
                seen = 0
                time.sleep(0.8)
                while b"END" not in (chunk := connection.recv(1 << 20)) and seen < 64_000_000:
                    seen += len(chunk)
                connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{"task_id":"7"}')

        reader = threading.Thread(target=drain)
        reader.start()
        calls = Transport(f"http://127.0.0.1:{listener.getsockname()[1]}", dict, timeouts=Timeouts(connect=0.3))
        reply = calls.paid.submit("/v1", {"image": "x" * 20_000_000 + "END"})
        reader.join()
    assert reply.json == {"task_id": "7"}
