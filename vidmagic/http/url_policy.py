"""Where a key may go, and where a result link may lead."""

from __future__ import annotations

import contextlib
import ipaddress
import re
import socket
from urllib.parse import urlsplit

from vidmagic.errors import InvalidRequest, LinkRefused

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Networks = tuple[Network, ...]

# Proxies that resolve names themselves (Clash, Mihomo) answer from this range, which no network routes by itself.
FAKE_IP = ipaddress.ip_network("198.18.0.0/15")

_HOST = re.compile(r"[\w.:-]+")


def check_origin(url: str) -> str:
    """Return *url* as an origin a key may go to: https, or http on loopback. Raises InvalidRequest."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "https" and host and "@" not in parts.netloc:
        return url.rstrip("/")
    if parts.scheme == "http" and is_loopback(host) and "@" not in parts.netloc:
        return url.rstrip("/")
    raise InvalidRequest(f"{url!r} must be an https link without a login (http on this machine only): a key goes there")


def check_link(url: str, *, loopback: bool, trusted: Networks = ()) -> None:
    """Refuse a link that leads anywhere but a public https host (or loopback, where the service is).

    Addresses in *trusted* networks count as public. Raises LinkRefused.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise LinkRefused("the result link is not a valid link") from None
    if parts.scheme not in {"http", "https"}:
        raise LinkRefused(f"the result link is not a plain https link ({parts.scheme or 'no scheme'})")
    if "@" in parts.netloc or not _HOST.fullmatch(host):
        raise LinkRefused("the result link names a login or an invalid host")
    if loopback and is_loopback(host):
        return
    if parts.scheme != "https":
        raise LinkRefused(f"the result link is not a plain https link ({parts.scheme})")
    if (address := private_address(host, trusted)) is not None:
        raise refused_address(host, address)


def refused_address(host: str, address: str) -> LinkRefused:
    """Return the error of a result link whose *host* has an *address* that is not public, with what can be done."""
    leads = f"{host}, whose address here is {address}" if address not in {"", host} else host
    network = _network_round(address)
    hint = (
        f"If your own VPN or proxy answers so, allow its range, as in"
        f" `%config VideoMagics.trusted_networks = '{network}'`, then resume the job."
    )
    return LinkRefused(f"the result link leads to {leads}: the address is not public", hint=hint if network else "")


def is_loopback(host: str) -> bool:
    """Return whether *host* names this machine."""
    with contextlib.suppress(ValueError):
        address = ipaddress.ip_address(host)
        return (getattr(address, "ipv4_mapped", None) or address).is_loopback
    return host == "localhost"


def private_address(host: str, trusted: Networks = ()) -> str | None:
    """Return an address of *host* that is neither public nor trusted, "" for an invalid name, None if there is none.

    A name that does not resolve here is left to its proxy.
    """
    try:
        addresses = [str(info[4][0]) for info in socket.getaddrinfo(host, None)]
    except UnicodeError:  # a label that is empty or too long
        return ""
    except OSError:
        return host if host.replace(".", "").isdecimal() else None
    return next((address for address in addresses if not is_global(address, trusted)), None)


def is_global(address: str, trusted: Networks = ()) -> bool:
    """Return whether an address is public or in a trusted network."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    return ip.is_global or any(ip in network for network in (FAKE_IP, *trusted))


def read_networks(text: str) -> Networks:
    """Return the networks that *text* names, as "10.0.0.0/8, fd00::/8". Raises ValueError."""
    parts = (part.strip() for part in text.split(","))
    return tuple(ipaddress.ip_network(part, strict=False) for part in parts if part)


def _network_round(address: str) -> str:
    """Return the network round *address* that a VPN may have, "" where no VPN has such an address."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if ip.is_loopback or ip.is_link_local or ip.is_unspecified or ip.is_multicast:
        return ""
    return str(ipaddress.ip_network(f"{ip}/{16 if ip.version == 4 else 64}", strict=False))
