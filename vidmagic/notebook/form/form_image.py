"""An image in the form: read once, when it comes, and shown by a small picture."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from vidmagic.errors import InvalidRequest
from vidmagic.escaping import escape, isolate, plain
from vidmagic.media import pixels
from vidmagic.media.image_link import Unfinished, is_link
from vidmagic.media.images import WORDS, read, stamp
from vidmagic.media.thumbnail import thumbnail
from vidmagic.spec.models import ImageLimits
from vidmagic.spec.request import Image

_SHOWN = ImageLimits(("png", "jpeg", "webp"), size=64 * 2**20)  # to look at; what the service takes is checked apart


@dataclass(frozen=True, slots=True)
class FormImage:
    """One image: a `request.Image`, or what was given, if it is a link or cannot be read; `look` is its HTML.

    `stamp` is that of the file that was read.
    """

    image: Any
    look: str = ""
    stamp: tuple[int, ...] = ()


def held(role: str, value: Any, before: FormImage | None = None) -> FormImage:
    """Read *value* unless *before* is what was read of it and its file has not changed since.

    What is wrong with a value the form's own check says.
    """
    now = stamp(value) if isinstance(value, str) else ()
    if before is not None and before.stamp == now:
        return before
    if isinstance(value, str) and is_link(value):
        return FormImage(Unfinished(value), _shown(f"<span>{isolate(value)} · the service fetches it</span>"))
    try:
        image = read(role, value, _SHOWN)
    except InvalidRequest:
        return FormImage(value, stamp=now)
    return FormImage(image, _figure(image), now)


def held_file(role: str, name: str, data: bytes) -> FormImage:
    """Read a file that the browser sent. Raises ValueError with what is wrong with it."""
    try:
        content_type, width, height = pixels.check(data, _SHOWN)
    except ValueError as problem:
        raise ValueError(plain(f"{name} {problem}")) from problem
    image = Image(role, data=data, content_type=content_type, width=width, height=height, name=name)
    return FormImage(image, _figure(image))


def _figure(image: Image) -> str:
    source = base64.b64encode(thumbnail(image.data)).decode()
    alt = escape(f"{WORDS[image.role]}: {image.name}")
    said = f"<span>{isolate(image.name)} · {image.width}×{image.height}</span>"
    return _shown(f'<img alt="{alt}" src="data:image/png;base64,{source}">{said}')


def _shown(html: str) -> str:
    return f'<span class="vidmagic-thumb">{html}</span>'
