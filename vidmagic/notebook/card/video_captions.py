"""What sets videos apart, as the captions of a grid, and what they have in common."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile

from vidmagic.media.video import Video

# Chinese has no spaces between words: there each character is one.
_WORDS = re.compile(r"[\u3400-\u9fff]|[^\W\u3400-\u9fff]+|\s+|[^\w\s]|_")
_NOTHING = "–"
_SHORTEST = 40  # characters: a longer difference is cut in the middle of a caption


def captions(videos: Sequence[Video]) -> tuple[str, list[str]]:
    """Return what all *videos* have in common, and for each one what differs; "" where nothing does."""
    facts = [_facts(video) for video in videos]
    names = list(dict.fromkeys(name for video_facts in facts for name in video_facts))
    differing = [name for name in names if len({video_facts.get(name, "") for video_facts in facts}) > 1]
    shared = [_fact_text(name, facts[0][name]) for name in names if name not in differing and facts[0][name]]
    prompts = [video.prompt.strip() for video in videos]
    apart = _middles(prompts) if len(set(prompts)) > 1 else [""] * len(videos)
    if len(set(prompts)) == 1 and prompts[0]:
        shared.append(prompts[0])
    differences = [
        _joined([words, *(_fact_text(name, video_facts[name]) for name in differing if name in video_facts)])
        for words, video_facts in zip(apart, facts, strict=True)
    ]
    return _joined(shared), differences


def _facts(video: Video) -> Mapping[str, str]:
    """Return what a video was made from, apart from its prompt, as words."""
    seed = {} if video.seed is None else {"seed": str(video.seed)}
    given = {name: _value(value) for name, value in video.params.items() if value is not None}
    price = {"price": video.cost} if video.cost else {}
    return {"model": video.short} | given | seed | price


def _value(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _fact_text(name: str, value: str) -> str:
    return value if name in {"model", "price"} else f"{name.replace('_', ' ')} {value}"


def _joined(parts: Iterable[str]) -> str:
    return " · ".join(part for part in parts if part)


def _middles(texts: Sequence[str]) -> list[str]:
    """Return each text without the words at both ends that all of them share."""
    words = [_WORDS.findall(text) for text in texts]
    start = _shared(words)
    backwards = [text_words[start:][::-1] for text_words in words]
    end = _shared(backwards)
    return [_cut("".join(text_words[end:][::-1]).strip() or _NOTHING) for text_words in backwards]


def _shared(texts: Sequence[Sequence[str]]) -> int:
    """Return with how many equal words all texts begin."""
    return sum(1 for _ in takewhile(lambda words: len(set(words)) == 1, zip(*texts, strict=False)))


def _cut(text: str) -> str:
    """Return *text*, a long one without its middle: what differs stands at both ends."""
    return text if len(text) <= 2 * _SHORTEST else f"{text[:_SHORTEST].rstrip()} … {text[-_SHORTEST:].lstrip()}"
