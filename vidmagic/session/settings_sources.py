"""Settings from outside the notebook: the environment, then `[tool.vidmagic]` of the project's pyproject.toml.

Keys are never read here, because a project's file is shared.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from vidmagic.errors import InvalidRequest
from vidmagic.providers.project_file import project_file
from vidmagic.spec.params import Param, Value, did_you_mean, listing

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PREFIX = "VIDMAGIC_"
SANDBOX_VARIABLE = "VIDMAGIC_SANDBOX"
_NO_SETTINGS = {"HOME", "SANDBOX", "CHAT_KEY"}
_SWITCHES = {"1": "yes", "0": "no"}  # as people write them in an environment
_SANDBOX = Param(SANDBOX_VARIABLE, bool, "whether every job runs in the sandbox")


class Given(NamedTuple):
    """A setting as it was written. `source` names the place for messages, `project` is the folder of its file."""

    source: str
    name: str
    value: object
    project: Path | None = None


def elsewhere(
    params: Iterable[Param], folder: Path, read: Callable[[Param, object], Value] = Param.read
) -> dict[str, Value]:
    """Return the settings for a notebook in *folder*. Raises one InvalidRequest that names every problem."""
    known = {param.name: param for param in params}
    values: dict[str, Value] = {}
    problems: list[str] = []
    for given in (*from_project(folder), *from_environment(os.environ, known)):
        try:
            if given.name not in known:
                raise ValueError(
                    f"is not a setting{did_you_mean(given.name, known)}; there are {listing(known, 'and')}"
                )
            values[given.name] = read(known[given.name], given.value)
            if given.name == "folder" and given.project is not None:
                _check_inside(folder / Path(str(given.value)).expanduser(), given.project)
        except ValueError as problem:
            problems.append(f"{given.source}: {problem}")
    if problems:
        raise InvalidRequest("; ".join(problems))
    return values


def _check_inside(folder: Path, project: Path) -> None:
    """Raise ValueError for a folder outside the project: its file may come from somebody else."""
    if not folder.resolve().is_relative_to(project.resolve()):
        raise ValueError(f"{folder} is outside the project; set it by %config VideoMagics or VIDMAGIC_FOLDER")


def sandbox_variable() -> bool:
    """Return whether the environment makes every job run in the sandbox. Raises InvalidRequest for another word."""
    value = _switch(os.environ.get(SANDBOX_VARIABLE, ""))
    try:
        return bool(value) and bool(_SANDBOX.read(value))
    except ValueError as problem:
        raise InvalidRequest(
            f"{SANDBOX_VARIABLE} {problem}", hint="Write 1, true, yes or on; 0, false, no or off."
        ) from None


def _switch(value: str) -> str:
    """Return the value of a boolean variable as a Param reads it, which takes true, yes, on, false, no and off."""
    return _SWITCHES.get(value.strip(), value.strip())


def from_environment(variables: Mapping[str, str], known: Mapping[str, Param]) -> Iterator[Given]:
    """Yield the variables that are settings, and those that look like a misspelt one; others are left alone."""
    for variable in sorted(variables):
        name = variable.removeprefix(PREFIX).lower()
        if not variable.startswith(PREFIX) or variable.endswith("_URL") or name.upper() in _NO_SETTINGS:
            continue
        value = variables[variable]
        if name in known and value:
            yield Given(variable, name, _switch(value) if known[name].kind is bool else value)
        elif name not in known and did_you_mean(name, known):
            yield Given(variable, name, value)


def from_project(folder: Path) -> Iterator[Given]:
    """Yield what the nearest pyproject.toml, from *folder* upwards, has under `[tool.vidmagic]`.

    Raises InvalidRequest for a file that cannot be read.
    """
    path = project_file("pyproject.toml", folder)
    if path is None:
        return
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {}).get("vidmagic", {})
    except (OSError, ValueError, AttributeError) as problem:
        raise InvalidRequest(f"{path} cannot be read: {problem}") from None
    if not isinstance(table, dict):
        raise InvalidRequest(f"{path}: [tool.vidmagic] is not a table of settings")
    for name, value in table.items():
        yield Given(f"{path}, {name}", name.replace("-", "_"), value, path.parent)
