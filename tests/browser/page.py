"""One notebook open in a browser; cells are numbered from 0.

Everything goes through the front end's own objects (`window.jupyterapp`), so that nothing hangs on menus, keys or
languages. Cells far from the screen are not in the document: what reads or touches it scrolls there first.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, Locator

# `panel` is the notebook's widget, `book` the list of its cells, `kernel` the connection.
_PREPARE = """
const app = window.jupyterapp;
const panel = app && [...app.shell.widgets('main')].find(w => w.sessionContext && w.context.path === path);
const book = panel && panel.content;
const kernel = panel && panel.sessionContext.session && panel.sessionContext.session.kernel;
"""
_UNCOVERED = "!document.getElementById('jupyterlab-splash')"  # it hides JupyterLab at the start and between themes
# The promise of each run lives in the page: it alone knows that the reply and the last output have come.
_START = """
book.activeCellIndex = arg;
book.deselectAll();
(window.runs ??= {})[arg] = app.commands.execute('notebook:run-cell').then(() => true);
"""
_START_ALL = "(window.runs ??= {}).all = app.commands.execute('notebook:run-all-cells').then(() => true);"
_WAIT = """
const [run, seconds] = arg;
if (!window.runs || !(run in window.runs)) throw new Error(`cell ${run} was not started here`);
return await Promise.race([window.runs[run], new Promise(end => setTimeout(() => end(false), seconds * 1000))]);
"""
_VIDEOS = """
return [...book.widgets[arg].outputArea.node.querySelectorAll('video')].map(v => ({
    src: v.currentSrc || v.src, ready_state: v.readyState, network_state: v.networkState,
    current_time: v.currentTime, duration: Number.isFinite(v.duration) ? v.duration : null,
    width: v.videoWidth, height: v.videoHeight, error: v.error && v.error.message}));
"""
_HAVE_CURRENT_DATA, _NETWORK_LOADING = 2, 2  # HTMLMediaElement's numbers


@dataclass(frozen=True, slots=True)
class PageVideo:
    """What the browser made of one `<video>`: times in s, sizes in px, states as HTMLMediaElement numbers them."""

    src: str
    ready_state: int
    network_state: int
    current_time: float
    duration: float | None
    width: int
    height: int
    error: str | None

    @property
    def settled(self) -> bool:
        """Return whether the browser is done trying: a picture, an error, no source, or nothing asked for."""
        return (
            self.ready_state >= _HAVE_CURRENT_DATA or self.error is not None or self.network_state != _NETWORK_LOADING
        )


class Page:
    """One notebook in one browser profile of its own."""

    def __init__(self, browser: Browser, url: str, path: str, *, size: tuple[int, int]) -> None:
        self._scope = f"const path = {json.dumps(path)}; {_PREPARE}"
        self._context = browser.new_context(viewport={"width": size[0], "height": size[1]})
        self.browser_page = self._context.new_page()
        self.console: list[str] = []
        self.browser_page.on("console", lambda message: self.console.append(f"{message.type}: {message.text}"))
        self.browser_page.on("dialog", lambda dialog: dialog.accept())  # "leave this page?" on reload
        self.browser_page.goto(url)

    def js(self, body: str, arg: Any = None) -> Any:
        """Run JavaScript that sees `app`, `panel`, `book`, `kernel` and `arg`; return what it returns, as JSON."""
        return self.browser_page.evaluate(f"async (arg) => {{ {self._scope} {body} }}", arg)

    def until(self, condition: str, arg: Any = None, *, timeout: float = 30) -> None:
        """Wait until a JavaScript expression over the same names is true."""
        script = f"(arg) => {{ {self._scope} return {condition}; }}"
        self.browser_page.wait_for_function(script, arg=arg, timeout=timeout * 1000)

    def ready(self, *, timeout: float = 60) -> None:
        """Wait until the notebook is shown and its kernel answers."""
        self.until("book && book.widgets.length && book.isVisible", timeout=timeout)
        self.js("await app.restored; await panel.context.ready;")
        self.until(f"kernel && ['idle', 'busy'].includes(kernel.status) && {_UNCOVERED}", timeout=timeout)

    def start(self, cell: int) -> None:
        """Run a cell; do not wait."""
        self.js(_START, cell)

    def wait(self, cell: int, *, timeout: float = 30) -> None:
        """Wait for the end of a cell that `start` has begun."""
        self._wait(str(cell), timeout)

    def run(self, cell: int, *, timeout: float = 30) -> None:
        """Run a cell to its end."""
        self.start(cell)
        self.wait(cell, timeout=timeout)

    def run_all(self, *, timeout: float = 60) -> None:
        """Run All, to the end."""
        self.js(_START_ALL)
        self._wait("all", timeout)

    def _wait(self, run: str, timeout: float) -> None:
        if not self.js(_WAIT, [run, timeout]):
            states = self.js("return book.widgets.map(w => w.model.executionState)")
            raise TimeoutError(f"{run}: no end in {timeout} s; cells {states}; {self.console[-3:]}")

    def outputs(self, cell: int) -> list[dict[str, Any]]:
        """Return the outputs as the notebook's model holds them (nbformat JSON)."""
        return list(self.js("return book.widgets[arg].model.outputs.toJSON()", cell))

    def text(self, cell: int) -> str:
        """Return the words a person sees in the output, without the `[1]:` beside it."""
        shown = self.area(cell).locator(":scope > .jp-OutputArea-child > .jp-OutputArea-output")
        return "\n".join(shown.all_inner_texts())

    def html(self, cell: int) -> str:
        """Return the output as the document holds it, after sanitizing."""
        return self.area(cell).inner_html()

    def area(self, cell: int) -> Locator:
        """Scroll to a cell's output and return it."""
        self.js("await book.scrollToItem(arg); book.widgets[arg].outputArea.node.dataset.cell = arg;", cell)
        return self.browser_page.locator(f'[data-cell="{cell}"]')

    def click(self, cell: int, label: str, *, timeout: float = 10) -> None:
        """Click the button so labelled in a cell's output."""
        self.area(cell).get_by_role("button", name=label).first.click(timeout=timeout * 1000)

    def videos(self, cell: int, *, timeout: float = 5) -> list[PageVideo]:
        """Scroll to a cell's videos, give them time to load, and return what became of each."""
        self.area(cell).scroll_into_view_if_needed()
        end = time.monotonic() + timeout
        while True:
            page_videos = [PageVideo(**facts) for facts in self.js(_VIDEOS, cell)]
            if all(page_video.settled for page_video in page_videos) or time.monotonic() > end:
                return page_videos
            self.browser_page.wait_for_timeout(50)

    def play(self, cell: int, *, timeout: float = 5) -> PageVideo:
        """Play a cell's first video until its picture moves; TimeoutError if it never does."""
        video = self.area(cell).locator("video").first
        video.scroll_into_view_if_needed()
        video.evaluate("video => { video.play().catch(error => console.error(`play: ${error}`)); }")
        end = time.monotonic() + timeout
        while not (page_video := self.videos(cell)[0]).current_time:
            if time.monotonic() > end:
                raise TimeoutError(f"the video does not move: {page_video}; {self.console[-3:]}")
        return page_video

    def interrupt(self) -> None:
        """Press ■."""
        self.js("await kernel.interrupt()")

    def restart_kernel(self) -> None:
        """Restart the kernel and wait until it answers."""
        self.js("await panel.sessionContext.restartKernel()")
        self.until("kernel && kernel.status === 'idle'")

    def save(self) -> None:
        """Save the notebook."""
        self.js("await panel.context.save()")

    def reload(self) -> None:
        """Reload the page as a person does, without saving."""
        self.browser_page.reload()
        self.ready()

    def theme(self, name: Literal["light", "dark"]) -> None:
        """Change the front end's theme."""
        title = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}[name]
        self.js("await app.commands.execute('apputils:change-theme', {theme: arg})", title)
        self.until(f"document.body.dataset.jpThemeName === arg && {_UNCOVERED}", title)

    def size(self, width: int, height: int) -> None:
        """Resize the window, in px."""
        self.browser_page.set_viewport_size({"width": width, "height": height})

    def shot(self, path: Path) -> Path:
        """Take a PNG of the window."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.browser_page.screenshot(path=path)
        return path

    def close(self) -> None:
        """Close the notebook and its profile."""
        self._context.close()
