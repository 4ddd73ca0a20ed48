"""A link that is passed on to a service, which fetches what is there: an image, a watermark."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from vidmagic.escaping import plain
from vidmagic.http.url_policy import is_loopback, is_public

NOT_IN_A_LINK = re.compile(r"[\x00-\x20\x7f-\x9f\\\ud800-\udfff]")


class Unfinished(str):
    """A link that is still being typed: it is checked, but nobody is asked where its host is."""

    __slots__ = ()


def is_link(text: str) -> bool:
    """Tell whether *text* is meant as a link."""
    return text.lower().startswith(("https:", "http:"))


def check_url(url: str, *, loopback: bool) -> str:
    """Return what to call a link that is passed on to a service: without its query, which may be a secret.

    Raises ValueError unless it is https and public, or leads to this machine, which *loopback* allows. An `Unfinished`
    one to a host that is a name, and no address, is taken for public.
    """
    if NOT_IN_A_LINK.search(url):
        raise ValueError("a link has no spaces, control characters or backslashes")
    parts = urlsplit(url)  # its ValueError says what is wrong with the brackets of an address
    host = parts.hostname or ""
    if not host or "@" in parts.netloc:
        raise ValueError("a link needs a host, and no login before it")
    _ = parts.port  # raises ValueError when it is none
    name = plain(f"{parts.scheme}://{parts.netloc}{parts.path}")
    if loopback and is_loopback(host):
        return name
    if parts.scheme != "https":
        raise ValueError(f"{name} is not https")
    if not (isinstance(url, Unfinished) and _is_name(host)) and not is_public(host):
        raise ValueError(f"{name} leads to no public address, so the service cannot fetch it")
    return name


def _is_name(host: str) -> bool:
    return ":" not in host and any(map(str.isalpha, host))
