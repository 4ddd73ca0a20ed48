"""`--improve` on a cell and `%video improve`: a new prompt as a cell to run, and no video service is asked."""

from __future__ import annotations

import pytest
from IPython.core.interactiveshell import InteractiveShell

import vidmagic
from tests.notebook.cells import Run, html, submits
from vidmagic.errors import InvalidRequest, NotImproved
from vidmagic.notebook.magics.tokens import without_flags
from vidmagic.sandbox import Sandbox
from vidmagic.session.session import Session


def paths(sandbox: Sandbox) -> list[str]:
    """Return the paths that were asked for."""
    return [call.path for call in sandbox.ledger]


def test_a_cell_shows_the_new_prompt_as_a_cell_to_run(run: Run, sandbox: Sandbox) -> None:
    """Its flags stay, those of the improvement do not; the price of the video stands with it; the cell can be run."""
    shown = run('%%video hailuo --duration 10 --improve --wish "more wind" -n --shot kite\na red kite over the sea')
    line, prompt = shown.cell.split("\n")
    assert line == "%%video hailuo --duration 10 --shot kite"
    assert prompt == shown.new
    assert prompt.startswith("A red kite over the sea, more wind")
    assert shown.old == "a red kite over the sea"
    assert "more wind" in shown.difference
    assert "¥4.00" in shown.video_price or "price unknown" in shown.video_price
    assert paths(sandbox) == ["/v1/chat/completions"]
    run(shown.cell)
    assert [body["prompt"] for body in submits(sandbox)] == [shown.new]


def test_the_page_shows_the_word_difference(run: Run) -> None:
    """What was removed is crossed out, what was added is underlined; the cell is selected by one click."""
    page = html(run("%%video hailuo --improve --dry-run\na red kite <b>"))
    assert "<del " in page
    assert "<ins " in page
    assert "user-select:all" in page
    assert "<b>" not in page
    assert "price unknown" in page
    assert "No video was started" in page


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("%%video hailuo --improve\na kite", "--improve needs --dry-run"),
        ("%%video hailuo --dry-run --wish wind\na kite", "--wish needs --improve"),
        ("%%video hailuo,kling --improve -n\na kite", "for one model"),
        ("%%video hailuo --improve -n --duration 7\na kite", "duration must be 6 or 10 s"),
        ("%%video hailuo --improve -n\na {{colour}} kite", "no variable is called colour"),
        ("%%video hailuo --improve -n\n \n", "the prompt is empty"),
        ("%%video hailuo --improve -n --max-cost 0.01\na kite", "above the limit"),
        ("%video improve", "the prompt is missing"),
        ("%video improve hailuo", "the prompt is missing"),
        ("%video improve hailuo pond:2", "%video improve: "),
        ("%video improve pond 2", "%video improve: "),
        ("%video improve hailuo a kite --whish wind", "did you mean --wish?"),
    ],
)
def test_a_mistake_is_refused_before_anything_is_sent(cell: str, message: str, run: Run, sandbox: Sandbox) -> None:
    """The cell is checked as it will be run, and a word that names nothing is not sent as a prompt."""
    with pytest.raises(InvalidRequest) as refused:
        run(cell)
    assert message in " ".join(refused.value.lines())
    assert sandbox.ledger == []


def test_a_service_that_rewrites_too_is_named(run: Run) -> None:
    """What is shown is not what is shot where the service has its own hand in it: a sentence says so."""
    note = "The service rewrites the prompt too (prompt_optimizer); --no-prompt-optimizer sends it as it is."
    assert note in run("%%video hailuo --improve -n\na kite").notes
    assert note not in run("%%video hailuo --improve -n --no-prompt-optimizer\na kite").notes
    assert note in run("%video improve hailuo a kite").notes


def test_placeholders_are_sent_as_typed(run: Run, shell: InteractiveShell, sandbox: Sandbox) -> None:
    """The value of a variable is not sent; the cell to run has the placeholder, and takes the value."""
    shell.user_ns["colour"] = "secret-red"
    shown = run("%%video hailuo --improve -n\na {{colour}} {{kite|boat}} over the sea")
    assert "secret-red" not in str(sandbox.ledger)
    assert "{{colour}} {{kite|boat}}" in shown.cell
    assert shown.video_price.startswith("2 videos")


def test_a_new_prompt_that_the_cell_cannot_take_is_refused(run: Run, shell: InteractiveShell, sandbox: Sandbox) -> None:
    """With the values of the variables it would be too long: nothing is offered to run, and the tokens are named."""
    shell.user_ns["tale"] = "w" * 1950
    with pytest.raises(NotImproved, match=r"would be refused: the prompt has .* takes at most 2,000") as refused:
        run("%%video hailuo --improve -n\na kite {{tale}}")
    assert "tokens" in refused.value.hint
    assert "a kite {{tale}}" in refused.value.text.lower()
    assert submits(sandbox) == []


def test_a_line_improves_a_prompt(run: Run, sandbox: Sandbox) -> None:
    """The first word may be the model; the words after it, or what is in quotes, are the prompt."""
    for line in ("a red kite", '"a red kite"'):
        shown = run(f"%video improve kling {line} --wish dusk")
        assert (shown.model, shown.old) == ("kling", "a red kite")
        assert shown.cell.startswith("%%video kling\nA red kite, dusk")
    assert run("%video improve 一只红色的风筝飞过大海").cell.startswith("%%video hailuo\n一只红色的风筝飞过大海，")
    assert len(paths(sandbox)) == 2
    run("%video improve kling a red kite --wish dusk --again")
    assert len(paths(sandbox)) == 3


def test_a_line_improves_the_prompt_of_a_video(run: Run, shell: InteractiveShell) -> None:
    """A shot, a job or a variable stands for its prompt; the cell has its flags."""
    job = run("%%video hailuo --duration 10 --shot kite --sandbox --wait\na red kite")
    for name in ("kite", "kite:1", "kite 1", job.id):
        shown = run(f"%video improve {name} --wish dusk")
        assert shown.old == "a red kite"
        assert "--duration 10" in shown.cell.split("\n")[0]
        assert "--sandbox" in shown.cell.split("\n")[0]
    shell.user_ns["text"] = "a boat"
    assert run("%video improve text").old == "a boat"
    assert run("%video improve kling kite").cell.startswith("%%video kling\n")


def test_python_has_it_too(run: Run, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """`vidmagic.improve` returns what a line shows."""
    monkeypatch.setattr("vidmagic.api._session", lambda: session)
    shown = vidmagic.improve("a red kite", "hailuo", wish="more wind")
    assert shown.cell == f"%%video hailuo\n{shown.new}"
    assert "more wind" in shown.difference
    assert str(shown).endswith(shown.cell)
    assert shown.price.endswith("price unknown")
    assert shown.video_price == "¥2.00 (estimate)"


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("hailuo --improve --dry-run --duration 6", "hailuo --duration 6"),
        ('--wish "more wind" hailuo -n --improve', "hailuo"),
        ("hailuo --wish='more wind' --improve --negative 'a -n b' -n", "hailuo --negative 'a -n b'"),
        ("hailuo --improve -n --wish dusk --shot a", "hailuo --shot a"),
    ],
)
def test_flags_are_taken_out_of_a_line(line: str, left: str) -> None:
    """The other words stay as typed, quotes and all."""
    own = {"--improve": False, "--wish": True, "--dry-run": False, "-n": False}
    assert without_flags(line, own) == left
