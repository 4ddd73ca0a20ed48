"""Carry out a `%%video` cell with several values: all is planned and priced, then one card shows all."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from vidmagic.escaping import LITERAL, escape
from vidmagic.notebook.context import NotebookContext
from vidmagic.notebook.magics.interpolation import interpolate
from vidmagic.notebook.style import FONT
from vidmagic.notebook.views.table import table
from vidmagic.session.run_options import RunOptions
from vidmagic.session.sweep.plan import SweepPlan, check_sweep, plan_sweep, start_sweep
from vidmagic.session.sweep.sweep import Sweep
from vidmagic.spec.request import Request


@dataclasses.dataclass(frozen=True)
class SweepDryRun:
    """The requests of a sweep to look at, each with its price. Nothing is sent for it."""

    plan: SweepPlan

    @property
    def cost(self) -> str:
        """How many videos for how much: "6 videos: ¥12.00 (estimate)"."""
        return self.plan.summary

    @property
    def request(self) -> Request:
        """The first of the requests that would be sent."""
        return self.plan.plans[0].request

    def __str__(self) -> str:
        return f"dry run: nothing was sent · {self.plan.table()}"

    __repr__ = __str__

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        shown = self.plan.table()
        notes = "".join(f"<div>{escape(note)}</div>" for note in shown.notes)
        html = f"<div>dry run: nothing was sent · {escape(shown.title)}</div>{table(shown.rows, shown.columns)}{notes}"
        return {"text/plain": str(self), "text/html": f'<div class="vidmagic {LITERAL}" style="{FONT}">{html}</div>'}


def run_sweep(
    context: NotebookContext,
    prompt: str,
    models: list[str] | str | None,
    options: RunOptions,
    given: Mapping[str, object],
) -> Sweep | SweepDryRun | None:
    """Start the videos of a cell and return their Sweep (a SweepDryRun for --dry-run, None for --quiet)."""
    session = context.session
    plan = plan_sweep(
        session,
        [prompt] if options.raw else prompt,
        models,
        options,
        read=lambda text, columns: text if options.raw else interpolate(text, {**context.namespace, **columns}),
        **given,
    )
    if options.dry_run:
        return SweepDryRun(plan)
    check_sweep(session, plan, options)
    sweep = start_sweep(session, plan, options)
    context.override_embed(sweep, options.embed)
    if options.out:
        context.namespace[options.out] = sweep
    context.show(sweep, quiet=options.quiet, wait=context.waits(options.wait))
    return None if options.quiet else sweep
