"""A cell with several values makes several videos: combined, priced, limited and started together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

from tests.notebook.cells import Run, html, submits
from tests.patience import until
from tests.skeleton import text
from vidmagic.errors import InvalidRequest, SweepFailed, TooExpensive
from vidmagic.notebook.magics.flags import parse
from vidmagic.notebook.magics.sweep_cell import SweepDryRun
from vidmagic.sandbox import Sandbox
from vidmagic.session.session import Session
from vidmagic.session.sweep.sweep import Sweep


def test_several_values_make_several_videos(run: Run, shell: InteractiveShell, sandbox: Sandbox) -> None:
    """Flags, models and alternatives are combined; the value of the cell is the sweep."""
    run("colour = 'red'")
    sweep = run("%%video hailuo --duration 6,10 --out kites\nA {{colour}} {{kite|boat}} for {5|6}")
    assert isinstance(sweep, Sweep)
    assert shell.user_ns["kites"] is sweep
    assert sorted((body["duration"], body["prompt"]) for body in submits(sandbox)) == [
        (6, "A red boat for {5|6}"), (6, "A red kite for {5|6}"),
        (10, "A red boat for {5|6}"), (10, "A red kite for {5|6}"),
    ]  # fmt: skip
    assert sweep.labels[0] == "duration 6 · kite"


@pytest.mark.parametrize("line", ["hailuo,sora", "--model hailuo,sora", "--model=hailuo,sora"])
def test_several_models(run: Run, line: str) -> None:
    """One model or several stand first on the line or after `--model`."""
    sweep = run(f"%%video {line} --sandbox --dry-run\nA red kite")
    assert isinstance(sweep, SweepDryRun)
    assert [plan.model.short for plan in sweep.plan.plans] == ["hailuo", "sora"]
    assert run("%%video --model sora --dry-run\nA red kite").plan.model.short == "sora"


@pytest.mark.parametrize(
    ("line", "given"),
    [
        ("vidu --seed 1,2", {"seed": ["1", "2"]}),
        ("vidu --seed=1,2", {"seed": ["1", "2"]}),
        ('vidu --seed "1,2"', {"seed": "1,2"}),
        ("vidu --negative blur,noise", {"negative": ["blur", "noise"]}),
        ('vidu --negative "blur, noise"', {"negative": "blur, noise"}),
        ('vidu --negative="blur, noise"', {"negative": "blur, noise"}),
        ("vidu --aspect-ratio 16:9,9:16", {"aspect_ratio": ["16:9", "9:16"]}),
        ("vidu --image a.png,b.png", {"image": ["a.png", "b.png"]}),
        ("vidu --image https://x.org/a,b.png", {"image": "https://x.org/a,b.png"}),
        ("vidu --image data:image/png;base64,AAAA", {"image": "data:image/png;base64,AAAA"}),
        ("vidu --reference a,b", {"reference": ["a,b"]}),
    ],
)
def test_commas_separate_values_unless_quoted(session: Session, line: str, given: dict[str, Any]) -> None:
    """A text with a comma is one value in quotes; a link and a data URI are one without."""
    assert parse(line, session.catalog, session.access.default_model).given == given


@pytest.mark.parametrize("line", ["vidu --seed 1,,2", "vidu --seed ,1", "hailuo sora", "hailuo,soar", "--model"])
def test_a_wrong_list_is_refused(session: Session, line: str) -> None:
    """An empty value, an unknown model, and two models without a comma are refused."""
    with pytest.raises(InvalidRequest):
        parse(line, session.catalog, session.access.default_model)


def test_a_dry_run_of_a_sweep(run: Run, sandbox: Sandbox) -> None:
    """It lists every combination with its price and sends nothing, although there are more than need `--yes`."""
    shown = run("%%video hailuo --dry-run --duration 6,10\n{{a|b|c|d|e|f|g}} kite")
    assert "14 videos: ¥42.00 (estimate)" in str(shown)
    assert text(html(shown)).count("duration 10") == 7
    assert sandbox.ledger == []


def test_limits_of_a_sweep_in_a_cell(run: Run, sandbox: Sandbox) -> None:
    """More than twelve jobs need `--yes`; `--max-cost` applies to the sum."""
    with pytest.raises(InvalidRequest, match="more than 12 at once"):
        run("%%video hailuo\nkite {{1|2|3|4|5|6|7|8|9|10|11|12|13}}")
    with pytest.raises(TooExpensive):
        run("%%video hailuo --max-cost 3.99CNY\nA {{red|blue}} kite")
    run("%config VideoMagics.sweep_limit = 1")
    with pytest.raises(InvalidRequest, match="more than 1 at once"):
        run("%%video hailuo\n[[sandbox: refuse]] A {{red|blue}} kite")
    assert sandbox.ledger == []
    with pytest.raises(SweepFailed):
        run("%%video hailuo --yes\n[[sandbox: refuse]] A {{red|blue}} kite")
    assert len(submits(sandbox)) == 2


def test_a_waiting_cell_fails_at_the_end_and_names_the_failed(run: Run, shell: InteractiveShell) -> None:
    """The finished video is available; the error names the failed job."""
    with pytest.raises(SweepFailed, match=r"1 of 2 have no video: \[\[sandbox: fail\]\]") as failed:
        run("%%video hailuo --wait --out both\n{{[[sandbox: fail]]|}} A kite")
    both = shell.user_ns["both"]
    assert [job.state for job in both] == ["failed", "done"]
    assert both[0].id in failed.value.message


def test_raw_leaves_alternatives_alone(run: Run, sandbox: Sandbox) -> None:
    """`--raw` sends `{{a|b}}` as typed, in a sweep over a parameter too."""
    run("%%video hailuo --raw --background\n[[sandbox: fail]] A {{red|blue}} kite")
    sweep = run("%%video hailuo --raw --duration 6,10 --background\n[[sandbox: fail]] A {{red|blue}} boat")
    until(lambda: len(submits(sandbox)) == 3)
    assert {body["prompt"] for body in submits(sandbox)} == {
        "[[sandbox: fail]] A {{red|blue}} kite", "[[sandbox: fail]] A {{red|blue}} boat",
    }  # fmt: skip
    until(lambda: sweep.ended)


def test_a_table_of_shots_in_a_cell(run: Run, sandbox: Sandbox) -> None:
    """`--each FILE` makes a video of each row; variables of the notebook stand beside its columns, which go first."""
    Path("shots.csv").write_text("colour,duration\nred {{sea}},6\nblue,10\n", encoding="utf-8")
    run("colour, sea = 'green', 'the sea'")
    sweep = run("%%video hailuo --each shots.csv --out kites\nA {{colour}} kite over {{sea}}")
    until(lambda: sweep.ended)
    assert sorted((body["duration"], body["prompt"]) for body in submits(sandbox)) == [
        (6, "A red {{sea}} kite over the sea"), (10, "A blue kite over the sea"),
    ]  # fmt: skip
    assert [row["row"] for row in sweep.rows()] == [1, 2]
    drawn = run("%%video hailuo --each shots.csv --sample 1 --dry-run\nA {{colour}} {{kite|boat}}")
    assert "1 of 4 combinations (sample seed 0)" in str(drawn)
    Path("shots.csv").write_text("colour,wind\nred,much\n\nblue,\n", encoding="utf-8")
    with pytest.raises(InvalidRequest, match=r"row 3: the prompt has \{\{wind\}\}, and wind is empty"):
        run("%%video hailuo --each shots.csv\nA {{colour}} kite, {{wind}} wind")
