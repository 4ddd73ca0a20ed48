"""Install what the tests need beyond pip: `python -m tests.prepare`."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys

from playwright.sync_api import sync_playwright

from tests.browser import chromium
from tests.kernels import older


def main() -> None:
    """Install the older kernel and a Chromium, and print one line for each."""
    _print_line(f"ipykernel {older.IPYKERNEL}: {'made' if older.make() else 'already there'}, {older.FOLDER}")
    _print_line(f"Chromium: {_browser()}")


def _browser() -> str:
    try:
        return f"already there, {_executable()}"
    except chromium.MissingBrowser:
        for command in _installation():
            _print_line(" ".join(command))
            subprocess.run(command, check=True, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})
        return f"installed, {_executable()}"


def _executable() -> str:
    with sync_playwright() as playwright:
        return str(chromium.executable(playwright))


def _installation() -> list[list[str]]:
    # Ubuntu's package of that name only calls snap, which containers do not have.
    debian = shutil.which("apt-get") is not None and platform.freedesktop_os_release()["ID"] == "debian"
    if debian and os.geteuid() == 0:
        return [["apt-get", "update"], ["apt-get", "install", "-y", "chromium"]]
    return [[sys.executable, "-m", "playwright", "install", "chromium"]]


def _print_line(line: str) -> None:
    print(line, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
