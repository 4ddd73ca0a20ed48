"""The journal returns what was stored, refuses what it cannot store, and lets one kernel send a job once."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from tests.engine.journal.journals import opened, record, stored
from vidmagic.engine.journal import rows
from vidmagic.engine.journal.figures import times
from vidmagic.engine.journal.record import can_follow, satisfies_request
from vidmagic.engine.journal.store import Store
from vidmagic.errors import JournalError, NoSuchJob

# -- rows


def test_a_row_comes_back_as_it_went_in(journal: Store) -> None:
    """Every field survives the journal: seed 0 is a seed, an absent ticket is None."""
    images = ({"role": "image", "sha256": "0" * 64},)
    price = {"text": "¥2.00", "amount": "2.00", "currency": "CNY", "source": "a list", "date": "2026-11-20"}
    whole = stored(journal, images=images, in_sandbox=True, price=price, ticket={"task_id": "9", "n": 2**63})
    assert journal.get(whole.id) == whole
    assert stored(journal).ticket is None


@pytest.mark.parametrize(
    "prompt",
    ["", "'; DROP TABLE job; --", "视频\u3000🪁", "\u202eevil", "a\r\nb\tc", "\x00", "e\u0301", "\ufeff", "😀" * 2000],
)
def test_any_prompt(journal: Store, prompt: str) -> None:
    """A prompt comes back character for character."""
    assert journal.get(stored(journal, prompt=prompt).id).prompt == prompt


def test_half_a_surrogate_pair(journal: Store) -> None:
    """What a service says cannot break the journal, whatever characters it is made of."""
    row = stored(journal)
    journal.update(row.id, error={"type": "Failed", "message": "\ud800"}, reported={"\udfff": "\ud800"})
    assert journal.get(row.id).error == {"type": "Failed", "message": "\ud800"}
    journal.add_transcript(row.id, "\ud800")
    assert journal.transcript(row.id) == "\\ud800"


def test_an_id_may_be_shortened(journal: Store) -> None:
    """The beginning of an id is enough while it is unique; otherwise the error names what there is."""
    for name in ("abc00000", "abc01000"):
        stored(journal, id=name)
    assert journal.get(" ABC00 ").id == "abc00000"
    beginnings = {"abc0": "more than one", "abc": "too short", "2": "too short", "xxxx": "no job", "%%%%": "no job"}
    for start, message in beginnings.items():
        with pytest.raises(NoSuchJob, match=message):
            journal.get(start)


def test_jobs_are_listed_newest_first(journal: Store) -> None:
    """Jobs are listed by the order in which they were stored, and filtered by state, model and number."""
    rows = [stored(journal, model=f"tiny/{number % 2}") for number in range(6)]
    journal.update(rows[0].id, state="done")
    assert [row.id for row in journal.find()] == [row.id for row in reversed(rows)]
    assert [row.id for row in journal.find(model="tiny/1", limit=2)] == [rows[5].id, rows[3].id]
    assert [row.id for row in journal.find(states=["done", "failed"])] == [rows[0].id]


def test_ten_thousand_jobs_are_quick(journal: Store) -> None:
    """A long history costs no time: with 10,000 jobs, lookups and lists stay under a tenth of a second each."""
    names = [name for name in rows.FIELDS if name != "n"]
    jobs = [record(fingerprint=f"f{number}", id=f"{number:08d}", state="done") for number in range(10_000)]
    values = [[rows.value_of(name, getattr(job, rows.FIELDS[name])) for name in names] for job in jobs]
    insert = f"INSERT INTO job ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
    journal.write(lambda db: db.executemany(insert, values))
    begun = time.process_time()
    assert not journal.begin(record(fingerprint="f17"), again=False, satisfies=satisfies_request)[1]
    assert len(journal.find(limit=50)) == 50
    assert journal.get("00000017").fingerprint == "f17"
    assert time.process_time() - begun < 0.3


def test_times_of_past_jobs(journal: Store) -> None:
    """Only jobs that were accepted and became ready teach how long a job takes; sandbox jobs count apart."""
    for accepted, ready, in_sandbox in [(10.0, 40.0, False), (0.0, 5.0, False), (10.0, 0.0, False), (1.0, 2.0, True)]:
        journal.update(stored(journal, in_sandbox=in_sandbox).id, accepted=accepted, ready=ready)
    assert times(journal, "tiny/one", in_sandbox=False) == [(30.0, {"seed": 0})]
    assert times(journal, "tiny/one", in_sandbox=True) == [(1.0, {"seed": 0})]


# -- the pre-send check, and one job for one request


def test_a_job_is_marked_as_sending_once(journal: Store) -> None:
    """A job can be marked as `sending` once, and may be charged from then on."""
    row = stored(journal)
    journal.mark_sending(row.id)
    assert (journal.get(row.id).state, journal.get(row.id).charged) == ("sending", "unknown")
    with pytest.raises(JournalError):
        journal.mark_sending(row.id)


@pytest.mark.parametrize("state", ["sending", "accepted", "running", "ready", "done", "unknown", "rejected", "paused"])
def test_only_a_new_job_can_be_sent(journal: Store, state: str) -> None:
    """Nothing that was sent, or that ended, can be sent."""
    row = stored(journal)
    journal.update(row.id, state=state)
    with pytest.raises(JournalError):
        journal.mark_sending(row.id)
    assert journal.get(row.id).state == state


def test_only_the_owner_can_send(journal: Store, home: Path) -> None:
    """Another kernel cannot send this kernel's job, and no kernel can send a job that does not exist."""
    row = stored(journal)
    with pytest.raises(JournalError):
        opened(home).mark_sending(row.id)
    with pytest.raises(JournalError):
        journal.mark_sending("nothing")
    journal.mark_sending(row.id)


def test_a_sandbox_job_is_not_charged(journal: Store) -> None:
    """A sandbox job that is sent costs nothing."""
    row = stored(journal, in_sandbox=True)
    journal.mark_sending(row.id)
    assert journal.get(row.id).charged == "no"


def test_begin_returns_the_job_there_is(journal: Store, home: Path) -> None:
    """The same request gives the newest earlier job that answers it, in any kernel; `again` gives a new one."""
    first = stored(journal)
    other = opened(home)
    assert other.begin(record(), again=False, satisfies=lambda _: True) == (first, False)
    second, fresh = other.begin(record(), again=True, satisfies=lambda _: True)
    assert fresh
    assert other.begin(record(), again=False, satisfies=lambda _: True)[0].id == second.id
    assert other.begin(record(), again=False, satisfies=lambda row: row.id == first.id)[0].id == first.id
    assert other.begin(record(), again=False, satisfies=lambda _: False)[1]
    assert other.begin(record(fingerprint="g"), again=False, satisfies=lambda _: True)[1]


RACE = """
import sys, time
from pathlib import Path
from tests.engine.journal.journals import opened, record, satisfies_request
journal = opened(Path(sys.argv[1]))
begun = []
for number in range(15):
    time.sleep(max(0, float(sys.argv[2]) + number * 0.03 - time.time()))
    row, fresh = journal.begin(record(fingerprint=f"race {number}"), again=False, satisfies=satisfies_request)
    if fresh:
        journal.mark_sending(row.id)
        begun.append(number)
print(*begun)
"""


def test_kernels_that_race_make_one_job(home: Path) -> None:
    """Four processes that start fifteen requests at the same moments make fifteen jobs between them."""
    root = Path(__file__).parents[3]
    command = [sys.executable, "-c", RACE, str(home), str(time.time() + 1.5)]
    racers = [subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    begun = [int(number) for racer in racers for number in racer.communicate(timeout=30)[0].split()]
    assert [racer.returncode for racer in racers] == [0] * 4
    assert sorted(begun) == list(range(15))
    assert len(opened(home).find()) == 15


def test_threads_that_race_make_one_job(journal: Store) -> None:
    """The same within one process, at its very first use of the journal."""
    stored_flags: list[bool] = []
    threads = [
        threading.Thread(
            target=lambda: stored_flags.append(journal.begin(record(), again=False, satisfies=lambda _: True)[1])
        )
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(stored_flags) == [False] * 7 + [True]


@pytest.mark.parametrize(
    ("state", "charged", "satisfies"),
    [
        ("sending", "unknown", True), ("accepted", "yes", True), ("running", "yes", True), ("ready", "yes", True),
        ("done", "yes", True), ("unknown", "unknown", True), ("paused", "yes", True), ("cancelled", "unknown", True),
        ("cancelled", "yes", True), ("cancelled", "no", False), ("rejected", "no", False), ("failed", "unknown", False),
    ],
)  # fmt: skip
def test_which_job_answers_the_same_request(state: str, charged: Any, satisfies: bool) -> None:
    """Whatever may have cost money answers the same request; a request that was refused or failed is sent again."""
    assert satisfies_request(record(state=state, charged=charged)) == satisfies


def test_which_job_can_be_followed() -> None:
    """A job with a ticket or a link can be followed, unless the service has ended it."""
    assert can_follow(record(state="paused", ticket={"task_id": "1"}))
    assert can_follow(record(state="paused", links={"urls": ["u"]}))
    assert not can_follow(record(state="paused"))
    assert not can_follow(record(state="rejected", ticket={"task_id": "1"}))


def test_a_submit_of_a_kernel_that_is_gone_is_unknown(journal: Store) -> None:
    """A submit whose kernel is gone becomes unknown, unless its answer was stored in the meantime."""
    lost, answered = stored(journal), stored(journal)
    journal.mark_sending(lost.id)
    journal.update(answered.id, state="accepted", ticket={"task_id": "1"})
    for row in (lost, answered):
        journal.give_up_submit(row.id, {"type": "OutcomeUnknown", "message": "gone", "hint": "", "reason": ""})
    assert (journal.get(lost.id).state, journal.get(lost.id).charged) == ("unknown", "unknown")
    assert (journal.get(answered.id).state, journal.get(answered.id).error) == ("accepted", None)


def test_a_submit_of_a_living_kernel_is_left_alone(journal: Store, home: Path) -> None:
    """No kernel gives up what another one is about to send, however the other was judged before."""
    row = stored(journal)
    journal.mark_sending(row.id)
    opened(home).give_up_submit(row.id, {"type": "OutcomeUnknown", "message": "gone", "hint": "", "reason": ""})
    assert journal.get(row.id).state == "sending"
