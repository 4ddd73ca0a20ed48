"""■ at random points of every public call: the journal works on, nothing is bought twice, no job is left alone."""

from __future__ import annotations

import contextlib
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from IPython.core.interactiveshell import InteractiveShell

from tests.faults.conftest import Trial
from tests.faults.interrupts import Interrupts
from tests.faults.systems import Service
from tests.notebook.cells import html
from tests.patience import ended, until
from vidmagic.engine.journal.record import Record
from vidmagic.engine.states import LIVE
from vidmagic.errors import VidmagicError
from vidmagic.notebook.magics import magics
from vidmagic.session.session import Session
from vidmagic.session.sweep.plan import plan_sweep, start_sweep

BATCH = 20  # calls between two judgements; their jobs run at the same time


@dataclass
class Notebook:
    """What a person can call, each by its name, on the jobs that there are."""

    session: Session
    shell: InteractiveShell
    dice: random.Random
    prompts: list[str] = field(default_factory=list)
    _judged: int = 0

    def calls(self) -> dict[str, Callable[[], object]]:
        """Return one call of each kind."""
        calls: dict[str, Callable[[], object]] = {
            "start": lambda: self.session.start(self._new_prompt(), "hailuo"),
            "start again": lambda: self.session.start(self._old_prompt(), "hailuo"),
            "sweep": self._sweep,
            "%%video": lambda: self.shell.run_cell_magic("video", "hailuo", self._new_prompt()),
            "%%video --wait": lambda: self.shell.run_cell_magic("video", "hailuo --wait", self._new_prompt()),
            "%video jobs": lambda: html(self.shell.run_line_magic("video", "jobs")),
            "%video wait": lambda: self.shell.run_line_magic("video", "wait"),
            "%video resume": lambda: self.shell.run_line_magic("video", "resume"),
            "%video cost": lambda: self.shell.run_line_magic("video", "cost"),
        }
        records = self.session.store.find(limit=BATCH)
        return calls | self._of_job(self.dice.choice(records).id) if records else calls

    def _of_job(self, job: str) -> dict[str, Callable[[], object]]:
        """Return the calls that name a job."""
        return {
            "resume": lambda: self.session.resume(job),
            "result": lambda: self.session.resume(job).result(5),
            "wait": lambda: self.session.resume(job).wait(5),
            "events": lambda: list(self.session.resume(job).events()),
            "cancel": lambda: self.session.cancel(job),
            "%video show": lambda: self.shell.run_line_magic("video", f"show {job}"),
            "%video compare": lambda: html(self.shell.run_line_magic("video", f"compare {job} {job}")),
            "%video cancel": lambda: self.shell.run_line_magic("video", f"cancel {job}"),
        }

    def take_new_prompts(self) -> list[str]:
        """Return the prompts that are new since the last time."""
        new, self._judged = self.prompts[self._judged :], len(self.prompts)
        return new

    def _sweep(self) -> object:
        prompts = [self._new_prompt(), self._new_prompt()]
        return start_sweep(self.session, plan_sweep(self.session, prompts, "hailuo"))

    def _new_prompt(self) -> str:
        self.prompts.append(f"prompt {len(self.prompts)}")
        return self.prompts[-1]

    def _old_prompt(self) -> str:
        return self.dice.choice(self.prompts) if self.prompts else self._new_prompt()


@pytest.fixture
def notebook(trial: Trial, dice: random.Random) -> Iterator[Notebook]:
    """Return the calls of a notebook in this process, whose session speaks to a scripted service."""
    trial.serve(pending=0)
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance()
    magics.load(shell, lambda _: trial.session)
    yield Notebook(trial.session, shell, dice)
    magics.unload(shell)
    shell.history_manager.end_session()
    InteractiveShell.clear_instance()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # an interrupt in a weak reference's end
def test_interrupted_at_any_time(notebook: Notebook, trial: Trial, dice: random.Random, *, long: bool) -> None:
    """Whatever call ■ cuts, and wherever: each prompt is sent once at most, and every job comes to an end."""
    service = trial.serve(pending=0)
    interrupts = Interrupts(dice)
    for _ in range(2):  # all is imported: an interrupt inside of an import may leave Python's own lock of that module
        for function in notebook.calls().values():
            _refusable(function)()
    while interrupts.interrupted < (2000 if long else 100):
        names = []
        with interrupts.installed():
            for _ in range(BATCH):
                name, function = dice.choice(list(notebook.calls().items()))
                names.append(name)
                interrupts.call(name, _refusable(function))
        _judge(notebook, service, names)
    trial.figures.add(
        cases=interrupts.calls,
        interrupts=interrupts.interrupted,
        submits=len(service.submitted),
        paid=len(service.paid),
        done=len(notebook.session.store.find(states=["done"])),
        bought_twice=0,
        lost=0,
    )


def _refusable(function: Callable[[], object]) -> Callable[[], object]:
    """Return a call that may be refused: a job may have been cancelled, or may not be over."""

    def call() -> None:
        with contextlib.suppress(VidmagicError):
            function()

    return call


def _judge(notebook: Notebook, service: Service, names: list[str]) -> None:
    """Write to the journal, wait for what runs, ask for each prompt once more, and look for jobs that nobody drives."""
    session = notebook.session
    session.store.beat()  # raises after 10 seconds where a turn was left behind

    def live() -> list[Record]:
        return [record for record in session.store.find(states=sorted(LIVE)) if record.error is None]

    until(lambda: not live() and not session.running(), 20, lambda: f"{live()} do not end after {names}")
    for prompt in notebook.take_new_prompts():
        job = ended(session.start(prompt, "hailuo"))
        assert job.state in {"done", "cancelled"}, f"{job} {job.error} after {names}"
    twice = [prompt for prompt, count in Counter(service.submitted).items() if count > 1]
    assert not twice, f"bought twice after {names}: {twice}"
