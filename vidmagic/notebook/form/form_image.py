"""An image in the form: read once, when it is given, with a small preview."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from vidmagic.errors import InvalidRequest
from vidmagic.escaping import escape, isolate, plain
from vidmagic.media import pixels
from vidmagic.media.given_file import file_stamp
from vidmagic.media.image_link import Unfinished, is_link
from vidmagic.media.images import read_image
from vidmagic.media.thumbnail import image_thumbnail
from vidmagic.spec.models import ImageLimits
from vidmagic.spec.request import MediaInput, role_label

# What can be previewed; the limits of the service are checked with the request.
_READABLE = ImageLimits(("png", "jpeg", "webp"), size=64 * 2**20)


@dataclass(frozen=True, slots=True)
class FormImage:
    """One image of the form.

    `image` is a `MediaInput`, or what was given if that is a link or cannot be read. `preview` is its HTML, `stamp`
    that of the file that was read.
    """

    image: object
    preview: str = ""
    stamp: tuple[int, ...] = ()


def read_given(role: str, value: object, before: FormImage | None = None) -> FormImage:
    """Read *value*, or return *before*, which was read of it, while its file has not changed since.

    No error is raised: the check of the request reports what is wrong with *value*.
    """
    now = file_stamp(value) if isinstance(value, str) else ()
    if before is not None and before.stamp == now:
        return before
    if isinstance(value, str) and is_link(value):
        return FormImage(Unfinished(value), _preview(f"<span>{isolate(value)} · the service fetches it</span>"))
    try:
        image = read_image(role, value, _READABLE)
    except InvalidRequest:
        return FormImage(value, stamp=now)
    return FormImage(image, _image_preview(image), now)


def read_uploaded(role: str, name: str, data: bytes) -> FormImage:
    """Read a file that the browser sent. Raises ValueError with what is wrong with it."""
    try:
        content_type, width, height = pixels.check_image(data, _READABLE)
    except ValueError as problem:
        raise ValueError(plain(f"{name} {problem}")) from problem
    image = MediaInput(role, data=data, content_type=content_type, width=width, height=height, name=name)
    return FormImage(image, _image_preview(image))


def _image_preview(image: MediaInput) -> str:
    source = base64.b64encode(image_thumbnail(image.data)).decode()
    alt = escape(f"{role_label(image.role)}: {image.name}")
    caption = f"<span>{isolate(image.name)} · {image.width}×{image.height}</span>"
    return _preview(f'<img alt="{alt}" src="data:image/png;base64,{source}">{caption}')


def _preview(html: str) -> str:
    return f'<span class="vidmagic-preview">{html}</span>'
