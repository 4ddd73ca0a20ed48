"""Which language model improves prompts: at an endpoint of one's own, at the gateway whose key is set, or nowhere."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from vidmagic.errors import InvalidRequest, VidmagicError
from vidmagic.http.timeouts import Timeouts
from vidmagic.http.transport import Transport
from vidmagic.http.url_policy import is_loopback
from vidmagic.providers import keys
from vidmagic.providers.chat.completions import PATH
from vidmagic.providers.contract import Service
from vidmagic.providers.credentials import job_transport
from vidmagic.providers.services import CHAT
from vidmagic.session.service_access import ServiceAccess
from vidmagic.session.settings_sources import sandbox_variable

SANDBOX_MODEL = "sandbox-writer"
_ENDS = re.compile(r".*/v\d[\w.-]*(?:/openai)?")
_SET_MODEL = "Set one: `%config VideoMagics.chat_model = 'NAME'`, or try it with --sandbox."


@dataclass(frozen=True, slots=True)
class ChatEndpoint:
    """A language model: the `service` whose key it takes, its `origin`, the `path` of its chats, and its name."""

    service: Service
    origin: str
    path: str
    model: str
    in_sandbox: bool = False

    def __str__(self) -> str:
        if self.in_sandbox:
            return "the sandbox, by rules"
        host = urlsplit(self.origin).netloc
        return f"{self.model} at {host if self.service is CHAT else self.service.title}"

    @property
    def on_this_machine(self) -> bool:
        """Whether it runs here."""
        return is_loopback(urlsplit(self.origin).hostname or "")

    def transport(self, timeouts: Timeouts) -> Transport:
        """Return the calls to it, with its key; one on this machine may have none. Raises MissingKey."""
        if self.service is CHAT and not self.in_sandbox and keys.find_key(CHAT) is None and self.on_this_machine:
            return Transport(self.origin, dict, timeouts=timeouts)
        return job_transport(self.service, self.origin, in_sandbox=self.in_sandbox, timeouts=timeouts)


def choose_endpoint(access: ServiceAccess, first: str, chat_model: str, *, sandbox: bool) -> ChatEndpoint | None:
    """Return the endpoint to ask, None for the sandbox, as requested or because no key of a language model is set.

    An endpoint of one's own (VIDMAGIC_CHAT_URL) goes first; then comes the gateway of the service called *first*, if
    it is one whose key is set, and then the others. *chat_model* is the setting of this name. Raises InvalidRequest.
    """
    if sandbox or sandbox_variable():
        return None
    if os.environ.get(CHAT.url_env):
        return _own(chat_model)
    if keys.find_key(CHAT) is not None:
        raise InvalidRequest(
            f"{CHAT.key_env} is set and {CHAT.url_env} is not: a key goes to its own endpoint only",
            hint=f"Set {CHAT.url_env} to the endpoint of that key, which ends in /v1.",
        )
    nameless = ""
    for service in _gateways(access, first):
        if name := chat_model or service.chat_model:
            return ChatEndpoint(service, keys.configured_origin(service), f"/v1{PATH}", name)
        nameless = nameless or service.title
    if nameless:
        raise InvalidRequest(f"{nameless}'s document names no language model", hint=_SET_MODEL)
    return None


def sandbox_endpoint(url: str) -> ChatEndpoint:
    """Return the language model of the sandbox at *url*: rules, free of charge."""
    return ChatEndpoint(CHAT, url, f"/v1{PATH}", SANDBOX_MODEL, in_sandbox=True)


def report_endpoint(access: ServiceAccess, chat_model: Callable[[], str]) -> tuple[str, bool | None]:
    """Return which language model would be asked, or why none can be; False for one that is set up wrongly."""
    try:
        endpoint = choose_endpoint(access, "", chat_model(), sandbox=False)
    except VidmagicError as problem:
        is_set_up = bool(os.environ.get(CHAT.url_env) or os.environ.get(CHAT.key_env))
        return problem.message, False if is_set_up else None
    return (str(endpoint), None) if endpoint is not None else ("in the sandbox, by rules", None)


def _own(chat_model: str) -> ChatEndpoint:
    """Return the endpoint of VIDMAGIC_CHAT_URL. Raises InvalidRequest or MissingKey."""
    try:
        origin = keys.configured_origin(CHAT)
    except InvalidRequest as problem:
        raise InvalidRequest(f"{CHAT.url_env}: {problem.message}") from None
    parts = urlsplit(origin)
    if parts.query or parts.fragment or not _ENDS.fullmatch(parts.path):
        raise InvalidRequest(f"{CHAT.url_env} must end in /v1, as https://api.example.com/v1 does")
    if not chat_model:
        raise InvalidRequest(f"{CHAT.url_env} is set, and no language model is named", hint=_SET_MODEL)
    endpoint = ChatEndpoint(CHAT, origin, PATH, chat_model)
    if not endpoint.on_this_machine:
        keys.require(CHAT)
    return endpoint


def _gateways(access: ServiceAccess, first: str) -> Iterator[Service]:
    """Yield the services with chats whose key is set: the one called *first*, then the others."""
    services = (service for service in access.services() if service.chat_model is not None)
    for service in sorted(services, key=lambda service: service.name != first):
        if keys.find_key(service) is not None:
            yield service
