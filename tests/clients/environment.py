"""The programs that others wrote, in an environment of their own, which is made once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".bench" / "clients"
PYTHON = FOLDER / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
PACKAGES = ("openai", "litellm", "httpx-sse", "sseclient-py", "minimax-mcp")


def make() -> str:
    """Make the environment if it is not there; return why it could not be made, "" if it is there."""
    complete = FOLDER / "complete"
    if complete.exists():
        return ""
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(FOLDER)], check=True)
    pip = subprocess.run(
        [str(PYTHON), "-m", "pip", "install", "-q", *PACKAGES], capture_output=True, text=True, check=False
    )
    if pip.returncode != 0:
        return f"pip could not install {', '.join(PACKAGES)}: {pip.stderr[-300:]}"
    complete.touch()
    return ""


def run(client: str, origin: str) -> Any:
    """Let *client* ask the services at *origin*; return what it made of the answers."""
    variables = {**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}  # litellm would ask the network for its prices
    script = Path(__file__).with_name("calls.py")
    done = subprocess.run(
        [str(PYTHON), str(script), client, origin],
        env=variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{client} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout)
