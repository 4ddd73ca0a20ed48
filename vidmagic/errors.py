"""The tree of errors.

VidmagicError
├── InvalidRequest       refused here, before anything was sent (also a ValueError)
│   └── TooExpensive     the estimate is higher than allowed, or unknown
├── MissingKey           no key for the service
├── NoSuchJob            no job, or more than one, has this id
│   └── AmbiguousJob     more than one job's id begins like this
├── JournalError         the journal cannot be written, so nothing was sent
├── Unreachable          the service did not answer; nothing is lost
│   └── NotSent          a submit failed before its first byte left
├── Refused              the service refused the request; not charged
├── OutcomeUnknown       a submit was sent and its answer lost; may be charged
├── NotImproved          a language model answered, and not with a prompt that can be used
├── Failed               the service accepted the job and then failed it
├── Paused               the job waits for the user: a key, disk space, a folder
├── DownloadFailed       the video exists and could not be fetched
│   └── LinkRefused      its link is refused; the service may give a new one
├── Cancelled            the user cancelled the job
├── SweepFailed          some jobs of a sweep ended without a video
└── StillRunning         a wait ended before the job did

Each provider maps the error codes of its service to a `Reason`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from vidmagic.escaping import plain

Charged = Literal["no", "yes", "unknown"]
Reason = Literal[
    "",
    "key",
    "balance",
    "rate",
    "concurrency",
    "parameters",
    "prompt",
    "image",
    "result",
    "busy",
    "not found",
    "expired",
]

_CHARGED = {"no": "not charged", "yes": "charged", "unknown": "may be charged"}


class VidmagicError(Exception):
    """Base of all errors of this package.

    `charged` is whether money was spent ("no", "yes", "unknown"), `job_id` which job it is about ("" for none),
    `hint` what to do next, `reason` the kind of refusal where a service gave one, `trace` the service's own trace id,
    `reported` what the service reported on cost with it, unchanged.
    """

    charged: Charged = "no"
    hint: str = ""

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        charged: Charged | None = None,
        job_id: str = "",
        reason: Reason = "",
        trace: str = "",
        reported: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.job_id = job_id
        self.reason: Reason = reason
        self.trace = trace
        self.reported = dict(reported or {})
        if hint is not None:
            self.hint = hint
        if charged is not None:
            self.charged = charged

    @property
    def charged_text(self) -> str:
        """Whether it was charged, in words."""
        return _CHARGED[self.charged]

    def lines(self) -> list[str]:
        """Return the error in one to three lines: what happened, what it cost, what to do."""
        lines = [f"{type(self).__name__}: {self}"]
        if self.job_id:
            trace = f" · trace {plain(self.trace)}" if self.trace else ""
            lines.append(f"job {self.job_id} · {self.charged_text}{trace}")
        if self.hint:
            lines.append(plain(self.hint))
        return lines

    def __str__(self) -> str:
        """Return the message as one line for a terminal: it may hold a service's text."""
        return plain(self.message)

    def _render_traceback_(self) -> list[str]:
        """Show these lines in place of a traceback; IPython looks for this name."""
        return self.lines()


class InvalidRequest(VidmagicError, ValueError):
    """The request is refused here: nothing was sent, nothing is charged."""


class TooExpensive(InvalidRequest):
    """The estimated price is above the limit, or unknown."""


class MissingKey(VidmagicError):
    """The service needs a key and none was found."""


class NoSuchJob(VidmagicError, LookupError):
    """No job, or more than one, has this id."""


class AmbiguousJob(NoSuchJob):
    """More than one job's id begins like this."""


class JournalError(VidmagicError):
    """The journal cannot be read or written; nothing was sent because of it."""


class Unreachable(VidmagicError):
    """The service did not answer as it should; asking again is free.

    `retry_after` is what the service asked us to wait, in seconds, or None.
    """

    def __init__(self, message: str, *, status: int = 0, retry_after: float | None = None, **more: object) -> None:
        super().__init__(message, **more)  # type: ignore[arg-type]
        self.status = status
        self.retry_after = retry_after


class NotSent(Unreachable):
    """A submit failed before its first byte left this machine."""

    hint = "Nothing was sent. Check the network, then run the cell again."


class Refused(VidmagicError):
    """The service refused the request. It is not charged.

    `retry_after` is in seconds, or None when the service did not say.
    """

    def __init__(self, message: str, *, retry_after: float | None = None, **more: object) -> None:
        super().__init__(message, **more)  # type: ignore[arg-type]
        self.retry_after = retry_after


class OutcomeUnknown(VidmagicError):
    """A submit was sent and its answer was lost: the service may have started, and charged, the job."""

    charged: Charged = "unknown"
    hint = "It is not sent again automatically. Check the service's own log; `--again` buys a new take."


class NotImproved(VidmagicError):
    """A language model answered, and not with a prompt that can be used. `text` is what it wrote."""

    charged: Charged = "yes"
    hint = "Nothing is sent again by itself, and no video was started. Word the wish or the prompt differently."

    def __init__(self, message: str, *, text: str = "", **more: object) -> None:
        super().__init__(message, **more)  # type: ignore[arg-type]
        self.text = text


class Failed(VidmagicError):
    """The service accepted the job and reported that it failed."""

    charged: Charged = "unknown"


class Paused(VidmagicError):
    """The job waits for the user; nothing is lost."""

    charged: Charged = "yes"


class DownloadFailed(VidmagicError):
    """The video was made and could not be fetched."""

    charged: Charged = "yes"


class LinkRefused(DownloadFailed):
    """The link is refused, or does not lead to a video; the service may give a fresh one."""


class Cancelled(VidmagicError):
    """The user cancelled the job."""

    charged: Charged = "unknown"


class SweepFailed(VidmagicError):
    """Some jobs of a sweep ended without a video; the message names each of them."""

    charged: Charged = "unknown"


class StillRunning(VidmagicError, TimeoutError):
    """The wait ended before the job did; the job goes on."""

    charged: Charged = "unknown"
