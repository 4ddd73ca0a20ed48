"""One malformed sidecar, row or number never hides the jobs beside it, nor what they cost."""

from __future__ import annotations

import json
import math
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.engine.journal.journals import opened, stored
from tests.faults.conftest import Trial
from tests.faults.systems import SYSTEMS
from tests.patience import ended
from vidmagic.cli import main
from vidmagic.engine.journal.figures import spent, times
from vidmagic.engine.journal.rows import COLUMNS
from vidmagic.engine.journal.spill import SPILL, UNREADABLE

HAILUO = SYSTEMS["hailuo"]
MISSING = object()
MALFORMED: list[tuple[str, object]] = [
    ("images", 7), ("images", [7]), ("images", [{}]), ("price", "free"), ("price", {}), ("price", {"text": 1}),
    ("created", 1e300), ("created", "yesterday"), ("created", math.nan), ("created", True), ("ready", -1),
    ("params", []), ("params", None), ("reported", {"credits": math.nan}), ("reported", 3), ("size", 2**70),
    ("width", "wide"), ("height", 1.5), ("prompt", 5), ("rehearsal", "no"), ("parent", 9), ("model", None),
    ("stars", 6), ("stars", True), ("note", 4), ("tags", "hero"), ("tags", [7]), ("draft", "no"), ("file_sha256", 1),
    ("finished_from", []),
    ("sha256", []), ("video", 5), ("id", 8), *((name, MISSING) for name in ("price", "prompt", "created", "video")),
]  # fmt: skip


@pytest.mark.parametrize(("field", "value"), MALFORMED, ids=lambda value: str(value)[:20])
def test_a_malformed_sidecar(field: str, value: object, trial: Trial, home: Path, capsys: Any) -> None:
    """The good sidecars are taken, the malformed one is named with what is wrong, and the lists work afterwards."""
    trial.serve()
    for prompt in ("good", "spoilt"):
        ended(trial.start(prompt, HAILUO))
    [spoilt] = [job.record for job in trial.session.jobs() if job.prompt == "spoilt"]
    sidecar = Path(spoilt.path).with_suffix(".json")
    facts = {**json.loads(sidecar.read_text()), field: value}
    sidecar.write_text(json.dumps({name: fact for name, fact in facts.items() if fact is not MISSING}))
    (home / "jobs.db").unlink()
    assert main(["rebuild", "videos"]) == 0
    out, err = capsys.readouterr()
    assert sidecar.name in out + err
    assert main(["jobs"]) == 0
    assert [row.jobs for row in spent(trial.new_session().store)] == [1]
    assert [job.prompt for job in trial.new_session().jobs()] == ["good"]
    trial.figures.add(cases=1)


@pytest.mark.parametrize("column", sorted({*COLUMNS.values()} - {"id", "n"}))
def test_a_damaged_row(column: str, home: Path) -> None:
    """Whatever stands in a row of an old or damaged journal, the rows beside it are listed, and so is what it knows."""
    journal = opened(home)
    good, bad = stored(journal), stored(journal, charged="yes")
    with sqlite3.connect(home / "jobs.db") as db:
        for value in ("{", "7", "NaN", 1e300, "[[]]"):
            try:
                db.execute(f"UPDATE job SET {column} = ? WHERE id = ?", (value, bad.id))
            except sqlite3.IntegrityError:
                continue  # of another type than the column
            db.commit()
            assert [record.id for record in journal.find()] == [bad.id, good.id]
            spent(journal)
            times(journal, "tiny/one", in_sandbox=False)
    db.close()


@pytest.mark.parametrize("credits", [math.nan, math.inf, 10**400, "many", {"n": math.nan}])
def test_odd_credits(credits: object, home: Path) -> None:  # noqa: A002  the service's word
    """What a service reports as credits, however odd, is stored, and what the other jobs cost can still be asked."""
    journal = opened(home)
    for reported in ({"credits": 5}, {"credits": credits}):
        stored(journal, charged="yes", reported=reported)
    [row] = spent(journal)
    assert row.jobs == 2
    assert row.credits >= 5


@pytest.mark.parametrize("width", [2**63, -(2**80), 10**300])
def test_a_number_that_sqlite_does_not_take(width: int, home: Path) -> None:
    """A size beyond 64 bits is stored as the nearest that fits; the row is stored all the same."""
    journal = opened(home)
    row = stored(journal)
    journal.update(row.id, width=width, state="ready", ready=math.inf)
    assert journal.get(row.id).state == "ready"
    assert abs(journal.get(row.id).width) in {0, 2**63 - 1}


@pytest.mark.parametrize("line", ["{", "7", '{"id": 5}', '{"id": "x", "width": "wide"}', "[" * 5000])
def test_a_malformed_line_in_the_spill_file(line: str, home: Path) -> None:
    """A line without a job is put into a file of its own; the journal opens, with the jobs of the other lines."""
    journal = opened(home)
    row = stored(journal)
    with (home / SPILL).open("w") as file:
        file.write(line + "\n")
    journal.spill(row)
    (home / "jobs.db").unlink()
    later = opened(home)
    assert [record.id for record in later.find()] == [row.id]
    assert [path.read_text().startswith(line) for path in home.glob(f"{UNREADABLE}.*")] == [True]
