"""One job from its request to its file, as a generator of seconds to rest.

After a restart the same generator enters at the ticket.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from vidmagic.engine import states
from vidmagic.engine.run.context import JobContext
from vidmagic.engine.run.poll import Polling
from vidmagic.engine.run.recover_submit import find
from vidmagic.engine.run.save import Saving
from vidmagic.engine.run.submit import Submission
from vidmagic.errors import Cancelled, Failed, OutcomeUnknown, Paused, Refused, VidmagicError
from vidmagic.http.network_errors import unframed
from vidmagic.spec.events import Stopped

KERNEL_ENDED = "the kernel ended while the request was being sent, so its answer was lost"


@dataclass
class Lifecycle:
    """What one job runs through; `steps` is what the engine pulls. `sending` is there for a job still to be sent."""

    context: JobContext
    following: Polling
    saving: Saving
    sending: Submission | None = None

    def steps(self) -> Iterator[float]:
        """Run the job to its end; yield the seconds to rest between two steps."""
        try:
            if self.sending is not None:
                yield from self._send_or_find(self.sending)
            elif self.context.record.state == states.SENDING:
                yield from find(self.context, OutcomeUnknown(KERNEL_ENDED))
            if self.context.record.state != states.READY:
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

    def _send_or_find(self, sending: Submission) -> Iterator[float]:
        """Send the request; where its answer is lost, look for what it started."""
        try:
            yield from sending.steps()
        except VidmagicError as error:
            lost = self.downgrade_to_unknown(error)
            if not isinstance(lost, OutcomeUnknown):
                raise
            sending.request = None
            yield from find(self.context, lost)

    def _stop(self, error: VidmagicError) -> None:
        error = self.downgrade_to_unknown(error)
        unframed(error)
        error.message, error.trace = self.context.http.redact(error.message), self.context.http.redact(error.trace)
        error.args = (error.message,)
        state = self._state_after(error)
        self.context.live = None
        if state in {states.NEW, states.REJECTED} or self.context.record.in_sandbox:
            error.charged = "no"
        elif self.context.record.state == states.READY:
            error.charged = "yes"
        error.job_id = self.context.record.id
        if state == states.PAUSED and not error.hint:
            error.hint = f"`%video resume {self.context.record.id}` takes the job up again, free of charge."
        said = {
            "type": type(error).__name__,
            "message": error.message,
            "hint": error.hint,
            "reason": error.reason,
            "trace": error.trace,
        }
        self.context.set(Stopped(state, error), state=state, charged=self.context.charged(error.charged), error=said)

    def downgrade_to_unknown(self, error: VidmagicError) -> VidmagicError:
        """Say "unknown" where bytes have left, no verdict came, and nothing is there to ask again with."""
        verdict = isinstance(error, Refused | OutcomeUnknown | Failed | Cancelled)
        record = self.context.record
        if verdict or record.ticket is not None or record.links is not None or not self.context.has_left(error):
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
        return states.NEW if self.context.record.state == states.NEW else states.PAUSED


def _where(error: BaseException) -> str:
    """Return the file and line where *error* was raised, since its frames do not stay."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(frame.filename).name}, line {frame.lineno}"
