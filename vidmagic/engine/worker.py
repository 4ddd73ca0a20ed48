"""Let the workers of an executor follow jobs and fetch their videos.

The owner sends and keeps the journal; a worker gets the ticket as JSON, finds the key in its own environment, and says
as JSON what became of the job. A worker that dies loses nothing: the ticket is given to another one, and where none
takes it the owner goes on by itself. A process pool is best made with the "spawn" context: a fork of a process with
threads may hang.
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

from vidmagic.engine.job import revive
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
from vidmagic.http.transport import Transport
from vidmagic.providers import keys
from vidmagic.providers.catalog import Catalog
from vidmagic.spec.events import Ready, Running, Saved

WORKERS_TRIED = 3
_ANSWER = ("state", "charged", "path", "size", "sha256", "width", "height", "reported", "ready", "error")


def follow_elsewhere(ticket_json: str) -> dict[str, Any]:
    """Follow one job to its file, in the process where this is called; return what became of it.

    Nothing is submitted and no journal is written. The video goes into the folder that the ticket names.
    """
    told = json.loads(ticket_json)
    notes = MemoryJournal(Record(**told["record"]))
    provider, _ = _catalog().find(notes.record.model)

    timing = Timing()
    sent: set[str] = set()

    def headers() -> Mapping[str, str]:
        if notes.record.in_sandbox:
            return provider.service.headers("sandbox")
        key = keys.require(provider.service)
        sent.update(key.forms())
        return provider.service.headers(key.reveal())

    context = JobContext(
        record=notes.record,
        provider=provider,
        http=Transport(told["origin"], headers, secrets=lambda: tuple(sent), timeouts=timing.timeouts),
        store=notes,
        schedule=PollSchedule(told["expected"], told["floor"]),
        publish=lambda *_: None,
        cancelled=threading.Event(),
        limiter=RateLimiter(timing.polls_per_second),
        timing=timing,
    )
    following = Polling(context)
    for rest in Lifecycle(context, following, Saving(context, following)).steps():
        time.sleep(rest)
    return {name: getattr(context.record, name) for name in _ANSWER} | {"heard": notes.words}


@dataclass
class WorkerPolling(Polling):
    """Looks, and a download, that are a worker's as long as one answers."""

    executor: Executor

    def steps(self) -> Iterator[float]:
        """Look until a worker has fetched the video, or the service has given a link; yield the seconds to rest."""
        # A stream that the submit opened cannot leave this process.
        if self.context.live is None and self.context.record.ticket is not None:
            yield from self._by_workers()
        if self.context.fetched is None:
            yield from super().steps()

    def _by_workers(self) -> Iterator[float]:
        """Give the ticket to one worker after another, until one has said what became of the job."""
        for number in range(1, WORKERS_TRIED + 1):
            try:
                future = self._hire(number)
            except Exception as refused:  # noqa: BLE001  an executor may be broken or shut down in its own way
                self.context.tell(
                    Running(message=f"no worker takes the job ({type(refused).__name__}); it is followed here")
                )
                return
            self.context.tell(Running(message="followed by a worker"))
            while not future.done():
                yield self.context.timing.worker
                if self.context.cancelled.is_set():
                    future.cancel()
                    self.context.check_cancelled()
            if (lost := self._lost(future)) is None:
                self._take_in(future.result())
                return
            self.context.tell(
                Running(message=f"the worker was lost ({type(lost).__name__}); the job is followed again")
            )

    def _hire(self, number: int) -> Future[dict[str, Any]]:
        told = {
            "record": dataclasses.asdict(self.context.record),
            "origin": self.context.http.origin,
            "expected": self.context.schedule.expected,
            "floor": self.context.schedule.floor,
            "number": number,  # some executors give the answer of the last time to the same question
        }
        return self.executor.submit(follow_elsewhere, json.dumps(told, default=str))

    def _lost(self, future: Future[dict[str, Any]]) -> BaseException | None:
        try:
            return future.exception()
        except BaseException as lost:  # noqa: BLE001  cancelled by an executor that is shut down
            return lost

    def _take_in(self, answer: Mapping[str, Any]) -> None:
        """Note what a worker did. Raises the service's own failure; all else that ended it is gone on with here."""
        for words in answer["heard"]:
            self.context.add_transcript(words)
        if answer["state"] == FAILED:
            raise revive(dataclasses.replace(self.context.record, error=answer["error"], charged=answer["charged"]))
        if answer["state"] != DONE or not _is_here(answer):
            said = (answer["error"] or {}).get("message", "its file is not on this machine")
            self.context.tell(Running(message=f"the worker stopped ({said}); going on here"))
            return
        self.context.set(
            Ready((), width=answer["width"], height=answer["height"]),
            state=READY,
            ready=answer["ready"],
            reported=answer["reported"],
        )
        self.context.fetched = Saved(answer["path"], answer["size"], answer["sha256"])


@dataclass
class MemoryJournal:  # a Journal, whose docstrings it shares
    """What a worker has in place of the journal, which is the owner's: the record, in memory."""

    record: Record
    words: list[str] = dataclasses.field(default_factory=list)

    def get(self, start: str) -> Record:  # noqa: D102
        return self.record

    def mark_sending(self, job_id: str) -> None:  # noqa: D102
        raise JournalError(f"job {job_id} is the owner's to send", job_id=job_id)

    def transcript(self, job_id: str) -> str:  # noqa: D102
        return "\n".join(self.words)

    def add_transcript(self, job_id: str, text: str) -> None:  # noqa: D102
        self.words.append(text)

    def update(self, job_id: str, **changes: Any) -> None:  # noqa: D102
        self.record = dataclasses.replace(self.record, **changes)

    def spill(self, record: Record) -> None:  # noqa: D102
        self.record = record


@functools.cache
def _catalog() -> Catalog:
    return Catalog()


def _is_here(answer: Mapping[str, Any]) -> bool:
    """Tell whether the owner sees the worker's file: it does not where they share no disk."""
    path = Path(answer["path"])
    return path.is_file() and path.stat().st_size == answer["size"]
