"""What sets videos apart, as the captions of a grid, and what they have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from vidmagic.media.video import Video
from vidmagic.session.sweep.expand import factor_text
from vidmagic.spec.prompt_words import differing_words

_NOTHING = "–"
_OF_NO_MODEL = {"model", "seed", "price"}  # what any video may have; other facts are parameters of its model


def captions(videos: Sequence[Video]) -> tuple[str, list[str]]:
    """Return what all *videos* have in common, and for each one what differs; "" where nothing does."""
    facts = [facts_of(video) for video in videos]
    names = list(dict.fromkeys(name for video_facts in facts for name in video_facts if _is_comparable(name, facts)))
    differing = [name for name in names if len({video_facts.get(name, "") for video_facts in facts}) > 1]
    shared = [_text(name, facts[0][name]) for name in names if name not in differing and facts[0][name]]
    prompts = [video.prompt.strip() for video in videos]
    apart = [words or _NOTHING for words in differing_words(prompts)] if len(set(prompts)) > 1 else [""] * len(videos)
    if len(set(prompts)) == 1 and prompts[0]:
        shared.append(prompts[0])
    differences = [
        _joined([words, *(_text(name, video_facts[name]) for name in differing if name in video_facts)])
        for words, video_facts in zip(apart, facts, strict=True)
    ]
    return _joined(shared), differences


def facts_of(video: Video) -> Mapping[str, str]:
    """Return what a video was made from, apart from its prompt, as words."""
    seed = {} if video.seed is None else {"seed": str(video.seed)}
    given = {name: _value(value) for name, value in video.params.items() if value is not None}
    price = {"price": video.cost} if video.cost else {}
    return {"model": video.short} | given | seed | price


def _is_comparable(name: str, facts: Sequence[Mapping[str, str]]) -> bool:
    """Return whether a fact is shown: a parameter that only some of several models have sets nothing apart."""
    one_model = len({video_facts["model"] for video_facts in facts}) == 1
    return one_model or name in _OF_NO_MODEL or all(name in video_facts for video_facts in facts)


def _value(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _text(name: str, value: str) -> str:
    return value if name == "price" else factor_text(name, value)


def _joined(parts: Iterable[str]) -> str:
    return " · ".join(part for part in parts if part)
