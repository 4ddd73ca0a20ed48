"""Ask a language model once, by POST /v1/chat/completions, and read its answer as it comes. See chat.md beside this."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from vidmagic.errors import OutcomeUnknown, Reason, Refused, VidmagicError
from vidmagic.http.reply import Reply
from vidmagic.http.sse import Frame
from vidmagic.http.transport import Transport
from vidmagic.providers.chat.frames import choice, content, error_message, error_reason
from vidmagic.providers.chat.usage import Usage, read_usage
from vidmagic.providers.contract import Json
from vidmagic.providers.replies import failure, not_accepted

PATH = "/chat/completions"
MOST = 100_000  # characters of an answer, its reasoning included; reading stops there, and with it the writing
NOT_REPEATED = "It is not sent again by itself. Whoever wants to ask once more runs the same line again."
_HINTS: dict[Reason, str] = {
    "not found": "Set a language model that the endpoint has: `%config VideoMagics.chat_model = 'NAME'`.",
    "parameters": "The endpoint did not take the request: set another language model by chat_model.",
    "prompt": "The moderation refused the prompt or the wish: reword it.",
    "image": "The request is too long: shorten the prompt.",
    "rate": "Too many requests: wait a little, then ask again.",
    "balance": "The account is out of credit: top it up, then ask again.",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a language model wrote: its `text`, the service's word for why it ended, and what was used.

    `refusal` is the model's own refusal where the service reports one apart from the text.
    """

    text: str
    finish: str
    refusal: str = ""
    usage: Usage | None = None


def request_body(model: str, messages: Sequence[Json]) -> Json:
    """Return the JSON that is sent; the usage comes at the end of a stream only if it is asked for."""
    return {"model": model, "messages": list(messages), "stream": True, "stream_options": {"include_usage": True}}


def ask(http: Transport, path: str, body: Json, on_text: Callable[[str], None]) -> Answer:
    """Send *body* once and return the answer; *on_text* is called with all that was written so far.

    Raises NotSent where no byte left, Refused where the service refuses, Failed where it reports a failure, and
    OutcomeUnknown where the answer was lost. Nothing is sent again here.
    """
    reading = _Reading(http.redact, on_text)
    try:
        with http.paid.submit_stream(path, body) as (reply, arriving):
            if not reply.ok:
                raise _not_answered(reply)
            reading.read(arriving)
    except OutcomeUnknown as lost:
        if not reading.finish:  # behind the end only the usage is missing
            lost.hint = NOT_REPEATED
            raise
    return reading.answer()


class _Reading:
    """An answer that is being read. *redact* removes the key, which may come in two pieces."""

    def __init__(self, redact: Callable[[str], str], on_text: Callable[[str], None]) -> None:
        self._redact = redact
        self._on_text = on_text
        self._refusal = self._text = self.finish = ""
        self._ended = False
        self._length = 0
        self._usage: Usage | None = None

    def read(self, arriving: Iterator[Frame]) -> None:
        """Read frames up to the end of the stream. Raises Failed for an error in it."""
        for frame in arriving:
            if frame == "[DONE]":
                self._ended = True
                return
            if isinstance(frame, dict):
                self._add(frame)
            self._length += len(content(frame)) + len(content(frame, "reasoning_content"))
            if self._length > MOST:
                raise OutcomeUnknown(f"the answer has more than {MOST:,} characters; reading stopped there")

    def _add(self, frame: dict[str, object]) -> None:
        if error := frame.get("error"):
            raise failure(error_message(error), error_reason(error))
        self._usage = read_usage(frame) or self._usage
        finish = choice(frame).get("finish_reason")
        self.finish = finish if isinstance(finish, str) and finish else self.finish
        self._refusal += content(frame, "refusal")
        if added := content(frame):
            self._text += added
            self._on_text(self._redact(self._text))

    def answer(self) -> Answer:
        """Return the whole answer. Raises OutcomeUnknown for a stream that stopped before its end."""
        if not (self.finish or self._ended):
            raise OutcomeUnknown("the stream ended before the answer did", hint=NOT_REPEATED)
        return Answer(self._redact(self._text), self.finish, self._redact(self._refusal), self._usage)


def _not_answered(reply: Reply) -> VidmagicError:
    error = reply.json.get("error")
    reason = error_reason(error) if error else None
    if reply.status >= 500 and reason != "not found":  # the gateway itself knows that it has no such model
        reason = None
    refused = not_accepted(reply, message=error_message(error) if error else "", reason=reason, lacks="an answer")
    if isinstance(refused, Refused):
        refused.hint = _HINTS.get(refused.reason, refused.hint)
    return refused
