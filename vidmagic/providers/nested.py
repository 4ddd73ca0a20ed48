"""Find what a reply nests: an object within an object, or JSON within the text of a response."""

from __future__ import annotations

from collections.abc import Mapping

from vidmagic.http.json_text import NOT_JSON, read_json

_HOLDERS = ("task", "Resp", "data", "response", "result", "output")  # fields that may hold the task
_MOST = 50  # objects of one reply
_QUOTED = 3  # times that JSON may be text within JSON


def objects_in(answer: Mapping[str, object]) -> list[Mapping[str, object]]:
    """Return the objects of *answer* that may describe its task: the innermost first, *answer* itself last."""
    objects = [answer]
    for holder in objects:  # which grows as it is read
        inner = (object_of(value) for value in [*map(holder.get, _HOLDERS), *text_parts(holder)])
        objects += [value for value in inner if value is not None]
        if len(objects) > _MOST:
            break
    return objects[::-1]


def text_parts(answer: object) -> list[str]:
    """Return the texts of a response: those in the content of the items of its output."""
    output = answer.get("output") if isinstance(answer, Mapping) else None
    items = [item for item in output if isinstance(item, dict)] if isinstance(output, list) else []
    parts = [part for item in items if isinstance(item.get("content"), list) for part in item["content"]]
    return [str(part["text"]) for part in parts if isinstance(part, dict) and part.get("text")]


def at_path(holder: object, path: str) -> object:
    """Return what stands at *path* in *holder*, as "task_result.videos.0.url"; None where there is nothing."""
    for step in path.split("."):
        if isinstance(holder, Mapping):
            holder = holder.get(step)
        elif isinstance(holder, list) and step.isdecimal() and int(step) < len(holder):
            holder = holder[int(step)]
        else:
            return None
    return holder


def object_of(value: object) -> Mapping[str, object] | None:
    """Return *value* if it is an object, or the object that its text holds, however often it is quoted."""
    for _ in range(_QUOTED):
        if not isinstance(value, str):
            break
        try:
            value = read_json(value.strip())
        except NOT_JSON:
            return None
    return value if isinstance(value, dict) else None
