"""Calls of programs that others wrote, each in the way of its own documentation; run in their environment.

`python calls.py CLIENT ORIGIN` asks the services at ORIGIN for a video of the prompt "a kite" and prints as JSON what
the client made of the answers.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable

KEY = "sk-of-a-client"
SORA, SEEDANCE = "sora_video2", "doubao-seedance-1-5-pro-responses"
MESSAGES = [{"role": "user", "content": [{"type": "text", "text": "a kite"}]}]


def openai_chat(origin: str) -> object:
    """Return the text that openai reads from Sora's stream."""
    import openai

    client = openai.OpenAI(api_key=KEY, base_url=f"{origin}/v1", max_retries=0)
    chunks = list(client.chat.completions.create(model=SORA, messages=MESSAGES, stream=True))
    return {"chunks": len(chunks), "text": "".join(chunk.choices[0].delta.content or "" for chunk in chunks)}


def openai_responses(origin: str) -> object:
    """Return the text that openai reads from the query of a Seedance job."""
    import openai

    client = openai.OpenAI(api_key=KEY, base_url=f"{origin}/v1", max_retries=0)
    submitted = client.responses.create(model=SEEDANCE, input=[{"type": "text", "text": "a kite"}])
    events = list(client.responses.create(model="seedance-get", input=submitted.id, stream=True))
    deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
    whole = events[-1].response.output[0].content[0].text
    return {"chunks": len(events), "text": "".join(deltas), "whole": whole}


def litellm_chat(origin: str) -> object:
    """Return the text that litellm reads from Sora's stream."""
    import litellm

    stream = litellm.completion(
        model=f"openai/{SORA}", messages=MESSAGES, stream=True, api_base=f"{origin}/v1", api_key=KEY, num_retries=0
    )
    chunks = list(stream)
    return {"chunks": len(chunks), "text": "".join(chunk.choices[0].delta.content or "" for chunk in chunks)}


def httpx_sse(origin: str) -> object:
    """Return the text that httpx-sse reads from Sora's stream."""
    import httpx
    from httpx_sse import connect_sse

    body = {"model": SORA, "stream": True, "messages": MESSAGES}
    headers = {"Authorization": f"Bearer {KEY}"}
    with (
        httpx.Client(timeout=30, trust_env=False) as client,
        connect_sse(client, "POST", f"{origin}/v1/chat/completions", json=body, headers=headers) as source,
    ):
        return _text([event.data for event in source.iter_sse()])


def sseclient(origin: str) -> object:
    """Return the text that sseclient-py reads from Sora's stream."""
    import requests
    import sseclient as reader

    body = {"model": SORA, "stream": True, "messages": MESSAGES}
    headers = {"Authorization": f"Bearer {KEY}"}
    with requests.post(f"{origin}/v1/chat/completions", json=body, headers=headers, stream=True, timeout=30) as answer:
        return _text([event.data for event in reader.SSEClient(answer).events()])


def minimax_mcp(origin: str) -> object:
    """Return what minimax-mcp makes of a Hailuo job: it sends the id of the file alone."""
    os.environ.update(MINIMAX_API_KEY=KEY, MINIMAX_API_HOST=origin, MINIMAX_API_RESOURCE_MODE="url")
    os.environ["MINIMAX_MCP_BASE_PATH"] = tempfile.mkdtemp()
    from minimax_mcp import server

    begun = server.generate_video(model="MiniMax-Hailuo-02", prompt="a kite", async_mode=True)
    task = str(begun.text).partition("Task ID: ")[2].partition(".")[0]
    end = time.monotonic() + 30
    while "Success" not in (text := str(server.query_video_generation(task_id=task).text)):
        if time.monotonic() > end:
            break
        time.sleep(0.1)
    return {"chunks": 1, "text": text}


def _text(events: list[str]) -> object:
    contents = [json.loads(event)["choices"][0]["delta"].get("content", "") for event in events if event != "[DONE]"]
    return {"chunks": len(contents), "text": "".join(contents)}


CLIENTS: dict[str, Callable[[str], object]] = {
    client.__name__: client
    for client in (openai_chat, openai_responses, litellm_chat, httpx_sse, sseclient, minimax_mcp)
}

if __name__ == "__main__":
    print(json.dumps(CLIENTS[sys.argv[1]](sys.argv[2])))  # noqa: T201, the answer to the test
