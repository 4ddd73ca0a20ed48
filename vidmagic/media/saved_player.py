"""The players in a notebook's saved HTML, as media.player wrote them: find them, and change what they play."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from vidmagic.media.player import EMBEDDED, LINKED

_OPENING, _CLOSING = '<figure class="vidmagic ', "</figure>"
_SOURCE = re.compile(r'<video controls[^>]*? src="([^"]*)"></video>')
_WHERE = re.compile(rf'({EMBEDDED}|{LINKED}) · <a href="([^"]*)"')
_DATA = re.compile(r"data:video/[\w.+-]+;base64,")


@dataclass(frozen=True, slots=True)
class Edit:
    """A part of the HTML, from `start` to `end`, and the text in its place."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class SavedPlayer:
    """One player: `source` is what it plays, a link or a data URI, `href` the link to its file, percent-encoded."""

    source: str
    href: str
    source_at: tuple[int, int]
    words_at: tuple[int, int]

    @property
    def is_embedded(self) -> bool:
        """Whether the HTML carries the video."""
        return _DATA.match(self.source) is not None

    @property
    def path(self) -> str:
        """The path of the file, relative to the notebook."""
        return unquote(html.unescape(self.href))

    def data(self) -> bytes:
        """Return the video that the HTML carries. Raises ValueError for damaged base64."""
        return base64.b64decode(self.source.partition(",")[2], validate=True)

    def linked(self) -> list[Edit]:
        """Return the edits that make it play its file."""
        return [Edit(*self.source_at, self.href), Edit(*self.words_at, LINKED)]

    def embedded(self, data: bytes, media_type: str) -> list[Edit]:
        """Return the edits that make it carry *data*."""
        source = f"data:{media_type};base64,{base64.b64encode(data).decode('ascii')}"
        return [Edit(*self.source_at, source), Edit(*self.words_at, EMBEDDED)]


def saved_players(text: str) -> Iterator[SavedPlayer]:
    """Yield the players in the HTML *text* whose file has a link."""
    start = text.find(_OPENING)
    while start >= 0:
        end = text.find(_CLOSING, start)
        if end < 0:
            return
        source = _SOURCE.search(text, start, end)
        where = _WHERE.search(text, source.end(), end) if source is not None else None
        if source is not None and where is not None:
            yield SavedPlayer(source[1], where[2], source.span(1), where.span(1))
        start = text.find(_OPENING, end)
