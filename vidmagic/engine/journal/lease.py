"""Which process drives a job, and whether it lives. A pid alone does not identify it: pids are reused."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import platform
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

BEAT = 10.0  # seconds between two signs of life
LEASE = 60.0  # seconds without a new beat, by the observer's own clock, after which an owner elsewhere counts as gone
SILENCE = 3600.0  # seconds since the last beat after which it counts as gone at once: no two clocks are so far apart


@dataclass(frozen=True, slots=True)
class Owner:
    """A process that drives jobs: host, boot, pid namespace and start time make its pid unique.

    `boot`, `namespace` and `started` are "" where the system does not tell them.
    """

    id: str
    host: str
    boot: str
    pid: int
    started: str
    beat: float = field(default=0.0, compare=False)
    namespace: str = ""

    def shares_pids_with(self, other: Owner) -> bool:
        """Return whether a pid of one means the same process to the other, and both can be looked up."""
        mine, theirs = (self.host, self.boot, self.namespace), (other.host, other.boot, other.namespace)
        return mine == theirs and bool(self.started and other.started)


class Lease:
    """Judges whether other owners live: by their process where its pid can be looked up, else by their beats.

    The clocks of two hosts may be minutes apart. So a beat's own time hardly counts: an owner is gone when its beat has
    not changed for *seconds* of this process's *steady* clock. *wall* is the clock that dates the beats.
    """

    def __init__(
        self,
        *,
        seconds: float = LEASE,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seconds = seconds
        self._wall = wall
        self._steady = steady
        self._seen: dict[str, tuple[float, float]] = {}  # each owner's last beat, and when it was first seen

    def beating(self, owner: Owner) -> Owner:
        """Return *owner* with a beat of now."""
        return dataclasses.replace(owner, beat=self._wall())

    def is_alive(self, owner: Owner, me: Owner) -> bool:
        """Return whether the process *owner* lives, as far as the process *me* can know."""
        if owner.id == me.id:
            return True
        if owner.shares_pids_with(me):
            return _started(owner.pid) == owner.started
        if self._wall() - owner.beat > SILENCE:
            return False
        now = self._steady()
        beat, since = self._seen.get(owner.id, (None, now))
        if beat != owner.beat:
            self._seen[owner.id] = owner.beat, now
            return True
        return now - since < self._seconds


def this_process() -> Owner:
    """Describe this process under a fresh id."""
    # Some containers see the /proc of another pid namespace, where our pid is somebody else's.
    own_proc = _link("/proc/self") == str(os.getpid())
    return Owner(
        id=secrets.token_hex(8),
        host=platform.node(),
        boot=_boot(),
        pid=os.getpid(),
        started=_started(os.getpid()) if own_proc else "",
        beat=time.time(),
        namespace=_link("/proc/self/ns/pid"),
    )


def _link(path: str) -> str:
    with contextlib.suppress(OSError, AttributeError):  # Windows may lack it
        return str(Path(path).readlink())
    return ""


def _boot() -> str:
    with contextlib.suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return ""


def _started(pid: int) -> str:
    """Return when a process began, in the unit of the system; "" if unknown or if the process has ended."""
    with contextlib.suppress(OSError, IndexError):
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        return "" if stat[0] in "ZX" else stat[19]  # a zombie is dead, though it still has a start time
    return ""
