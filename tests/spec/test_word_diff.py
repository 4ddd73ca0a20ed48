"""The difference of two texts in words."""

from __future__ import annotations

import pytest

from vidmagic.spec.word_diff import spans


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a red kite over the sea", "A red kite glides over the grey sea, in strong wind"),
        ("  a red kite\n---\n[3 s] it lands ", "a red kite\n\n---\n[3 s] it slowly lands"),
        ("一只红色的风筝", "一只红色的风筝飞过大海，光线柔和"),
        ("", "a kite"),
        ("a kite", ""),
        ("the same", "the same"),
        ("one two three", "entirely other words"),
    ],
)
def test_the_parts_are_the_texts(before: str, after: str) -> None:
    """All old parts together are the one text and all new parts the other, to the last space."""
    parts = spans(before, after)
    assert "".join(part.old for part in parts) == before
    assert "".join(part.new for part in parts) == after


def test_a_trifle_between_two_changes_is_part_of_the_change() -> None:
    """A comma or a short word that two different phrases have in common does not tear them apart."""
    parts = spans("it stands on a hill today", "it stands by the lake with a boat on it today")
    assert [part.same for part in parts] == [True, False, True]
