"""Shots, sweeps, chains, looking back and camera words, as cells and lines of a notebook."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell

from tests.patience import ended, until
from tests.skeleton import PAYLOADS, skeleton, text
from vidmagic.engine.journal.request_diff import Change, Changes
from vidmagic.errors import Failed, InvalidRequest, NoSuchJob, SweepFailed, TooExpensive
from vidmagic.notebook.card.sweep_content import LINES, ended_html, headline, lines_html
from vidmagic.notebook.card.take_caption import changes_html, take_html, take_text
from vidmagic.notebook.magics.flags import parse
from vidmagic.notebook.magics.sweep_cell import SweepDryRun
from vidmagic.notebook.views.history import cell_of
from vidmagic.notebook.views.takes import Ancestry, Takes
from vidmagic.sandbox import Sandbox
from vidmagic.session.session import Session
from vidmagic.session.shots import Shot
from vidmagic.session.sweep.sweep import Sweep

Run = Callable[[str], Any]


def submits(sandbox: Sandbox) -> list[dict[str, Any]]:
    """Return the bodies of the paid calls that the server saw."""
    return [call.body for call in sandbox.ledger if call.path == "/v1/video_generation" and isinstance(call.body, dict)]


def html(shown: Any) -> str:
    """Return what a notebook shows of a value."""
    return str(shown._repr_mimebundle_()["text/html"])


# -- shots and takes


def test_a_cell_with_a_shot_shows_which_take_it_is(run: Run) -> None:
    """The result names the take and what changed since the last one, as text and as removed and added words."""
    run("%%video hailuo --shot kite\nA red kite")
    job = run("%%video hailuo --shot kite --duration 10\nA blue kite")
    assert take_text(job) == "kite 2 · since kite 1: red → blue, duration 6 → 10"
    shown = take_html(job)
    assert "<del><bdi>red</bdi></del> <ins><bdi>blue</bdi></ins>" in shown
    assert text(shown) == "kite 2 · since kite 1: red blue, duration 6 → 10"
    assert take_html(run("%%video hailuo\nA green kite")) == ""


def test_takes_and_pick(run: Run, session: Session) -> None:
    """`%video takes kite` shows thumbnails, numbers, changes, prices and states; `pick kite 2` marks take 2."""
    first = run("%%video hailuo --shot kite\nA red kite")
    second = run("%%video hailuo --shot kite\nA blue kite")
    strip = run("%video takes kite")
    assert isinstance(strip, Takes)
    shown = html(strip)
    assert [tag for tag, _ in skeleton(shown)].count("img") == 2
    for expected in ("kite 1", "kite 2", "done · ¥2.00", first.id, second.id):
        assert expected in text(shown)
        assert expected in str(strip)
    assert "★" not in text(shown)
    picked = run("%video pick kite 2")
    assert "kite 2 ★" in text(html(picked))
    assert picked.picked.id == second.id
    assert isinstance(picked, Shot)
    assert "kite" in repr(run("%video takes"))
    assert run("%video show kite").id == second.id
    assert run("%video show kite 1").id == first.id


@pytest.mark.parametrize("line", ["takes kyte", "pick kite 9", "pick kite", "pick kite two", "takes kite 2"])
def test_a_wrong_line_about_takes_is_refused(run: Run, line: str) -> None:
    """A shot or a number that is not there is an error that names what there is."""
    run("%%video hailuo --shot kite\nA red kite")
    with pytest.raises((InvalidRequest, NoSuchJob)):
        run(f"%video {line}")


@pytest.mark.parametrize("word", PAYLOADS)
def test_words_of_strangers_change_nothing_in_the_line(word: str) -> None:
    """A removed or added word keeps the HTML as it was."""
    plain = changes_html(Changes("kite 1", (Change("", "red", "blue"), Change("style", "a", "b"))))
    strange = changes_html(Changes("kite 1", (Change("", word, word), Change("style", word, word))))
    assert skeleton(strange) == skeleton(plain)


# -- sweeps


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
    """They stand first or after `--model`; one alone may stand there too."""
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
def test_commas_part_values_and_quotes_keep_them_one(session: Session, line: str, given: dict[str, Any]) -> None:
    """A text with a comma is one value in quotes; a link and a data URI are one without."""
    assert parse(line, session.catalog, session.default_model).given == given


@pytest.mark.parametrize("line", ["vidu --seed 1,,2", "vidu --seed ,1", "hailuo sora", "hailuo,soar", "--model"])
def test_a_wrong_list_is_refused(session: Session, line: str) -> None:
    """An empty value, a model that is none, and two models without a comma."""
    with pytest.raises(InvalidRequest):
        parse(line, session.catalog, session.default_model)


def test_a_dry_run_of_a_sweep(run: Run, sandbox: Sandbox) -> None:
    """It lists every combination with its price and sends nothing, although there are more than need `--yes`."""
    shown = run("%%video hailuo --dry-run --duration 6,10\n{{a|b|c|d|e|f|g}} kite")
    assert "14 videos: ¥42.00 (estimate)" in str(shown)
    assert text(html(shown)).count("duration 10") == 7
    assert sandbox.ledger == []


def test_limits_of_a_sweep_in_a_cell(run: Run, sandbox: Sandbox) -> None:
    """More than twelve want `--yes`, and `--max-cost` is for the sum."""
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
    """The video that could be made is there, and the error names the other."""
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


def test_the_card_of_a_sweep(run: Run, session: Session) -> None:
    """While it lives a line for each job; in the end the videos side by side and the others as sentences."""
    sweep = run("%%video hailuo --background --shot kite\n{{[[sandbox: fail]]|A red|A blue}} kite")
    assert len(sweep) == 3
    assert all(job.id in lines_html(sweep) for job in sweep)
    until(lambda: sweep.ended, 20)
    assert headline(sweep) == "2 of 3 done · 1 failed"
    shown = ended_html(sweep, quiet=False)
    assert [tag for tag, _ in skeleton(shown)].count("video") == 2
    assert sweep[0].id in text(shown)
    assert "script" not in {tag for tag, _ in skeleton(shown)}
    assert [tag for tag, _ in skeleton(ended_html(sweep, quiet=True))].count("video") == 0
    assert [str(job.take) for job in sweep] == ["kite 1", "kite 2", "kite 3"]


def test_a_large_sweep_has_a_small_card(session: Session, sandbox: Sandbox) -> None:
    """Of many jobs only those that run or failed have a line, and no more than a screenful."""
    jobs = [ended(session.start(f"[[sandbox: refuse]] kite {number}", "hailuo")) for number in range(LINES + 4)]
    sweep = Sweep(jobs, [f"kite {number}" for number in range(len(jobs))])
    assert lines_html(sweep).count("<tr>") == LINES
    assert ended_html(sweep, quiet=False).count("<video") == 0


def test_the_notebook_carries_all_videos_of_a_sweep_or_none(run: Run, session: Session) -> None:
    """Together they stay within the limit for one video, unless `--embed` asks for them."""
    sweep = run("%%video hailuo\nA {{red|blue}} kite")
    session.settings.embed_limit = max(video.size for video in sweep.result()) * 1.5 / 2**20
    shown = ended_html(Sweep([session.get(job.id) for job in sweep], sweep.labels), quiet=False)
    assert shown.count("data:video/mp4") == 0
    assert shown.count('src="videos/') == 2
    embedded = run("%%video hailuo --embed\nA {{red|blue}} kite")
    assert ended_html(embedded, quiet=False).count("data:video/mp4") == 2


# -- chains


def test_from_in_a_cell(run: Run, sandbox: Sandbox) -> None:
    """A shot, a take in quotes, a variable with a job or a video, an id: each gives the first frame and the parent."""
    first = run("%%video hailuo --shot kite --out made\nA red kite")
    run("made_video = made.video")
    for source in ("kite", '"kite 1"', "made", "made_video", first.id, first.id[:5], str(first.video.path)):
        plan = run(f"%%video seedance --dry-run --from {source}\nIt lands").plan
        assert plan.parent == first.id
        assert plan.request.image("image") is not None
    second = run("%%video seedance --from kite --shot kite\nIt lands")
    assert second.record.parent == first.id


def test_show_draws_the_ancestry(run: Run, session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    """`%video show` tells the parents and the children; a video without either has no line."""
    first = run("%%video hailuo --shot kite\nA red kite")
    assert not Ancestry(session, first)
    second = run("%%video seedance --from kite\nIt lands")
    line = Ancestry(session, second)
    assert repr(line) == f"{first.id} → {second.id}"
    assert repr(Ancestry(session, first)) == f"{first.id} → {second.id}"
    assert [tag for tag, _ in skeleton(html(line))].count("img") == 2
    assert "responses (this one)" in text(html(line))
    run(f"%video show {second.id}")
    assert f"{first.id} → {second.id}" in capsys.readouterr().out


# -- looking back


def test_history_finds_prompts_and_gives_their_cells(run: Run, session: Session) -> None:
    """Words, phrases and Chinese; newest first; the cell that is shown asks for the same request again."""
    first = run("%%video hailuo --duration 10 --no-prompt-optimizer\nA red kite {{'{{'}}")
    second = run("%%video hailuo --raw\n一只{{红色}}的风筝 $5")
    assert [record.id for record in run("%video history").records] == [second.id, first.id]
    assert [record.id for record in run("%video history 风筝").records] == [second.id]
    assert [record.id for record in run('%video history "red kite"').records] == [first.id]
    assert [record.id for record in run("%video history --limit 1").records] == [second.id]
    assert run("%video history zeppelin").records == ()
    assert "zeppelin" in repr(run("%video history zeppelin"))
    offered = run("%video history kite")
    assert "--duration 10" in repr(offered)
    assert [tag for tag, _ in skeleton(html(offered))].count("img") == 1
    for job in (first, second):
        again = run(cell_of(session, job.record))
        assert (again.id, again.reused) == (job.id, True)


def test_history_of_a_chain_runs_again_as_a_chain(run: Run, session: Session, sandbox: Sandbox) -> None:
    """The cell of a job that started from another's last frame says `--from` and is the same request."""
    run("%%video hailuo --shot kite\nA red kite")
    second = run("%%video seedance --from kite\nIt lands")
    cell = cell_of(session, second.record)
    assert f"--from {second.record.parent}" in cell
    assert run(cell).id == second.id


@pytest.mark.parametrize("line", ["--limit", "--limit x", "--limit 0", "--state done", "--limit 1 --limit 2"])
def test_history_refuses_what_it_does_not_know(run: Run, line: str) -> None:
    """A flag that it has not, and a limit that is not a number."""
    with pytest.raises(InvalidRequest):
        run(f"%video history {line}")


# -- camera words


def test_camera_lists_the_moves(run: Run) -> None:
    """Fifteen moves in both languages with a line each; a model without any says so."""
    shown = repr(run("%video camera"))
    assert "[推进]" in shown
    assert "[Push in]" in shown
    assert len(run("%video camera hailuo-02").table.rows) == 15
    with pytest.raises(InvalidRequest, match="hailuo and hailuo-02 do"):
        run("%video camera sora")


def completed(shell: InteractiveShell, cell: str) -> set[str]:
    """Return what may stand at the end of *cell*."""
    with provisionalcompleter():
        return {completion.text for completion in shell.Completer.completions(cell, len(cell))}


@pytest.mark.parametrize(
    ("cell", "offered"),
    [
        ("%%video hailuo\nA kite [Pu", {"Push in", "Pull out"}),
        ("%%video hailuo --duration 6\nA kite\nover the sea [推", {"推进"}),
        ("%%video hailuo\nA kite [Push in, ze", set()),
        ("%%video hailuo\nA kite [Push in, zo", {"Zoom in", "Zoom out"}),
        ("%%video hailuo\nA kite [左移，右", {"右移", "右摇"}),
        ("%%video hailuo,sora\nA kite [sta", {"Static shot"}),
    ],
)
def test_moves_are_completed_in_a_bracket(run: Run, shell: InteractiveShell, cell: str, offered: set[str]) -> None:
    """After `[` and after a comma, in either language, in any line of the body."""
    assert completed(shell, cell) & {"Push in", "Pull out", "推进", "Zoom in", "Zoom out", "右移", "右摇",
                                     "Static shot"} == offered  # fmt: skip


@pytest.mark.parametrize("cell", ["%%video sora\nA kite [Pu", "%%video hailuo\nA kite [Push in] Pu", "%%time\n[Pu"])
def test_no_moves_elsewhere(run: Run, shell: InteractiveShell, cell: str) -> None:
    """A model without moves, a closed bracket and other cells get none."""
    assert "Push in" not in completed(shell, cell)


def test_shots_and_flags_are_completed(run: Run, shell: InteractiveShell) -> None:
    """`--shot`, `--from`, `takes` and `pick` offer the shots there are."""
    with pytest.raises(Failed):
        run("%%video hailuo --shot kite\n[[sandbox: fail]] A red kite")
    for cell in ("%%video hailuo --shot ", "%%video seedance --from ", "%video takes ", "%video pick "):
        assert "kite" in completed(shell, cell)
    assert {"--shot", "--from", "--yes"} <= completed(shell, "%%video hailuo --")
