"""kill -9 at every point of a job's life: nothing paid is lost, nothing is bought twice, no video is half there."""

from __future__ import annotations

import io
import os
import signal
import stat
from pathlib import Path

import pytest

from tests.faults import child
from tests.faults.conftest import Trial
from tests.faults.oracle import judge
from tests.faults.systems import SYSTEMS
from tests.patience import ended
from vidmagic.engine.download.partial_file import PartialFile
from vidmagic.media.recipe_box import recipe_in
from vidmagic.session.run_options import RunOptions

TIMES = 3
NEVER = {
    "after text is stored": {"vidu1", "vidu2", "viduq2", "seedance", "hailuo"},  # they can be asked again
    "while the answer comes": {"vidu1", "vidu2", "hailuo", "viduq2", "seedance"},
    "while the reply comes": {"sora"},
}
OPEN = {
    "after it is marked as sending",
    "while the reply comes",
    "before the id is stored",
}  # sent, no id stored


def test_there_are_enough_points() -> None:
    """A job can be killed at no fewer points than its life has steps."""
    assert len(child.POINTS) >= 18


@pytest.mark.parametrize("point", child.POINTS)
def test_killed_at(point: str, trial: Trial, *, long: bool) -> None:
    """Whatever the point, two later kernels find what was paid, and the same request buys nothing more."""
    service = trial.serve()
    systems = [system for system in SYSTEMS.values() if system.name not in NEVER.get(point, set())]
    for system in trial.some(systems):
        for number in range(TIMES if long else 1):
            prompt = f"{point} {system.name} {number}"
            process = child.kernel({}, Path.cwd(), child.start, prompt, system.model, system.given, point)
            process.join(30)
            assert process.exitcode == -signal.SIGKILL
            state = judge(service, system, prompt, trial.new_session, trial.figures)
            assert state == "done" or point != "after text is stored"
            assert state != "unknown" or system.name == "sora" or point in OPEN


@pytest.mark.parametrize("point", ["before it is marked as sending", "while the reply comes", "after the id is stored"])
def test_killed_while_it_buys_a_take(point: str, trial: Trial) -> None:
    """Wherever a kernel was killed, the cell of the next one shows the second take or buys it, once."""
    service, given = trial.serve(), {"options": RunOptions(take=2)}
    first = ended(trial.session.start("killed", "hailuo"))
    process = child.kernel({}, Path.cwd(), child.start, "killed", "hailuo", given, point)
    process.join(30)
    assert process.exitcode == -signal.SIGKILL
    assert len(service.submitted) == (1 if point.startswith("before") else 2)
    for _ in range(2):
        second = ended(trial.new_session().start("killed", "hailuo", **given))
        assert second.id != first.id
        assert second.state == ("unknown" if point in OPEN - {"after it is marked as sending"} else "done")
    assert len(service.submitted) == 2
    trial.figures.add(cases=1, submits=2, paid=2, bought_twice=0)


def test_a_video_is_synced_before_it_has_its_name(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    """A power cut cannot be staged, so the order is checked: the video's bytes to the disk, its name, the folder."""
    trial.serve()
    order: list[str] = []
    fsync, name_it = os.fsync, PartialFile._link_as

    def synced(descriptor: int) -> None:
        order.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "film")
        fsync(descriptor)

    def named(self: PartialFile, path: Path) -> None:
        order.append("name")
        name_it(self, path)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(PartialFile, "_link_as", named)
    assert ended(trial.start("in order", SYSTEMS["hailuo"])).state == "done"
    assert order == ["film", "name", "folder"]


def test_a_video_has_its_recipe_before_it_has_its_name(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever kills a kernel, a file with a name is whole: the service's bytes, and its own recipe behind them."""
    service = trial.serve()
    name_it, named = PartialFile._link_as, []

    def check(self: PartialFile, path: Path) -> None:
        part = self.open()
        part.seek(0)
        named.append((part.read(), path))
        name_it(self, path)

    monkeypatch.setattr(PartialFile, "_link_as", check)
    job = ended(trial.start("a heron lands", SYSTEMS["hailuo"]))
    [(data, path)] = named
    assert data.startswith(service.video)
    recipe = recipe_in(io.BytesIO(data))
    assert recipe is not None
    assert (recipe.prompt, recipe.job, path.name) == ("a heron lands", job.id, "heron-lands.mp4")
    assert path.read_bytes() == data
