"""A form as the page drives it: files that are uploaded in parts, and what the form shows and buys."""

from __future__ import annotations

import io

from PIL import Image

from vidmagic.notebook.form.form import Form
from vidmagic.notebook.form.input_field import InputField
from vidmagic.notebook.form.upload import UploadWidget
from vidmagic.sandbox import Sandbox
from vidmagic.sandbox.server import Call


def purchases(sandbox: Sandbox) -> list[Call]:
    """Return the calls that bought something."""
    return [call for call in sandbox.ledger if call.method == "POST"]


def reason(form: Form) -> str:
    """Return the text beside the button."""
    return str(form.widgets.reason.value)


def png(width: int = 640, height: int = 480) -> bytes:
    """Return an image as a file."""
    file = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(file, "PNG")
    return file.getvalue()


def begin_upload(form: Form, role: str, *files: tuple[str, bytes], transfer: str = "1") -> UploadWidget:
    """Announce files as the page does after a choice; return the widget that receives their parts."""
    widget = input_field(form, role).upload
    assert isinstance(widget, UploadWidget)
    widget.receive({"transfer": transfer, "files": [[name, len(data)] for name, data in files]}, [])
    return widget


def upload(form: Form, role: str, *files: tuple[str, bytes], part: int = 2**20, transfer: str = "1") -> None:
    """Send files as the page does, in parts, to the field of *role*."""
    widget = begin_upload(form, role, *files, transfer=transfer)
    stream = b"".join(data for _, data in files)
    for at in range(0, max(len(stream), 1), part):
        widget.receive({"transfer": transfer, "at": at}, [memoryview(stream[at : at + part])])


def input_field(form: Form, role: str) -> InputField:
    """Return the field of a role's images."""
    return next(field for field in form.draft.input_fields if field.role == role)
