"""Queries that answer in JSON: wherever a system puts its task, the state, the link and the failure are read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.faults.answers import Answer, json_answer, truncated
from tests.providers.steps import error_answer, poll, stream_answer, submit
from vidmagic.errors import Failed, OutcomeUnknown, Paused, Refused, Unreachable
from vidmagic.providers.contract import Json, Ticket
from vidmagic.providers.responses.provider import ResponsesProvider
from vidmagic.providers.responses.query import DmxQuery
from vidmagic.providers.responses.stream import Query
from vidmagic.providers.responses.task import TaskQuery
from vidmagic.spec.events import Event, Queued, Ready, Running
from vidmagic.spec.request import Request

LINK = "https://cdn.example.com/v/video.mp4?sig=a%2Fb&e=1"
LAST = "https://cdn.example.com/v/last.png?sig=c&e=1"
STATES = {"1": "succeeded", "5": "running", "7": "failed", "8": "failed"}
TICKET = Ticket("tsk-1")
REQUEST = Request("dmxapi/any", "a kite")
USAGE = {"total_tokens": 60000, "input_tokens": 0, "output_tokens": 60000}


class AnySystem(ResponsesProvider):
    """A system with every field that may hold a task's id."""

    models = ()
    query = TaskQuery("any-get", {"1026": "prompt", "1008": "balance", "8": "result"}, states=STATES)
    id_names = ("task_id", "taskId", "video_id", "id")

    def body(self, request: Request) -> Json:
        """Return some JSON."""
        return {"model": "any", "input": request.prompt}


ANY = AnySystem()


def in_text(document: Any, **more: Any) -> dict[str, Any]:
    """Return the reply of a system whose JSON comes as the text of a response."""
    text = document if isinstance(document, str) else json.dumps(document)
    return {"request_id": "req-1", "output": [{"type": "message", "content": [{"text": text}]}], **more}


def asked(document: Any) -> list[Event]:
    """Return the events of a query that gets *document*."""
    return poll(ANY, json_answer(document), TICKET)


# -- the id


IDS = {
    "flat": {"task_id": "tsk-1"},
    "another name": {"id": "tsk-1"},
    "a number": {"video_id": 397959966880294},
    "in an object": {"ErrCode": 0, "ErrMsg": "success", "Resp": {"video_id": 397959966880294, "credits": 50}},
    "in a text": in_text({"task_id": "tsk-1", "task_status": "PENDING"}),
    "in a text, other case": in_text({"taskId": "tsk-1"}, request_id="tsk-1"),
    "in a text in a text": in_text(json.dumps(json.dumps({"task_id": "tsk-1"}))),
    "in an object of a text": in_text({"code": 0, "message": "SUCCEED", "data": {"task_id": "tsk-1"}}),
    "beside a response's own": in_text({"task_id": "tsk-1"}, id="resp_1"),
}


@pytest.mark.parametrize("status", [200, 502])
@pytest.mark.parametrize("reply", IDS.values(), ids=IDS)
def test_an_id_accepts_the_job_wherever_it_stands(reply: dict[str, Any], status: int) -> None:
    """The task's id is found in each shape of reply; after a 502 only where it cannot be another's."""
    answer = json_answer({**reply, "usage": USAGE}, status=status)
    if status == 502 and reply is IDS["another name"]:
        with pytest.raises(OutcomeUnknown):
            submit(ANY, REQUEST, answer)
        return
    ticket = submit(ANY, REQUEST, answer)
    assert ticket.task_id in {"tsk-1", "397959966880294"}
    assert ticket.reported["usage"] == USAGE


@pytest.mark.parametrize("reply", [reply for name, reply in IDS.items() if name != "another name"])
def test_a_damaged_reply_gives_its_id(reply: dict[str, Any]) -> None:
    """A reply that breaks off anywhere after the id gives the same id, and before it is an unknown outcome."""
    text = json.dumps({**reply, "usage": USAGE})
    whole = json_answer({**reply, "usage": USAGE})
    task_id = submit(ANY, REQUEST, whole).task_id
    after = text.rindex(task_id) + len(task_id) + 6
    assert submit(ANY, REQUEST, truncated(whole, after)).task_id == task_id
    with pytest.raises(OutcomeUnknown):
        submit(ANY, REQUEST, truncated(whole, text.rindex(task_id) + len(task_id) - 1))


def test_a_text_that_breaks_off_in_a_whole_reply_gives_its_id() -> None:
    """Where only the JSON in the text is damaged, the id is read from it too."""
    assert submit(ANY, REQUEST, json_answer(in_text('{"task_id": "tsk-1", "task_st'))).task_id == "tsk-1"
    assert submit(ANY, REQUEST, json_answer(in_text('{"video_id": 123, "task_st'))).task_id == "123"


@pytest.mark.parametrize(
    "reply",
    [
        {},
        in_text({"task_status": "PENDING"}),
        in_text("任务已提交"),
        {"code": 99999, "message": "what is this?"},
        {"Resp": {"video_id": 0}, "ErrCode": 77},
        {"images": [{"task_id": "another"}]},
        in_text({"orig_prompt": {"task_id": "another"}}),
    ],
)
def test_a_success_without_an_id_is_an_unknown_outcome(reply: dict[str, Any]) -> None:
    """Neither a bare success nor an error that nobody documents says that no job was made."""
    with pytest.raises(OutcomeUnknown):
        submit(ANY, REQUEST, json_answer(reply))


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ({"base_resp": {"status_code": 1026, "status_msg": "input new_sensitive"}}, "prompt"),
        ({"error": {"code": "insufficient_user_quota", "message": "no money"}}, "balance"),
        ({"ErrCode": 1008, "ErrMsg": "no money", "Resp": None}, "balance"),
        (in_text({"code": 1026, "message": "bad words", "data": {}}), "prompt"),
    ],
)
def test_a_documented_code_without_an_id_is_a_refusal(reply: dict[str, Any], reason: str) -> None:
    """A code that is known to make no job is a refusal, also within a success, with the service's words."""
    with pytest.raises(Refused) as refused:
        submit(ANY, REQUEST, json_answer(reply))
    assert refused.value.reason == reason
    assert refused.value.charged == "no"
    assert refused.value.message in {"input new_sensitive", "no money", "bad words"}


# -- the state


def tasks(state: str, **more: Any) -> dict[str, dict[str, Any]]:
    """Return the shapes in which systems name a task of that state."""
    return {
        "flat": {"task_id": "tsk-1", "status": state, **more},
        "task": {"task": {"id": "tsk-1", "status": state, **more}, "usage": USAGE},
        "text": in_text({"task_id": "tsk-1", "task_status": state, **more}, usage=USAGE),
        "data of a text": in_text({"code": 0, "message": "SUCCEED", "data": {"task_status": state, **more}}),
        "in a response that is complete": in_text({"status": state, **more}, object="response", status="completed"),
    }


SHAPES = list(tasks(""))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    ("state", "event"),
    [
        ("queued", Queued("queued")),
        ("PENDING", Queued("PENDING")),
        ("running", Running(message="running")),
        ("RUNNING", Running(message="RUNNING")),
        ("5", Running(message="running")),
        ("a word that nobody documents", Running(message="a word that nobody documents")),
    ],
)
def test_a_task_that_goes_on_is_queued_or_running(shape: str, state: str, event: Event) -> None:
    """Only documented words end a job, and a link counts for nothing before."""
    assert asked(tasks(state, video_url=LINK)[shape]) == [event]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("state", ["failed", "FAILED", "cancelled", "CANCELED", "expired", "7"])
def test_a_task_that_failed_has_the_words_of_the_service(shape: str, state: str) -> None:
    """A documented end without a video ends the job, with what the service gives as the reason."""
    with pytest.raises(Failed, match="the picture is bad") as failed:
        asked(tasks(state, code="1026", message="the picture is bad")[shape])
    assert failed.value.reason == "prompt"
    with pytest.raises(Failed) as failed:
        asked(tasks(state)[shape])
    assert "SUCCEED" not in failed.value.message


def test_a_state_may_be_the_reason() -> None:
    """A state in numbers has its reason in the system's table."""
    with pytest.raises(Failed) as failed:
        asked({"ErrCode": 0, "ErrMsg": "Success", "Resp": {"status": 8, "url": LINK}})
    assert failed.value.reason == "result"


@pytest.mark.parametrize("shape", SHAPES)
def test_a_task_that_the_service_has_forgotten_is_asked_for_again(shape: str) -> None:
    """The state for "no such task" is that of a poll that failed; only many of them end a job."""
    with pytest.raises(Unreachable) as lost:
        asked(tasks("UNKNOWN")[shape])
    assert lost.value.status == 404


# -- the link


RESULTS: dict[str, tuple[dict[str, Any], Ready]] = {
    "task": (
        {"task": {"status": "succeeded", "content": {"url": LINK}, "usage": {"total_seconds": 5}}, "usage": USAGE},
        Ready((LINK,), reported={"task_usage": {"total_seconds": 5}}),
    ),
    "text": (in_text({"task_status": "SUCCEEDED", "orig_prompt": "see https://a.example/b.mp4", "video_url": LINK}),
             Ready((LINK,))),
    "content of a text": (
        in_text({"content": {"video_url": LINK, "last_frame_url": LAST}, "id": "cgt-1", "status": "succeeded"}),
        Ready((LINK,), {"last_frame": LAST}),
    ),
    "data of a text": (
        in_text({"code": 0, "data": {"task_status": "succeed", "final_unit_deduction": "9", "task_result": {
            "videos": [{"id": "mda-1", "url": LINK, "duration": "3.041", "watermark_url": f"{LINK}2"}]}}}),
        Ready((LINK,), {"watermarked": f"{LINK}2"}, reported={"final_unit_deduction": "9"}),
    ),
    "Resp": (
        {"ErrCode": 0, "Resp": {"status": 1, "url": LINK, "outputWidth": 1024, "outputHeight": 576, "credits": 50}},
        Ready((LINK,), width=1024, height=576, reported={"credits": 50}),
    ),
    "flat": ({"status": "succeeded", "video_url": LINK, "usage": USAGE}, Ready((LINK,))),
    "no state": (in_text({"video_url": LINK, "watermark_video_url": ""}), Ready((LINK,))),
    "escaped once more": (
        in_text({"status": "succeeded", "video_url": LINK.replace("&", "\\u0026").replace("/", "\\/")}),
        Ready((LINK,)),
    ),
    "a field that nobody documents": (
        {"status": "succeeded", "input": [{"url": "https://a.example/in.mp4"}], "works": [{"resource": LINK}]},
        Ready((LINK,)),
    ),
    "words beside it": (
        {"output": [{"content": [{"text": "done"}, {"text": json.dumps({"status": "succeeded", "url": LINK})}]}]},
        Ready((LINK,)),
    ),
    "words": (in_text(f"✅ 视频生成完成\n视频URL: {LINK}\n"), Ready((LINK,))),
}  # fmt: skip


@pytest.mark.parametrize(("reply", "ready"), RESULTS.values(), ids=RESULTS)
def test_the_link_of_a_task_that_is_done_is_read(reply: dict[str, Any], ready: Ready) -> None:
    """The known field comes first; a link of the request is never taken for the video."""
    assert asked(reply)[-1] == ready


@pytest.mark.parametrize("task", [{}, {"content": {}}, {"input": [{"video_url": LINK}]}, {"orig_prompt": LINK}])
def test_a_task_that_is_done_without_a_link_is_asked_for_again(task: dict[str, Any]) -> None:
    """The job stays where it is until the link comes."""
    with pytest.raises(Unreachable, match="gives no link yet"):
        asked({"status": "succeeded", **task})


# -- a query that fails


@pytest.mark.parametrize(
    "answer",
    [
        json_answer({}),
        Answer(body=b"<html>maintenance</html>"),
        json_answer({"error": {"code": "server_error", "message": "upstream"}}),
        json_answer({"object": "response", "status": "failed", "error": {"code": "server_error"}, "output": []}),
        json_answer({"ErrCode": 500, "ErrMsg": "system error"}),
        json_answer(in_text('{"status": "succeeded", "video_url": "https://cdn.example.com/v/vid')),
        json_answer({"base_resp": {"status_code": 2013, "status_msg": "no such task"}}),
        error_answer(500, {"error": {"message": "upstream"}}),
        error_answer(404, {"error": {"code": "task_not_exist", "message": "?"}}),
        error_answer(400, {"error": {"code": "invalid_request", "message": "?"}}),
    ],
)
def test_a_query_that_fails_fails_no_job(answer: Answer) -> None:
    """Whatever goes wrong with the query is asked again."""
    with pytest.raises(Unreachable):
        poll(ANY, answer, TICKET)


def test_the_account_pauses_a_job_and_moderation_fails_it() -> None:
    """A code for an empty account waits for the user; a judgement is the task's, whoever reports it."""
    with pytest.raises(Paused):
        asked({"base_resp": {"status_code": 1008, "status_msg": "no money"}})
    with pytest.raises(Failed):
        asked({"base_resp": {"status_code": 1026, "status_msg": "bad words"}})
    with pytest.raises(Failed):
        poll(ANY, error_answer(400, {"error": {"code": "content_policy_violation", "message": "no"}}), TICKET)


def test_a_query_may_answer_as_a_stream() -> None:
    """One event that holds the JSON is read like the JSON."""
    assert poll(ANY, stream_answer({"status": "succeeded", "video_url": LINK}), TICKET) == [Ready((LINK,))]


@pytest.mark.parametrize("kind", [TaskQuery, Query])
@pytest.mark.parametrize("name", ["kling-v3", "MiniMax-H3", "get", "wan2.7-get-video", "wan2.7-t2v-2026-06-12", ""])
def test_the_name_of_a_query_never_starts_a_job(kind: type[DmxQuery], name: str) -> None:
    """A query under the name of a model would buy a video with each poll."""
    with pytest.raises(ValueError, match="would start a job"):
        kind(name)
    for query in ("kling-v3-get", "kling-v3-get-all", "MiniMax-Hailuo-query", "seedance-2-0-get", "paiwo-get"):
        assert kind(query).model == query
