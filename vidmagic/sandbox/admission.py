"""Which requests the sandbox reads at all: those of programs on this machine, and those with a proper length.

Any web page can send requests to loopback, also under a host name of its own that leads there. That is refused: the
sandbox answers to loopback names only, and to no page of another origin.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from email.message import Message
from urllib.parse import urlsplit

from .exchange import Response, reply

MAX_BODY = 80 * 1024 * 1024


def refusal(method: str, headers: Message, host: str) -> Response | None:
    """Return the answer to a request that is not read, or None; *host* is the name that the sandbox listens on."""
    names = headers.get_all("Host", [])
    if len(names) != 1 or not _is_own(names[0], host):
        return _refused(421, "misdirected_request", "the sandbox answers to loopback names only")
    if _is_of_another_origin(method, dict(headers.items()), host):
        return _refused(403, "cross_origin", "the sandbox answers to no web page of another origin")
    return _length_refusal(headers)


def length_of(headers: Message) -> int:
    """Return how many bytes the body has; the request was not refused."""
    return int(headers.get("Content-Length", 0))


def _length_refusal(headers: Message) -> Response | None:
    lengths = set(headers.get_all("Content-Length", []))
    if len(lengths) > 1 or not all(re.fullmatch("[0-9]{1,15}", length) for length in lengths):
        return _refused(400, "bad_request", "Content-Length is not a number of bytes")
    if "Transfer-Encoding" in headers:
        return _refused(411, "length_required", "a body needs a Content-Length")
    if any(int(length) > MAX_BODY for length in lengths):
        return _refused(413, "too_large", f"a body may have {MAX_BODY} bytes")
    return None


def _is_own(address: str, host: str) -> bool:
    """Return whether `name:port` names this machine."""
    try:
        name = urlsplit(f"//{address}").hostname or ""
        return name in {host, "localhost"} or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _is_of_another_origin(method: str, headers: Mapping[str, str], host: str) -> bool:
    """Return whether a page of another origin sends this; following a link to a video is allowed."""
    given = {name.lower(): value for name, value in headers.items()}
    origin, site = given.get("origin"), given.get("sec-fetch-site", "none")
    if origin is not None:
        own = origin.startswith(("http://", "https://")) and _is_own(origin.partition("://")[2], host)
        return not (own and origin.partition("://")[2] == given.get("host"))
    followed = method == "GET" and given.get("sec-fetch-mode") == "navigate"
    return site not in {"none", "same-origin"} and not followed


def _refused(status: int, code: str, message: str) -> Response:
    return reply({"error": {"message": message, "code": code}}, status, headers={"Connection": "close"})
