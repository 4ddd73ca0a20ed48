"""PixVerse's query: states in numbers, a link that is there too early, and the codes of its errors."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vidmagic.errors import Failed, Reason
from vidmagic.providers.contract import Json
from vidmagic.providers.nested import objects_in
from vidmagic.providers.replies import failure
from vidmagic.providers.responses.query import error_in
from vidmagic.providers.responses.task import TaskQuery
from vidmagic.spec.events import Event, Running

MODERATED = "7"
STATES = {"1": "succeeded", "5": "processing", MODERATED: "failed", "8": "failed"}
WHY = {
    MODERATED: "the video did not pass the service's moderation (status 7)",
    "8": "the service could not make the video (status 8)",
}
REASONS: dict[str, Reason] = {
    **dict.fromkeys(("400011", "400013", "400017", "400018", "400019", "500060", "701009"), "parameters"),
    **dict.fromkeys(("400032", "500030", "500031", "500032", "500033", "500041", "500042", "500054"), "image"),
    "400012": "key",
    "500008": "not found",
    "500020": "key",
    "500044": "concurrency",
    "500063": "prompt",
    MODERATED: "result",
}


class PixVerseQuery(TaskQuery):
    """The query of both models."""

    __slots__ = ()

    def reason(self, code: str) -> Reason | None:
        """Return what *code* means; the gateway puts the model's name before a number, as in pixverse_c1_400017."""
        number = re.fullmatch(r"(?:\w+_)?(\d+)", code)
        return super().reason(number[1] if number is not None else code)

    def interpret(self, answer: Json) -> Iterator[Event]:
        """Turn a reply into the state of the task; one without a picture yet goes on, whatever its status."""
        if any(value.get("outputWidth") == 0 and str(value.get("status")) == "1" for value in objects_in(answer)):
            return iter([Running(message="succeeded")])
        return super().interpret(answer)

    def links(self, task: Json, *, done: bool) -> tuple[str, ...]:
        """Return the links to the video, and then with slashes for their `%2F`: the documents use both."""
        links = super().links(task, done=done)
        return tuple(dict.fromkeys([*links, *(link.replace("%2F", "/") for link in links)]))

    def failed(self, answer: Json, task: Json, state: str, word: str) -> Failed:
        """Return the failure that *answer* reports of *task*; a number stands for the words that are not sent."""
        if state in WHY and not any(error_in(answer)):
            return failure(WHY[state], self.reason(state))
        return super().failed(answer, task, state, word)


QUERY = PixVerseQuery("paiwo-get", REASONS, STATES)
