"""A second environment with an older ipykernel, made by `python -m tests.kernels.older`.

Colab and many VS Code set-ups run ipykernel 6, whose event loop and message order differ from version 7.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.kernels.spec import Spec

IPYKERNEL = "6.30.1"
TOP = Path(__file__).resolve().parents[2]
FOLDER = TOP / ".kernels" / "ipykernel-6.30"
OLDER = Spec("older", FOLDER / ("Scripts" if sys.platform == "win32" else "bin") / "python")

_STAMP = FOLDER / "made-from.toml"


class MissingEnvironment(Exception):
    """The older kernel's environment has not been made."""


def older() -> Spec:
    """Return the older kernel; MissingEnvironment names the command that makes it."""
    if not exists():
        raise MissingEnvironment(f"No environment with ipykernel {IPYKERNEL}: run `python -m tests.kernels.older`.")
    return OLDER


def exists() -> bool:
    """Return whether the environment is complete."""
    return _STAMP.is_file() and OLDER.python.exists()


def make() -> bool:
    """Make the environment, or update it after a change of pyproject.toml; return whether anything was done."""
    project = (TOP / "pyproject.toml").read_bytes()
    if exists() and _STAMP.read_bytes() == project:
        return False
    _STAMP.unlink(missing_ok=True)
    subprocess.run([sys.executable, "-m", "venv", FOLDER], check=True)
    install = [str(OLDER.python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, f"ipykernel=={IPYKERNEL}", "--editable", str(TOP)], check=True)
    _STAMP.write_bytes(project)
    return True


if __name__ == "__main__":
    print("made" if make() else "already there", FOLDER)  # noqa: T201
