"""The journal with 100,000 past jobs: starting a job, listing, looking a request up; and six processes writing."""

from __future__ import annotations

import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench.past import fill, fresh
from tests.bench.peers import ROOT
from tests.bench.row import Row
from tests.bench.sample_video import sample_video
from tests.bench.service import Serving
from vidmagic.engine.journal.figures import times
from vidmagic.engine.journal.lease import this_process
from vidmagic.engine.journal.record import satisfies_request
from vidmagic.engine.journal.search import search
from vidmagic.engine.journal.store import Store
from vidmagic.notebook.views.jobs import Jobs
from vidmagic.session.session import Session

JOBS, ROUNDS = 100_000, 31
WRITERS, WRITES = 6, 100


def measure() -> Iterator[Row]:
    """Yield medians in milliseconds."""
    with tempfile.TemporaryDirectory() as folder, Serving(sample_video(), 30) as service:
        home = Path(folder)
        fingerprints = fill(home, JOBS)
        os.environ.update(VIDMAGIC_HOME=folder, VIDMAGIC_DMXAPI_URL=service.url, DMXAPI_API_KEY="bench")
        yield from _session(home, fingerprints)
        yield from _writers(home)


def _session(home: Path, fingerprints: list[str]) -> Iterator[Row]:
    session = Session()
    session.settings.folder = str(home / "videos")
    session.start("A first kite", "hailuo")
    started = _median(lambda number: session.start(f"kite {number}", "hailuo"))
    bare = _bare_commit(home)
    yield Row("journal", "starting a job beside 100,000 past ones", started, "ms", "a bare commit", bare, "< 10 ms")
    listed = _median(lambda _: Jobs.chosen(session)._repr_mimebundle_())
    yield Row("journal", "%video jobs", listed, "ms", aim="< 100 ms")
    store = session.store
    took_ms = _median(lambda n: store.begin(fresh(fingerprints[n * 1000]), again=False, satisfies=satisfies_request))
    yield Row("journal", "a request looked up by its fingerprint", took_ms, "ms", aim="< 1 ms")
    words = ["kite", "sea"]
    begun = time.perf_counter()
    search(store, words, 20)  # the first search makes the index
    first = (time.perf_counter() - begun) * 1000
    yield Row("journal", "history search, the first one", first, "ms")
    yield Row("journal", "history search", _median(lambda _: search(store, words, 20)), "ms", aim="< 100 ms")
    learnt = _median(lambda _: times(store, "dmxapi/MiniMax-Hailuo-2.3", in_sandbox=False))
    yield Row("journal", "past times to learn from", learnt, "ms")
    for job in session.running():
        job.cancel()


def _writers(home: Path) -> Iterator[Row]:
    command = [sys.executable, "-m", __name__, str(home)]
    begun = time.perf_counter()
    writers = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(WRITERS)]
    took = [milliseconds for writer in writers for milliseconds in json.loads(writer.communicate()[0])]
    seconds = time.perf_counter() - begun
    yield Row("journal", "six processes writing: one write, median", statistics.median(took), "ms")
    yield Row("journal", "six processes writing: one write, longest", max(took), "ms", aim="< 10 s, none lost")
    yield Row("journal", "six processes writing: writes a second, start included", len(took) / seconds, "")


def _median(call: Callable[[int], object]) -> float:
    took = []
    for number in range(ROUNDS):
        begun = time.perf_counter()
        call(number)
        took.append((time.perf_counter() - begun) * 1000)
    return statistics.median(took)


def _bare_commit(home: Path) -> float:
    """Return what SQLite itself takes for a row with the journal's durability."""
    db = sqlite3.connect(home / "bare.db", isolation_level=None)
    db.execute("PRAGMA synchronous = EXTRA")
    db.execute("CREATE TABLE job (prompt TEXT)")
    took = _median(lambda _: db.execute("INSERT INTO job VALUES ('a red kite')"))
    db.close()
    return took


def main(home: str) -> None:
    """Write new jobs and change them; print how many milliseconds each write took."""
    store = Store(Path(home), this_process())
    took = []
    for number in range(WRITES // 2):
        record = fresh(f"{os.getpid()}-{number}")
        for write in (
            lambda record=record: store.begin(record, again=True, satisfies=satisfies_request),
            lambda record=record: store.update(record.id, state="accepted", accepted=time.time()),
        ):
            begun = time.perf_counter()
            write()
            took.append((time.perf_counter() - begun) * 1000)
    if any(store.get(record.id).state != "accepted" for record in store.find(limit=1)):
        raise ValueError("a write was lost")
    print(json.dumps(took))  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1])
