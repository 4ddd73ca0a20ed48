"""The form without a front end: fields are changed, the button is pressed, the sandbox counts what was bought."""

from __future__ import annotations

import dataclasses
import html
import io
import socket
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import ipywidgets
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from PIL import Image, ImageFile

import vidmagic
from tests.conftest import CANARY
from tests.patience import until
from vidmagic.engine.journal.record import new_id
from vidmagic.errors import InvalidRequest
from vidmagic.media.video import Video
from vidmagic.notebook.form.click_guard import ClickGuard
from vidmagic.notebook.form.form import Form
from vidmagic.notebook.form.image_field import Picture
from vidmagic.notebook.form.upload import UploadWidget
from vidmagic.sandbox import Sandbox
from vidmagic.session.session import Session


def sent(sandbox: Sandbox) -> list[Any]:
    """Return the calls that bought something."""
    return [call for call in sandbox.ledger if call.method == "POST"]


def reason(form: Form) -> str:
    """Return the words beside the button."""
    return str(form.face.reason.value)


def png(width: int = 640, height: int = 480) -> bytes:
    """Return a picture as a file."""
    file = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(file, "PNG")
    return file.getvalue()


def begin(form: Form, role: str, *files: tuple[str, bytes], turn: str = "1") -> UploadWidget:
    """Tell of files as the page does after a choice; return what takes their parts."""
    drop = place(form, role).chooser
    assert isinstance(drop, UploadWidget)
    drop.hear({"turn": turn, "files": [[name, len(data)] for name, data in files]}, [])
    return drop


def choose(form: Form, role: str, *files: tuple[str, bytes], part: int = 2**20, turn: str = "1") -> None:
    """Send files as the page does, in parts, to the place of *role*."""
    drop = begin(form, role, *files, turn=turn)
    whole = b"".join(data for _, data in files)
    for at in range(0, max(len(whole), 1), part):
        drop.hear({"turn": turn, "at": at}, [memoryview(whole[at : at + part])])


def place(form: Form, role: str) -> Picture:
    """Return the place of a role's images."""
    return next(picture for picture in form.draft.pictures if picture.role == role)


def test_a_press_buys_one_video(session: Session, sandbox: Sandbox) -> None:
    """Generate starts the job of the fields; `job` is it at once, and `video` its video when it is there."""
    form = Form(session, model="hailuo", prompt="A red kite", duration=10)
    assert (form.job, form.video) == (None, None)
    form.face.generate.click()
    assert form.job is not None
    assert form.video is None
    until(lambda: form.video is not None)
    assert isinstance(form.video, Video)
    assert form.video.path.is_file()
    (call,) = sent(sandbox)
    assert (call.body["prompt"], call.body["duration"]) == ("A red kite", 10)


def test_no_change_sends_anything(session: Session, sandbox: Sandbox) -> None:
    """Choosing every model and touching every field, image and box sends not one request."""
    form = Form(session, prompt="A red kite")
    for _, model in form.face.model.options:
        form.face.model.value = model
        for field in list(form.draft.fields.values()):
            widget = field.widget
            if isinstance(widget, ipywidgets.Dropdown):
                for choice in field.offered:
                    if choice in field.offered:
                        widget.value = choice
            else:
                widget.value = not widget.value if isinstance(widget.value, bool) else "1"
        for picture in list(form.draft.pictures):
            choose(form, picture.role, ("kite.png", png()))
        form.face.again.value = not form.face.again.value
    assert sandbox.ledger == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"prompt": " "}, "the prompt is empty"),
        ({"prompt": "x" * 2001}, "2,001 characters"),
        ({"prompt": "a\x07b"}, "control character"),
    ],
)
def test_what_cannot_succeed_cannot_be_pressed(
    session: Session, sandbox: Sandbox, change: dict[str, str], said: str
) -> None:
    """The button is off and the reason stands beside it; even a press that arrives anyway sends nothing."""
    form = Form(session, model="hailuo", prompt="A red kite")
    assert not form.face.generate.disabled
    form.face.prompt.value = change["prompt"]
    assert form.face.generate.disabled
    assert said in reason(form)
    form.face.generate.click()
    assert sandbox.ledger == []
    assert form.job is None
    assert said in reason(form)


def test_a_bad_number_is_said_and_not_moved(session: Session, sandbox: Sandbox) -> None:
    """A seed that is no whole number stays as typed, with the reason beside the button."""
    form = Form(session, model="viduq2", prompt="A kite", image=png(), seed=7)
    form.draft.fields["seed"].widget.value = "7.5"
    assert form.face.generate.disabled
    assert "not a whole number" in reason(form)
    form.draft.fields["seed"].widget.value = "-3"
    assert form.draft.fields["seed"].widget.value == "-3"
    assert "seed" in reason(form)
    form.draft.fields["seed"].widget.value = "0"
    assert form.draft.plan().request.params["seed"] == 0
    assert sandbox.ledger == []


def test_the_count_follows_the_prompt(session: Session) -> None:
    """Characters are counted as the limit counts them, and too many are marked."""
    form = Form(session, model="hailuo", prompt="A kite 😀")
    assert "8 of 2,000" in form.face.count.value
    form.face.prompt.value = "x" * 2001
    assert "2,001 of 2,000" in form.face.count.value
    assert "vidmagic-wrong" in form.face.count.value


def test_1080p_leaves_only_6_s(session: Session) -> None:
    """A choice leaves the others only what goes with it, a value that had to move is told, and the way back is open."""
    form = Form(session, model="hailuo", prompt="A kite", duration=10)
    fields = form.draft.fields
    assert fields["duration"].offered == (6, 10)
    fields["resolution"].widget.value = "1080P"
    assert fields["duration"].offered == (6,)
    assert fields["duration"].value == 6
    assert "duration is now 6 s" in reason(form)
    assert not form.face.generate.disabled
    fields["resolution"].widget.value = "768P"
    assert fields["duration"].offered == (6, 10)
    fields["duration"].widget.value = 10
    assert fields["resolution"].offered == ("768P", "1080P")


def test_every_row_of_every_rule_can_be_chosen(session: Session) -> None:
    """From the defaults each allowed combination is reached by choosing its values in the order of the rule."""
    for model in session.catalog:
        for mode in model.modes:
            given = {
                role: [f"https://1.1.1.1/{n}.png" for n in range(least)] for role, (least, _) in mode.images.items()
            }
            for rule in mode.together:
                for row in sorted(rule.rows, key=str):
                    form = Form(session, model=model.short, prompt="A kite", **given)
                    wanted = dict(zip(rule.names, row, strict=True))
                    fields = form.draft.fields
                    if any(fields[n].choices and v not in fields[n].choices for n, v in wanted.items()):
                        continue  # the rule is that of several models, and this one has less
                    for name, value in wanted.items():
                        fields[name].widget.value = value
                    assert {name: fields[name].value for name in wanted} == wanted
                    assert not form.face.generate.disabled, reason(form)


def test_the_price_follows_the_fields(session: Session) -> None:
    """The price is that of the fields as they stand; where nobody published one it is unknown, never 0."""
    form = Form(session, model="hailuo", prompt="A kite")
    assert "¥2.00" in reason(form)
    form.draft.fields["duration"].widget.value = 10
    assert "¥4.00" in reason(form)
    form.face.model.value = "dmxapi/MiniMax-Hailuo-02"
    assert "price unknown" in reason(form)


def test_a_limit_closes_the_button(session: Session) -> None:
    """`max_cost` holds for the form too."""
    form = Form(session, model="hailuo", prompt="A kite", max_cost="3CNY")
    assert not form.face.generate.disabled
    form.draft.fields["duration"].widget.value = 10
    assert form.face.generate.disabled
    assert "above the limit" in reason(form)


def test_a_double_click_buys_one(session: Session, sandbox: Sandbox) -> None:
    """Pressed twice at once, and once more after the end, it has bought one video."""
    form = Form(session, model="hailuo", prompt="A red kite")
    form.face.generate.click()
    form.face.generate.click()
    assert form.face.generate.disabled
    until(lambda: form.video is not None)
    form.face.generate.click()
    until(lambda: not form.runs)
    assert len(sent(sandbox)) == 1
    assert form.job is not None
    assert form.job.reused


def test_a_request_made_before_says_so(session: Session, sandbox: Sandbox) -> None:
    """The button says "shown again" before it is pressed, also for a job that a cell made, and then sends nothing."""
    made = session.start("A red kite", "hailuo")
    made.result(10)
    form = Form(session, model="hailuo", prompt="A red kite")
    assert "shown again, free of charge" in form.face.generate.description
    form.face.generate.click()
    until(lambda: form.video is not None)
    assert form.job is not None
    assert form.job.id == made.id
    assert len(sent(sandbox)) == 1
    form.face.prompt.value = "A blue kite"
    assert form.face.generate.description == "Generate"


def test_a_request_made_long_before_says_so(session: Session) -> None:
    """However many jobs came after it, the job of the same request is found."""
    made = session.start("A red kite", "hailuo")
    made.result(10)
    later = [dataclasses.replace(made.record, id=new_id(), fingerprint=f"other {n}", n=0) for n in range(600)]
    session.store.begin_all(later, again=True, satisfies=lambda _: False)
    form = Form(session, model="hailuo", prompt="A red kite")
    assert "shown again, free of charge" in form.face.generate.description


def test_another_take_is_one_tick_for_one_take(session: Session, sandbox: Sandbox) -> None:
    """With the box ticked a press buys again, once: the tick is taken back, so a double click buys one."""
    session.start("A red kite", "hailuo").result(10)
    form = Form(session, model="hailuo", prompt="A red kite")
    form.face.again.value = True
    assert form.face.generate.description == "Generate"
    assert "¥2.00" in reason(form)
    form.face.generate.click()
    form.face.generate.click()
    assert form.face.again.value is False
    until(lambda: form.video is not None)
    form.face.generate.click()
    assert len(sent(sandbox)) == 2


def test_free_stays_free(session: Session, sandbox: Sandbox) -> None:
    """A button that said "free" buys nothing if the job it meant has failed meanwhile; it shows the price instead."""
    made = session.start("A red kite", "hailuo")
    made.result(10)
    form = Form(session, model="hailuo", prompt="A red kite")
    session.store.update(made.id, state="failed")
    form.face.generate.click()
    assert len(sent(sandbox)) == 1
    assert "press again" in reason(form)
    assert form.face.generate.description == "Generate"


def test_a_missing_key_closes_the_button(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model whose key is missing cannot be bought, says which variable it wants, and can be rehearsed."""
    monkeypatch.delenv("APIYI_API_KEY")
    form = Form(session, model="sora", prompt="A kite")
    assert form.face.generate.disabled
    assert "APIYI_API_KEY" in reason(form)
    form.face.rehearse.value = True
    assert not form.face.generate.disabled
    assert "free of charge" in reason(form)
    labels = {model: label for label, model in form.face.model.options}
    assert "no key" in labels["apiyi/sora_video2"]
    assert "key from the environment" in labels["dmxapi/MiniMax-Hailuo-2.3"]


def test_a_refusal_is_shown(session: Session, sandbox: Sandbox) -> None:
    """What the service refuses stands in the form, nothing is charged, and the button is open again."""
    form = Form(session, model="hailuo", prompt="A kite [[sandbox: refuse]]")
    form.face.generate.click()
    until(lambda: not form.runs and isinstance(form.face.card.children[0], ipywidgets.HTML))
    until(lambda: not form.face.generate.disabled)
    assert form.video is None
    (shown,) = form.face.card.children
    assert "refused" in shown.value


def test_an_uploaded_image_is_what_is_sent(session: Session, sandbox: Sandbox) -> None:
    """The bytes that the browser gave go out as they are, with a thumbnail, the mode they choose and a cell."""
    form = Form(session, model="viduq2", prompt="A kite")
    assert form.face.generate.disabled
    first, last = form.draft.pictures
    assert [first.role, last.role] == ["image", "last_image"]
    choose(form, "image", ("kite.png", png()))
    assert not form.face.generate.disabled, reason(form)
    assert "<img" in first.look.value
    assert "kite.png" in first.look.value
    assert "640×480" in first.look.value
    assert form.draft.plan().request.images[0].data == png()
    assert "--image kite.png" in form.face.cell.value
    assert "Where it says kite.png, put the path" in form.face.note.value
    choose(form, "last_image", ("end.png", png()))
    assert form.draft.plan().request.mode == "start-end"
    last.remove.click()
    assert form.draft.plan().request.mode == "image"
    form.face.generate.click()
    until(lambda: form.video is not None)
    (call,) = [call for call in sent(sandbox) if call.body["model"] == "viduq2-pro"]
    assert len(call.body["images"]) == 1


def test_parts_become_the_file_again(session: Session, sandbox: Sandbox) -> None:
    """A file in many parts is whole again, each part is answered with where it goes on, and no state holds a byte."""
    form = Form(session, model="sora", prompt="A kite")
    answers: list[dict[str, Any]] = []
    place(form, "image").chooser.widget.send = answers.append
    choose(form, "image", ("kite.png", png()), part=1000)
    (image,) = place(form, "image").value
    assert (image.name, image.data) == ("kite.png", png())
    assert [answer["at"] for answer in answers] == [*range(1000, len(png()), 1000), None]
    assert len(repr(place(form, "image").chooser.widget.get_state())) < 20_000
    assert "kite.png" not in repr(place(form, "image").chooser.widget.get_state())


def test_nothing_is_bought_before_an_image_has_come(session: Session, sandbox: Sandbox) -> None:
    """From the first word of a choice to its last byte a press buys nothing, though the model needs no image."""
    form = Form(session, model="vidu", prompt="A kite")
    drop = begin(form, "image", ("kite.png", png()))
    form.face.generate.click()
    assert "kite.png is still on its way" in reason(form)
    drop.hear({"turn": "1", "at": 0}, [png()[:1000]])
    assert form.face.generate.disabled
    drop.hear({"turn": "1", "at": 1000}, [png()[1000:]])
    assert not form.face.generate.disabled, reason(form)
    assert form.draft.plan().request.mode == "image"
    assert sandbox.ledger == []


def test_a_second_choice_replaces_the_first_on_its_way(session: Session) -> None:
    """The parts of the first are no longer taken, nor are those of a choice that was taken back."""
    form = Form(session, model="sora", prompt="A kite")
    drop = begin(form, "image", ("first.png", png()))
    answers: list[dict[str, Any]] = []
    drop.widget.send = answers.append
    drop.hear({"turn": "1", "at": 0}, [png()[:100]])
    second = png(320, 240)
    begin(form, "image", ("second.png", second), turn="2").hear({"turn": "2", "at": 0}, [second[:100]])
    drop.hear({"turn": "1", "at": 100}, [png()[100:]])
    assert answers[-1] == {"turn": "1", "at": None}
    drop.hear({"turn": "2", "at": 100}, [second[100:]])
    assert place(form, "image").named == ["second.png"]
    begin(form, "image", ("third.png", png()), turn="3").hear({"turn": "3", "at": 0}, [png()[:100]])
    place(form, "image").remove.click()
    assert answers[-1] == {"turn": "3", "at": None}
    drop.hear({"turn": "3", "at": 100}, [png()[100:]])
    assert place(form, "image").value == []


def test_what_is_no_image_closes_the_button(session: Session) -> None:
    """A file that is none, and one that broke off, is said and blocks until it is removed; the one before it stays."""
    form = Form(session, model="vidu", prompt="A kite")
    choose(form, "image", ("kite.png", png()))
    choose(form, "image", ("notes.png", b"no picture"))
    assert "notes.png is no image that is known here" in reason(form)
    assert form.face.generate.disabled
    assert place(form, "image").named == ["kite.png"]
    choose(form, "image", ("kite.png", png()))
    assert not form.face.generate.disabled
    begin(form, "last_image", ("end.png", png())).hear({"refused": "end.png broke off"}, [])
    assert "last frame: end.png broke off" in reason(form)
    assert form.face.generate.disabled
    place(form, "last_image").remove.click()
    assert not form.face.generate.disabled


def test_references_add_up(session: Session) -> None:
    """Of several images each choice adds to the others, links too; the model's own number closes the button."""
    form = Form(session, model="vidu", prompt="A kite")
    choose(form, "reference", ("one.png", png()), ("two.png", png(200, 150)), part=500)
    begin(form, "reference").hear({"link": "https://1.1.1.1/three.png"}, [])
    assert place(form, "reference").named == ["https://1.1.1.1/three.png", "one.png", "two.png"]
    assert [image.width for image in form.draft.plan().request.images] == [0, 640, 200]
    choose(form, "reference", ("four.png", png()))
    assert form.face.generate.disabled


def test_another_model_in_mid_transfer(session: Session) -> None:
    """An image that had not come when the model changed is asked for again, not forgotten."""
    form = Form(session, model="vidu", prompt="A kite")
    begin(form, "image", ("kite.png", png())).hear({"turn": "1", "at": 0}, [png()[:1000]])
    form.face.model.value = "apiyi/sora_video2"
    assert "kite.png did not come before the model changed" in reason(form)
    assert form.face.generate.disabled


def test_the_page_knows_the_bounds(session: Session) -> None:
    """The page is told how many files of which size the model takes in a role, in the mode that takes the largest."""
    bounds = {
        (short, picture.role): (picture.chooser.widget.count, picture.chooser.widget.most)
        for short in ("sora", "seedance", "vidu")
        for picture in Form(session, model=short).draft.pictures
    }
    assert bounds == {
        ("sora", "image"): (1, 20 * 2**20),
        ("seedance", "image"): (1, 10**7 - 1),
        ("seedance", "last_image"): (1, 10**7 - 1),
        ("vidu", "image"): (1, 50 * 10**6 - 1),
        ("vidu", "last_image"): (1, 10**7 - 1),
        ("vidu", "reference"): (3, 50 * 10**6 - 1),
    }


def test_a_page_without_our_widgets_has_a_plain_chooser(session: Session) -> None:
    """There the chooser is that of ipywidgets, says its limit, keeps no bytes, and what was chosen before stays."""
    form = Form(session, model="sora", prompt="A kite", image=png(320, 240))
    assert form.face.limit.value == '<div class="mathjax_ignore tex2jax_ignore vidmagic-quiet"></div>'
    form._do_without_scripts()
    assert "above 9 MB" in form.face.limit.value
    assert form.draft.plan().request.images[0].width == 320
    chooser = place(form, "image").chooser.widget
    assert isinstance(chooser, ipywidgets.FileUpload)
    when = datetime.now(timezone.utc)
    file = {"name": "kite.png", "type": "image/png", "size": 1, "content": memoryview(png()), "last_modified": when}
    chooser.value = (file,)
    assert form.draft.plan().request.images[0].data == png()
    assert chooser.value == ()
    chooser.value = ({**file, "name": "notes.png", "content": memoryview(b"no picture")},)
    assert "notes.png is no image" in reason(form)


def test_only_the_roles_that_the_model_takes(session: Session) -> None:
    """A model of text has no place for images, and each other one has its own."""
    roles = {
        short: [picture.role for picture in Form(session, model=short).draft.pictures]
        for short in ("hailuo", "sora", "viduq2", "vidu")
    }
    assert roles == {
        "hailuo": [],
        "sora": ["image"],
        "viduq2": ["image", "last_image"],
        "vidu": ["image", "last_image", "reference"],
    }


def test_the_last_word_counts_for_an_image(session: Session) -> None:
    """A path that is typed replaces the chosen file, and a chosen file the path."""
    form = Form(session, model="sora", prompt="A kite")
    Path("kite.png").write_bytes(png())
    (picture,) = form.draft.pictures
    choose(form, "image", ("other.png", png(320, 240)))
    picture.text.value = "kite.png"
    assert picture.value == ["kite.png"]
    assert "640×480" in picture.look.value
    choose(form, "image", ("other.png", png(320, 240)))
    assert picture.text.value == ""
    assert "320×240" in picture.look.value


def test_typing_asks_nobody_where_a_host_is(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a link is typed no name is looked up; the link of the request is the one that was typed."""
    asked: list[str] = []
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *rest, **more: asked.append(host) or real(host, *rest, **more)
    )
    form = Form(session, model="vidu", prompt="A kite")
    links = ["https://one.example.com/a.png", "https://two.example.com/a.png"]
    form.draft.pictures[2].text.value = "\n".join(links)
    assert [host for host in asked if host[0].isalpha()] == []
    assert not form.face.generate.disabled, reason(form)
    assert [image.url for image in form.draft.plan().request.images] == links
    form.draft.pictures[2].text.value = "http://one.example.com/a.png"
    assert "not https" in reason(form)
    form = Form(session, model="seedance", prompt="A kite")
    form.draft.fields["callback_url"].widget.value = "https://three.example.com/done"
    assert not form.face.generate.disabled, reason(form)
    form.draft.fields["callback_url"].widget.value = "http://three.example.com/done"
    assert "callback_url: http://three.example.com/done is not https" in reason(form)
    assert [host for host in asked if host[0].isalpha()] == []


def test_a_press_asks_where_a_host_is(session: Session, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link to a host that turns out to be in a private network is refused before anything is sent."""
    form = Form(session, model="sora", prompt="A kite", image="https://inside.example.com/a.png")
    assert not form.face.generate.disabled, reason(form)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: [(socket.AF_INET, 0, 0, "", ("10.0.0.1", 0))])
    form.face.generate.click()
    assert "first frame: https://inside.example.com/a.png leads to no public address" in reason(form)
    assert (form.job, sent(sandbox)) == (None, [])


def test_typing_decodes_no_image(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """Images are read and decoded when they come: a file that was chosen, a path, what Python gave."""
    Path("kite.png").write_bytes(png())
    given = {"image": Image.new("RGB", (640, 480)), "reference": ["kite.png", "https://example.com/a.png"]}
    forms = [Form(session, model="vidu", **{role: value}) for role, value in given.items()]
    forms.append(Form(session, model="vidu"))
    choose(forms[-1], "image", ("end.png", png()))
    decoded: list[object] = []
    monkeypatch.setattr(ImageFile.ImageFile, "load", decoded.append)
    for form in forms:
        form.face.prompt.value = "A kite"
        assert not form.face.generate.disabled, reason(form)
        assert form.draft.plan().request.prompt == "A kite"
    assert decoded == []


def test_a_file_that_changes_on_the_disk_is_read_again(session: Session) -> None:
    """The next change of the form sees a file that was written meanwhile, and one that was not there before."""
    form = Form(session, model="sora", prompt="A kite", image="kite.png")
    assert "no such file" in reason(form)
    for width in (640, 320):
        Path("kite.png").write_bytes(png(width))
        form.face.prompt.value += "!"
        assert not form.face.generate.disabled, reason(form)
        assert f"{width}×480" in place(form, "image").look.value
        assert form.draft.plan().request.images[0].width == width


def test_a_limit_of_the_service_names_the_image(session: Session) -> None:
    """An image that the service does not take is called by its file's name, or just an image, and by its place."""
    form = Form(session, model="viduq2", prompt="A kite", last_image=Image.new("RGB", (500, 100)))
    choose(form, "image", ("strip.png", png(500, 100)))
    assert "first frame: strip.png is 500×100 pixels, 5:1, at most 4:1 is allowed" in reason(form)
    assert "last frame: the image is 500×100 pixels, 5:1" in reason(form)


def test_what_the_mode_lacks_is_not_shown(session: Session) -> None:
    """With a first frame Vidu has no style; without it the field is back, and the seed has stayed."""
    form = Form(session, model="vidu", prompt="A kite", seed=5)
    assert "style" in form.draft.fields
    form.draft.pictures[0].text.value = "https://1.1.1.1/kite.png"
    assert "style" not in form.draft.fields
    assert form.draft.fields["seed"].widget.value == "5"
    form.draft.pictures[0].text.value = ""
    assert "style" in form.draft.fields


def test_it_is_filled_with_what_is_given(session: Session) -> None:
    """Each argument stands in its field; what the model does not take is refused at once."""
    form = Form(session, model="viduq2", prompt="A kite", duration=3, seed=0, bgm=True, image="https://1.1.1.1/x.png")
    assert form.face.prompt.value == "A kite"
    assert [form.draft.fields[name].value for name in ("duration", "seed", "bgm")] == [3, "0", True]
    assert form.draft.pictures[0].text.value == "https://1.1.1.1/x.png"
    for given in ({"duration": 7}, {"style": "anime"}, {"duration": 10, "resolution": "1080P"}):
        with pytest.raises(InvalidRequest):
            Form(session, model="hailuo", **given)
    with pytest.raises(InvalidRequest, match="did you mean hailuo"):
        Form(session, model="hailu")


def test_each_field_has_its_label_and_help(session: Session) -> None:
    """Every parameter stands in its order, under its name, with its help."""
    for model in session.catalog:
        form = Form(session, model=model.short)
        for widget, param in zip(form.face.fields.children, form.draft._params_now(), strict=True):
            assert param.name.replace("_", " ") in widget.description
            assert param.help in html.unescape(widget.description)


def test_a_page_that_lags_behind_buys_what_it_shows() -> None:
    """A press before the page has come to the newest state waits for it; another price by then means no purchase."""
    done: list[str] = []
    press = ClickGuard(lambda: done.append("bought"), lambda: done.append("refused"))
    press.show("¥2")  # 1
    press._heard.value = 1
    press.press()  # gives out 2
    press.press()
    press.show("¥2")  # words that were typed before the press, for the same price
    assert done == []
    press._heard.value = 2
    assert done == ["bought"]
    press.show("¥4")  # 3, which the page has not come to when the button is pressed
    press.press()
    press._heard.value = 3
    assert done == ["bought"]
    press._heard.value = 4
    assert done == ["bought", "refused"]
    press.press()
    press._heard.value = 5
    assert done == ["bought", "refused", "bought"]


def test_without_a_front_end_it_says_how(session: Session, shell: InteractiveShell) -> None:
    """A terminal gets a sentence and the cell that does the same, and no widget."""
    form = Form(session, model="hailuo", prompt="A <b>red</b> kite")
    with capture_output() as shown:
        form._ipython_display_()
    (output,) = shown.outputs
    assert set(output.data) == {"text/plain", "text/html"}
    assert "%%video hailuo\nA <b>red</b> kite" in output.data["text/plain"]
    assert "A &lt;b&gt;red&lt;/b&gt; kite" in output.data["text/html"]


def test_no_key_is_shown(session: Session) -> None:
    """Nothing that the form says contains a key."""
    form = Form(session, model="hailuo", prompt="A kite")
    said = [
        getattr(widget, name, "") for widget in vars(form.face).values() for name in ("value", "options", "tooltip")
    ]
    assert "key from the environment" in repr(said)
    assert CANARY not in repr(form) + repr(said)


def test_the_package_and_the_verb_make_one(session: Session, monkeypatch: pytest.MonkeyPatch, run: Any) -> None:
    """`vidmagic.form(…)` and `%video form MODEL` return a form."""
    monkeypatch.setattr("vidmagic._session", lambda: session)
    form = vidmagic.form(model="sora", prompt="A kite", duration=15)
    assert form.draft.fields["duration"].value == 15
    assert Decimal(form.draft.plan().price.amount) > 0
    with capture_output():
        assert run("%video form sora").draft.model.short == "sora"
