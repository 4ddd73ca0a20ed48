"""A language model that rewrites prompts by rules, as chats of the gateways: any model that is not Sora.

It reads the rules of the first message (the longest prompt, the camera moves in brackets) and of the last one the wish
and the prompt, in tags; without tags the whole message is the prompt. The same question has the same answer.

Directives of the prompt decide how it answers: refuse, balance, rate and error500 as everywhere; `drop` cuts the stream
in the middle, `fail` ends it with an error, `cancel` ends it at the length limit. `missing-model` is not a model.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Callable, Iterator

from . import gateway
from .directives import Outcome, read_directives
from .exchange import EVENT_STREAM, HangUp, JsonObject, Request, Response, Route, reply
from .fields import Field, check
from .task_store import TaskStore

MISSING = "missing-model"
FIELDS = {
    "model": Field(str, required=True, not_empty=True),
    "messages": Field(list, required=True, not_empty=True),
    "stream": Field(bool),
    "stream_options": Field(dict),
    "temperature": Field(float),
    "max_tokens": Field(int, low=1),
}
MESSAGE = {
    "role": Field(str, required=True, choices=("system", "user", "assistant")),
    "content": Field(str, required=True),
}
PHRASES = ("soft light from the side", "fine detail in every surface", "the camera moves slowly and steadily")
CHINESE_PHRASES = ("侧面柔和的光线", "细节清晰", "镜头缓慢平稳地移动")
_TAGS = re.compile(r"(?:<wish>(?P<wish>.*?)</wish>\s*)?<prompt>\n?(?P<prompt>.*?)\n?</prompt>\s*", re.DOTALL)
_LONGEST = re.compile(r"at most ([\d,]+) characters")
_MOVE = re.compile(r"\[(?:Push in|推进)\]")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_DIRECTIVE = re.compile(r"\s*\[\[.*?\]\]")
_PIECE = 12  # characters of a chunk


class Chat:
    """Answer the chat endpoint; `sora` answers what is addressed to a model of that name."""

    def __init__(self, store: TaskStore, sora: Callable[[Request], Response]) -> None:
        self._store = store
        self._sora = sora
        self.routes = (Route("POST", "/v1/chat/completions", self.complete),)

    def complete(self, request: Request) -> Response:
        """Answer POST /v1/chat/completions."""
        body = request.document()
        model = str(body.get("model")) if isinstance(body, dict) else ""
        if not model or model.startswith("sora"):
            return self._sora(request)
        key = gateway.check_key(request, bare=True)
        rules, asked = _read(body)
        if model == MISSING:
            raise gateway.refuse(503, "model_not_found", f"no channel for the model {model}")
        directives = read_directives(asked)
        gateway.check_balance(key, directives)
        gateway.check_moderation(directives)
        if directives.outcome == "error500":
            return reply({"error": {"message": "upstream error", "type": "new_api_error", "code": "internal"}}, 500)
        text = rewrite(rules, asked)
        if not body.get("stream"):
            return reply(_whole(model, text, asked))
        frames = self._frames(model, text, asked, directives.outcome, usage=bool(body.get("stream_options")))
        return Response(200, frames, {"Content-Type": EVENT_STREAM})

    def _frames(self, model: str, text: str, asked: str, outcome: Outcome | None, *, usage: bool) -> Iterator[bytes]:
        """Yield the stream: a chunk that names the role, the text in pieces, why it ended, and what was used."""
        end = b"\n\n" if self._store.blank_lines else b"\n"
        head = _head(model, "chat.completion.chunk")

        def frame(value: JsonObject) -> bytes:
            return b"data: " + json.dumps(value, ensure_ascii=False).encode(errors="backslashreplace") + end

        def chunk(delta: JsonObject, finish: str | None = None) -> bytes:
            return frame({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})

        pieces = [text[at : at + _PIECE] for at in range(0, len(text), _PIECE)]
        if outcome in {"drop", "fail", "cancel"}:
            pieces = pieces[: max(1, len(pieces) // 2)]
        yield chunk({"role": "assistant", "content": ""})
        for piece in pieces:
            yield chunk({"content": piece})
        if outcome == "drop":
            raise HangUp
        if outcome == "fail":
            yield frame({"error": {"message": "the upstream model failed", "type": "upstream_error", "code": ""}})
            return
        yield chunk({}, "length" if outcome == "cancel" else "stop")
        if usage:
            yield frame({**head, "choices": [], "usage": _usage(asked, "".join(pieces))})
        yield b"data: [DONE]" + end


def rewrite(rules: str, asked: str) -> str:
    """Return the prompt of *asked* with its wish and with phrases that it lacks, as long as *rules* allow it to be."""
    tags = _TAGS.fullmatch(asked)
    wish, prompt = ((tags["wish"] or "").strip(), tags["prompt"]) if tags is not None else ("", asked)
    words = _DIRECTIVE.sub("", prompt).rstrip()
    directives = prompt[len(words) :] if prompt.startswith(words) else "".join(_DIRECTIVE.findall(prompt))
    longest = _LONGEST.search(rules)
    most = int(longest[1].replace(",", "")) if longest is not None else 10_000
    chinese = _CHINESE.search(words) is not None
    move = _MOVE.search(rules)
    additions = [wish, *(CHINESE_PHRASES if chinese else PHRASES)]
    new = words.rstrip(" .。") or words
    for addition in filter(None, additions):
        longer = f"{new}{'，' if chinese else ', '}{addition}"
        if addition.lower() not in new.lower() and len(longer) + len(directives) < most:
            new = longer
    if move is not None and "[" not in words and len(new) + len(move[0]) + len(directives) + 1 < most:
        new = f"{new} {move[0]}"
    return new[:1].upper() + new[1:] + directives


def _read(body: JsonObject) -> tuple[str, str]:
    """Return the rules and the question of a body that has the form of a chat."""
    problems = check(body, FIELDS)
    for number, message in enumerate(body["messages"] if not problems else ()):
        problems += check(message, MESSAGE, f"messages[{number}].")
    if problems:
        raise gateway.refuse(400, "invalid_request", problems[0].message, "invalid_request_error")
    rules = "\n".join(message["content"] for message in body["messages"] if message["role"] == "system")
    return rules, body["messages"][-1]["content"]


def _head(model: str, kind: str) -> JsonObject:
    return {"id": f"chatcmpl-{secrets.token_hex(8)}", "object": kind, "created": int(time.time()), "model": model}


def _whole(model: str, text: str, asked: str) -> JsonObject:
    message = {"role": "assistant", "content": text}
    choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
    return {**_head(model, "chat.completion"), "choices": choices, "usage": _usage(asked, text)}


def _usage(asked: str, text: str) -> JsonObject:
    """Return about as many tokens as a language model would count."""
    sent, written = len(asked) // 4 + 1, len(text) // 4 + 1
    return {"prompt_tokens": sent, "completion_tokens": written, "total_tokens": sent + written}
