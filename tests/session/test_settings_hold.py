"""What a person has set holds for every way to start a job, from the first call of a kernel."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import CANARY
from vidmagic.sandbox import Sandbox

KERNEL = """
import json, sys
import vidmagic
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
steps, way = json.loads(sys.argv[1]), sys.argv[2]
early = vidmagic.form(model="hailuo", prompt="a kite") if way == "early form" else None
for step in steps:
    shell.run_cell(step).raise_error()
try:
    if way == "start":
        job = vidmagic.start("a kite", "hailuo")
    elif way == "generate":
        job = vidmagic.generate("a kite", "hailuo")
    elif way == "sweep":
        job = vidmagic.sweep("a kite", "hailuo", duration=[6, 10], yes=True)[0]
    elif way == "early form":
        job = early.session.start("a kite", "hailuo")
    else:
        job = vidmagic.form(model="hailuo", prompt="a kite").session.start("a kite", "hailuo")
except Exception as error:
    print("RESULT", type(error).__name__)
else:
    video = job.result() if hasattr(job, "result") else job
    print("RESULT", video.path.parent)
"""
LOADED = "%load_ext vidmagic"


def run_kernel(sandbox: Sandbox, way: str, *steps: str) -> str:
    """Run cells in a fresh IPython, then start a job in one *way*; return its folder, or the name of the error."""
    services = {"DMXAPI_API_KEY": CANARY, "VIDMAGIC_DMXAPI_URL": sandbox.url}
    command = [sys.executable, "-c", KERNEL, json.dumps(steps), way]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **services})
    results = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    assert results, done.stderr
    return results[0].removeprefix("RESULT ")


@pytest.mark.parametrize("way", ["start", "generate", "sweep", "form", "early form"])
def test_the_cap_holds_from_the_first_call(sandbox: Sandbox, way: str) -> None:
    """`%config VideoMagics.max_cost` refuses a dearer job before the first magic has run; nothing is sent."""
    assert run_kernel(sandbox, way, LOADED, "%config VideoMagics.max_cost = '0.01'") == "TooExpensive"
    assert sandbox.ledger == []


def test_the_folder_holds_from_the_first_call(sandbox: Sandbox, tmp_path: Path) -> None:
    """`%config VideoMagics.folder` says where the first job of a kernel goes, also without a magic."""
    folder = tmp_path / "elsewhere"
    assert run_kernel(sandbox, "start", LOADED, f"%config VideoMagics.folder = {str(folder)!r}") == str(folder)
