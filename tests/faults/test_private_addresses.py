"""Links into private networks are refused, and no paid job is lost by that: it waits, says why, and can be resumed."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest

from tests.faults.conftest import Trial
from tests.faults.systems import SYSTEMS
from tests.patience import ended
from vidmagic.errors import LinkRefused
from vidmagic.http.url_policy import check_link, private_address, read_networks
from vidmagic.media.image_link import check_url

NAME = "cdn.fake-ip.example"
POLLED = [system for system in SYSTEMS.values() if system.poll_wire]


@pytest.fixture
def resolve(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let NAME have the address that is given."""
    real = socket.getaddrinfo

    def to(address: str) -> None:
        def lookup(host: Any, *args: Any, **more: Any) -> Any:
            return real(address if host == NAME else host, *args, **more)

        monkeypatch.setattr(socket, "getaddrinfo", lookup)

    return to


@pytest.mark.parametrize("address", ["198.18.0.7", "198.19.255.254", "93.184.215.14"])
def test_an_address_of_a_fake_ip_proxy_is_taken(address: str, resolve: Callable[[str], None]) -> None:
    """Clash and Mihomo answer every name from 198.18.0.0/15: results and images are fetched behind them."""
    resolve(address)
    check_link(f"https://{NAME}/f.mp4", loopback=False)
    assert check_url(f"https://{NAME}/i.png", loopback=False) == f"https://{NAME}/i.png"


@pytest.mark.parametrize("address", ["10.9.8.7", "192.168.1.1", "fd00::7", "198.17.0.1", "198.20.0.1"])
def test_a_private_address_is_refused_with_its_cause(address: str, resolve: Callable[[str], None]) -> None:
    """The message names the address, the hint the setting; a network that is trusted is taken."""
    if private_address(address) is None:
        return  # the neighbours of the range are public
    resolve(address)
    with pytest.raises(LinkRefused, match=f"{NAME}, whose address here is {address}") as refused:
        check_link(f"https://{NAME}/f.mp4?Signature=x", loopback=False)
    assert "Signature" not in refused.value.message
    network = refused.value.hint.partition("trusted_networks = '")[2].partition("'")[0]
    check_link(f"https://{NAME}/f.mp4", loopback=False, trusted=read_networks(network))
    with pytest.raises(ValueError, match=f"has the address {address} here"):
        check_url(f"https://{NAME}/i.png", loopback=False)
    check_url(f"https://{NAME}/i.png", loopback=False, trusted=read_networks(network))


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "::1", "fe80::1", "0.0.0.0"])
def test_no_hint_suggests_to_trust_this_machine(address: str, resolve: Callable[[str], None]) -> None:
    """An address that no VPN has is refused without the hint to trust its network."""
    resolve(address)
    with pytest.raises(LinkRefused) as refused:
        check_link(f"https://{NAME}/f.mp4", loopback=False)
    assert "trusted_networks" not in refused.value.hint


def test_a_paid_job_waits_for_a_link_that_can_be_fetched(
    trial: Trial, resolve: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A result at a private address pauses the job, charged, with the setting; resumed, it takes a good link."""
    resolve("10.9.8.7")
    for system in POLLED:
        service = trial.serve()
        with monkeypatch.context() as patch:
            patch.setattr(service, "link", lambda: f"https://{NAME}/film.mp4?Signature=se%2Fcret")
            job = ended(trial.start(f"private {system.name}", system))
        assert (job.state, job.charged) == ("paused", "yes")
        assert job.error is not None
        assert "10.9.8.7" in job.error.message
        assert "trusted_networks = '10.9.0.0/16'" in job.error.hint
        assert "Signature" not in " ".join(job.error.lines())
        assert ended(trial.session.resume(job.id)).state == "done"
        assert len(service.paid) == 1


def test_the_setting_reaches_the_downloads(trial: Trial) -> None:
    """`%config VideoMagics.trusted_networks` holds for the next job, and what is not a network is refused."""
    trial.serve()
    trial.session.settings.trusted_networks = "10.9.0.0/16, fd00::/8"
    job = ended(trial.start("trusting", SYSTEMS["hailuo"]))
    transport = trial.session.factory._transport(job.record, trial.session.catalog.find_model("hailuo")[0].service)
    assert transport.trusted == read_networks("10.9.0.0/16,fd00::/8")
    with pytest.raises(Exception, match="does not appear to be"):
        trial.session.settings.trusted_networks = "my VPN"
