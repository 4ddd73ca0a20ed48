"""The sandbox's language model: a rewrite by rules, as a stream or in one piece, with errors by directive."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from vidmagic.sandbox import Sandbox
from vidmagic.sandbox.chat import rewrite

RULES = "- The prompt has at most 2,000 characters\n- Camera moves are only these: [Pan left], [Push in]."


def chat(sandbox: Sandbox, content: str, key: str = "any", **more: Any) -> requests.Response:
    """Ask the language model."""
    messages = [{"role": "system", "content": RULES}, {"role": "user", "content": content}]
    body = {"model": "deepseek-v4-flash", "messages": messages, **more}
    return requests.post(f"{sandbox.url}/v1/chat/completions", json=body, headers={"Authorization": key}, timeout=5)


def frames(response: requests.Response) -> list[Any]:
    """Return the data of a stream."""
    lines = [line[6:] for line in response.content.decode().splitlines() if line.startswith("data: ")]
    return [line if line == "[DONE]" else json.loads(line) for line in lines]


def test_a_chat_in_one_piece_has_the_form_of_the_document(sandbox: Sandbox) -> None:
    """Text, reason of the end and usage stand where DMXAPI's sample has them."""
    answer = chat(sandbox, "a kite").json()
    (choice,) = answer["choices"]
    assert choice["finish_reason"] == "stop"
    assert choice["message"]["role"] == "assistant"
    assert choice["message"]["content"].startswith("A kite, ")
    assert answer["usage"]["total_tokens"] == answer["usage"]["prompt_tokens"] + answer["usage"]["completion_tokens"]


def test_a_stream_ends_with_the_usage(sandbox: Sandbox) -> None:
    """The role comes first, then the text in pieces, why it ended, what it used if asked for, and [DONE]."""
    role, *pieces, end, usage, done = frames(
        chat(sandbox, "a kite", stream=True, stream_options={"include_usage": True})
    )
    assert role["choices"][0]["delta"]["role"] == "assistant"
    assert len(pieces) > 3
    assert end["choices"][0]["finish_reason"] == "stop"
    assert (usage["choices"], done) == ([], "[DONE]")
    assert "usage" not in str(frames(chat(sandbox, "a kite", stream=True)))


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        ("a kite [[sandbox: refuse]]", 400, "content_policy_violation"),
        ("a kite [[sandbox: balance]]", 403, "insufficient_user_quota"),
        ("a kite [[sandbox: rate]]", 429, "rate_limit_exceeded"),
        ("a kite [[sandbox: error500]]", 500, "internal"),
    ],
)
def test_a_directive_decides_the_error(content: str, status: int, code: str, sandbox: Sandbox) -> None:
    """They are those of the video services."""
    answer = chat(sandbox, content)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


@pytest.mark.parametrize(("directive", "end"), [("fail", "error"), ("cancel", "length")])
def test_a_directive_decides_the_end_of_a_stream(directive: str, end: str, sandbox: Sandbox) -> None:
    """An error in mid-stream, or the length limit."""
    assert end in str(frames(chat(sandbox, f"a kite [[sandbox: {directive}]]", stream=True))[-2:])


def test_what_is_no_chat_is_refused(sandbox: Sandbox) -> None:
    """A bad key, a model that does not exist, an unknown field; a model of Sora is answered by Sora."""
    assert chat(sandbox, "a kite", key="bad-key").status_code == 401
    assert chat(sandbox, "a kite", model="missing-model").json()["error"]["code"] == "model_not_found"
    assert chat(sandbox, "a kite", top_k=3).status_code == 400
    assert "stream is required" in chat(sandbox, "a kite", "Bearer any", model="sora_video2").text


ENGLISH = "soft light from the side, fine detail in every surface, the camera moves slowly and steadily [Push in]"
CHINESE = "侧面柔和的光线，细节清晰，镜头缓慢平稳地移动 [Push in]"


@pytest.mark.parametrize(
    ("asked", "new"),
    [
        ("<wish>more wind</wish>\n<prompt>\na kite.\n</prompt>", f"A kite, more wind, {ENGLISH}"),
        ("<prompt>\n一只风筝\n</prompt>", f"一只风筝，{CHINESE}"),
    ],
)
def test_the_rules_of_the_rewrite(asked: str, new: str) -> None:
    """Wish and phrases are added in the prompt's language, once: a rewritten prompt stays as it is."""
    assert rewrite(RULES, asked) == new
    assert rewrite(RULES, new) == new


def test_the_limit_holds() -> None:
    """A prompt near the limit stays as it is, but for its first letter; its directives stay at its end."""
    prompt = "k" * 1990
    assert rewrite(RULES, prompt) == "K" + prompt[1:]
    assert rewrite(RULES, "a kite [[sandbox: seconds=1]]").endswith("[Push in] [[sandbox: seconds=1]]")
