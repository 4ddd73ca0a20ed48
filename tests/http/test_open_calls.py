"""Downloads and uploads: every link is checked, and the key is never sent."""

from __future__ import annotations

import time

import pytest

from tests.faults.answers import Answer, json_answer, no_answer, redirect, reset_after_reading
from tests.faults.server import FaultServer
from tests.faults.toxics import slicer, timeout
from tests.http.calls import LOST, REDIRECTS, SHORT, calling, fetched
from tests.http.forbidden_links import FORBIDDEN
from vidmagic.errors import DownloadFailed, Unreachable
from vidmagic.http.transport import Transport


def test_a_redirect_may_be_written_in_utf_8(server: FaultServer) -> None:
    """A Location header with raw UTF-8 leads to that path."""
    server.then(redirect(302, "/é.mp4".encode().decode("latin-1")), Answer())
    fetched(calling(server), server.url)
    assert server.seen[-1].target == "/%C3%A9.mp4"


@pytest.mark.parametrize("status", REDIRECTS)
def test_a_fetch_follows_redirects_without_the_key(server: FaultServer, elsewhere: FaultServer, status: int) -> None:
    """A redirect is followed with a GET, and neither host gets the key."""
    server.then(redirect(status, elsewhere.url + "/video?sig=a%2Fb"))
    assert fetched(calling(server), server.url + "/r")[1] == b"elsewhere"
    assert elsewhere.seen[0].method == "GET"
    assert elsewhere.seen[0].target == "/video?sig=a%2Fb"
    assert not any("authorization" in seen.headers for seen in server.seen + elsewhere.seen)


def test_a_fetch_sends_no_cookies(server: FaultServer) -> None:
    """A cookie that the host set in an earlier call is not sent."""
    server.then(
        json_answer(
            {},
        ).but(headers={"Set-Cookie": "session=1; Path=/"})
    )
    http = calling(server)
    http.service.get("/poll")
    fetched(http, server.url + "/video")
    assert "cookie" not in server.seen[-1].headers


SIGNED = (
    "/a%2Fb/video.mp4?X-Amz-Credential=k%2F20261120&X-Amz-Signature=abc&a=%2f&sig=a+b%20c&z=~1%7E2&A=2&a=1&empty=&plus=%2B",
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
        http.open.upload(elsewhere.url + target, b"x", {})
    else:
        fetched(http, elsewhere.url + target if call == "fetch" else server.url)
    assert elsewhere.seen[-1].target == target


@pytest.mark.parametrize("url", [url for url in FORBIDDEN if ":" in url])  # the others are relative, so harmless
def test_every_redirect_of_a_fetch_is_checked(server: FaultServer, url: str) -> None:
    """A redirect to a forbidden link is refused, without a request to it."""
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
    """`fetch` and `upload` check the link themselves, before they connect."""
    http = Transport("https://api.example.com", dict)
    with pytest.raises(DownloadFailed):
        fetched(http, server.url + "/f.mp4")
    with pytest.raises(DownloadFailed):
        http.open.upload(server.url + "/put", b"x", {})
    assert server.connections == 0


@pytest.mark.parametrize(
    "answer",
    [reset_after_reading(), no_answer(), Answer(toxics=(timeout(5),)), LOST["dripping headers"]],
    ids=["reset", "no answer", "silence", "dripping headers"],
)
def test_a_fetch_that_fails_is_unreachable_and_shows_no_link(server: FaultServer, answer: Answer) -> None:
    """A failed download may be retried, and its message holds neither path nor query."""
    with pytest.raises(Unreachable) as caught:
        fetched(calling(server.then(answer), SHORT), server.url + "/video.mp4?Signature=topsecret")
    assert "topsecret" not in caught.value.message
    assert "video.mp4" not in caught.value.message


def test_a_drip_fed_refusal_of_a_fetch_ends_at_the_limit(server: FaultServer) -> None:
    """A slow body of an error page does not delay a download."""
    server.then(Answer(403, b"x" * 10_000).but(slicer(60, 0.05)))
    started = time.monotonic()
    with calling(server, SHORT).open.fetch(server.url + "/f", {}) as (reply, _):
        assert reply.status == 403
    assert time.monotonic() - started < 6  # it ends by itself after 8 s
