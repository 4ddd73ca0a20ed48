"""Where a key may go, and where a result link may lead."""

from __future__ import annotations

import contextlib
import ipaddress
import re
import socket
from urllib.parse import urlsplit

from vidmagic.errors import DownloadFailed, InvalidRequest

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


def check_link(url: str, *, loopback: bool) -> None:
    """Refuse a link that leads anywhere but a public https host (or loopback, where the service is). DownloadFailed."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise DownloadFailed("the result link is not a valid link") from None
    if parts.scheme not in {"http", "https"}:
        raise DownloadFailed(f"the result link is not a plain https link ({parts.scheme or 'no scheme'})")
    if "@" in parts.netloc or not _HOST.fullmatch(host):
        raise DownloadFailed("the result link names a login or an invalid host")
    if loopback and is_loopback(host):
        return
    if parts.scheme != "https":
        raise DownloadFailed(f"the result link is not a plain https link ({parts.scheme})")
    if not is_public(host):
        raise DownloadFailed(f"the result link leads to {host}, which is not a public address")


def is_loopback(host: str) -> bool:
    """Return whether *host* names this machine."""
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


def is_public(host: str) -> bool:
    """Return whether every address of *host* is public; a name that does not resolve here is left to its proxy."""
    try:
        addresses = {info[4][0] for info in socket.getaddrinfo(host, None)}
    except UnicodeError:  # a label that is empty or too long
        return False
    except OSError:
        return not host.replace(".", "").isdecimal()
    return all(is_global(str(address)) for address in addresses)


def is_global(address: str) -> bool:
    """Return whether an address is public."""
    return ipaddress.ip_address(address.partition("%")[0]).is_global
