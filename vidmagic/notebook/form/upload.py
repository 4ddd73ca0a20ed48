"""Files that come from the page: chosen, dropped or pasted there, and sent in parts that every server lets through.

A notebook server cuts the line at a message above 10 MB. The page sends the next part when the kernel has taken the
last one. The bytes go by in messages and are no state of the widget, so no saved notebook holds them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

Files = list[tuple[str, bytes]]  # names and what is in them


class UploadWidget:
    """A button and a place to drop files on; `widget` is what is seen, *label* what it asks for.

    The page sends at most *count* files of *most* bytes each. When they are whole *took* gets them and returns what is
    wrong with them, or the empty text; *linked* gets a link that was dropped. *changed* is called when the page has
    changed something.
    """

    def __init__(
        self,
        label: str,
        *,
        count: int,
        most: int,
        took: Callable[[Files], str],
        linked: Callable[[str], None],
        changed: Callable[[], None],
    ) -> None:
        self.widget = _kind()(label=label, count=count, most=most)
        self._took, self._linked, self._changed = took, linked, changed
        self._turn: object = None  # the choice of which parts are taken; the page gives each its own number
        self._files: list[tuple[str, int]] = []  # its names and sizes
        self._held = bytearray()
        self.widget.on_msg(lambda _, said, buffers: self.hear(said, buffers))

    @property
    def waiting(self) -> str:
        """Why what was chosen is not here: on its way, or what was wrong with it; else the empty text."""
        return f"{self.widget.arriving} is still on its way" if self.widget.arriving else str(self.widget.problem)

    @property
    def given_up(self) -> str:
        """The same once nothing more will come."""
        lost = f"{self.widget.arriving} did not come before the model changed: choose it again"
        return lost if self.widget.arriving else str(self.widget.problem)

    def hear(self, said: dict[str, Any], buffers: Sequence[Any]) -> None:
        """Take what the page says: a choice and then its parts, one that it does not send, or a link."""
        if "files" in said:
            self._begin(said["turn"], said["files"])
        elif "refused" in said:
            self.refuse(str(said["refused"]))
            self._changed()
        elif "link" in said:
            self.forget()
            self._linked(str(said["link"]))
        elif (said["turn"], said["at"]) == (self._turn, len(self._held)):
            self._take(buffers[0])
        else:
            self._answer(said["turn"], None)  # it was taken back, or replaced by another

    def refuse(self, why: str) -> None:
        """Note *why* there is no image, until another is chosen; this is not told by *changed*."""
        self._let_go()
        self._tell(problem=why)

    def forget(self) -> None:
        """Drop what is on its way and what was wrong; nor is this."""
        self._answer(self._turn, None)
        self._let_go()
        self._tell()

    def _begin(self, turn: object, files: list[tuple[str, int]]) -> None:
        """Know of a choice before its first byte, so that no press buys without it; most come too soon to say so."""
        self._turn, self._files, self._held = turn, files, bytearray()
        self._tell(arriving=", ".join(name for name, _ in files))

    def _take(self, part: Any) -> None:
        """Add a part; all files of one choice come as one stream."""
        turn, first = self._turn, not self._held
        self._held.extend(part)
        if len(self._held) < sum(size for _, size in self._files):
            self._answer(turn, len(self._held))
            if first:
                self._changed()
            return
        files = _apart(bytes(self._held), self._files)
        self._let_go()
        self._tell(problem=self._took(files))
        self._answer(turn, None)
        self._changed()

    def _let_go(self) -> None:
        self._turn, self._files, self._held = None, [], bytearray()

    def _answer(self, turn: object, at: int | None) -> None:
        """Ask the page for what follows byte *at*; None for no more."""
        if turn is not None:
            self.widget.send({"turn": turn, "at": at})

    def _tell(self, *, arriving: str = "", problem: str = "") -> None:
        self.widget.set_trait("arriving", arriving)
        self.widget.set_trait("problem", problem)


def _apart(whole: bytes, files: list[tuple[str, int]]) -> Files:
    """Return the files that lie in *whole* one after the other."""
    found, at = [], 0
    for name, size in files:
        found.append((name, whole[at : at + size]))
        at += size
    return found


@cache
def _kind() -> Any:
    import anywidget
    from traitlets import Int, Unicode

    class Dropping(anywidget.AnyWidget):
        """The model; the kernel alone changes it, and the page only shows it."""

        _esm = (Path(__file__).parents[1] / "web" / "upload.js").read_text(encoding="utf-8")
        label = Unicode().tag(sync=True)
        count = Int().tag(sync=True)
        most = Int().tag(sync=True)
        arriving = Unicode().tag(sync=True)
        problem = Unicode().tag(sync=True)

    return Dropping
