"""One video of a comparison: its player, its name and what sets it apart."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vidmagic.engine.journal.takes import Take
from vidmagic.errors import VidmagicError
from vidmagic.escaping import escape, isolate
from vidmagic.media.display import DisplayOptions
from vidmagic.media.player import html
from vidmagic.media.video import Video
from vidmagic.notebook.card.video_captions import captions


@dataclass(frozen=True, slots=True)
class Tile:
    """A video, what sets it apart in `label`, and which take it is; without a video `lost` says why."""

    video: Video | None
    label: str = ""
    take: str = ""
    lost: str = ""


@dataclass(frozen=True, slots=True)
class Naming:
    """How the tiles are captioned: by numbers, or by `letters`; `blind` hides which is which.

    `with_label` says what sets each apart, where no headings do, and `with_file` which file it is.
    """

    blind: bool = False
    letters: bool = False
    with_label: bool = True
    with_file: bool = True

    def name(self, number: int) -> str:
        """Return the name of the tile *number*, which counts from 0: "1", "2" …, or "A", "B" …."""
        if not self.letters:
            return str(number + 1)
        return (chr(ord("A") + number // 26 - 1) if number >= 26 else "") + chr(ord("A") + number % 26)


def tiles_of(videos: Sequence[Video], takes: Sequence[str] = ()) -> tuple[str, list[Tile]]:
    """Return what *videos* have in common, and a tile for each with what it differs in."""
    if not videos:
        return "", []
    shared, labels = captions(videos)
    named = takes or [""] * len(videos)
    return shared, [Tile(*facts) for facts in zip(videos, labels, named, strict=True)]


def take_name(take: Take | None) -> str:
    """Return a take as "pond 2 ★"; "" for none."""
    return "" if take is None else f"{take}{' ★' if take.picked else ''}"


def tile_html(tile: Tile, number: int, display: DisplayOptions | None, naming: Naming) -> str:
    """Return *tile*, which is shown by *display* if it has a video, as HTML that needs no script."""
    name = naming.name(number)
    if tile.video is None or display is None:
        return f'<div style="overflow-wrap:anywhere"><strong>{name}</strong> {isolate(tile.lost)}</div>'
    shown = [] if naming.blind else [tile.take, tile.label if naming.with_label else ""]
    words = "".join(f" {isolate(text)}" for text in [" · ".join(filter(None, shown))] if text)
    title = f' title="job {escape(tile.video.job_id)}"' if tile.video.job_id and not naming.blind else ""
    caption = (
        f'<div style="margin-top:4px;overflow-wrap:anywhere"{title}><strong>{name}</strong>{words}'
        ' <span class="vidmagic-tools"></span> <span class="vidmagic-choice"></span></div>'
    )
    full = name if naming.blind else " · ".join(filter(None, [name, tile.take, tile.label]))
    facts = "".join(_facts(tile.video))
    player = html(tile.video, display, caption, with_file=naming.with_file and not naming.blind)
    return f'<div class="vidmagic-tile" data-name="{escape(full)}"{facts}>{player}</div>'


def _facts(video: Video) -> Iterator[str]:
    """Yield what the script needs to know: frames a second, and whether there is sound."""
    with contextlib.suppress(VidmagicError):  # what cannot be read is a sentence, and the script leaves it alone
        yield f' data-fps="{video.facts.fps or 24:g}"'
        yield f' data-sound="{int(video.facts.audio)}"'
