"""A journal for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.journal.journals import opened
from vidmagic.engine.journal.store import Store


@pytest.fixture
def journal(home: Path) -> Store:
    """Return a journal that does not exist on disk yet."""
    return opened(home)
