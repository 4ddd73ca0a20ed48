"""What another kernel drives is waited for, not taken away; what cannot be cancelled says why."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import CANARY
from tests.engine.tiny import ACCEPTED, Tiny, start, state
from tests.faults.answers import Answer, video_answer
from tests.faults.server import FaultServer
from tests.media.videos import write
from tests.patience import ended, until
from tests.rows import rewrite
from vidmagic.engine.job import Job
from vidmagic.errors import InvalidRequest, VidmagicError
from vidmagic.notebook.card.job_content import JobContent
from vidmagic.session.continue_from import last_frame
from vidmagic.session.session import Session


@pytest.fixture
def service(tmp_path: Path) -> Iterator[FaultServer]:
    """Serve a job that is done when the test says so."""
    video = write(tmp_path / "v.mp4", frames=12, rate=12, size=(64, 48)).read_bytes()
    server = FaultServer().on("/film.mp4", video_answer(video)).on("/submit", ACCEPTED).on("/cancel", Answer(200))
    yield server
    server.down()


@pytest.fixture
def finish(service: FaultServer) -> threading.Event:
    """Return the event that finishes the job."""
    finished = threading.Event()
    done = state("done", url=f"{service.url}/film.mp4")
    service.on("/poll", lambda _: done if finished.is_set() else state("at it"))
    return finished


@pytest.fixture
def kernel(
    service: FaultServer, make_session: Callable[..., Session], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Session]:
    """Make sessions that stand for kernels of their own; one without the plug-in does not know the service."""
    monkeypatch.setenv("TINY_API_KEY", CANARY)
    monkeypatch.setenv("VIDMAGIC_TINY_URL", service.url)

    def make(*, plugin: bool = True) -> Session:
        session = make_session()
        if plugin:
            session.catalog.add(Tiny())
        return session

    return make


def test_a_job_of_another_kernel_is_waited_for(kernel: Callable[..., Session], finish: threading.Event) -> None:
    """Every way to wait for a job that another kernel drives waits for its end, and then has its video."""
    job = start(kernel())
    until(lambda: job.state == "running")
    other = kernel()
    handles = [other.get(job.id) for _ in range(4)] + other.jobs()
    assert not any(handle.ended for handle in handles)
    assert not handles[0].wait(0.1)
    results: list[object] = []
    waits: list[Callable[[Job], object]] = [
        lambda handle: handle.result(20).path, lambda handle: handle.wait(20), lambda handle: list(handle.events()),
        lambda handle: last_frame(other.store, handle).job_id,
    ]  # fmt: skip
    threads = [
        threading.Thread(target=lambda wait=wait, handle=handle: results.append(wait(handle)))
        for wait, handle in zip(waits, handles, strict=False)
    ]
    for thread in threads:
        thread.start()
    assert results == []
    finish.set()
    for thread in threads:
        thread.join(20)
    assert len(results) == len(waits)
    assert [handle.state for handle in handles[:4]] == ["done"] * 4
    assert not other.driver.drives(job.id)


def test_a_kernel_that_dies_ends_the_waiting(kernel: Callable[..., Session], finish: threading.Event) -> None:
    """A handle that only watched ends when that kernel is gone, and says what goes on with the job."""
    session = kernel()
    job = start(session)
    until(lambda: job.state == "running")
    handle = kernel().get(job.id)
    assert not handle.wait(0.1)
    rewrite(session.store, job.id, owner="gone")
    with pytest.raises(VidmagicError, match="is gone") as raised:
        handle.result(20)
    assert f"%video resume {job.id}" in raised.value.hint
    finish.set()
    job.result(10)


def test_cancel_names_the_reason_where_it_cannot(kernel: Callable[..., Session], finish: threading.Event) -> None:
    """A job that another kernel drives is not cancelled from here: session, handle and the card's button say so."""
    job = start(kernel())
    until(lambda: job.state == "running")
    other = kernel()
    handle = other.get(job.id)
    for cancel in (lambda: other.cancel(job.id), handle.cancel):
        with pytest.raises(InvalidRequest, match="driven by another kernel; cancel it there"):
            cancel()
    content = JobContent(handle)
    content.controls().on_press()
    content.controls().on_press()
    assert [note for note in content.state().notes if "another kernel" in note] == handle.notes
    assert len(handle.notes) == 1
    finish.set()
    assert job.result(10).path.is_file()


@pytest.mark.parametrize("by_handle", [True, False])
def test_a_paused_job_is_cancelled(kernel: Callable[..., Session], service: FaultServer, by_handle: bool) -> None:
    """A job that waits for its user is stopped at the service, by its own handle too; its charge stays."""
    service.on("/poll", Answer(401, b"{}"))
    session = kernel()
    job = ended(start(session))
    assert job.state == "paused"
    polls = service.count("GET", "/poll")
    if by_handle:
        job.cancel()
        cancelled = job
    else:
        cancelled = session.cancel(job.id)
    assert (ended(cancelled).state, cancelled.charged) == ("cancelled", "yes")
    assert (service.count("POST", "/cancel"), service.count("GET", "/poll")) == (1, polls)
    assert session.store.get(job.id).state == "cancelled"


def test_a_job_that_has_ended_is_not_cancelled(kernel: Callable[..., Session], finish: threading.Event) -> None:
    """Cancelling a job that is done does nothing, and says that."""
    finish.set()
    session = kernel()
    job = start(session)
    job.result(10)
    cancelled = session.cancel(job.id)
    assert (cancelled.state, cancelled.notes) == ("done", [f"nothing was cancelled: job {job.id} has ended (done)"])


def test_a_job_without_its_plug_in_stays_where_it_is(
    kernel: Callable[..., Session], service: FaultServer, finish: threading.Event
) -> None:
    """A kernel without the plug-in refuses to resume or cancel its job, and leaves it to the kernel that has it."""
    service.on("/poll", Answer(401, b"{}"))
    session, without = kernel(), kernel(plugin=False)
    job = ended(start(session))
    before = session.store.get(job.id)
    for go_on in (without.resume, without.cancel):
        with pytest.raises(InvalidRequest, match="tiny"):
            go_on(job.id)
    assert session.store.get(job.id) == before
    finish.set()
    service._scripts["/poll"] = [state("done", url=f"{service.url}/film.mp4")]
    assert session.resume(job.id).result(10).path.is_file()


def test_a_watcher_without_the_plug_in_ends(kernel: Callable[..., Session], finish: threading.Event) -> None:
    """A kernel without the plug-in that waits for its job notices when the other kernel dies, and waits no longer."""
    session = kernel()
    job = start(session)
    until(lambda: job.state == "running")
    handle = kernel(plugin=False).resume(job.id)
    assert not handle.wait(0.1)
    rewrite(session.store, job.id, owner="gone")
    with pytest.raises(InvalidRequest, match="tiny"):
        handle.result(20)
    finish.set()
    job.result(10)


def test_a_job_that_was_never_sent_holds_nobody_up(kernel: Callable[..., Session], service: FaultServer) -> None:
    """A request that a living kernel could not send is sent by the next kernel that makes it."""
    session = kernel()
    service.down()
    assert ended(start(session)).state == "new"
    again = kernel().start("a red kite", "tiny")
    assert (ended(again).reused, again.state) == (False, "new")
