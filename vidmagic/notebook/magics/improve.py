"""Improve the prompt of a cell (`--improve`) or of a line (`%video improve`); what comes of it is a cell to run."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from vidmagic.engine.journal.record import Record
from vidmagic.errors import InvalidRequest, NoSuchJob, NotImproved
from vidmagic.notebook.context import NotebookContext
from vidmagic.notebook.magics.flags import Line
from vidmagic.notebook.magics.run_flags import names_model
from vidmagic.notebook.magics.tokens import without_flags
from vidmagic.notebook.magics.video_args import job_named
from vidmagic.notebook.views.improve import improve, improve_in_cell
from vidmagic.notebook.views.improvement import Improvement
from vidmagic.session.improve.improve import Rewrite
from vidmagic.spec.request import Request

# They belong to the improvement, not to the video; the values say which of them have one behind them.
OWN_FLAGS: Mapping[str, bool] = {
    "--improve": False, "--wish": True, "--dry-run": False, "-n": False, "--again": False, "-a": False,
}  # fmt: skip
_ADDRESS = re.compile(r"[!-~]+")
_USAGE = "Write `%video improve MODEL a red kite over the sea`, or a shot in place of the prompt."


class DryRunLike(Protocol):
    """What a dry run of a cell shows: a request, or those of a sweep."""

    @property
    def cost(self) -> str:
        """What would be spent, in short."""

    @property
    def request(self) -> Request:
        """The request, or the first of them."""


def improve_cell(
    context: NotebookContext, line: str, prompt: str, read: Line, dry_run: Callable[[str], DryRunLike]
) -> Improvement:
    """Improve *prompt*, the body of a cell whose *line* was *read*; *dry_run* checks the cell with another prompt.

    What the cell would be refused for is refused first, before the language model is paid.
    """
    if read.models:
        raise InvalidRequest("--improve rewrites the prompt for one model: name one, not several")
    session, options = context.session, read.options
    model = session.catalog.find_model(read.model)[1] if read.model else session.access.default_model()
    request = dry_run(prompt).request
    mode = next((mode for mode in model.modes if mode.name == request.mode), None)
    question = session.improver.question(
        prompt, model, mode, wish=options.wish or "", max_cost=options.max_cost, sandbox=options.sandbox
    )

    def finish(rewrite: Rewrite) -> Improvement:
        cell = f"%%video {without_flags(line, OWN_FLAGS)}".rstrip() + f"\n{rewrite.new}"
        try:
            return Improvement(rewrite, cell, dry_run(rewrite.new).cost, request.params)
        except InvalidRequest as problem:
            message = f"the new prompt would be refused: {problem.message}"
            raise NotImproved(message, text=rewrite.new, hint=f"It used {rewrite.price}. {NotImproved.hint}") from None

    return improve_in_cell(session.improver, question, context.front, finish, again=options.again)


def improve_line(
    context: NotebookContext, words: Sequence[str], *, wish: str = "", sandbox: bool = False, again: bool = False
) -> Improvement:
    """Improve the prompt that *words* are: a model, then a prompt, or what names a video that has one."""
    named = bool(words) and names_model(words[0], context.session.catalog)
    prompt = words[1:] if named else words
    if not prompt:
        raise InvalidRequest("%video improve: the prompt is missing", hint=_USAGE)
    name = ":".join(prompt) if len(prompt) == 2 and prompt[1].isdecimal() else prompt[0] if len(prompt) == 1 else " "
    subject = " ".join(prompt) if re.search(r"\s", name) else _named(context, name)
    model = words[0] if named else None
    return improve(context.session, context.front, subject, model, wish=wish, sandbox=sandbox, again=again)


def _named(context: NotebookContext, name: str) -> str | Record:
    """Return the text of the variable called *name*, or the job of the video that it names.

    A word that names nothing is refused, for it may be a name with a typing error; Chinese has no spaces, so that a
    prompt in it is one word.
    """
    value = context.namespace.get(name)
    if isinstance(value, str):
        return value
    try:
        return job_named(context, name).record
    except (NoSuchJob, InvalidRequest) as problem:
        if _ADDRESS.fullmatch(name) is None:
            return name
        raise InvalidRequest(f"%video improve: {problem.message}", hint=_USAGE) from None
