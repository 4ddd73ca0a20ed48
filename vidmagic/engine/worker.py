"""Let the workers of an executor poll jobs and download their videos.

The owner sends and writes the journal; a worker gets the ticket as JSON, finds the key in its own environment, and
returns as JSON what became of the job. A worker that dies loses nothing: the ticket is given to another one, and where
none takes it the owner goes on by itself. A process pool is best made with the "spawn" context: a fork of a process
with threads may hang.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vidmagic.engine import stored_error
from vidmagic.engine.download.file_names import dated_name
from vidmagic.engine.download.file_plan import FilePlan
from vidmagic.engine.journal.record import Record
from vidmagic.engine.limits import RateLimiter
from vidmagic.engine.run.context import JobContext
from vidmagic.engine.run.lifecycle import Lifecycle
from vidmagic.engine.run.poll import Polling
from vidmagic.engine.run.poll_schedule import PollSchedule
from vidmagic.engine.run.save import Saving
from vidmagic.engine.states import DONE, FAILED, READY
from vidmagic.engine.timing import Timing
from vidmagic.errors import JournalError
from vidmagic.http.url_policy import read_networks
from vidmagic.providers.catalog import Catalog
from vidmagic.providers.credentials import job_transport
from vidmagic.spec.events import Ready, Running, Saved

WORKERS_TRIED = 3
_ANSWER = ("state", "charged", "path", "size", "sha256", "file_sha256", "width", "height", "reported", "ready", "error")


def follow_elsewhere(ticket_json: str) -> dict[str, Any]:
    """Follow one job to its file, in the process where this is called; return what became of it.

    Nothing is submitted and no journal is written. The video goes into the folder that the ticket names.
    """
    ticket = json.loads(ticket_json)
    journal = MemoryJournal(Record(**ticket["record"]))
    provider, _ = _catalog().find_model(journal.record.model)
    timing = Timing()
    context = JobContext(
        record=journal.record,
        provider=provider,
        http=job_transport(  # with the key of this process
            provider.service,
            ticket["origin"],
            in_sandbox=journal.record.in_sandbox,
            timeouts=timing.timeouts,
            trusted=read_networks(ticket["trusted"]),
        ),
        store=journal,
        schedule=PollSchedule(ticket["expected"], ticket["floor"]),
        publish=lambda *_: None,
        cancelled=threading.Event(),
        limiter=RateLimiter(timing.polls_per_second),
        timing=timing,
        plan_file=lambda _: FilePlan.from_json(ticket["file"]),
    )
    polling = Polling(context)
    for delay in Lifecycle(context, polling, Saving(context, polling)).steps():
        time.sleep(delay)
    return {name: getattr(context.record, name) for name in _ANSWER} | {"transcript": journal.texts}


@dataclass
class WorkerPolling(Polling):
    """Polls, and a download, that are a worker's as long as one answers."""

    executor: Executor

    def steps(self) -> Iterator[float]:
        """Wait until a worker has downloaded the video, or poll here; yield the seconds to wait."""
        # A stream that the submit opened cannot leave this process.
        if self.context.live is None and self.context.record.ticket is not None:
            yield from self._by_workers()
        if self.context.fetched is None:
            yield from super().steps()

    def _by_workers(self) -> Iterator[float]:
        """Give the ticket to one worker after another, until one has returned what became of the job."""
        for number in range(1, WORKERS_TRIED + 1):
            try:
                future = self._hire(number)
            except Exception as refused:  # noqa: BLE001  an executor may be broken or shut down in its own way
                self._notify(f"no worker takes the job ({type(refused).__name__}); it is followed here")
                return
            self._notify("followed by a worker")
            while not future.done():
                yield self.context.timing.worker
                if self.context.cancelled.is_set():
                    future.cancel()
                    self.context.check_cancelled()
            if (lost := _error_of(future)) is None:
                self._store_answer(future.result())
                return
            self._notify(f"the worker was lost ({type(lost).__name__}); the job is followed again")

    def _hire(self, number: int) -> Future[dict[str, Any]]:
        record, plan_file = self.context.record, self.context.plan_file
        ticket = {
            "record": dataclasses.asdict(record),
            "origin": self.context.http.origin,
            "trusted": ",".join(map(str, self.context.http.trusted)),
            "expected": self.context.schedule.expected,
            "floor": self.context.schedule.floor,
            "file": (FilePlan(dated_name(record)) if plan_file is None else plan_file(record)).to_json(),
            "number": number,  # some executors return the last result again for the same arguments
        }
        return self.executor.submit(follow_elsewhere, json.dumps(ticket, default=str))

    def _store_answer(self, answer: Mapping[str, Any]) -> None:
        """Store what a worker did. Raises the service's own failure; after anything else the job goes on here."""
        for text in answer["transcript"]:
            self.context.add_transcript(text)
        if answer["state"] == FAILED:
            record = dataclasses.replace(self.context.record, error=answer["error"], charged=answer["charged"])
            raise stored_error.from_record(record)
        if answer["state"] != DONE or not _is_here(answer):
            reason = (answer["error"] or {}).get("message", "its file is not on this machine")
            self._notify(f"the worker stopped ({reason}); going on here")
            return
        self.context.update(
            Ready((), width=answer["width"], height=answer["height"]),
            state=READY,
            ready=answer["ready"],
            reported=answer["reported"],
        )
        self.context.fetched = Saved(answer["path"], answer["size"], answer["sha256"], answer["file_sha256"])

    def _notify(self, message: str) -> None:
        self.context.notify(Running(message=message))


@dataclass
class MemoryJournal:  # a Journal, whose docstrings it shares
    """What a worker has in place of the journal, which is the owner's: the record, in memory."""

    record: Record
    texts: list[str] = dataclasses.field(default_factory=list)

    def get(self, start: str) -> Record:  # noqa: D102
        return self.record

    def mark_sending(self, job_id: str) -> None:  # noqa: D102
        raise JournalError(f"only the owner of job {job_id} may send it", job_id=job_id)

    def transcript(self, job_id: str) -> str:  # noqa: D102
        return "\n".join(self.texts)

    def add_transcript(self, job_id: str, text: str) -> None:  # noqa: D102
        self.texts.append(text)

    def update(self, job_id: str, **changes: Any) -> None:  # noqa: D102
        self.record = dataclasses.replace(self.record, **changes)

    def spill(self, record: Record) -> None:  # noqa: D102
        self.record = record


@functools.cache
def _catalog() -> Catalog:
    return Catalog()


def _error_of(future: Future[dict[str, Any]]) -> BaseException | None:
    """Return why a worker gave no answer, None where it gave one."""
    try:
        return future.exception()
    except BaseException as lost:  # noqa: BLE001  cancelled by an executor that is shut down
        return lost


def _is_here(answer: Mapping[str, Any]) -> bool:
    """Return whether the owner sees the worker's file: it does not where they share no disk."""
    path = Path(answer["path"])
    return path.is_file() and path.stat().st_size == answer["size"]
