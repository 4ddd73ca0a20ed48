"""Find a task of Vidu's version 2 whose submit got no answer, by the payload that it was made with."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone

from vidmagic.errors import Unreachable
from vidmagic.http.service_calls import ServiceCalls
from vidmagic.providers.replies import read_poll, task_id

CLOCKS_DIFFER = 300.0  # seconds by which the service's clock may be off
MOST_PAGES = 100


def find_by_payload(payload: str, since: float, http: ServiceCalls, known: dict[str, object]) -> str:
    """Return the id of the one task made after *since* (Unix time) with *payload*, empty for none or several.

    *known* maps the ids of tasks to their payloads; new ones are added to it.
    """
    listed = list(_listed(since - CLOCKS_DIFFER, http))
    for task in listed:
        if known.get(task) is None:
            known[task] = _payload(task, http)
    matching = [task for task in listed if known[task] == payload]
    return matching[0] if len(matching) == 1 else ""


def creations_path(version: str, task: str) -> str:
    """Return the path that answers with the state and the creations of a task."""
    return f"/ent/{version}/tasks/{task}/creations"


def _listed(since: float, http: ServiceCalls) -> Iterator[str]:
    """Yield the ids of the tasks made after *since*, page by page."""
    query = {"created_at.from": datetime.fromtimestamp(since, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")}
    for _ in range(MOST_PAGES):
        answer = read_poll(http.get("/ent/v2/tasks", query))
        tasks = answer.get("tasks")
        for task in tasks if isinstance(tasks, list) else ():
            if isinstance(task, dict) and (lost_id := task_id(task.get("id"))):
                yield lost_id
        token = str(answer.get("next_page_token") or "")
        if token in {"", query.get("pager.page_token")}:
            return
        query["pager.page_token"] = token
    raise Unreachable(f"the service's list of tasks does not end after {MOST_PAGES} pages")


def _payload(task: str, http: ServiceCalls) -> object:
    """Return the payload that a task was made with; a task of another version has none."""
    reply = http.get(creations_path("v2", task))
    return None if reply.status == 404 else read_poll(reply).get("payload")
