"""The tests notice what they are there for: each planted bug makes the one that is named with it fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.figures import Figures
from tests.faults.mutants import MUTANTS, TOP, Mutant, copied, outcomes, plant


def test_every_bug_can_be_planted() -> None:
    """The lines that a bug changes are there once."""
    assert len(MUTANTS) >= 15
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
    for edit in (edit for mutant in MUTANTS for edit in mutant.edits):
        assert (TOP / "vidmagic" / edit.file).read_text(encoding="utf-8").count(edit.old) == 1, edit
    for file, _, test in (mutant.caught_by.partition("::") for mutant in MUTANTS):
        assert f"def {test.partition('[')[0]}(" in (TOP / file).read_text(encoding="utf-8"), test


def test_a_planted_bug_is_noticed_only_when_planted(tmp_path: Path) -> None:
    """Without a bug all the named tests pass, in a copy as with one."""
    ends = outcomes(copied(tmp_path), sorted({mutant.caught_by for mutant in MUTANTS}))
    assert set(ends.values()) == {"PASSED"}, ends


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_planted_bug_is_noticed(mutant: Mutant, tmp_path: Path, figures: Figures) -> None:
    """With the bug in a copy of the package, the test that is named with it fails."""
    copy = copied(tmp_path)
    plant(mutant, copy)
    ends = outcomes(copy, [mutant.caught_by])
    figures.add(planted_bugs=1, noticed=ends[mutant.caught_by] == "FAILED")
    assert ends == {mutant.caught_by: "FAILED"}
