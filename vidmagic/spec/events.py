"""What happens to a job, in the order in which it may happen: TextReceived* Queued* Running* Ready Saved | Stopped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from vidmagic.errors import VidmagicError


@dataclass(frozen=True, slots=True)
class TextReceived:
    """Text of a service that sends everything only once; it is stored before it is interpreted."""

    text: str


@dataclass(frozen=True, slots=True)
class Queued:
    """The service has accepted the job and has not started it."""

    message: str = ""


@dataclass(frozen=True, slots=True)
class Running:
    """The service works on the job; `percent` (0 to 100) only when the service itself sent one."""

    percent: float | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class Ready:
    """The video can be fetched.

    `urls` are links to the same video in order of preference, signed and therefore secret. `extras` are links to
    more of the result by name, as "last_frame". `width` and `height` are in pixels, `reported` is what the service
    reported on cost or usage, unchanged.
    """

    urls: tuple[str, ...] = field(repr=False)
    extras: Mapping[str, str] = field(default_factory=dict, repr=False)
    width: int | None = None
    height: int | None = None
    reported: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Saved:
    """The video is on disk, whole and checked. `size` is in bytes.

    `sha256` is of the service's bytes, `file_sha256` of the whole file where that holds more, else "".
    """

    path: str
    size: int
    sha256: str
    file_sha256: str = ""


@dataclass(frozen=True, slots=True)
class Stopped:
    """The job ended without a video, or waits for the user."""

    state: str
    error: VidmagicError


Event = TextReceived | Queued | Running | Ready | Saved | Stopped
