"""What sets each take of a shot apart: from the pick, else from the earlier take that it resembles most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from vidmagic.engine.journal.record import Record
from vidmagic.engine.journal.request_diff import Changes, changes
from vidmagic.engine.journal.takes import Take
from vidmagic.spec.word_diff import words

Described = dict[str, tuple[Take, Changes | None]]


def described(takes: Sequence[Take], only: Collection[str] | None = None, *, base: int | None = None) -> Described:
    """Return each take by its job, with its differences; of the jobs *only*, None for all.

    Each is compared with the take of the number *base*, else with the pick, else with the nearest earlier take; a take
    that repeats an earlier one is the same as that. None is for a take with nothing to be compared with.
    """
    stored = [take for take in takes if take.record is not None]
    reference = next((take for take in stored if (take.picked if base is None else take.number == base)), None)
    features = _Features()
    compared: Described = {}
    for take in takes:
        if only is not None and take.job_id not in only:
            continue
        earlier = [other for other in stored if other.number < take.number]
        other = _nearest(take, earlier, reference, features) if take.record is not None else None
        compared[take.job_id] = take, _changes(other, take) if other is not None else None
    return compared


def _nearest(take: Take, earlier: Sequence[Take], reference: Take | None, features: _Features) -> Take | None:
    """Return the take that *take* is compared with, None for none: the newest of those that are equally near."""
    by_distance = {other.number: features.distance(other, take) for other in earlier}
    nearest = min(earlier, key=lambda other: (by_distance[other.number], -other.number), default=None)
    if nearest is not None and by_distance[nearest.number] == 0:
        return nearest
    return nearest if reference is None or reference.number == take.number else reference


def _changes(other: Take, take: Take) -> Changes | None:
    if other.record is None or take.record is None:
        return None
    return changes(str(other), other.record, take.record, picked=other.picked)


class _Features:
    """The words and parameters of requests, each read once: a long list is compared all with all."""

    def __init__(self) -> None:
        self._known: dict[str, Counter[object]] = {}

    def distance(self, one: Take, other: Take) -> int:
        """Return in how many words and parameters two takes differ; 0 only for the same request."""
        if one.record is None or other.record is None or one.record.fingerprint == other.record.fingerprint:
            return 0
        first, second = self._of(one.record), self._of(other.record)
        return 1 + max((first - second).total(), (second - first).total())

    def _of(self, record: Record) -> Counter[object]:
        if record.id not in self._known:
            self._known[record.id] = Counter(_features(record))
        return self._known[record.id]


def _features(record: Record) -> Iterator[object]:
    yield from (word[0] for word in words(record.prompt))
    yield "model", record.model
    yield from ((name, str(value)) for name, value in record.params.items())
    yield from ((given["role"], given["sha256"]) for given in record.images)
