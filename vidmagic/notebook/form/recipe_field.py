"""Where a video is dropped to fill the form with the request that made it."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import ipywidgets

from vidmagic.errors import VidmagicError
from vidmagic.escaping import LITERAL, escape
from vidmagic.notebook.form.simple_upload import SimpleUpload
from vidmagic.notebook.form.upload import ACCEPTED, WHOLE_FORM, Files, Upload, UploadWidget
from vidmagic.session.open_file import OpenedFile, opened_file
from vidmagic.session.session import Session
from vidmagic.session.settings import notebook_folder

_LABEL = "a video to fill the form from"
_MOST = 512 * 2**20  # bytes
_BARE = "Drop the file itself: a link does not say what made the video."


class RecipeField:
    """A button and an area to drop a video on; *fill* gets what made it. `box` is the widget, the whole form the area.

    *fill* raises VidmagicError for a request that the form cannot hold.
    """

    def __init__(self, session: Session, fill: Callable[[OpenedFile], None], *, scripted: bool) -> None:
        self._session = session
        self._fill = fill
        self.note = ipywidgets.HTML(layout={"display": "none"})
        self.note.add_class("vidmagic-indent")
        self.upload = self._make_upload(scripted=scripted)
        self._row = ipywidgets.HBox([self.upload.widget])
        self._row.add_class("vidmagic-upload-row")
        self._row.add_class("vidmagic-drop-target")
        self.box = ipywidgets.VBox([self._row, self.note])
        self.box.add_class("vidmagic-input-field")

    def use_plain_widgets(self) -> None:
        """Use only widgets that every page with ipywidgets shows."""
        before = self.upload.widget
        self.upload = self._make_upload(scripted=False)
        self._row.children = [self.upload.widget]
        before.close()

    def _make_upload(self, *, scripted: bool) -> Upload:
        if not scripted:
            return SimpleUpload(
                _LABEL, accept=ACCEPTED["video"], max_files=1, on_files=self._on_files, on_change=self._show_problem
            )
        return UploadWidget(
            _LABEL,
            kind="video",
            accept=ACCEPTED["video"],
            max_files=1,
            max_bytes=_MOST,
            area=WHOLE_FORM,
            on_files=self._on_files,
            on_link=lambda _: self.upload.refuse(_BARE),
            on_change=lambda: None,
        )

    def _on_files(self, files: Files) -> str:
        """Fill the form from the first file; return what is wrong with it, or ""."""
        name, data = files[0]
        self._show("")
        try:
            file = opened_file(self._session.store, io.BytesIO(data), Path(Path(name).name), notebook_folder())
            self._fill(file)
        except VidmagicError as problem:
            return problem.message
        take = f"{file.shot} {file.take}" if file.shot else f"job {file.record.id}"
        self._show(f"Filled from {file.path.name} ({take}).", *file.notes)
        return ""

    def _show_problem(self) -> None:
        if problem := self.upload.missing_reason:
            self._show(problem)

    def _show(self, *lines: str) -> None:
        text = "<br>".join(escape(line) for line in lines if line)
        self.note.value = f'<div class="{LITERAL}" role="status" aria-live="polite">{text}</div>'
        self.note.layout.display = None if text else "none"
