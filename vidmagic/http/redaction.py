"""Remove a key from the answers of a service: some services echo it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable, Iterator, Sequence

from vidmagic.http.json_text import read_json
from vidmagic.http.reply import Reply
from vidmagic.http.sse import Frame

MARK = "***"


@dataclasses.dataclass(frozen=True, slots=True)
class Redaction:
    """Replace every form in which a service may echo a key; `secrets` returns those forms at the time of the call."""

    secrets: Callable[[], Sequence[str]] = dataclasses.field(repr=False)

    def text(self, text: str) -> str:
        """Return *text* without the key."""
        for form in self.secrets():
            text = text.replace(form, MARK)
        return text

    def reply(self, reply: Reply) -> Reply:
        """Return *reply* with a body without the key."""
        body = reply.body
        for form in self.secrets():
            body = body.replace(form.encode(), MARK.encode())
        return dataclasses.replace(reply, body=body)

    def frames(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """Yield *frames* without the key."""
        for frame in frames:
            text = frame if isinstance(frame, str) else json.dumps(frame, ensure_ascii=False)
            redacted = self.text(text)
            if redacted == text:
                yield frame
            else:
                yield redacted if isinstance(frame, str) else read_json(redacted)
