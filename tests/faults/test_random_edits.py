"""`python -m pytest tests/faults --mutants 100 --seed N`: random edits of the package, each noticed by some test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.conftest import seed_of
from tests.faults.figures import Figures
from tests.faults.mutants import TOP, copied
from tests.faults.random_edits import RandomEdit, draw, edits_of, noticed_by


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Draw the edits that were asked for."""
    if "edit" in metafunc.fixturenames:
        edits = draw(seed_of(metafunc.config), metafunc.config.getoption("mutants"))
        metafunc.parametrize("edit", edits, ids=str)


def test_a_random_edit_is_noticed(edit: RandomEdit, tmp_path: Path, figures: Figures) -> None:
    """A test of the module's room or a fault test fails with the edit, and passes without it."""
    clean, copy = copied(tmp_path / "clean"), copied(tmp_path / "edited")
    edit.apply(copy)
    noticed = noticed_by(edit, copy, clean)
    figures.add(random_edits=1, noticed=bool(noticed))
    assert noticed, f"no test notices {edit}"


def test_edits_are_drawn_by_seed() -> None:
    """The same seed draws the same edits, another one others."""
    assert draw(7, 20) == draw(7, 20) != draw(8, 20)


def test_every_kind_of_edit(tmp_path: Path) -> None:
    """Comparisons and `not` are turned round, and/or exchanged, numbers changed, statements removed; nothing else."""
    path = TOP / "vidmagic" / "engine" / "scheduler.py"
    texts = {(edit.old, edit.new) for edit in edits_of(path)}
    assert ("delay is None", "(delay is not None)") in texts
    assert ("0.0", "1.0") in texts
    assert ("self._leave()", "pass") in texts
    assert ("not task.running and not task.ended", "(not task.running or not task.ended)") in texts
    assert ("not task.running", "(task.running)") in texts
    assert not [old for old, _ in texts if old.startswith('"""')]
