"""The packages that vidmagic is measured beside, in an environment of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".bench"
PYTHON = FOLDER / "peers" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
NAMES = ("jupyter_ai_magics", "openai", "litellm", "mediapy", "sseclient-py", "httpx-sse")
_VERSIONS = "import importlib.metadata as m, json, sys; print(json.dumps({n: m.version(n) for n in sys.argv[1:]}))"


def make() -> None:
    """Make the environment if it is not there: the peers, this vidmagic, and the ipykernel of this Python."""
    FOLDER.mkdir(exist_ok=True)
    done = FOLDER / "made"
    if done.exists():
        return
    subprocess.run([sys.executable, "-m", "venv", str(FOLDER / "peers")], check=True)
    kernel = f"ipykernel=={metadata.version('ipykernel')}"
    subprocess.run([str(PYTHON), "-m", "pip", "install", "-q", kernel, *NAMES, "-e", str(ROOT)], check=True)
    done.touch()


def versions() -> dict[str, str]:
    """Return the version of each peer."""
    installed: dict[str, str] = json.loads(_run(["-c", _VERSIONS, *NAMES]))
    return installed


def run_module(name: str) -> Any:
    """Run a module of this project in the peers' environment; return the JSON that it prints."""
    return json.loads(_run(["-m", name]))


def _run(arguments: list[str]) -> str:
    done = subprocess.run([str(PYTHON), *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{arguments} failed:\n{done.stderr[-2000:]}")
    return done.stdout
