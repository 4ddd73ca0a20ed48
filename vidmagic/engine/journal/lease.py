"""Which process drives a job, and whether it lives. A pid alone does not identify it: pids are reused."""

from __future__ import annotations

import contextlib
import os
import platform
import secrets
import time
from dataclasses import dataclass, field
from pathlib import Path

BEAT = 10.0  # seconds between two signs of life
LEASE = 60.0  # seconds of silence after which an owner on another machine counts as gone


@dataclass(frozen=True, slots=True)
class Owner:
    """A process that drives jobs: host, boot and start time make its pid unique."""

    id: str
    host: str
    boot: str
    pid: int
    started: str
    beat: float = field(default=0.0, compare=False)

    def is_alive(self, me: Owner) -> bool:
        """Return whether the process lives: on this machine by its start time, on another by its last beat."""
        if self.id == me.id:
            return True
        if (self.host, self.boot) == (me.host, me.boot) and me.started:
            return _started(self.pid) == self.started
        return time.time() - self.beat < LEASE


def this_process() -> Owner:
    """Describe this process under a fresh id."""
    return Owner(secrets.token_hex(8), platform.node(), _boot(), os.getpid(), _started(os.getpid()), time.time())


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
