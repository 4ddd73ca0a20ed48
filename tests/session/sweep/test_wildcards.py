"""Wildcards and samples: the lines of a file as alternatives, and some of the combinations, the same ones again."""

from __future__ import annotations

from pathlib import Path

import pytest

from vidmagic.errors import InvalidRequest
from vidmagic.sandbox import Sandbox
from vidmagic.session.run_options import RunOptions
from vidmagic.session.session import Session
from vidmagic.session.sweep.expand import alternatives, has_alternatives, variants
from vidmagic.session.sweep.plan import plan_sweep, start_sweep
from vidmagic.session.sweep.sample import draw

LIGHT = "\ufeff# light of the day\r\nat dawn\r\n\r\n  at noon, bright  \r\nat dawn\r\n#at dusk\r\nby {night}|moon\r\n"
PINNED = [("A kite 1 a", 6), ("A kite 6 a", 6), ("A kite 1 c", 10), ("A kite 3 b", 10)]
SHADES = "A kite {{1|2|3|4|5|6|7|8}} {{a|b|c}}"


@pytest.fixture(autouse=True)
def light() -> None:
    """Write the file of the tests."""
    Path("light.txt").write_text(LIGHT, encoding="utf-8", newline="")


@pytest.mark.parametrize("slot", ["{{@light.txt}}", "{{ @ light.txt }}", "{{@./light.txt}}"])
def test_lines_of_a_file(slot: str) -> None:
    """Each line once, without spaces round it; comments and empty lines are left out, all else is as written."""
    assert has_alternatives(f"A kite {slot}")
    texts = [text for text, _ in alternatives(f"A kite {slot}")]
    assert texts == ["A kite at dawn", "A kite at noon, bright", "A kite by {night}|moon"]


def test_lines_beside_words() -> None:
    """A file is one of the alternatives too."""
    assert [words for _, words in alternatives("{{@light.txt|in fog}}")][-2:] == [("by {night}|moon",), ("in fog",)]
    assert not has_alternatives("{{light}} {@light.txt} @light.txt")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (
            "dark.txt",
            None,
            r"\{\{@dark.txt\}\}: the file dark.txt does not exist; it is looked for beside the notebook",
        ),
        ("empty.txt", "# nothing\n\n", "has no line with words"),
        ("braces.txt", "a {{b}}\n", "has double braces"),
        ("folder", "", "cannot be read"),
    ],
)
def test_files_that_give_no_lines(
    session: Session, sandbox: Sandbox, name: str, text: str | None, message: str
) -> None:
    """Nothing is sent, the message names the file as it was typed, and the hint says how to send the braces."""
    if name == "folder":
        Path(name).mkdir()
    elif text is not None:
        Path(name).write_text(text, encoding="utf-8")
    with pytest.raises(InvalidRequest, match=message) as refused:
        plan_sweep(session, f"A kite {{{{@{name}}}}}", "hailuo")
    assert ("--raw" in refused.value.hint) == (name in {"dark.txt", "folder"})
    assert sandbox.ledger == []


def test_a_sample_is_the_same_everywhere() -> None:
    """The draw is written down here: another Python, machine or order of the flags draws the same."""
    drawn, total = draw(variants(SHADES, "hailuo", {"duration": [6, 10]}), 4, 0)
    assert total == 48
    assert [(one.prompt, one.given["duration"]) for one in drawn] == PINNED
    as_text, _ = draw(variants(SHADES, "hailuo", {"duration": ["6", "10"]}), 4, 0)
    assert [one.prompt for one in as_text] == [one.prompt for one in drawn]
    assert draw(variants(SHADES, "hailuo", {"duration": [6, 10]}), 4, 1)[0] != drawn


def test_a_larger_sample_holds_the_smaller_one() -> None:
    """So it buys only the difference; a word more changes few of them, and more than there are is all of them."""
    four, eight = (draw(variants(SHADES, "hailuo", {}), count, 7)[0] for count in (4, 8))
    assert {one.prompt for one in four} < {one.prompt for one in eight}
    longer = draw(variants(SHADES.replace("8}}", "8|9}}"), "hailuo", {}), 8, 7)[0]
    assert len({one.prompt for one in eight} & {one.prompt for one in longer}) >= 5
    assert len(draw(variants("{{a|b}}", None, {}), 6, 7)[0]) == 2


def test_a_sampled_sweep(session: Session, sandbox: Sandbox) -> None:
    """--sample limits what is priced and made; the same cell again buys nothing, and large spaces can be drawn from."""
    options = RunOptions(sample=3)
    for new in (3, 0):
        plan = plan_sweep(session, SHADES, "hailuo", options)
        assert (len(plan.plans), len(plan.new)) == (3, new)
        start_sweep(session, plan, options).result(20)
    assert plan.summary.startswith("3 videos, 3 made before, 3 of 24 combinations (sample seed 0)")
    large = " ".join(["{{1|2|3|4|5|6|7|8|9|10}}"] * 5)
    with pytest.raises(InvalidRequest, match="100,000 combinations; a sweep takes at most 10,000") as refused:
        plan_sweep(session, large, "hailuo")
    assert "--sample" in refused.value.hint
    assert len(plan_sweep(session, large, "hailuo", RunOptions(sample=2)).plans) == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sample": 0}, "sample must be a whole number from 1"),
        ({"sample": 2, "sample_seed": -1}, "sample_seed must be a whole number from 0"),
        ({"sample_seed": 3}, "give sample too"),
    ],
)
def test_samples_that_are_refused(options: dict[str, int], message: str) -> None:
    """A sample has a size, and its seed counts from 0."""
    with pytest.raises(InvalidRequest, match=message):
        RunOptions(**options)  # type: ignore[arg-type]
