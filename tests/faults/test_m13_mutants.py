"""The tests notice what they are there for: each planted bug makes one of them fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.figures import Figures
from tests.faults.mutants import MUTANTS, Mutant, survivors


def test_every_mutant_finds_its_text() -> None:
    """Each bug can still be planted: the line it changes is there once."""
    assert len(MUTANTS) >= 15
    for mutant in MUTANTS:
        text = (Path(__file__).resolve().parents[2] / "vidmagic" / mutant.file).read_text(encoding="utf-8")
        assert text.count(mutant.old) == 1, mutant.name


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_planted_bug_is_noticed(mutant: Mutant, tmp_path: Path, figures: Figures) -> None:
    """With the bug in a copy of the package, at least one of the named tests fails."""
    left = survivors(mutant, tmp_path)
    figures.add(mutants=1, noticed=not left)
    assert left == ""
