"""Carry out one `%%video` cell: its line and body become a job, and the job a card; several become a sweep."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from vidmagic.engine.job import Job
from vidmagic.errors import InvalidRequest
from vidmagic.notebook.context import NotebookContext
from vidmagic.notebook.magics import flags, help_text
from vidmagic.notebook.magics.improve import improve_cell
from vidmagic.notebook.magics.interpolation import interpolate, variable_or_name, variable_or_path
from vidmagic.notebook.magics.run_flags import RUN
from vidmagic.notebook.magics.sweep_cell import SweepDryRun, run_sweep
from vidmagic.notebook.views.dry_run import DryRun
from vidmagic.notebook.views.earlier_takes import earlier_takes
from vidmagic.notebook.views.improvement import Improvement
from vidmagic.session.run_options import RunOptions
from vidmagic.session.sweep.expand import has_alternatives
from vidmagic.session.sweep.sweep import Sweep
from vidmagic.spec.request import REFERENCE, ROLES


def run_cell(context: NotebookContext, line: str, cell: str) -> Job | Sweep | DryRun | SweepDryRun | Improvement | None:
    """Start the video of a cell and return its Job (a DryRun for --dry-run, None for --quiet).

    Where there are several values it is a Sweep (a SweepDryRun), with --improve an Improvement.
    """
    read = flags.parse(line, context.session.catalog, context.session.access.default_model)
    if read.help:
        print(help_text.of_cell(RUN.values()))  # noqa: T201  asked for
        return None
    prompt = cell.strip("\n")
    given = {name: _value(context, read, name, value) for name, value in read.given.items()}
    options = read.options
    if options.from_ is not None:
        options = dataclasses.replace(
            options, from_=context.session.planner.last_frame(options.from_, context.namespace)
        )

    def run(text: str) -> Job | Sweep | DryRun | SweepDryRun | None:
        if _is_sweep(read, text, given):
            return run_sweep(context, text, list(read.models) or read.model, options, given)
        return _run_one(context, text, read.model, options, given)

    def dry_run(text: str) -> DryRun | SweepDryRun:
        shown = run(text)
        assert isinstance(shown, DryRun | SweepDryRun)
        return shown

    return improve_cell(context, line, prompt, read, dry_run) if options.improve else run(prompt)


def _run_one(
    context: NotebookContext, prompt: str, model: str | None, options: RunOptions, given: Mapping[str, object]
) -> Job | DryRun | None:
    if options.grid:
        raise InvalidRequest(f"--grid {options.grid} needs several values, as --seed 1,2 or {{{{a|b}}}} in the prompt")
    prompt = prompt if options.raw else interpolate(prompt, context.namespace)
    plan = context.session.plan(prompt, model, options, **given)
    if options.dry_run:
        return DryRun(plan)
    job = context.session.launch(plan, options)
    context.override_embed([job], options.embed)
    if options.out:
        context.namespace[options.out] = job
    below = earlier_takes(context.session, job) if options.shot and not options.quiet else ""
    context.show(job, quiet=options.quiet, wait=context.waits(options.wait), below=below)
    return None if options.quiet else job


def _is_sweep(read: flags.Line, prompt: str, given: Mapping[str, object]) -> bool:
    if read.options.table is not None or read.options.sample is not None:
        return True
    several = any(isinstance(value, list) for name, value in given.items() if not name.startswith(REFERENCE))
    return bool(read.models) or several or (not read.options.raw and has_alternatives(prompt))


def _value(context: NotebookContext, read: flags.Line, name: str, value: flags.GivenValue) -> object:
    """Return a value of the line, with the variables or the input that it names."""
    if isinstance(value, list):
        parts = [_value(context, read, name, part) for part in value]
        return [one for part in parts for one in (part if isinstance(part, list) else [part])]
    if not isinstance(value, str):
        return value
    if name in ROLES:
        find = variable_or_path if ROLES[name] == "image" else variable_or_name
        return find(value, context.namespace)
    return value if read.options.raw else interpolate(value, context.namespace)
