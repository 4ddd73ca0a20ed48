"""The judge of every test that kills: the ledger of the server against what later kernels find in the journal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.faults.figures import Figures
from tests.faults.systems import Service, System
from tests.media.recipes import check_file, service_bytes
from tests.patience import ended
from vidmagic.session.session import Session

ENDS = {"done", "unknown", "new"}


def resume_all(new_session: Callable[[], Session]) -> None:
    """Do what a person does after a crash: resume every job that a new kernel finds."""
    session = new_session()
    for job in session.jobs():
        ended(session.resume(job.id))


def judge(service: Service, system: System, prompt: str, new_session: Callable[[], Session], figures: Figures) -> str:
    """Restart twice, ask for the same once more, and hold the ledger against the journal. Return the job's state."""
    for _ in range(2):
        resume_all(new_session)
    states = [job.state for job in new_session().jobs() if job.prompt == prompt]
    paid = service.paid.count(prompt)
    lost = paid > 0 and not set(states) & {"done", "unknown"}
    _count(figures, states, paid, lost=lost)
    assert paid <= 1, f"bought {paid} times"
    assert not lost, f"paid, and the journal has {states}"
    assert len(states) <= 1
    assert set(states) <= ENDS
    again = ended(new_session().start(prompt, system.model, **system.given))
    files = {Path(job.record.path) for job in new_session().jobs() if job.record.path}
    assert files == set((Path.cwd() / "videos").glob("*.mp4")), "a file too many, or too few"
    assert service.paid.count(prompt) <= 1, "bought again by the same request"
    assert again.state == ("unknown" if states == ["unknown"] else "done")
    _check_files(service, again.record.path)
    if again.state == "done":
        check_file(again.record, service.video)
    return states[0] if states else ""


def _count(figures: Figures, states: list[str], paid: int, *, lost: bool) -> None:
    unknown = states == ["unknown"]
    figures.add(
        cases=1,
        paid=paid,
        done=states == ["done"],
        unknown_paid=unknown and paid,
        unknown_not_paid=unknown and not paid,
        lost=lost,
        bought_twice=paid > 1,
        never_sent=not unknown and not paid,
    )


def _check_files(service: Service, path: str) -> None:
    """Check that every video is whole, that the last one is there, and that no part is left."""
    videos = list((Path.cwd() / "videos").glob("*.mp4"))
    assert all(service_bytes(video) == service.video for video in videos)
    assert (Path(path) in videos) == bool(path)
    assert [part.name for part in (Path.cwd() / "videos").glob(".*.part") if ".mp4" not in part.name] == []
