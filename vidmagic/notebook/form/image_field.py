"""The images of one role in the form: paths or links that are typed, or files that are chosen or dropped."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import ipywidgets

from vidmagic.media import pixels
from vidmagic.media.images import NAMELESS, WORDS
from vidmagic.notebook.form.fields import LABEL
from vidmagic.notebook.form.form_image import FormImage, held, held_file
from vidmagic.notebook.form.simple_upload import SimpleUpload
from vidmagic.notebook.form.style import LONG
from vidmagic.notebook.form.upload import Files, UploadWidget
from vidmagic.spec.models import Model
from vidmagic.spec.request import Image


class Picture:
    """The place of *role*'s images; `box` is what is seen of it, *changed* is called when they have changed.

    `value` is what was given, `images` the same as it was read when it came, so that a check need not read it again.
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
        self.images: list[Any] = []
        self._of_text: dict[str, FormImage] = {}
        self._chosen: list[FormImage] = []
        self._changed = changed
        label = f"{WORDS[role]}{'s' if self.several else ''}"
        self.chooser = self._drop(label, count, model) if scripted else self._plain_chooser(label, count)
        self._make_widgets(label)
        self._take(value)
        if unsettled:
            self.chooser.refuse(unsettled)
        self.text.observe(self._on_text, "value")
        self.remove.on_click(lambda _: self.clear())

    def _drop(self, label: str, count: int, model: Model) -> UploadWidget | SimpleUpload:
        most = _most_bytes(self.role, model)
        return UploadWidget(label, count=count, most=most, took=self._took, linked=self._linked, changed=self._changed)

    def _plain_chooser(self, label: str, count: int) -> UploadWidget | SimpleUpload:
        return SimpleUpload(label, count=count, took=self._took, changed=self._changed)

    def _make_widgets(self, label: str) -> None:
        kind = ipywidgets.Textarea if self.several else ipywidgets.Text
        self.text = kind(
            description=label,
            placeholder="paths or links, one a line" if self.several else "path or link",
            style=LABEL,
            layout={"width": "auto"},
        )
        self.remove = ipywidgets.Button(description="Remove", tooltip=f"Remove {label}", layout={"width": "auto"})
        self.look = ipywidgets.HTML()
        self._row = ipywidgets.HBox([self.chooser.widget, self.remove])
        self.box = ipywidgets.VBox([self.text, self._row, self.look])
        self.text.add_class(LONG)
        self._row.add_class("vidmagic-chooser")
        if isinstance(self.chooser, UploadWidget):
            self._row.add_class("vidmagic-drop")
        self.look.add_class("vidmagic-indent")
        self.box.add_class("vidmagic-picture")

    @property
    def value(self) -> list[Any]:
        """Paths and links as text, then the files that were chosen and what Python gave."""
        return [*self._typed, *(each.image for each in self._chosen)]

    @property
    def named(self) -> list[str]:
        """How a cell would name them; an image that is only in memory by a name to be put in its place."""
        return [each if isinstance(each, str) else _file_name(each) or "IMAGE" for each in self.value]

    @property
    def only_here(self) -> list[str]:
        """The names of images that no path or link leads to."""
        return [name for name, each in zip(self.named, self.value, strict=True) if not isinstance(each, str)]

    @property
    def _typed(self) -> list[str]:
        return [line.strip() for line in self.text.value.split("\n") if line.strip()]

    def settle(self) -> None:
        """Read what is new, or has changed on the disk, and show it."""
        typed = self._typed
        self._of_text = {text: held(self.role, text, self._of_text.get(text)) for text in typed}
        shown = [*(self._of_text[text] for text in typed), *self._chosen]
        self.images = [each.image for each in shown]
        self.remove.layout.display = None if shown or self.chooser.waiting else "none"
        self.look.value = "".join(each.look for each in shown)
        self.look.layout.display = None if self.look.value else "none"

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

    def _take(self, value: object) -> None:
        given = value if isinstance(value, list | tuple) else [] if value is None else [value]
        paths = [os.fspath(each) for each in given if isinstance(each, str | os.PathLike)]
        self.text.value = "\n".join(map(str, paths))
        self._chosen = [held(self.role, each) for each in given if not isinstance(each, str | os.PathLike)]

    def _on_text(self, change: dict[str, Any]) -> None:
        if change["new"].strip() and not self.several:
            self._chosen = []
            self.chooser.forget()
        self._changed()

    def _took(self, files: Files) -> str:
        """Take files that are images; return what is wrong with them, and then take none."""
        try:
            chosen = [held_file(self.role, name, data) for name, data in files]
        except ValueError as problem:
            return str(problem)
        self._chosen = [*self._chosen, *chosen] if self.several else chosen
        if not self.several:
            self.text.value = ""
        return ""

    def _linked(self, link: str) -> None:
        """Write down a link that was dropped."""
        typed = [self.text.value, link] if self.several and self.text.value else [link]
        self.text.value = "\n".join(typed)


def _file_name(value: object) -> str:
    return value.name if isinstance(value, Image) and value.name != NAMELESS else ""


def _most_bytes(role: str, model: Model) -> int:
    """Return how large an image of *role* may be in the mode that takes the largest."""
    limits = [mode.limits for mode in model.modes if role in mode.images and mode.limits is not None]
    return max(map(pixels.most_bytes, limits))
