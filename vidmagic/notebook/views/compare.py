"""Videos side by side, with what sets them apart, and one set of controls for all while a kernel is there."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile
from typing import Any

from vidmagic.engine.job import Job
from vidmagic.errors import InvalidRequest, VidmagicError
from vidmagic.escaping import LITERAL, escape, isolate, plain
from vidmagic.media.display import DisplayOptions
from vidmagic.media.player import html
from vidmagic.media.video import Video
from vidmagic.notebook.card.frontend import front_end
from vidmagic.notebook.card.html_slot import load_script
from vidmagic.notebook.views.style import FONT, QUIET

_NARROWEST = 240  # pixels


class Comparison:
    """A grid of videos as the value of a cell. `columns` is how many stand side by side, None for as many as fit.

    What it shows is plain HTML: each video plays by itself in the saved notebook. In a live notebook the controls above
    the grid come from the page (see sync_playback.js) and are never saved. `lost` are sentences on what could not be
    shown.
    """

    def __init__(self, videos: Sequence[Video], *, columns: int | None = None, lost: Sequence[str] = ()) -> None:
        if not videos and not lost:
            raise InvalidRequest("a comparison needs videos")
        if columns is not None and columns < 1:
            raise InvalidRequest(f"columns is {columns}, at least 1 is needed")
        self.videos = tuple(videos)
        self.columns = columns
        self.lost = tuple(lost)

    def __repr__(self) -> str:
        _, said = captions(self.videos) if self.videos else ("", [])
        places = [plain(video.display.shown_path(video.path)) for video in self.videos]
        lines = [" · ".join([str(i), *filter(None, [plain(words)]), place])
                 for i, (words, place) in enumerate(zip(said, places, strict=True), 1)]  # fmt: skip
        return "\n".join([*lines, *map(plain, self.lost)])

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        if front_end().kind == "live" and self.videos:
            load_script("sync_playback.js")
        return {"text/plain": repr(self), "text/html": grid(self.videos, columns=self.columns, lost=self.lost)}


def compare(found: Iterable[Video | Job], *, columns: int | None = None) -> Comparison:
    """Lay videos side by side; jobs are waited for. One that has no video is said in a sentence below the others."""
    videos, lost = [], []
    for each in found:
        try:
            videos.append(each if isinstance(each, Video) else each.result())
        except VidmagicError as error:
            lost.append(f"{getattr(each, 'short', '')} · job {error.job_id}: {error.message}")
    return Comparison(videos, columns=columns, lost=lost)


def grid(videos: Sequence[Video], *, columns: int | None = None, lost: Sequence[str] = ()) -> str:
    """Return *videos* side by side as HTML that needs no kernel, no widget and no script."""
    shared, said = captions(videos) if videos else ("", [])
    width = f"minmax(min({_NARROWEST}px,100%),1fr)" if columns is None else "minmax(0,1fr)"
    repeat = "auto-fit" if columns is None else str(columns)
    tiles = [_tile(i, *each) for i, each in enumerate(zip(videos, said, strict=True), 1)]
    return "".join([
        f'<div class="vidmagic-compare {LITERAL}" style="{FONT}">',
        f'<div style="{QUIET};overflow-wrap:anywhere">{isolate(shared)}</div>' if shared else "",
        '<div class="vidmagic-steering"></div>',
        f'<div style="display:grid;gap:12px;grid-template-columns:repeat({repeat},{width})">',
        *tiles,
        "</div>",
        *(f"<div>{isolate(sentence)}</div>" for sentence in lost),
        "</div>",
    ])  # fmt: skip


def _tile(number: int, video: Video, said: str) -> str:
    words = f" {isolate(said)}" if said else ""
    title = f' title="job {escape(video.job_id)}"' if video.job_id else ""
    caption = f'<div style="margin-top:4px;overflow-wrap:anywhere"{title}><strong>{number}</strong>{words}</div>'
    return html(video, _narrow(video.display), caption)


def _narrow(display: DisplayOptions) -> DisplayOptions:
    return dataclasses.replace(display, width="100%", autoplay=False)


# Chinese has no spaces between words: there each character is one.
_WORDS = re.compile(r"[\u3400-\u9fff]|[^\W\u3400-\u9fff]+|\s+|[^\w\s]|_")
_NOTHING = "–"
_SHORTEST = 40  # characters: a longer difference is cut in the middle of a caption


def captions(videos: Sequence[Video]) -> tuple[str, list[str]]:
    """Return what all *videos* have in common, and for each one what differs; "" where nothing does."""
    facts = [_facts(video) for video in videos]
    names = list(dict.fromkeys(name for each in facts for name in each))
    differing = [name for name in names if len({each.get(name, "") for each in facts}) > 1]
    shared = [_worded(name, facts[0][name]) for name in names if name not in differing and facts[0][name]]
    prompts = [video.prompt.strip() for video in videos]
    apart = _middles(prompts) if len(set(prompts)) > 1 else [""] * len(videos)
    if len(set(prompts)) == 1 and prompts[0]:
        shared.append(prompts[0])
    said = [_joined([words, *(_worded(n, each[n]) for n in differing if n in each)])
            for words, each in zip(apart, facts, strict=True)]  # fmt: skip
    return _joined(shared), said


def _facts(video: Video) -> Mapping[str, str]:
    """Return what a video was made from, apart from its prompt, as words."""
    seed = {} if video.seed is None else {"seed": str(video.seed)}
    given = {name: _value(value) for name, value in video.params.items() if value is not None}
    price = {"price": f"{video.price} (estimate)"} if video.price else {}
    return {"model": video.short} | given | seed | price


def _value(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _worded(name: str, value: str) -> str:
    return value if name in {"model", "price"} else f"{name.replace('_', ' ')} {value}"


def _joined(parts: Iterable[str]) -> str:
    return " · ".join(part for part in parts if part)


def _middles(texts: Sequence[str]) -> list[str]:
    """Return each text without the words at both ends that all of them share."""
    words = [_WORDS.findall(text) for text in texts]
    start = _shared(words)
    ends = [each[start:][::-1] for each in words]
    end = _shared(ends)
    return [_cut("".join(each[end:][::-1]).strip() or _NOTHING) for each in ends]


def _shared(texts: Sequence[Sequence[str]]) -> int:
    """Return with how many equal words all texts begin."""
    return sum(1 for _ in takewhile(lambda words: len(set(words)) == 1, zip(*texts, strict=False)))


def _cut(text: str) -> str:
    return text if len(text) <= 2 * _SHORTEST else f"{text[:_SHORTEST].rstrip()} … {text[-_SHORTEST:].lstrip()}"
