"""A video as HTML for a notebook: the player, one line of facts, the prompt, and where the file is.

The HTML survives what JupyterLab strips from a notebook it does not trust, and fits a light and a dark theme: inline
styles only, the source on `<video>` itself, no script.
"""

from __future__ import annotations

import base64
import contextlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

from vidmagic.errors import VidmagicError
from vidmagic.escaping import LITERAL, escape, isolate, link, plain

if TYPE_CHECKING:
    from vidmagic.media.video import Video

_TALLEST = 480  # pixels: a portrait video and its caption fit on one screen
_LONG_PROMPT, _MANY_LINES = 280, 4  # characters, lines: more than that is folded
_SUMMARY = 90  # characters
_PIECE = 3 * 2**16  # bytes; a multiple of three has no padding
_CSS_LENGTH = re.compile(r"(?!.*url)[0-9a-z%.+*/(), -]{1,60}")

_QUIET_COLOUR = "var(--jp-ui-font-color2,var(--vscode-descriptionForeground,#777))"
_FIGURE = (
    "margin:0;padding:2px 0;font-family:var(--jp-ui-font-family,system-ui,sans-serif);font-size:13px;line-height:1.5"
)
_VIDEO = "display:block;width:100%;height:auto;border-radius:4px;background:#000"
_FACTS = "margin-top:6px"
_BADGE = "border:1px solid #888;border-radius:9px;padding:0 7px;font-size:11px;white-space:nowrap;opacity:.8"
_PROMPT = "margin-top:2px;white-space:pre-wrap;overflow-wrap:break-word"
_PLACE = f"margin-top:2px;overflow-wrap:break-word;font-size:12px;color:{_QUIET_COLOUR}"


@dataclass(frozen=True, slots=True)
class DisplayOptions:
    """How videos are shown.

    `embed` says whether the notebook carries the video itself; "auto" does so up to `embed_limit` bytes. `beside` is
    the notebook's folder, from which links are written. `width` is the CSS length that it may be wide.
    """

    embed: Literal["auto", "always", "never"] = "auto"
    embed_limit: int = 8 * 2**20
    autoplay: bool = False
    loop: bool = False
    beside: Path = Path()
    width: str = "640px"

    def __post_init__(self) -> None:
        if self.embed not in {"auto", "always", "never"}:
            raise ValueError(f"embed is {self.embed!r}, it is auto, always or never")
        if not _CSS_LENGTH.fullmatch(self.width):
            raise ValueError(f"width {self.width!r} is no CSS length such as 640px or 100%")

    def embeds(self, size: int) -> bool:
        """Tell whether a file of *size* bytes is carried by the notebook."""
        return self.embed == "always" or (self.embed == "auto" and size <= self.embed_limit)

    def href(self, path: Path) -> str:
        """Return the link to *path* from the notebook's folder, percent-encoded; "" where none leads there."""
        try:
            beside = os.path.relpath(path, self.beside)
        except ValueError:  # another drive
            return ""
        return quote(os.fsencode(Path(beside).as_posix()))

    def place(self, path: Path) -> str:
        """Name *path* for people: within the notebook's folder, or in full."""
        full = Path(os.path.abspath(path))  # noqa: PTH100  resolve() would follow the user's symbolic links
        folder = Path(os.path.abspath(self.beside))  # noqa: PTH100  the same
        return str(full.relative_to(folder) if full.is_relative_to(folder) else full)


def html(video: Video, display: DisplayOptions, caption: str | None = None) -> str:
    """Return the player of *video*. A file that cannot be shown gives a sentence in its place, never an exception.

    *caption* is HTML that stands in place of the facts and the prompt. At its peak this needs less than three times the
    file's size in memory.
    """
    try:
        size = video.path.stat().st_size
        shape = video.width, video.height
        embedded = display.embeds(size)
        source = _base64(video.path) if embedded else [_linked(video.path, display)]
    except (OSError, ValueError, VidmagicError) as lost:
        words = _words(video) if caption is None else [caption]
        return "".join([_opening(display), f"<div>{isolate(_why(video, lost))}</div>", *words, "</figure>"])
    # One flat join: a text built in steps would hold the encoded video several times.
    return "".join([
        _opening(display),
        *_screen(video, display, shape),
        "data:video/mp4;base64," if embedded else "",
        *source,
        '"></video>',
        "<figcaption>",
        *(_said(video, size) if caption is None else [caption]),
        f'<div style="{_PLACE}">{_where(video, display, embedded=embedded)}</div></figcaption></figure>',
    ])  # fmt: skip


def duration_text(seconds: float) -> str:
    """Return a duration as "6 s" or "5.9 s"."""
    return f"{round(seconds, 1):g} s"


def size_text(size: int) -> str:
    """Return a size in bytes as "640 kB" or "3.2 MB"."""
    return f"{size / 1e6:.1f} MB" if size >= 10**6 else f"{max(1, round(size / 1e3))} kB"


def _base64(path: Path) -> list[str]:
    """Return the file as base64 in pieces, so that its bytes and its text are never both whole in memory."""
    with path.open("rb") as file:
        pieces = iter(lambda: file.read(_PIECE), b"")
        return [base64.b64encode(piece).decode("ascii") for piece in pieces]


def _linked(path: Path, display: DisplayOptions) -> str:
    href = display.href(path)
    if not href:
        raise ValueError("it is on another drive than the notebook")
    return href


def _why(video: Video, lost: Exception) -> str:
    if isinstance(lost, VidmagicError):
        return f"No video to show: {lost.message}."
    reason = (lost.strerror or type(lost).__name__).lower() if isinstance(lost, OSError) else str(lost)
    return f"No video to show: {plain(video.path)} cannot be read: {reason}."


def _opening(display: DisplayOptions) -> str:
    return f'<figure class="vidmagic {LITERAL}" style="{_FIGURE};max-width:{escape(display.width)}">'


def _screen(video: Video, display: DisplayOptions, shape: tuple[int, int]) -> Iterator[str]:
    """Yield the player's tag up to where its source begins."""
    width, height = shape
    yield '<video controls preload="metadata"'
    if display.autoplay:
        yield " autoplay muted"  # browsers start nothing by themselves that has a sound
    if display.loop:
        yield " loop"
    with contextlib.suppress(VidmagicError):  # a player without a still plays all the same
        yield f' poster="data:image/jpeg;base64,{base64.b64encode(video.poster).decode()}"'
    widest = round(_TALLEST * width / height)
    yield f' width="{width}" height="{height}" style="{_VIDEO};max-width:{widest}px" src="'


def _title(video: Video) -> str:
    return f' title="job {escape(video.job_id)}"' if video.job_id else ""


def _said(video: Video, size: int) -> Iterator[str]:
    yield f'<div style="{_FACTS}"{_title(video)}>{_facts(video, size)}</div>'
    yield from _words(video)


def _facts(video: Video, size: int) -> str:
    said = [f'<strong style="font-weight:600">{isolate(video.short)}</strong>'] if video.short else []
    said += [duration_text(video.duration)] if video.duration is not None else []
    said += [f"{video.width}×{video.height}", size_text(size)]
    said += [f"seed {isolate(video.seed)}"] if video.seed is not None else []
    said += [f"{isolate(video.price)} (estimate)"] if video.price else []
    badges = ["rehearsal"] * video.in_sandbox + ["reused, not charged again"] * video.reused
    return " · ".join(said) + "".join(f' <span style="{_BADGE}">{badge}</span>' for badge in badges)


def _words(video: Video) -> Iterator[str]:
    """Yield the prompt: as it is, or folded when it is long."""
    prompt = video.prompt.strip()
    if not prompt:
        return
    whole = f'<div style="{_PROMPT}">{isolate(prompt)}</div>'
    if len(prompt) <= _LONG_PROMPT and prompt.count("\n") < _MANY_LINES:
        yield whole
    else:
        start = plain(prompt[:_SUMMARY]) + " …"
        summary = f'<summary style="cursor:pointer">{isolate(start)}</summary>'
        yield f'<details style="margin-top:2px">{summary}{whole}</details>'


def _where(video: Video, display: DisplayOptions, *, embedded: bool) -> str:
    said = "Embedded in the notebook" if embedded else "Linked, not embedded"
    return f"{said} · {link(display.href(video.path), display.place(video.path))}"
