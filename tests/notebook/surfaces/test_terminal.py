"""A real IPython in a real terminal: a bar in text, the path at the end, and nothing that only a browser reads."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.kernels.environment import private

TypeLine = Callable[[str, str], str]
CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]")


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[TypeLine]:
    """Type a line into IPython and return what is written until *end* appears."""
    (tmp_path / "ipython").mkdir()
    env = private(tmp_path, {"VIDMAGIC_HOME": str(tmp_path / "journal"), "VIDMAGIC_SANDBOX": "1", "TERM": "xterm"})
    command = [
        sys.executable,
        "-m",
        "IPython",
        "--simple-prompt",
        "--no-banner",
        "--no-confirm-exit",
        "--colors=NoColor",
    ]
    ours, theirs = pty.openpty()
    with subprocess.Popen(command, cwd=tmp_path, env=env, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)

        def type_line(line: str, end: str) -> str:
            os.write(ours, f"{line}\n".encode())
            return _read(ours, end)

        _read(ours, "In [1]: ")
        yield type_line
        process.kill()
    os.close(ours)


def _read(terminal: int, end: str, seconds: float = 40) -> str:
    seen, until = "", time.monotonic() + seconds
    while end not in CODES.sub("", seen):
        assert time.monotonic() < until, f"no {end!r} in {seen[-800:]!r}"
        if select.select([terminal], [], [], 0.2)[0]:
            seen += os.read(terminal, 65536).decode("utf-8", "replace")
    return seen


def test_a_video_in_a_terminal(terminal: TypeLine, tmp_path: Path) -> None:
    """One line moves while the cell waits, the last line names the file, and the value is the job."""
    terminal("%load_ext vidmagic", "In [2]: ")
    terminal("%config VideoMagics.sandbox_seconds = 2", "In [3]: ")
    shown = terminal("get_ipython().run_cell_magic('video', 'hailuo --out kite', 'A red kite')", "In [4]: ")
    drawn = [CODES.sub("", line) for line in shown.split("\r") if "░" in line]
    assert len({line.count("█") for line in drawn}) >= 3
    assert max(map(len, drawn)) < 80
    assert CODES.sub("", shown).count("\n") < 8
    (video,) = (tmp_path / "videos").glob("*.mp4")
    assert str(video.relative_to(tmp_path)) in shown.rpartition("\r\x1b[K")[2]
    assert "<Job" in shown.rpartition("Out[3]")[2]
    assert "<div" not in shown
    assert "done" in terminal("print(kite.state)", "In [5]: ")


def test_lists_and_records_are_text(terminal: TypeLine) -> None:
    """`%video jobs` and `%video show` are lines of text, and an error is as short as in a notebook."""
    terminal("%load_ext vidmagic", "In [2]: ")
    terminal("%config VideoMagics.sandbox_seconds = 0.2", "In [3]: ")
    terminal("get_ipython().run_cell_magic('video', 'hailuo --out kite', 'A red kite')", "In [4]: ")
    assert "A red kite" in terminal("%video jobs", "In [5]: ")
    assert "sha256" in terminal("get_ipython().run_line_magic('video', f'show {kite.id}')", "In [6]: ")
    refused = terminal("%video modles", "In [7]: ")
    assert "did you mean models" in refused
    assert "Traceback" not in refused
