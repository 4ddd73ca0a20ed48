"""The money rules as a state machine: any sequence of starts, losses, kills, forks and cancels obeys them."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from tests.faults.conftest import seed_of
from tests.faults.figures import Figures
from tests.faults.money_model import SLOTS, World
from tests.faults.systems import SYSTEMS, System

KERNEL = st.integers(0, SLOTS - 1)
ANY = st.integers(0, 5)  # one of the jobs, submits or tasks there are
MEMORY = Path("/dev/shm")
PROMPT = st.sampled_from(["a kite", "a kite", "a boat"])
TAKE = st.sampled_from([1, 2, 2, 3])
VERDICT = st.sampled_from(["accepted", "accepted", "accepted", "refused"])
MOSTLY_NOT = st.sampled_from([False, False, True])
TRIED = [SYSTEMS[name] for name in ("hailuo", "vidu2", "sora")]


class MoneyRules(RuleBasedStateMachine):
    """Random calls by up to three processes; the world checks itself after each."""

    new_world: Callable[[System], World]
    figures: Figures

    def __init__(self) -> None:
        super().__init__()
        self.world: Any = None

    @initialize(system=st.sampled_from(TRIED))
    def begin(self, system):
        """Make a journal, a service and no process yet."""
        self.world = self.new_world(system)

    @rule(kernel=KERNEL, prompt=PROMPT, verdict=VERDICT, again=MOSTLY_NOT)
    def start(self, kernel, prompt, verdict, again):
        """Start a request."""
        self.world.start(kernel, prompt, verdict, again=again)

    @rule(kernel=KERNEL, prompt=PROMPT, verdict=VERDICT, take=TAKE)
    def start_take(self, kernel, prompt, verdict, take):
        """Start a take of a request."""
        self.world.start_take(kernel, prompt, verdict, take)

    @rule(prompt=PROMPT, take=st.none() | TAKE)
    def start_together(self, prompt, take):
        """Start one request, or one take of it, everywhere at once."""
        self.world.start_together(prompt, take)

    @rule(kernel=KERNEL, prompt=PROMPT)
    def start_offline(self, kernel, prompt):
        """Start a request that cannot be sent."""
        self.world.start_offline(kernel, prompt)

    @rule(submit=ANY, lost=MOSTLY_NOT)
    def answer(self, submit, lost):
        """Answer a submit, or lose the answer."""
        self.world.answer(submit, lost=lost)

    @rule(task=ANY, failed=MOSTLY_NOT)
    def finish(self, task, failed):
        """End a task at the service."""
        self.world.finish(task, failed=failed)

    @rule(kernel=KERNEL, job=ANY)
    def resume(self, kernel, job):
        """Resume a job."""
        self.world.resume(kernel, job)

    @rule(kernel=KERNEL, job=ANY)
    def cancel(self, kernel, job):
        """Cancel a job."""
        self.world.cancel(kernel, job)

    @rule(video=ANY)
    def move(self, video):
        """Move a video away."""
        self.world.move(video)

    @rule(kernel=KERNEL)
    def kill(self, kernel):
        """Kill a kernel."""
        self.world.kill(kernel)

    @rule(kernel=KERNEL)
    def fork(self, kernel):
        """Fork a kernel."""
        self.world.fork(kernel)

    @rule(kernel=KERNEL, there=st.booleans())
    def set_key(self, kernel, there):
        """Take the key away from a kernel, or give it back."""
        self.world.set_key(kernel, there=there)

    @invariant()
    def journal_and_ledger_agree(self):
        """Hold the journal against the ledger."""
        if self.world is not None:
            self.world.check()

    def teardown(self) -> None:
        """Answer, resume and judge everything."""
        if self.world is not None:
            try:
                if self.world.broken:
                    return
                self.world.check_end()
                self.figures.counts.update(self.world.counts)
            finally:
                self.world.close()


@pytest.fixture
def in_memory(tmp_path: Path) -> Iterator[Path]:
    """Return a folder in memory where there is one: a busy disk takes most of the time, and kill -9 spares memory."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else tmp_path) as folder:
        yield Path(folder)


def test_the_money_rules_hold(
    in_memory: Path,
    video_bytes: bytes,
    aim: Callable[[str], None],
    figures: Figures,
    request: pytest.FixtureRequest,
    *,
    long: bool,
) -> None:
    """Whatever three processes do: one purchase a request, `charged` as in the ledger, every paid task has its row."""
    numbers = itertools.count()

    class Seeded(MoneyRules):
        """The machine with what the test gives it."""

        def new_world(self, system: System) -> World:
            return World(in_memory / str(next(numbers)), system, video_bytes, aim)

    Seeded.figures = figures
    figures.add(lost=0, bought_twice=0)
    sizes: dict[str, Any] = {"max_examples": 60 if long else 10, "stateful_step_count": 35 if long else 16}
    quiet = {"deadline": None, "database": None, "suppress_health_check": list(HealthCheck)}
    phases = [Phase.generate, *([Phase.shrink] if long else [])]  # to shrink a violation may take five minutes
    run_state_machine_as_test(
        seed(seed_of(request.config))(Seeded),
        settings=settings(**sizes, **quiet, phases=phases),
    )
