"""Save the result of a job, whole and checked."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vidmagic.engine import states
from vidmagic.engine.download.download import Download
from vidmagic.engine.download.file_names import dated_name
from vidmagic.engine.download.sidecar import write_sidecar
from vidmagic.engine.journal.record import Record, with_remarks_of
from vidmagic.engine.run.context import JobContext
from vidmagic.engine.run.poll import Polling
from vidmagic.errors import DownloadFailed, JournalError, LinkRefused, NoSuchJob, Paused, Unreachable
from vidmagic.spec.events import Running, Saved

FRESH_LINKS = 3  # that a download asks for
DOWNLOAD_TRIES = 8  # that may be interrupted


@dataclass
class Saving:
    """Fetch the video, with fresh links where the service gives them."""

    context: JobContext
    polling: Polling
    download: Download | None = None

    def steps(self) -> Iterator[float]:
        """Fetch the video; yield the delays between the attempts, in seconds."""
        if self.context.fetched is not None:
            self._finish(self.context.fetched)
            return
        record = self.context.record
        plan = self.context.plan_file(record) if self.context.plan_file is not None else dated_name(record)
        self.download = Download(self.context.http.open, Path(record.folder), plan)
        refused = failures = 0
        while True:
            self.context.check_cancelled()
            try:
                saved = self.download.attempt(self._links()["urls"])
            except LinkRefused as error:
                refused += 1
                yield from self._fresh_links(error, refused)
            except Unreachable as error:
                failures += 1
                yield self._delay_after(error, failures)
            else:
                if why := self.download.no_recipe:
                    self.context.notify(Running(message=f"the video carries no recipe: {why}"))
                self._finish(saved)
                return

    def _fresh_links(self, error: LinkRefused, refused: int) -> Iterator[float]:
        """Ask the service again, since links are signed when it is polled. Raises what *error* means at the end.

        A link without a ticket is tried again as it is: a gateway may have answered once in place of the store.
        """
        can_ask = self.context.record.ticket is not None
        if refused > FRESH_LINKS:
            raise error if can_ask else self._only_link_refused(error)
        if refused > 1 or not can_ask:
            yield self.context.timing.retry_delay(refused)
        if can_ask:
            yield from self.polling.steps()

    def _delay_after(self, error: Unreachable, failures: int) -> float:
        """Return the seconds to wait before the next attempt. Raises Paused after the last one."""
        if failures >= DOWNLOAD_TRIES:
            raise Paused(f"the video is made, but cannot be fetched: {error.message}") from error
        self.context.notify(Running(message=f"download interrupted ({error.message}); retrying"))
        return self.context.timing.retry_delay(failures)

    def _links(self) -> Mapping[str, Any]:
        return self.context.record.links or {"urls": [], "extras": {}}

    def _only_link_refused(self, refused: LinkRefused) -> DownloadFailed:
        error = DownloadFailed(
            f"{refused.message}, and this service gives no other link",
            hint=refused.hint
            or f"`%video resume {self.context.record.id}` tries it once more; `--again` buys a new take.",
            reason="expired",
        )
        error.__cause__ = refused
        return error

    def _finish(self, saved: Saved) -> None:
        from vidmagic.media.probe import probe  # a decoder, which the first cell need not wait for

        facts = probe(saved.path)
        changes: dict[str, Any] = {
            "state": states.DONE,
            "path": saved.path,
            "size": saved.size,
            "sha256": saved.sha256,
            "file_sha256": saved.file_sha256,
            "width": facts.width,
            "height": facts.height,
            "links": None,
            "error": None,
            "deleted": 0.0,
        }
        try:
            write_sidecar(dataclasses.replace(self._remarked(), **changes))
        except OSError as refused:  # the video is there, and the journal knows all that the sidecar would
            self.context.notify(Running(message=f"no .json file beside the video: {refused.strerror or refused}"))
        self.context.update(saved, **changes)

    def _remarked(self) -> Record:
        """Return the job with the remarks that the user has made meanwhile."""
        record = self.context.record
        try:
            return with_remarks_of(self.context.store.get(record.id), record)
        except (JournalError, NoSuchJob):  # the journal has them, or nobody
            return record
