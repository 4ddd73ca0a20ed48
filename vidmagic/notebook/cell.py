"""Carry out one `%%video` cell: its line and body become a job, and the job a card."""

from __future__ import annotations

import dataclasses
from typing import Any

from vidmagic.notebook import flags
from vidmagic.notebook.dry_run import DryRun
from vidmagic.notebook.frontend import front_end
from vidmagic.notebook.prompt import interpolate, variable_or_path
from vidmagic.notebook.show import show
from vidmagic.notebook.waiting import waits
from vidmagic.request import ROLES


def run_cell(magics: Any, line: str, cell: str) -> Any:
    """Start the video of a cell and return its Job (a DryRun for --dry-run, None for --quiet)."""
    session, shell = magics.session, magics.shell
    read = flags.parse(line, session.catalog, session.default_model)
    if read.help:
        print(magics.cell.__doc__)  # noqa: T201  asked for
        return None
    prompt = cell.strip("\n") if read.raw else interpolate(cell.strip("\n"), shell.user_ns)
    given = {name: _value(name, value, shell.user_ns, raw=read.raw) for name, value in read.given.items()}
    plan = session.plan(prompt, read.model, sandbox=read.sandbox, max_cost=read.max_cost, **given)
    if read.dry_run:
        return DryRun(plan)
    front = front_end()
    job = session.carry_out(plan, again=read.again)
    if read.embed is not None:
        job.look = dataclasses.replace(session.look(), embed="always" if read.embed else "never")
    if read.out:
        shell.user_ns[read.out] = job
    show(job, front, updates=magics.updates, quiet=read.quiet, wait=waits(read.wait, magics.wait, front))
    return None if read.quiet else job


def _value(name: str, value: Any, namespace: dict[str, Any], *, raw: bool) -> Any:
    if name in ROLES:
        found = [variable_or_path(each, namespace) for each in (value if isinstance(value, list) else [value])]
        return found if isinstance(value, list) else found[0]
    if isinstance(value, str) and not raw:
        return interpolate(value, namespace)
    return value
