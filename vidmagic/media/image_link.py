"""A link that is passed on to a service, which fetches what is there: an input of any kind, a watermark."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from vidmagic.escaping import plain
from vidmagic.http.url_policy import Networks, is_loopback, private_address

NOT_IN_A_LINK = re.compile(r"[\x00-\x20\x7f-\x9f\\\ud800-\udfff]")


class Unfinished(str):
    """A link that is still being typed: it is checked, but its host is not looked up."""

    __slots__ = ()


def is_link(text: str) -> bool:
    """Return whether *text* is meant as a link."""
    return text.lower().startswith(("https:", "http:"))


def is_service_uri(text: str, prefixes: tuple[str, ...]) -> bool:
    """Return whether *text* is a name that the service itself gave a file: it has one of these *prefixes*."""
    return text.startswith(prefixes) and not NOT_IN_A_LINK.search(text)


def check_url(url: str, *, loopback: bool, trusted: Networks = ()) -> str:
    """Check a link that is passed on to a service; return it without its query, which may be a secret, to name it by.

    Raises ValueError unless *url* is https and public, or leads to this machine and *loopback* allows that; *trusted*
    networks count as public. The host name of an `Unfinished` link is taken for public.
    """
    if NOT_IN_A_LINK.search(url):
        raise ValueError("a link must not hold spaces, control characters or backslashes")
    parts = urlsplit(url)  # its ValueError names what is wrong with the brackets of an address
    host = parts.hostname or ""
    if not host or "@" in parts.netloc:
        raise ValueError("a link must name a host, without a login before it")
    _ = parts.port  # raises ValueError for an invalid port
    name = plain(f"{parts.scheme}://{parts.netloc}{parts.path}")
    if loopback and is_loopback(host):
        return name
    if parts.scheme != "https":
        raise ValueError(f"{name} must begin with https://")
    address = None if isinstance(url, Unfinished) and _is_name(host) else private_address(host, trusted)
    if address is not None:
        cause = f" ({host} has the address {address} here)" if address not in {"", host} else ""
        raise ValueError(f"{name} does not lead to a public address{cause}; the service cannot fetch it")
    return name


def _is_name(host: str) -> bool:
    return ":" not in host and any(map(str.isalpha, host))
