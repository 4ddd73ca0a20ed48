"""A language model's answer becomes a prompt: certain wrapping is removed, all else is refused unchanged."""

from __future__ import annotations

import pytest

from vidmagic.errors import NotImproved
from vidmagic.providers.catalog import Catalog
from vidmagic.providers.chat.completions import Answer
from vidmagic.session.improve.answer import read_prompt, unwrapped

KITE = "A red kite over the sea, strong wind"


@pytest.mark.parametrize(
    "text",
    [
        KITE,
        f"  {KITE}\n\n",
        f'"{KITE}"',
        f"“{KITE}”",
        f"「{KITE}」",
        f"```\n{KITE}\n```",
        f"```text\n{KITE}\n```",
        f"Here is the improved prompt:\n\n{KITE}",
        f"Here's the prompt: {KITE}",
        f"Sure! Here is a version with more wind:\n```\n{KITE}\n```",
        f"**Improved prompt:** {KITE}",
        f"**{KITE}**",
        f"Prompt: {KITE}",
        f'New prompt:\n"{KITE}"',
        f"改写后的提示词：\n{KITE}",
        f"以下是优化后的提示词：{KITE}",
        f"<prompt>\n{KITE}\n</prompt>",
        f"<think>They want wind.\nSo be it.</think>\n\n{KITE}",
    ],
)
def test_certain_wrapping_is_removed(text: str) -> None:
    """Quotes round all of it, a fence, a heading, tags and thoughts are not part of the prompt."""
    assert unwrapped(text, "a red kite") == KITE


@pytest.mark.parametrize(
    "text",
    [
        '"Wind!" she calls, and the kite rises. "More wind!"',
        "Here is a lone lighthouse: waves break on its rock",
        "This is the sea at dawn",
        "A kite, 'red' as can be",
        "A note: a kite in a bottle",
        "`A` kite and `B` kite",
        "A street\n---\n[3 s] a door opens",
        "A hill.\n\nThis wind never ends.",
        "**Red** kite and **blue** sea",
        "Version 1 of a car, beside version 2",
    ],
)
def test_words_of_a_prompt_stay(text: str) -> None:
    """What only resembles wrapping is left as it was written, and is not refused."""
    model = Catalog().find_model("hailuo")[1]
    assert read_prompt(Answer(text, "stop"), "a kite", model, model.modes[0]) == text


def test_the_persons_own_wrapping_stays() -> None:
    """A prompt that was quoted, or began with a label, may still be so."""
    assert unwrapped('"Wind and sea"', '"wind"') == '"Wind and sea"'
    assert unwrapped("Prompt: wind and sea", "Prompt: wind") == "Prompt: wind and sea"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (Answer("", "stop"), "the language model's answer is empty"),
        (Answer("  \n", "stop"), "the language model's answer is empty"),
        (Answer('""', "stop"), "the language model's answer is empty"),
        (Answer("A red kite over", "length"), "was cut at its length limit"),
        (Answer("", "length"), "was cut at its length limit"),
        (Answer("", "content_filter"), "the language model refused"),
        (Answer("", "stop", refusal="No kites here."), "the language model refused: No kites here."),
        (Answer("I'm sorry, I can't help with that.", "stop"), "refused: I'm sorry, I can't help with that."),
        (Answer("抱歉，我无法处理这个请求。", "stop"), "the language model refused"),
        (Answer("", "tool_calls"), "ended with 'tool_calls'"),
        (Answer(f"{KITE}\n\nNote: I added wind.", "stop"), "wrote more than a prompt: Note: I added wind."),
        (Answer(f"{KITE}\n\n**Explanation:** wind", "stop"), "wrote more than a prompt"),
        (Answer(f"{KITE}\n\nLet me know if you want more.", "stop"), "wrote more than a prompt"),
        (Answer(f"One:\n```\n{KITE}\n```\nTwo:\n```\n{KITE}\n```", "stop"), "wrote more than a prompt"),
        (Answer(f"# A kite\n{KITE}", "stop"), "wrote more than a prompt"),
        (Answer(f"**Option 1:** {KITE}\n\n**Option 2:** {KITE}", "stop"), "wrote more than a prompt"),
        (Answer("A {{red|blue}} kite", "stop"), "added {{red|blue}}, which would be replaced or make several videos"),
        (Answer("A \x1b[31mred kite", "stop"), "holds the control character '\\x1b'"),
        (Answer("kite " * 500, "stop"), "has 2,499 characters; hailuo takes at most 2,000"),
    ],
)
def test_what_is_not_a_prompt_is_refused(answer: Answer, message: str) -> None:
    """Each is an error with its reason, which holds what was written; nothing is cut to fit."""
    model = Catalog().find_model("hailuo")[1]
    with pytest.raises(NotImproved) as refused:
        read_prompt(answer, "a red kite", model, model.modes[0])
    assert message in refused.value.message
    assert refused.value.text == (answer.text or answer.refusal)
    assert refused.value.charged == "yes"
