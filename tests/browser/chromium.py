"""Find a Chromium and launch it so that it also behaves in a closed network."""

from __future__ import annotations

import shutil
from pathlib import Path

from playwright.sync_api import Browser, Playwright

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
)


class MissingBrowser(Exception):
    """No Chromium was found on this machine."""


def on_path() -> str | None:
    """Return the Chromium or Chrome found on PATH; Debian's plays H.264, playwright's own may not."""
    paths = map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))
    return next((path for path in paths if path is not None), None)


def executable(playwright: Playwright) -> Path:
    """Return the browser to use, PATH before playwright's own; MissingBrowser names the command that brings one."""
    path = Path(on_path() or playwright.chromium.executable_path)
    if not path.exists():
        raise MissingBrowser("No Chromium on PATH and none of playwright's own: run `python -m tests.prepare`.")
    return path


def launch(playwright: Playwright) -> Browser:
    """Start a headless browser; the caller closes it."""
    return playwright.chromium.launch(executable_path=executable(playwright), args=list(FLAGS))
