"""Event streams: `sse.frames` beside other decoders on the same well-formed bytes; the JSON is parsed each time."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

from tests.bench import peers
from tests.bench.row import Row

EVENTS, PIECE, ROUNDS = 40_000, 16_384, 7


def measure() -> Iterator[Row]:
    """Yield MB/s beside each peer; the decoders run in the peers' environment, one after the other in each round."""
    peers.make()
    rates: dict[str, float] = peers.run_module(__name__)
    ours = rates.pop("vidmagic")
    best = max(rates.values())
    for name, rate in rates.items():
        yield Row("streams", "events decoded", ours, "MB/s", name, rate, "≥ 1×" if rate == best else "")


def _stream() -> bytes:
    """Return events in the form of OpenAI's API, some 200 bytes each."""
    events = (
        f"event: response.output_text.delta\ndata: {json.dumps(_event(number), ensure_ascii=False)}\n\n"
        for number in range(EVENTS)
    )
    return "".join([*events, "data: [DONE]\n\n"]).encode()


def _event(number: int) -> dict[str, object]:
    words = f"当前进度: {number % 100}% of a red kite over the sea"
    return {"type": "response.output_text.delta", "sequence_number": number, "delta": words, "item_id": "msg_0123456"}


def _ours(pieces: list[bytes]) -> Iterator[Any]:
    from vidmagic.http.sse import frames

    return frames(pieces)


def _sseclient(pieces: list[bytes]) -> Iterator[Any]:
    from sseclient import SSEClient

    return (event.data for event in SSEClient(iter(pieces)).events())


def _httpx_sse(pieces: list[bytes]) -> Iterator[Any]:
    import httpx
    from httpx_sse import EventSource

    response = httpx.Response(200, headers={"Content-Type": "text/event-stream"}, content=iter(pieces))
    return (event.data for event in EventSource(response).iter_sse())


def _openai(pieces: list[bytes]) -> Iterator[Any]:
    from openai._streaming import SSEDecoder

    return (event.data for event in SSEDecoder().iter_bytes(iter(pieces)))


DECODERS: dict[str, Callable[[list[bytes]], Iterator[Any]]] = {
    "vidmagic": _ours,
    "sseclient-py": _sseclient,
    "httpx-sse": _httpx_sse,
    "openai": _openai,
}


def _rate(decode: Callable[[list[bytes]], Iterator[Any]], stream: bytes) -> float:
    pieces = [stream[at : at + PIECE] for at in range(0, len(stream), PIECE)]
    begun = time.perf_counter()
    parsed = [json.loads(data) if isinstance(data, str) and data != "[DONE]" else data for data in decode(pieces)]
    took = time.perf_counter() - begun
    if len(parsed) != EVENTS + 1 or parsed[7] != _event(7):
        raise ValueError("a decoder lost events")
    return len(stream) / 1e6 / took


def main() -> None:
    """Print the median rate of each decoder as JSON."""
    stream = _stream()
    rounds = [{name: _rate(decode, stream) for name, decode in DECODERS.items()} for _ in range(ROUNDS)]
    print(json.dumps({name: statistics.median(round_rates[name] for round_rates in rounds) for name in DECODERS}))  # noqa: T201


if __name__ == "__main__":
    main()
