"""A `Param` checks the values that a user gives, and never changes them silently."""

from __future__ import annotations

import math

import pytest

from vidmagic.errors import InvalidRequest
from vidmagic.spec.params import AllowedCombinations, Param, did_you_mean, fill, listing

DURATION = Param("duration", int, "length", 6, choices=(6, 10), unit="s")
SEED = Param("seed", int, "seed", low=0, high=4294967295)
STYLE = Param("style", str, "style", choices=("general", "anime"))
RATIO = Param("aspect_ratio", str, "shape", "16:9")
FAST = Param("fast", bool, "fast")
STRENGTH = Param("strength", float, "strength", low=0.0, high=1.0)
NEGATIVE = Param("negative", str, "what not to show", longest=5)
CORNER = Param("corner", int, "corner", 3, (1, 2, 3), words=("top-left", "top-right", "bottom-right"))
ALL = (DURATION, SEED, STYLE, RATIO, FAST, STRENGTH, NEGATIVE)


@pytest.mark.parametrize(
    ("param", "given", "read"),
    [
        (DURATION, 6, 6),
        (DURATION, "10", 10),
        (DURATION, 6.0, 6),
        (SEED, 0, 0),
        (SEED, "0", 0),
        (SEED, 4294967295, 4294967295),
        (STYLE, "anime", "anime"),
        (FAST, True, True),
        (FAST, False, False),
        (FAST, "yes", True),
        (FAST, "No", False),
        (FAST, "on", True),
        (FAST, "FALSE", False),
        (STRENGTH, 0, 0.0),
        (STRENGTH, "1", 1.0),
        (STRENGTH, 0.25, 0.25),
        (NEGATIVE, "", ""),
        (NEGATIVE, "12345", "12345"),
        (NEGATIVE, "风筝风筝风", "风筝风筝风"),
        (CORNER, "bottom-right", 3),
        (CORNER, "2", 2),
        (CORNER, 1, 1),
    ],
)
def test_a_good_value_is_read_as_its_kind(param: Param, given: object, read: object) -> None:
    """A value, or its text, is converted to the type of the parameter, on the boundaries too."""
    value = param.read(given)
    assert value == read
    assert type(value) is param.kind


@pytest.mark.parametrize(
    ("param", "given", "word"),
    [
        (DURATION, 7, "6 or 10"),
        (DURATION, "six", "whole number"),
        (DURATION, 6.5, "whole number"),
        (DURATION, "6.0", "whole number"),
        (DURATION, True, "whole number"),
        (DURATION, math.inf, "whole number"),
        (DURATION, math.nan, "whole number"),
        (DURATION, [6], "whole number"),
        (SEED, -1, "0 to"),
        (SEED, 4294967296, "0 to"),
        (STYLE, "animé", "did you mean anime?"),
        (STYLE, 3, "must be text"),
        (FAST, 1, "yes or no"),
        (FAST, "maybe", "yes or no"),
        (STRENGTH, 1.0000001, "0 to 1"),
        (STRENGTH, "nan", "must be a number"),
        (STRENGTH, "inf", "must be a number"),
        (STRENGTH, 10**400, "must be a number"),
        (STRENGTH, False, "must be a number"),
        (NEGATIVE, "123456", "at most 5 characters"),
        (CORNER, "bottom", "top-left, top-right or bottom-right"),
        (CORNER, 4, "top-left, top-right or bottom-right"),
    ],
)
def test_a_bad_value_is_refused_with_what_is_allowed(param: Param, given: object, word: str) -> None:
    """A wrong value is not rounded, limited or guessed: the message names the allowed values."""
    with pytest.raises(ValueError, match=r".") as caught:
        param.read(given)
    assert word in str(caught.value)


@pytest.mark.parametrize(
    ("param", "given", "message"),
    [
        (Param("n", int, "", low=0), -1, "must be at least 0, not -1"),
        (Param("n", int, "", low=1, unit="s"), 0, "must be at least 1 s, not 0"),
        (Param("n", int, "", high=0), 1, "must be at most 0, not 1"),
        (Param("n", float, "", high=2.5), 2.6, "must be at most 2.5, not 2.6"),
    ],
)
def test_a_range_may_have_one_end(param: Param, given: object, message: str) -> None:
    """A bound of 0 counts; the message of a range with one end names that end."""
    with pytest.raises(ValueError, match=r".") as caught:
        param.read(given)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("param", "expected"),
    [
        (DURATION, "6 or 10 s"),
        (SEED, "0 to 4294967295"),
        (Param("n", int, "", choices=(0, *range(2, 7), -1), unit="s"), "0, 2 to 6 or -1 s"),
        (STYLE, "general or anime"),
        (RATIO, "text"),
        (FAST, "yes or no"),
        (STRENGTH, "0 to 1"),
        (Param("n", int, ""), "a whole number"),
        (Param("n", float, ""), "a number"),
        (Param("n", str, "", examples=("7", "7+8")), "text, as 7 or 7+8"),
    ],
)
def test_a_parameter_describes_its_values(param: Param, expected: str) -> None:
    """The help text names the values that the check allows."""
    assert param.describe() == expected


def test_a_name_becomes_a_flag() -> None:
    """Underscores in Python are dashes on the command line."""
    assert RATIO.flag == "--aspect-ratio"


def test_defaults_fill_what_is_not_given() -> None:
    """A missing parameter gets its default, or is left out if it has none; None means "not given"."""
    assert fill(ALL, {}) == {"duration": 6, "aspect_ratio": "16:9"}
    assert fill(ALL, {"duration": None, "seed": None}) == {"duration": 6, "aspect_ratio": "16:9"}


def test_zero_false_and_empty_text_are_values() -> None:
    """Seed 0, the empty text and False are sent, not dropped or replaced by a default."""
    with_default = (*ALL, Param("bgm", bool, "music", default=True), Param("watermark", bool, "mark", default=False))
    values = fill(with_default, {"seed": 0, "negative": "", "fast": False, "strength": 0, "bgm": False})
    assert values["seed"] == 0
    assert values["negative"] == ""
    assert (values["fast"], values["bgm"], values["watermark"]) == (False, False, False)
    assert values["strength"] == 0.0


def test_one_message_names_all_problems() -> None:
    """The user can fix all problems of a request at once."""
    with pytest.raises(InvalidRequest) as caught:
        fill(ALL, {"duration": 7, "sed": 1, "style": "cartoon"}, whose="hailuo")
    for word in ("duration", "hailuo has no sed", "did you mean seed?", "style", "general or anime"):
        assert word in caught.value.message


def test_problems_can_be_collected() -> None:
    """With a list of problems nothing is raised, and the valid values are returned."""
    problems = ["the prompt is empty"]
    values = fill(ALL, {"duration": 7, "seed": 0}, problems=problems)
    assert values == {"seed": 0, "aspect_ratio": "16:9"}
    assert len(problems) == 2


TOGETHER = AllowedCombinations(("resolution", "duration"), frozenset({("768P", 6), ("768P", 10), ("1080P", 6)}))


def test_a_combination_that_is_not_allowed_is_refused() -> None:
    """The message names the values that do not go together, and the combinations that do."""
    params = (DURATION, Param("resolution", str, "", "768P"))
    assert fill(params, {"duration": 10}, [TOGETHER]) == {"duration": 10, "resolution": "768P"}
    with pytest.raises(InvalidRequest, match="1080P with 6") as caught:
        fill(params, {"duration": 10, "resolution": "1080P"}, [TOGETHER])
    assert "resolution 1080P, duration 10 do not go together" in caught.value.message


def test_a_combination_with_a_missing_value_is_not_checked() -> None:
    """The rule applies only when all its parameters have a value."""
    assert TOGETHER.problem({"duration": 10}) == ""
    assert TOGETHER.problem({}) == ""


def test_the_values_that_other_parameters_leave() -> None:
    """A form can offer only the values that go with the other ones."""
    assert TOGETHER.left("duration", {"resolution": "1080P"}) == {6}
    assert TOGETHER.left("resolution", {"duration": 10}) == {"768P"}
    assert TOGETHER.left("duration", {"duration": 10}) == {6, 10}


@pytest.mark.parametrize(
    ("values", "expected"), [([], "nothing"), ([6], "6"), ([6, 10], "6 or 10"), (["a", "b", "c"], "a, b or c")]
)
def test_a_listing_is_joined_with_or(values: list[object], expected: str) -> None:
    """Values are joined by commas, the last one by "or"."""
    assert listing(values) == expected


def test_only_a_similar_word_is_proposed() -> None:
    """A typing error gets the known spelling as a proposal; an unrelated word gets none."""
    assert did_you_mean("768p", ["768P", "1080P"]) == " (did you mean 768P?)"
    assert did_you_mean("zebra", ["768P", "1080P"]) == ""
