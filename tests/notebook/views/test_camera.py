"""Camera moves are listed for a model, and completed in the brackets of a prompt."""

from __future__ import annotations

import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell

from tests.notebook.cells import Run
from vidmagic.errors import Failed, InvalidRequest


def test_camera_lists_the_moves(run: Run) -> None:
    """Fifteen moves in both languages with a line each; a model without any says so."""
    shown = repr(run("%video camera"))
    assert "[推进]" in shown
    assert "[Push in]" in shown
    assert len(run("%video camera hailuo-02").table.rows) == 15
    with pytest.raises(InvalidRequest, match="hailuo, hailuo-02 and hailuo-fast do"):
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
    """`--shot`, `--from`, `takes` and `pick` offer the existing shots."""
    with pytest.raises(Failed):
        run("%%video hailuo --shot kite\n[[sandbox: fail]] A red kite")
    for cell in ("%%video hailuo --shot ", "%%video seedance --from ", "%video takes ", "%video pick "):
        assert "kite" in completed(shell, cell)
    assert {"--shot", "--from", "--yes"} <= completed(shell, "%%video hailuo --")
