"""One request for one submit whatever happens, and a key that stays with its service."""

from __future__ import annotations

import gc
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.faults.answers import (
    Answer,
    Seen,
    broken_chunks,
    damaged_gzip,
    half_headers,
    json_answer,
    no_answer,
    redirect,
    reset_after_reading,
    truncated,
)
from tests.faults.server import FaultServer
from tests.faults.toxics import bandwidth, latency, limit_body, reset_peer, slicer, slow_close, timeout
from vidmagic.errors import DownloadFailed, InvalidRequest, JournalError, NotSent, OutcomeUnknown, Unreachable
from vidmagic.http import transport
from vidmagic.http.reply import Reply
from vidmagic.http.transport import Transport
from vidmagic.http.url_policy import check_link, check_origin, is_loopback, is_public
from vidmagic.providers.replies import salvage

KEY = "vm-canary-key"
PATH = "/v1/video"
BODY = {"model": "m", "prompt": "a red kite"}
TASK = json_answer({"task_id": "task-1"})
REDIRECTS = (301, 302, 303, 307, 308)


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], FaultServer]]:
    """Start fault servers, each on a port of its own, that end with the test; without proxies, with short limits."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name, seconds in {"CONNECT": 0.3, "READ": 0.3, "TOTAL": 0.6, "SUBMIT_TOTAL": 0.6}.items():
        monkeypatch.setattr(transport, name, seconds)
    with ExitStack() as running:

        def start() -> FaultServer:
            server = FaultServer()
            running.callback(server.down)
            return server

        yield start


@pytest.fixture
def server(servers: Callable[[], FaultServer]) -> FaultServer:
    """Return the service."""
    return servers()


@pytest.fixture
def elsewhere(servers: Callable[[], FaultServer]) -> FaultServer:
    """Return another host, which must never see the key."""
    return servers().then(Answer(body=b"elsewhere"))


def calling(origin: str | FaultServer, **more: Any) -> Transport:
    """Return a transport to *origin* with the key."""
    url = origin if isinstance(origin, str) else origin.url
    return Transport(url, lambda: {"Authorization": f"Bearer {KEY}"}, **more)


def stream(http: Transport, idle: float = 0.3) -> list[object]:
    """Submit for a stream and read it to its end."""
    with http.submit_stream(PATH, BODY, idle) as (reply, frames):
        return [reply.status, *frames]


def fetched(http: Transport, url: str) -> tuple[Reply, bytes]:
    """Fetch *url* to its end."""
    with http.fetch(url, {}) as (reply, chunks):
        return reply, b"".join(chunks)


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


# -- submits: nothing was sent


def test_a_name_that_does_not_resolve_is_not_sent(servers) -> None:
    """DNS fails before a byte leaves, and the error says so."""
    with pytest.raises(NotSent):
        calling("http://nowhere.invalid").submit(PATH, BODY)


def test_a_refused_connection_is_not_sent(server: FaultServer) -> None:
    """Nobody listens: not sent, not charged."""
    server.down()
    with pytest.raises(NotSent) as caught:
        calling(server).submit(PATH, BODY)
    assert caught.value.charged == "no"
    assert "refused" in caught.value.message


def test_a_connect_timeout_is_not_sent(servers) -> None:
    """A host that takes no connection got no byte."""
    port, waiting = silent_port()
    try:
        with pytest.raises(NotSent, match="in time"):
            calling(f"http://127.0.0.1:{port}").submit(PATH, BODY)
    finally:
        for each in waiting:
            each.close()


def test_no_safe_connection_is_not_sent_and_marked_as_final(servers) -> None:
    """A handshake that fails sends nothing, and its status tells that trying again is no use."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def speak_plainly() -> None:
            with listener.accept()[0] as connection:
                connection.recv(2**16)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=speak_plainly)
        thread.start()
        with pytest.raises(NotSent) as caught:
            calling(f"https://127.0.0.1:{listener.getsockname()[1]}").submit(PATH, BODY)
        thread.join()
    assert caught.value.status == -1


@pytest.mark.parametrize("send", [lambda http: http.submit(PATH, BODY), stream], ids=["submit", "stream"])
@pytest.mark.parametrize("error", [JournalError("the journal is full"), OSError("disk")], ids=["ours", "os"])
def test_a_gate_that_raises_sends_nothing(server: FaultServer, send, error: Exception) -> None:
    """What `before_first_byte` raises keeps every byte here: the server sees no request."""

    def gate() -> None:
        raise error

    server.then(TASK)
    with pytest.raises((JournalError, NotSent)):
        send(calling(server, before_first_byte=gate))
    server.down()
    assert server.seen == []


def test_the_gate_is_passed_once_and_before_the_server_sees_anything(server: FaultServer) -> None:
    """The journal is written at the instant before the first byte, once."""
    seen_at_the_gate: list[int] = []
    http = calling(server.then(TASK), before_first_byte=lambda: seen_at_the_gate.append(len(server.seen)))
    assert http.submit(PATH, BODY).json == {"task_id": "task-1"}
    assert seen_at_the_gate == [0]


def test_the_gate_is_passed_only_when_the_connection_stands(server: FaultServer) -> None:
    """A refused connection never opens the gate, so nothing is journaled as sent."""
    passed: list[str] = []
    server.down()
    with pytest.raises(NotSent):
        calling(server, before_first_byte=lambda: passed.append("gate")).submit(PATH, BODY)
    assert passed == []


# -- submits: sent, and the answer lost

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


@pytest.mark.parametrize("answer", LOST.values(), ids=LOST.keys())
@pytest.mark.parametrize("send", [lambda http: http.submit(PATH, BODY), stream], ids=["submit", "stream"])
def test_a_lost_answer_is_unknown_and_the_request_is_never_repeated(server: FaultServer, answer: Answer, send) -> None:
    """After the first byte a lost answer is OutcomeUnknown, and the server saw one connection."""
    started = time.monotonic()
    with pytest.raises(OutcomeUnknown) as caught:
        send(calling(server.then(answer, TASK)))
    assert time.monotonic() - started < 2
    assert caught.value.charged == "unknown"
    assert server.connections == 1
    assert len(server.seen) == (0 if answer.unread else 1)


def test_a_body_that_the_server_stops_reading_is_unknown(servers) -> None:
    """A write that breaks in the middle of a large body may have been enough for the service."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        http = calling(f"http://127.0.0.1:{listener.getsockname()[1]}")
        with pytest.raises(OutcomeUnknown):
            http.submit(PATH, {"image": "x" * 30_000_000})


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


@pytest.mark.parametrize("answer", SALVAGED.values(), ids=SALVAGED.keys())
def test_what_arrived_of_a_broken_answer_is_kept_and_its_id_found(server: FaultServer, answer: Answer) -> None:
    """A reply that breaks off is marked as cut, ends at the deadline, and still gives the job's id."""
    started = time.monotonic()
    reply = calling(server.then(answer)).submit(PATH, BODY)
    assert time.monotonic() - started < 2
    assert reply.cut
    assert salvage(reply, "task_id") == "task-1"
    assert len(reply.body) < 2 * transport.REPLY_CAP
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
    """No status and no body makes the transport send again: what it means is for the provider to say."""
    reply = calling(server.then(answer, TASK)).submit(PATH, BODY)
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
        reply = calling(server).submit(f"/{id(answer)}", BODY)
        assert (reply.cut, reply.json) == (False, {"task_id": "task-1"})


def test_every_submit_opens_a_connection_of_its_own(server: FaultServer) -> None:
    """A submit never travels on a kept connection, which may have died unseen; looks share one."""
    server.then(TASK.but(keep=True))
    http = calling(server)
    http.get("/look")
    http.get("/look")
    assert server.connections == 1
    http.submit(PATH, BODY)
    http.submit(PATH, BODY)
    assert server.connections == 3


# -- streams


def test_frames_come_as_they_are_sent(server: FaultServer) -> None:
    """A frame is seen when it arrives, not when the stream ends."""
    server.then(Answer(body=b'data: {"n": 1}\n\ndata: {"n": 2}\n\n', headers={"Content-Length": ""}).but(slow_close(5)))
    with calling(server).submit_stream(PATH, BODY, 0.3) as (_, frames):
        started = time.monotonic()
        assert next(frames) == {"n": 1}
        assert time.monotonic() - started < 0.25


def test_a_paid_stream_that_breaks_is_unknown_after_its_frames(server: FaultServer) -> None:
    """What arrived before the break is given; the break itself is OutcomeUnknown, with one request sent."""
    got: list[object] = []
    server.then(Answer(body=b'data: {"n": 1}\n\ndata: {"n"', headers={"Content-Length": "900"}))
    with (
        pytest.raises(OutcomeUnknown),
        calling(server).submit_stream(PATH, BODY, 0.3) as (_, frames),
    ):
        got.extend(frames)
    assert got[0] == {"n": 1}
    assert server.count("POST") == 1


def test_a_silent_paid_stream_is_unknown(server: FaultServer) -> None:
    """Silence longer than the idle limit ends the reading as OutcomeUnknown."""
    server.then(Answer(body=b"data: 1\n\n", headers={"Content-Length": "900"}).but(slow_close(5)))
    with pytest.raises(OutcomeUnknown, match="no answer in time"):
        stream(calling(server))


def test_a_stream_that_is_a_refusal_gives_its_body(server: FaultServer) -> None:
    """An error status comes with its whole body, which says why."""
    server.then(Answer(401, b'{"error": {"message": "bad key"}}'))
    with calling(server).submit_stream(PATH, BODY, 0.3) as (reply, _):
        assert reply.json == {"error": {"message": "bad key"}}


def test_a_stream_of_a_query_that_breaks_is_only_unreachable(server: FaultServer) -> None:
    """A query may be asked again, so its broken stream loses nothing."""
    server.then(Answer(body=b"data: 1\n\n", headers={"Content-Length": "900"}))
    with pytest.raises(Unreachable), calling(server).stream("/get", BODY, 0.3) as (_, frames):
        list(frames)


def test_abort_ends_a_stream_that_is_being_read(server: FaultServer) -> None:
    """Another thread ends a silent stream at once."""
    server.then(Answer(body=b"data: 1\n\n", headers={"Content-Length": "900"}).but(slow_close(5)))
    http = calling(server)
    started = time.monotonic()
    threading.Timer(0.2, http.abort).start()
    with pytest.raises(Unreachable), http.stream("/get", BODY, 30.0) as (_, frames):
        list(frames)
    assert time.monotonic() - started < 2


# -- looks


@pytest.mark.parametrize(
    "answer", [*LOST.values(), *list(SALVAGED.values())[:-1]], ids=[*LOST.keys(), *list(SALVAGED.keys())[:-1]]
)
def test_a_look_that_gets_no_whole_answer_is_unreachable(server: FaultServer, answer: Answer) -> None:
    """Looks end within their limit, also drip-fed ones, and say that nothing is lost."""
    started = time.monotonic()
    with pytest.raises(Unreachable) as caught:
        calling(server.then(answer)).get("/look", {"id": "1"})
    assert time.monotonic() - started < 2
    assert not isinstance(caught.value, NotSent | OutcomeUnknown)


def test_the_connection_of_a_look_that_was_cut_is_not_used_again(server: FaultServer) -> None:
    """After a look that took too long the next one gets its own answer, not the rest of the last."""
    server.then(Answer(body=b'{"n": 1}' + b" " * 10_000, keep=True).but(slicer(60, 0.05)), json_answer({"n": 2}))
    http = calling(server)
    with pytest.raises(Unreachable):
        http.get("/look")
    assert http.get("/look").json == {"n": 2}


@pytest.mark.parametrize("method", ["get", "post", "put"])
def test_a_look_gives_status_body_and_headers(server: FaultServer, method: str) -> None:
    """What the service answers comes back whole, whatever its status."""
    server.then(Answer(503, b'{"code": 1}', {"Retry-After": "12"}))
    http = calling(server)
    reply = http.get("/look") if method == "get" else getattr(http, method)("/look", BODY)
    assert (reply.status, reply.json, reply.retry_after) == (503, {"code": 1}, 12.0)
    assert server.seen[0].method == method.upper()


# -- redirects, the key, other hosts


@pytest.mark.parametrize("status", REDIRECTS)
@pytest.mark.parametrize("call", ["submit", "stream", "get", "post", "put", "upload"])
def test_calls_to_the_service_follow_no_redirect(
    server: FaultServer, elsewhere: FaultServer, status: int, call: str
) -> None:
    """A redirect comes back as the answer; the other host sees nothing, the service one request."""
    server.then(redirect(status, elsewhere.url + PATH))
    http = calling(server)
    calls: dict[str, Callable[[], object]] = {
        "submit": lambda: http.submit(PATH, BODY).status,
        "stream": lambda: stream(http)[0],
        "get": lambda: http.get(PATH).status,
        "post": lambda: http.post(PATH, BODY).status,
        "put": lambda: http.put(PATH, BODY).status,
        "upload": lambda: http.upload(server.url + PATH, b"x", {}).status,
    }
    assert calls[call]() == status
    assert len(server.seen) == 1
    assert elsewhere.connections == 0


@pytest.mark.parametrize("location", ["https://[::1/", "\xff\xfe", "http://x:99999/", "//"])
def test_a_redirect_to_what_is_no_link_is_an_answer_too(server: FaultServer, location: str) -> None:
    """A Location that cannot be parsed does not turn a submit's answer into an error."""
    server.then(Answer(302, b'{"why": "moved"}', {"Location": location}))
    assert calling(server).submit(PATH, BODY).json == {"why": "moved"}
    with pytest.raises(DownloadFailed):
        fetched(calling(server), server.url)


def test_a_redirect_may_be_written_in_utf_8(server: FaultServer) -> None:
    """A Location with raw UTF-8 leads to the path that it spells."""
    server.then(redirect(302, "/é.mp4".encode().decode("latin-1")), Answer())
    fetched(calling(server), server.url)
    assert server.seen[-1].target == "/%C3%A9.mp4"


@pytest.mark.parametrize("status", REDIRECTS)
def test_a_fetch_follows_redirects_without_the_key(server: FaultServer, elsewhere: FaultServer, status: int) -> None:
    """A result link may lead on, as a GET, and neither host sees the key."""
    server.then(redirect(status, elsewhere.url + "/film?sig=a%2Fb"))
    assert fetched(calling(server), server.url + "/r")[1] == b"elsewhere"
    assert elsewhere.seen[0].method == "GET"
    assert elsewhere.seen[0].target == "/film?sig=a%2Fb"
    assert not any("authorization" in seen.headers for seen in server.seen + elsewhere.seen)


def test_the_key_goes_to_the_service_and_to_nobody_else(server: FaultServer, elsewhere: FaultServer) -> None:
    """Calls to the service carry the key; uploads and fetches carry it nowhere, not even to the service's own host."""
    server.then(TASK)
    http = calling(server)
    http.submit(PATH, BODY)
    http.get("/look")
    assert [seen.headers["authorization"] for seen in server.seen] == [f"Bearer {KEY}"] * 2
    http.upload(elsewhere.url + "/put", b"bytes", {"Content-Type": "image/png"})
    fetched(http, elsewhere.url + "/film")
    fetched(http, server.url + "/film")
    assert all(KEY not in str(seen) for seen in [*elsewhere.seen, server.seen[-1]])
    assert elsewhere.seen[0].body == b"bytes"


def test_cookies_of_a_host_are_not_given_to_a_fetch(server: FaultServer) -> None:
    """A fetch starts with nothing but its own headers."""
    server.then(
        json_answer(
            {},
        ).but(headers={"Set-Cookie": "session=1; Path=/"})
    )
    http = calling(server)
    http.get("/look")
    fetched(http, server.url + "/film")
    assert "cookie" not in server.seen[-1].headers


def test_a_netrc_login_does_not_take_the_place_of_the_key(
    server: FaultServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A ~/.netrc for the very host is not read, neither for calls nor for fetches."""
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password secret\n", encoding="ascii")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    http = calling(server.then(TASK))
    http.submit(PATH, BODY)
    http.get("/look")
    stream(http)
    assert {seen.headers["authorization"] for seen in server.seen} == {f"Bearer {KEY}"}
    fetched(http, server.url + "/film")
    http.upload(server.url + "/put", b"x", {})
    assert not any("authorization" in seen.headers for seen in server.seen[-2:])


def test_a_proxy_of_the_environment_is_used_with_its_own_login(
    server: FaultServer, elsewhere: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proxy gets its login, the service its key, and a proxy that is down means that nothing was sent."""
    monkeypatch.setenv("http_proxy", elsewhere.url.replace("//", "//joe:proxy-word@"))
    elsewhere.on(f"{server.url}{PATH}", TASK)
    passed: list[str] = []
    http = calling(server, before_first_byte=lambda: passed.append("gate"))
    assert http.submit(PATH, BODY).json == {"task_id": "task-1"}
    (seen,) = elsewhere.seen
    assert seen.headers["authorization"] == f"Bearer {KEY}"
    assert seen.headers["proxy-authorization"].startswith("Basic ")
    assert passed == ["gate"]
    elsewhere.down()
    with pytest.raises(NotSent) as caught:
        http.submit(PATH, BODY)
    assert "proxy-word" not in str(caught.value)
    assert passed == ["gate"]
    assert server.seen == []


def test_a_proxy_that_refuses_the_tunnel_means_not_sent(
    elsewhere: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CONNECT is the proxy's business: when it is refused, the gate was not passed and no key was seen."""
    monkeypatch.setenv("https_proxy", elsewhere.url.replace("//", "//joe:proxy-word@"))
    elsewhere.on("service.invalid:443", Answer(407))
    passed: list[str] = []
    http = calling("https://service.invalid", before_first_byte=lambda: passed.append("gate"))
    with pytest.raises(NotSent) as caught:
        http.submit(PATH, BODY)
    assert "proxy-word" not in str(caught.value)
    assert [seen.method for seen in elsewhere.seen] == ["CONNECT"]
    assert KEY not in str(elsewhere.seen)
    assert passed == []


SIGNED = (
    "/a%2Fb/film.mp4?X-Amz-Credential=k%2F20261120&X-Amz-Signature=abc&a=%2f&sig=a+b%20c&z=~1%7E2&A=2&a=1&empty=&plus=%2B",
    "/f.mp4?list=[1]&set={x}&half=%zz&percent=100%",
    "/f.mp4?b=2&a=1&b=1",
    "//double//slash/../f.mp4?x=/../y",
)


@pytest.mark.parametrize("target", SIGNED)
@pytest.mark.parametrize("call", ["fetch", "upload", "redirect"])
def test_a_signed_link_is_sent_byte_for_byte(
    server: FaultServer, elsewhere: FaultServer, target: str, call: str
) -> None:
    """%2F stays %2F, %2f stays %2f, the order stays: a signature covers the bytes."""
    http = calling(server.then(redirect(302, elsewhere.url + target)))
    if call == "upload":
        http.upload(elsewhere.url + target, b"x", {})
    else:
        fetched(http, elsewhere.url + target if call == "fetch" else server.url)
    assert elsewhere.seen[-1].target == target


FORBIDDEN = (
    "http://example.com/f.mp4",
    "https://user@93.184.216.34/f.mp4",
    "https://user:pass@93.184.216.34/f.mp4",
    "https://10.0.0.1/f.mp4",
    "https://192.168.1.1/f.mp4",
    "https://169.254.169.254/latest/meta-data",
    "https://100.64.0.1/",
    "https://[fe80::1]/",
    "https://[fc00::1]/",
    "https://[::ffff:10.0.0.1]/",
    "https://0x0a000001/",
    "https://167772161/",
    "https://10.1/",
    "https://0.0.0.0/",
    "https://127.0.0.1\\.example.com/",
    "https://exa mple.com/",
    "https://a..b/",
    f"https://{'x' * 70}.com/",
    "https://[::1/",
    "https://example.com:99999/",
    "https:///f.mp4",
    "https:f.mp4",
    "//example.com/f.mp4",
    "f.mp4",
    "",
    "ftp://example.com/f.mp4",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "data:video/mp4;base64,AAAA",
)
ON_LOOPBACK = (
    "http://127.0.0.1:1/f.mp4",
    "https://127.0.0.1:1/f.mp4",
    "http://localhost:1/f.mp4",
    "https://localhost:1/f.mp4",
    "https://[::1]:1/f.mp4",
    "https://2130706433/f.mp4",
    "https://0x7f.1/f.mp4",
    "https://[::ffff:127.0.0.1]/f.mp4",
)


@pytest.mark.parametrize("url", FORBIDDEN)
@pytest.mark.parametrize("loopback", [False, True])
def test_links_that_lead_where_they_must_not_are_refused(url: str, loopback: bool) -> None:
    """Only https to a public host without a login: all else is refused, and the message holds no path or query."""
    with pytest.raises(DownloadFailed) as caught:
        check_link(url + "?Signature=topsecret", loopback=loopback)
    assert "topsecret" not in caught.value.message
    assert "pass" not in caught.value.message


@pytest.mark.parametrize("url", ON_LOOPBACK)
def test_links_to_this_machine_are_refused_to_a_service_elsewhere(url: str) -> None:
    """A service on the internet cannot send us to our own machine."""
    with pytest.raises(DownloadFailed):
        check_link(url, loopback=False)


def test_links_to_this_machine_are_taken_from_a_service_on_it() -> None:
    """A test service on loopback may have its files there, but no login in their links."""
    check_link("http://127.0.0.1:8000/f.mp4", loopback=True)
    check_link("http://localhost:8000/f.mp4", loopback=True)
    with pytest.raises(DownloadFailed):
        check_link("http://user@127.0.0.1:8000/f.mp4", loopback=True)


def test_public_links_are_taken() -> None:
    """A plain https link to a public address passes, with and without a port."""
    check_link("https://93.184.216.34/f.mp4?X-Amz-Signature=1", loopback=False)
    check_link("https://93.184.216.34:8443/f.mp4", loopback=False)
    check_link("https://[2606:2800:220:1:248:1893:25c8:1946]/f.mp4", loopback=False)
    assert is_public("93.184.216.34")
    assert not is_loopback("localhost.example.com")


@pytest.mark.parametrize("url", [url for url in FORBIDDEN if ":" in url])  # the others are relative, so harmless
def test_each_hop_of_a_fetch_is_checked(server: FaultServer, url: str) -> None:
    """A redirect leads nowhere where a link itself would not be followed."""
    http = calling(server.then(redirect(302, url.replace(" ", "%20"))))
    with pytest.raises(DownloadFailed) as caught:
        fetched(http, server.url + "/r?Signature=topsecret")
    assert len(server.seen) == 1
    assert "topsecret" not in caught.value.message


def test_a_fetch_gives_up_after_five_redirects(server: FaultServer) -> None:
    """A link that goes in circles ends after six requests."""
    server.then(redirect(302, "/again"))
    with pytest.raises(DownloadFailed, match="five"):
        fetched(calling(server), server.url + "/again")
    assert len(server.seen) == 6


def test_a_fetch_from_a_service_elsewhere_cannot_reach_this_machine(server: FaultServer) -> None:
    """The rule is applied by `fetch` and `upload` themselves, before a connection is made."""
    http = Transport("https://api.example.com", dict)
    with pytest.raises(DownloadFailed):
        fetched(http, server.url + "/f.mp4")
    with pytest.raises(DownloadFailed):
        http.upload(server.url + "/put", b"x", {})
    assert server.connections == 0


@pytest.mark.parametrize(
    "answer",
    [reset_after_reading(), no_answer(), Answer(toxics=(timeout(5),)), LOST["dripping headers"]],
    ids=["reset", "no answer", "silence", "dripping headers"],
)
def test_a_fetch_that_fails_is_unreachable_and_tells_no_link(server: FaultServer, answer: Answer) -> None:
    """A connection that fails may be tried again, and its message holds neither path nor query."""
    with pytest.raises(Unreachable) as caught:
        fetched(calling(server.then(answer)), server.url + "/film.mp4?Signature=topsecret")
    assert "topsecret" not in caught.value.message
    assert "film.mp4" not in caught.value.message


def test_a_drip_fed_refusal_of_a_fetch_ends_at_the_limit(server: FaultServer) -> None:
    """The body of an error page cannot hold a download up."""
    server.then(Answer(403, b"x" * 10_000).but(slicer(60, 0.05)))
    started = time.monotonic()
    with calling(server).fetch(server.url + "/f", {}) as (reply, _):
        assert reply.status == 403
    assert time.monotonic() - started < 2


# -- origins


@pytest.mark.parametrize("url", ["https://api.example.com/", "http://127.0.0.1:8000", "http://localhost/x/"])
def test_an_origin_is_https_or_on_this_machine(url: str) -> None:
    """The origin comes back without its last slash."""
    assert check_origin(url) == url.rstrip("/")


@pytest.mark.parametrize(
    "url", ["http://example.com", "https://user@example.com", "http://user@localhost", "ftp://x", "", "https://", "x"]
)
def test_an_origin_that_could_leak_the_key_is_refused(url: str) -> None:
    """Plain http elsewhere and logins are refused before anything is sent."""
    with pytest.raises(InvalidRequest):
        check_origin(url)


# -- secrets and leftovers


def test_an_echoed_key_is_struck_out(server: FaultServer) -> None:
    """What the service says comes without the key, in replies and in frames."""
    http = calling(server, secrets=lambda: [KEY])
    server.on("/echo", Answer(401, f'{{"error": "bad key {KEY}"}}'.encode()))
    server.on(PATH, Answer(body=f'data: {{"said": "{KEY}"}}\n\ndata: {KEY}\n\n'.encode()))
    assert http.get("/echo").json == {"error": "bad key ***"}
    assert stream(http) == [200, {"said": "***"}, "***"]


def test_the_repr_of_a_transport_tells_no_key() -> None:
    """A transport shows where it leads and nothing else."""
    assert repr(calling("https://api.example.com")) == "<Transport https://api.example.com>"


def test_nothing_is_left_open(server: FaultServer) -> None:
    """After all kinds of calls, broken ones too, no socket and no thread but the one for deadlines is left."""
    server.then(TASK).on("/lost", no_answer()).on("/drip", LOST["dripping headers"])
    http = calling(server)

    def work() -> None:
        http.submit(PATH, BODY)
        http.get("/look")
        stream(http)
        fetched(http, server.url + "/f")
        http.upload(server.url + "/f", b"x", {})
        for call in (http.submit, http.post):
            for path in ("/lost", "/drip"):
                with pytest.raises((OutcomeUnknown, Unreachable)):
                    call(path, BODY)

    before = set(threading.enumerate())
    thread = threading.Thread(target=work)
    sockets = open_sockets()
    thread.start()
    thread.join()
    server.down()
    gc.collect()
    started = set(threading.enumerate()) - before
    assert {each.name for each in started} <= {"vidmagic-deadlines"}
    assert open_sockets() <= sockets


def open_sockets() -> int:
    """Count the sockets of this process."""
    count = 0
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            count += str(descriptor.readlink()).startswith("socket:")
        except FileNotFoundError:  # the descriptor of the listing itself
            continue
    return count


@pytest.mark.parametrize(
    ("said_by_service", "seconds"),
    [("7", 7.0), ("0", 0.0), (" 12 ", 12.0), ("", None), ("soon", None), ("-5", None), ("1e9", None), ("NaN", None)],
)
def test_retry_after_is_seconds_or_nothing(said_by_service: str, seconds: float | None) -> None:
    """Only whole seconds or a date count; anything else is as if nothing had been said."""
    assert Reply(429, {"Retry-After": said_by_service}, b"").retry_after == seconds


@pytest.mark.parametrize(
    "date", ["Fri, 20 Nov 2026 08:00:00 GMT", "Mon, 01 Jan 0001 00:00:00 -0000", "Fri, 31 Dec 9999 23:59:59 -0000"]
)
def test_a_date_in_retry_after_never_raises(date: str) -> None:
    """A date gives the seconds until then, never fewer than none."""
    found = Reply(429, {"Retry-After": date}, b"").retry_after
    assert found is None or found >= 0


def test_numbers_of_an_answer_stay_whole() -> None:
    """An id above 2**53 is not rounded."""
    assert Reply(200, {}, b'{"id": 12345678901234567890123}').json == {"id": 12345678901234567890123}


def test_a_seen_request_is_what_was_sent(server: FaultServer) -> None:
    """The body of a submit reaches the server as the JSON that was given, images and all."""
    server.then(TASK)
    body = {"prompt": "红色的风筝 🪁", "seed": 0, "image": "x" * 2_000_000}
    calling(server).submit(PATH, body)
    seen: Seen = server.seen[0]
    assert seen.json == body
    assert seen.headers["accept-encoding"] == "identity"


def test_a_body_may_leave_more_slowly_than_a_connection_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """A large image on a slow line is not cut off by the limit for connecting."""
    monkeypatch.setattr(transport, "CONNECT", 0.3)
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
        calls = Transport(f"http://127.0.0.1:{listener.getsockname()[1]}", dict)
        reply = calls.submit("/v1", {"image": "x" * 20_000_000 + "END"})
        reader.join()
    assert reply.json == {"task_id": "7"}
