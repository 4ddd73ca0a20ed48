"""One job from its request to its file, as a generator of seconds to wait.

After a restart the same generator begins at the ticket.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vidmagic.engine import states
from vidmagic.engine.journal.record import Record
from vidmagic.engine.run.context import JobContext
from vidmagic.engine.run.poll import Polling
from vidmagic.engine.run.recover_submit import find_submitted_task
from vidmagic.engine.run.save import Saving
from vidmagic.engine.run.submit import Submission
from vidmagic.engine.stored_error import missing_file, to_json
from vidmagic.errors import Cancelled, Failed, OutcomeUnknown, Paused, Refused, VidmagicError
from vidmagic.http.network_errors import unframed
from vidmagic.providers.billing import is_refund
from vidmagic.spec.events import Stopped
from vidmagic.spec.price import REFUNDED

KERNEL_ENDED = "the kernel ended while the request was being sent, so its answer was lost"


@dataclass
class Lifecycle:
    """The parts that one job runs through, in `steps`. `submission` is None for a job that was sent before."""

    context: JobContext
    polling: Polling
    saving: Saving
    submission: Submission | None = None

    @property
    def record(self) -> Record:
        """The job as the journal holds it."""
        return self.context.record

    def downloaded(self) -> tuple[int, int | None]:
        """Return how many bytes of the result are here, and how many there are, None where that is not known."""
        download = self.saving.download
        return (download.received, download.total) if download is not None else (0, None)

    def steps(self) -> Iterator[float]:
        """Run the job to its end; yield the seconds to wait between two steps."""
        try:
            if self.submission is not None:
                yield from self._submit_or_recover(self.submission)
            elif self.record.state == states.SENDING:
                yield from find_submitted_task(self.context, OutcomeUnknown(KERNEL_ENDED))
            if self.record.state != states.READY:
                yield from self.polling.steps()
            yield from self.saving.steps()
        except VidmagicError as error:
            self._stop(error)
        except Exception as error:  # noqa: BLE001  a fault in a provider must not lose a job
            fault = Paused(f"a fault here ({_where(error)}): {type(error).__name__}: {error}")
            fault.__cause__ = error
            self._stop(fault)
        finally:
            if self.submission is not None:
                self.submission.release_slot()
            if self.saving.download is not None:
                self.saving.download.discard()  # or a part would be there for as long as anyone holds the job

    def _submit_or_recover(self, submission: Submission) -> Iterator[float]:
        """Send the request; where its answer is lost, search for the task that it started."""
        try:
            yield from submission.steps()
        except VidmagicError as error:
            lost = self.downgrade_to_unknown(error)
            if not isinstance(lost, OutcomeUnknown):
                raise
            submission.request = None
            yield from find_submitted_task(self.context, lost)

    def _stop(self, error: VidmagicError) -> None:
        """Store how the job ended without a video."""
        error = self.downgrade_to_unknown(error)
        unframed(error)
        error.message, error.trace = self.context.http.redact(error.message), self.context.http.redact(error.trace)
        error.args = (error.message,)
        if self.context.is_repeated_download:
            error = missing_file(self.record, error)
        state = self._state_after(error)
        self.context.live = None
        if state == states.PAUSED and not error.hint:
            error.hint = f"`%video resume {self.record.id}` resumes the job, free of charge."
        self._note_refund(error)
        verdict = isinstance(error, Refused | Failed | OutcomeUnknown)  # no other error knows what the job cost
        charged = error.charged if verdict else self.record.charged
        self.context.update(state=state, charged=charged, error=to_json(error), **self._reported_with(error))
        error.charged, error.job_id = self.record.charged, self.record.id
        self.context.notify(Stopped(self.record.state, error))

    def _note_refund(self, error: VidmagicError) -> None:
        """Make a failure that reports a refund one that costs nothing."""
        if isinstance(error, Failed) and is_refund(error.message, self.record.prompt):
            error.charged, error.reported = "no", {**error.reported, REFUNDED: True}

    def _reported_with(self, error: VidmagicError) -> dict[str, Any]:
        """Return what the service reported on cost with *error*, as changes to the record."""
        if not error.reported:
            return {}
        return {"reported": {**self.record.reported, **self.context.with_bill(error.reported)}}

    def downgrade_to_unknown(self, error: VidmagicError) -> VidmagicError:
        """Return OutcomeUnknown where bytes have left, no verdict came, and nothing is there to ask again with."""
        verdict = isinstance(error, Refused | OutcomeUnknown | Failed | Cancelled)
        record = self.record
        if verdict or record.ticket is not None or record.links is not None or not self.context.has_left(error):
            return error
        unknown = OutcomeUnknown(f"the answer was lost: {error.message}")
        unknown.__cause__ = error
        return unknown

    def _state_after(self, error: VidmagicError) -> str:
        if isinstance(error, Refused) and not self.record.has_id:
            return states.REJECTED
        if isinstance(error, OutcomeUnknown):
            return states.UNKNOWN
        if isinstance(error, Failed):
            return states.FAILED
        if isinstance(error, Cancelled):
            return states.CANCELLED
        return states.NEW if self.record.state == states.NEW else states.PAUSED


def _where(error: BaseException) -> str:
    """Return the file and line where *error* was raised, since its frames are dropped."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(frame.filename).name}, line {frame.lineno}"
