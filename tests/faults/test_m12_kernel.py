"""Real kernels: an interrupt never cuts a submit, a restart loses nothing, and no trace of the key stays behind."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import CANARY
from tests.faults.conftest import Trial
from tests.faults.systems import SYSTEMS, Fault
from tests.faults.test_m11_secrets import everything, leaks
from tests.faults.toxics import latency
from tests.kernels.wire import Kernel, text
from tests.patience import until

LOAD = "%load_ext vidmagic\nfrom tests.quick import quicken\nquicken()"
CELL = "%%video hailuo {}\n{}"


@pytest.fixture
def kernel(tmp_path: Path) -> Iterator[Callable[..., Kernel]]:
    """Start kernels beside the test's journal, with its services; they keep a history and end with the test."""
    import os

    names = ("VIDMAGIC_HOME", *(f"{s}_API_KEY" for s in ("VIDU", "DMXAPI", "APIYI")),
             *(f"VIDMAGIC_{s}_URL" for s in ("VIDU", "DMXAPI", "APIYI")))  # fmt: skip
    with contextlib.ExitStack() as running:

        def start() -> Kernel:
            env = {name: os.environ[name] for name in names}
            env |= {"PYTHONPATH": str(Path(__file__).resolve().parents[2]), "IPYTHONDIR": str(tmp_path / "ipython")}
            found = running.enter_context(contextlib.closing(Kernel(cwd=Path.cwd(), env=env)))
            found.run(LOAD)
            return found

        yield start


def test_n01_n02_an_interrupt_in_the_submit(trial: Trial, kernel: Callable[..., Kernel]) -> None:
    """■ while the answer to a submit is on its way gives the prompt back within a second; the job is kept and done."""
    service = trial.serve()
    service.faults = [Fault("slow", lambda good: good.but(latency(2)), paid=True)]
    running = kernel()
    request = running.start(CELL.format("-w --out kite", "slow"))
    until(lambda: service.submitted)
    begun = time.monotonic()
    running.interrupt()
    running.wait(request, timeout=5)
    assert time.monotonic() - begun < 1
    assert "done" in text(running.run("kite.result(); print(kite.state)", timeout=30))
    assert service.submitted == ["slow"]
    trial.figures.add(cases=1, submits=1, paid=1, done=1)


def test_n04_a_kernel_that_dies_in_the_submit(trial: Trial, kernel: Callable[..., Kernel]) -> None:
    """Killed while the answer is on its way, the job is `unknown` in the next kernel; run again, it sends nothing."""
    service = trial.serve()
    service.faults = [Fault("slow", lambda good: good.but(latency(5)), paid=True)]
    first = kernel()
    first.start(CELL.format("-w", "dies"))
    until(lambda: service.submitted)
    first.kill9()
    second = kernel()
    said = text(second.run(CELL.format("-b -o again", "dies") + ""))
    said += text(second.run("print(again.state, again.charged)"))
    assert "unknown unknown" in said
    assert service.submitted == ["dies"]
    trial.figures.add(cases=1, submits=1, paid=1, unknown_paid=1, lost=0)


def test_n03_n06_n07_run_all_twice(trial: Trial, kernel: Callable[..., Kernel]) -> None:
    """All cells, a restart, all cells again: the second time nothing is sent, and the films are shown from disk."""
    service = trial.serve()
    cells = [CELL.format("-b", f"cell {number}") for number in range(3)]
    running = kernel()
    for again in range(2):
        for cell in cells:
            running.run(cell)
        running.run("%video wait", timeout=60)
        if not again:
            running.restart()
            running.run(LOAD)
    assert sorted(service.submitted) == ["cell 0", "cell 1", "cell 2"]
    trial.figures.add(cases=6, submits=3, paid=3, done=3, bought_twice=0)


def test_m11a_a_verbose_kernel_leaks_nothing(trial: Trial, kernel: Callable[..., Kernel], tmp_path: Path) -> None:
    """With `%xmode Verbose`, DEBUG logs, a service that echoes the key and a history: no byte of the key anywhere."""
    from tests.faults.answers import Answer

    service = trial.serve()
    echo = Answer(401, json.dumps({"error": {"message": f"bad key {CANARY}"}}).encode())
    running = kernel()
    running.run("%xmode Verbose\nimport logging, sys\nlogging.basicConfig(level=logging.DEBUG, filename='debug.log')")
    for system in SYSTEMS.values():
        service.faults = [Fault("echo", lambda _: echo)]
        images = "".join(f" --{name.replace('_', '-')} {url}" for name, url in system.given.items())
        running.run(f"%%video {system.model} -w{images}\nechoes")
        running.run(f"%%video {system.model} -w{images} -o film\nworks", timeout=60)
    running.run("1 / 0\n")
    running.run("import vidmagic; vidmagic.start('', 'hailuo')")
    messages: Any = running.seen
    running.close()
    found = leaks(json.dumps(messages, default=str), *everything(tmp_path))
    trial.figures.add(cases=len(SYSTEMS) * 2, leaks=len(found))
    assert found == []
    assert leaks(*(path.read_bytes() for path in Path.cwd().glob("debug.log")), secrets=["se%2Fcret"]) == []
