"""A sandbox job goes on by the clock alone, and a prompt directs it."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import pytest

from tests.sandbox.hailuo_steps import query, submit
from tests.sandbox.vidu_steps import creations, post
from vidmagic.sandbox import Sandbox
from vidmagic.sandbox import task as tasks
from vidmagic.sandbox.directives import Directives, read_directives
from vidmagic.sandbox.task import percent_at, stage_at


def test_a_job_walks_through_every_stage_in_order() -> None:
    """A job of ten seconds is created, queued, scheduled, running and done, in this order."""
    seen = [stage_at(tenth / 10, 10) for tenth in range(120)]
    assert list(dict.fromkeys(seen)) == ["created", "queued", "scheduled", "running", "done"]
    assert stage_at(9.99, 10) == "running"
    assert stage_at(10, 10) == "done"


def test_percent_grows_from_0_to_100() -> None:
    """The percentage never falls, starts at 0 and ends at 100."""
    seen = [percent_at(tenth / 10, 10) for tenth in range(120)]
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (0, 100)


def test_a_job_of_no_time_is_done_at_once() -> None:
    """With zero seconds, a job is done when it is accepted."""
    assert stage_at(0, 0) == "done"


@pytest.mark.parametrize("outcome", ["fail", "cancel", "refuse", "balance", "rate", "error500", "drop"])
def test_a_prompt_names_its_outcome(outcome: str) -> None:
    """Each documented directive is understood and taken out of the prompt."""
    directives = read_directives(f"a kite [[sandbox: {outcome}]] over the sea")
    assert (directives.prompt, directives.outcome, directives.seconds) == ("a kite over the sea", outcome, None)


def test_a_prompt_sets_its_generation_time() -> None:
    """`seconds=` is read beside an outcome, with decimals."""
    assert read_directives("a [[sandbox: seconds=1.5]][[sandbox: fail]]") == Directives("a", "fail", 1.5)


def test_other_brackets_belong_to_the_prompt() -> None:
    """Camera moves and unknown directives are part of the prompt."""
    prompt = "a man [Pedestal up] [[left]] [[sandbox: dance]]"
    assert read_directives(prompt) == Directives(prompt)


@pytest.fixture
def running_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the clock of the tasks go on by 20 ms at each reading, so that two readings in one answer differ."""
    ticks = itertools.count(tasks.time.time(), 0.02)
    monkeypatch.setattr(tasks, "time", SimpleNamespace(time=lambda: next(ticks)))


@pytest.mark.usefixtures("running_clock")
@pytest.mark.parametrize(("directive", "end"), [("", "Success"), ("fail", "Fail"), ("cancel", "Cancelled")])
def test_an_answer_of_hailuo_reads_the_clock_once(sandbox: Sandbox, directive: str, end: str) -> None:
    """While the time of a job runs out no answer mixes two stages: a job that fails is never "Success"."""
    task_id = submit(sandbox, prompt=f"a kite [[sandbox: {directive}]]")
    states = [query(sandbox, task_id) for _ in range(40)]
    assert {state["status"] for state in states} <= {"Preparing", "Queueing", "Processing", end}
    assert states[-1]["status"] == end
    assert all(bool(state["file_id"]) == (state["status"] == "Success") for state in states)


@pytest.mark.usefixtures("running_clock")
@pytest.mark.parametrize(("directive", "end"), [("", "success"), ("fail", "failed"), ("cancel", "cancelled")])
def test_an_answer_of_vidu_reads_the_clock_once(sandbox: Sandbox, directive: str, end: str) -> None:
    """State, error code and creations of one answer belong together."""
    prompts = [{"type": "text", "content": f"a kite [[sandbox: {directive}]]"}]
    body = {"type": "text2video", "input": {"prompts": prompts}, "output_params": {"sample_count": 1, "duration": 4}}
    task_id = post(sandbox, "/ent/v1/tasks", body).json()["id"]
    answers = [creations(sandbox, task_id) for _ in range(40)]
    assert {answer["state"] for answer in answers} <= {"created", "queueing", "scheduling", "processing", end}
    assert answers[-1]["state"] == end
    assert all(bool(answer["creations"]) == (answer["state"] == "success") for answer in answers)
    assert all(bool(answer["err_code"]) == (answer["state"] == "failed") for answer in answers)
