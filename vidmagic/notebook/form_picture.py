"""The images of one role in the form: paths or links that are typed, or files that are chosen or dropped."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import ipywidgets

from vidmagic.errors import InvalidRequest
from vidmagic.markup import escape, isolate, plain
from vidmagic.media import pixels
from vidmagic.media.images import WORDS, read
from vidmagic.media.thumbnail import thumbnail
from vidmagic.notebook.fields import LABEL
from vidmagic.notebook.form_chooser import Chooser
from vidmagic.notebook.form_drop import Drop, Files
from vidmagic.notebook.form_style import LONG
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

    The last word counts: a file replaces what was typed, and typing replaces the file. Of several images each choice
    adds to the others. *unsettled* says why one that was chosen before is not here. *scripted* tells that the page
    shows widgets of our own.
    """

    def __init__(
        self, role: str, model: Model, value: object, changed: Callable[[], None], *, unsettled: str, scripted: bool
    ) -> None:
        self.role = role
        count = max(mode.images[role][1] for mode in model.modes if role in mode.images)
        self.several = count > 1
        self._told = changed
        self._chosen: list[Any] = []
        label = f"{WORDS[role]}{'s' if self.several else ''}"
        kind = ipywidgets.Textarea if self.several else ipywidgets.Text
        self.text = kind(
            description=label,
            placeholder="paths or links, one a line" if self.several else "path or link",
            style=LABEL,
            layout={"width": "auto"},
        )
        self.chooser = self._drop(label, count, _most_bytes(role, model)) if scripted else self._chooser(label, count)
        self.remove = ipywidgets.Button(description="Remove", tooltip=f"Remove {label}", layout={"width": "auto"})
        self.look = ipywidgets.HTML()
        self._row = ipywidgets.HBox([self.chooser.widget, self.remove])
        self.box = ipywidgets.VBox([self.text, self._row, self.look])
        self._dress(scripted=scripted)
        self._take(value)
        if unsettled:
            self.chooser.refuse(unsettled)
        self._show()
        self.text.observe(self._on_text, "value")
        self.remove.on_click(lambda _: self.clear())

    def _dress(self, *, scripted: bool) -> None:
        self.text.add_class(LONG)
        self._row.add_class("vidmagic-chooser")
        if scripted:
            self._row.add_class("vidmagic-drop")
        self.look.add_class("vidmagic-indent")
        self.box.add_class("vidmagic-picture")

    def _drop(self, label: str, count: int, most: int) -> Drop | Chooser:
        return Drop(label, count=count, most=most, took=self._took, linked=self._linked, changed=self._changed)

    def _chooser(self, label: str, count: int) -> Drop | Chooser:
        return Chooser(label, count=count, took=self._took, changed=self._changed)

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
        """Take all images away, and what was on its way."""
        self._chosen = []
        self.chooser.forget()
        self.text.value = ""
        self._changed()

    def close(self) -> None:
        """Take the widgets away for good."""
        for widget in (self.text, self.chooser.widget, self.remove, self.look, self._row, self.box):
            widget.close()

    def _changed(self) -> None:
        self._show()
        self._told()

    def _show(self) -> None:
        self.remove.layout.display = None if self.value or self.chooser.waiting else "none"
        looks = [self._thumbnail(each, name) for each, name in zip(self.value, self.named, strict=True)]
        self.look.value = "".join(looks)
        self.look.layout.display = None if self.look.value else "none"

    def _take(self, value: object) -> None:
        given = value if isinstance(value, list | tuple) else [] if value is None else [value]
        paths = [os.fspath(each) for each in given if isinstance(each, str | os.PathLike)]
        self.text.value = "\n".join(map(str, paths))
        self._chosen = [each for each in given if not isinstance(each, str | os.PathLike)]

    def _on_text(self, change: dict[str, Any]) -> None:
        if change["new"].strip() and not self.several:
            self._chosen = []
            self.chooser.forget()
        self._changed()

    def _took(self, files: Files) -> str:
        """Take files that are images; return what is wrong with them, and then take none."""
        for name, data in files:
            try:
                pixels.check(data, _SHOWN)
            except ValueError as problem:
                return plain(f"{name} {problem}")
        uploads = [Upload(name, data) for name, data in files]
        self._chosen = [*self._chosen, *uploads] if self.several else uploads
        if not self.several:
            self.text.value = ""
        return ""

    def _linked(self, link: str) -> None:
        """Write down a link that was dropped."""
        typed = [self.text.value, link] if self.several and self.text.value else [link]
        self.text.value = "\n".join(typed)

    def _thumbnail(self, value: object, name: str) -> str:
        if is_link(value):
            return f'<span class="vidmagic-thumb"><span>{isolate(name)} · the service fetches it</span></span>'
        try:
            image = read(self.role, value, _SHOWN)
        except InvalidRequest:
            return ""  # the form's own check says what is wrong
        return _figure(image, name if isinstance(value, Upload) else image.name)


def _figure(image: Image, name: str) -> str:
    source = base64.b64encode(thumbnail(image.data)).decode()
    said = f"{isolate(name)} · {image.width}×{image.height}"
    alt = escape(f"{WORDS[image.role]}: {name}")
    shown = f'<img alt="{alt}" src="data:image/png;base64,{source}"><span>{said}</span>'
    return f'<span class="vidmagic-thumb">{shown}</span>'


def _most_bytes(role: str, model: Model) -> int:
    """Return how large an image of *role* may be in the mode that takes the largest."""
    limits = [mode.limits for mode in model.modes if role in mode.images and mode.limits is not None]
    return max(map(pixels.most_bytes, limits))
