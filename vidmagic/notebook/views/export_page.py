"""A comparison as one page with its videos and its controls, which needs no network, no kernel and no other file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from vidmagic.errors import InvalidRequest
from vidmagic.escaping import escape
from vidmagic.media.display import DisplayOptions, size_text
from vidmagic.notebook.card.comparison_html import comparison_html
from vidmagic.notebook.card.tile import Tile
from vidmagic.session.sweep.layout import Layout

LARGEST = 192 * 2**20  # bytes of all videos together: a page that is larger takes a browser a minute to open
# The page may load nothing: whatever stands in a prompt, it cannot call home.
_POLICY = "default-src 'none'; media-src data:; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
_STYLE = (
    ":root{color-scheme:light dark}"
    "body{margin:16px;font-family:system-ui,sans-serif;background:Canvas;color:CanvasText}"
)


def write_page(
    tiles: Sequence[Tile], part: Path, *, heading: str, layout: Layout | None, columns: int | None
) -> Iterator[float]:
    """Write the page to *part*; yield the share done. Raises InvalidRequest for videos that are too large together."""
    size = sum(tile.video.size for tile in tiles if tile.video is not None)
    if size > LARGEST:
        raise InvalidRequest(
            f"the videos have {size_text(size)} together; a page carries at most {size_text(LARGEST)}",
            hint="Choose fewer of them, or export an .mp4.",
        )
    display = DisplayOptions(embed="always", width="100%")
    body = comparison_html(tiles, heading=heading, layout=layout, columns=columns, display=display)
    yield 0.5
    with part.open("w", encoding="utf-8") as file:
        file.write(_head(str(layout) if layout is not None else f"{len(tiles)} videos side by side"))
        file.write(body)
        file.write("</main></body></html>\n")
    yield 0.99


def _head(title: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><main><h1 "
        f'style="font-size:18px;margin:0 0 8px">{escape(title)}</h1>'
    )
