"""An improved prompt: the word difference, what it used, and the cell to run; no video service has seen it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from vidmagic.escaping import LITERAL, escape, isolate, plain
from vidmagic.notebook.style import FONT, LIST_WIDTH, SMALL, STRONG
from vidmagic.notebook.surfaces.frontend import front_end
from vidmagic.notebook.views.prompt_diff import diff_html, diff_text
from vidmagic.session.improve.improve import Rewrite
from vidmagic.spec.params import Value

_CELL = (
    "margin:2px 0 0;padding:6px 8px;white-space:pre-wrap;word-break:normal;overflow-wrap:anywhere;color:inherit;"
    "user-select:all;"
    "background:var(--jp-layout-color2,#8882)"
)
PROBLEM = "color:var(--jp-error-color1,#d32f2f)"
REWRITERS = ("prompt_optimizer", "prompt_extend", "enhance")  # parameters


class Improvement:
    """A prompt (`old`), what a language model made of it (`new`), and the `cell` that would make its video.

    `difference` is what changed, `price` what the rewrite used and cost, `video_price` what the video is estimated to
    cost ("" where that is not known without more flags). `problems` are sentences on what the new prompt lost or added.
    Nothing was sent to a video service.
    """

    def __init__(
        self, rewrite: Rewrite, cell: str, video_price: str = "", params: Mapping[str, Value] | None = None
    ) -> None:
        self.old, self.new, self.wish = rewrite.old, rewrite.new, rewrite.wish
        self.model, self.writer, self.price = rewrite.model.short, rewrite.writer, rewrite.price
        self.problems, self.notes = rewrite.problems, (*rewrite.notes, *_rewriters(params or {}))
        self.cell, self.video_price = cell, video_price
        self._shown_in: object = None

    @property
    def difference(self) -> str:
        """What changed, in words: − “calm” + “wild, in strong wind”."""
        return diff_text(self.old, self.new)

    def __str__(self) -> str:
        lines = [
            f"{self._title} · {self.price}",
            *self.notes,
            *(f"! {problem}" for problem in self.problems),
            f"changed: {self.difference}",
            self._next_step,
        ]
        return "\n".join([*map(plain, lines), "", self.cell])

    __repr__ = __str__

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        notes = "".join(f'<div style="{SMALL}">{isolate(note)}</div>' for note in self.notes)
        problems = "".join(f'<div style="{PROBLEM}">{isolate(problem)}</div>' for problem in self.problems)
        cell = f'<pre style="{_CELL}">{escape(self.cell)}</pre>'
        html = (
            f'<div style="{STRONG}">{isolate(self._title)}</div><div style="{SMALL}">{isolate(self.price)}</div>{notes}'
            f'<div style="margin:6px 0">{diff_html(self.old, self.new)}</div>{problems}'
            f'<div style="{SMALL}">{isolate(self._next_step)}</div>{cell}'
        )
        return {
            "text/plain": str(self),
            "text/html": f'<div class="vidmagic {LITERAL}" style="{FONT};{LIST_WIDTH}">{html}</div>',
        }

    def _ipython_display_(self) -> None:
        if self._shown_in is None or self._shown_in != front_end().execution():
            raise NotImplementedError  # IPython then shows it as any other value

    @property
    def _title(self) -> str:
        return f"The prompt for {self.model}, improved by {self.writer}"

    @property
    def _next_step(self) -> str:
        done = "The language model changed nothing" if self.old == self.new else "No video was started"
        return f"{done}. The cell to run{f', {self.video_price}' if self.video_price else ''}:"


def _rewriters(params: Mapping[str, Value]) -> Iterator[str]:
    """Yield a sentence for each of the *params* by which the video service rewrites the prompt once more."""
    for name in REWRITERS:
        if params.get(name) is True:
            yield f"The service rewrites the prompt too ({name}); --no-{name.replace('_', '-')} sends it as it is."
