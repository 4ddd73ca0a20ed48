"""The bounds of pyproject.toml are true: the lowest versions that it allows pass the tests, and so do the newest."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TOP = Path(__file__).parents[1]
# What depends on the libraries. The browser, the fault campaign and the tools have environments and runs of their own.
TESTED = ("spec", "http", "providers", "media", "engine", "session", "sandbox", "notebook", "kernels", "test_cli.py")
OF_TOOLS = {"axe-playwright-python", "mypy", "playwright", "ruff", "types-requests"}
_REQUIREMENT = re.compile(r"(?P<name>[A-Za-z0-9_.-]+)>=(?P<lowest>[0-9.]+)(?P<marker>\s*;.*)?")


def bounds() -> dict[str, str]:
    """Return the lowest version of each package that the project and its tests install, by the package's name."""
    project = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    stated = [*project["dependencies"], *extras["lab"], *extras["test"]]
    candidates = (_REQUIREMENT.fullmatch(line) for line in stated if not line.startswith("vidmagic"))
    matches = [match for match in candidates if match is not None]
    assert len(matches) == len(stated) - 1  # each has exactly one bound
    return {match["name"]: match["lowest"] for match in matches if not match["marker"]}


def test_every_dependency_has_a_lowest_version() -> None:
    """Each package that is installed has a bound, which says what was tried."""
    assert bounds()["av"] == "15"
    assert bounds().keys() > OF_TOOLS


@pytest.mark.parametrize("which", ["lowest", "newest"])
def test_the_allowed_versions_work(which: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """With every library at its lowest allowed version, and at its newest pre-release, the tests pass."""
    if not request.config.getoption("long"):
        pytest.skip("an environment of its own is installed with --long only")
    packages = {name: lowest for name, lowest in bounds().items() if name not in OF_TOOLS}
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "env"], check=True)
    python = tmp_path / "env" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    requirements = (
        [f"{name}=={lowest}" for name, lowest in packages.items()] if which == "lowest" else ["--pre", *packages]
    )
    run([python, "-m", "pip", "install", "-q", *requirements, "--editable", TOP])
    run([python, "-m", "pytest", "-n", "2", *(TOP / "tests" / name for name in TESTED)])


def run(command: list[str | Path]) -> None:
    """Run a command; fail with the end of what it printed."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=TOP, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
