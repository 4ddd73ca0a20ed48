"""Each state of a job has one complete row, and nothing else is a state."""

from __future__ import annotations

import ast
import dataclasses
from pathlib import Path
from typing import get_args

import pytest

import vidmagic
from vidmagic.engine import states
from vidmagic.engine.states import STATES, State
from vidmagic.errors import Charged

CONTRACT = {
    "new", "sending", "accepted", "running", "ready", "done", "rejected", "unknown", "failed", "cancelled", "paused",
}  # fmt: skip
SOURCES = sorted(Path(vidmagic.__file__).parent.rglob("*.py"))


def test_every_state_has_a_row() -> None:
    """The constants, the rows and the contract name the same states."""
    constants = {value for name, value in vars(states).items() if name.isupper() and isinstance(value, str)}
    assert constants == set(STATES) == CONTRACT
    assert all(name == row.name for name, row in STATES.items())


@pytest.mark.parametrize("row", STATES.values(), ids=lambda row: row.name)
def test_every_column_is_filled(row: State) -> None:
    """A row says its label, what it may have cost, and what to do where a job has stopped without a video."""
    assert len(dataclasses.astuple(row)) == len(dataclasses.fields(State))
    assert row.label
    assert set(row.charged) <= set(get_args(Charged))
    assert "no" in row.charged, "a job in the sandbox is never charged"
    stopped = not row.live and row.name != states.DONE
    assert bool(row.next_step) == stopped


def test_labels_differ() -> None:
    """No two states look the same to the user."""
    assert len({row.label for row in STATES.values()}) == len(STATES)


def test_columns_agree() -> None:
    """What is followed is live and can be resumed; what may be running or paid for answers the same request."""
    for row in STATES.values():
        assert row.live or not row.followed
        assert row.resumable or not row.followed
        assert row.satisfies_request or not (row.live or row.resumable)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(SOURCES[0].parents[0])))
def test_no_other_module_writes_a_state_as_text(path: Path) -> None:
    """A state is stored and compared by its constant, so that every state that a job reaches is in the table."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "state":
            assert not isinstance(node.value, ast.Constant) or node.value.value not in CONTRACT, node.value.lineno
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "states":
            assert hasattr(states, node.attr), f"states.{node.attr}"


@pytest.mark.parametrize("name", sorted(CONTRACT))
def test_label(name: str) -> None:
    """Cards and tables read a state's label from its row."""
    assert states.label(name) == STATES[name].label
