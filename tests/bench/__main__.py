"""`python -m tests.bench [NAME …] [--markdown]`: measure, and print one table.

Nothing is asserted: times depend on the machine. Figures that are compared come from one run, measured in turns.
"""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import sys
import time
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from tests.bench import peers
from tests.bench.row import Row, markdown, text

NAMES = ("load", "first", "polls", "download", "scale", "sweep", "workers", "journal", "streams", "notebooks")
OWN = ("vidmagic", "ipykernel", "ipywidgets", "jupyterlab", "requests", "distributed")


def main() -> None:
    """Run the named benchmarks, or all of them."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}")
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    given = parser.parse_args()
    if unknown := set(given.names) - set(NAMES):
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    peers.make()
    rows = list(_rows(given.names or NAMES))
    print(f"{markdown(rows) if given.markdown else text(rows)}\n\n{conditions()}")  # noqa: T201


def _rows(names: tuple[str, ...] | list[str]) -> Iterator[Row]:
    for name in names:
        print(f"{time.strftime('%H:%M:%S')} {name}", file=sys.stderr, flush=True)  # noqa: T201
        yield from importlib.import_module(f"tests.bench.{name}").measure()


def conditions() -> str:
    """Return the machine, its load, the versions and the day: figures mean little without them."""
    own = ", ".join(f"{name} {metadata.version(name)}" for name in OWN)
    others = ", ".join(f"{name} {version}" for name, version in peers.versions().items())
    load = f"load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "load unknown"
    return (
        f"Measured on {time.strftime('%Y-%m-%d')}: {_processor()}, {os.cpu_count()} cores, {platform.system()} "
        f"{platform.release()}, {load} at the end; Python {platform.python_version()}; {own}. Beside: {others}."
    )


def _processor() -> str:
    about = Path("/proc/cpuinfo")
    lines = about.read_text(encoding="utf-8").splitlines() if about.exists() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())


if __name__ == "__main__":
    main()
