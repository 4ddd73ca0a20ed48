"""Deadlines belong to the process that set them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

FORKS = """
import os, socket
from vidmagic.http.connection import ConnectionMonitor
from vidmagic.http.deadlines import Deadlines

near, far = socket.socketpair()
deadlines, parent, child = Deadlines(), ConnectionMonitor(), ConnectionMonitor()
parent.sock = near
with deadlines.limit(parent, 0.2):
    forked = os.fork()
    if forked == 0:
        with deadlines.limit(child, 0.4):
            while not child.overdue:
                os.sched_yield()
        os._exit(0)
os.waitpid(forked, 0)
far.send(b"alive")
near.settimeout(5)
print(near.recv(5).decode())
"""


def test_a_forked_child_cuts_no_call_of_its_parent(tmp_path: Path) -> None:
    """A child whose own deadline passes leaves the connection of its parent open, although that was due earlier."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", FORKS],
        env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert (done.stdout, done.returncode) == ("alive\n", 0), done.stderr
