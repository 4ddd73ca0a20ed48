"""The money rules as a model: what was asked of the kernels, held against the service's ledger and the journal."""

from __future__ import annotations

import functools
import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from tests.conftest import CANARY
from tests.faults.held_service import HeldService, Submit, Verdict
from tests.faults.remote_kernel import Kernels, Outcome, RemoteKernel
from tests.faults.systems import System
from tests.patience import until
from vidmagic.engine.journal.lease import this_process
from vidmagic.engine.journal.record import Record
from vidmagic.engine.journal.store import Store
from vidmagic.engine.states import FOLLOWED, LIVE

SLOTS = 3  # processes at once
COST_NOTHING = {"rejected", "failed"}
EXPECTED = {"MissingKey", "InvalidRequest"}  # what a call may be refused with
T = TypeVar("T")
P = ParamSpec("P")
SETTLED_IN = 6.0  # seconds


class NothingThereError(Exception):
    """A call has nothing to work on. A precondition of Hypothesis would have to be the same in each replay."""


def _logged(call: Callable[Concatenate[World, P], None]) -> Callable[Concatenate[World, P], None]:
    """Note each call, so that a violation names the sequence that led to it."""

    @functools.wraps(call)
    def noting(self: World, *args: P.args, **kwargs: P.kwargs) -> None:
        self.calls.append(f"{call.__name__} {args} {kwargs}")
        with suppress(NothingThereError):
            call(self, *args, **kwargs)

    return noting


class World:
    """One journal, one service and up to three kernels. Each call ends when nothing more happens by itself."""

    def __init__(self, folder: Path, system: System, video_bytes: bytes, aim: Callable[[str], None]) -> None:
        self.system = system
        self.counts: Counter[str] = Counter()
        self.calls: list[str] = []  # what led here
        self.broken = False
        self.again: set[str] = set()  # jobs that were started by --again
        self.takes: dict[str, int] = {}  # the take that a job was started as, where that was asked for
        self.jobs: list[str] = []  # in the order of their start
        self._home = folder / "home"
        self._store = Store(self._home, this_process())
        self._store.open()
        self.service = HeldService(video_bytes, self._sender)
        aim(self.service.url)
        self._env = {"VIDMAGIC_HOME": str(self._home)}
        self._kernels = Kernels()
        self.slots: dict[int, RemoteKernel] = {}
        self._steps = 0
        self._past: dict[str, list[Record]] = {}
        self._checked: set[int] = set()
        self._without_key: set[int] = set()  # pids

    # -- what may happen

    @_logged
    def start(self, slot: int, prompt: str, verdict: Verdict, *, again: bool = False) -> None:
        """Start a request; the service will decide *verdict* when the submit arrives, and hold the reply."""
        self.service.verdict = verdict
        open_before = self._open(prompt)
        outcome = self._kernel(slot).call("start", *self._request(prompt, again=again))
        assert again or outcome.reused or outcome.error or not open_before, f"bought again: {outcome}"
        self._note(outcome, again=again)

    @_logged
    def start_take(self, slot: int, prompt: str, verdict: Verdict, take: int) -> None:
        """Start a take of a request by its number."""
        self.service.verdict = verdict
        self._note(self._kernel(slot).call("start", *self._request(prompt, take=take)), take=take)

    @_logged
    def start_together(self, prompt: str, take: int | None = None) -> None:
        """Start the same request, or the same take of it, in all kernels at the same time."""
        self.service.verdict = "accepted"
        kernels = [self._kernel(slot) for slot in range(SLOTS)]
        for kernel in kernels:
            kernel.send("start", *self._request(prompt, take=take))
        for kernel in kernels:
            self._note(kernel.outcome(), take=take)

    @_logged
    def start_offline(self, slot: int, prompt: str) -> None:
        """Start a request while nobody answers at the service's address."""
        self._note(self._kernel(slot).call("start offline", *self._request(prompt)))

    @_logged
    def answer(self, index: int, *, lost: bool) -> None:
        """Let the reply to a submit out, or lose it."""
        submit = _pick(self.held(), index)
        submit.lost = lost
        submit.let_out.set()

    @_logged
    def finish(self, index: int, *, failed: bool) -> None:
        """End a task at the service, with a video or without."""
        (self.service.failed if failed else self.service.finished).add(_pick(self.open_tasks(), index))

    @_logged
    def resume(self, slot: int, index: int) -> None:
        """Resume a job in a kernel."""
        self._of_job("resume", slot, index)

    @_logged
    def cancel(self, slot: int, index: int) -> None:
        """Cancel a job from a kernel, which may not be the one that drives it."""
        job = self._of_job("cancel", slot, index)
        if job is not None and self._drives(slot, job):
            until(lambda: self._record(job).state not in LIVE - {"new", "sending"}, SETTLED_IN)

    @_logged
    def move(self, index: int) -> None:
        """Move the file of a finished job elsewhere."""
        path = _pick(self.videos(), index)
        path.rename(path.with_suffix(".moved"))

    @_logged
    def kill(self, index: int) -> None:
        """Kill a kernel."""
        self.slots.pop(_pick(sorted(self.slots), index)).kill()

    @_logged
    def fork(self, index: int) -> None:
        """Fork a kernel into a free slot."""
        parent = _pick(sorted(self.slots.items()), index)[1]
        free = _pick(sorted(set(range(SLOTS)) - set(self.slots)), 0)
        self.slots[free] = child = self._kernels.fork(parent)
        if parent.pid in self._without_key:
            self._without_key.add(child.pid)

    @_logged
    def set_key(self, slot: int, *, there: bool) -> None:
        """Give a kernel the key of the service, or take it away."""
        variable = {"vidu": "VIDU", "hailuo": "DMXAPI"}.get(self.system.poll_wire, "APIYI") + "_API_KEY"
        kernel = self._kernel(slot)
        kernel.call("set key", variable, CANARY if there else "")
        (self._without_key.discard if there else self._without_key.add)(kernel.pid)

    # -- what there is

    def held(self) -> list[Submit]:
        """Return the submits whose replies wait."""
        return [submit for submit in self.service.submits if submit.held]

    def open_tasks(self) -> list[str]:
        """Return the tasks that run at the service; a stream ends by itself."""
        ended = self.service.finished | self.service.failed
        return [s.task for s in self._accepted() if s.task not in ended] if self.system.poll_wire else []

    def videos(self) -> list[Path]:
        """Return the files of the finished jobs."""
        paths = [Path(record.path) for record in self.records() if record.state == "done"]
        return [path for path in paths if path.is_file()]

    # -- what must hold

    def check(self) -> None:
        """Wait until nothing more happens by itself, and hold journal and ledger together.

        Raises AssertionError with the calls that led there.
        """
        try:
            self._check()
        except AssertionError as violation:
            self.broken = True
            calls = "\n".join(self.calls)
            raise AssertionError(f"{violation}\nafter\n{calls}\nwith{self._table()}") from violation

    def _check(self) -> None:
        until(self._is_settled, SETTLED_IN, lambda: "a live job of a live kernel does nothing")
        self._steps += 1
        records = {record.id: record for record in self.records()}
        for submit in self.service.submits:
            self._check_submit(submit, records)
        for record in records.values():
            self._check_record(record)

    def check_end(self) -> None:
        """After everything has been answered and resumed by a new kernel, every accepted task has its row or video."""
        while self.slots:
            self.kill(0)
        for submit in self.service.submits:
            submit.let_out.set()
        self.service.finished |= {submit.task for submit in self._accepted()} - self.service.failed
        for _ in range(2):
            for record in self.records():
                self._kernel(0).call("resume", record.id)
                self.check()
        records = {record.id: record for record in self.records()}
        for submit in self._accepted():
            record = records[submit.job]
            # Without an id the service cannot be asked, neither for a lost answer nor for a video that was moved away.
            leads = record.state in ({"failed"} if record.task_id else {"unknown", "cancelled", "done"})
            video = record.state == "done" and Path(record.path).is_file()
            assert leads or video, f"paid, and the journal has {record}"
        self._count(records)

    def _count(self, records: Mapping[str, Record]) -> None:
        self.counts["cases"] += self._steps
        self.counts["submits"] += len(self.service.submits)
        self.counts["paid"] += len(self._accepted())
        for submit in self._accepted():
            state = records[submit.job].state
            self.counts["unknown paid" if state in {"unknown", "cancelled"} else state] += 1

    def close(self) -> None:
        """End every process and the service."""
        self._kernels.close()
        self.service.down()

    def records(self) -> list[Record]:
        """Return the rows of the journal, oldest first."""
        return self._store.find()[::-1]

    def _check_submit(self, submit: Submit, records: Mapping[str, Record]) -> None:
        assert submit.job in records, f"{submit} was sent before the journal knew of it"
        if submit.settled is None and records[submit.job].state in COST_NOTHING:
            submit.settled = self._steps
            assert not submit.accepted or submit.task in self.service.failed, f"{submit} {records[submit.job]}"
        if submit.job in self.again or submit.number in self._checked:
            return
        self._checked.add(submit.number)
        number = self.takes.get(submit.job, 1)
        open_before = [
            earlier
            for earlier in self._open(submit.prompt)
            if earlier.number < submit.number and self.takes.get(earlier.job, 1) == number
        ]
        assert not open_before, f"bought twice: {open_before} and then {submit}"

    def _check_record(self, record: Record) -> None:
        submits = [submit for submit in self.service.submits if submit.job == record.id]
        paid = any(submit.accepted for submit in submits)
        failed = record.state == "failed" and any(submit.task in self.service.failed for submit in submits)
        if not failed:
            assert paid or record.charged != "yes", f"charged, and the ledger has no such task: {record}"
            assert not paid or record.charged != "no", f"paid, and told unpaid: {record}"
        past = self._past.setdefault(record.id, [])
        for before in past[-1:]:
            assert failed or before.charged == record.charged or before.charged != "yes", f"{before} → {record}"
            assert before.state != "done" or record.state == "done", f"a finished job is unfinished: {record}"
            assert before.task_id in {"", record.task_id}, f"{before} → {record}"
        if record.state in FOLLOWED and self.system.poll_wire:
            assert record.task_id in {submit.task for submit in submits}, f"it follows another task: {record}"
        past.append(record)

    def _table(self) -> str:
        rows = [
            f"{r.id} {r.state} charged={r.charged} task={r.task_id} pid={self._pid(r.owner)} error={r.error}"
            for r in self.records()
        ]
        return "\n".join(["", *rows, *(str(submit) for submit in self.service.submits)])

    def _is_settled(self) -> bool:
        return all(self._waits(record) for record in self.records())

    def _waits(self, record: Record) -> bool:
        """Return whether a job does not move until somebody does something."""
        if record.state not in LIVE or not self._is_driven(record):
            return True
        if record.state == "new":
            return record.error is not None
        if record.state == "sending":
            return any(submit.held for submit in self.service.submits if submit.job == record.id)
        stays = record.state != "ready" and self._pid(record.owner) not in self._without_key
        return stays and record.task_id not in self.service.finished | self.service.failed

    def _is_driven(self, record: Record) -> bool:
        return self._pid(record.owner) in {kernel.pid for kernel in self.slots.values()}

    def _drives(self, slot: int, job: str) -> bool:
        return slot in self.slots and self._pid(self._record(job).owner) == self.slots[slot].pid

    def _pid(self, owner: str) -> int:
        with self._store.reading() as db:
            row = db.execute("SELECT pid FROM owner WHERE id = ?", (owner,)).fetchone()
        return row["pid"] if row is not None else 0

    def _record(self, job: str) -> Record:
        return self._store.get(job)

    def _kernel(self, slot: int) -> RemoteKernel:
        if slot not in self.slots:
            self.slots[slot] = self._kernels.start(self._env)
        return self.slots[slot]

    def _open(self, prompt: str) -> list[Submit]:
        """Return the submits of *prompt* that cost money, or may."""
        return [submit for submit in self.service.submits if submit.prompt == prompt and submit.settled is None]

    def _request(
        self, prompt: str, *, again: bool = False, take: int | None = None
    ) -> tuple[str, str, Mapping[str, Any]]:
        return prompt, self.system.model, {**self.system.given, "again": again, "take": take}

    def _note(self, outcome: Outcome, *, again: bool = False, take: int | None = None) -> None:
        assert not outcome.error or outcome.error in EXPECTED, outcome
        if outcome.job and not outcome.reused:
            self.jobs.append(outcome.job)
            if again:
                self.again.add(outcome.job)
            if take is not None:
                self.takes[outcome.job] = take

    def _of_job(self, name: str, slot: int, index: int) -> str | None:
        if not self.jobs:
            return None
        job = self.jobs[index % len(self.jobs)]
        outcome = self._kernel(slot).call(name, job)
        assert not outcome.error or outcome.error in EXPECTED, outcome
        return job

    def _accepted(self) -> list[Submit]:
        return [submit for submit in self.service.submits if submit.accepted]

    def _sender(self, prompt: str, busy: set[str]) -> str:
        """Return the job that the journal says is being sent with *prompt* and whose submit has not arrived yet."""
        with closing(sqlite3.connect(f"{self._store.path.as_uri()}?mode=ro", uri=True)) as db:
            rows = db.execute(
                "SELECT id FROM job WHERE state = 'sending' AND prompt = ? ORDER BY updated DESC", (prompt,)
            ).fetchall()
        return next((row[0] for row in rows if row[0] not in busy), "")


def _pick(things: Sequence[T], index: int) -> T:
    if not things:
        raise NothingThereError
    return things[index % len(things)]
