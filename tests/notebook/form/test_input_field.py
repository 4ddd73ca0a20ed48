"""Images in the form without a front end: uploaded in parts, typed as paths or links, given from Python."""

from __future__ import annotations

import socket
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import ipywidgets
import pytest
from PIL import Image, ImageFile

from tests.media import sounds, videos
from tests.notebook.form.page import begin_upload, input_field, png, purchases, reason, upload
from tests.patience import ended, until
from vidmagic.notebook.form.form import Form
from vidmagic.providers.catalog import Catalog
from vidmagic.sandbox import Sandbox
from vidmagic.session.session import Session


def test_an_uploaded_image_is_what_is_sent(session: Session, sandbox: Sandbox) -> None:
    """The uploaded bytes are sent unchanged; the form shows a preview, the mode that they choose and a cell."""
    form = Form(session, model="viduq2", prompt="A kite")
    assert form.widgets.generate.disabled
    first, last = form.draft.input_fields
    assert [first.role, last.role] == ["image", "last_image"]
    upload(form, "image", ("kite.png", png()))
    assert not form.widgets.generate.disabled, reason(form)
    assert "<img" in first.preview.value
    assert "kite.png" in first.preview.value
    assert "640×480" in first.preview.value
    assert form.draft.plan().request.inputs[0].data == png()
    assert "--image kite.png" in form.widgets.cell.value
    assert "Replace kite.png by a path" in form.widgets.note.value
    upload(form, "last_image", ("end.png", png()))
    assert form.draft.plan().request.mode == "start-end"
    last.remove.click()
    assert form.draft.plan().request.mode == "image"
    form.widgets.generate.click()
    until(lambda: form.video is not None)
    (call,) = [call for call in purchases(sandbox) if call.body["model"] == "viduq2-pro"]
    assert len(call.body["images"]) == 1


def test_parts_are_joined(session: Session, sandbox: Sandbox) -> None:
    """A file in many parts is joined, each part is answered with the next position, and no state holds a byte."""
    form = Form(session, model="sora", prompt="A kite")
    answers: list[dict[str, Any]] = []
    input_field(form, "image").upload.widget.send = answers.append
    upload(form, "image", ("kite.png", png()), part=1000)
    (image,) = input_field(form, "image").value
    assert (image.name, image.data) == ("kite.png", png())
    assert [answer["at"] for answer in answers] == [*range(1000, len(png()), 1000), None]
    assert len(repr(input_field(form, "image").upload.widget.get_state())) < 20_000
    assert "kite.png" not in repr(input_field(form, "image").upload.widget.get_state())


def test_nothing_is_bought_during_an_upload(session: Session, sandbox: Sandbox) -> None:
    """From the announcement of a file to its last byte a click buys nothing, though the model needs no image."""
    form = Form(session, model="vidu", prompt="A kite")
    widget = begin_upload(form, "image", ("kite.png", png()))
    form.widgets.generate.click()
    assert "kite.png is still being uploaded" in reason(form)
    widget.receive({"transfer": "1", "at": 0}, [png()[:1000]])
    assert form.widgets.generate.disabled
    widget.receive({"transfer": "1", "at": 1000}, [png()[1000:]])
    assert not form.widgets.generate.disabled, reason(form)
    assert form.draft.plan().request.mode == "image"
    assert sandbox.ledger == []


def test_a_second_choice_replaces_a_running_upload(session: Session) -> None:
    """The parts of the first are no longer accepted, nor are those of a file that was removed."""
    form = Form(session, model="sora", prompt="A kite")
    widget = begin_upload(form, "image", ("first.png", png()))
    answers: list[dict[str, Any]] = []
    widget.widget.send = answers.append
    widget.receive({"transfer": "1", "at": 0}, [png()[:100]])
    second = png(320, 240)
    begin_upload(form, "image", ("second.png", second), transfer="2")
    widget.receive({"transfer": "2", "at": 0}, [second[:100]])
    widget.receive({"transfer": "1", "at": 100}, [png()[100:]])
    assert answers[-1] == {"transfer": "1", "at": None}
    widget.receive({"transfer": "2", "at": 100}, [second[100:]])
    assert input_field(form, "image").names == ["second.png"]
    begin_upload(form, "image", ("third.png", png()), transfer="3")
    widget.receive({"transfer": "3", "at": 0}, [png()[:100]])
    input_field(form, "image").remove.click()
    assert answers[-1] == {"transfer": "3", "at": None}
    widget.receive({"transfer": "3", "at": 100}, [png()[100:]])
    assert input_field(form, "image").value == []


def test_a_file_that_is_not_an_image_disables_the_button(session: Session) -> None:
    """Such a file, or an upload that stopped, is reported and blocks until it is removed; the image before it stays."""
    form = Form(session, model="vidu", prompt="A kite")
    upload(form, "image", ("kite.png", png()))
    upload(form, "image", ("notes.png", b"no picture"))
    assert "notes.png is not an image" in reason(form)
    assert form.widgets.generate.disabled
    assert input_field(form, "image").names == ["kite.png"]
    upload(form, "image", ("kite.png", png()))
    assert not form.widgets.generate.disabled
    begin_upload(form, "last_image", ("end.png", png())).receive({"refused": "the upload of end.png stopped"}, [])
    assert "last frame: the upload of end.png stopped" in reason(form)
    assert form.widgets.generate.disabled
    input_field(form, "last_image").remove.click()
    assert not form.widgets.generate.disabled


def test_references_add_up(session: Session) -> None:
    """Each choice adds to the other images, links too; more than the model takes disable the button."""
    form = Form(session, model="vidu", prompt="A kite")
    upload(form, "reference", ("one.png", png()), ("two.png", png(200, 150)), part=500)
    begin_upload(form, "reference").receive({"link": "https://1.1.1.1/three.png"}, [])
    assert input_field(form, "reference").names == ["https://1.1.1.1/three.png", "one.png", "two.png"]
    assert [image.width for image in form.draft.plan().request.inputs] == [0, 640, 200]
    upload(form, "reference", ("four.png", png()))
    assert form.widgets.generate.disabled


def test_the_model_changes_during_an_upload(session: Session) -> None:
    """An image that was not fully uploaded when the model changed is asked for again, not dropped silently."""
    form = Form(session, model="vidu", prompt="A kite")
    begin_upload(form, "image", ("kite.png", png())).receive({"transfer": "1", "at": 0}, [png()[:1000]])
    form.widgets.model.value = "apiyi/sora_video2"
    assert "kite.png was not uploaded before the model changed" in reason(form)
    assert form.widgets.generate.disabled


def test_the_page_knows_the_limits(session: Session) -> None:
    """The page knows how many files of which size the model takes in a role, in the mode with the highest limit."""
    limits = {
        (short, field.role): (field.upload.widget.max_files, field.upload.widget.max_bytes)
        for short in ("sora", "seedance", "vidu")
        for field in Form(session, model=short).draft.input_fields
    }
    assert limits == {
        ("sora", "image"): (1, 20 * 2**20),
        ("seedance", "image"): (1, 10**7 - 1),
        ("seedance", "last_image"): (1, 10**7 - 1),
        ("vidu", "image"): (1, 50 * 10**6 - 1),
        ("vidu", "last_image"): (1, 10**7 - 1),
        ("vidu", "reference"): (3, 50 * 10**6 - 1),
    }


def test_a_page_without_our_widgets_has_a_simple_upload(session: Session) -> None:
    """The chooser is that of ipywidgets, shows its limit, stores no bytes, and earlier images stay."""
    form = Form(session, model="sora", prompt="A kite", image=png(320, 240))
    assert form.widgets.limit.value == '<div class="mathjax_ignore tex2jax_ignore vidmagic-quiet"></div>'
    form._use_plain_widgets()
    assert "above 9 MB" in form.widgets.limit.value
    assert form.draft.plan().request.inputs[0].width == 320
    chooser = input_field(form, "image").upload.widget
    assert isinstance(chooser, ipywidgets.FileUpload)
    when = datetime.now(timezone.utc)
    file = {"name": "kite.png", "type": "image/png", "size": 1, "content": memoryview(png()), "last_modified": when}
    chooser.value = (file,)
    assert form.draft.plan().request.inputs[0].data == png()
    assert chooser.value == ()
    chooser.value = ({**file, "name": "notes.png", "content": memoryview(b"no picture")},)
    assert "notes.png is not an image" in reason(form)


def test_a_model_has_fields_for_its_roles(session: Session) -> None:
    """A model without images has no image field, each other model those of its roles."""
    roles = {
        short: [field.role for field in Form(session, model=short).draft.input_fields]
        for short in ("vidu-upscale", "hailuo", "viduq2", "vidu")
    }
    assert roles == {
        "vidu-upscale": [],
        "hailuo": ["image"],
        "viduq2": ["image", "last_image"],
        "vidu": ["image", "last_image", "reference"],
    }


def test_the_latest_input_replaces_the_image(session: Session) -> None:
    """A typed path replaces the chosen file, and a chosen file the path."""
    form = Form(session, model="sora", prompt="A kite")
    Path("kite.png").write_bytes(png())
    (field,) = form.draft.input_fields
    upload(form, "image", ("other.png", png(320, 240)))
    field.text.value = "kite.png"
    assert field.value == ["kite.png"]
    assert "640×480" in field.preview.value
    upload(form, "image", ("other.png", png(320, 240)))
    assert field.text.value == ""
    assert "320×240" in field.preview.value


def test_typing_resolves_no_host(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a link is typed no host name is looked up; the request holds the link that was typed."""
    lookups: list[str] = []
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *args, **kwargs: lookups.append(host) or real(host, *args, **kwargs)
    )
    form = Form(session, model="vidu", prompt="A kite")
    links = ["https://one.example.com/a.png", "https://two.example.com/a.png"]
    form.draft.input_fields[2].text.value = "\n".join(links)
    assert [host for host in lookups if host[0].isalpha()] == []
    assert not form.widgets.generate.disabled, reason(form)
    assert [image.url for image in form.draft.plan().request.inputs] == links
    form.draft.input_fields[2].text.value = "http://one.example.com/a.png"
    assert "must begin with https://" in reason(form)
    form = Form(session, model="seedance", prompt="A kite")
    form.draft.fields["callback_url"].widget.value = "https://three.example.com/done"
    assert not form.widgets.generate.disabled, reason(form)
    form.draft.fields["callback_url"].widget.value = "http://three.example.com/done"
    assert "callback_url: http://three.example.com/done must begin with https://" in reason(form)
    assert [host for host in lookups if host[0].isalpha()] == []


def test_a_click_resolves_the_host(session: Session, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link to a host in a private network is refused before anything is sent."""
    form = Form(session, model="sora", prompt="A kite", image="https://inside.example.com/a.png")
    assert not form.widgets.generate.disabled, reason(form)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: [(socket.AF_INET, 0, 0, "", ("10.0.0.1", 0))])
    form.widgets.generate.click()
    assert "first frame: https://inside.example.com/a.png does not lead to a public address" in reason(form)
    assert (form.job, purchases(sandbox)) == (None, [])


def test_typing_decodes_no_image(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """Images are read and decoded once, when they are given: a chosen file, a path, an object from Python."""
    Path("kite.png").write_bytes(png())
    given = {"image": Image.new("RGB", (640, 480)), "reference": ["kite.png", "https://example.com/a.png"]}
    forms = [Form(session, model="vidu", **{role: value}) for role, value in given.items()]
    forms.append(Form(session, model="vidu"))
    upload(forms[-1], "image", ("end.png", png()))
    decoded: list[object] = []
    monkeypatch.setattr(ImageFile.ImageFile, "load", decoded.append)
    for form in forms:
        form.widgets.prompt.value = "A kite"
        assert not form.widgets.generate.disabled, reason(form)
        assert form.draft.plan().request.prompt == "A kite"
    assert decoded == []


def test_a_changed_file_is_read_again(session: Session) -> None:
    """The next change of the form sees a file that was written meanwhile, and a new one."""
    form = Form(session, model="sora", prompt="A kite", image="kite.png")
    assert "no such file" in reason(form)
    for width in (640, 320):
        Path("kite.png").write_bytes(png(width))
        form.widgets.prompt.value += "!"
        assert not form.widgets.generate.disabled, reason(form)
        assert f"{width}×480" in input_field(form, "image").preview.value
        assert form.draft.plan().request.inputs[0].width == width


def test_a_refused_image_is_named(session: Session) -> None:
    """An image that the service refuses is named by its role and its file, or as "the image"."""
    form = Form(session, model="viduq2", prompt="A kite", last_image=Image.new("RGB", (500, 100)))
    upload(form, "image", ("strip.png", png(500, 100)))
    assert "first frame: strip.png is 500×100 pixels: its sides are 5:1, at most 4:1 is allowed" in reason(form)
    assert "last frame: the image is 500×100 pixels: its sides are 5:1" in reason(form)


# -- videos and sound


def test_a_model_offers_a_field_for_any_kind(session: Session) -> None:
    """Videos and sound have fields of their own; where the model takes links only there is nothing to upload."""
    form = Form(session, model="h3")
    uploads = {field.role: type(field.upload).__name__ for field in form.draft.input_fields}
    assert uploads["video"] == uploads["reference_audio"] == "UploadWidget"
    field = input_field(form, "reference_audio").upload.widget
    assert (field.kind, ".mp3" in field.accept) == ("audio", True)
    assert type(input_field(Form(session, model="seedance-2"), "video").upload).__name__ == "NoUpload"


@pytest.mark.parametrize("model", [model.short for model in Catalog()])
def test_every_model_has_a_form(session: Session, model: str) -> None:
    """Each model's inputs have their fields, whatever they take, on every page."""
    form = Form(session, model=model)
    assert {field.role for field in form.draft.input_fields} == set(form.draft.model.roles())
    form._use_plain_widgets()


def test_a_video_is_uploaded_and_played(session: Session, tmp_path: Path) -> None:
    """A small one has a player, and a file of another kind is refused in words."""
    data = videos.write(tmp_path / "kite.mp4", frames=48, size=(320, 180)).read_bytes()
    form = Form(session, model="h3", prompt="A kite")
    upload(form, "reference_video", ("kite.mp4", data))
    field = input_field(form, "reference_video")
    (given,) = field.value
    assert (given.data, given.name, given.seconds) == (data, "kite.mp4", 2.0)
    assert '<video controls preload="metadata"' in field.preview.value
    assert "kite.mp4 · 2 s · 320×180 · " in field.preview.value
    upload(form, "reference_video", ("sound.mp4", sounds.write(tmp_path / "s.wav").read_bytes()), transfer="2")
    assert "sound.mp4 is of the format wav" in reason(form)
    form = Form(session, model="h3", prompt="A kite")
    upload(form, "reference_audio", ("s.wav", (tmp_path / "s.wav").read_bytes()))
    assert "<audio controls" in input_field(form, "reference_audio").preview.value


def test_uploads_are_bounded_here_too(session: Session) -> None:
    """A page that announces more than the model takes is asked for nothing."""
    form = Form(session, model="sora", prompt="A kite")
    field = input_field(form, "image").upload
    field.widget.send = (answers := []).append
    field.receive({"transfer": "1", "files": [["a.png", 10**12]]}, [])
    assert "at most 1 files of" in reason(form)
    assert answers == [{"transfer": "1", "at": None}]


def test_a_job_can_be_typed(session: Session, sandbox: Sandbox) -> None:
    """A finished job is named by its id, with what is known of it; one that still runs is not waited for."""
    job = session.start("A kite", "hailuo")
    form = Form(session, model="wan", prompt="At dusk")
    field = input_field(form, "video")
    field.text.value = job.id
    if session.get(job.id).record.is_live:
        assert f"job {job.id} is not done yet" in reason(form)
    ended(job)
    field.text.value = ""
    field.text.value = job.id
    assert f"job {job.id}" in field.preview.value
    assert f"--video {job.id}" in form.widgets.cell.value
    assert field.missing_reason == ""
