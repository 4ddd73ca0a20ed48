"""The images of one role as a field of the form: paths or links that are typed, files that are uploaded."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import ipywidgets

from vidmagic.media import pixels
from vidmagic.media.images import NAMELESS
from vidmagic.notebook.form.fields import LABEL
from vidmagic.notebook.form.form_image import FormImage, read_given, read_uploaded
from vidmagic.notebook.form.simple_upload import SimpleUpload
from vidmagic.notebook.form.style import LONG
from vidmagic.notebook.form.upload import Files, UploadWidget
from vidmagic.spec.models import Model
from vidmagic.spec.request import ROLES, MediaInput, role_label


class ImageField:
    """The field of *role*'s images; `box` is its widget, *on_change* is called when the images have changed.

    `value` is what was given, `images` the same as it was read when it was given, so that a check need not read it
    again. A new file replaces what was typed, and typing replaces the file; of several images each choice adds to the
    others. *lost_reason* tells why an image that was chosen before is not here. *scripted* means that the page shows
    widgets of our own.
    """

    def __init__(
        self, role: str, model: Model, value: object, on_change: Callable[[], None], *, lost_reason: str, scripted: bool
    ) -> None:
        self.role = role
        max_files = max(mode.inputs[role][1] for mode in model.modes if role in mode.inputs)
        self.several = max_files > 1
        self.images: list[object] = []
        self._typed_images: dict[str, FormImage] = {}  # by the text that was typed
        self._other_images: list[FormImage] = []  # uploaded, or given from Python as an object
        self._on_change = on_change
        label = f"{role_label(role)}{'s' if self.several else ''}"
        self.upload = (
            self._upload_widget(label, max_files, model) if scripted else self._simple_upload(label, max_files)
        )
        self._make_widgets(label)
        self._set_value(value)
        if lost_reason:
            self.upload.refuse(lost_reason)
        self.text.observe(self._on_text, "value")
        self.remove.on_click(lambda _: self.clear())

    def _upload_widget(self, label: str, max_files: int, model: Model) -> UploadWidget | SimpleUpload:
        return UploadWidget(
            label,
            max_files=max_files,
            max_bytes=_max_bytes(self.role, model),
            on_files=self._add_files,
            on_link=self._add_link,
            on_change=self._on_change,
        )

    def _simple_upload(self, label: str, max_files: int) -> UploadWidget | SimpleUpload:
        return SimpleUpload(label, max_files=max_files, on_files=self._add_files, on_change=self._on_change)

    def _make_widgets(self, label: str) -> None:
        text_widget = ipywidgets.Textarea if self.several else ipywidgets.Text
        self.text = text_widget(
            description=label,
            placeholder="paths or links, one a line" if self.several else "path or link",
            style=LABEL,
            layout={"width": "auto"},
        )
        self.remove = ipywidgets.Button(description="Remove", tooltip=f"Remove {label}", layout={"width": "auto"})
        self.preview = ipywidgets.HTML()
        self._row = ipywidgets.HBox([self.upload.widget, self.remove])
        self.box = ipywidgets.VBox([self.text, self._row, self.preview])
        self.text.add_class(LONG)
        self._row.add_class("vidmagic-upload-row")
        if isinstance(self.upload, UploadWidget):
            self._row.add_class("vidmagic-drop-target")
        self.preview.add_class("vidmagic-indent")
        self.box.add_class("vidmagic-image-field")

    @property
    def value(self) -> list[object]:
        """Paths and links as text, then uploaded files and what Python gave."""
        return [*self._typed, *(other.image for other in self._other_images)]

    @property
    def names(self) -> list[str]:
        """The images as a cell would name them: a path or link, a file's name, or IMAGE for one without any."""
        return [image if isinstance(image, str) else _file_name(image) or "IMAGE" for image in self.value]

    @property
    def in_memory_only(self) -> list[str]:
        """The names of images that have no path or link."""
        return [name for name, image in zip(self.names, self.value, strict=True) if not isinstance(image, str)]

    @property
    def _typed(self) -> list[str]:
        return [line.strip() for line in self.text.value.split("\n") if line.strip()]

    def refresh(self) -> None:
        """Read the images that are new or whose file has changed, and show their previews."""
        typed = self._typed
        self._typed_images = {text: read_given(self.role, text, self._typed_images.get(text)) for text in typed}
        shown = [*(self._typed_images[text] for text in typed), *self._other_images]
        self.images = [form_image.image for form_image in shown]
        self.remove.layout.display = None if shown or self.upload.missing_reason else "none"
        self.preview.value = "".join(form_image.preview for form_image in shown)
        self.preview.layout.display = None if self.preview.value else "none"

    def clear(self) -> None:
        """Remove all images and stop an upload."""
        self._other_images = []
        self.upload.reset()
        self.text.value = ""
        self._on_change()

    def close(self) -> None:
        """Close all widgets for good."""
        for widget in (self.text, self.upload.widget, self.remove, self.preview, self._row, self.box):
            widget.close()

    def _set_value(self, value: object) -> None:
        images = value if isinstance(value, list | tuple) else [] if value is None else [value]
        paths = [os.fspath(image) for image in images if isinstance(image, str | os.PathLike)]
        self.text.value = "\n".join(map(str, paths))
        self._other_images = [
            read_given(self.role, image) for image in images if not isinstance(image, str | os.PathLike)
        ]

    def _on_text(self, change: dict[str, Any]) -> None:
        if change["new"].strip() and not self.several:
            self._other_images = []
            self.upload.reset()
        self._on_change()

    def _add_files(self, files: Files) -> str:
        """Add uploaded files and return ""; where one is not an image, add none and return what is wrong."""
        try:
            uploaded = [read_uploaded(self.role, name, data) for name, data in files]
        except ValueError as problem:
            return str(problem)
        self._other_images = [*self._other_images, *uploaded] if self.several else uploaded
        if not self.several:
            self.text.value = ""
        return ""

    def _add_link(self, link: str) -> None:
        """Type a link that was dropped into the text field."""
        lines = [self.text.value, link] if self.several and self.text.value else [link]
        self.text.value = "\n".join(lines)


def _file_name(image: object) -> str:
    return image.name if isinstance(image, MediaInput) and image.name != NAMELESS else ""


def _max_bytes(role: str, model: Model) -> int:
    """Return how large a file for *role* may be, in the mode with the highest limit; 0 where none is taken."""
    modes, kind = [mode for mode in model.modes if role in mode.inputs], ROLES[role]
    if kind == "image":
        return max((pixels.most_bytes(mode.limits) for mode in modes if mode.limits is not None), default=0)
    limits = [mode.video_limits if kind == "video" else mode.audio_limits for mode in modes]
    return max((bounds.size for bounds in limits if bounds is not None and bounds.local), default=0)
