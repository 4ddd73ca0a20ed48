"""Settings in a real IPython: `%config`, ipython_config.py, and their effect on a cell."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from vidmagic.errors import InvalidRequest, TooExpensive
from vidmagic.session.settings import params

Run = Callable[[str], Any]


def test_a_flag_goes_before_all(run: Run) -> None:
    """A flag overrides the setting for its cell only."""
    run("%config VideoMagics.max_cost = '1'")
    assert run("%%video hailuo --max-cost 5\nA red kite").state == "done"
    with pytest.raises(TooExpensive):
        run("%%video hailuo\nA blue kite")


def test_the_magics_read_the_same_sources(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that is set after the extension was loaded and before the first cell counts."""
    monkeypatch.setenv("VIDMAGIC_MODEL", "sora")
    assert run("%%video --dry-run\nA red kite").plan.model.short == "sora"


def test_config_lists_and_refuses(run: Run, capsys: pytest.CaptureFixture[str], caplog: Any) -> None:
    """`%config VideoMagics` shows each setting and its values; a wrong value is refused, and the old one stays."""
    run("%config VideoMagics")
    listed = capsys.readouterr().out
    assert all(f"VideoMagics.{param.name}" in listed for param in params())
    assert "(auto, always or never)" in listed
    run("%config VideoMagics.wait = 'sometimes'")
    assert "auto, always or never" in caplog.text
    assert run("%config VideoMagics.wait") == "auto"


def test_loading_reads_nothing(shell: InteractiveShell, tmp_path: Path) -> None:
    """A mistake in the file is reported by the first cell that needs a setting, not by `%load_ext`."""
    (tmp_path / "pyproject.toml").write_text("[tool.vidmagic]\nmodle = 'sora'\n", encoding="utf-8")
    shell.run_line_magic("load_ext", "vidmagic")
    done = shell.run_cell("%%video --sandbox\nA red kite")
    assert isinstance(done.error_in_exec, InvalidRequest)
    assert "modle: is not a setting (did you mean model?)" in done.error_in_exec.message
    shell.run_line_magic("unload_ext", "vidmagic")


def test_ipython_config_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """`c.VideoMagics.wait` in ipython_config.py sets it, and goes before the environment."""
    monkeypatch.setenv("VIDMAGIC_WAIT", "always")
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance(config=Config({"VideoMagics": {"wait": "never", "model": "sora"}}))
    shell.run_line_magic("load_ext", "vidmagic")
    assert shell.run_cell("%config VideoMagics.wait").result == "never"
    assert shell.run_cell("%%video --dry-run\nA red kite").result.plan.model.short == "sora"
    shell.run_line_magic("unload_ext", "vidmagic")
    shell.history_manager.end_session()
    InteractiveShell.clear_instance()
