"""Where everything meets: what is sent and what is not, whose key goes where, and what survives a kernel."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import CANARY
from tests.patience import ended, until
from tests.rows import rewrite
from vidmagic.engine.job import Job
from vidmagic.errors import InvalidRequest, MissingKey, NoSuchJob, NotSent, OutcomeUnknown, TooExpensive
from vidmagic.sandbox import Sandbox
from vidmagic.sandbox.ledger import redacted
from vidmagic.session.run_options import RunOptions
from vidmagic.session.session import Session

KITE = "a red kite over the sea"
Make = Callable[[], Session]


def submits(sandbox: Sandbox) -> list[str]:
    """Return the prompts that the server saw submitted, accepted or not."""
    bodies = [call.body for call in sandbox.ledger if isinstance(call.body, dict)]
    prompts = (body.get("prompt", body.get("input")) for body in bodies)
    return [prompt for prompt in prompts if isinstance(prompt, str)]


# -- one request, one job


def test_the_same_request_again_is_free(session: Session, sandbox: Sandbox, make_session: Make) -> None:
    """Running or done, in this kernel or the next: the job there is, marked as reused, and not one more submit."""
    first = session.start(KITE, "hailuo")
    running = session.start(KITE, "hailuo", duration="6")
    video = first.result(20)
    done = session.start(KITE, "dmxapi/MiniMax-Hailuo-2.3", resolution="768P")
    later = make_session().start(KITE, "hailuo")
    assert {job.id for job in (running, done, later)} == {first.id}
    assert [first.reused, running.reused, done.reused, later.reused] == [False, True, True, True]
    assert running.result(20).path == done.result(1).path == later.result(1).path == video.path
    assert later.video.reused
    assert submits(sandbox) == [KITE]


@pytest.mark.parametrize(
    "other",
    [
        {"prompt": f"{KITE} [[sandbox: fail]] "},
        {"duration": 10},
        {"prompt_optimizer": False},
        {"model": "hailuo-02"},
        {"options": RunOptions(again=True)},
    ],
    ids=lambda other: next(iter(other)),
)
def test_another_request_is_sent(session: Session, sandbox: Sandbox, other: dict[str, Any]) -> None:
    """A character, a parameter, the model or `again` makes it another request, and another job."""
    sandbox.seconds = 60
    asked = {"prompt": f"{KITE} [[sandbox: fail]]", "model": "hailuo"}
    first, second = session.start(**asked), session.start(**{**asked, **other})
    assert (second.id != first.id, second.reused) == (True, False)
    until(lambda: len(submits(sandbox)) == 2)


@pytest.mark.parametrize("turn", ["error500", "drop"])
def test_an_unknown_outcome_is_shown_and_sends_nothing(session: Session, sandbox: Sandbox, turn: str) -> None:
    """A job that may be charged answers the same request by saying so; only `again` sends."""
    prompt = f"{KITE} [[sandbox: {turn}]]"
    first = ended(session.start(prompt, "hailuo"))
    second = session.start(prompt, "hailuo")
    assert (first.state, second.state, second.id) == ("unknown", "unknown", first.id)
    assert any("may have been charged; nothing was sent now" in note for note in second.notes)
    with pytest.raises(OutcomeUnknown):
        second.result(1)
    assert len(submits(sandbox)) == 1
    ended(session.start(prompt, "hailuo", RunOptions(again=True)))
    assert len(submits(sandbox)) == 2


@pytest.mark.parametrize(("turn", "state"), [("refuse", "rejected"), ("balance", "rejected"), ("fail", "failed")])
def test_what_was_refused_or_failed_is_sent(session: Session, sandbox: Sandbox, turn: str, state: str) -> None:
    """A request that came to nothing is sent when it is made again."""
    prompt = f"{KITE} [[sandbox: {turn}]]"
    jobs = [ended(session.start(prompt, "hailuo")) for _ in range(2)]
    assert [job.state for job in jobs] == [state, state]
    assert jobs[0].id != jobs[1].id
    assert len(submits(sandbox)) == 2


def test_a_sandbox_job_does_not_satisfy_a_real_request(session: Session, sandbox: Sandbox) -> None:
    """A video from the embedded sandbox is never given for the real one, nor the other way round."""
    session.settings.sandbox_seconds = 0.2
    in_sandbox = session.start(KITE, "hailuo", RunOptions(sandbox=True))
    real = session.start(KITE, "hailuo")
    assert in_sandbox.id != real.id
    assert (in_sandbox.result(20).in_sandbox, real.result(20).in_sandbox) == (True, False)
    assert (in_sandbox.charged, real.charged, submits(sandbox)) == ("no", "yes", [KITE])


# -- money


def test_a_limit_refuses_before_anything_is_sent(session: Session, sandbox: Sandbox, home: Path) -> None:
    """Above the limit, or with a price that nobody knows, nothing is sent and nothing recorded."""
    for model, limit in [("hailuo", "1.99"), ("hailuo", 1), ("hailuo", "2USD"), ("hailuo-02", "100")]:
        with pytest.raises(TooExpensive):
            session.start(KITE, model, RunOptions(max_cost=limit))
    session.settings.max_cost = "1"
    with pytest.raises(TooExpensive):
        session.start(KITE, "hailuo")
    assert (sandbox.ledger, home.exists()) == ([], False)
    assert session.start(KITE, "hailuo", RunOptions(max_cost="2CNY")).result(20).price == "¥2.00"


def test_all_problems_in_one_refusal(session: Session, sandbox: Sandbox) -> None:
    """Everything that is wrong stands in one message, with nothing sent."""
    with pytest.raises(InvalidRequest) as refused:
        session.start("", "hailuo", duration=7, resolutoin="768P", reference="x.png")
    for part in ("prompt is empty", "must be 6 or 10 s, not 7", "did you mean resolution?", "takes text alone"):
        assert part in refused.value.message
    assert sandbox.ledger == []


# -- keys and the sandbox


def test_without_its_key_a_model_is_refused(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """With another service's key set, a missing key is an error that names the variable and `--sandbox`."""
    monkeypatch.delenv("DMXAPI_API_KEY")
    with pytest.raises(MissingKey) as missing:
        session.start(KITE, "hailuo")
    assert "DMXAPI_API_KEY" in missing.value.message
    assert "--sandbox" in missing.value.hint


def test_without_any_key_it_runs_in_the_sandbox(make_session: Make) -> None:
    """With no key at all the embedded sandbox makes the video, and a note on the job says so."""
    session = make_session()
    session.settings.sandbox_seconds = 0.2
    job = session.start(KITE)
    video = job.result(20)
    assert (job.record.in_sandbox, job.charged, video.in_sandbox) == (True, "no", True)
    assert "sandbox" in job.notes[0]
    assert "_API_KEY" in job.notes[0]


@pytest.mark.parametrize("value", ["1", "true", "YES", " on ", "0", "false", "No", "off", "", " "])
def test_the_sandbox_by_environment(
    session: Session, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    """With `VIDMAGIC_SANDBOX` every job runs in the sandbox, without a note; the usual words for yes and no count."""
    monkeypatch.setenv("VIDMAGIC_SANDBOX", value)
    session.settings.sandbox_seconds = 0.2
    job = ended(session.start(KITE, "hailuo"))
    is_on = value.strip().lower() in {"1", "true", "yes", "on"}
    assert (job.record.in_sandbox, job.notes, len(sandbox.ledger) > 0) == (is_on, [], not is_on)


@pytest.mark.parametrize("value", ["2", "ja", "tru", "yes please", "None"])
@pytest.mark.parametrize("in_sandbox", [True, False])
def test_another_word_for_the_sandbox_is_an_error(
    session: Session, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, value: str, in_sandbox: bool
) -> None:
    """A `VIDMAGIC_SANDBOX` that is neither yes nor no is refused before anything is sent: it may have meant either."""
    monkeypatch.setenv("VIDMAGIC_SANDBOX", value)
    with pytest.raises(InvalidRequest, match="VIDMAGIC_SANDBOX must be yes or no"):
        session.start(KITE, "hailuo", RunOptions(sandbox=in_sandbox))
    assert sandbox.ledger == []


def test_a_relative_home_is_resolved_once(
    session: Session, sandbox: Sandbox, make_session: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A relative `VIDMAGIC_HOME` stays one journal when the working folder changes: nothing is bought twice."""
    name = f"journal-{tmp_path.name}"
    monkeypatch.setenv("VIDMAGIC_HOME", name)
    session.settings.folder = str(tmp_path / "videos")
    first = ended(session.start(KITE, "hailuo"))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert session.start(KITE, "hailuo").id == first.id
    assert make_session().start(KITE, "hailuo").id == first.id
    assert len(submits(sandbox)) == 1
    assert list(Path.cwd().iterdir()) == []


@pytest.mark.parametrize("again", [True, False])
def test_a_folder_that_cannot_be_written_is_refused_before_paying(
    session: Session, sandbox: Sandbox, tmp_path: Path, again: bool
) -> None:
    """Videos that could not be stored are not bought; the message names the folder and the setting."""
    (tmp_path / "file").write_text("in the way")
    session.settings.folder = str(tmp_path / "file" / "videos")
    with pytest.raises(InvalidRequest, match="cannot be written to") as refused:
        session.start(KITE, "hailuo", RunOptions(again=again))
    assert str(tmp_path / "file" / "videos") in refused.value.message
    assert "VideoMagics.folder" in refused.value.hint
    assert (sandbox.ledger, session.jobs()) == ([], [])


def test_a_video_there_is_is_shown_also_without_a_folder(session: Session, sandbox: Sandbox, tmp_path: Path) -> None:
    """The folder is tried only where something would be bought: a job that is done is shown all the same."""
    first = ended(session.start(KITE, "hailuo"))
    (tmp_path / "file").write_text("in the way")
    session.settings.folder = str(tmp_path / "file" / "videos")
    assert session.start(KITE, "hailuo").id == first.id
    assert len(submits(sandbox)) == 1


def test_the_file_of_a_key_is_named_once(session: Session, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a key comes from a file, the first card of the session names the file."""
    monkeypatch.delenv("DMXAPI_API_KEY")
    Path(".env").write_text(f"DMXAPI_API_KEY={CANARY}\n", encoding="utf-8")
    first, second = (ended(session.start(f"{KITE} {number}", "hailuo")) for number in range(2))
    assert f"DMXAPI_API_KEY comes from {Path('.env').absolute()}" in first.notes
    assert not any("comes from" in note for note in second.notes)


def test_a_video_without_a_published_price_shows_none(session: Session) -> None:
    """The player never shows "unknown (estimate)": a video whose price nobody published has no price."""
    video = ended(session.start(KITE, "hailuo-02")).result(20)
    assert video.price == ""
    assert "unknown" not in video._repr_mimebundle_()[0]["text/html"]


def test_a_sandbox_job_never_uses_a_key(session: Session, sandbox: Sandbox) -> None:
    """The embedded sandbox is given no key, though one is set."""
    session.settings.sandbox_seconds = 0.2
    ended(session.start(KITE, "hailuo", RunOptions(sandbox=True)))
    assert sandbox.ledger == []
    assert CANARY not in str(session.sandbox.ledger)


def test_the_first_model_whose_key_is_set(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a model the configured one is taken, else the first whose key is there, and never a retired one."""
    assert session.plan(KITE).model.short == "hailuo"
    monkeypatch.delenv("DMXAPI_API_KEY")
    assert session.plan(KITE).model.short == "vidu"
    monkeypatch.delenv("VIDU_API_KEY")
    assert session.plan(KITE).model.short == "hailuo"
    with pytest.raises(MissingKey, match="DMXAPI_API_KEY"):
        session.start(KITE)
    session.settings.model = "sora"
    assert session.plan(KITE).model.id == "apiyi/sora_video2"
    monkeypatch.setenv("DMXAPI_API_KEY", "k")
    session.settings.model = "hailuo-02"
    assert session.plan(KITE).model.short == "hailuo-02"


def test_the_last_key_counts(session: Session, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key is read at each call."""
    ended(session.start(KITE, "hailuo"))
    monkeypatch.setenv("DMXAPI_API_KEY", "another")
    ended(session.start(KITE + "!", "hailuo"))
    keys = [call.headers["Authorization"] for call in sandbox.ledger if call.origin == "api"]
    assert (keys[0], keys[-1]) == (redacted(CANARY), redacted("another"))


# -- origins


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com", "https://user:pw@example.com", "ftp://127.0.0.1", "127.0.0.1:8000", "http://0.0.0.0",
        "http://127.0.0.1@example.com", "http://localhost.example.com", "//127.0.0.1", "https://", "http://127.1.evil.io",
    ],
)  # fmt: skip
def test_an_origin_that_is_refused(session: Session, monkeypatch: pytest.MonkeyPatch, home: Path, url: str) -> None:
    """A key goes to https, or to http on this machine, and nowhere else; nothing is recorded either."""
    monkeypatch.setenv("VIDMAGIC_DMXAPI_URL", url)
    with pytest.raises(InvalidRequest, match="must be an https link"):
        session.start(KITE, "hailuo")
    assert not home.exists()


@pytest.mark.parametrize(
    "url", ["https://mirror.example.com", "http://localhost:1", "http://[::1]:1", "http://127.9.9.9"]
)
def test_an_origin_that_is_taken(session: Session, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """A mirror over https and any loopback address are fine, with or without a slash at the end."""
    monkeypatch.setenv("VIDMAGIC_DMXAPI_URL", url + "/")
    assert session.access.origin(session.catalog.find_model("hailuo")[0].service) == url


def test_a_job_stays_with_its_origin(session: Session, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job is followed where it was sent, whatever the variable says meanwhile."""
    sandbox.seconds = 600
    job = session.start(KITE, "hailuo")
    until(lambda: job.task_id)
    with Sandbox(seconds=0.2) as elsewhere:
        monkeypatch.setenv("VIDMAGIC_DMXAPI_URL", elsewhere.url)
        sandbox.finish_tasks()
        job.result(20)
        assert elsewhere.ledger == []


# -- other kernels

STARTS = """
import sys
from tests.quick import quick_session
job = quick_session().start(sys.argv[1], "hailuo")
print(job.id, job.reused, flush=True)
print(job.result(30).path)
"""
ROOT = Path(__file__).parents[2]


@pytest.fixture
def kernel(session: Session) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start processes that make the same request with the same journal, in the same folder."""
    running = []

    def start(prompt: str = KITE) -> subprocess.Popen[str]:
        running.append(
            subprocess.Popen(
                [sys.executable, "-c", STARTS, prompt],
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                stdout=subprocess.PIPE,
                text=True,
            )
        )
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.communicate()


def test_two_kernels_one_job(kernel: Callable[..., subprocess.Popen[str]], sandbox: Sandbox) -> None:
    """Two processes that make one request at the same time send it once, and both get the video."""
    sandbox.seconds = 1
    outputs = [process.communicate(timeout=60)[0].split() for process in [kernel(), kernel(), kernel()]]
    assert len({job for job, _, _ in outputs}) == len({path for _, _, path in outputs}) == 1
    assert sorted(reused for _, reused, _ in outputs) == ["False", "True", "True"]
    assert submits(sandbox) == [KITE]


@pytest.mark.parametrize("how", ["start", "resume"])
def test_killed_and_taken_up_again(
    kernel: Callable[..., subprocess.Popen[str]], session: Session, sandbox: Sandbox, how: str
) -> None:
    """A kernel killed in the middle of a job loses nothing: the next one follows it, and nothing is sent again."""
    sandbox.seconds = 600
    process = kernel()
    job_id = process.stdout.readline().split()[0]
    until(lambda: session.get(job_id).task_id)
    process.send_signal(signal.SIGKILL)
    process.wait()
    sandbox.finish_tasks()
    job = session.start(KITE, "hailuo") if how == "start" else session.resume(job_id[:4])
    video = job.result(30)
    assert (job.id, job.state, video.duration) == (job_id, "done", 6.0)
    assert submits(sandbox) == [KITE]


def test_killed_while_another_watches(
    kernel: Callable[..., subprocess.Popen[str]], session: Session, sandbox: Sandbox
) -> None:
    """Kernels that watch another's job go on with it when that one dies, also with two handles on it."""
    sandbox.seconds = 600
    process = kernel()
    job_id = process.stdout.readline().split()[0]
    until(lambda: session.get(job_id).task_id)
    jobs = [session.start(KITE, "hailuo") for _ in range(3)]
    assert all(not session.driver.drives(job_id) for _ in jobs)
    process.send_signal(signal.SIGKILL)
    process.wait()
    sandbox.finish_tasks()
    assert {job.result(30).job_id for job in jobs} == {job_id}
    assert submits(sandbox) == [KITE]


def test_killed_while_it_was_sending(session: Session, sandbox: Sandbox) -> None:
    """A request that was leaving when its kernel died is unknown and is not sent again."""
    job = _orphan(session, sandbox, "sending")
    again = session.start(KITE, "hailuo")
    assert (again.id, again.state, again.charged) == (job, "unknown", "unknown")
    assert session.store.get(job).state == "unknown"
    with pytest.raises(OutcomeUnknown):
        again.result(1)
    assert sandbox.ledger == []


def test_killed_before_it_was_sent(session: Session, sandbox: Sandbox) -> None:
    """A request that never left is not resumed, with an error that says so; made again, it is sent."""
    job = _orphan(session, sandbox, "new")
    with pytest.raises(NotSent):
        session.resume(job).result(1)
    assert sandbox.ledger == []
    assert not session.start(KITE, "hailuo").reused


def _orphan(session: Session, sandbox: Sandbox, state: str) -> str:
    """Leave the job of a kernel that is gone, and a server that has seen nothing."""
    job = ended(session.start(f"{KITE} [[sandbox: fail]]", "hailuo"))
    request = session.plan(KITE, "hailuo").request
    left = {"state": state, "ticket": None, "task_id": "", "owner": "gone", "charged": "unknown", "error": None}
    rewrite(session.store, job.id, fingerprint=request.fingerprint(), prompt=KITE, **left)
    sandbox.ledger.clear()
    return job.id


def test_two_resume_one_paused_job(session: Session, sandbox: Sandbox, make_session: Make) -> None:
    """A job that waits for the user can be resumed by any kernel, also while its first one lives, and by one alone."""
    job = ended(session.start(KITE, "hailuo"))
    Path(job.record.path).unlink()
    rewrite(session.store, job.id, state="paused", error={"type": "Paused", "message": "m"}, path="")
    sandbox.ledger.clear()
    others = [make_session().resume(job.id) for _ in range(3)]
    assert {other.result(20).path for other in others} == {Path(job.record.path)}
    assert len([call for call in sandbox.ledger if call.origin == "files"]) == 1
    assert submits(sandbox) == []


# -- lists


def test_lists_without_resuming(session: Session, sandbox: Sandbox) -> None:
    """Listing jobs, looking one up and asking what is unfinished contact nobody."""
    job = session.start(KITE, "hailuo")
    job.result(20)
    rewrite(session.store, job.id, state="running", owner="gone")
    sandbox.ledger.clear()
    assert [record.id for record in session.jobs()] == [record.id for record in session.unfinished()] == [job.id]
    assert (session.get(job.id[:4]).state, session.running()) == ("running", [])
    assert sandbox.ledger == []


def test_no_such_job(session: Session) -> None:
    """An id that nobody has is an error, not a new job."""
    with pytest.raises(NoSuchJob):
        session.resume("zzzzzz")


def test_nothing_is_opened_before_it_is_needed(make_session: Make, home: Path) -> None:
    """Planning and looking at the models make no journal, no folder and no sandbox."""
    session = make_session()
    session.plan(KITE, "hailuo", RunOptions(sandbox=True))
    assert list(session.catalog)
    assert not home.exists()
    assert list(Path.cwd().iterdir()) == []


def test_the_sidecar_speaks_for_itself(session: Session) -> None:
    """Beside the video is what it was made from: prompt, parameters, price, ids, hash; no key and no link."""
    job = session.start(KITE, "hailuo")
    video = job.result(20)
    text = Path(video.path).with_suffix(".json").read_text()
    facts = json.loads(text)
    assert (facts["id"], facts["prompt"], facts["task_id"]) == (job.id, KITE, job.task_id)
    assert facts["params"]["duration"] == 6
    assert facts["price"]["text"] == "¥2.00"
    assert facts["sha256"] == job.record.sha256
    assert not any(secret in text for secret in (CANARY, "Signature", "http"))


def test_folders_follow_the_setting(session: Session, tmp_path: Path) -> None:
    """Videos go beside the notebook, or where the setting says."""
    session.settings.folder = str(tmp_path / "elsewhere" / "takes")
    assert session.start(KITE, "hailuo").result(20).path.parent == tmp_path / "elsewhere" / "takes"


def test_many_at_once(session: Session, sandbox: Sandbox) -> None:
    """Six jobs are under way side by side: none waits for another one's end."""
    sandbox.seconds = 600
    jobs: list[Job] = [session.start(f"{KITE} {number}", "hailuo") for number in range(6)]
    until(lambda: len(submits(sandbox)) == 6)
    sandbox.finish_tasks()
    for job in jobs:
        job.result(60)
    assert len(submits(sandbox)) == 6


def test_a_kernel_that_ended_its_job_and_went_leaves_it_done(session: Session) -> None:
    """Who looked while a job was being sent, and finds its kernel gone, does not take a finished job for lost."""
    job = ended(session.start("a kite", "hailuo"))
    seen_before = session.get(job.id)
    seen_before.record = dataclasses.replace(seen_before.record, state="sending", owner="gone")
    session.resuming._go_on(seen_before)
    assert session.store.get(job.id).state == "done"
    assert seen_before.state == "done"
