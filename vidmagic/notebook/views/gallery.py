"""The gallery: a page of thumbnails, which play under the pointer while the kernel lives."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from vidmagic.engine.job import Job
from vidmagic.engine.journal.record import Record
from vidmagic.engine.journal.search import JobFilter, count, find
from vidmagic.errors import InvalidRequest
from vidmagic.escaping import LITERAL, escape, isolate, shorten
from vidmagic.notebook.card.rating import rating_html
from vidmagic.notebook.style import FONT, SMALL, STRONG
from vidmagic.notebook.surfaces.frontend import front_end
from vidmagic.notebook.surfaces.surface import load_script
from vidmagic.notebook.views.thumbnails import thumbnails
from vidmagic.session.reports.job_table import job_filter, job_table, read_limit
from vidmagic.session.session import Session

PAGE = 24  # videos
_PICTURE = (176, 99)  # pixels
_WORDS = 90  # characters of a prompt


class Gallery:
    """One page of the videos that a filter leaves, newest first; `total` counts all of them, `pages` their pages."""

    def __init__(self, session: Session, chosen: JobFilter, *, most: int | None = None, page: int = 1) -> None:
        self._session = session
        self._chosen = chosen
        self._most = most
        self.number = page
        if page > self.pages:
            raise InvalidRequest(f"page {page} does not exist: {self._counted()} fill {self.pages}")

    @functools.cached_property
    def total(self) -> int:
        """How many videos there are."""
        there = count(self._session.store, self._chosen)
        return there if self._most is None else min(there, self._most)

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // PAGE))

    @functools.cached_property
    def records(self) -> tuple[Record, ...]:
        """The jobs of this page as the journal had them."""
        first = (self.number - 1) * PAGE
        return tuple(find(self._session.store, self._chosen, limit=max(0, min(PAGE, self.total - first)), offset=first))

    @property
    def jobs(self) -> list[Job]:
        """The jobs of this page."""
        return [self._session.factory.peek(record) for record in self.records]

    def page(self, number: int) -> Gallery:
        """Return another page, counted from 1. Raises InvalidRequest where there is none."""
        if number < 1:
            raise InvalidRequest(f"pages are counted from 1, not {number}")
        return Gallery(self._session, self._chosen, most=self._most, page=number)

    def __repr__(self) -> str:
        if not self.total:
            return "No such video in the journal."
        return f"{self._head()}\n{job_table(self.records)}"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        load_script(front_end(), "gallery.js")
        return {"text/plain": repr(self), "text/html": self._html()}

    def _counted(self) -> str:
        return f"{self.total:,} video{'s'[: self.total != 1]}"

    def _head(self) -> str:
        page = f" · page {self.number} of {self.pages}: --page N shows another" if self.pages > 1 else ""
        return self._counted() + page

    def _html(self) -> str:
        if not self.total:
            return f'<div style="{FONT}">No such video in the journal.</div>'
        pictures = thumbnails(self.records, *_PICTURE)
        tiles = "".join(self._tile(*pair) for pair in zip(self.records, pictures, strict=True))
        return (
            f'<div class="vidmagic vidmagic-gallery {LITERAL}" style="{FONT}">'
            f'<div style="{STRONG}">{self._head()}</div>'
            f'<div style="display:flex;flex-wrap:wrap;gap:12px;align-items:flex-start">{tiles}</div></div>'
        )

    def _tile(self, record: Record, picture: str) -> str:
        words = shorten(record.prompt, _WORDS, empty="")
        href = "" if record.is_missing else self._session.display().href(Path(record.path))
        label = f"job {record.id}: {shorten(record.prompt, 60, empty='no prompt')}"
        if href:
            style = "display:block;position:relative;color:inherit"
            picture = (
                f'<a href="{escape(href)}" target="_blank" rel="noopener noreferrer" style="{style}"'
                f' aria-label="{escape(label)}">{picture}</a>'
            )
        facts = [record.model.rpartition("/")[2], record.id, "its file is missing" if record.is_missing else ""]
        return (
            f'<div style="width:{_PICTURE[0]}px;overflow-wrap:anywhere">{picture}<div>{isolate(words)}</div>'
            f'<div style="{SMALL}">{isolate(" · ".join(filter(None, facts)))}</div>{rating_html(record)}</div>'
        )


def gallery(
    session: Session, words: Sequence[str] = (), *, shot: str = "", limit: str = "", page: int = 1, **filters: str
) -> Gallery:
    """Return the gallery of finished videos that all *words* and the filters of `job_filter` leave.

    Raises InvalidRequest, and NoSuchJob for a shot without a take.
    """
    chosen = dataclasses.replace(
        job_filter(session.catalog, **filters),
        words=tuple(word for word in words if word),
        ids=None if not shot else tuple(job.id for job in session.shots.find(shot)),
        with_video=True,
    )
    return Gallery(session, chosen, most=read_limit(limit) if limit else None).page(page)
