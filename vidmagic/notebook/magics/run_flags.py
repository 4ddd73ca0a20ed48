"""Which flags there are: those of every cell, and those of a model's parameters and images."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from vidmagic.notebook.magics.flag_reader import Flag
from vidmagic.spec.request import REFERENCE

if TYPE_CHECKING:
    from vidmagic.providers.catalog import Catalog
    from vidmagic.spec.models import Model

HELP = Flag("--help", sets=True, help="show the flags", short="-h")
RUN: Mapping[str, Flag] = {
    flag.written: flag
    for flag in (
        Flag("--out", help="put the job in the notebook variable of this name, and show it", short="-o", value="NAME"),
        Flag("--wait", "wait", "always", "hold the cell until the video is there", short="-w"),
        Flag("--background", "wait", "never", "return at once; the cell's card lives on", short="-b"),
        Flag("--again", sets=True, help="a new, paid take, although this request has been made before", short="-a"),
        Flag("--dry-run", sets=True, help="show the prompt, the request and the price; send nothing", short="-n"),
        Flag("--max-cost", help="refuse if the estimate is above this (5, 2CNY, 0.3USD) or unknown", value="AMOUNT"),
        Flag("--yes", sets=True, help="confirm a large sweep"),
        Flag("--model", help="the model, if it does not stand first; several between commas are a sweep", value="NAME"),
        Flag("--shot", help="what the cell is after; every new video for it is a take", value="NAME"),
        Flag("--from", "from_", help="start from the last frame of a video", value="SHOT|ID|FILE"),
        Flag("--sandbox", sets=True, help="run in the embedded sandbox, free of charge"),
        Flag("--embed", sets=True, help="put the video into the notebook"),
        Flag("--no-embed", "embed", sets=False, help="link the video, whatever its size"),
        Flag("--raw", sets=True, help="leave {{name}} in the prompt as typed"),
        Flag("--quiet", sets=True, help="no video in the output (with --out)", short="-q"),
        HELP,
    )
}


def flags_of(model: Model) -> dict[str, Flag]:
    """Return the flags that stand for *model*'s parameters and images, as they are written."""
    flags: list[Flag] = []
    for param in model.params:
        if param.kind is bool:
            flags.append(Flag(param.flag, param.name, sets=True, help=param.help))
            flags.append(Flag("--no-" + param.flag[2:], param.name, sets=False, help=param.help))
        else:
            flags.append(Flag(param.flag, param.name, help=param.help))
    flags += [Flag("--" + role.replace("_", "-"), role, repeats=role == REFERENCE) for role in model.roles()]
    return {flag.written: flag for flag in flags}


def all_flags(catalog: Catalog) -> dict[str, Flag]:
    """Return the flags of all models."""
    return {written: flag for model in catalog for written, flag in flags_of(model).items()}


def names_model(text: str, catalog: Catalog) -> bool:
    """Return whether *text* is the id or the short name of a model."""
    return any(text in {model.id, model.short} for model in catalog)
