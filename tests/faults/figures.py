"""What the fault tests counted; `python -m tests.faults.figures` prints it as a table for RELIABILITY.md."""

from __future__ import annotations

import json
import time
from collections import Counter
from pathlib import Path

FOLDER = Path(__file__).parent / ".figures"
COLUMNS = ("cases", "submits", "paid", "done", "unknown paid", "unknown not paid", "lost", "bought twice", "leaks")


class Figures:
    """The counts of one module; `write` keeps them."""

    def __init__(self, name: str, seed: int, *, long: bool) -> None:
        self.name = name
        self.seed = seed
        self.long = long
        self.counts: Counter[str] = Counter()
        self._begun = time.monotonic()

    def add(self, **counts: int) -> None:
        """Count; an underscore in a name stands for a space."""
        self.counts.update({name.replace("_", " "): count for name, count in counts.items()})

    def write(self) -> None:
        """Keep the counts under the module's name."""
        FOLDER.mkdir(exist_ok=True)
        facts = {"seed": self.seed, "long": self.long, "seconds": round(time.monotonic() - self._begun, 1)}
        text = json.dumps({**facts, "counts": dict(self.counts)}, indent=1)
        (FOLDER / f"{self.name}.json").write_text(text + "\n", encoding="utf-8")


def table() -> str:
    """Return the written counts as one markdown table."""
    lines = [f"| suite | {' | '.join(COLUMNS)} | also | seconds | seed |", "|---" * (len(COLUMNS) + 4) + "|"]
    for path in sorted(FOLDER.glob("*.json")):
        facts = json.loads(path.read_text(encoding="utf-8"))
        counts = facts["counts"]
        row = [str(counts.get(name, "")) for name in COLUMNS]
        also = ", ".join(f"{count:,} {name}" for name, count in counts.items() if name not in COLUMNS)
        size = "long" if facts["long"] else "quick"
        lines.append(f"| {path.stem} ({size}) | {' | '.join(row)} | {also} | {facts['seconds']} | {facts['seed']} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())  # noqa: T201  asked for
