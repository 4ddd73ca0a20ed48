"""The key for the calls of one job: it goes only where today's configuration says that the service is."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from vidmagic.errors import Paused
from vidmagic.http.timeouts import Timeouts
from vidmagic.http.transport import Transport
from vidmagic.http.url_policy import Networks
from vidmagic.providers import keys
from vidmagic.providers.contract import Service


class Credentials:
    """The key of *service* for a job at *origin*, read anew for each call.

    The journal may name an origin of yesterday, such as a mirror or a test server; today's key is not meant for it.
    A key that this job has sent to its origin before is sent on, so that a change of the variable stops no running job.
    """

    def __init__(self, service: Service, origin: str) -> None:
        self._service = service
        self._origin = origin
        self._sent: set[str] = set()  # a service may echo any key that it was given, also after that has changed here

    def headers(self) -> Mapping[str, str]:
        """Return the headers that carry the key. Raises MissingKey, or Paused where the key is not meant to go."""
        key = keys.require(self._service)
        forms = set(key.forms())
        if not (forms and forms <= self._sent):
            self._check_origin()
        self._sent |= forms
        return self._service.headers(key.reveal())

    def sent_forms(self) -> tuple[str, ...]:
        """Return the forms in which the service may echo a key that it was sent."""
        return tuple(self._sent)

    def _check_origin(self) -> None:
        """Raise Paused unless today's configuration names the job's origin."""
        service, today = self._service, keys.configured_origin(self._service)
        if _parts(today) == _parts(self._origin):
            return
        setting = (
            f"unset {service.url_env}"
            if _parts(self._origin) == _parts(service.origin)
            else f"set {service.url_env}={self._origin}"
        )
        raise Paused(
            f"the job is at {self._origin}, but {service.title} is at {today} now, and the key goes there only",
            hint=f"If the key is meant for {self._origin}: {setting}, then resume the job.",
            reason="key",
        )


def job_transport(
    service: Service, origin: str, *, in_sandbox: bool, timeouts: Timeouts, trusted: Networks = ()
) -> Transport:
    """Return the calls of one job at *origin*, with the key of the service; a sandbox job has no key."""
    if in_sandbox:
        return Transport(origin, lambda: service.headers("sandbox"), timeouts=timeouts)
    credentials = Credentials(service, origin)
    return Transport(origin, credentials.headers, secrets=credentials.sent_forms, timeouts=timeouts, trusted=trusted)


def _parts(origin: str) -> tuple[str, str, int | None, str]:
    """Return what two spellings of one origin have in common."""
    parts = urlsplit(origin)
    port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    return parts.scheme, parts.hostname or "", port, parts.path.rstrip("/")
