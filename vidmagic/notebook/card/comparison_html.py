"""Videos side by side, or in rows and columns, as HTML that needs no kernel and no widget."""

from __future__ import annotations

from collections.abc import Sequence

from vidmagic.escaping import LITERAL, isolate
from vidmagic.media.display import DisplayOptions
from vidmagic.notebook.card.comparison_script import comparison_script
from vidmagic.notebook.card.embedding import displays
from vidmagic.notebook.card.factor_table import factor_table
from vidmagic.notebook.card.tile import Naming, Tile, tile_html
from vidmagic.notebook.style import FONT, QUIET
from vidmagic.session.sweep.layout import Layout

_NARROWEST = 240  # pixels
_NARROWEST_COLUMN = 180  # pixels of a column of a grid; a page that is too narrow for all of them scrolls


def comparison_html(
    tiles: Sequence[Tile],
    *,
    heading: str = "",
    columns: int | None = None,
    layout: Layout | None = None,
    notes: Sequence[str] = (),
    together: bool = False,
    blind: bool = False,
    letters: bool = False,
    display: DisplayOptions | None = None,
) -> str:
    """Return *tiles* side by side; where scripts run, with one set of controls for all.

    They lie in *columns*, None for as many as fit, or in the rows and columns of a *layout*. *together* is that of
    `displays`; *blind* hides which is which, *letters* name them A, B …. *notes* stand below. With *display*, all are
    shown by it, and no file is named: for a page that leaves this machine.
    """
    # Blind, a link would name the file; the comparison that follows the choice has links again.
    videos = {at: tile.video for at, tile in enumerate(tiles) if tile.video is not None}
    chosen = displays(list(videos.values()), together=together or blind) if display is None else [display] * len(videos)
    shown = dict(zip(videos, chosen, strict=True))
    naming = Naming(blind=blind, letters=blind or letters, with_label=layout is None, with_file=display is None)
    made = [tile_html(tile, at, shown.get(at), naming) for at, tile in enumerate(tiles)]
    if layout is None:
        body = f'<div class="vidmagic-tiles" style="{_columns(columns)}">{"".join(made)}</div>'
    else:
        table = factor_table(layout, made.__getitem__, width=_NARROWEST_COLUMN)
        body = f'<div class="vidmagic-tiles">{table}</div>'
    return "".join([
        f'<div class="vidmagic-compare {LITERAL}" style="{FONT}">',
        f'<div style="{QUIET};overflow-wrap:anywhere">{isolate(heading)}</div>' if heading else "",
        '<div class="vidmagic-steering"></div>',
        body,
        *(f'<div style="overflow-wrap:anywhere">{isolate(note)}</div>' for note in notes),
        comparison_script() if shown else "",
        "</div>",
    ])  # fmt: skip


def _columns(columns: int | None) -> str:
    width = f"minmax(min({_NARROWEST}px,100%),1fr)" if columns is None else "minmax(0,1fr)"
    return f"display:grid;gap:12px;grid-template-columns:repeat({'auto-fit' if columns is None else columns},{width})"
