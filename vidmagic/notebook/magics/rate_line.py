"""`%video rate VIDEO [STARS] [NOTE…]`: read which video is rated, and how."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vidmagic.engine.job import Job
from vidmagic.errors import InvalidRequest
from vidmagic.escaping import isolate, plain
from vidmagic.notebook.card.rating import rating_html
from vidmagic.notebook.context import NotebookContext
from vidmagic.notebook.magics.registry import VerbLine
from vidmagic.notebook.magics.video_args import job_named
from vidmagic.notebook.style import FONT
from vidmagic.session.ratings import rating_text

# A word that is meant as stars, also a wrong one: "4.5" and "9/10" are no notes.
_STARS = re.compile(r"none|[-+]?\d[\d.,/*]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Rated:
    """The rating of a job as the value of a cell."""

    job: Job

    def __repr__(self) -> str:
        return f"{self._name()}: {rating_text(self.job.record) or 'not rated'}"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        rating = rating_html(self.job.record) or "not rated"
        html = f'<div class="vidmagic" style="{FONT}"><strong>{isolate(self._name())}</strong>{rating}</div>'
        return {"text/plain": repr(self), "text/html": html}

    def _name(self) -> str:
        return plain(self.job.take) if self.job.take is not None else f"job {self.job.id}"


def rate(context: NotebookContext, line: VerbLine) -> Rated:
    """Rate the job that the line names. Raises InvalidRequest, and NoSuchJob."""
    words = (line.word("VIDEO"), *line.words["STARS"], *line.words["NOTE"])
    name, given = _split(context, words)
    stars = given[0] if given and _STARS.fullmatch(given[0]) else None
    texts = given[1:] if stars is not None else given
    note = " ".join(texts) if texts else None
    job = job_named(context, name)
    context.session.ratings.rate(job.id, stars, note, added=line.values("tag"), removed=line.values("untag"))
    return Rated(job)


def _split(context: NotebookContext, words: Sequence[str]) -> tuple[str, Sequence[str]]:
    """Return the name of the video and the words after it; a take may be written as two words, "kite 2".

    Raises InvalidRequest for "kite 2" alone, which can be a take, or two stars.
    """
    name, *others = words
    shot = context.session.resolver.shot(name, context.namespace)
    takes = 0 if shot is None else len(shot)
    numbers = [word for word in others[:2] if word.isdecimal()]
    if not takes or not numbers or numbers[0] != others[0]:
        return name, others
    if len(numbers) == 2:
        return f"{name} {numbers[0]}", others[1:]
    if takes > 1:
        raise InvalidRequest(
            f"{name} {numbers[0]} can be take {numbers[0]}, or {numbers[0]} stars for one of {takes} takes",
            hint=f"Name the take with a colon: `%video rate {name}:{takes} {numbers[0]}`.",
        )
    return name, others
