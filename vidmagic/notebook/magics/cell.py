"""Carry out one `%%video` cell: its line and body become a job, and the job a card; several become a sweep."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from vidmagic.engine.job import Job
from vidmagic.media.video import Video
from vidmagic.notebook.context import NotebookContext
from vidmagic.notebook.magics import flags, help_text
from vidmagic.notebook.magics.interpolation import interpolate, variable_or_path
from vidmagic.notebook.magics.run_flags import RUN
from vidmagic.notebook.magics.sweep_cell import SweepDryRun, run_sweep
from vidmagic.notebook.views.dry_run import DryRun
from vidmagic.session.run_options import RunOptions, options_at
from vidmagic.session.sweep.expand import has_alternatives
from vidmagic.session.sweep.sweep import Sweep
from vidmagic.spec.request import REFERENCE, ROLES


def run_cell(context: NotebookContext, line: str, cell: str) -> Job | Sweep | DryRun | SweepDryRun | None:
    """Start the video of a cell and return its Job (a DryRun for --dry-run, None for --quiet).

    Where there are several values it is a Sweep (a SweepDryRun).
    """
    read = flags.parse(line, context.session.catalog, context.session.default_model)
    if read.help:
        print(help_text.of_cell(RUN.values()))  # noqa: T201  asked for
        return None
    prompt = cell.strip("\n")
    given = _given(read, context.namespace)
    options = _options(read, context.namespace)
    if _is_sweep(read, prompt, given):
        return run_sweep(context, read, prompt, options, given)
    return _run_one(context, read, prompt, options, given)


def _run_one(
    context: NotebookContext, read: flags.Line, prompt: str, options: RunOptions, given: dict[str, Any]
) -> Job | DryRun | None:
    session = context.session
    prompt = prompt if read.raw else interpolate(prompt, context.namespace)
    plan = session.plan(prompt, read.model, options, **given)
    if read.dry_run:
        return DryRun(plan)
    job = session.launch(plan, options)
    if read.embed is not None:
        job.display = dataclasses.replace(session.display(), embed="always" if read.embed else "never")
    if read.out:
        context.namespace[read.out] = job
    context.show(job, quiet=read.quiet, wait=context.waits(read.wait))
    return None if read.quiet else job


def _is_sweep(read: flags.Line, prompt: str, given: Mapping[str, Any]) -> bool:
    several = any(isinstance(value, list) for name, value in given.items() if name != REFERENCE)
    return bool(read.models) or several or (not read.raw and has_alternatives(prompt))


def _given(read: flags.Line, namespace: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of the line, with the variables and images that they name."""
    return {name: _value(name, value, namespace, raw=read.raw) for name, value in read.given.items()}


def _options(read: flags.Line, namespace: Mapping[str, Any]) -> RunOptions:
    """Return the run options of the line, with the variable that `--from` names."""
    values = {option.name: getattr(read, option.name) for option in options_at("cell")}
    return RunOptions(**values | {"from_": _source(read.from_, namespace) if read.from_ is not None else None})


def _value(name: str, value: Any, namespace: Mapping[str, Any], *, raw: bool) -> Any:
    if isinstance(value, list):
        return [_value(name, each, namespace, raw=raw) for each in value]
    if name in ROLES:
        return variable_or_path(value, namespace)
    if isinstance(value, str) and not raw:
        return interpolate(value, namespace)
    return value


def _source(text: str, namespace: Mapping[str, Any]) -> Any:
    """Return the video or job in a variable of this name, else the text, which names a shot, a job or a file."""
    held = namespace.get(text)
    return held if isinstance(held, Job | Video) else text
