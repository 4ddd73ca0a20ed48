"""Whatever happens to a submit: at most one is paid, the state is true, and nothing is sent again automatically."""

from __future__ import annotations

import dataclasses
import json
import socket
import sqlite3
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.conftest import CANARY
from tests.faults.answers import (
    Answer,
    damaged_gzip,
    gzipped,
    half_headers,
    json_answer,
    no_answer,
    redirect,
    reset_after_reading,
    truncated,
)
from tests.faults.conftest import Trial
from tests.faults.figures import Figures
from tests.faults.server import Cut, FaultServer
from tests.faults.systems import SYSTEMS, Fault, Service, System
from tests.faults.toxics import latency, limit_data, slicer, tear, timeout
from tests.media.pictures import encoded
from tests.patience import ended, until
from tests.quick import QUICK, SHORT_TIMEOUTS
from vidmagic.engine.job import Job
from vidmagic.engine.journal.lease import this_process
from vidmagic.engine.journal.store import Store
from vidmagic.engine.timing import Timing


@pytest.fixture
def timing() -> Timing:
    """Return quick timing whose calls end within a second."""
    return dataclasses.replace(QUICK, timeouts=SHORT_TIMEOUTS)


REQUEST_ID = {"id": "req-7f3a", "task_id": "req-7f3a", "error": {"message": "no", "code": "x"}}
HTML = b'<html><title>Gateway</title>"task_id": "12345", "id": "12345"</html>'
NEW, REJECTED, UNKNOWN, DONE = ("new", "no"), ("rejected", "no"), ("unknown", "unknown"), ("done", "yes")
WITH_ID = [system for system in SYSTEMS.values() if system.id_field]
LATER = ("Tue, 15 Nov 1994 08:12:31 GMT", formatdate(time.time() - 5, usegmt=True))  # dates that have passed


@dataclass(frozen=True, slots=True)
class Row:
    """One fault: what it does, what must come of it, and how many requests the server sees in the end."""

    fault: Fault
    comes: tuple[str, str]
    requests: int = 1
    systems: Sequence[System] = tuple(SYSTEMS.values())


def row(name: str, spoil: Any, comes: tuple[str, str], **more: Any) -> Row:
    """Make a row; one whose outcome is open is tried with a task that was paid and with one that was not."""
    paid = more.pop("paid", comes == DONE)
    change = spoil if callable(spoil) else lambda _: spoil
    return Row(Fault(name, change, paid), comes, **more)


def lost(name: str, spoil: Any, **more: Any) -> list[Row]:
    """Make the two rows of an answer without a verdict: the server accepted the job, or it did not."""
    return [
        row(f"{name}, {'paid' if paid else 'not paid'}", spoil, UNKNOWN, paid=paid, **more) for paid in (True, False)
    ]


def _with_id(value: Any) -> Callable[[Answer], Answer]:
    return lambda good: json_answer({name: value if "id" in name else old for name, old in _json(good).items()})


def _json(good: Answer) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(good.body)
    return content


def _cut(left: int) -> Callable[[Answer], Answer]:
    """Cut the good answer *left* bytes after its id began."""
    return lambda good: truncated(good, good.body.index(b"100") + left)


def _open_ended(good: Answer) -> Answer:
    """End the good answer after its id by closing, with no length in the head: nothing tells that it was cut."""
    return Answer(body=good.body[: good.body.index(b"100") + 5] + b",", headers={"Content-Length": ""})


TRUNCATED = [
    row("S12 cut after the id", _cut(8), DONE, systems=WITH_ID),
    row("S12 cut after the id, without a length", _open_ended, DONE, systems=WITH_ID),
    *lost("S13 cut inside the id", _cut(2), systems=WITH_ID),
    *lost("S13 no JSON", Answer(body=b'{"task')),
    row("S32 bytes after the JSON", lambda good: Answer(body=good.body + b'\n{"x": 1}'), DONE, systems=WITH_ID),
    row("S32 rubbish after the JSON", lambda good: Answer(body=good.body + b"</body>"), DONE, systems=WITH_ID),
]
SILENT = [
    *lost("S08 no answer", no_answer()),
    *lost("S09 RST instead of an answer", reset_after_reading()),
    *lost("S09 half a head", half_headers()),
    *lost("S10 no answer in time", lambda good: good.but(timeout(1.2))),
    *lost("S34 dripping", lambda good: good.but(slicer(1, 0.05))),
]
ODD = [
    *lost("S14 a page", Answer(body=HTML, headers={"Content-Type": "text/html"})),
    *lost("S15 empty", Answer(body=b"")),
    *lost("S15 damaged gzip", lambda good: damaged_gzip(good.body)),
    row("S15 gzip that nobody asked for", gzipped, DONE),
    row("S15 gzip without its end", lambda good: gzipped(good, 9), DONE, systems=WITH_ID),
    row("S15 called gzip and plain", lambda g: g.but(headers={**g.headers, "Content-Encoding": "gzip"}), DONE),
    row("S15 another content type", lambda g: Answer(body=g.body, headers={"Content-Type": "image/png"}), DONE),
    *lost(
        "S16 an error nobody knows", json_answer({"base_resp": {"status_code": 77, "status_msg": "?"}}), systems=WITH_ID
    ),
    row(
        "S17 an error and an id",
        lambda g: json_answer({"error": {"message": "odd"}, **_json(g)}),
        DONE,
        systems=WITH_ID,
    ),
    *[
        case
        for value in (None, "", 0, [], {}, ["1"], True, "../etc", "a b", 'x"y', "a\nb", "x" * 129, 1.5, "<b>")
        for case in lost(f"S18 id {value!a:.20}", _with_id(value), systems=WITH_ID)
    ],
    row("S20 201", lambda good: Answer(201, good.body, good.headers), DONE),
    row("S20 202", lambda good: Answer(202, good.body, good.headers), DONE),
    *lost("S21 204", Answer(204, headers={"Content-Length": ""})),
    *lost("S33 without an end", Answer(body=b" " * 2**21)),
]
REFUSED = [
    *[row(f"S22 {status}", redirect(status, "https://elsewhere.invalid/"), REJECTED) for status in range(301, 309)
      if status not in {304, 305, 306}],
    *[row(f"S23 {status}", Answer(status, b'{"message": "no"}'), REJECTED)
      for status in (400, 404, 405, 411, 413, 415, 422)],
    *[row(f"S24 {status}", Answer(status, CANARY.encode()), REJECTED) for status in (401, 402, 403)],
    *[row(f"S25 {status} with an id", json_answer(REQUEST_ID, status=status), REJECTED)
      for status in (400, 401, 403, 404, 422)],
    row("S29 too many for too long", Answer(429, headers={"Retry-After": "121"}), REJECTED),
]  # fmt: skip
MAYBE = [
    case
    for status in (408, 409, 425, 499, 500, 502, 503, 504, 520, 522, 524)
    for body in (b'{"error": {"message": "upstream", "code": "x"}}', HTML)
    for case in lost(f"S26 S27 S30 {status} {body[:1].decode()}", Answer(status, body))
] + lost("S31 502 with the request's id", json_answer({"id": "req-7f3a", "error": {"message": "upstream"}}, status=502))
ROWS = [*TRUNCATED, *SILENT, *ODD, *REFUSED, *MAYBE]
OVER_TLS = [
    row("S03 a good answer", lambda good: good, DONE),
    row("S12 torn after the id", lambda good: _cut(8)(good).but(tear()), DONE, systems=WITH_ID),
    row("S12 torn after the id, without a length", lambda g: _open_ended(g).but(tear()), DONE, systems=WITH_ID),
    *lost("S13 torn inside the id", lambda good: _cut(2)(good).but(tear()), systems=WITH_ID),
    *lost("S08 torn before the answer", Answer(toxics=(limit_data(0), tear()))),
    *lost("S09 RST instead of an answer", reset_after_reading()),
]


def check(job: Job, comes: tuple[str, str], service: Service, figures: Figures) -> None:
    """Check a job that has ended against the ledger, and count it."""
    assert (job.state, job.charged) == comes, (job, job.error)
    prompts = service.paid.count(job.prompt)
    assert prompts <= 1
    text = " ".join(job.error.lines()) if job.error is not None else ""
    assert CANARY not in text
    assert "se%2Fcret" not in text
    assert (job.error is None) == (comes == DONE)
    figures.add(
        cases=1,
        submits=service.submitted.count(job.prompt),
        paid=prompts,
        done=job.state == "done",
        unknown_paid=job.state == "unknown" and prompts,
        unknown_not_paid=job.state == "unknown" and not prompts,
        lost=prompts and job.state not in {"done", "unknown"},
        bought_twice=prompts > 1,
    )


def test_there_are_enough_rows() -> None:
    """The table tries no fewer faults than there are kinds of them."""
    assert len({row.fault.name.split()[0] for row in ROWS}) >= 20
    assert sum(len(row.systems) for row in ROWS) >= 152


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.fault.name)
def test_one_fault(row: Row, trial: Trial) -> None:
    """One submit reaches the server, the state says what is known, and the same request again sends nothing more."""
    try_out(row, trial)


def try_out(row: Row, trial: Trial, **more: Any) -> None:
    """Submit over one fault, and the same once more."""
    for system in trial.some(row.systems):
        service = trial.serve(**more)
        service.faults = [row.fault]
        prompt = f"{row.fault.name} {system.name}"
        job = ended(trial.start(prompt, system))
        comes = DONE if system.name == "vidu2" and row.comes == UNKNOWN and row.fault.paid else row.comes
        check(job, comes, service, trial.figures)
        assert service.submitted == [prompt] * row.requests
        if comes != REJECTED:
            assert ended(trial.start(prompt, system)).id == job.id
            assert len(service.submitted) == row.requests


@pytest.mark.parametrize("retry_after", ["0", *LATER, "-1", "NaN", "1e9", "", "soon"], ids=range(8))
def test_too_many_requests(retry_after: str, trial: Trial) -> None:
    """A 429 is waited out, by the service's time or our own; the job is then paid once."""
    for system in trial.systems:
        service = trial.serve()
        busy = Fault("429", lambda _: Answer(429, headers={"Retry-After": retry_after}))
        service.faults = [busy, busy]
        job = ended(trial.start(f"429 {retry_after} {system.name}", system))
        check(job, DONE, service, trial.figures)
        assert len(service.submitted) == 3


def test_while_the_answer_is_on_its_way(trial: Trial) -> None:
    """While a submit waits for its answer, its handle says so too: sending, and not known whether it is charged."""
    for system in trial.systems:
        service = trial.serve()
        service.faults = [Fault("slow", lambda good: good.but(latency(0.4)), paid=True)]
        job = trial.start(f"on its way {system.name}", system)
        until(lambda service=service: service.submitted)
        assert (job.state, job.charged) == ("sending", "unknown")
        check(ended(job), DONE, service, trial.figures)


def test_too_many_requests_for_good(trial: Trial) -> None:
    """Three 429 are enough: rejected, not charged."""
    for system in trial.systems:
        service = trial.serve()
        service.faults = [Fault("429", lambda _: Answer(429))] * 9
        job = ended(trial.start(f"always 429 {system.name}", system))
        check(job, REJECTED, service, trial.figures)
        assert len(service.submitted) == 3


def test_a_retry_whose_answer_is_lost(trial: Trial) -> None:
    """After a 429 the second try is a submit like any other: its lost answer ends the tries."""
    for system in trial.systems:
        service = trial.serve()
        service.faults = [Fault("429", lambda _: Answer(429)), Fault("lost", lambda _: no_answer(), paid=False)]
        job = ended(trial.start(f"429 then lost {system.name}", system))
        check(job, UNKNOWN, service, trial.figures)
        assert len(service.submitted) == 2


# -- before the first byte


@pytest.fixture
def closed() -> int:
    """Return a port that refuses."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.fixture
def full() -> Iterator[int]:
    """Return a port whose queue is full: a connection is neither taken nor refused."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    waiting = [socket.socket() for _ in range(4)]
    for client in waiting:
        client.setblocking(False)
        client.connect_ex(listener.getsockname())
    yield int(listener.getsockname()[1])
    for connection in (listener, *waiting):
        connection.close()


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultServer]:
    """Return a proxy that refuses every CONNECT."""
    server = FaultServer().then(Answer(407))
    monkeypatch.setenv("https_proxy", server.url.replace("://", "://someone:pass-w0rd@"))
    yield server
    server.down()


@pytest.mark.parametrize("how", ["S01 name", "S02 refused", "S02 silent", "S03 no TLS", "S04 proxy"])
def test_nothing_left(how: str, trial: Trial, aim: Callable[[str], None], request: pytest.FixtureRequest) -> None:
    """Without a connection the job stays new, is not charged, and its request can be sent afresh."""
    service = trial.serve()
    urls = {
        "S01 name": lambda: "https://nowhere.invalid",
        "S02 refused": lambda: f"http://127.0.0.1:{request.getfixturevalue('closed')}",
        "S02 silent": lambda: f"http://127.0.0.1:{request.getfixturevalue('full')}",
        "S03 no TLS": lambda: service.url.replace("http:", "https:"),
        "S04 proxy": lambda: "https://service.invalid" if request.getfixturevalue("proxy") else "",
    }
    url = urls[how]()
    for system in trial.systems:
        aim(url)
        job = ended(trial.start(f"{how} {system.name}", system))
        check(job, NEW, service, trial.figures)
        assert "pass-w0rd" not in str(job.error)
        aim(service.url)
        assert ended(trial.start(f"{how} {system.name}", system)).state == "done"
    assert len(service.paid) == len(service.submitted) == len(trial.systems)


LONG_AGO = datetime(2001, 1, 1, tzinfo=timezone.utc)
UNSAFE: dict[str, Callable[[Callable[..., ssl.SSLContext]], ssl.SSLContext]] = {
    "unknown authority": lambda tls: tls(by=trustme.CA()),
    "another host's": lambda tls: tls("elsewhere.example"),
    "expired": lambda tls: tls(not_after=LONG_AGO),
}


@pytest.mark.parametrize("how", UNSAFE)
def test_an_invalid_certificate(how: str, trial: Trial, tls: Callable[..., ssl.SSLContext]) -> None:
    """S03: A server with an invalid certificate gets no byte of the request: it stays new, and is not retried."""
    for system in trial.systems:
        service = trial.serve(tls=UNSAFE[how](tls))
        job = ended(trial.start(f"{how} {system.name}", system))
        check(job, NEW, service, trial.figures)
        assert job.error is not None
        assert "no safe connection" in job.error.message
        assert (service.server.connections, service.server.secured, service.server.seen) == (1, 0, [])
        service.server.tls = tls()
        job = ended(trial.start(f"{how} {system.name}", system))
        check(job, DONE, service, trial.figures)
        assert len(service.submitted) == 1


@pytest.mark.parametrize("cut", ["FIN in the handshake", "RST in the handshake"])
def test_cut_during_the_handshake(cut: Cut, trial: Trial, tls: Callable[..., ssl.SSLContext]) -> None:
    """S03: Cut during the TLS handshake, the request has not left: the job stays new, and is not charged."""
    for system in trial.systems:
        service = trial.serve(tls=tls())
        service.server.cuts = [cut] * 3
        job = ended(trial.start(f"{cut} {system.name}", system))
        check(job, NEW, service, trial.figures)
        assert (service.server.secured, service.server.seen) == (0, [])
        service.server.cuts.clear()
        job = ended(trial.start(f"{cut} {system.name}", system))
        check(job, DONE, service, trial.figures)
        assert len(service.submitted) == 1


def test_cut_right_after_the_handshake(trial: Trial, tls: Callable[..., ssl.SSLContext]) -> None:
    """S07: From here it looks like a request that was taken and not answered: unknown, and it is not sent once more."""
    for system in trial.systems:
        service = trial.serve(tls=tls())
        service.server.cuts = ["RST after the handshake"]
        job = ended(trial.start(f"cut {system.name}", system))
        check(job, UNKNOWN, service, trial.figures)
        assert ended(trial.start(f"cut {system.name}", system)).id == job.id
        assert service.submitted == []


@pytest.mark.parametrize("row", OVER_TLS, ids=lambda row: row.fault.name)
def test_one_fault_over_tls(row: Row, trial: Trial, tls: Callable[..., ssl.SSLContext]) -> None:
    """Over TLS too a submit is sent once, and a broken answer gives a whole id or an unknown outcome."""
    try_out(row, trial, tls=tls())


@pytest.mark.parametrize("how", ["locked", "full", "gone"])
def test_a_journal_that_cannot_be_written_sends_nothing(
    how: str, trial: Trial, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S06: Between the intent and the first byte the journal fails: the server sees no request."""
    service = trial.serve()
    trial.session.store = Store(home, this_process(), busy=0.1)
    sending = Store.mark_sending

    def fails(self: Store, job_id: str) -> None:
        if how == "gone":
            with sqlite3.connect(self.path) as db:
                db.execute("DELETE FROM job WHERE id = ?", (job_id,))
            db.close()
            return sending(self, job_id)
        with _spoilt(self, how, monkeypatch):
            return sending(self, job_id)

    monkeypatch.setattr(Store, "mark_sending", fails)
    for system in trial.systems:
        job = ended(trial.start(f"{how} {system.name}", system))
        check(job, NEW, service, trial.figures)
    assert service.submitted == []


class _spoilt:  # noqa: N801  reads as a context manager
    """Hold the journal's lock from another connection, or let it grow no more."""

    def __init__(self, store: Store, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.how = how
        self.other = sqlite3.connect(store.path, isolation_level=None)
        self.patch = monkeypatch

    def __enter__(self) -> None:
        if self.how == "locked":
            self.other.execute("BEGIN EXCLUSIVE")
            return
        self.other.execute("CREATE TRIGGER full BEFORE UPDATE ON job BEGIN SELECT raise(ABORT, 'disk is full'); END")

    def __exit__(self, *_: object) -> None:
        self.other.execute("ROLLBACK" if self.how == "locked" else "DROP TRIGGER full")
        self.other.close()


# -- the hand on the button, and what comes before a submit


def test_eight_threads_start_one_request(trial: Trial) -> None:
    """S37: One request started from eight threads at once is one job and one submit."""
    for system in trial.systems:
        service = trial.serve()
        jobs: list[Job] = []
        press = threading.Barrier(8)

        def start(system: System = system, press: threading.Barrier = press, jobs: list[Job] = jobs) -> None:
            press.wait()
            jobs.append(trial.start("pressed", system))

        threads = [threading.Thread(target=start) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len({job.id for job in jobs}) == 1
        check(ended(jobs[0]), DONE, service, trial.figures)
        assert service.submitted == ["pressed"]
        trial.session.store.path.unlink()


UPLOADS = {
    "the target is refused": {"/tools/v1/files/uploads": Answer(500)},
    "the target does not exist": {
        "/tools/v1/files/uploads": json_answer({"id": "7", "put_url": "https://127.0.0.1:1/x"})
    },
    "the bytes are refused": {"/put": Answer(403)},
    "no ETag": {"/put": Answer(200)},
    "the bytes are cut": {"/put": reset_after_reading()},
    "the end is refused": {"/tools/v1/files/uploads/7/finish": Answer(502)},
    "no name": {"/tools/v1/files/uploads/7/finish": json_answer({"uri": ""})},
}


@pytest.mark.parametrize("how", UPLOADS)
def test_a_failed_upload_costs_nothing(how: str, trial: Trial) -> None:
    """S38: Vidu's uploads are free: without them nothing is submitted, and their target gets no key."""
    service = trial.serve()
    storage = FaultServer().then(UPLOADS[how].get("/put", Answer(200, headers={"ETag": '"e"'})))
    target = json_answer({"id": "7", "put_url": f"{storage.url}/put?Signature=x"})
    answers = {"/tools/v1/files/uploads": target, **UPLOADS[how]}
    service.on_request = lambda seen: answers.get(seen.path)
    job = ended(trial.session.start(f"upload: {how}", "vidu", image=encoded()))
    storage.down()
    check(job, NEW, service, trial.figures)
    assert service.submitted == []
    assert CANARY not in str(storage.seen)
