"""What `import vidmagic` gives, and what it does not do."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import vidmagic

CONTRACT = {"VidmagicError", "InvalidRequest", "Job", "Video", "generate", "start", "jobs", "resume", "models"}
EXTENSION = {"load_ipython_extension", "unload_ipython_extension"}

IMPORT = """
import builtins, json, os, socket, sys, threading
opened, before = [], set(sys.modules)

def watch(event, args):
    if event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+"):
        opened.append(str(args[0]))
    if event.startswith(("socket.", "subprocess.", "sqlite3.", "os.mkdir", "os.remove", "os.system")):
        opened.append(event)

sys.addaudithook(watch)
import vidmagic
dir(vidmagic)
loaded = sorted({name.split(".")[0] for name in set(sys.modules) - before})
print(json.dumps({"loaded": loaded, "opened": opened, "threads": threading.active_count()}))
"""


def test_the_list_is_sorted_and_complete() -> None:
    """`__all__` is sorted, holds every name of the contract, and each of them is there and says what it is."""
    assert list(vidmagic.__all__) == sorted(vidmagic.__all__)
    assert len(set(vidmagic.__all__)) == len(vidmagic.__all__)
    assert set(vidmagic.__all__) >= CONTRACT | EXTENSION
    assert all(getattr(vidmagic, name).__doc__ for name in vidmagic.__all__)
    public = {name for name in vars(vidmagic) if not name.startswith("_") and _is_ours(name)}
    assert public <= set(vidmagic.__all__)


def _is_ours(name: str) -> bool:
    return getattr(getattr(vidmagic, name), "__module__", "").split(".")[0] == "vidmagic"


def test_a_name_that_is_not_there() -> None:
    """A wrong name is an AttributeError that names it, as in any module."""
    with pytest.raises(AttributeError, match="'vidmagic' has no attribute 'genrate'"):
        vidmagic.genrate  # noqa: B018
    assert vidmagic.__version__


def test_an_import_is_light_and_does_nothing() -> None:
    """In a fresh process the import loads nothing heavy, writes nothing, connects nowhere and starts no thread."""
    command = [sys.executable, "-B", "-c", IMPORT]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    report = json.loads(run.stdout)
    heavy = {
        "requests",
        "urllib3",
        "av",
        "PIL",
        "ipywidgets",
        "IPython",
        "traitlets",
        "nest_asyncio",
        "numpy",
        "sqlite3",
    }
    assert not heavy & set(report["loaded"])
    assert (report["opened"], report["threads"]) == ([], 1)
    assert list(Path.cwd().iterdir()) == []


def test_the_errors_are_a_tree() -> None:
    """Every error is a VidmagicError with what it cost and what to do, and stands in the drawing of its module."""
    from vidmagic import errors

    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    for kind in kinds:
        assert issubclass(kind, vidmagic.VidmagicError)
        assert kind.__name__ in (errors.__doc__ or "")
        error = kind("what happened", job_id="abc")
        assert (error.charged in {"no", "yes", "unknown"}, error.job_id) == (True, "abc")
        assert 1 <= len(error.lines()) <= 3
    assert issubclass(vidmagic.InvalidRequest, ValueError)


def test_no_module_hides_a_public_name() -> None:
    """Whatever is imported later, each public name stays what it was: a function, a class, an error."""
    code = (
        "import vidmagic, pkgutil, types\n"
        "for module in pkgutil.walk_packages(vidmagic.__path__, 'vidmagic.'):\n"
        "    module.name.endswith('__main__') or __import__(module.name)\n"
        "print([name for name in vidmagic.__all__ if isinstance(getattr(vidmagic, name), types.ModuleType)])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


REACH = """
import functools, importlib, json, pkgutil, types, vidmagic
names = [module.name for module in pkgutil.walk_packages(vidmagic.__path__, "vidmagic.")]
names.remove("vidmagic.__main__")
for name in names:
    exec(f"import {name}")
reached = {name: functools.reduce(getattr, name.split(".")[1:], vidmagic) for name in names}
print(json.dumps([name for name in names if reached[name] is not importlib.import_module(name)]))
"""


def test_every_module_can_be_imported_and_reached() -> None:
    """After `import vidmagic.x.y` in a fresh process `vidmagic.x.y` is that module: nothing of its name hides it."""
    run = subprocess.run([sys.executable, "-c", REACH], capture_output=True, text=True, check=True)
    assert json.loads(run.stdout.splitlines()[-1]) == []


LOAD = """
import json, sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.run_line_magic("load_ext", "vidmagic")
print(json.dumps(sorted({"requests", "av", "PIL", "ipywidgets", "anywidget", "sqlite3"} & set(sys.modules))))
"""


def test_loading_the_extension_imports_nothing_heavy() -> None:
    """`%load_ext vidmagic` loads neither the HTTP client, the codecs, the imaging library nor widgets."""
    run = subprocess.run([sys.executable, "-c", LOAD], capture_output=True, text=True, check=True)
    assert set(json.loads(run.stdout.splitlines()[-1])) <= {"sqlite3"}  # IPython's own history needs it
