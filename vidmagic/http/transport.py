"""All HTTP of one job, in three kinds of calls by what they may cost and who may see the key."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence

from vidmagic.http.endpoint import Endpoint
from vidmagic.http.open_calls import OpenCalls
from vidmagic.http.paid_calls import PaidCalls
from vidmagic.http.redaction import Redaction
from vidmagic.http.service_calls import ServiceCalls
from vidmagic.http.timeouts import DEFAULT_TIMEOUTS, Timeouts
from vidmagic.http.url_policy import Networks


class Transport:
    """The calls of one job: `paid` ones buy, `service` ones are free, `open` ones go to other hosts without a key.

    `key_headers` returns the headers that carry the key; it is called for each request, so a new key is used at once.
    `secrets` returns the forms in which a service may echo the key; they are redacted in all that it answers.
    `pre_send_check` is called just before a submit's first byte leaves, and forbids it by raising. Links may lead into
    the `trusted` networks as if they were public.
    """

    def __init__(
        self,
        origin: str,
        key_headers: Callable[[], Mapping[str, str]],
        *,
        secrets: Callable[[], Sequence[str]] = tuple,
        timeouts: Timeouts = DEFAULT_TIMEOUTS,
        pre_send_check: Callable[[], None] = lambda: None,
        trusted: Networks = (),
    ) -> None:
        self.endpoint = Endpoint(origin.rstrip("/"), key_headers, Redaction(secrets), timeouts)
        self.pre_send_check = pre_send_check
        self.trusted = trusted

    def __repr__(self) -> str:
        return f"<Transport {self.origin}>"

    @property
    def origin(self) -> str:
        """Where the service is."""
        return self.endpoint.origin

    @property
    def paid(self) -> PaidCalls:
        """The calls that start a job."""
        return PaidCalls(self.endpoint, self.pre_send_check)

    @property
    def service(self) -> ServiceCalls:
        """The free calls to the service."""
        return ServiceCalls(self.endpoint)

    @property
    def open(self) -> OpenCalls:
        """The calls to other hosts."""
        return OpenCalls(self.endpoint.timeouts, on_loopback=self.endpoint.on_loopback, trusted=self.trusted)

    def at(self, origin: str) -> Transport:
        """Return the same job's calls to another origin of its service; the key goes there too."""
        other = copy.copy(self)
        other.endpoint = self.endpoint.at(origin)
        return other

    def with_pre_send_check(self, pre_send_check: Callable[[], None]) -> Transport:
        """Return the same job's calls with a check that runs before a submit's first byte leaves."""
        other = copy.copy(self)
        other.pre_send_check = pre_send_check
        return other

    def abort(self) -> None:
        """End, from another thread, every stream that is being read; a submit's own answer is never cut."""
        self.endpoint.abort()

    def redact(self, text: str) -> str:
        """Return *text* without the key, which a service may echo in pieces that meet only when they are read."""
        return self.endpoint.redaction.text(text)
