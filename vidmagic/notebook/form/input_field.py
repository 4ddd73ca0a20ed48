"""The inputs of one role as a field of the form: paths, links or jobs that are typed, files that are uploaded."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import ipywidgets

from vidmagic.engine.job import Job
from vidmagic.media import pixels
from vidmagic.media.images import NAMELESS
from vidmagic.media.recording import NAMELESS as RECORDING_NAMELESS
from vidmagic.media.video import Video
from vidmagic.notebook.form.fields import LABEL
from vidmagic.notebook.form.form_input import FormInput, read_given, read_uploaded
from vidmagic.notebook.form.simple_upload import NoUpload, SimpleUpload
from vidmagic.notebook.form.style import LONG
from vidmagic.notebook.form.upload import ACCEPTED, Files, Upload, UploadWidget
from vidmagic.session.resolve import Resolver
from vidmagic.spec.models import ImageLimits, Model, RecordingLimits
from vidmagic.spec.params import listing
from vidmagic.spec.request import ROLES, MediaInput, role_label


class InputField:
    """The field of *role*'s inputs; `box` is its widget, *on_change* is called when they have changed.

    `value` is what was given, `inputs` the same as it was read when it was given, so that a check need not read it
    again. A new file replaces what was typed, and typing replaces the file; of several inputs each choice adds to the
    others. *resolver* finds jobs. *lost_reason* tells why a file that was chosen before is not here. *scripted* means
    that the page shows widgets of our own.
    """

    def __init__(
        self,
        role: str,
        model: Model,
        value: object,
        on_change: Callable[[], None],
        *,
        resolver: Resolver,
        lost_reason: str,
        scripted: bool,
    ) -> None:
        self.role = role
        self._limits = list(_limits(role, model))
        self._resolver = resolver
        max_files = max(mode.inputs[role][1] for mode in model.modes if role in mode.inputs)
        self.several = max_files > 1
        self.inputs: list[object] = []
        self._typed_inputs: dict[str, FormInput] = {}  # by the text that was typed
        self._other_inputs: list[FormInput] = []  # uploaded, or given from Python as an object
        self._on_change = on_change
        label = role_label(role) + ("s" if self.several and not role.endswith("audio") else "")
        self.upload = self._make_upload(label, max_files, scripted=scripted)
        self._make_widgets(label)
        self._set_value(value)
        if lost_reason:
            self.upload.refuse(lost_reason)
        self.text.observe(self._on_text, "value")
        self.remove.on_click(lambda _: self.clear())

    def _make_upload(self, label: str, max_files: int, *, scripted: bool) -> Upload:
        """Make what receives files: nothing where every mode takes links only."""
        most = max((limits_most(limits) for limits in self._limits if limits.local), default=0)
        if not most:
            return NoUpload()
        accept, files, changed = ACCEPTED[ROLES[self.role]], self._add_files, self._on_change
        if not scripted:
            return SimpleUpload(label, accept=accept, max_files=max_files, on_files=files, on_change=changed)
        return UploadWidget(
            label,
            kind=ROLES[self.role],
            accept=accept,
            max_files=max_files,
            max_bytes=most,
            on_files=files,
            on_link=self._add_link,
            on_change=changed,
        )

    def _make_widgets(self, label: str) -> None:
        text_widget = ipywidgets.Textarea if self.several else ipywidgets.Text
        self.text = text_widget(
            description=label,
            placeholder=f"{self._ways()}, one a line" if self.several else self._ways(),
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
        self.box.add_class("vidmagic-input-field")

    def _ways(self) -> str:
        """Return what can be typed here: "path or link", "link, shot or job"."""
        local = any(limits.local for limits in self._limits)
        jobs = any(isinstance(limits, RecordingLimits) and (limits.jobs or limits.local) for limits in self._limits)
        takes_jobs = ROLES[self.role] == "video" and jobs
        return listing([*(["path"] if local else []), "link", *(["shot", "job"] if takes_jobs else [])])

    @property
    def value(self) -> list[object]:
        """Paths, links and jobs as text, then uploaded files and what Python gave."""
        return [*self._typed, *(other.value for other in self._other_inputs)]

    @property
    def missing_reason(self) -> str:
        """Why an input cannot be sent yet; "" if nothing is in the way."""
        read = [*self._typed_inputs.values(), *self._other_inputs]
        return self.upload.missing_reason or next((given.problem for given in read if given.problem), "")

    @property
    def names(self) -> list[str]:
        """The inputs as a cell would name them: a path, link or job, a file's name, or IMAGE for one without any."""
        return [given if isinstance(given, str) else _name(given) or ROLES[self.role].upper() for given in self.value]

    @property
    def in_memory_only(self) -> list[str]:
        """The names of inputs that have no path, link or job."""
        return [name for name, given in zip(self.names, self.value, strict=True) if not isinstance(given, str | Job)]

    @property
    def _typed(self) -> list[str]:
        return [line.strip() for line in self.text.value.split("\n") if line.strip()]

    def refresh(self) -> None:
        """Read the inputs that are new or whose file has changed, and show their previews."""
        typed = self._typed
        self._typed_inputs = {
            text: read_given(self.role, text, self._resolver, self._typed_inputs.get(text)) for text in typed
        }
        shown = [*(self._typed_inputs[text] for text in typed), *self._other_inputs]
        self.inputs = [form_input.value for form_input in shown]
        self.remove.layout.display = None if shown or self.upload.missing_reason else "none"
        self.preview.value = "".join(form_input.preview for form_input in shown)
        self.preview.layout.display = None if self.preview.value else "none"

    def clear(self) -> None:
        """Remove all inputs and stop an upload."""
        self._other_inputs = []
        self.upload.reset()
        self.text.value = ""
        self._on_change()

    def close(self) -> None:
        """Close all widgets for good."""
        for widget in (self.text, self.upload.widget, self.remove, self.preview, self._row, self.box):
            widget.close()

    def _set_value(self, value: object) -> None:
        given = value if isinstance(value, list | tuple) else [] if value is None else [value]
        typed = [os.fspath(one) for one in given if isinstance(one, str | os.PathLike) and not isinstance(one, Video)]
        self.text.value = "\n".join(map(str, typed))
        others = [one for one in given if isinstance(one, Video) or not isinstance(one, str | os.PathLike)]
        self._other_inputs = [read_given(self.role, one, self._resolver) for one in others]

    def _on_text(self, change: dict[str, Any]) -> None:
        if change["new"].strip() and not self.several:
            self._other_inputs = []
            self.upload.reset()
        self._on_change()

    def _add_files(self, files: Files) -> str:
        """Add uploaded files and return ""; where one cannot be read, add none and return what is wrong."""
        try:
            uploaded = [read_uploaded(self.role, name, data) for name, data in files]
        except ValueError as problem:
            return str(problem)
        self._other_inputs = [*self._other_inputs, *uploaded] if self.several else uploaded
        if not self.several:
            self.text.value = ""
        return ""

    def _add_link(self, link: str) -> None:
        """Type a link that was dropped into the text field."""
        lines = [self.text.value, link] if self.several and self.text.value else [link]
        self.text.value = "\n".join(lines)


def _name(given: object) -> str:
    """Return what a cell calls an input that was not typed."""
    if isinstance(given, Job):
        return given.id
    if isinstance(given, Video):
        return given.job_id or str(given.path)
    nameless = {NAMELESS, *RECORDING_NAMELESS.values()}
    return given.name if isinstance(given, MediaInput) and given.name not in nameless else ""


def _limits(role: str, model: Model) -> Iterator[ImageLimits | RecordingLimits]:
    """Yield the limits of the modes that take an input of *role*."""
    for mode in model.modes:
        limits = mode.limits_of(ROLES[role]) if role in mode.inputs else None
        if limits is not None:
            yield limits


def limits_most(limits: ImageLimits | RecordingLimits) -> int:
    """Return how many bytes an uploaded file may have."""
    return limits.size if isinstance(limits, RecordingLimits) else pixels.most_bytes(limits)
