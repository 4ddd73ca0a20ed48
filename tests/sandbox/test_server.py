"""The sandbox serves two origins, remembers every request, and its tasks outlive it."""

from __future__ import annotations

import re
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from tests.sandbox.conftest import COARSE
from vidmagic.sandbox import Sandbox
from vidmagic.sandbox.ledger import redacted

from .hailuo_steps import KEY, query, submit, wait_for_link


def test_it_is_up_as_long_as_it_is_open(http: requests.Session) -> None:
    """Health answers while the sandbox is open; afterwards nobody does, not even on a connection that was open."""
    with Sandbox() as sandbox:
        assert http.get(f"{sandbox.url}/sandbox/health").json() == {"ok": True}
    with pytest.raises(requests.ConnectionError):
        http.get(f"{sandbox.url}/sandbox/health", timeout=2)


def test_start_and_close_may_be_repeated() -> None:
    """A second start or close changes nothing, and one that never started can be closed."""
    sandbox = Sandbox()
    assert sandbox.start() is sandbox.start()
    sandbox.close()
    sandbox.close()
    Sandbox().close()


def test_it_cleans_up_after_itself() -> None:
    """The temporary folder is gone after close, also with videos still to be made."""
    with Sandbox(seconds=60) as sandbox:
        for _ in range(3):
            submit(sandbox)
    assert not sandbox.folder.exists()


def test_an_unknown_path_is_404_in_json(sandbox: Sandbox, http: requests.Session) -> None:
    """Another address is answered by 404 in JSON."""
    answer = http.get(f"{sandbox.url}/v1/nothing")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"


def test_the_ledger_lists_every_request(sandbox: Sandbox, http: requests.Session) -> None:
    """Method, path, headers, body, status and the task created are in the ledger, here and over HTTP; no key is."""
    task_id = submit(sandbox, prompt="a kite")
    http.get(f"{sandbox.files_url}/files/x.mp4?a=1")
    first, second = sandbox.ledger
    assert (first.method, first.path, first.origin) == ("POST", "/v1/video_generation", "api")
    assert (first.status, first.accepted, first.body["prompt"]) == (200, task_id, "a kite")
    assert first.headers["Authorization"] == redacted(KEY) != KEY
    assert (second.path, second.query, second.origin, second.status) == ("/files/x.mp4", "a=1", "files", 403)
    ledger = http.get(f"{sandbox.url}/sandbox/ledger").json()
    assert [call["path"] for call in ledger] == ["/v1/video_generation", "/files/x.mp4"]
    assert ledger[0]["headers"]["Authorization"] == redacted(KEY)


def test_a_connection_serves_many_requests(sandbox: Sandbox) -> None:
    """HTTP/1.1 keep-alive works."""
    address = urlsplit(sandbox.url)
    with socket.create_connection((address.hostname, address.port), timeout=2) as raw:
        for _ in range(2):
            raw.sendall(b"GET /sandbox/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            answer = b""
            while not answer.endswith(b"}"):
                answer += raw.recv(4096)
            assert answer.startswith(b"HTTP/1.1 200")


def test_tasks_outlive_the_sandbox(tmp_path: Path) -> None:
    """A new sandbox over the same folder answers for the old task and serves its video."""
    with Sandbox(seconds=0.2, folder=tmp_path, quality=COARSE) as sandbox:
        task_id = submit(sandbox)
    with Sandbox(seconds=60, folder=tmp_path, quality=COARSE) as sandbox:
        link = wait_for_link(sandbox, task_id)
        assert requests.get(link, timeout=5).content[4:8] == b"ftyp"
    assert list(tmp_path.rglob("*.part")) == []


def test_seconds_can_be_set_for_the_next_jobs(sandbox: Sandbox) -> None:
    """Another generation time holds for the next job only, and ends where the test says so."""
    quick = submit(sandbox)
    sandbox.seconds = 600
    slow = submit(sandbox)
    wait_for_link(sandbox, quick)
    assert query(sandbox, slow)["status"] != "Success"
    sandbox.finish_tasks()
    wait_for_link(sandbox, slow)


@pytest.fixture
def link(sandbox: Sandbox) -> str:
    """Return the link of a finished video."""
    return wait_for_link(sandbox, submit(sandbox))


def test_the_video_is_served_whole(sandbox: Sandbox, http: requests.Session, link: str) -> None:
    """A link on the files origin gives the MP4 with its length and type."""
    answer = http.get(link)
    assert link.startswith(sandbox.files_url)
    assert sandbox.files_url != sandbox.url
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "video/mp4")
    assert int(answer.headers["Content-Length"]) == len(answer.content) > 10_000


def test_a_key_on_the_files_origin_is_refused(http: requests.Session, link: str) -> None:
    """Presigned storage answers 400 to a request that brings a key as well."""
    answer = http.get(link, headers={"Authorization": KEY})
    assert answer.status_code == 400
    assert b"<Error>" in answer.content


@pytest.mark.parametrize(
    "change",
    [
        lambda link: link.partition("?")[0],
        lambda link: link[:-4],
        lambda link: re.sub(r"Expires=\d+", "Expires=9999999999", link),
        lambda link: link.replace("%3D", "="),
    ],
)
def test_a_changed_link_is_refused(http: requests.Session, link: str, change) -> None:
    """A link without, with a wrong, or with a rewritten query string is 403 with XML."""
    answer = http.get(change(link))
    assert answer.status_code == 403
    assert answer.headers["Content-Type"] == "application/xml"


def test_an_expired_link_is_refused_and_a_fresh_one_works(sandbox: Sandbox, http: requests.Session) -> None:
    """Links expire; asking again signs a new one."""
    task_id = submit(sandbox)
    sandbox.link_seconds = -1
    assert http.get(wait_for_link(sandbox, task_id)).status_code == 403
    sandbox.link_seconds = 60
    assert http.get(wait_for_link(sandbox, task_id)).status_code == 200


def test_ranges(http: requests.Session, link: str) -> None:
    """A part of the video can be fetched, as long as it is the same video."""
    whole = http.get(link)
    etag = whole.headers["ETag"]

    def part(**headers: str) -> requests.Response:
        return http.get(link, headers={name.replace("_", "-"): value for name, value in headers.items()})

    tail = part(Range="bytes=1000-", If_Range=etag)
    assert (tail.status_code, tail.content) == (206, whole.content[1000:])
    assert tail.headers["Content-Range"] == f"bytes 1000-{len(whole.content) - 1}/{len(whole.content)}"
    assert part(Range="bytes=10-19").content == whole.content[10:20]
    assert part(Range="bytes=-5").content == whole.content[-5:]
    assert part(Range="bytes=1000-", If_Range='"other"').status_code == 200
    beyond = part(Range=f"bytes={len(whole.content)}-")
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, f"bytes */{len(whole.content)}")
