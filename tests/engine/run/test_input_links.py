"""A finished job as the video of another: its link is fetched just before the send, and nothing is bought for it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conftest import CANARY
from tests.engine.tiny import ACCEPTED, Make, Tiny, start, state
from tests.faults.answers import Answer, json_answer
from tests.faults.server import FaultServer
from tests.patience import ended
from tests.rows import rewrite
from vidmagic.engine.job import Job
from vidmagic.errors import InvalidRequest
from vidmagic.providers.contract import Json
from vidmagic.session.run_options import RunOptions
from vidmagic.session.session import Session
from vidmagic.spec.models import Mode, Model, RecordingLimits
from vidmagic.spec.params import Param
from vidmagic.spec.request import Request

LINKS = RecordingLimits(("mp4",), size=10**6, seconds=(1, 10), jobs="link")


class Editor(Tiny):
    """A service that makes videos, and edits those it is given: by link, by its own id, or as files."""

    models = (
        *Tiny.models,
        *(
            Model(
                f"tiny/{name}", name, name.title(), (Param("seed", int, "a seed"),),
                (Mode("edit", inputs={"video": (1, 1), "reference_video": (0, 2)}, video_limits=limits),),
            )
            for name, limits in {
                "edit": LINKS,
                "own": RecordingLimits(("mp4",), size=10**6, jobs="task"),
                "files": RecordingLimits(("mp4",), size=10**6, local=True),
                "narrow": RecordingLimits(("mp4",), size=10**6, seconds=(2, 3), jobs="link"),
                "linked": RecordingLimits(("mp4",), size=10**6),
            }.items()
        ),
    )  # fmt: skip

    def body(self, request: Request) -> Json:
        """Return what is sent."""
        return {"prompt": request.prompt, "inputs": [given.task_id or given.link() for given in request.inputs]}


def bodies(service: FaultServer) -> list[Any]:
    """Return what was submitted, in its order."""
    return [json.loads(seen.body) for seen in service.seen if seen.path == "/submit"]


@pytest.fixture
def session(tiny: Make) -> Session:
    """Return a session whose service edits videos."""
    return tiny(Editor())


@pytest.fixture
def made(session: Session, service: FaultServer, done: Answer) -> Job:
    """Return a finished job; its link has changed since, as signed links do."""
    service.on("/submit", ACCEPTED).on("/poll", done)
    job = ended(start(session))
    assert job.state == "done"
    service.seen.clear()
    return job


def edit(session: Session, job: object, model: str = "edit", prompt: str = "at dusk", **more: Any) -> Job:
    """Start a job that edits the video of another."""
    return session.start(prompt, model, RunOptions(**more), video=job)


def test_a_fresh_link_is_sent(session: Session, service: FaultServer, made: Job) -> None:
    """One poll of the source's service, then one submit with the link that it gave."""
    job = ended(edit(session, made))
    assert job.state == "done"
    assert [(seen.method, seen.path) for seen in service.seen][:2] == [("GET", "/poll"), ("POST", "/submit")]
    assert service.seen[0].target == "/poll?id=task-1"
    assert bodies(service) == [{"prompt": "at dusk", "inputs": [f"{service.url}/film.mp4?Signature=a%2Fb"]}]


def test_the_journal_stores_the_job_and_not_its_link(session: Session, service: FaultServer, made: Job) -> None:
    """What is stored names the job; a signed link is a secret."""
    record = ended(edit(session, made)).record
    assert record.images[0]["job"] == made.id
    assert "Signature" not in json.dumps(record.images)
    for path in session.store.path.parent.iterdir():
        assert b"Signature" not in path.read_bytes()


@pytest.mark.parametrize("way", ["job", "video", "id", "file", "shot", "short id"])
def test_every_name_of_a_job(session: Session, service: FaultServer, made: Job, way: str) -> None:
    """A Job, its Video, its id, its file and its shot are the same input, and so the same request."""
    session.shots.add("kite", [made])
    named = {
        "job": made, "video": made.result(), "id": made.id, "file": str(made.result().path), "shot": "kite:1",
        "short id": made.id[:7],
    }[way]  # fmt: skip
    plan = session.plan("at dusk", "edit", video=named)
    assert plan.request.inputs[0].job == made.id
    assert plan.request.fingerprint() == session.plan("at dusk", "edit", video=made).request.fingerprint()
    assert service.seen == []


def test_the_same_request_again_is_free(session: Session, service: FaultServer, made: Job) -> None:
    """The link differs each time it is fetched and the job does not: nothing is fetched and nothing is sent."""
    first = ended(edit(session, made))
    service.seen.clear()
    again = edit(session, made.id)
    assert (again.id, again.reused) == (first.id, True)
    assert service.seen == []


def test_a_plan_shows_words_for_the_link(session: Session, service: FaultServer, made: Job) -> None:
    """A dry run fetches nothing."""
    plan = session.plan("at dusk", "edit", video=made)
    assert plan.provider.body(plan.request)["inputs"] == [f"(link of job {made.id}, fetched when it is sent)"]
    assert service.seen == []


def test_one_link_serves_two_roles(session: Session, service: FaultServer, made: Job) -> None:
    """A job that is given twice is asked for once."""
    job = ended(session.start("at dusk", "edit", video=made, reference_video=[made.id]))
    assert job.state == "done"
    link = f"{service.url}/film.mp4?Signature=a%2Fb"
    assert bodies(service)[0]["inputs"] == [link, link]
    assert [seen.path for seen in service.seen].index("/submit") == 1


# -- where it is gone


def gone(_: object) -> Answer:
    """Answer that no such task is known."""
    return json_answer({"error": "no such task"}, status=404)


@pytest.mark.parametrize("answer", [gone, state("failed", why="expired")], ids=["forgotten", "failed"])
def test_a_video_that_the_service_no_longer_has(session: Session, service: FaultServer, made: Job, answer: Any) -> None:
    """The new job ends as failed and not charged, nothing was sent, and the message says what to do."""
    service._scripts["/poll"] = [answer]
    job = ended(edit(session, made))
    assert (job.state, job.charged, service.count("POST")) == ("failed", "no", 0)
    assert job.error is not None
    assert f"no longer gives a link to the video of job {made.id}" in job.error.message
    assert "https link" in job.error.hint
    service._scripts["/poll"] = [state("done", url=f"{service.url}/film.mp4")]
    assert ended(edit(session, made)).state == "done"  # a failed job is no reason not to try again


def test_a_service_that_does_not_answer_is_asked_again(session: Session, service: FaultServer, made: Job) -> None:
    """Two faults are bridged; nothing is sent before the link is there."""
    done = service._scripts["/poll"][-1]
    service._scripts["/poll"] = [Answer(503), Answer(502), done]
    job = ended(edit(session, made))
    assert job.state == "done"
    assert [seen.path for seen in service.seen][:4] == ["/poll"] * 3 + ["/submit"]


def test_a_service_that_never_answers_sends_nothing(session: Session, service: FaultServer, made: Job) -> None:
    """The job stays unsent and not charged; the same cell sends it later."""
    done = service._scripts["/poll"][-1]
    service._scripts["/poll"] = [Answer(503)]
    job = ended(edit(session, made))
    assert (job.state, job.charged, service.count("POST")) == ("new", "no", 0)
    service._scripts["/poll"] = [done]
    later = ended(edit(session, made))
    assert (later.state, later.id != job.id, service.count("POST", "/submit")) == ("done", True, 1)


def test_a_link_that_leads_nowhere_public_is_not_passed_on(session: Session, service: FaultServer, made: Job) -> None:
    """A service is not made to fetch from a private network by what another one answers."""
    service._scripts["/poll"] = [state("done", url="https://10.0.0.1/secret.mp4")]
    job = ended(edit(session, made))
    assert (job.state, job.charged, service.count("POST")) == ("failed", "no", 0)


def test_a_cancel_during_the_fetch_buys_nothing(session: Session, service: FaultServer, made: Job) -> None:
    """A job that is cancelled while its link is fetched is never sent."""

    def cancel(_: object) -> Answer:
        (running,) = (record.id for record in session.store.find() if record.id != made.id)
        assert session.driver.cancel(running)
        return Answer(503)

    service._scripts["/poll"] = [cancel]
    job = ended(edit(session, made))
    assert (job.state, job.charged, service.count("POST")) == ("cancelled", "no", 0)


def test_a_kernel_that_dies_between_link_and_submit_loses_nothing(
    tiny: Make, session: Session, service: FaultServer, made: Job
) -> None:
    """What the journal holds at that time is an unsent job: another kernel neither waits for it nor sends it twice."""
    states: list[str] = []
    done = service._scripts["/poll"][-1]

    def note_states(seen: Any) -> Answer:
        states.extend(record.state for record in session.store.find() if record.id != made.id)
        return done(seen) if callable(done) else done

    service._scripts["/poll"] = [note_states]
    assert ended(edit(session, made)).state == "done"
    assert states[0] == "new"


# -- keys and origins


def test_the_key_goes_to_its_own_service_only(
    session: Session, service: FaultServer, made: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A source at yesterday's origin is not asked with today's key: nothing is sent anywhere."""
    other = FaultServer().on("/poll", gone).on("/submit", ACCEPTED)
    monkeypatch.setenv("VIDMAGIC_TINY_URL", other.url)
    job = ended(edit(session, made))
    assert (job.state, job.charged) == ("new", "no")
    assert other.seen == service.seen == []
    other.down()


def test_a_missing_key_sends_nothing(
    session: Session, service: FaultServer, made: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the key of the source's service no link can be fetched, and the error names the key."""
    plan = session.plan("at dusk", "edit", video=made)
    check = type(session.planner).check_may_buy
    monkeypatch.setattr(type(session.planner), "check_may_buy", lambda *_: None)
    monkeypatch.delenv("TINY_API_KEY")
    job = ended(session.launch(plan))
    monkeypatch.setattr(type(session.planner), "check_may_buy", check)
    assert (job.state, job.charged, service.seen) == ("new", "no", [])
    assert job.error is not None
    assert "TINY_API_KEY" in job.error.message
    assert CANARY not in job.error.message


# -- what is refused before anything is asked


def refusal(session: Session, job: object, model: str = "edit", **more: Any) -> str:
    """Return why a job that edits *job* is refused."""
    with pytest.raises(InvalidRequest) as refused:
        session.plan("at dusk", model, RunOptions(**more), video=job)
    return refused.value.message


def test_a_job_of_the_services_own(session: Session, service: FaultServer, made: Job) -> None:
    """A service that takes its own ids gets the id of the source, without a poll."""
    assert ended(edit(session, made, "own")).state == "done"
    assert bodies(service) == [{"prompt": "at dusk", "inputs": ["task-1"]}]
    assert service.seen[0].path == "/submit"


class Other(Tiny):
    """Another family at the same service."""

    models = (Model("tiny/other", "other", "Other", (), (Mode("text"),)),)


def test_a_job_of_another_family_is_refused(session: Session, service: FaultServer, made: Job) -> None:
    """Its ids mean nothing to this one."""
    session.catalog.add(Other())
    other = ended(session.start("a kite", "other"))
    assert "jobs of its own family only" in refusal(session, other, "own")
    assert ended(edit(session, other)).state == "done"  # a link is a link


def test_a_model_that_takes_files_gets_the_file(session: Session, service: FaultServer, made: Job) -> None:
    """The job's file is read and its bytes are sent; the journal still knows which job it was."""
    record = ended(edit(session, made, "files")).record
    assert bodies(service)[0]["inputs"][0].startswith("data:video/mp4;base64,")
    assert record.images[0]["job"] == made.id
    made.result().path.unlink()
    assert "cannot be read" in refusal(session, made, "files")


def test_what_a_job_may_be_given_to(session: Session, made: Job) -> None:
    """A model that takes no jobs says so, and the limits of a video hold for that of a job."""
    assert "takes no finished job" in refusal(session, made, "linked")
    assert f"video: job {made.id} is 1 s long; 2 to 3 s are allowed" in refusal(session, made, "narrow")
    assert "no variable, shot, job or file is called nothing" in refusal(session, "nothing")
    assert "the file x.mp4 does not exist" in refusal(session, "x.mp4")


def test_a_job_without_a_video_is_refused(session: Session, service: FaultServer) -> None:
    """A failed job has nothing to edit."""
    service.on("/submit", ACCEPTED).on("/poll", state("failed", why="no"))
    failed = ended(start(session))
    assert f"job {failed.id} has no video: it is failed" in refusal(session, failed)


def test_a_running_job_is_waited_for(session: Session, service: FaultServer, done: Answer) -> None:
    """Whatever takes a video takes a job, also one that is not done yet."""
    service.on("/submit", ACCEPTED).on("/poll", state("queued"), state("at it"), done)
    assert ended(edit(session, start(session))).state == "done"


def test_a_sandbox_job_is_not_given_to_a_real_one(session: Session, made: Job) -> None:
    """Neither service knows what the other has made."""
    rewrite(session.store, made.id, rehearsal=1)
    assert "was made in the sandbox" in refusal(session, made.id)
    assert "was made in the sandbox" in refusal(session, made.id, "files")


def test_a_source_without_a_ticket_is_refused(session: Session, made: Job) -> None:
    """A service that gives its link only once has no fresh one."""
    rewrite(session.store, made.id, ticket=None)
    assert "has no link that can be fetched again" in refusal(session, made.id)


def test_a_missing_file_does_not_matter_for_a_link(session: Session, service: FaultServer, made: Job) -> None:
    """The service still has the video although its file here is gone."""
    made.result().path.unlink()
    assert ended(edit(session, made.id)).state == "done"
