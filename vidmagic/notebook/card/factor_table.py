"""A grid of a sweep as a table with headings: the same for jobs that run and for their videos."""

from __future__ import annotations

from collections.abc import Callable

from vidmagic.escaping import escape, isolate
from vidmagic.notebook.style import CELL, FONT, QUIET, STRONG
from vidmagic.session.sweep.layout import Layout

# The background is that of the page: in a narrow one the columns move under the headings of the rows.
_PAGE = "var(--jp-layout-color0,var(--vscode-editor-background,Canvas))"
_TABLE = f"border-collapse:separate;border-spacing:0;margin:0;table-layout:auto;{FONT};color:inherit"
_ROW = "background:transparent"
_HEAD = f"{CELL};{STRONG};padding:4px 8px 4px 0;overflow-wrap:break-word;white-space:normal"
_ROW_HEAD = f"{_HEAD};position:sticky;left:0;z-index:1;min-width:4em;max-width:9em;background:{_PAGE}"
_FIELD = f"{CELL};padding:4px 8px 8px 0;white-space:normal;background:transparent"


def factor_table(layout: Layout, item: Callable[[int], str], *, width: int) -> str:
    """Return the grid as HTML: *item* makes each item's, and a column is at least *width* pixels wide.

    A page that is too narrow scrolls within it.
    """
    names = f"{layout.names[0]} (rows) × {layout.names[1]} (columns)"
    corner = f'<td style="{_FIELD};{QUIET}">{escape(layout)}</td>'
    heads = "".join(f'<th scope="col" style="{_HEAD}">{isolate(name)}</th>' for name in layout.columns)
    rows = "".join(_row(layout, row, item, width) for row in range(len(layout.rows)))
    return (
        f'<div role="region" aria-label="{escape(names)}" tabindex="0" data-lm-suppress-shortcuts="true"'
        f' style="overflow-x:auto;max-width:100%"><table style="{_TABLE}">'
        f'<thead><tr style="{_ROW}">{corner}{heads}</tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _row(layout: Layout, row: int, item: Callable[[int], str], width: int) -> str:
    head = f'<th scope="row" style="{_ROW_HEAD}">{isolate(layout.rows[row])}</th>'
    fields = [
        f'<td style="{_FIELD};min-width:{width}px">{"".join(map(item, layout.at(row, column))) or "–"}</td>'
        for column in range(len(layout.columns))
    ]
    return f'<tr style="{_ROW}">{head}{"".join(fields)}</tr>'
