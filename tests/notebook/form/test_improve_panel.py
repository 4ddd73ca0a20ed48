"""The form's "Improve prompt": one click is one request, and nothing is used before it was seen."""

from __future__ import annotations

import pytest

from tests.patience import until
from vidmagic.notebook.form.form import Form
from vidmagic.sandbox import Sandbox
from vidmagic.session.session import Session


def answered(form: Form) -> Form:
    """Click, and wait for the answer or its error."""
    form.improve.improve.click()
    until(lambda: not form.improve.improve.disabled)
    return form


def paths(sandbox: Sandbox) -> list[str]:
    """Return the paths that were asked for."""
    return [call.path for call in sandbox.ledger]


def test_an_improvement_is_shown_and_then_used(session: Session, sandbox: Sandbox) -> None:
    """The prompt stays until "Use it" is clicked; then the cell below has the new one. No video is bought."""
    form = Form(session, model="hailuo", prompt="a red kite over the sea")
    assert "by deepseek-v4-flash at DMXAPI · price unknown" in form.improve.status.value
    form.improve.wish.value = "more wind"
    answered(form)
    assert form.widgets.prompt.value == "a red kite over the sea"
    assert "<ins " in form.improve.result.value
    assert "price unknown" in form.improve.result.value
    assert form.improve.rewrite is not None
    new = form.improve.rewrite.new
    form.improve.use.click()
    assert form.widgets.prompt.value == new
    assert new in form.widgets.cell.value
    assert form.improve.rewrite is None
    assert paths(sandbox) == ["/v1/chat/completions"]


def test_an_improvement_is_discarded(session: Session) -> None:
    """The prompt stays as it was, and the difference is gone."""
    form = answered(Form(session, model="hailuo", prompt="a red kite"))
    form.improve.discard.click()
    assert form.widgets.prompt.value == "a red kite"
    assert form.improve.result.value == ""
    assert form.improve.rewrite is None


def test_two_clicks_are_one_request(session: Session, sandbox: Sandbox) -> None:
    """A click while the answer is on its way does nothing; the same question later is asked anew."""
    form = Form(session, model="hailuo", prompt="a red kite")
    form.improve.improve.click()
    form.improve.improve.click()
    until(lambda: not form.improve.improve.disabled)
    assert len(paths(sandbox)) == 1
    answered(form)
    assert len(paths(sandbox)) == 2


def test_the_difference_follows_the_prompt(session: Session) -> None:
    """Words that are typed after the click are not lost unseen: they stand crossed out."""
    form = answered(Form(session, model="hailuo", prompt="a red kite"))
    form.widgets.prompt.value = "a red kite and zeppelins"
    assert "zeppelins" in form.improve.result.value


@pytest.mark.parametrize(
    ("directive", "message"), [("rate", "not charged"), ("drop", "may be charged"), ("cancel", "was cut")]
)
def test_an_error_stands_beside_the_button(directive: str, message: str, session: Session, sandbox: Sandbox) -> None:
    """It says whether it may have cost something; nothing is repeated, and the form goes on."""
    form = answered(Form(session, model="hailuo", prompt=f"a kite [[sandbox: {directive}]]"))
    assert message in form.improve.status.value
    assert len(paths(sandbox)) == 1
    assert not form.widgets.generate.disabled


def test_a_form_asks_nothing_by_itself(session: Session, sandbox: Sandbox) -> None:
    """Typing, and choosing models, sends nothing; a model without a prompt has no button."""
    form = Form(session, model="hailuo", prompt="a red kite")
    form.improve.wish.value = "wind"
    form.widgets.prompt.value = ""
    assert form.improve.improve.disabled
    form.improve.improve.click()
    form.widgets.model.value = "vidu/upscale"
    assert form.improve.improve.layout.display == "none"
    assert sandbox.ledger == []


def test_the_sandbox_box_counts(session: Session, sandbox: Sandbox) -> None:
    """In the sandbox the prompt is not sent to a service, and it is free of charge."""
    form = Form(session, model="hailuo", prompt="a red kite")
    form.widgets.sandbox.value = True
    assert "free (sandbox)" in form.improve.status.value
    answered(form)
    assert "free (sandbox)" in form.improve.result.value
    assert paths(sandbox) == []
