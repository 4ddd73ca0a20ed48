"""Imports point up one list, and each foreign package has its rooms: who reads the list knows the house."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "vidmagic"
LAYERS = """
errors
params events sse
sockets request addresses reply breaks
transport
provider
services
responses uploads links
providers
catalog keys markup media
jobs
plan sandbox gather
defaults
settings
resuming session shots lineage
doctor tables progress cost variants sweeps sweep_plan
notebook cli
__main__ __init__
"""
ROOMS = {
    "requests": {"transport", "sockets"},
    "urllib3": {"transport", "sockets"},
    "sqlite3": {"jobs", "doctor"},
    "pandas": {"sweeps"},
    "av": {"media/probe", "media/frames", "media/recast", "media/reel", "sandbox/footage"},
    "anywidget": {"notebook"},
    "PIL": {"media", "sandbox"},
    "numpy": set(),
    "platformdirs": {"settings"},
    "tomli": {"defaults"},
    "traitlets": {"settings", "notebook"},
    "IPython": {"notebook"},
    "ipywidgets": {"notebook"},
    "ipykernel": {"notebook"},
    "comm": {"notebook"},
    "nest_asyncio": {"notebook/waiting"},
    "google": {"keys"},
    "keyring": {"keys"},
}
LAYER = {name: number for number, line in enumerate(LAYERS.split("\n")) for name in line.split()}
MODULES = {str(path.relative_to(PACKAGE).with_suffix("")): path for path in PACKAGE.rglob("*.py")}


def imports(path: Path) -> Iterator[str]:
    """Yield the full name of everything that a module imports, wherever in it, the names after `from` included."""
    package = ".".join(path.relative_to(PACKAGE.parent).parent.parts)
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package.rsplit(".", node.level - 1)[0] + "." if node.level else ""
            yield from (f"{base}{node.module or ''}.{alias.name}".replace("..", ".") for alias in node.names)


def ours(path: Path) -> Iterator[str]:
    """Yield the modules of this package that a module imports, as paths."""
    for name in imports(path):
        parts = name.split(".")[1:]
        if name.split(".")[0] == "vidmagic" and parts:
            known = ["/".join(parts[:end]) for end in range(len(parts), 0, -1)]
            yield next((each for each in known if each in MODULES or f"{each}/__init__" in MODULES), "__init__")


@pytest.mark.parametrize("module", sorted(MODULES))
def test_imports_point_up(module: str) -> None:
    """A module imports from its own line of the list or from above it; providers never import each other."""
    room = module.split("/", 1)[0]
    assert room in LAYER, f"{module} is not in the list"
    for used in set(ours(MODULES[module])):
        assert LAYER[used.split("/", 1)[0]] <= LAYER[room], f"{module} imports {used}, which is below it"
        assert not (room == "providers" and used.startswith("providers/")), f"{module} imports {used}"
        assert not (room == "sandbox" and not used.startswith("sandbox")), f"{module} imports {used}"


@pytest.mark.parametrize("module", sorted(MODULES))
def test_foreign_packages_have_their_rooms(module: str) -> None:
    """A foreign package is imported in its rooms only."""
    names = {name.split(".")[0] for name in imports(MODULES[module])} - {"vidmagic"}
    for name in names - (sys.stdlib_module_names - ROOMS.keys()):
        assert {module, module.split("/", 1)[0]} & ROOMS[name], f"{module} imports {name}"


def test_the_loop_is_nested_in_one_place() -> None:
    """`nest_asyncio` is imported once in the whole package."""
    assert sum(name.startswith("nest_asyncio") for path in MODULES.values() for name in set(imports(path))) <= 1


def test_providers_do_nothing_but_speak() -> None:
    """A provider opens no file, starts no thread, sleeps not, prints not and stores not."""
    for module in (name for name in MODULES if name.startswith("providers/")):
        names = set(imports(MODULES[module]))
        assert not {name.split(".")[0] for name in names} & {"time", "threading", "os", "pathlib", "sqlite3", "socket"}
        calls = {node.func.id for node in ast.walk(ast.parse(MODULES[module].read_text("utf-8")))
                 if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}  # fmt: skip
        assert not calls & {"open", "print", "input", "exec", "eval"}


def at_the_top(module: str) -> set[str]:
    """Return the modules of this package that *module* imports when it is itself imported."""
    tree = ast.parse(MODULES[module].read_text("utf-8"))
    tree.body = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    package = "vidmagic." + module.replace("/", ".").rpartition(".")[0]
    found = set()
    for node in tree.body:
        stem = node.module or "" if isinstance(node, ast.ImportFrom) else ""
        if isinstance(node, ast.ImportFrom) and node.level:
            stem = f"{package}.{stem}".strip(".").replace("..", ".")
        names = [alias.name for alias in node.names]
        full = names if isinstance(node, ast.Import) else [stem, *(f"{stem}.{name}" for name in names)]
        found |= {name.removeprefix("vidmagic.").replace(".", "/") for name in full if name.startswith("vidmagic.")}
    return {name for each in found for name in (each, f"{each}/__init__") if name in MODULES and name != module}


def test_no_import_goes_in_a_circle() -> None:
    """Following the imports at the top of the modules never leads back to where one began."""
    done: set[str] = set()

    def follow(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " -> ".join((*path[path.index(module) :], module))
        if module not in done:
            for used in sorted(at_the_top(module)):
                follow(used, (*path, module))
            done.add(module)

    for module in MODULES:
        follow(module, ())
    assert len(done) == len(MODULES)
