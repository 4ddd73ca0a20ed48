"""The takes of a request: the jobs that answer it, counted from 1, so that each of them is bought once."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping

from vidmagic.engine.journal.record import Record
from vidmagic.errors import InvalidRequest
from vidmagic.spec.params import listing


def by_number(records: Iterable[Record]) -> Mapping[int, Record]:
    """Return *records*, those jobs of one request that answer it, by which take each is.

    A job keeps the number for which it was stored, so that another one's failure does not move it. One without a
    number, or whose number an older job has, gets the lowest that is free.
    """
    takes: dict[int, Record] = {}
    others = []
    for record in sorted(records, key=lambda record: record.n):
        if record.request_take and record.request_take not in takes:
            takes[record.request_take] = record
        else:
            others.append(record)
    free = (number for number in itertools.count(1) if number not in takes)
    return {**takes, **{next(free): record for record in others}}


def there_or_next(
    records: Iterable[Record], *, again: bool, take: int | None, satisfies: Callable[[Record], bool]
) -> Record | int:
    """Return the job that is there for a request, or which take of it a new job is.

    *records* are the jobs of the request, newest first, of which *satisfies* chooses those that answer it. Without
    *take* the newest of them is the one, and with *again* none is. Raises InvalidRequest for a take before which
    others are missing.
    """
    answers = list(filter(satisfies, records))
    if take is None and answers and not again:
        return answers[0]
    takes = by_number(answers)
    number = take or max(takes, default=0) + 1
    if number in takes:
        return takes[number]
    check_number(number, takes)
    return number


def check_number(number: int, takes: Mapping[int, Record]) -> None:
    """Raise InvalidRequest where *number* is beyond the take that comes next: a slip of the hand buys nothing."""
    highest = max(takes, default=0)
    if number > highest + 1:
        missing = list(range(highest + 1, number))
        few = listing(missing, "and") if len(missing) < 4 else f"{missing[0]} to {missing[-1]}"
        there = f"it has {highest} so far" if highest else "it was never made"
        raise InvalidRequest(
            f"--take {number} of this request needs take{'s'[: len(missing) > 1]} {few} first: {there}",
            hint=f"`--take {highest + 1}` is the next one." if highest else "Run the cell without `--take` first.",
        )
