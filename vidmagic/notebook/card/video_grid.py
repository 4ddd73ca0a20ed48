"""Videos side by side as HTML that needs no kernel, no widget and no script."""

from __future__ import annotations

from collections.abc import Sequence

from vidmagic.escaping import LITERAL, escape, isolate
from vidmagic.media.display import DisplayOptions
from vidmagic.media.player import html
from vidmagic.media.video import Video
from vidmagic.notebook.card.embedding import displays
from vidmagic.notebook.card.video_captions import captions
from vidmagic.notebook.style import FONT, QUIET

_NARROWEST = 240  # pixels


def grid(
    videos: Sequence[Video],
    *,
    columns: int | None = None,
    lost: Sequence[str] = (),
    labels: Sequence[str] | None = None,
    together: bool = False,
) -> str:
    """Return *videos* side by side as HTML that needs no kernel, no widget and no script.

    *labels* are their captions, None for what their requests differ in; *together* is that of `displays`.
    """
    shared, differences = captions(videos) if videos else ("", [])
    shown = zip(videos, displays(videos, together=together), differences if labels is None else labels, strict=True)
    width = f"minmax(min({_NARROWEST}px,100%),1fr)" if columns is None else "minmax(0,1fr)"
    repeat = "auto-fit" if columns is None else str(columns)
    tiles = [_tile(number, *tile) for number, tile in enumerate(shown, 1)]
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


def _tile(number: int, video: Video, display: DisplayOptions, difference: str) -> str:
    words = f" {isolate(difference)}" if difference else ""
    title = f' title="job {escape(video.job_id)}"' if video.job_id else ""
    caption = f'<div style="margin-top:4px;overflow-wrap:anywhere"{title}><strong>{number}</strong>{words}</div>'
    return html(video, display, caption)
