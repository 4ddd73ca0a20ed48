"""The form without a front end: fields change, the button is clicked, the sandbox counts what was bought."""

from __future__ import annotations

import dataclasses
import html
from decimal import Decimal
from typing import Any

import ipywidgets
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

import vidmagic
from tests.conftest import CANARY
from tests.notebook.form.page import png, purchases, reason, upload
from tests.patience import until
from tests.rows import rewrite
from vidmagic.engine.journal.record import new_id
from vidmagic.errors import InvalidRequest
from vidmagic.media.video import Video
from vidmagic.notebook.form.click_guard import ClickGuard
from vidmagic.notebook.form.form import Form
from vidmagic.notebook.form.upload import UploadWidget
from vidmagic.sandbox import Sandbox
from vidmagic.session.run_options import RunOptions
from vidmagic.session.session import Session


def test_a_click_buys_one_video(session: Session, sandbox: Sandbox) -> None:
    """Generate starts the job; `job` holds it at once, and `video` its video when it is done."""
    form = Form(session, model="hailuo", prompt="A red kite", duration=10)
    assert (form.job, form.video) == (None, None)
    form.widgets.generate.click()
    assert form.job is not None
    assert form.video is None
    until(lambda: form.video is not None)
    assert isinstance(form.video, Video)
    assert form.video.path.is_file()
    (call,) = purchases(sandbox)
    assert (call.body["prompt"], call.body["duration"]) == ("A red kite", 10)


def test_no_change_sends_anything(session: Session, sandbox: Sandbox) -> None:
    """Choosing every model and changing every field, image and box sends no request."""
    form = Form(session, prompt="A red kite")
    for _, model in form.widgets.model.options:
        form.widgets.model.value = model
        for field in list(form.draft.fields.values()):
            widget = field.widget
            if isinstance(widget, ipywidgets.Dropdown):
                for choice in field.offered:
                    if choice in field.offered:
                        widget.value = choice
            else:
                widget.value = not widget.value if isinstance(widget.value, bool) else "1"
        for field in list(form.draft.input_fields):
            if isinstance(field.upload, UploadWidget):
                upload(form, field.role, ("kite.png", png()))
        form.widgets.again.value = not form.widgets.again.value
    assert sandbox.ledger == []


@pytest.mark.parametrize(
    ("prompt", "message"),
    [
        (" ", "the prompt is empty"),
        ("x" * 2001, "2,001 characters"),
        ("a\x07b", "control character"),
    ],
)
def test_a_bad_prompt_disables_the_button(session: Session, sandbox: Sandbox, prompt: str, message: str) -> None:
    """The button is disabled and shows the reason; a click that arrives anyway sends nothing."""
    form = Form(session, model="hailuo", prompt="A red kite")
    assert not form.widgets.generate.disabled
    form.widgets.prompt.value = prompt
    assert form.widgets.generate.disabled
    assert message in reason(form)
    form.widgets.generate.click()
    assert sandbox.ledger == []
    assert form.job is None
    assert message in reason(form)


def test_the_task_chooses_what_becomes_of_a_video(session: Session) -> None:
    """Where the same inputs mean two things, the field of the task changes the others, and the cell names it."""
    form = Form(session, model="wan", prompt="A kite", video="https://1.1.1.1/a.mp4", task="edit")
    assert "--task edit" in form.draft.cell()
    assert 0 in form.draft.fields["duration"].choices
    form.draft.fields["task"].widget.value = "extend"
    assert 15 in form.draft.fields["duration"].choices
    form.draft.fields["duration"].widget.value = 12
    assert "--duration 12 --task extend" in form.draft.cell()
    assert form.draft.plan().request.mode == "extend"


def test_a_bad_number_stays_as_typed(session: Session, sandbox: Sandbox) -> None:
    """A seed that is not a whole number stays as typed, with the reason beside the button."""
    form = Form(session, model="viduq2", prompt="A kite", image=png(), seed=7)
    form.draft.fields["seed"].widget.value = "7.5"
    assert form.widgets.generate.disabled
    assert "must be a whole number" in reason(form)
    form.draft.fields["seed"].widget.value = "-3"
    assert form.draft.fields["seed"].widget.value == "-3"
    assert "seed" in reason(form)
    form.draft.fields["seed"].widget.value = "0"
    assert form.draft.plan().request.params["seed"] == 0
    assert sandbox.ledger == []


def test_the_count_follows_the_prompt(session: Session) -> None:
    """Characters are counted as the limit counts them, and too many are marked."""
    form = Form(session, model="hailuo", prompt="A kite 😀")
    assert "8 of 2,000" in form.widgets.count.value
    form.widgets.prompt.value = "x" * 2001
    assert "2,001 of 2,000" in form.widgets.count.value
    assert "vidmagic-wrong" in form.widgets.count.value


def test_1080p_allows_only_6_s(session: Session) -> None:
    """A choice limits the others to what goes with it, a moved value is reported, and the way back is open."""
    form = Form(session, model="hailuo", prompt="A kite", duration=10)
    fields = form.draft.fields
    assert fields["duration"].offered == (6, 10)
    fields["resolution"].widget.value = "1080P"
    assert fields["duration"].offered == (6,)
    assert fields["duration"].value == 6
    assert "duration is now 6 s" in reason(form)
    assert not form.widgets.generate.disabled
    fields["resolution"].widget.value = "768P"
    assert fields["duration"].offered == (6, 10)
    fields["duration"].widget.value = 10
    assert fields["resolution"].offered == ("768P", "1080P")


def test_every_row_of_every_rule_can_be_chosen(session: Session) -> None:
    """From the defaults each allowed combination is reached by choosing its values in the order of the rule."""
    for model in session.catalog:
        for mode in model.modes:
            given = {
                role: [f"https://1.1.1.1/{n}.png" for n in range(least)] for role, (least, _) in mode.inputs.items()
            }
            for rule in mode.together:
                for row in sorted(rule.rows, key=str):
                    form = Form(session, model=model.short, prompt="A kite", **given)
                    row_values = dict(zip(rule.names, row, strict=True))
                    fields = form.draft.fields
                    if any(fields[n].choices and v not in fields[n].choices for n, v in row_values.items()):
                        continue  # the rule is that of several models, and this one has less
                    for name, value in row_values.items():
                        fields[name].widget.value = value
                    assert {name: fields[name].value for name in row_values} == row_values
                    assert not form.widgets.generate.disabled, reason(form)


def test_the_price_follows_the_fields(session: Session) -> None:
    """The price is that of the current fields; where nobody published one it is unknown, never 0."""
    form = Form(session, model="hailuo", prompt="A kite")
    assert "¥2.00" in reason(form)
    form.draft.fields["duration"].widget.value = 10
    assert "¥4.00" in reason(form)
    form.widgets.model.value = "dmxapi/MiniMax-Hailuo-02"
    assert "price unknown" in reason(form)


def test_the_cost_limit_disables_the_button(session: Session) -> None:
    """`max_cost` holds for the form too."""
    form = Form(session, model="hailuo", prompt="A kite", options=RunOptions(max_cost="3CNY"))
    assert not form.widgets.generate.disabled
    form.draft.fields["duration"].widget.value = 10
    assert form.widgets.generate.disabled
    assert "above the limit" in reason(form)


def test_a_double_click_buys_one(session: Session, sandbox: Sandbox) -> None:
    """Two clicks at once, and one more after the end, buy one video."""
    form = Form(session, model="hailuo", prompt="A red kite")
    form.widgets.generate.click()
    form.widgets.generate.click()
    assert form.widgets.generate.disabled
    until(lambda: form.video is not None)
    form.widgets.generate.click()
    until(lambda: not form.running)
    assert len(purchases(sandbox)) == 1
    assert form.job is not None
    assert form.job.reused


def test_a_repeated_request_is_shown_as_free(session: Session, sandbox: Sandbox) -> None:
    """The button shows "shown again" before the click, also for a job that a cell made, and then sends nothing."""
    made = session.start("A red kite", "hailuo")
    made.result(10)
    form = Form(session, model="hailuo", prompt="A red kite")
    assert "shown again, free of charge" in form.widgets.generate.description
    form.widgets.generate.click()
    until(lambda: form.video is not None)
    assert form.job is not None
    assert form.job.id == made.id
    assert len(purchases(sandbox)) == 1
    form.widgets.prompt.value = "A blue kite"
    assert form.widgets.generate.description == "Generate"


def test_an_old_request_is_shown_as_free(session: Session) -> None:
    """However many jobs came after it, the job of the same request is found."""
    made = session.start("A red kite", "hailuo")
    made.result(10)
    later = [dataclasses.replace(made.record, id=new_id(), fingerprint=f"other {n}", n=0) for n in range(600)]
    session.store.begin_all(later, again=True, satisfies=lambda _: False)
    form = Form(session, model="hailuo", prompt="A red kite")
    assert "shown again, free of charge" in form.widgets.generate.description


def test_one_tick_buys_one_take(session: Session, sandbox: Sandbox) -> None:
    """With the box ticked a click buys again, once: the tick is removed, so a double click buys one."""
    session.start("A red kite", "hailuo").result(10)
    form = Form(session, model="hailuo", prompt="A red kite")
    form.widgets.again.value = True
    assert form.widgets.generate.description == "Generate"
    assert "¥2.00" in reason(form)
    form.widgets.generate.click()
    form.widgets.generate.click()
    assert form.widgets.again.value is False
    until(lambda: form.video is not None)
    form.widgets.generate.click()
    assert len(purchases(sandbox)) == 2


def test_a_free_click_never_buys(session: Session, sandbox: Sandbox) -> None:
    """A button that shows "free" buys nothing if its job has failed meanwhile; it shows the price instead."""
    made = session.start("A red kite", "hailuo")
    made.result(10)
    form = Form(session, model="hailuo", prompt="A red kite")
    rewrite(session.store, made.id, state="failed", path="")
    form.widgets.generate.click()
    assert len(purchases(sandbox)) == 1
    assert "click again" in reason(form)
    assert form.widgets.generate.description == "Generate"


def test_a_missing_key_disables_the_button(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model without its key cannot be bought, names the variable of the key, and runs in the sandbox."""
    monkeypatch.delenv("APIYI_API_KEY")
    form = Form(session, model="sora", prompt="A kite")
    assert form.widgets.generate.disabled
    assert "APIYI_API_KEY" in reason(form)
    form.widgets.sandbox.value = True
    assert not form.widgets.generate.disabled
    assert "free (sandbox)" in reason(form)
    labels = {model: label for label, model in form.widgets.model.options}
    assert "no key" in labels["apiyi/sora_video2"]
    assert "key from the environment" in labels["dmxapi/MiniMax-Hailuo-2.3"]


def test_the_models_stand_as_in_the_list(session: Session) -> None:
    """Models are offered by service with what they take; Sora is one model, the last one, with its date."""
    labels = [label for label, _ in Form(session, model="sora").widgets.model.options]
    assert [label for label in labels if "Sora" in label] == [labels[-1]]
    assert labels[-1].startswith("apiyi · sora · Sora 2 · text, image · retired on 2026-09-24")
    services = [label.partition(" ")[0] for label in labels]
    assert list(dict.fromkeys(services)) == ["DMXAPI", "Vidu", "apiyi"]


def test_a_second_name_is_the_model_with_its_defaults(session: Session) -> None:
    """A name of Sora that stands for an orientation and a length opens the form with these."""
    form = Form(session, model="sora-landscape-15s", prompt="A kite")
    assert form.widgets.model.value == "apiyi/sora_video2"
    assert form.draft.values == {"aspect_ratio": "16:9", "duration": 15}
    assert form.draft.plan().request.wire_name == "sora_video2-landscape-15s"


def test_a_refusal_is_shown(session: Session, sandbox: Sandbox) -> None:
    """A refusal of the service stands in the form, nothing is charged, and the button is enabled again."""
    form = Form(session, model="hailuo", prompt="A kite [[sandbox: refuse]]")
    form.widgets.generate.click()
    until(lambda: not form.running and isinstance(form.widgets.card.children[0], ipywidgets.HTML))
    until(lambda: not form.widgets.generate.disabled)
    assert form.video is None
    (shown,) = form.widgets.card.children
    assert "refused" in shown.value


def test_a_field_that_the_mode_lacks_is_hidden(session: Session) -> None:
    """With a first frame Vidu has no style; without it the field returns, and the seed stays."""
    form = Form(session, model="vidu", prompt="A kite", seed=5)
    assert "style" in form.draft.fields
    form.draft.input_fields[0].text.value = "https://1.1.1.1/kite.png"
    assert "style" not in form.draft.fields
    assert form.draft.fields["seed"].widget.value == "5"
    form.draft.input_fields[0].text.value = ""
    assert "style" in form.draft.fields


def test_arguments_fill_the_fields(session: Session) -> None:
    """Each argument stands in its field; an argument that the model does not take is refused at once."""
    form = Form(session, model="viduq2", prompt="A kite", duration=3, seed=0, bgm=True, image="https://1.1.1.1/x.png")
    assert form.widgets.prompt.value == "A kite"
    assert [form.draft.fields[name].value for name in ("duration", "seed", "bgm")] == [3, "0", True]
    assert form.draft.input_fields[0].text.value == "https://1.1.1.1/x.png"
    form = Form(session, model="viduq2", wm_position="top-right")
    assert form.draft.fields["wm_position"].value == 2
    assert form.draft.fields["wm_position"].widget.label == "top-right"
    for given in ({"duration": 7}, {"style": "anime"}, {"duration": 10, "resolution": "1080P"}):
        with pytest.raises(InvalidRequest):
            Form(session, model="hailuo", **given)
    with pytest.raises(InvalidRequest, match="did you mean hailuo"):
        Form(session, model="hailu")


def test_every_field_has_its_label_and_help(session: Session) -> None:
    """The parameters stand in their order, under their names, with their help."""
    for model in session.catalog:
        form = Form(session, model=model.short)
        for widget, param in zip(form.widgets.fields.children, form.draft._current_params(), strict=True):
            assert param.name.replace("_", " ") in widget.description
            assert param.help in html.unescape(widget.description)


def test_a_slow_page_buys_what_it_shows() -> None:
    """A click on an outdated page waits until it is up to date; if the price has changed by then, nothing is bought."""
    done: list[str] = []
    guard = ClickGuard(lambda: done.append("bought"), lambda: done.append("refused"))
    guard.set_terms("¥2")  # 1
    guard._shown.value = 1
    guard.click()  # sends 2
    guard.click()
    guard.set_terms("¥2")  # words that were typed before the click, for the same price
    assert done == []
    guard._shown.value = 2
    assert done == ["bought"]
    guard.set_terms("¥4")  # 3, which the page has not shown at the click
    guard.click()
    guard._shown.value = 3
    assert done == ["bought"]
    guard._shown.value = 4
    assert done == ["bought", "refused"]
    guard.click()
    guard._shown.value = 5
    assert done == ["bought", "refused", "bought"]


def test_a_terminal_shows_the_cell(session: Session, shell: InteractiveShell) -> None:
    """A terminal shows a sentence and the cell that makes the same request, and no widget."""
    form = Form(session, model="hailuo", prompt="A <b>red</b> kite")
    with capture_output() as shown:
        form._ipython_display_()
    (output,) = shown.outputs
    assert set(output.data) == {"text/plain", "text/html"}
    assert "%%video hailuo\nA <b>red</b> kite" in output.data["text/plain"]
    assert "A &lt;b&gt;red&lt;/b&gt; kite" in output.data["text/html"]


def test_no_key_is_shown(session: Session) -> None:
    """No text of the form contains a key."""
    form = Form(session, model="hailuo", prompt="A kite")
    texts = [
        getattr(widget, name, "") for widget in vars(form.widgets).values() for name in ("value", "options", "tooltip")
    ]
    assert "key from the environment" in repr(texts)
    assert CANARY not in repr(form) + repr(texts)


def test_the_package_and_the_verb_return_a_form(session: Session, monkeypatch: pytest.MonkeyPatch, run: Any) -> None:
    """`vidmagic.form(…)` and `%video form MODEL` return a form."""
    monkeypatch.setattr("vidmagic.api._session", lambda: session)
    form = vidmagic.form(model="sora", prompt="A kite", duration=15)
    assert form.draft.fields["duration"].value == 15
    assert Decimal(form.draft.plan().price.amount) > 0
    with capture_output():
        assert run("%video form sora").draft.model.short == "sora"
