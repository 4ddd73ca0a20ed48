"""One job from its request to its file, as a generator of seconds to rest.

After a restart the same generator enters at the ticket.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from vidmagic.engine.download.save import Saving
from vidmagic.engine.journal import record as states
from vidmagic.engine.run.context import Course
from vidmagic.engine.run.poll import Following
from vidmagic.engine.run.recover_submit import find
from vidmagic.engine.run.submit import Sending
from vidmagic.errors import Cancelled, Failed, OutcomeUnknown, Paused, Refused, VidmagicError
from vidmagic.http.network_errors import unframed
from vidmagic.spec.events import Stopped

KERNEL_ENDED = "the kernel ended while the request was being sent, so its answer was lost"


@dataclass
class Lifecycle:
    """What one job runs through; `steps` is what the engine pulls. `sending` is there for a job still to be sent."""

    course: Course
    following: Following
    saving: Saving
    sending: Sending | None = None

    def steps(self) -> Iterator[float]:
        """Run the job to its end; yield the seconds to rest between two steps."""
        try:
            if self.sending is not None:
                yield from self._send_or_find(self.sending)
            elif self.course.record.state == states.SENDING:
                yield from find(self.course, OutcomeUnknown(KERNEL_ENDED))
            if self.course.record.state != states.READY:
                yield from self.following.steps()
            yield from self.saving.steps()
        except VidmagicError as error:
            self._stop(error)
        except Exception as error:  # noqa: BLE001  a fault in a provider must not lose a job
            fault = Paused(f"a fault here ({_where(error)}): {type(error).__name__}: {error}")
            fault.__cause__ = error
            self._stop(fault)
        finally:
            if self.sending is not None:
                self.sending.leave()
            if self.saving.download is not None:
                self.saving.download.discard()  # or a part would be there for as long as anyone keeps the job

    def _send_or_find(self, sending: Sending) -> Iterator[float]:
        """Send the request; where its answer is lost, look for what it started."""
        try:
            yield from sending.steps()
        except VidmagicError as error:
            lost = self._honest(error)
            if not isinstance(lost, OutcomeUnknown):
                raise
            sending.request = None
            yield from find(self.course, lost)

    def _stop(self, error: VidmagicError) -> None:
        error = self._honest(error)
        unframed(error)
        error.message, error.trace = self.course.http.struck(error.message), self.course.http.struck(error.trace)
        error.args = (error.message,)
        state = self._state_after(error)
        self.course.live = None
        if state in {states.NEW, states.REJECTED} or self.course.record.rehearsal:
            error.charged = "no"
        elif self.course.record.state == states.READY:
            error.charged = "yes"
        error.job_id = self.course.record.id
        if state == states.PAUSED and not error.hint:
            error.hint = f"`%video resume {self.course.record.id}` takes the job up again, free of charge."
        said = {
            "type": type(error).__name__,
            "message": error.message,
            "hint": error.hint,
            "reason": error.reason,
            "trace": error.trace,
        }
        self.course.set(Stopped(state, error), state=state, charged=self.course.charged(error.charged), error=said)

    def _honest(self, error: VidmagicError) -> VidmagicError:
        """Say "unknown" where bytes have left, no verdict came, and nothing is there to ask again with."""
        verdict = isinstance(error, Refused | OutcomeUnknown | Failed | Cancelled)
        record = self.course.record
        if verdict or record.ticket is not None or record.links is not None or not self.course.has_left(error):
            return error
        unknown = OutcomeUnknown(f"the answer was lost: {error.message}")
        unknown.__cause__ = error
        return unknown

    def _state_after(self, error: VidmagicError) -> str:
        if isinstance(error, Refused):
            return states.REJECTED
        if isinstance(error, OutcomeUnknown):
            return states.UNKNOWN
        if isinstance(error, Failed):
            return states.FAILED
        if isinstance(error, Cancelled):
            return states.CANCELLED
        return states.NEW if self.course.record.state == states.NEW else states.PAUSED


def _where(error: BaseException) -> str:
    """Return the file and line where *error* was raised, since its frames do not stay."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(frame.filename).name}, line {frame.lineno}"
