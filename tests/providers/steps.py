"""What the tests of the providers share: the samples of a page, a checked request, a job from submit to link."""

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
    """Return the JSON samples of a provider's page by their headings; each heading has at most one."""
    text = (resources.files("vidmagic.providers") / f"{page}.md").read_text("utf-8")
    sections = re.split(r"^#+ ", text, flags=re.MULTILINE)
    fence = re.compile(r"^```json\n(.*?)^```$", re.DOTALL | re.MULTILINE)
    found = {part.splitlines()[0]: fence.search(part) for part in sections if part}
    return {heading: json.loads(sample[1]) for heading, sample in found.items() if sample}


def request(provider: Provider, short: str, prompt: str, **given: Any) -> Request:
    """Return a request as it would be sent."""
    model = next(model for model in provider.models if model.short == short)
    return make_plan(provider, model, prompt, given, in_sandbox=False, loopback=True).request


def calling(provider: Provider, url: str, **more: Any) -> Transport:
    """Return a transport that speaks with the service at *url*."""
    return Transport(url, lambda: provider.service.headers(KEY), **more)


def finish(provider: Provider, ticket: Ticket, http: Transport) -> Ready:
    """Look until the film can be fetched."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        for event in provider.follow(ticket, http.service):
            if isinstance(event, Ready):
                return event
        time.sleep(0.02)
    raise AssertionError("the film did not come")


def fetch(http: Transport, url: str) -> bytes:
    """Return what a result link leads to."""
    with http.open.fetch(url, {}) as (reply, chunks):
        assert reply.ok
        return b"".join(chunks)


@contextmanager
def answering(*answers: Answer) -> Iterator[FaultServer]:
    """Serve these answers in their order."""
    server = FaultServer().then(*answers)
    try:
        yield server
    finally:
        server.down()


def told(provider: Provider, answer: Answer, ticket: Ticket, timeouts: Timeouts = DEFAULT_TIMEOUTS) -> list[Event]:
    """Return the events of one look that is answered so."""
    with answering(answer) as server:
        return list(provider.follow(ticket, calling(provider, server.url, timeouts=timeouts).service))


def submitted(provider: Provider, sent: Request, answer: Answer) -> Ticket:
    """Return the ticket of a submit that is answered so."""
    with answering(answer) as server:
        return provider.submit(sent, calling(provider, server.url))


def refused(status: int, document: Any) -> Answer:
    """Answer with an error."""
    return json_answer(document, status=status)


def events(*frames: Any, done: bool = False) -> Answer:
    """Answer with an event stream."""
    lines = [
        f if isinstance(f, str) else json.dumps(f, ensure_ascii=False) for f in [*frames, *(["[DONE]"] if done else [])]
    ]
    return Answer(
        body="".join(f"data: {line}\n\n" for line in lines).encode(), headers={"Content-Type": "text/event-stream"}
    )


def image(width: int = 64, height: int = 48, kind: str = "PNG") -> bytes:
    """Make an image file."""
    file = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(file, kind)
    return file.getvalue()


def accepted(sandbox: Sandbox) -> list[str]:
    """Return the ids of the tasks that were started."""
    return [call.accepted for call in sandbox.ledger if call.accepted is not None]
