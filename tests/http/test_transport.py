"""What holds for all calls of a job: who sees the key, who follows a redirect, what is left open."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.answers import Answer, no_answer, redirect
from tests.faults.server import FaultServer
from tests.http.calls import BODY, KEY, LOST, PATH, REDIRECTS, SHORT, TASK, calling, fetched, stream
from vidmagic.errors import DownloadFailed, NotSent, OutcomeUnknown, Unreachable


@pytest.mark.parametrize("status", REDIRECTS)
@pytest.mark.parametrize("call", ["submit", "stream", "get", "post", "put", "upload"])
def test_calls_to_the_service_follow_no_redirect(
    server: FaultServer, elsewhere: FaultServer, status: int, call: str
) -> None:
    """A redirect comes back as the answer; the other host sees nothing, the service one request."""
    server.then(redirect(status, elsewhere.url + PATH))
    http = calling(server)
    calls: dict[str, Callable[[], object]] = {
        "submit": lambda: http.paid.submit(PATH, BODY).status,
        "stream": lambda: stream(http)[0],
        "get": lambda: http.service.get(PATH).status,
        "post": lambda: http.service.post(PATH, BODY).status,
        "put": lambda: http.service.put(PATH, BODY).status,
        "upload": lambda: http.open.upload(server.url + PATH, b"x", {}).status,
    }
    assert calls[call]() == status
    assert len(server.seen) == 1
    assert elsewhere.connections == 0


@pytest.mark.parametrize("location", ["https://[::1/", "\xff\xfe", "http://x:99999/", "//"])
def test_a_redirect_to_an_invalid_link_is_an_answer_too(server: FaultServer, location: str) -> None:
    """A Location that cannot be parsed does not turn a submit's answer into an error."""
    server.then(Answer(302, b'{"why": "moved"}', {"Location": location}))
    assert calling(server).paid.submit(PATH, BODY).json == {"why": "moved"}
    with pytest.raises(DownloadFailed):
        fetched(calling(server), server.url)


def test_the_key_goes_to_the_service_and_to_nobody_else(server: FaultServer, elsewhere: FaultServer) -> None:
    """Calls to the service carry the key; uploads and fetches carry it nowhere, not even to the service's own host."""
    server.then(TASK)
    http = calling(server)
    http.paid.submit(PATH, BODY)
    http.service.get("/poll")
    assert [seen.headers["authorization"] for seen in server.seen] == [f"Bearer {KEY}"] * 2
    http.open.upload(elsewhere.url + "/put", b"bytes", {"Content-Type": "image/png"})
    fetched(http, elsewhere.url + "/video")
    fetched(http, server.url + "/video")
    assert all(KEY not in str(seen) for seen in [*elsewhere.seen, server.seen[-1]])
    assert elsewhere.seen[0].body == b"bytes"


def test_a_netrc_login_does_not_replace_the_key(
    server: FaultServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A ~/.netrc for the very host is not read, neither for calls nor for fetches."""
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password secret\n", encoding="ascii")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    http = calling(server.then(TASK))
    http.paid.submit(PATH, BODY)
    http.service.get("/poll")
    stream(http)
    assert {seen.headers["authorization"] for seen in server.seen} == {f"Bearer {KEY}"}
    fetched(http, server.url + "/video")
    http.open.upload(server.url + "/put", b"x", {})
    assert not any("authorization" in seen.headers for seen in server.seen[-2:])


def test_a_proxy_of_the_environment_is_used_with_its_own_login(
    elsewhere: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proxy gets its login, the service its key, and a proxy that is down means that nothing was sent."""
    monkeypatch.setenv("http_proxy", elsewhere.url.replace("//", "//joe:proxy-word@"))
    elsewhere.on(f"http://service.invalid{PATH}", TASK)
    checks: list[str] = []
    http = calling("http://service.invalid", pre_send_check=lambda: checks.append("ran"))
    assert http.paid.submit(PATH, BODY).json == {"task_id": "task-1"}
    (seen,) = elsewhere.seen
    assert seen.headers["authorization"] == f"Bearer {KEY}"
    assert seen.headers["proxy-authorization"].startswith("Basic ")
    assert checks == ["ran"]
    elsewhere.down()
    with pytest.raises(NotSent) as caught:
        http.paid.submit(PATH, BODY)
    assert "proxy-word" not in str(caught.value)
    assert checks == ["ran"]


@pytest.mark.parametrize("variable", ["http_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_loopback_never_goes_through_a_proxy(
    server: FaultServer, elsewhere: FaultServer, monkeypatch: pytest.MonkeyPatch, variable: str, host: str
) -> None:
    """Whatever proxy is set: calls, uploads and fetches to this machine reach it, and the proxy sees no key."""
    monkeypatch.setenv(variable, elsewhere.url)
    origin = server.then(TASK).url.replace("127.0.0.1", host)
    http = calling(origin)
    http.paid.submit(PATH, BODY)
    http.service.get("/poll")
    stream(http)
    fetched(http, origin + "/video")
    http.open.upload(origin + "/put", b"x", {})
    assert len(server.seen) == 5
    assert elsewhere.connections == 0


def test_a_proxy_that_refuses_the_tunnel_means_not_sent(
    elsewhere: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CONNECT is the proxy's business: when it refuses, the pre-send check has not run and no key was seen."""
    monkeypatch.setenv("https_proxy", elsewhere.url.replace("//", "//joe:proxy-word@"))
    elsewhere.on("service.invalid:443", Answer(407))
    checks: list[str] = []
    http = calling("https://service.invalid", pre_send_check=lambda: checks.append("ran"))
    with pytest.raises(NotSent) as caught:
        http.paid.submit(PATH, BODY)
    assert "proxy-word" not in str(caught.value)
    assert [seen.method for seen in elsewhere.seen] == ["CONNECT"]
    assert KEY not in str(elsewhere.seen)
    assert checks == []


def test_an_echoed_key_is_redacted(server: FaultServer) -> None:
    """What the service answers comes without the key, in replies and in frames."""
    http = calling(server, secrets=lambda: [KEY])
    server.on("/echo", Answer(401, f'{{"error": "bad key {KEY}"}}'.encode()))
    server.on(PATH, Answer(body=f'data: {{"json_answer": "{KEY}"}}\n\ndata: {KEY}\n\n'.encode()))
    assert http.service.get("/echo").json == {"error": "bad key ***"}
    assert stream(http) == [200, {"json_answer": "***"}, "***"]


def test_the_repr_of_a_transport_shows_no_key() -> None:
    """A transport shows where it leads and nothing else."""
    assert repr(calling("https://api.example.com")) == "<Transport https://api.example.com>"


def test_nothing_is_left_open(server: FaultServer) -> None:
    """After all kinds of calls, broken ones too, no socket and no thread but the one for deadlines is left."""
    server.then(TASK).on("/lost", no_answer()).on("/drip", LOST["dripping headers"])
    http = calling(server, SHORT)

    def work() -> None:
        http.paid.submit(PATH, BODY)
        http.service.get("/poll")
        stream(http)
        fetched(http, server.url + "/f")
        http.open.upload(server.url + "/f", b"x", {})
        for call in (http.paid.submit, http.service.post):
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
    assert {thread.name for thread in started} <= {"vidmagic-deadlines"}
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
