"""The factors in which any videos differ, so that they can be laid in rows and columns as a sweep's are."""

from __future__ import annotations

from collections.abc import Sequence

from vidmagic.media.video import Video
from vidmagic.notebook.card.video_captions import facts_of
from vidmagic.session.sweep.expand import WORDS
from vidmagic.session.sweep.layout import Factors
from vidmagic.spec.prompt_words import differing_words

_NOT_A_FACTOR = "price"  # it follows from the others


def video_factors(videos: Sequence[Video], shots: Sequence[str]) -> Factors:
    """Return the model, parameters, seed, shot and words of each video; *shots* names the shot of each, or ""."""
    words = differing_words([video.prompt.strip() for video in videos])
    return [
        {name: value for name, value in facts_of(video).items() if name != _NOT_A_FACTOR}
        | ({"shot": shot} if shot else {})
        | ({WORDS: own} if any(words) else {})
        for video, shot, own in zip(videos, shots, words, strict=True)
    ]
