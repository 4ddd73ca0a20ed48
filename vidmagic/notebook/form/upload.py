"""Files that the page sends: chosen, dropped or pasted there, and sent in parts that every server accepts.

A notebook server closes the connection at a message above 10 MB. The page sends the next part when the kernel has
received the last one. The bytes travel in messages and are no state of the widget, so no saved notebook holds them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from vidmagic.spec.request import Kind

Files = list[tuple[str, bytes]]  # names and contents
ACCEPTED: Mapping[Kind, str] = {
    "image": "image/png,image/jpeg,image/webp",
    "video": ".mp4,.mov,.webm,video/mp4,video/quicktime,video/webm",
    "audio": ".wav,.mp3,.m4a,.aac,audio/wav,audio/mpeg,audio/mp4,audio/aac",
}
"""What the page offers in its chooser of files."""

OWN_FIELD, WHOLE_FORM = ".vidmagic-input-field", ".vidmagic-form"  # where a file may be dropped, as a CSS selector


class Upload(Protocol):
    """What receives files of the page; `widget` is the ipywidget."""

    widget: Any

    @property
    def missing_reason(self) -> str:
        """Why a chosen file is not here; "" if none is missing."""

    @property
    def lost_reason(self) -> str:
        """The same when the widget is closed."""

    def refuse(self, reason: str) -> None:
        """Note why the file is missing, until another is chosen."""

    def reset(self) -> None:
        """Stop an upload and drop the last problem."""


class UploadWidget:
    """A button and an area to drop files on; `widget` is the ipywidget, *label* names what it asks for.

    *kind* is what the files hold and *accept* what the page's chooser offers.
    A file may be dropped anywhere in *area*; the whole form leaves links, and the other fields, to themselves.
    The page sends at most *max_files* files of *max_bytes* each. When all bytes have arrived, *on_files* gets the files
    and returns what is wrong with them, or "". *on_link* gets a link that was dropped. *on_change* is called after each
    change that the page made.
    """

    def __init__(
        self,
        label: str,
        *,
        kind: Kind,
        accept: str,
        max_files: int,
        max_bytes: int,
        area: str = OWN_FIELD,
        on_files: Callable[[Files], str],
        on_link: Callable[[str], None],
        on_change: Callable[[], None],
    ) -> None:
        self.widget = _widget_class()(
            label=label, kind=kind, accept=accept, max_files=max_files, max_bytes=max_bytes, area=area
        )
        self._on_files, self._on_link, self._on_change = on_files, on_link, on_change
        self._transfer: object = None  # the page's id of the choice whose parts are accepted
        self._sizes: list[tuple[str, int]] = []  # names and sizes of its files
        self._received = bytearray()
        self.widget.on_msg(lambda _, message, buffers: self.receive(message, buffers))

    @property
    def missing_reason(self) -> str:
        """Why a chosen file is not here: it is being uploaded, or something is wrong with it; "" if none is missing."""
        return f"{self.widget.arriving} is still being uploaded" if self.widget.arriving else str(self.widget.problem)

    @property
    def lost_reason(self) -> str:
        """The same when this widget is closed and the upload ends with it."""
        lost = f"{self.widget.arriving} was not uploaded before the model changed; choose it again"
        return lost if self.widget.arriving else str(self.widget.problem)

    def receive(self, message: dict[str, Any], buffers: Sequence[memoryview]) -> None:
        """Handle a message of the page: a choice, one of its parts, a file that it does not send, or a link."""
        if "files" in message:
            self._begin(message["transfer"], message["files"])
        elif "refused" in message:
            self.refuse(str(message["refused"]))
            self._on_change()
        elif "link" in message:
            self.reset()
            self._on_link(str(message["link"]))
        elif (message["transfer"], message["at"]) == (self._transfer, len(self._received)):
            self._add_part(buffers[0])
        else:
            self._request_part(message["transfer"], None)  # it was removed, or replaced by another

    def refuse(self, reason: str) -> None:
        """Note *reason* as why the file is missing, until another is chosen; *on_change* is not called."""
        self._end_transfer()
        self._show_status(problem=reason)

    def reset(self) -> None:
        """Stop an upload and drop the last problem; *on_change* is not called."""
        self._request_part(self._transfer, None)
        self._end_transfer()
        self._show_status()

    def _begin(self, transfer: object, sizes: list[tuple[str, int]]) -> None:
        """Note a choice before its first byte, so that no click buys a video without it.

        *on_change* waits for the first part: most files are complete by then.
        """
        too_many = len(sizes) > self.widget.max_files
        if too_many or any(size > self.widget.max_bytes for _, size in sizes):  # the page checks it before
            self.refuse(f"at most {self.widget.max_files} files of {self.widget.max_bytes:,} bytes are allowed")
            self._request_part(transfer, None)
            self._on_change()
            return
        self._transfer, self._sizes, self._received = transfer, sizes, bytearray()
        self._show_status(arriving=", ".join(name for name, _ in sizes))

    def _add_part(self, part: memoryview) -> None:
        """Add a part; all files of one choice come as one stream."""
        transfer, is_first = self._transfer, not self._received
        self._received.extend(part)
        if len(self._received) < sum(size for _, size in self._sizes):
            self._request_part(transfer, len(self._received))
            if is_first:
                self._on_change()
            return
        files = _split_files(bytes(self._received), self._sizes)
        self._end_transfer()
        self._show_status(problem=self._on_files(files))
        self._request_part(transfer, None)
        self._on_change()

    def _end_transfer(self) -> None:
        self._transfer, self._sizes, self._received = None, [], bytearray()

    def _request_part(self, transfer: object, at: int | None) -> None:
        """Ask the page for the bytes from *at* on; None asks for no more."""
        if transfer is not None:
            self.widget.send({"transfer": transfer, "at": at})

    def _show_status(self, *, arriving: str = "", problem: str = "") -> None:
        self.widget.set_trait("arriving", arriving)
        self.widget.set_trait("problem", problem)


def _split_files(stream: bytes, sizes: list[tuple[str, int]]) -> Files:
    """Return the files that *stream* holds one after the other."""
    files, at = [], 0
    for name, size in sizes:
        files.append((name, stream[at : at + size]))
        at += size
    return files


@cache
def _widget_class() -> Any:
    import anywidget
    from traitlets import Int, Unicode

    class FileUpload(anywidget.AnyWidget):
        """The state that the page shows; only the kernel changes it."""

        _esm = (Path(__file__).parents[1] / "web" / "upload.js").read_text(encoding="utf-8")
        label = Unicode().tag(sync=True)
        kind = Unicode().tag(sync=True)
        accept = Unicode().tag(sync=True)
        max_files = Int().tag(sync=True)
        max_bytes = Int().tag(sync=True)
        area = Unicode().tag(sync=True)
        arriving = Unicode().tag(sync=True)
        problem = Unicode().tag(sync=True)

    return FileUpload
