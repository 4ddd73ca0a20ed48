"""A real JupyterLab or Notebook 7 server on loopback, as a person of its own would have it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser

from tests.browser.page import Page
from tests.kernels.environment import private
from tests.kernels.spec import CURRENT, Spec

__all__ = ["Flavour", "Lab", "Page"]

Flavour = Literal["lab", "notebook"]

# The notification plug-in asks the internet for news and covers the page with a toast.
_QUIET = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}
_OPTIONS = (
    "--no-browser",
    "--allow-root",
    "--ip=127.0.0.1",
    "--port=0",
    "--IdentityProvider.token=",
    "--ServerApp.password=",
    "--ServerApp.disable_check_xsrf=True",
    "--LabApp.extension_manager=readonly",  # the other one asks the package index for its whole list
)


class Lab:
    """One server over `root`, from construction to `close`; `home` holds its settings, signatures and log.

    Two labs with two homes are two people: what one trusts, the other does not.
    """

    def __init__(
        self,
        browser: Browser,
        root: Path,
        home: Path,
        *,
        flavour: Flavour = "lab",
        kernels: Sequence[Spec] = (CURRENT,),
        env: Mapping[str, str] | None = None,
        settings: Mapping[str, Mapping[str, Any]] | None = None,
        disabled: Sequence[str] = (),
    ) -> None:
        self.root, self.home, self.flavour = root, home, flavour
        self._browser, self._pages = browser, list[Page]()
        for folder in (root, home / "runtime"):
            folder.mkdir(parents=True, exist_ok=True)
        for kernel in kernels:
            kernel.write(home / "data" / "kernels")
        self._configure({**_QUIET, **(settings or {})}, disabled)
        module = {"lab": "jupyterlab", "notebook": "notebook"}[flavour]
        command = [sys.executable, "-m", module, *_OPTIONS, f"--ServerApp.root_dir={root}"]
        with (home / "server.log").open("wb") as log:
            self._process = subprocess.Popen(
                command, env=private(home, env), cwd=root, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        try:
            self.url = self._address(timeout=60)
        except BaseException:
            self.close()
            raise

    def write(self, name: str, *cells: str, kernel: Spec = CURRENT) -> Path:
        """Write a notebook of code cells under the root; return its path."""
        path = self.root / name
        _write_json(path, _notebook(cells, kernel))
        return path

    def open(self, name: str, *, size: tuple[int, int] = (1200, 900)) -> Page:
        """Open a notebook under the root in a fresh browser profile and wait until its kernel answers."""
        # Without the reset JupyterLab also opens whatever was open before.
        address = {"lab": f"lab/tree/{name}?reset", "notebook": f"notebooks/{name}"}[self.flavour]
        page = Page(self._browser, self.url + address, name, size=size)
        self._pages.append(page)
        page.ready()
        return page

    def log(self) -> str:
        """Return what the server has printed."""
        return (self.home / "server.log").read_text(encoding="utf-8", errors="replace")

    @property
    def stopped(self) -> bool:
        """Return whether the server's process has ended."""
        return self._process.poll() is not None

    def close(self) -> None:
        """Close the pages and stop the server, which stops its kernels."""
        try:
            while self._pages:
                self._pages.pop().close()
        finally:
            self._stop()

    def _stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise

    def _configure(self, settings: Mapping[str, Mapping[str, Any]], disabled: Sequence[str]) -> None:
        # Notebook 7 takes this switch from the page's configuration only, JupyterLab from there too.
        page = {"exposeAppInBrowser": True, "disabledExtensions": dict.fromkeys(disabled, True)}
        _write_json(self.home / "config" / "labconfig" / "page_config.json", page)
        for plugin, values in settings.items():
            package, name = plugin.split(":")
            folder = self.home / "config" / "lab" / "user-settings" / package
            _write_json(folder / f"{name}.jupyterlab-settings", values)

    def _address(self, timeout: float) -> str:
        """Read the URL, with its last slash, from the file the server writes once it listens."""
        info = self.home / "runtime" / f"jpserver-{self._process.pid}.json"
        end = time.monotonic() + timeout
        while not (info.exists() and info.read_text(encoding="utf-8").endswith("}")):
            if time.monotonic() > end or self.stopped:
                raise RuntimeError(f"the {self.flavour} server did not start:\n{self.log()[-2000:]}")
            time.sleep(0.05)
        return str(json.loads(info.read_text(encoding="utf-8"))["url"])


def _notebook(cells: Sequence[str], kernel: Spec) -> dict[str, Any]:
    # By hand: importing nbformat takes a second, for its validators.
    code: dict[str, Any] = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": {"name": kernel.name, "display_name": kernel.name, "language": "python"}},
        "cells": [{**code, "id": f"cell-{number}", "source": source} for number, source in enumerate(cells)],
    }


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")
