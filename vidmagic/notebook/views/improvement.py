"""An improved prompt: the word difference, what it used, and the cell to run; no video service has seen it."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from typing import Any

from IPython.display import DisplayHandle, display

from vidmagic.engine.journal.record import Record
from vidmagic.errors import InvalidRequest
from vidmagic.escaping import LITERAL, escape, isolate, plain
from vidmagic.notebook.style import FONT, LIST_WIDTH, SMALL, STRONG
from vidmagic.notebook.surfaces.frontend import FrontEnd, front_end
from vidmagic.notebook.views.cell_source import request_cell
from vidmagic.notebook.views.history import cell_of
from vidmagic.notebook.views.prompt_diff import diff_html, diff_text
from vidmagic.session.improve.improve import Improver, Rewrite
from vidmagic.session.improve.question import Question
from vidmagic.session.run_options import RunOptions
from vidmagic.session.session import Session
from vidmagic.spec.models import Model
from vidmagic.spec.price import price_text

_CELL = (
    "margin:2px 0 0;padding:6px 8px;white-space:pre-wrap;overflow-wrap:anywhere;color:inherit;user-select:all;"
    "background:var(--jp-layout-color2,#8882)"
)
PROBLEM = "color:var(--jp-error-color1,#d32f2f)"
_UPDATES = 0.25  # seconds between two drawings of what was written so far


class Interrupted(KeyboardInterrupt):
    """■ was pressed while a language model was writing."""

    def _render_traceback_(self) -> list[str]:
        """Return what is known, in place of a traceback."""
        return ["KeyboardInterrupt: the answer was not waited for; it may be charged, and is not asked for again"]


class Improvement:
    """A prompt (`old`), what a language model made of it (`new`), and the `cell` that would make its video.

    `difference` is what changed, `price` what the rewrite used and cost, `video_price` what the video is estimated to
    cost ("" where that is not known without more flags). `problems` are sentences on what the new prompt lost or added.
    Nothing was sent to a video service.
    """

    def __init__(self, rewrite: Rewrite, cell: str, video_price: str = "") -> None:
        self.old, self.new, self.wish = rewrite.old, rewrite.new, rewrite.wish
        self.model, self.writer, self.price = rewrite.model.short, rewrite.writer, rewrite.price
        self.problems, self.notes = rewrite.problems, rewrite.notes
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


def improve(
    session: Session,
    front: FrontEnd,
    subject: str | Record,
    model: str | None = None,
    *,
    wish: str = "",
    sandbox: bool = False,
    again: bool = False,
) -> Improvement:
    """Improve a prompt, or that of a job, for *model*; default: the job's model, else that of a cell without one.

    Raises as `Improver.question` and `Improver.answer`.
    """
    record = None if isinstance(subject, str) else subject
    prompt = subject if isinstance(subject, str) else subject.prompt
    default = record.model if record is not None else session.access.default_model().id
    chosen = session.catalog.find_model(model or default)[1]
    is_own = record is not None and chosen.id == record.model  # else its parameters may not fit
    mode = next((mode for mode in chosen.modes if record is not None and mode.name == record.mode), None)
    question = session.improver.question(prompt, chosen, mode if is_own else None, wish=wish, sandbox=sandbox)

    def finish(rewrite: Rewrite) -> Improvement:
        if record is not None and is_own:
            return Improvement(rewrite, cell_of(session, dataclasses.replace(record, prompt=rewrite.new)))
        options = RunOptions(sandbox=sandbox)
        if record is not None:  # whose prompt was sent as it is
            cell = request_cell(chosen, None, rewrite.new, {}, options)
        else:
            cell = f"%%video {chosen.short}{' --sandbox' if sandbox else ''}\n{rewrite.new}"
        return Improvement(rewrite, cell, _price(session, chosen, rewrite.new, options))

    return improve_in_cell(session.improver, question, front, finish, again=again)


def _price(session: Session, model: Model, prompt: str, options: RunOptions) -> str:
    """Return what a video of *model* with its defaults is estimated to cost, "" where it needs more than a prompt."""
    try:
        plan = session.plan(prompt, model.id, options)
    except InvalidRequest:
        return ""
    return price_text(plan.price, in_sandbox=plan.in_sandbox)


def improve_in_cell(
    improver: Improver,
    question: Question,
    front: FrontEnd,
    finish: Callable[[Rewrite], Improvement],
    *,
    again: bool = False,
) -> Improvement:
    """Ask *question* while the cell shows what is being written; *finish* makes of the answer what stays there."""
    slot = _Writing(str(question.endpoint)) if front.is_watched or front.kind == "colab" else None
    try:
        improvement = finish(improver.answer(question, again=again, on_text=slot.show if slot else lambda _: None))
    except KeyboardInterrupt:
        raise Interrupted from None
    except BaseException:
        if slot is not None:
            slot.close({"text/plain": "", "text/html": ""})
        raise
    if slot is not None:
        improvement._shown_in = front.execution()  # noqa: SLF001  it shows itself once
        slot.close(improvement._repr_mimebundle_())
    return improvement


class _Writing:
    """The output of a cell while a language model writes."""

    def __init__(self, writer: str) -> None:
        self._writer = writer
        self._drawn = time.monotonic()
        self._handle: DisplayHandle = display(self._bundle(""), raw=True, display_id=True)

    def show(self, text: str) -> None:
        """Show what was written so far, at most a few times a second."""
        if time.monotonic() - self._drawn >= _UPDATES:
            self._drawn = time.monotonic()
            self._handle.update(self._bundle(text), raw=True)

    def close(self, bundle: dict[str, str]) -> None:
        """Leave *bundle*."""
        self._handle.update(bundle, raw=True)

    def _bundle(self, text: str) -> dict[str, str]:
        status = f"{self._writer} is asked…" if not text else f"{self._writer} writes: {len(text):,} characters"
        html = f'<div style="{SMALL}">{isolate(status)}</div><div style="white-space:pre-wrap">{escape(text)}</div>'
        return {
            "text/plain": plain(status),
            "text/html": f'<div class="vidmagic {LITERAL}" style="{FONT};{LIST_WIDTH}">{html}</div>',
        }
