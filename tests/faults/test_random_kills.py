"""kill -9 at any moment, from outside: in the middle of a commit, a request, a write."""

from __future__ import annotations

import random
import signal
import time
from pathlib import Path

from tests.faults import child
from tests.faults.answers import video_answer
from tests.faults.conftest import Trial
from tests.faults.oracle import judge
from tests.faults.systems import SYSTEMS
from tests.faults.toxics import slicer

LONGEST = 0.5  # seconds that a job of these tests takes, about


def test_killed_at_any_time(trial: Trial, dice: random.Random, *, long: bool) -> None:
    """At a random moment, in any system: nothing paid is lost or bought twice, and no video is half there."""
    service = trial.serve(pending=2)
    killed = 0
    for number in range(100 if long else 12):
        system = list(SYSTEMS.values())[number % len(SYSTEMS)]
        prompt = f"kill {number} {system.name}"
        service.downloads = [video_answer(service.video, toxics=(slicer(400, 0.01),))]
        process = child.kernel({}, Path.cwd(), child.start, prompt, system.model, system.given)
        time.sleep(dice.uniform(0, LONGEST))
        process.kill()
        process.join(30)
        killed += process.exitcode == -signal.SIGKILL
        service.downloads.clear()
        judge(service, system, prompt, trial.new_session, trial.figures)
    trial.figures.add(killed_in_time=killed)
    assert killed
