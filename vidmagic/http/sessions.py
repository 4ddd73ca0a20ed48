"""Sessions of `requests` as our calls need them: no login from a file, no redirect, one monitored connection."""

from __future__ import annotations

import os
import threading
from collections.abc import MutableMapping
from typing import TypedDict
from urllib.parse import urlsplit

import requests
from requests.utils import get_environ_proxies

from vidmagic.http.connection import ConnectionMonitor
from vidmagic.http.url_policy import is_loopback

_local = threading.local()  # requests does not promise that a session serves two threads


class Route(TypedDict):
    """How a link is reached, in the arguments of `requests`: by which proxy, trusting which certificates."""

    proxies: MutableMapping[str, str]
    verify: str | bool


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return None: `requests` would read the whole body and parse the target even where it must not follow."""


def new_session(monitor: ConnectionMonitor) -> requests.Session:
    """Return a session whose connections report to *monitor*."""
    session = _Session()
    session.trust_env = False  # a login in ~/.netrc must not replace the key; `route` reads the proxies
    for scheme in ("http://", "https://"):
        session.mount(scheme, monitor.adapter())
    return session


def thread_session() -> tuple[requests.Session, ConnectionMonitor]:
    """Return this thread's session, whose connection stays open from poll to poll, and its monitor."""
    stored: tuple[requests.Session, ConnectionMonitor] | None = getattr(_local, "stored", None)
    if stored is None or _local.process != os.getpid():  # a fork must not use a connection of its parent
        monitor = ConnectionMonitor()
        _local.inherited = stored  # stored: closing it would end the connection for the parent's server
        stored = _local.stored = (new_session(monitor), monitor)
        _local.process = os.getpid()
    stored[1].overdue = False
    return stored


def route(url: str) -> Route:
    """Return the proxies and certificates that the environment names for *url*; loopback has no proxy."""
    certificates = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
    here = is_loopback(
        urlsplit(url).hostname or ""
    )  # a proxy would get the key in the clear, and reach another machine
    return {"proxies": {} if here else get_environ_proxies(url), "verify": certificates}
