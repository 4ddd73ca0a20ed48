"""The images of one role in the form: a path or link that is typed, or files chosen in the browser."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import ipywidgets

from vidmagic.errors import InvalidRequest
from vidmagic.markup import escape, isolate
from vidmagic.media.images import WORDS, read
from vidmagic.media.thumbnail import thumbnail
from vidmagic.notebook.fields import LABEL
from vidmagic.provider import ImageLimits, Model
from vidmagic.request import Image

_SHOWN = ImageLimits(("png", "jpeg", "webp"), size=64 * 2**20)  # to look at; what the service takes is checked apart


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that the browser sent: nobody tells us its folder."""

    name: str
    data: bytes = field(repr=False)


def is_link(value: object) -> bool:
    """Tell whether *value* is a link that the service would fetch."""
    return isinstance(value, str) and value.lower().startswith(("https:", "http:"))


class Picture:
    """The place of *role*'s images; `value` is what they are, `named` how a cell would name them.

    The last word counts: a file replaces what was typed, and typing replaces the file.
    """

    def __init__(self, role: str, model: Model, value: object, changed: Callable[[], None]) -> None:
        self.role = role
        self.several = max(mode.images[role][1] for mode in model.modes if role in mode.images) > 1
        self._changed = changed
        self._chosen: list[Any] = []
        label = f"{WORDS[role]}{'s' if self.several else ''}"
        kind = ipywidgets.Textarea if self.several else ipywidgets.Text
        self.text = kind(
            description=label,
            placeholder="paths or links, one a line" if self.several else "path or link",
            style=LABEL,
            layout={"width": "auto", "flex": "1 1 auto"},
        )
        self.upload = ipywidgets.FileUpload(
            description=f"Choose {label}", accept="image/png,image/jpeg,image/webp", multiple=self.several
        )
        self.remove = ipywidgets.Button(description="Remove", tooltip=f"Remove {label}", layout={"width": "auto"})
        self.look = ipywidgets.HTML()
        row = ipywidgets.HBox([self.text, self.upload, self.remove])
        row.add_class("vidmagic-picture")
        self.look.add_class("vidmagic-indent")
        self.box = ipywidgets.VBox([row, self.look])
        self._take(value)
        self._show()
        self.text.observe(self._on_text, "value")
        self.upload.observe(self._on_upload, "value")
        self.remove.on_click(lambda _: self.clear())

    @property
    def value(self) -> list[Any]:
        """The images: paths and links as text, uploads, and what Python gave."""
        typed = [line.strip() for line in self.text.value.split("\n")]
        return [*filter(None, typed), *self._chosen]

    @property
    def named(self) -> list[str]:
        """How a cell would name them; an image that is only in memory by a name to be put in its place."""
        return [each if isinstance(each, str) else getattr(each, "name", None) or "IMAGE" for each in self.value]

    @property
    def only_here(self) -> list[str]:
        """The names of images that no path or link leads to."""
        return [name for name, each in zip(self.named, self.value, strict=True) if not isinstance(each, str)]

    def clear(self) -> None:
        """Take all images away."""
        self._chosen = []
        self.upload.value = ()
        self.text.value = ""
        self._show()
        self._changed()

    def close(self) -> None:
        """Take the widgets away for good."""
        for widget in (self.text, self.upload, self.remove, self.look, self.box):
            widget.close()

    def _take(self, value: object) -> None:
        given = value if isinstance(value, list | tuple) else [] if value is None else [value]
        paths = [os.fspath(each) for each in given if isinstance(each, str | os.PathLike)]
        self.text.value = "\n".join(map(str, paths))
        self._chosen = [each for each in given if not isinstance(each, str | os.PathLike)]

    def _on_text(self, change: dict[str, Any]) -> None:
        if change["new"].strip() and not self.several and self._chosen:
            self._chosen = []
            self.upload.value = ()
        self._show()
        self._changed()

    def _on_upload(self, change: dict[str, Any]) -> None:
        if not change["new"]:
            return
        self._chosen = [Upload(file["name"], bytes(file["content"])) for file in change["new"]]
        if not self.several:
            self.text.value = ""
        self._show()
        self._changed()

    def _show(self) -> None:
        self.remove.layout.display = None if self.value else "none"
        looks = [self._thumbnail(each, name) for each, name in zip(self.value, self.named, strict=True)]
        self.look.value = "".join(looks)
        self.look.layout.display = None if self.look.value else "none"

    def _thumbnail(self, value: object, name: str) -> str:
        if is_link(value):
            return f'<span class="vidmagic-thumb">{isolate(name)} · the service fetches it</span>'
        try:
            image = read(self.role, value, _SHOWN)
        except InvalidRequest:
            return ""  # the form's own check says what is wrong
        return _figure(image, name if isinstance(value, Upload) else image.name)


def _figure(image: Image, name: str) -> str:
    source = base64.b64encode(thumbnail(image.data)).decode()
    said = f"{isolate(name)} · {image.width}×{image.height}"
    alt = escape(f"{WORDS[image.role]}: {name}")
    return f'<span class="vidmagic-thumb"><img alt="{alt}" src="data:image/png;base64,{source}"> {said}</span>'
