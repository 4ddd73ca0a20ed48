"""A real IPython with the magics loaded, and a session in the sandbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

from vidmagic.notebook.magics import magics
from vidmagic.session.session import Session
from vidmagic.session.settings import Settings


@pytest.fixture
def shell() -> Iterator[InteractiveShell]:
    """Return an IPython without history, as a terminal has it."""
    InteractiveShell.clear_instance()
    made = InteractiveShell.instance()
    yield made
    made.history_manager.end_session()
    InteractiveShell.clear_instance()


@pytest.fixture
def run(shell: InteractiveShell, session: Session) -> Iterator[Callable[[str], Any]]:
    """Run a cell and return its value; an exception of the cell is raised."""

    def with_settings(settings: Settings) -> Session:
        session.settings = settings
        return session

    magics.load(shell, with_settings)

    def run_cell(text: str) -> Any:
        done = shell.run_cell(text, store_history=True)
        done.raise_error()
        return done.result

    yield run_cell
    magics.unload(shell)
