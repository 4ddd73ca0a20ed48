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

from vidmagic.engine.download.save import Saving
from vidmagic.engine.job import revive
from vidmagic.engine.journal.record import DONE, FAILED, READY, Record
from vidmagic.engine.run.context import Course
from vidmagic.engine.run.lifecycle import Lifecycle
from vidmagic.engine.run.poll import Following
from vidmagic.engine.run.poll_schedule import Pace
from vidmagic.errors import JournalError
from vidmagic.http.transport import Transport
from vidmagic.providers import keys
from vidmagic.providers.catalog import Catalog
from vidmagic.spec.events import Ready, Running, Saved

WORKERS_TRIED = 3
LOOK = 0.25  # seconds between two looks at a worker's answer
_ANSWER = ("state", "charged", "path", "size", "sha256", "width", "height", "reported", "ready", "error")


def follow_elsewhere(ticket_json: str) -> dict[str, Any]:
    """Follow one job to its file, in the process where this is called; return what became of it.

    Nothing is submitted and no journal is written. The video goes into the folder that the ticket names.
    """
    told = json.loads(ticket_json)
    notes = _Notes(Record(**told["record"]))
    provider, _ = _catalog().find(notes.record.model)

    sent: set[str] = set()

    def headers() -> Mapping[str, str]:
        if notes.record.rehearsal:
            return provider.service.headers("sandbox")
        key = keys.require(provider.service)
        sent.update(key.forms())
        return provider.service.headers(key.reveal())

    course = Course(
        record=notes.record,
        provider=provider,
        http=Transport(told["origin"], headers, secrets=lambda: tuple(sent)),
        store=notes,
        pace=Pace(told["expected"], told["floor"]),
        publish=lambda *_: None,
        cancelled=threading.Event(),
    )
    following = Following(course)
    for rest in Lifecycle(course, following, Saving(course, following)).steps():
        time.sleep(rest)
    return {name: getattr(course.record, name) for name in _ANSWER} | {"heard": notes.words}


@dataclass
class Elsewhere(Following):
    """Looks, and a download, that are a worker's as long as one answers."""

    executor: Executor

    def steps(self) -> Iterator[float]:
        """Look until a worker has fetched the video, or the service has given a link; yield the seconds to rest."""
        # A stream that the submit opened cannot leave this process.
        if self.course.live is None and self.course.record.ticket is not None:
            yield from self._by_workers()
        if self.course.fetched is None:
            yield from super().steps()

    def _by_workers(self) -> Iterator[float]:
        """Give the ticket to one worker after another, until one has said what became of the job."""
        for number in range(1, WORKERS_TRIED + 1):
            try:
                future = self._hire(number)
            except Exception as refused:  # noqa: BLE001  an executor may be broken or shut down in its own way
                self.course.tell(
                    Running(said=f"no worker takes the job ({type(refused).__name__}); it is followed here")
                )
                return
            self.course.tell(Running(said="followed by a worker"))
            while not future.done():
                yield LOOK
                if self.course.cancelled.is_set():
                    future.cancel()
                    self.course.check_cancelled()
            if (lost := self._lost(future)) is None:
                self._take_in(future.result())
                return
            self.course.tell(Running(said=f"the worker was lost ({type(lost).__name__}); the job is followed again"))

    def _hire(self, number: int) -> Future[dict[str, Any]]:
        told = {
            "record": dataclasses.asdict(self.course.record),
            "origin": self.course.http.origin,
            "expected": self.course.pace.expected,
            "floor": self.course.pace.floor,
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
            self.course.hear(words)
        if answer["state"] == FAILED:
            raise revive(dataclasses.replace(self.course.record, error=answer["error"], charged=answer["charged"]))
        if answer["state"] != DONE or not _is_here(answer):
            said = (answer["error"] or {}).get("message", "its file is not on this machine")
            self.course.tell(Running(said=f"the worker stopped ({said}); going on here"))
            return
        self.course.set(
            Ready((), width=answer["width"], height=answer["height"]),
            state=READY,
            ready=answer["ready"],
            reported=answer["reported"],
        )
        self.course.fetched = Saved(answer["path"], answer["size"], answer["sha256"])


@dataclass
class _Notes:
    """What a worker keeps in place of the journal, which is the owner's."""

    record: Record
    words: list[str] = dataclasses.field(default_factory=list)

    def get(self, start: str) -> Record:
        return self.record

    def sending(self, job_id: str) -> None:
        raise JournalError(f"job {job_id} is the owner's to send", job_id=job_id)

    def heard(self, job_id: str) -> str:
        return "\n".join(self.words)

    def hear(self, job_id: str, text: str) -> None:
        self.words.append(text)

    def update(self, job_id: str, **changes: Any) -> None:
        self.record = dataclasses.replace(self.record, **changes)

    def rescue(self, record: Record) -> None:
        self.record = record


@functools.cache
def _catalog() -> Catalog:
    return Catalog()


def _is_here(answer: Mapping[str, Any]) -> bool:
    """Tell whether the owner sees the worker's file: it does not where they share no disk."""
    path = Path(answer["path"])
    return path.is_file() and path.stat().st_size == answer["size"]
