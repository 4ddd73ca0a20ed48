"""Carry out one `%%video` cell: its line and body become a job, and the job a card; several become a sweep."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from vidmagic.engine.job import Job
from vidmagic.media.video import Video
from vidmagic.notebook.card.frontend import front_end
from vidmagic.notebook.card.present import show
from vidmagic.notebook.card.waiting import waits
from vidmagic.notebook.magics import flags
from vidmagic.notebook.magics.dry_run import DryRun
from vidmagic.notebook.magics.interpolation import interpolate, variable_or_path
from vidmagic.session.sweep.expand import has_alternatives
from vidmagic.spec.request import REFERENCE, ROLES


def run_cell(magics: Any, line: str, cell: str) -> Any:
    """Start the video of a cell and return its Job (a DryRun for --dry-run, None for --quiet).

    Where there are several values it is a Sweep (a SweepDryRun).
    """
    read = flags.parse(line, magics.session.catalog, magics.session.default_model)
    if read.help:
        print(magics.cell.__doc__)  # noqa: T201  asked for
        return None
    prompt = cell.strip("\n")
    given = _given(read, magics.shell.user_ns)
    if _is_sweep(read, prompt, given):
        from vidmagic.notebook.magics.sweep_cell import run_sweep

        return run_sweep(magics, read, prompt, given)
    return _run_one(magics, read, prompt, given)


def _run_one(magics: Any, read: flags.Line, prompt: str, given: dict[str, Any]) -> Any:
    session, shell = magics.session, magics.shell
    prompt = prompt if read.raw else interpolate(prompt, shell.user_ns)
    plan = session.plan(prompt, read.model, sandbox=read.sandbox, max_cost=read.max_cost, **given)
    if read.dry_run:
        return DryRun(plan)
    front = front_end()
    job = session.launch(plan, again=read.again, shot=read.shot)
    if read.embed is not None:
        job.display = dataclasses.replace(session.display(), embed="always" if read.embed else "never")
    if read.out:
        shell.user_ns[read.out] = job
    show(job, front, updates=magics.updates, quiet=read.quiet, wait=waits(read.wait, magics.wait, front))
    return None if read.quiet else job


def _is_sweep(read: flags.Line, prompt: str, given: Mapping[str, Any]) -> bool:
    several = any(isinstance(value, list) for name, value in given.items() if name != REFERENCE)
    return bool(read.models) or several or (not read.raw and has_alternatives(prompt))


def _given(read: flags.Line, namespace: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of the line, with the variables and images that they name."""
    given = {name: _value(name, value, namespace, raw=read.raw) for name, value in read.given.items()}
    return given | ({"from_": _source(read.from_, namespace)} if read.from_ is not None else {})


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
