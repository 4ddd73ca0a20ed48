"""`lab(flavour=, kernels=, env=, settings=, disabled=, root=)` starts servers that end with the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser import chromium
from tests.browser.lab import Lab
from tests.kernels import older
from tests.kernels.spec import CURRENT


# Not for the whole session: playwright's event loop counts as running in this thread, and asyncio.run would fail there.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Run one Chromium for all tests of this folder."""
    with sync_playwright() as playwright, closing(chromium.launch(playwright)) as running:
        yield running


@pytest.fixture
def lab(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Lab]]:
    """Start servers, each with a home of its own, over `tmp_path/work` unless another root is given."""
    kernels = [CURRENT, older.OLDER] if older.exists() else [CURRENT]
    with ExitStack() as running:

        def start(root: Path = tmp_path / "work", **options: Any) -> Lab:
            home = tmp_path / f"home-{len(list(tmp_path.glob('home-*')))}"
            return running.enter_context(closing(Lab(browser, root, home, **{"kernels": kernels, **options})))

        yield start
