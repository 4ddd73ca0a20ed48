"""The earlier takes of a shot, small, below the new one in the cell that made it."""

from __future__ import annotations

from collections.abc import Sequence

from vidmagic.engine.job import Job
from vidmagic.escaping import LITERAL, escape, isolate, plain, shorten
from vidmagic.notebook.card.take_caption import PICK
from vidmagic.notebook.style import FONT, SMALL
from vidmagic.notebook.views.thumbnails import thumbnails
from vidmagic.session.session import Session

MOST = 6  # takes that are shown; a saved notebook carries them in every cell of the shot
_THUMBNAIL = (80, 45)  # pixels


def earlier_takes(session: Session, job: Job) -> str:
    """Return the newest earlier takes of the shot of *job*, and its pick, as HTML; "" for a first take."""
    if job.take is None:
        return ""
    number = job.take.number
    earlier = [other for other in session.shots.find(job.take.shot) if other.take is not None]
    earlier = [other for other in earlier if other.take is not None and other.take.number < number]
    if not earlier:
        return ""
    shown = _chosen(earlier)
    left = len(earlier) - len(shown)
    more = f"{left} more: " if left else ""
    head = f"earlier takes · {more}<code>%video takes {escape(job.take.shot)}</code>"
    pictures = thumbnails([other.record for other in shown], *_THUMBNAIL, upright=True, small=True)
    tiles = "".join(_tile(picture, other) for picture, other in zip(pictures, shown, strict=True))
    row = f'<div style="display:flex;flex-wrap:wrap;gap:8px;align-items:flex-end">{tiles}</div>'
    return f'<div class="{LITERAL}" style="{FONT};margin-top:8px"><div style="{SMALL}">{head}</div>{row}</div>'


def _chosen(earlier: Sequence[Job]) -> list[Job]:
    """Return the newest takes, and the pick in place of the oldest of them."""
    pick = [job for job in earlier[:-MOST] if job.take is not None and job.take.picked]
    return [*pick, *earlier[-MOST + len(pick) :]]


def _tile(picture: str, job: Job) -> str:
    mark = PICK if job.take is not None and job.take.picked else ""
    words = f'<div style="{SMALL}">{isolate(f"{job.take}{mark}")}</div>'
    return f'<div title="{escape(shorten(plain(job.prompt), 160))}">{picture}{words}</div>'
