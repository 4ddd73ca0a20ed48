"""Where a key may go, and where a result link may lead."""

from __future__ import annotations

import pytest

from tests.http.forbidden_links import FORBIDDEN
from vidmagic.errors import DownloadFailed, InvalidRequest
from vidmagic.http.url_policy import check_link, check_origin, is_loopback, private_address

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
    assert private_address("93.184.216.34") is None
    assert not is_loopback("localhost.example.com")


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
