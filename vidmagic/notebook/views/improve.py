"""Ask a language model to improve a prompt, while the cell shows what it writes."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable

from IPython.display import DisplayHandle, display

from vidmagic.engine.journal.record import Record
from vidmagic.errors import InvalidRequest
from vidmagic.escaping import LITERAL, escape, isolate, plain
from vidmagic.notebook.style import FONT, LIST_WIDTH, SMALL
from vidmagic.notebook.surfaces.frontend import FrontEnd
from vidmagic.notebook.views.cell_source import request_cell
from vidmagic.notebook.views.history import cell_of
from vidmagic.notebook.views.improvement import Improvement
from vidmagic.session.improve.improve import Improver, Rewrite
from vidmagic.session.improve.question import Question
from vidmagic.session.planning import Plan
from vidmagic.session.run_options import RunOptions
from vidmagic.session.session import Session
from vidmagic.spec.models import Model
from vidmagic.spec.price import price_text

_UPDATES = 0.25  # seconds between two drawings of what was written so far


class Interrupted(KeyboardInterrupt):
    """■ was pressed while a language model was writing."""

    def _render_traceback_(self) -> list[str]:
        """Return what is known, in place of a traceback."""
        return ["KeyboardInterrupt: the answer was not waited for; it may be charged, and is not asked for again"]


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
            cell = cell_of(session, dataclasses.replace(record, prompt=rewrite.new))
            return Improvement(rewrite, cell, params=record.params)
        options = RunOptions(sandbox=sandbox)
        if record is not None:  # whose prompt was sent as it is
            cell = request_cell(chosen, None, rewrite.new, {}, options)
        else:
            cell = f"%%video {chosen.short}{' --sandbox' if sandbox else ''}\n{rewrite.new}"
        plan = _plan(session, chosen, rewrite.new, options)
        if plan is None:
            return Improvement(rewrite, cell)
        return Improvement(rewrite, cell, price_text(plan.price, in_sandbox=plan.in_sandbox), plan.request.params)

    return improve_in_cell(session.improver, question, front, finish, again=again)


def _plan(session: Session, model: Model, prompt: str, options: RunOptions) -> Plan | None:
    """Return a video of *model* with its defaults, None where it needs more than a prompt."""
    try:
        return session.plan(prompt, model.id, options)
    except InvalidRequest:
        return None


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
    except BaseException as error:
        if slot is not None:
            slot.close({"text/plain": "", "text/html": ""})
        if isinstance(error, KeyboardInterrupt):
            raise Interrupted from None
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
