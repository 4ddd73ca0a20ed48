"""A rehearsed job goes on by the clock alone, and a prompt directs it."""

from __future__ import annotations

import pytest

from vidmagic.sandbox import script


def test_a_job_walks_through_every_stage_in_order() -> None:
    """A job of ten seconds is created, queued, scheduled, running and done, in this order."""
    seen = [script.stage(tenth / 10, 10) for tenth in range(120)]
    assert list(dict.fromkeys(seen)) == ["created", "queued", "scheduled", "running", "done"]
    assert script.stage(9.99, 10) == "running"
    assert script.stage(10, 10) == "done"


def test_percent_grows_from_0_to_100() -> None:
    """The percentage never falls, starts at 0 and ends at 100."""
    seen = [script.percent(tenth / 10, 10) for tenth in range(120)]
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (0, 100)


def test_a_job_of_no_time_is_done_at_once() -> None:
    """With zero seconds, a job is done when it is accepted."""
    assert script.stage(0, 0) == "done"


@pytest.mark.parametrize("turn", ["fail", "refuse", "balance", "rate", "error500", "drop"])
def test_a_prompt_names_its_turn(turn: str) -> None:
    """Each documented word is understood and leaves the words to draw."""
    direction = script.read(f"a kite [[sandbox: {turn}]] over the sea")
    assert (direction.words, direction.turn, direction.seconds) == ("a kite over the sea", turn, None)


def test_a_prompt_sets_its_generation_time() -> None:
    """`seconds=` is read beside a turn, with decimals."""
    assert script.read("a [[sandbox: seconds=1.5]][[sandbox: fail]]") == script.Direction("a", "fail", 1.5)


def test_other_brackets_are_words() -> None:
    """Camera moves and unknown directions are part of the prompt."""
    prompt = "a man [Pedestal up] [[left]] [[sandbox: dance]]"
    assert script.read(prompt) == script.Direction(prompt)
