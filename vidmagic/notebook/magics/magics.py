"""`%%video` makes a video from the cell's body; `%video VERB` does everything else and makes none of a prompt."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, cell_magic, line_magic, magics_class, no_var_expand

from vidmagic.notebook.magics.completion import install, remove
from vidmagic.session.settings import Settings

if TYPE_CHECKING:
    from vidmagic.notebook.context import NotebookContext
    from vidmagic.session.session import Session

_Function = TypeVar("_Function", bound=Callable[..., object])


def documented_by(getdoc: Callable[[], str]) -> Callable[[_Function], _Function]:
    """Return a decorator that lets IPython's `?` show what *getdoc* returns; it is not called before that."""

    def document(function: _Function) -> _Function:
        function.__dict__["getdoc"] = getdoc
        return function

    return document


def _cell_help() -> str:
    from vidmagic.notebook.magics import help_text
    from vidmagic.notebook.magics.run_flags import RUN

    return help_text.of_cell(RUN.values())


def _line_help() -> str:
    from vidmagic.notebook.magics import help_text
    from vidmagic.notebook.magics.verbs import VERBS

    return help_text.of_line(VERBS.values())


@magics_class
class VideoMagics(Magics, Settings):
    """The magics and their settings; `%config VideoMagics` lists and changes them."""

    shell: InteractiveShell

    def __init__(self, shell: InteractiveShell, session: Callable[[Settings], Session]) -> None:
        super().__init__(shell=shell)
        self._make_session = session

    @functools.cached_property
    def session(self) -> Session:
        """The session; it is made at the first use, because its imports take time."""
        return self._make_session(self)

    @no_var_expand
    @cell_magic("video")  # type: ignore[arg-type]
    @documented_by(_cell_help)
    def cell(self, line: str, cell: str) -> object:
        """Make a video from the cell's body: `%%video?` shows how."""
        from vidmagic.notebook.magics.cell import run_cell

        return run_cell(self._context(), line, cell)

    @no_var_expand
    @line_magic("video")  # type: ignore[arg-type]
    @documented_by(_line_help)
    def line(self, line: str) -> object:
        """Do everything but make a video: `%video help` lists the commands."""
        from vidmagic.notebook.magics.verbs import run_line

        return run_line(self._context(), line)

    def _context(self) -> NotebookContext:
        from vidmagic.notebook.context import NotebookContext
        from vidmagic.notebook.surfaces.frontend import front_end

        return NotebookContext(self.session, self, self.shell.user_ns, front_end())


def load(ip: InteractiveShell, session: Callable[[Settings], Session]) -> None:
    """Register the magics in *ip*, once however often it is called."""
    if any(isinstance(configurable, VideoMagics) for configurable in ip.configurables):
        return
    magics = VideoMagics(ip, session)
    ip.register_magics(magics)
    install(ip, lambda: magics.session)


def loaded_settings() -> VideoMagics | None:
    """Return the magics of the IPython that runs, which are the settings too; None where they are not loaded."""
    if not InteractiveShell.initialized():
        return None
    configurables = InteractiveShell.instance().configurables
    return next((magics for magics in configurables if isinstance(magics, VideoMagics)), None)


def unload(ip: InteractiveShell) -> None:
    """Unregister the magics in *ip*; running jobs go on."""
    remove(ip)
    for kind in ("line", "cell"):
        function = ip.magics_manager.magics[kind].get("video")
        if isinstance(getattr(function, "__self__", None), VideoMagics):
            del ip.magics_manager.magics[kind]["video"]
    ip.magics_manager.registry.pop("VideoMagics", None)
    ip.configurables[:] = [other for other in ip.configurables if not isinstance(other, VideoMagics)]
