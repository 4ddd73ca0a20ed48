"""The words in which several prompts differ, as phrases that fit into a line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vidmagic.escaping import shorten
from vidmagic.spec.word_diff import Words, runs, words

_LONGEST = 60  # characters of one phrase
_BETWEEN = " … "


def differing_words(prompts: Sequence[str]) -> list[str]:
    """Return for each prompt the words that not all of them share, as phrases; "" where there are none.

    A long phrase is cut, unless two different prompts would then read the same.
    """
    phrases = _apart(prompts)
    whole = [_BETWEEN.join(own) for own in phrases]
    short = [_BETWEEN.join(map(cut, own)) for own in phrases]
    return short if len(set(short)) == len(set(whole)) else whole


def phrase(text: str, part: Words) -> str:
    """Return the words *part* of *text* as they stand there, without the commas round them."""
    whole = text[part[0].start() : part[-1].end()] if part else ""
    return whole.strip(" ,，、.。;；") or whole


def cut(text: str) -> str:
    """Return a phrase in a length that fits into a line."""
    return shorten(text, _LONGEST, empty="")


def _apart(prompts: Sequence[str]) -> list[list[str]]:
    """Return for each prompt its phrases that not all of them share."""
    split = [words(prompt) for prompt in prompts]
    partners = [_partners(split[0], other) for other in split]  # of each word of the first, which word it is elsewhere
    shared = set.intersection(*map(set, partners))
    return [
        list(_phrases(prompt, own, {partner[at] for at in shared}))
        for prompt, own, partner in zip(prompts, split, partners, strict=True)
    ]


def _partners(first: Words, other: Words) -> dict[int, int]:
    same = (run for run in runs(first, other) if run.same)
    return {run.old_start + step: run.new_start + step for run in same for step in range(run.old_end - run.old_start)}


def _phrases(text: str, all_words: Words, shared: set[int]) -> Iterator[str]:
    """Yield the runs of words that are not *shared*; shared commas between two of them part nothing."""
    run: Words = []
    between: Words = []
    for at, word in enumerate(all_words):
        if at not in shared:
            run, between = [*run, *(between if run else []), word], []
        elif run and not word[0].isalnum() and len(word[0]) == 1:
            between.append(word)
        elif run:
            yield phrase(text, run)
            run, between = [], []
    if run:
        yield phrase(text, run)
