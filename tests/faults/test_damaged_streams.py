"""A stream may be cut and spoilt in any way: the link whose bytes arrived is used, and nothing else is."""

from __future__ import annotations

import dataclasses
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from tests.faults.answers import Answer
from tests.faults.conftest import Trial
from tests.faults.systems import STREAM, SYSTEMS, Fault, sora_chunks, sora_stream
from tests.faults.toxics import limit_body, slicer
from tests.patience import ended
from tests.quick import QUICK, SHORT_TIMEOUTS
from vidmagic.errors import OutcomeUnknown, VidmagicError
from vidmagic.http.sse import frames
from vidmagic.providers.chat.frames import content
from vidmagic.providers.sora_stream import interpret
from vidmagic.spec.events import Ready

LINK = "https://cdn.example.com/v/9f(1).mp4?Expires=9&Signature=a%2Fb"
ENDS = (b"\n", b"\r\n", b"\r")
ODD = ({"choices": []}, {}, {"choices": [{"delta": None}]}, {"choices": [{"delta": {"content": None}}]})
NOISE = (b": keep-alive", b"event: message", b"id: 7", b"retry: 100", b"", b"data:", b"data: null", b"data: \xff\xfe")
BOM = b"\xef\xbb\xbf"
PROMPTS = (
    "a kite",
    "错误 error 失败",
    "see https://example.com/x.mp4",
    "```json {",
    "\u2028 \u202e \x1b[0m",
    "a" * 3000,
)


def read_links(chunks: Iterator[bytes] | list[bytes], *, broken: bool = False) -> tuple[str, ...]:
    """Return the links that a stream leads to; empty when it leads to none."""

    def arriving() -> Iterator[Any]:
        yield from frames(chunks)
        if broken:
            raise OutcomeUnknown("broke")

    try:
        return next(event.urls for event in interpret(arriving()) if isinstance(event, Ready))
    except (VidmagicError, StopIteration):
        return ()


def spoilt(dice: random.Random) -> tuple[bytes, int, bool]:
    """Make a stream in some dialect; return it, where its link has arrived for sure, and whether it breaks off."""
    end, lines, text, arrived = dice.choice(ENDS), [b""] * dice.randrange(2), "", 0
    for chunk in _split(sora_chunks(LINK, dice.choice(PROMPTS)), dice):
        while dice.random() < 0.2:
            lines.append(dice.choice(NOISE))
        lines.append(b"data:" + dice.choice((b" ", b"")) + json.dumps(chunk, ensure_ascii=dice.random() < 0.5).encode())
        text += content(chunk)
        if not arrived and f"{LINK})" in text:
            arrived = len(end.join(lines)) + len(BOM)
        if dice.random() < 0.5:
            lines.append(b"")
    if dice.random() < 0.7:
        lines.append(b"data: [DONE]")
    whole = (BOM if dice.random() < 0.1 else b"") + end.join(lines) + dice.choice((end, b""))
    return whole, arrived, dice.random() < 0.3


def _split(chunks: list[dict[str, Any]], dice: random.Random) -> Iterator[dict[str, Any]]:
    """Cut the texts of a stream over more deltas, links included, and put odd ones between them."""
    for chunk in chunks:
        text = chunk["choices"][0]["delta"].get("content") or ""
        if dice.random() < 0.3:
            yield dice.choice(ODD)
        at = dice.randrange(len(text)) if text and dice.random() < 0.5 else 0
        if at:
            yield {"choices": [{"index": 0, "delta": {"content": text[:at]}}]}
            text = text[at:]
        yield {**chunk, "choices": [{**chunk["choices"][0], "delta": {"content": text} if text else {}}]}


def cut_up(data: bytes, dice: random.Random) -> list[bytes]:
    """Return *data* in pieces of any size."""
    cuts = sorted(dice.randrange(len(data) + 1) for _ in range(dice.randrange(12)))
    return [data[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]


def test_any_stream_of_events_is_read_or_refused(trial: Trial, dice: random.Random, *, long: bool) -> None:
    """M06: The link is read if its bytes have arrived, in any dialect; only errors of ours are raised."""
    size = 100_000 if long else 3_000
    for _ in range(size):
        whole, arrived, cut = spoilt(dice)
        at = dice.randrange(len(whole)) if cut else len(whole)
        links = read_links(cut_up(whole[:at], dice), broken=cut)
        if at >= arrived:
            assert links[:1] == (LINK,), whole[:at]
        else:
            assert links in {(), (LINK,)}, whole[:at]
    trial.figures.add(cases=size, streams=size, lost=0)


@pytest.mark.parametrize("end", ENDS, ids=ascii)
def test_a_stream_split_anywhere_is_read_alike(end: bytes, trial: Trial, *, long: bool) -> None:
    """M06: Cut in two at each byte, and fed byte by byte, a stream says the same."""
    count = 0
    for number in range(40 if long else 4):
        whole = spoilt(random.Random(number))[0].replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", end)
        expected = list(frames([whole]))
        step = 1 if long else 7
        for at in range(0, len(whole), step):
            assert list(frames([whole[:at], whole[at:]])) == expected
            count += 1
        assert list(frames(bytes([byte]) for byte in whole)) == expected
    trial.figures.add(cases=count, splits=count)


@pytest.mark.parametrize("timing", [dataclasses.replace(QUICK, timeouts=SHORT_TIMEOUTS)], ids=["short timeouts"])
def test_a_stream_cut_on_the_wire(trial: Trial, dice: random.Random, *, long: bool) -> None:
    """M06: Cut anywhere on a real socket, the job is done if its link had arrived, else unknown, and paid once."""
    service = trial.serve()
    sora = SYSTEMS["sora"]
    for number in range(1000 if long else 30):
        prompt = f"wire {number}"
        body = sora_stream(service.link(), prompt)
        link_end = body.index("查看视频".encode()) + len("查看视频~~~".encode()) + 12
        at = dice.randrange(link_end - 250, len(body) + 1)
        answer = Answer(body=body, headers={**STREAM, "Content-Length": ""}, toxics=(limit_body(at), slicer(700)))
        service.faults = [Fault("cut", lambda _, answer=answer: answer, paid=True)]
        job = ended(trial.start(prompt, sora))
        assert job.state in ({"done"} if at > link_end + 40 else {"done", "unknown"})
        assert service.submitted.count(prompt) == 1
        trial.figures.add(
            cases=1, submits=1, paid=1, done=job.state == "done", unknown_paid=job.state == "unknown", lost=0
        )
