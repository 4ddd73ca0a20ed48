"""Make the page of a topic: its text, with the table that is made from the code."""

from __future__ import annotations

import dataclasses
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from vidmagic.errors import InvalidRequest
from vidmagic.escaping import shorten
from vidmagic.notebook.magics.tokens import mask_keys
from vidmagic.notebook.magics.topics import TOPICS
from vidmagic.providers.catalog import Catalog
from vidmagic.session.reports import reference
from vidmagic.session.reports.table import Table
from vidmagic.spec.params import did_you_mean, listing

WIDTH = 116  # characters: a cell's output and most terminals show a line of it whole
_GAP = 2  # characters between two columns

FRONT_ENDS = Table(
    ("front end", "tried", "what it shows"),
    (
        ("JupyterLab 4", "in the tests, with ipykernel 7 and 6.30", "live card, player"),
        ("Notebook 7", "in the tests, with ipykernel 7 and 6.30", "live card, player"),
        ("a page reloaded in mid-job", "in the tests, in both", "the card goes on and says where the video is"),
        ("JupyterLab without a widget manager", "in the tests", "the bar as plain HTML, then the player"),
        ("JupyterLab without anywidget", "in the tests", "plain HTML, some seconds later ipywidgets with Cancel"),
        ("nbconvert --execute, papermill", "in the tests", "the cell waits; player in the output, no widget"),
        ("nbconvert --to html", "in the tests", "the page carries the player and the video"),
        ("%%time, %%capture above %%video", "in the tests", "as ever; %%capture keeps the player for .show()"),
        ("IPython in a terminal", "in the tests, in a real one", "a bar in one line of text, the path at the end"),
        ("a reopened, untrusted notebook", "in the tests, without a kernel", "the player plays"),
        ("VS Code, Colab", "no, written by their documentation", "Colab waits and always embeds"),
    ),
)
_TABLES: Mapping[str, Callable[[Catalog], Table]] = {
    "keys": reference.key_table,
    "states": lambda _: reference.state_table(),
    "settings": lambda _: reference.setting_table(),
    "front-ends": lambda _: FRONT_ENDS,
    "providers": reference.provider_table,
}


def page(topic: str, catalog: Catalog) -> str:
    """Return the page of one of TOPICS."""
    text = TOPICS[topic]
    if topic in _TABLES:
        text = text.replace("{table}", str(_narrowed(_TABLES[topic](catalog))))
    return text


def no_page(name: str, commands: Iterable[str]) -> InvalidRequest:
    """Return the error of a *name* that is neither one of the *commands* nor a topic."""
    commands = list(commands)
    near = did_you_mean(name, [*commands, *TOPICS])
    shown = shorten(mask_keys(name), 60)
    return InvalidRequest(
        f"No command or topic is called {shown!r}{near}. The commands are {listing(commands, 'and')};"
        f" the topics are {listing(TOPICS, 'and')}."
    )


def _narrowed(table: Table) -> Table:
    """Return *table* in WIDTH: what is long in its last column goes on in the next row."""
    others = zip(*(row[:-1] for row in (table.columns, *table.rows)), strict=True)
    left = WIDTH - sum(max(map(len, column)) + _GAP for column in others)
    rows = tuple(line for row in table.rows for line in _lines(row, left))
    return dataclasses.replace(table, rows=rows)


def _lines(row: Sequence[str], width: int) -> Iterator[tuple[str, ...]]:
    """Yield *row*, its last cell in pieces of at most *width* characters."""
    first, *more = textwrap.wrap(row[-1], width, break_on_hyphens=False) or [""]
    yield (*row[:-1], first)
    yield from ((*[""] * (len(row) - 1), piece) for piece in more)
