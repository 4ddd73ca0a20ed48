"""`%load_ext vidmagic` in a fresh kernel, beside an empty extension and other packages that a notebook may load."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from tests.bench import peers
from tests.bench.row import Row
from tests.kernels.spec import Spec
from tests.kernels.wire import Kernel, text

ROUNDS = 5
KERNEL = Spec("peers", peers.PYTHON)
SUBJECTS = {
    "an empty extension": "%load_ext empty_extension",
    "jupyter_ai_magics": "%load_ext jupyter_ai_magics",
    "import openai": "import openai",
    "import litellm": "import litellm",
    "import mediapy": "import mediapy",
}
OURS = "%load_ext vidmagic"
TIMED = """
import time
_begun = time.perf_counter()
{}
print(time.perf_counter() - _begun)
"""
# Python opens module files for any import; anything else is opened by vidmagic itself.
WATCHED = """
import sys
seen = []
def _watch(event, arguments):
    name = str(arguments[0]) if arguments else ''
    if event.startswith('socket.') and event != 'socket.__new__':
        seen.append(event)
    elif event == 'open' and not name.endswith(('.py', '.pyc', '.so', '.pyd')):
        seen.append(name)
sys.addaudithook(_watch)
{}
_opened, seen = seen, []
print(len(_opened), _opened)
"""


def measure() -> Iterator[Row]:
    """Yield the medians of fresh kernels, in turns, so that load from elsewhere affects all alike."""
    peers.make()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "empty_extension.py").write_text("def load_ipython_extension(ip): pass\n", encoding="utf-8")
        everything = {"vidmagic": OURS, **SUBJECTS}
        for code in everything.values():
            _seconds(code, folder)  # compiles modules that were never imported
        took = {name: [] for name in everything}  # type: dict[str, list[float]]
        for _ in range(ROUNDS):
            for name, code in everything.items():
                took[name].append(_seconds(code, folder) * 1000)
        touched = _printed(WATCHED.format(OURS), folder)
    ours = statistics.median(took.pop("vidmagic"))
    for name, times in took.items():
        aim = {"an empty extension": "≤ 40 ms", "import openai": "≤ 0.1×"}.get(name, "")
        yield Row("load", "%load_ext vidmagic, fresh kernel", ours, "ms", name, statistics.median(times), aim)
    yield Row("load", "files opened and sockets used meanwhile", float(touched.split()[0]), "", aim="0")


def _seconds(code: str, folder: str) -> float:
    return float(_printed(TIMED.format(code), folder).split()[-1])


def _printed(code: str, folder: str) -> str:
    # Without it litellm downloads prices when it is imported, which would hide its own speed.
    with closing(Kernel(KERNEL, cwd=Path(folder), env={"LITELLM_LOCAL_MODEL_COST_MAP": "True"})) as kernel:
        return text(kernel.run(code, timeout=120))
