"""Interpret the chat stream of Sora: progress, the links of the video, or why there is none."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator

from vidmagic.errors import OutcomeUnknown
from vidmagic.http.json_text import NOT_JSON, read_json_at
from vidmagic.http.sse import Frame, frames
from vidmagic.providers.chat.frames import choice, content, error_message, error_reason
from vidmagic.providers.links import Link, find_links, without_links
from vidmagic.providers.replies import failure
from vidmagic.spec.events import Event, Queued, Ready, Running, TextReceived

_POLICY = re.compile(r"违反|违规|政策|polic(?:y|ies)|violat", re.IGNORECASE)
_FAILURE = re.compile(rf"失败|错误|error|fail|{_POLICY.pattern}", re.IGNORECASE)


def interpret(arriving: Iterator[Frame]) -> Iterator[Event]:
    """Turn the frames of one chat stream into events; only a stream that ends without a link has failed.

    Raises Failed with the service's message, or OutcomeUnknown when it ended with neither a link nor a failure.
    """
    text = ""
    percent: float | None = None
    try:
        for frame in arriving:
            if frame == "[DONE]":
                continue
            yield TextReceived(frame if isinstance(frame, str) else json.dumps(frame, ensure_ascii=False))
            if isinstance(frame, dict) and (error := frame.get("error")):
                raise failure(error_message(error), error_reason(error))
            text += content(frame)
            percent = _percent(text, percent)
            if percent is not None:
                yield Running(percent)
            elif text.strip():
                yield Queued(_last_line(_without_echo(text)))
    except OutcomeUnknown:
        if not (links := _unbroken_videos(text)):
            raise
        yield Ready(links)
    else:
        yield _verdict(text)


def stored_frames(transcript: str) -> Iterator[Frame]:
    """Yield the frames of a stored stream. Raises OutcomeUnknown after the last one unless it ended the stream."""
    frame: Frame = ""
    for frame in frames([transcript.encode(errors="replace")]):
        yield frame
    if not choice(frame).get("finish_reason"):
        raise OutcomeUnknown(
            "the stream ended before the video was announced, and this service has no task id to ask again with",
            hint="Check the service's own log: it may be charged. `--again` buys a new take.",
        )


def video_links(text: str) -> tuple[str, ...]:
    """Return the links in *text* that may lead to the video, those that name an .mp4 first; no previews."""
    return tuple(dict.fromkeys(link.url for link in _candidates(text)))


def _verdict(text: str) -> Ready:
    """Return the links of a stream that has ended. Raises Failed or OutcomeUnknown where there is none."""
    message, links = _without_echo(text), _candidates(text)
    failed = _FAILURE.search(message) is not None
    if links and (_is_video(links[0]) or not failed):  # the message of a failure may link to a page of help
        return Ready(video_links(text))
    if failed:
        raise failure(message, "prompt" if _POLICY.search(message) else None)
    raise OutcomeUnknown(f"the stream ended without a link: {_last_line(message) or '(no text)'}")


def _candidates(text: str) -> list[Link]:
    links = [link for link in find_links(_without_echo(text)) if not re.search(r"\.(webp|gif|png|jpe?g)$", link.path)]
    return sorted(links, key=lambda link: not _is_video(link))


def _unbroken_videos(text: str) -> tuple[str, ...]:
    """Return the videos of a stream that broke off, without a link that broke off with it."""
    return tuple(dict.fromkeys(link.url for link in _candidates(text) if _is_video(link) and not link.at_end))


def _is_video(link: Link) -> bool:
    return link.path.endswith(".mp4")


def _without_echo(text: str) -> str:
    """Leave out the fenced echo of the prompt: any word, link or fence may stand in it, so it is read as JSON."""
    opening = re.search(r"```(?:json)?\s*(?=\{)", text)
    if opening is not None:
        with contextlib.suppress(*NOT_JSON):
            _, end = read_json_at(text, opening.end(), strict=False)
            return text[: opening.start()] + text[end:].lstrip().removeprefix("```")
    return re.sub(r"```(?:json)?\s*\{.*?(```|\Z)", " ", text, count=1, flags=re.DOTALL)


def _percent(text: str, before: float | None) -> float | None:
    """Return the last percentage of the stream: "进度：98.7%", or a growing row as "进度 42..54..67.."."""
    rows = re.findall(r"进度\s*[:：]?\s*(\d[\d.]*)", _without_echo(text))
    numbers = [part for part in re.split(r"\.{2,}", rows[-1]) if part] if rows else []
    value = float(numbers[-1]) if numbers and numbers[-1].count(".") < 2 else None
    return value if value is not None and 0 <= value <= 100 else before


def _last_line(text: str) -> str:
    line = next((line.strip("> ") for line in reversed(text.splitlines()) if line.strip("> ")), "")
    return without_links(line)[:200]
