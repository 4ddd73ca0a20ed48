"""Helpers of the provider tests: the samples of an API page, checked requests, polls, prepared answers."""

from __future__ import annotations

import io
import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from typing import Any

from PIL import Image

from tests.faults.answers import Answer, json_answer
from tests.faults.server import FaultServer
from vidmagic.http.timeouts import DEFAULT_TIMEOUTS, Timeouts
from vidmagic.http.transport import Transport
from vidmagic.providers.contract import Provider, Ticket
from vidmagic.sandbox import Sandbox
from vidmagic.session.planning import make_plan
from vidmagic.spec.events import Event, Ready
from vidmagic.spec.request import Request

KEY = "vm-canary-key"
FIRST, LAST = "https://example.com/first.jpeg", "https://example.com/last.jpeg"


def samples(page: str) -> dict[str, Any]:
    """Return the JSON samples of a provider's API page by their headings; each heading has at most one."""
    text = (resources.files("vidmagic.providers") / f"{page}.md").read_text("utf-8")
    sections = re.split(r"^#+ ", text, flags=re.MULTILINE)
    fence = re.compile(r"^```json\n(.*?)^```$", re.DOTALL | re.MULTILINE)
    fenced = {section.splitlines()[0]: fence.search(section) for section in sections if section}
    return {heading: json.loads(sample[1]) for heading, sample in fenced.items() if sample}


def request(provider: Provider, short: str, prompt: str, **given: Any) -> Request:
    """Return a checked request, as a session would send it."""
    model = next(model for model in provider.models if model.short == short)
    return make_plan(provider, model, prompt, given, in_sandbox=False, loopback=True).request


def transport_to(provider: Provider, url: str, **more: Any) -> Transport:
    """Return a transport to *url* with the headers of the provider's service."""
    return Transport(url, lambda: provider.service.headers(KEY), **more)


def poll_until_ready(provider: Provider, ticket: Ticket, http: Transport) -> Ready:
    """Poll until the video can be fetched."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        for event in provider.follow(ticket, http.service):
            if isinstance(event, Ready):
                return event
        time.sleep(0.02)
    raise AssertionError("the video was never ready")


def fetch(http: Transport, url: str) -> bytes:
    """Return the bytes behind a result link."""
    with http.open.fetch(url, {}) as (reply, chunks):
        assert reply.ok
        return b"".join(chunks)


@contextmanager
def serve(*answers: Answer) -> Iterator[FaultServer]:
    """Start a server that gives these answers in their order."""
    server = FaultServer().then(*answers)
    try:
        yield server
    finally:
        server.down()


def poll(provider: Provider, answer: Answer, ticket: Ticket, timeouts: Timeouts = DEFAULT_TIMEOUTS) -> list[Event]:
    """Return the events of a poll that gets *answer*."""
    with serve(answer) as server:
        return list(provider.follow(ticket, transport_to(provider, server.url, timeouts=timeouts).service))


def submit(provider: Provider, request: Request, answer: Answer) -> Ticket:
    """Return the ticket of a submit that gets *answer*."""
    with serve(answer) as server:
        return provider.submit(request, transport_to(provider, server.url))


def error_answer(status: int, document: Any) -> Answer:
    """Return an answer with an error."""
    return json_answer(document, status=status)


def stream_answer(*frames: Any, done: bool = False) -> Answer:
    """Return an answer that is an event stream."""
    lines = [
        frame if isinstance(frame, str) else json.dumps(frame, ensure_ascii=False)
        for frame in [*frames, *(["[DONE]"] if done else [])]
    ]
    return Answer(
        body="".join(f"data: {line}\n\n" for line in lines).encode(), headers={"Content-Type": "text/event-stream"}
    )


def image(width: int = 64, height: int = 48, kind: str = "PNG") -> bytes:
    """Make an image file."""
    file = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(file, kind)
    return file.getvalue()


def accepted_ids(sandbox: Sandbox) -> list[str]:
    """Return the ids of the tasks that were started."""
    return [call.accepted for call in sandbox.ledger if call.accepted is not None]
