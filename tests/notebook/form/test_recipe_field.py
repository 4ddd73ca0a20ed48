"""A video dropped onto the form fills it with the request that made it; what is bought stays the person's click."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.media.pictures import encoded
from tests.media.recipes import service_bytes
from tests.media.videos import write
from tests.notebook.form.page import purchases, reason
from tests.patience import ended, until
from vidmagic.media.recipe import Recipe
from vidmagic.media.recipe_box import box_of
from vidmagic.notebook.form.form import Form
from vidmagic.notebook.form.simple_upload import SimpleUpload
from vidmagic.notebook.form.upload import UploadWidget
from vidmagic.sandbox import Sandbox
from vidmagic.session.run_options import RunOptions
from vidmagic.session.session import Session


def drop(form: Form, name: str, data: bytes) -> None:
    """Send a file as the page does when it is dropped onto the form."""
    widget = form.recipe.upload
    assert isinstance(widget, UploadWidget)
    widget.receive({"transfer": "1", "files": [[name, len(data)]]}, [])
    for at in range(0, len(data), 2**20):
        widget.receive({"transfer": "1", "at": at}, [memoryview(data[at : at + 2**20])])


def test_a_dropped_video_fills_the_form(session: Session, sandbox: Sandbox) -> None:
    """Model, prompt, parameters and inputs are those of the video; a click shows it again, free of charge."""
    Path("heron.png").write_bytes(encoded(size=(640, 360)))
    options = RunOptions(shot="pond")
    job = ended(session.start("A heron", "hailuo", options, duration=10, image="heron.png"))
    before = len(purchases(sandbox))
    form = Form(session, model="sora", prompt="something else")
    drop(form, "from Anna.mp4", Path(job.record.path).read_bytes())
    assert form.widgets.prompt.value == "A heron"
    assert form.draft.model.short == "hailuo"
    assert form.draft.values["duration"] == 10
    assert form.draft.input_fields[0].names == ["heron.png"]
    assert "Filled from from Anna.mp4 (pond 1)" in form.recipe.note.value
    assert "made before" in reason(form)
    assert form.widgets.cell.value == "%%video hailuo --duration 10 --image heron.png\nA heron"
    form.widgets.generate.click()
    until(lambda: form.video is not None)
    assert len(purchases(sandbox)) == before


def test_what_the_file_does_not_hold_is_named(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On another machine an input that is not there is left out and named; another file of its name is not taken."""
    Path("heron.png").write_bytes(encoded(size=(640, 360)))
    job = ended(session.start("A heron", "hailuo", image="heron.png"))
    monkeypatch.setenv("VIDMAGIC_HOME", str(tmp_path / "elsewhere"))
    shutil.move("heron.png", tmp_path / "heron.png")
    other = Session(timing=session.timing)
    for content in (None, encoded(size=(320, 320))):
        if content is not None:
            Path("heron.png").write_bytes(content)
        form = Form(other, model="sora")
        drop(form, "x.mp4", Path(job.record.path).read_bytes())
        assert form.draft.input_fields[0].names == []
        assert "heron.png is not here" in form.recipe.note.value
    shutil.move(tmp_path / "heron.png", "heron.png")
    form = Form(other, model="sora")
    drop(form, "x.mp4", Path(job.record.path).read_bytes())
    assert form.draft.input_fields[0].names == ["heron.png"]


def test_a_ticked_sandbox_stays_ticked(session: Session, tmp_path: Path) -> None:
    """A file of a paid job does not turn a free form into a paid one."""
    path = write(tmp_path / "v.mp4", frames=6)
    path.write_bytes(path.read_bytes() + box_of(Recipe("dmxapi/MiniMax-Hailuo-2.3", "A heron")))
    form = Form(session, model="sora", options=RunOptions(sandbox=True))
    drop(form, "v.mp4", path.read_bytes())
    assert form.widgets.sandbox.value is True
    assert form.widgets.prompt.value == "A heron"


def test_a_video_without_a_recipe_changes_nothing(session: Session, tmp_path: Path) -> None:
    """Another video, a damaged recipe, a model that is gone and a link leave the form as it is and say why."""
    path = write(tmp_path / "v.mp4", frames=6)
    form = Form(session, model="sora", prompt="mine")
    assert isinstance(form.recipe.upload, UploadWidget)
    bare = service_bytes(path)
    for data, why in (
        (bare, "v.mp4 does not say what made it"),
        (bare + box_of(Recipe("a/b", "x"))[:-1] + b"\xff", "damaged"),
        (bare + box_of(Recipe("gone/model", "x")), "gone"),
    ):
        drop(form, "/a folder/v.mp4", data)
        assert why in form.recipe.upload.missing_reason
        assert "a folder" not in form.recipe.upload.missing_reason
    form.recipe.upload.receive({"link": "https://a.example/v.mp4"}, [])
    assert "Drop the file itself" in form.recipe.upload.missing_reason
    assert (form.widgets.prompt.value, form.draft.model.short) == ("mine", "sora")


def test_a_page_without_our_widgets(session: Session) -> None:
    """There the chooser of ipywidgets takes the file."""
    form = Form(session)
    form._use_plain_widgets()
    assert isinstance(form.recipe.upload, SimpleUpload)
