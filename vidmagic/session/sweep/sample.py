"""Draw some combinations of a sweep: the same ones again for the same seed, on every machine and in every Python.

Each combination has a number of its own, the SHA-256 of the seed and of what it asks for; those with the smallest
numbers are drawn. So a larger sample holds the smaller one, and a line more in a file moves little.
"""

from __future__ import annotations

import hashlib
import heapq
import json
from collections.abc import Iterable

from vidmagic.session.sweep.expand import Variant
from vidmagic.session.sweep.tables import cell_text

MOST = 1_000_000  # combinations to draw from


def draw(combinations: Iterable[Variant], count: int, seed: int) -> tuple[list[Variant], int]:
    """Return *count* of the combinations, in their order, and how many there are."""
    total = 0

    def numbered() -> Iterable[tuple[bytes, int, Variant]]:
        nonlocal total
        for total, variant in enumerate(combinations, 1):
            yield _number(variant, seed), total, variant

    drawn = heapq.nsmallest(count, numbered(), key=lambda numbered: numbered[:2])
    return [variant for _, _, variant in sorted(drawn, key=lambda numbered: numbered[1])], total


def _number(variant: Variant, seed: int) -> bytes:
    given = sorted((name, _text(value)) for name, value in variant.given.items())
    parts = [seed, variant.prompt, variant.model or "", given, sorted(variant.columns.items())]
    return hashlib.sha256(json.dumps(parts).encode()).digest()


def _text(value: object) -> str:
    return json.dumps(list(map(_text, value))) if isinstance(value, list | tuple) else cell_text(value)
