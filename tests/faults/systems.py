"""The six systems as one scripted service that keeps the only ledger that counts: what was submitted, what was paid."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.faults.answers import Answer, AnswerOrFunction, Seen, json_answer, video_answer
from tests.faults.server import FaultServer

FIRST, LAST = "https://93.184.215.14/first.png", "https://93.184.215.14/last.png"  # no name: nothing is looked up
STREAM = {"Content-Type": "text/event-stream"}


@dataclass(frozen=True, slots=True)
class System:
    """One system: its model name, the path of its submits, and the fields of prompt and id in its JSON.

    `poll_wire` is "vidu", "responses", "hailuo" or "" for a stream that is submit and follow in one.
    """

    name: str
    model: str
    path: str
    wire_name: str
    prompt: Callable[[Any], str]
    id_field: str
    poll_wire: str
    given: Mapping[str, Any] = field(default_factory=dict)

    def is_submit(self, seen: Seen) -> bool:
        """Return whether a request is a submit to this system."""
        return seen.method == "POST" and seen.path == self.path and seen.json.get("model") == self.wire_name


SYSTEMS = {
    system.name: system
    for system in (
        System(
            "vidu1", "vidu", "/ent/v1/tasks", "vidu-high-performance", lambda b: b["input"]["prompts"][0]["content"],
            "id", "vidu",
        ),
        System(
            "vidu2", "vidu", "/ent/v2/start-end2video", "vidu2.0", lambda b: b["prompt"], "task_id", "vidu",
            {"image": FIRST, "last_image": LAST},
        ),
        System(
            "viduq2", "viduq2", "/v1/responses", "viduq2-pro", lambda b: b["input"], "task_id", "responses",
            {"image": FIRST},
        ),
        System(
            "seedance", "seedance", "/v1/responses", "doubao-seedance-1-5-pro-responses",
            lambda b: b["input"][0]["text"], "id", "responses",
        ),
        System(
            "sora", "sora", "/v1/chat/completions", "sora_video2", lambda b: b["messages"][0]["content"][0]["text"],
            "", "",
        ),
        System("hailuo", "hailuo", "/v1/video_generation", "MiniMax-Hailuo-2.3", lambda b: b["prompt"], "task_id",
               "hailuo"),
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to a submit: `spoil` makes the answer out of the good one, `paid` says that it was accepted."""

    name: str
    spoil: Callable[[Answer], AnswerOrFunction]
    paid: bool = False


class Service:
    """Speaks all six wires on one port until `down`, over TLS if it is given a context.

    `submitted` and `paid` are prompts in their order. `faults` are used up by the next submits, `poll_answers` by the
    next polls, `downloads` by the next requests for a video. A task is `pending` for so many polls before it is done.
    `listed` False hides tasks from Vidu's list.
    """

    def __init__(self, video_bytes: bytes, *, pending: int = 1, tls: ssl.SSLContext | None = None) -> None:
        self.video = video_bytes
        self.pending = pending
        self.listed = True
        self.submitted: list[str] = []
        self.paid: list[str] = []
        self.polls = 0
        self.faults: list[Fault] = []
        self.poll_answers: list[AnswerOrFunction] = []
        self.downloads: list[AnswerOrFunction] = []
        self.on_request: Callable[[Seen], Answer | None] = lambda _: None
        self._tasks: dict[str, Any] = {}
        self._polled: dict[str, int] = {}
        self._lock = threading.Lock()
        self.server = FaultServer(tls).then(self._answer)
        self.url = self.server.url

    def down(self) -> None:
        """Stop."""
        self.server.down()

    def link(self) -> str:
        """Return a signed link to the video."""
        return f"{self.url}/film.mp4?Signature=se%2Fcret"

    def good_poll(self, system: System, task: str) -> Answer:
        """Return the answer that the task is done."""
        return self._done(system, task)

    def _answer(self, seen: Seen) -> Answer:
        with self._lock:
            special = self.on_request(seen)
            if special is not None:
                return special
            if seen.path.startswith("/film"):
                return _resolved(self.downloads.pop(0) if self.downloads else video_answer(self.video), seen)
            system = next((system for system in SYSTEMS.values() if system.is_submit(seen)), None)
            return self._submit(system, seen) if system is not None else self._poll(seen)

    def _submit(self, system: System, seen: Seen) -> Answer:
        prompt = system.prompt(seen.json)
        self.submitted.append(prompt)
        fault = self.faults.pop(0) if self.faults else Fault("none", lambda good: good, paid=True)
        task = ("cgt-" if system.name == "seedance" else "") + str(1000 + len(self.submitted))
        if fault.paid:
            self.paid.append(prompt)
            self._tasks[task] = seen.json
        return _resolved(fault.spoil(self._accepted(system, task, prompt)), seen)

    def _accepted(self, system: System, task: str, prompt: str) -> Answer:
        if system.poll_wire == "":
            return Answer(body=sora_stream(self.link(), prompt), headers=STREAM)
        return json_answer({system.id_field: task, "base_resp": {"status_code": 0, "status_msg": "success"}})

    def _poll(self, seen: Seen) -> Answer:
        self.polls += 1
        if self.poll_answers:
            return _resolved(self.poll_answers.pop(0), seen)
        if seen.path == "/ent/v2/tasks":
            return json_answer({"tasks": [{"id": task} for task in self._tasks] if self.listed else []})
        task, system = task_of(seen)
        if task not in self._tasks:
            return Answer(404, b'{"code": 404, "reason": "TaskNotFound", "message": "no such task"}')
        self._polled[task] = self._polled.get(task, 0) + 1
        if self._polled[task] <= self.pending:
            return running(SYSTEMS[system], self._tasks[task])
        return self._done(SYSTEMS[system], task, seen)

    def _done(self, system: System, task: str, seen: Seen | None = None) -> Answer:
        body = self._tasks.get(task, {})
        if system.poll_wire == "vidu":
            creation = {"id": "c1", "url": self.link(), "cover_url": f"{self.url}/cover.jpeg"}
            return json_answer({"state": "success", "creations": [creation], "payload": body.get("payload", "")})
        if system.poll_wire == "responses":
            return events({"delta": f"✅ 视频生成完成！\n视频URL: {self.link()}\n", "type": "response.completed"})
        if seen is not None and seen.path == "/v1/files/retrieve":
            return json_answer({"file": {"file_id": 7, "download_url": self.link()}, "base_resp": {"status_code": 0}})
        return json_answer({"status": "Success", "file_id": "7", "task_id": task, "base_resp": {"status_code": 0}})


def running(system: System, body: Mapping[str, Any] | None = None) -> Answer:
    """Return a system's answer that a task is running."""
    if system.poll_wire == "vidu":
        return json_answer({"state": "processing", "payload": (body or {}).get("payload", "")})
    if system.poll_wire == "responses":
        return events({"delta": "当前进度: 50%", "type": "response.completed"})
    return json_answer({"status": "Processing", "base_resp": {"status_code": 0}})


def events(*frames: Any) -> Answer:
    """Answer with an event stream."""
    return Answer(
        body="".join(f"data: {json.dumps(frame, ensure_ascii=False)}\n\n" for frame in frames).encode(), headers=STREAM
    )


def sora_chunks(link: str, prompt: str = "a kite") -> list[dict[str, Any]]:
    """Return the chunks of one successful chat stream: role, echo, queue, progress, link, stop."""
    echo = json.dumps({"prompt": prompt}, ensure_ascii=False)
    texts = [
        f"```json\n{echo}\n```\n\n",
        "> ⌛️ 任务正在队列中，请耐心等待...\n\n",
        "> 🏃 进度：48.5%\n\n",
        f"> ✅ 视频生成成功，[点击这里]({link}) 查看视频~~~\n\n",
    ]
    deltas: list[dict[str, str]] = [{"role": "assistant", "content": ""}, *({"content": text} for text in texts)]
    chunks = [{"choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    return [*chunks, {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}]


def sora_stream(link: str, prompt: str = "a kite") -> bytes:
    """Return that stream as the gateway sends it, line after line without blank ones."""
    lines = [json.dumps(chunk, ensure_ascii=False) for chunk in sora_chunks(link, prompt)]
    return "".join(f"data: {line}\n" for line in [*lines, "[DONE]"]).encode()


def task_of(seen: Seen) -> tuple[str, str]:
    """Return the task and the system that a poll asks about."""
    parts = seen.path.split("/")
    if seen.path.endswith("/creations"):
        return parts[4], "vidu1" if parts[2] == "v1" else "vidu2"
    if seen.path == "/v1/responses":
        return seen.json["input"], "viduq2" if seen.json["model"] == "vidu-get" else "seedance"
    return seen.target.partition("task_id=")[2].partition("&")[0], "hailuo"


def _resolved(answer: AnswerOrFunction, seen: Seen) -> Answer:
    return answer if isinstance(answer, Answer) else answer(seen)
