"""`--draft` on a cell and `%video finish`: shown before it is paid for, and marked in lists."""

from __future__ import annotations

from tests.notebook.cells import Run
from tests.patience import ended
from vidmagic.notebook.views.dry_run import DryRun
from vidmagic.session.session import Session


def test_a_draft_and_its_full_version(run: Run, session: Session) -> None:
    """A draft is marked in lists; `%video finish` by shot and take shows what changes, then makes the full version."""
    job = run("%%video seedance --draft --shot pond --wait\nA red kite")
    assert "done (draft)" in repr(run("%video jobs"))
    shown = run("%video finish pond:1 --dry-run")
    assert isinstance(shown, DryRun)
    assert "resolution 480p → 720p" in str(shown)
    assert run("%video finish pond:1 -n --resolution 1080p").plan.request.params["resolution"] == "1080p"
    full = ended(run("%video finish pond:1"))
    assert full.record.finished_from == job.id
