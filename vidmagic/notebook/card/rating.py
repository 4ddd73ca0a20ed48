"""The rating of a job as HTML: stars, the note and the tags."""

from __future__ import annotations

from vidmagic.engine.journal.record import Record
from vidmagic.escaping import LITERAL, isolate, shorten
from vidmagic.notebook.style import FONT, READ_ALOUD_ONLY
from vidmagic.session.ratings import stars_text

_LONGEST = 300  # characters of a note


def rating_html(record: Record) -> str:
    """Return one line; "" for a job without stars, note and tags."""
    parts = [_stars(record.stars)] if record.stars else []
    parts += [isolate(shorten(record.note, _LONGEST))] if record.note else []
    parts += [isolate(" ".join(f"#{tag}" for tag in record.tags))] if record.tags else []
    return f'<div class="{LITERAL}" style="{FONT};overflow-wrap:anywhere">{" · ".join(parts)}</div>' if parts else ""


def _stars(stars: int) -> str:
    number = f'<span style="{READ_ALOUD_ONLY}">{stars} star{"s"[: stars != 1]}</span>'
    return f'<span style="position:relative"><span aria-hidden="true">{stars_text(stars)}</span>{number}</span>'
