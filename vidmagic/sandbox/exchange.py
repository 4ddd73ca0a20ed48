"""One HTTP exchange as values: the request, the response, and the route that leads from one to the other."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl

JSON = "application/json; charset=utf-8"
EVENT_STREAM = "text/event-stream; charset=utf-8"
MOST_NESTED = 64  # lists and objects in one another, far more than any document asks for
JsonObject = dict[str, Any]  # a JSON object whose fields have been checked


@dataclass(frozen=True, slots=True)
class Request:
    """A request as received. `query` is the raw query string; `params` are the named parts of the route."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    params: Mapping[str, str] = field(default_factory=dict)

    def header(self, name: str) -> str | None:
        """Return the value of a header, whatever its case."""
        return next((value for key, value in self.headers.items() if key.lower() == name.lower()), None)

    def argument(self, name: str) -> str | None:
        """Return one argument of the query string."""
        return dict(parse_qsl(self.query, keep_blank_values=True)).get(name)

    def document(self) -> Any:
        """Return the parsed JSON body, None for anything but JSON and for JSON that is nested too deeply."""
        try:
            document = json.loads(self.body, parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            return None
        return document if _is_shallow(document) else None


@dataclass(frozen=True, slots=True)
class Response:
    """An answer; `body` is bytes, or an iterator whose items are sent one by one as they come.

    `accepted` is the id of the task that this answer reports as created (and charged).
    """

    status: int
    body: bytes | Iterator[bytes]
    headers: Mapping[str, str] = field(default_factory=dict)
    accepted: str | None = None


class Refused(Exception):
    """A service's own error answer, raised from anywhere inside its handler."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


class HangUp(Exception):
    """Close the connection at once, in the middle of the stream or before any answer."""

    def __init__(self, accepted: str | None = None) -> None:
        super().__init__("the sandbox hangs up")
        self.accepted = accepted


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a path pattern (a regular expression with named groups) with their handler."""

    method: str
    pattern: str
    handler: Callable[[Request], Response]


def reply(
    value: object, status: int = 200, *, accepted: str | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """Make a JSON answer."""
    body = json.dumps(value, ensure_ascii=False).encode(errors="backslashreplace")  # half a surrogate pair: as \\ud83d
    return Response(status, body, {"Content-Type": JSON, **(headers or {})}, accepted)


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def _is_shallow(document: object) -> bool:
    level = [document]
    for _ in range(MOST_NESTED):
        level = [inner for value in level for inner in _inside(value)]
        if not level:
            return True
    return False


def _inside(value: object) -> Iterable[object]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def dispatch(routes: Sequence[Route], request: Request) -> Response:
    """Answer *request* by the first route that matches; without one, 404."""
    for route in routes:
        match = re.fullmatch(route.pattern, request.path)
        if match is not None and route.method == request.method:
            try:
                return route.handler(replace(request, params=match.groupdict()))
            except Refused as refused:
                return refused.response
    return reply({"error": {"message": f"no {request.method} {request.path} here", "code": "not_found"}}, 404)
