"""A service's text never steers a terminal, whichever way it gets there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.rows import rewrite
from vidmagic.session.session import Session

ROOT = Path(__file__).parents[2]
HOSTILE = "no \x1b[31mred\x1b]0;owned\x07 \x9b2J\x1b[2J\rkites\u202egnp"
IPYTHON = """
import sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance(colors="NoColor")
shell.run_cell("%load_ext vidmagic")
shell.run_cell(sys.argv[1])
"""
PROGRAMS = {
    "a script": ["-c", "import sys, vidmagic; vidmagic.resume(sys.argv[1]).result()", "ID"],
    "an error in IPython": ["-c", IPYTHON, "import vidmagic; vidmagic.resume('ID').result()"],
    "a list in IPython": ["-c", IPYTHON, "%video jobs"],
    "a record in IPython": ["-c", IPYTHON, "%video show ID"],
    "the command jobs": ["-m", "vidmagic", "jobs"],
    "the command resume": ["-m", "vidmagic", "resume", "ID"],
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_no_escape_code_reaches_a_terminal(session: Session, monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    """An error with colour codes, a window title and a turned reading direction is shown as plain text."""
    job = session.start("a kite", "hailuo")
    job.result(20)
    error = {"type": "Failed", "message": HOSTILE, "hint": HOSTILE, "trace": HOSTILE}
    rewrite(session.store, job.id, state="failed", error=error, ticket=None, path="")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    words = [word.replace("ID", job.id) for word in PROGRAMS[program]]
    done = subprocess.run([sys.executable, *words], capture_output=True, check=False)
    shown = (done.stdout + done.stderr).decode()
    assert "kites" in shown
    assert not set(shown) & {"\x1b", "\x9b", "\x07", "\r", "\u202e"}
