"""A video as HTML for a notebook: the player, one line of facts, the prompt, and where the file is.

The HTML survives what JupyterLab strips from a notebook it does not trust, and fits a light and a dark theme: inline
styles only, the source on `<video>` itself, no script.
"""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from vidmagic.errors import VidmagicError
from vidmagic.escaping import LITERAL, escape, isolate, link, plain, shorten
from vidmagic.media.container import MP4, container_of
from vidmagic.media.display import DisplayOptions, length_text, size_text

EMBEDDED, LINKED = "Embedded in the notebook", "Linked, not embedded"  # saved_player finds a player by these words
_TALLEST = 480  # pixels: a portrait video and its caption fit on one screen
_LONG_PROMPT, _MANY_LINES = 280, 4  # characters, lines: a longer prompt is folded
_SUMMARY = 90  # characters
_CHUNK = 3 * 2**16  # bytes; a multiple of three has no padding

_QUIET_COLOUR = "var(--jp-ui-font-color2,var(--vscode-descriptionForeground,#777))"
_FIGURE = (
    "margin:0;padding:2px 0;font-family:var(--jp-ui-font-family,system-ui,sans-serif);font-size:13px;line-height:1.5"
)
_VIDEO = "display:block;width:100%;height:auto;border-radius:4px;background:#000"
_FACTS = "margin-top:6px"
_BADGE = "border:1px solid #888;border-radius:9px;padding:0 7px;font-size:11px;white-space:nowrap;opacity:.8"
_PROMPT = "margin-top:2px;white-space:pre-wrap;overflow-wrap:break-word"
_FILE = f"margin-top:2px;overflow-wrap:break-word;font-size:12px;color:{_QUIET_COLOUR}"


class Playable(Protocol):
    """What the player needs of a video; `media.video.Video` is one.

    The file and its picture (`duration` in seconds, `width` and `height` in pixels, `poster` a JPEG) raise
    VidmagicError where the file cannot be read. The other attributes stand in the caption.
    """

    path: Path
    job_id: str
    short: str
    prompt: str
    cost: str
    in_sandbox: bool
    reused: bool

    @property
    def seed(self) -> object:
        """The seed of the video, None if it is not known."""

    @property
    def duration(self) -> float | None:
        """The length in seconds, None if the file does not state it."""

    @property
    def width(self) -> int:
        """The width in pixels."""

    @property
    def height(self) -> int:
        """The height in pixels."""

    @property
    def poster(self) -> bytes:
        """A small picture of the video, as a JPEG."""


def html(video: Playable, display: DisplayOptions, caption: str | None = None, *, with_file: bool = True) -> str:
    """Return the player of *video* as HTML; a file that cannot be shown gives one sentence instead, never an exception.

    *caption* is HTML that replaces the facts and the prompt; *with_file* names the file below it. At its peak this
    needs less than three times the file's size in memory.
    """
    try:
        size = video.path.stat().st_size
        shape = video.width, video.height
        embedded = display.embeds(size)
        source = _base64(video.path) if embedded else [_href(video.path, display)]
    except (OSError, ValueError, VidmagicError) as error:
        below = _prompt(video) if caption is None else [caption]
        return "".join([_figure(display), f"<div>{isolate(_no_video(video, error))}</div>", *below, "</figure>"])
    # One flat join: a text built in steps would hold the encoded video several times.
    return "".join([
        _figure(display),
        *_player(video, display, shape),
        f"data:{_media_type(video.path)};base64," if embedded else "",
        *source,
        '"></video>',
        "<figcaption>",
        *(_caption(video, size) if caption is None else [caption]),
        f'<div style="{_FILE}">{_where(video, display, embedded=embedded)}</div>' if with_file else "",
        "</figcaption></figure>",
    ])  # fmt: skip


def _media_type(path: Path) -> str:
    with path.open("rb") as file:
        return (container_of(file) or MP4).media_type


def _base64(path: Path) -> list[str]:
    """Return the file as base64 in chunks, so that its bytes and its text are never both whole in memory."""
    with path.open("rb") as file:
        return [base64.b64encode(chunk).decode("ascii") for chunk in iter(lambda: file.read(_CHUNK), b"")]


def _href(path: Path, display: DisplayOptions) -> str:
    href = display.href(path)
    if not href:
        raise ValueError("it is on another drive than the notebook")
    return href


def _no_video(video: Playable, error: Exception) -> str:
    if isinstance(error, VidmagicError):
        return f"No video to show: {error.message}."
    reason = (error.strerror or type(error).__name__).lower() if isinstance(error, OSError) else str(error)
    return f"No video to show: {plain(video.path)} cannot be read: {reason}."


def _figure(display: DisplayOptions) -> str:
    return f'<figure class="vidmagic {LITERAL}" style="{_FIGURE};max-width:{escape(display.width)}">'


def _player(video: Playable, display: DisplayOptions, shape: tuple[int, int]) -> Iterator[str]:
    """Yield the player's tag up to where its source begins."""
    width, height = shape
    yield '<video controls preload="metadata"'
    if display.autoplay:
        yield " autoplay muted"  # browsers start nothing by themselves that has a sound
    if display.loop:
        yield " loop"
    with contextlib.suppress(VidmagicError):  # a player without a poster plays all the same
        yield f' poster="data:image/jpeg;base64,{base64.b64encode(video.poster).decode()}"'
    widest = round(_TALLEST * width / height)
    yield f' width="{width}" height="{height}" style="{_VIDEO};max-width:{widest}px" src="'


def _caption(video: Playable, size: int) -> Iterator[str]:
    title = f' title="job {escape(video.job_id)}"' if video.job_id else ""
    yield f'<div style="{_FACTS}"{title}>{_facts(video, size)}</div>'
    yield from _prompt(video)


def _facts(video: Playable, size: int) -> str:
    parts = [f'<strong style="font-weight:600">{isolate(video.short)}</strong>'] if video.short else []
    parts += [length_text(video.duration)] if video.duration is not None else []
    parts += [f"{video.width}×{video.height}", size_text(size)]
    parts += [f"seed {isolate(video.seed)}"] if video.seed is not None else []
    parts += [isolate(video.cost)] if video.cost else []
    badges = ["sandbox"] * video.in_sandbox + ["reused, not charged again"] * video.reused
    return " · ".join(parts) + "".join(f' <span style="{_BADGE}">{badge}</span>' for badge in badges)


def _prompt(video: Playable) -> Iterator[str]:
    """Yield the prompt: as it is, or folded when it is long."""
    prompt = video.prompt.strip()
    if not prompt:
        return
    whole = f'<div style="{_PROMPT}">{isolate(prompt)}</div>'
    if len(prompt) <= _LONG_PROMPT and prompt.count("\n") < _MANY_LINES:
        yield whole
    else:
        start = shorten(plain(prompt), _SUMMARY)
        summary = f'<summary style="cursor:pointer">{isolate(start)}</summary>'
        yield f'<details style="margin-top:2px">{summary}{whole}</details>'


def _where(video: Playable, display: DisplayOptions, *, embedded: bool) -> str:
    how = EMBEDDED if embedded else LINKED
    return f"{how} · {link(display.href(video.path), display.shown_path(video.path))}"
