"""The layers of the package: imports run one way, without cycles, and each library has its own layers."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "vidmagic"
# From the bottom up: a room imports from the lines above its own, and from itself.
ROOMS = """
escaping
errors
spec
http
providers
media
engine
session
notebook
api cli
__init__ __main__
"""
RANK = {room: rank for rank, line in enumerate(ROOMS.strip().split("\n")) for room in line.split()}
# Where a library may be imported: rooms, folders or modules, as paths within the package.
LIBRARIES = {
    "requests": ["http"],
    "urllib3": ["http"],
    "brotli": ["http/content_encoding"],  # only where the user has it installed
    "sqlite3": ["engine/journal"],
    "av": ["media", "sandbox"],
    "PIL": ["media", "sandbox"],
    "platformdirs": ["session/settings"],
    "tomli": ["session/settings_sources"],
    "traitlets": ["session/settings", "notebook"],
    "pandas": ["session/reports/frame"],
    "google": ["providers/keys"],
    "keyring": ["providers/keys"],
    "IPython": ["notebook"],
    "ipywidgets": ["notebook"],
    "ipykernel": ["notebook"],
    "anywidget": ["notebook"],
    "comm": ["notebook"],
    "nest_asyncio": ["notebook/card/waiting"],
}
MODULES = {path.relative_to(PACKAGE).with_suffix("").as_posix(): path for path in PACKAGE.rglob("*.py")}


def imports(module: str) -> Iterator[str]:
    """Yield the full dotted name of whatever a module imports, anywhere in it: lazily and for typing only too."""
    package = ["vidmagic", *module.split("/")[:-1]]
    for node in ast.walk(ast.parse(MODULES[module].read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            stem = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{stem}.{alias.name}" for alias in node.names)


def module_of(name: str) -> str:
    """Return the module of this package that a dotted *name* belongs to: its longest prefix that is a module."""
    parts = name.split(".")[1:]
    for end in range(len(parts), 0, -1):
        path = "/".join(parts[:end])
        if path in MODULES:
            return path
        if f"{path}/__init__" in MODULES:
            return f"{path}/__init__"
    return "__init__"


def used_by(module: str) -> set[str]:
    """Return the modules of this package that a module imports, in functions and for typing too."""
    ours = {module_of(name) for name in imports(module) if name.split(".")[0] == "vidmagic"}
    return ours - {module}


def room_of(module: str) -> str:
    """Return the room of a module: its first folder, or itself at the top."""
    return module.split("/", 1)[0]


@pytest.mark.parametrize("module", sorted(MODULES))
def test_imports_run_one_way(module: str) -> None:
    """A module imports from its own room or from one below it; the sandbox imports nothing but itself."""
    room = room_of(module)
    for used in used_by(module):
        if "sandbox" in {room, room_of(used)}:
            assert room == "sandbox" == room_of(used) or RANK.get(room, 0) >= RANK["session"], f"{module}: {used}"
            continue
        assert room in RANK, f"{module} lies in no room: name it in the list"
        assert RANK[room_of(used)] <= RANK[room], f"{module} imports {used}, which lies above it"
        assert RANK[room_of(used)] < RANK[room] or room_of(used) == room, f"{module} imports {used} beside it"


def test_modules_have_no_import_cycle() -> None:
    """No module imports itself through others, lazy imports and those for typing included."""
    finished: set[str] = set()

    def follow(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " -> ".join((*path[path.index(module) :], module))
        if module not in finished:
            for used in sorted(used_by(module)):
                follow(used, (*path, module))
            finished.add(module)

    for module in sorted(MODULES):
        follow(module, ())
    assert len(finished) == len(MODULES)


def test_folders_of_a_room_have_no_import_cycle() -> None:
    """The folders within a room import one another without a cycle."""
    arrows: dict[str, set[str]] = {}
    for module in MODULES:
        folder = module.rpartition("/")[0]
        used_folders = {used.rpartition("/")[0] for used in used_by(module) if room_of(used) == room_of(module)}
        arrows.setdefault(folder, set()).update(used_folders - {folder, ""})
    for room in {room_of(folder) for folder in arrows if "/" in folder}:
        arrows[room] = set()  # what lies at the top of a room composes its folders, and they use its common parts

    def reach(folder: str, path: tuple[str, ...]) -> None:
        assert folder not in path, " -> ".join((*path, folder))
        for used in sorted(arrows.get(folder, ())):
            reach(used, (*path, folder))

    for folder in sorted(arrows):
        reach(folder, ())


def test_no_provider_imports_another_provider() -> None:
    """Code that several providers share has a module of its own."""
    systems = {path.with_suffix("").name for path in (PACKAGE / "providers").glob("*.md")}
    for system in systems:
        others = {f"providers/{other}" for other in systems - {system}}
        assert not used_by(f"providers/{system}") & others


@pytest.mark.parametrize("module", sorted(MODULES))
def test_libraries_have_their_rooms(module: str) -> None:
    """A library is imported in its rooms only, and only if it is in the list."""
    libraries = {name.split(".")[0] for name in imports(module)} - {"vidmagic", "__future__"}
    for library in libraries - (set(sys.stdlib_module_names) - LIBRARIES.keys()):
        assert library in LIBRARIES, f"{module} imports {library}, which has no room"
        assert any(module == room or module.startswith(f"{room}/") for room in LIBRARIES[library]), library


def test_event_loops_are_nested_in_one_function() -> None:
    """`nest_asyncio` is imported once in the whole package."""
    assert sum("nest_asyncio" in set(imports(module)) for module in MODULES) == 1
    source = "".join(path.read_text("utf-8") for path in MODULES.values())
    assert source.count("import nest_asyncio") == 1


@pytest.mark.parametrize("module", sorted(name for name in MODULES if name.startswith("providers/")))
def test_providers_have_no_side_effects(module: str) -> None:
    """A provider opens no file, starts no thread, never sleeps, prints or stores; only keys and origins are read."""
    tree = ast.parse(MODULES[module].read_text("utf-8"))
    calls = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert not calls & {"open", "print", "input", "exec", "eval"}
    if module not in {"providers/keys", "providers/project_file", "providers/credentials"}:
        libraries = {name.split(".")[0] for name in imports(module)}
        assert not libraries & {"time", "threading", "os", "pathlib", "sqlite3", "socket"}


def main() -> None:
    """Print the number of rooms, of imports between rooms, and of imports in the wrong direction."""
    arrows = {(room_of(module), room_of(used)) for module in MODULES for used in used_by(module)}
    between = {(room, used) for room, used in arrows if room != used}
    upwards = {(a, b) for a, b in between if a in RANK and b in RANK and RANK[b] >= RANK[a]}
    entries = {room_of(module) for module in MODULES}
    print(f"{len(entries)} entries, {len(between)} arrows between rooms, {len(upwards)} upwards")  # noqa: T201


if __name__ == "__main__":
    main()
