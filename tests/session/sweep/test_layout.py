"""Rows and columns of a sweep: by which factors, in which order, and what is refused."""

from __future__ import annotations

import pytest

from vidmagic.engine.job import Job
from vidmagic.errors import InvalidRequest
from vidmagic.session.run_options import RunOptions
from vidmagic.session.session import Session
from vidmagic.session.sweep.expand import variants
from vidmagic.session.sweep.layout import Factors, default_layout, grid_layout, named_layout
from vidmagic.session.sweep.plan import plan_sweep
from vidmagic.session.sweep.sweep import Sweep

NO_JOBS: list[Job] = []


def factors(prompt: str, model: list[str] | str, **given: object) -> Factors:
    """Return the factors of a sweep."""
    return [variant.factors for variant in variants(prompt, model, given)]


THREE = factors("a kite at {{dawn|dusk}}", ["hailuo", "sora"], seed=[3, 1, 2])


def test_two_factors_are_rows_and_columns_by_default() -> None:
    """The first factor gives the rows and the second the columns, each in the order in which it was given."""
    layout = default_layout(factors("a kite", ["sora", "hailuo"], seed=[3, 1]))
    assert layout is not None
    assert (layout.rows, layout.columns) == (("sora", "hailuo"), ("seed 3", "seed 1"))
    assert [layout.at(row, column) for row in (0, 1) for column in (0, 1)] == [(0,), (1,), (2,), (3,)]
    assert default_layout(factors("a {{red|blue}} kite", "hailuo")) is None
    assert default_layout(THREE) is None


@pytest.mark.parametrize(
    "written",
    ["model×seed", "modelxseed", "Model x Seed", "model * seed", "{model}×{seed}"],
)
def test_a_grid_names_rows_and_columns(written: str) -> None:
    """With × or x, with spaces or without; what it does not name is nested in the rows."""
    layout = grid_layout(THREE, written)
    assert layout.columns == ("seed 3", "seed 1", "seed 2")
    assert layout.rows == ("hailuo · dawn", "hailuo · dusk", "sora · dawn", "sora · dusk")
    assert str(layout) == "model · words × seed"
    assert [THREE[at] for at in layout.at(1, 2)] == [{"model": "hailuo", "seed": "2", "words": "dusk"}]


@pytest.mark.parametrize("words", ["words", "dawn|dusk", "{{dawn|dusk}}", "dusk"])
def test_alternatives_of_the_prompt_are_a_factor(words: str) -> None:
    """They are called words, or by themselves."""
    assert grid_layout(THREE, f"seed×{words}").columns == ("dawn", "dusk")


def test_the_letter_x_in_a_name_is_no_sign() -> None:
    """A parameter with an x in its name can stand on both sides."""
    own = factors("a kite", "sora", max_x=[1, 2], x=[3, 4])
    assert grid_layout(own, "max_xxx").rows == ("max x 1", "max x 2")


def test_a_combination_that_was_not_made_leaves_its_cell_empty() -> None:
    """Items that lack a factor have a dash there; several may share a cell."""
    layout = grid_layout([{"model": "a", "seed": "1"}, {"model": "b"}, {"model": "b"}], "model×seed")
    assert layout.columns == ("seed 1", "seed –")
    assert (layout.at(0, 1), layout.at(1, 1)) == ((), (1, 2))


@pytest.mark.parametrize(
    ("grid", "message"),
    [
        ("model×sed", r"no factor is called 'sed' \(did you mean seed\?\); the factors here are model, seed and words"),
        ("colourxseed", "no factor is called 'colour'"),
        ("model", "a grid is written ROWS×COLUMNS, as model×seed, not 'model'; the factors here are model, seed"),
        ("model×seed×words", "written ROWS×COLUMNS"),
        ("seed×seed", "names one factor twice"),
    ],
)
def test_wrong_names_are_refused_with_the_factors_there_are(grid: str, message: str) -> None:
    """A misspelt factor, one alone, three of them and one twice."""
    with pytest.raises(InvalidRequest, match=message):
        grid_layout(THREE, grid)


def test_a_sweep_of_one_factor_has_no_grid() -> None:
    """The message says what differs."""
    with pytest.raises(InvalidRequest, match="needs two factors, and here only seed differs"):
        grid_layout(factors("a kite", "sora", seed=[1, 2]), "model×seed")
    with pytest.raises(InvalidRequest, match="nothing differs"):
        named_layout([{}], None, None)


def test_rows_and_columns_from_python() -> None:
    """One of them may be left out; the same jobs come back in the new layout."""
    sweep = Sweep(NO_JOBS, [], THREE)
    shown = sweep.grid(columns="words")
    assert shown.layout is not None
    assert str(shown.layout) == "model · seed × words"
    assert named_layout(THREE, "seed", None).columns == ("hailuo", "sora")
    with pytest.raises(InvalidRequest, match="no factor is called 'sed'"):
        sweep.grid(rows="sed")


def test_a_wrong_grid_is_refused_before_anything_is_sent(session: Session) -> None:
    """The factors are checked with the plan."""
    with pytest.raises(InvalidRequest, match="the factors here are model and"):
        plan_sweep(session, "a {{red|blue}} kite", ["hailuo", "sora"], RunOptions(grid="model×sed"))
    assert session.jobs() == []
