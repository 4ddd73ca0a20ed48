"""A scripted service whose replies to submits wait until the test lets them out or loses them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from tests.faults.answers import Answer, Seen, json_answer
from tests.faults.systems import SYSTEMS, Service, System, task_of
from tests.faults.toxics import Reset, Sleep

Verdict = Literal["accepted", "refused"]
REFUSED = Answer(400, b'{"code": 400, "reason": "BadRequest", "message": "no such style", "error": {"message": "no"}}')
FAILED = {
    "vidu": {"state": "failed", "err_code": "AuditSubmitIllegal", "creations": []},
    "hailuo": {"status": "Fail", "base_resp": {"status_code": 0}},
}


@dataclass
class Submit:
    """One request that reached the service and costs money once it is accepted.

    `job` is the job that the journal named as sending it, "" where there was none. `let_out` ends the wait of its
    reply; with `lost` the connection is reset instead. `settled` is when its job was stored as costing nothing, in
    numbers of steps, None while it is not.
    """

    number: int
    prompt: str
    job: str
    verdict: Verdict
    task: str
    let_out: threading.Event = field(default_factory=threading.Event)
    lost: bool = False
    settled: int | None = None

    @property
    def accepted(self) -> bool:
        """Whether the service makes the video, and charges it."""
        return self.verdict == "accepted"

    @property
    def held(self) -> bool:
        """Whether its reply waits."""
        return not self.let_out.is_set()

    def toxic(self, pieces: Iterator[bytes], sleep: Sleep) -> Iterator[bytes]:
        """Hold the reply; then send it, or reset the connection."""
        while not self.let_out.wait(0.02):
            if sleep(0):
                return
        if self.lost:
            raise Reset
        yield from pieces


class HeldService(Service):
    """A service that decides on a submit by `verdicts` when it arrives, and answers it when the test says so.

    *sender* returns the id of the job that the journal says is sending a prompt now. Tasks are running until they are
    in `finished` or `failed`; those in `forgotten` are not known any more.
    """

    def __init__(self, video_bytes: bytes, sender: Callable[[str, set[str]], str]) -> None:
        self.submits: list[Submit] = []
        self.verdict: Verdict = "accepted"
        self.finished: set[str] = set()
        self.failed: set[str] = set()
        self.forgotten: set[str] = set()
        self._sender = sender
        super().__init__(video_bytes, pending=0)

    def down(self) -> None:
        """Lose what is held, and stop."""
        for submit in self.submits:
            submit.lost = submit.lost or submit.held
            submit.let_out.set()
        super().down()

    def _submit(self, system: System, seen: Seen) -> Answer:
        prompt = system.prompt(seen.json)
        number = len(self.submits) + 1
        task = str(1000 + number)
        busy = {submit.job for submit in self.submits if submit.held}
        submit = Submit(number, prompt, self._sender(prompt, busy), self.verdict, task)
        self.submitted.append(prompt)
        reply = REFUSED
        if submit.accepted:
            self.paid.append(prompt)
            self._tasks[task] = seen.json
            reply = self._accepted(system, task, prompt)
        self.submits.append(submit)
        return reply.but(submit.toxic)

    def _poll(self, seen: Seen) -> Answer:
        task, name = task_of(seen)
        if task in self.forgotten:
            self._tasks.pop(task, None)
        elif task in self.failed:
            return json_answer(FAILED[SYSTEMS[name].poll_wire])
        elif task in self._tasks:
            self._polled[task] = 0 if task in self.finished else -2  # pending is 0
        return super()._poll(seen)
