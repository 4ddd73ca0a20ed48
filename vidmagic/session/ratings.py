"""Rate jobs: stars, a note and tags, checked, then stored in the journal and beside the video."""

from __future__ import annotations

import contextlib
import dataclasses
import operator
import re
import unicodedata
import weakref
from collections.abc import Callable, Iterable
from typing import SupportsIndex, cast

from vidmagic.engine.download.sidecar import write_sidecar
from vidmagic.engine.job import Job
from vidmagic.engine.journal.record import Record, with_remarks_of
from vidmagic.engine.journal.remarks import remark
from vidmagic.engine.journal.search import same_tag
from vidmagic.engine.journal.store import Store
from vidmagic.engine.journal.validate import MOST_STARS
from vidmagic.errors import InvalidRequest
from vidmagic.escaping import plain, shorten

LONGEST_NOTE = 2000  # characters
_TAG = re.compile(r"\w[\w-]{0,39}")
_CLEARED = {"0", "none"}


class Ratings:
    """Store what the user thinks of jobs; every handle of this kernel on such a job, and `listeners`, get it too."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._handles: weakref.WeakSet[Job] = weakref.WeakSet()
        self.listeners: list[Callable[[Record], None]] = []

    def follow(self, job: Job) -> None:
        """Let the handle *job* have the ratings that are stored from now on."""
        self._handles.add(job)

    def rate(
        self,
        job_id: str,
        stars: int | str | None = None,
        note: str | None = None,
        tags: Iterable[str] | None = None,
        *,
        added: Iterable[str] = (),
        removed: Iterable[str] = (),
    ) -> None:
        """Store what is given; None leaves what there is, 0 stars, an empty note and no tags clear it.

        *tags* are all tags from now on; *added* and *removed* change those that there are. Raises InvalidRequest for
        stars, a note or tags that cannot be stored; then nothing is stored.
        """
        more, gone = read_tags(added), {same_tag(tag) for tag in read_tags(removed)}
        if stars is None and note is None and tags is None and not more and not gone:
            raise InvalidRequest(f"nothing to store: give 1 to {MOST_STARS} stars, a note or a tag")
        rating = None if stars is None else (read_stars(stars),)
        text = None if note is None else read_note(note)
        labels = None if tags is None else read_tags(tags)

        def rated(record: Record) -> Record:
            known = [tag for tag in (record.tags if labels is None else labels) if same_tag(tag) not in gone]
            return dataclasses.replace(
                record,
                stars=record.stars if rating is None else rating[0],
                note=record.note if text is None else text,
                tags=_without_repeats([*known, *more]),
            )

        self._change(job_id, rated)

    def _change(self, job_id: str, change: Callable[[Record], Record]) -> None:
        record = remark(self._store, job_id, change)
        if record.path and not record.is_missing:
            with contextlib.suppress(OSError):  # a folder that cannot be written: the journal has the rating
                write_sidecar(record)
        for job in [job for job in self._handles if job.id == record.id]:
            job.refresh(with_remarks_of(record, job.record))
        for listener in self.listeners:
            listener(record)


def read_stars(stars: object) -> int | None:
    """Return *stars*, a number or its text, as 1 to 5, or None for 0 or "none". Raises InvalidRequest."""
    text = stars.strip().lower() if isinstance(stars, str) else ""
    if text in _CLEARED:
        return None
    try:
        number = int(text) if text else operator.index(cast("SupportsIndex", stars))
    except (TypeError, ValueError):
        number = -1
    if isinstance(stars, bool) or not 0 <= number <= MOST_STARS:
        shown = repr(shorten(plain(stars), 40)) if isinstance(stars, str) else repr(stars)
        raise InvalidRequest(f"stars must be 1 to {MOST_STARS}, or 0 or none to clear them, not {shown}")
    return number or None


def read_note(note: object) -> str:
    """Return *note* as it is stored. Raises InvalidRequest."""
    if not isinstance(note, str):
        raise InvalidRequest(f"a note is text, not {type(note).__name__}")
    text = note.strip()
    if len(text) > LONGEST_NOTE:
        raise InvalidRequest(f"the note has {len(text):,} characters; at most {LONGEST_NOTE:,} are stored")
    return text


def read_tags(tags: object) -> tuple[str, ...]:
    """Return *tags*, one text or several, as they are stored: without `#`, each once. Raises InvalidRequest."""
    texts = [tags] if isinstance(tags, str) else list(tags) if isinstance(tags, Iterable) else [tags]
    return _without_repeats(map(_tag, texts))


def _tag(text: object) -> str:
    tag = unicodedata.normalize("NFC", text).strip().removeprefix("#") if isinstance(text, str) else ""
    if _TAG.fullmatch(tag) is None:
        shown = repr(shorten(plain(text), 60, empty=""))
        raise InvalidRequest(f"{shown} cannot be a tag: use letters, digits, - and _, at most 40, without spaces")
    return tag


def _without_repeats(tags: Iterable[str]) -> tuple[str, ...]:
    first: dict[str, str] = {}
    for tag in tags:
        first.setdefault(same_tag(tag), tag)
    return tuple(first.values())


def rating_text(record: Record) -> str:
    """Return the rating as one line, as "★★★★☆ hands melt #hero"; "" for a job without any."""
    stars = [stars_text(record.stars)] if record.stars else []
    note = [shorten(plain(record.note), 200)] if record.note else []
    return " ".join([*stars, *note, *(f"#{plain(tag)}" for tag in record.tags)])


def stars_text(stars: int) -> str:
    """Return *stars* as "★★★★☆"."""
    return "★" * stars + "☆" * (MOST_STARS - stars)
