"""Queries on DMXAPI's /v1/responses that answer at once, in JSON, which names the state of the task.

The task stands in the reply itself, in an object of it, or as JSON in its text, by system. A state that nobody
documents means that the task goes on: only documented words end a job.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from vidmagic.errors import Failed, Unreachable
from vidmagic.http.service_calls import ServiceCalls
from vidmagic.http.sse import Frame
from vidmagic.providers.contract import Json
from vidmagic.providers.links import find_links, links_by_kind
from vidmagic.providers.nested import at_path, object_of, objects_in, text_parts
from vidmagic.providers.replies import failure, read_poll
from vidmagic.providers.responses.query import PATH, DmxQuery, error_in
from vidmagic.providers.responses.stream import Query
from vidmagic.providers.task_states import DONE, FAILED, FORGOTTEN, WAITING, ended_badly
from vidmagic.spec.events import Event, Queued, Ready, Running

VIDEO = (
    "video_url", "content.video_url", "content.url", "task_result.videos.0.url", "file.download_url",
    "file.backup_download_url", "url",
)  # fmt: skip
EXTRAS: Mapping[str, tuple[str, ...]] = {
    "last_frame": ("last_frame_url", "content.last_frame_url"),
    "watermarked": ("watermark_url", "watermark_video_url", "task_result.videos.0.watermark_url"),
}
_STATES = ("task_status", "status", "state")
_SIDES = (("video_width", "video_height"), ("outputWidth", "outputHeight"), ("width", "height"))
_WIDEST = 2**16  # pixels; a service that names more does not mean the video's size
_COSTS = ("credits", "final_unit_deduction")  # what a task cost, in the service's own units
_ECHOES = ("prompt", "input", "image", "media")  # in the names of fields that repeat the request, and with it its links


@dataclass(frozen=True, slots=True)
class TaskQuery(DmxQuery):
    """A query that answers in JSON.

    `states` translates states that a service writes in numbers or in words of its own. `video` are the paths at which
    the link to the video may stand, in the order of preference, `extras` those of further links by name.
    """

    states: Mapping[str, str] = field(default_factory=dict)
    video: tuple[str, ...] = VIDEO
    extras: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: EXTRAS)

    def ask(self, task_id: str, http: ServiceCalls) -> Iterator[Event]:
        """Poll once. Raises Failed, Paused for key or balance, Unreachable where only the poll failed."""
        yield from self.interpret(self.fetch(task_id, http))

    def fetch(self, given: object, http: ServiceCalls) -> Json:
        """Return the reply to the query for *given*. Raises what the status of the reply means."""
        reply = http.post(PATH, {"model": self.model, "input": given})
        self.check(reply)
        return read_poll(reply)

    def interpret(self, answer: Json) -> Iterator[Event]:
        """Turn a reply into the state of the task: `Queued`, `Running` or `Ready`. Raises like `ask`."""
        texts = text_parts(answer)
        if texts and all(object_of(text) is None for text in texts):
            yield from self._prose("\n".join(texts))
            return
        task, state = _task(answer)
        word = self.states.get(state.lower(), state)
        if word.lower() in FAILED:
            raise self.failed(answer, task, state, word)
        links = self.links(task, done=word.lower() in DONE)
        if word.lower() in DONE or (links and not word):
            yield self.ready(task, links, usage=None if task is answer else task.get("usage"))
        elif word.lower() in FORGOTTEN:
            raise Unreachable("the service does not know the task, or not its state", status=404)
        elif not word and any(error_in(answer)):
            raise self.of_query(*error_in(answer))
        else:
            yield Queued(word) if word.lower() in WAITING else Running(message=word)

    def _prose(self, text: str) -> Iterator[Event]:
        """Read a text that is no JSON as the stream of another system would be read."""
        if text.lstrip().startswith("{"):
            raise Unreachable("the answer to the query is damaged")
        frame: Frame = {"type": "response.completed", "delta": text}
        yield from Query(self.model, self.reasons).interpret(iter([frame]))

    def links(self, task: Json, *, done: bool) -> tuple[str, ...]:
        """Return the links to the video of *task*; those in unknown fields count only once it is *done*."""
        links = [link for path in self.video if (link := _link(at_path(task, path)))]
        if done and not links:
            by_kind = links_by_kind(json.dumps(_without_echoes(task), ensure_ascii=False, indent=1))
            links = [by_kind[kind] for kind in ("video", "watermarked", "other") if kind in by_kind][:1]
        return tuple(dict.fromkeys(links))

    def ready(self, task: Json, links: tuple[str, ...], *, usage: object = None) -> Ready:
        """Return that the video can be fetched, with what is known of it. Raises Unreachable without a link.

        *usage* is the task's own; that of the reply itself counts the query.
        """
        if not links:
            raise Unreachable("the service reports that the video is done and gives no link yet")
        further = {name: [_link(at_path(task, path)) for path in paths] for name, paths in self.extras.items()}
        extras = {name: next(filter(None, links)) for name, links in further.items() if any(links)}
        sides = next((pair for pair in _SIDES if all(_side(task, name) for name in pair)), _SIDES[0])
        reported = {name: task[name] for name in _COSTS if name in task} | ({"task_usage": usage} if usage else {})
        return Ready(links, extras, _side(task, sides[0]), _side(task, sides[1]), reported)

    def failed(self, answer: Json, task: Json, state: str, word: str) -> Failed:
        """Return the failure that *answer* reports of *task*, with the service's own words."""
        code, message = error_in(task)
        if not code and not message:
            code, message = error_in(answer)
        return failure(message or code or ended_badly(word), self.reason(code) or self.reason(state))


def _task(answer: Json) -> tuple[Json, str]:
    """Return the object of *answer* that describes its task, and the task's state; "" where none is named.

    The state of a response is that of the query, not of the task.
    """
    objects = objects_in(answer)
    named = ((value, value.get(name)) for value in objects if not _is_response(value) for name in _STATES)
    states = ((value, str(state)) for value, state in named if type(state) in {str, int})
    return next(((value, state) for value, state in states if state), (objects[0], ""))


def _is_response(value: Json) -> bool:
    return value.get("object") == "response" or bool(text_parts(value))


def _link(value: object) -> str:
    """Return *value* if it is a link, without the escapes that JSON within JSON may leave in it."""
    if not isinstance(value, str) or not value.startswith(("https:", "http:")):
        return ""
    return next((link.url for link in find_links(value)), "") if "\\" in value else value


def _side(task: Json, name: str) -> int | None:
    value = task.get(name)
    return value if isinstance(value, int) and 0 < value < _WIDEST else None


def _without_echoes(value: object) -> object:
    """Leave out the fields that repeat the request."""
    if isinstance(value, Mapping):
        own = {name: inner for name, inner in value.items() if not any(echo in name for echo in _ECHOES)}
        return {name: _without_echoes(inner) for name, inner in own.items()}
    return [_without_echoes(inner) for inner in value] if isinstance(value, list) else value
