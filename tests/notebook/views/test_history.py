"""Prompts are found by their words, each with the cell that asks for the same request again."""

from __future__ import annotations

import dataclasses

import pytest

from tests.notebook.cells import Run, html
from tests.skeleton import skeleton
from vidmagic.errors import InvalidRequest
from vidmagic.notebook.views.history import cell_of
from vidmagic.sandbox import Sandbox
from vidmagic.session.session import Session


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
    """The cell of a job that started from another's last frame has `--from` and `--shot` and is the same request."""
    first = run("%%video hailuo --shot kite\nA red kite")
    second = run("%%video seedance --shot landing --from kite\nIt lands")
    assert cell_of(session, first.record).startswith("%%video hailuo --shot kite\n")
    cell = cell_of(session, second.record)
    assert cell.startswith(f"%%video seedance --shot landing --from {first.id}\n")
    again = run(cell)
    assert (again.id, str(again.take)) == (second.id, "landing 1")
    quoted = dataclasses.replace(second.record, params={**second.record.params, "callback_url": "a'\"b"})
    assert f"shot='landing', from_='{first.id}'" in cell_of(session, quoted)


@pytest.mark.parametrize("line", ["--limit", "--limit x", "--limit 0", "--state done", "--limit 1 --limit 2"])
def test_history_refuses_what_it_does_not_know(run: Run, line: str) -> None:
    """An unknown flag, and a limit that is not a number."""
    with pytest.raises(InvalidRequest):
        run(f"%video history {line}")
