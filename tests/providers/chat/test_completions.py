"""The wire of chats follows chat.md, and the samples of the services' documents are read."""

from __future__ import annotations

from typing import Any

import pytest

from tests.faults.answers import json_answer
from tests.faults.server import FaultServer
from tests.providers.steps import KEY, samples
from vidmagic.http.transport import Transport
from vidmagic.providers.chat.completions import PATH, Answer, ask, request_body
from vidmagic.providers.chat.frames import choice, content
from vidmagic.providers.chat.usage import Usage, read_usage, usage_text

MESSAGES = [
    {"role": "system", "content": "You rewrite prompts …"},
    {"role": "user", "content": "<wish>more wind</wish>\n<prompt>\na red kite\n</prompt>"},
]
# As DMXAPI's document shows the answer of deepseek-v4-flash, thoughts and all.
SAMPLE: dict[str, Any] = {
    "choices": [
        {
            "finish_reason": "stop",
            "index": 0,
            "logprobs": None,
            "message": {"content": "鲁迅", "reasoning_content": "我们被问到", "role": "assistant", "refusal": None},
        }
    ],
    "created": 1781774236,
    "id": "chatcmpl-3eaf7cfa",
    "model": "deepseek-v4-flash",
    "object": "chat.completion",
    "usage": {
        "completion_tokens": 181,
        "completion_tokens_details": {"reasoning_tokens": 57},
        "prompt_tokens": 13,
        "total_tokens": 194,
    },
}


def test_the_request_is_as_on_its_page() -> None:
    """The sample of chat.md is what is sent."""
    assert request_body("deepseek-v4-flash", MESSAGES) == samples("chat/chat")["The request"]


def test_the_sample_of_the_document_is_read() -> None:
    """An answer in one piece: the text without the thoughts, and the tokens."""
    server = FaultServer().then(json_answer(SAMPLE))
    written: list[str] = []
    http = Transport(server.url, lambda: {"Authorization": KEY})
    answer = ask(http, f"/v1{PATH}", request_body("deepseek-v4-flash", MESSAGES), written.append)
    server.down()
    assert answer == Answer("鲁迅", "stop", "", Usage(13, 181, 194))
    assert written == ["鲁迅"]


@pytest.mark.parametrize(
    ("usage", "text"),
    [
        (SAMPLE["usage"], "194 tokens (13 sent, 181 written)"),
        ({"prompt_tokens": 13, "completion_tokens": 7}, "20 tokens (13 sent, 7 written)"),
        ({"total_tokens": 1234}, "1,234 tokens"),
        ({"prompt_tokens": True, "completion_tokens": "7", "total_tokens": -1}, "tokens not reported"),
        ({"total_tokens": 10**30}, "tokens not reported"),
        ({}, "tokens not reported"),
    ],
)
def test_tokens_are_shown_as_reported(usage: dict[str, Any], text: str) -> None:
    """What is not a number of tokens is not shown as one, and money is never made of it."""
    assert usage_text(read_usage({"usage": usage}), in_sandbox=False) == f"{text} · price unknown"
    assert usage_text(None, in_sandbox=True) == "tokens not reported · free (sandbox)"


@pytest.mark.parametrize(
    "frame",
    ["[DONE]", {}, {"choices": None}, {"choices": []}, {"choices": ["x"]}, {"choices": [{"delta": 7}]},
     {"choices": [{"delta": {"content": ["x"]}}]}, {"usage": 7}],
)  # fmt: skip
def test_a_frame_of_another_form_adds_nothing(frame: Any) -> None:
    """Whatever comes, nothing is raised and no text is added."""
    assert content(frame) == ""
    assert isinstance(choice(frame), dict)
    assert read_usage(frame) is None
