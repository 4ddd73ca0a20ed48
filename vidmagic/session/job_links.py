"""Fetch a fresh link to the video of a finished job, by one poll: free, and the key goes to its own service only."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from urllib.parse import urlsplit

from vidmagic.engine.journal.record import Record
from vidmagic.engine.journal.store import Store
from vidmagic.errors import DownloadFailed, Failed, InvalidRequest, NoSuchJob, OutcomeUnknown, Refused, Unreachable
from vidmagic.http.transport import Transport
from vidmagic.http.url_policy import Networks, is_loopback
from vidmagic.media.image_link import check_url
from vidmagic.providers.catalog import Catalog
from vidmagic.providers.contract import Service, Ticket
from vidmagic.spec.events import Ready


@dataclasses.dataclass(frozen=True, slots=True)
class JobLinks:
    """Fetch links. `transport` makes the calls of a job at its service; links may lead to `trusted` networks too."""

    store: Store
    catalog: Catalog
    transport: Callable[[Record, Service], Transport]
    trusted: Callable[[], Networks]

    def fetch(self, job_id: str) -> str:
        """Return a link to the video of a job that its service gives now.

        Raises Unreachable where the service does not answer, Failed, not charged, where it no longer has the video.
        """
        try:
            record = self.store.get(job_id)
            http = self.transport(record, self.catalog.find_model(record.model)[0].service)
            link = self._poll(record, http)
            check_url(link, loopback=is_loopback(urlsplit(http.origin).hostname or ""), trusted=self.trusted())
        except Unreachable as lost:
            if lost.status != 404:
                raise
            raise _gone(job_id, lost) from lost
        except (Failed, Refused, OutcomeUnknown, DownloadFailed, NoSuchJob, InvalidRequest, ValueError) as gone:
            raise _gone(job_id, gone) from gone
        return link

    def _poll(self, record: Record, http: Transport) -> str:
        provider, _ = self.catalog.find_model(record.model)
        data = dict(record.ticket or {})
        ticket = Ticket(str(data.pop("task_id", "")), data)
        for event in provider.follow(ticket, http.service):
            if isinstance(event, Ready) and event.urls:
                return event.urls[0]
        raise Unreachable("the service gives no link now")


def _gone(job_id: str, why: Exception) -> Failed:
    """Return the error of a new job whose input is gone: nothing of it was sent."""
    reason = getattr(why, "message", str(why))
    return Failed(
        f"the service no longer gives a link to the video of job {job_id} ({reason}); nothing was sent",
        hint="Put the video on a web server and give its https link.",
        charged="no",
    )
