"""Which flags there are: those of every cell, and those of a model's parameters and inputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from vidmagic.notebook.magics.flag_reader import Flag
from vidmagic.session.run_options import EntryPoint, run_flags

if TYPE_CHECKING:
    from vidmagic.providers.catalog import Catalog
    from vidmagic.spec.models import Model


def flags_at(entry_point: EntryPoint) -> dict[str, Flag]:
    """Return the flags of the run options that can be given at *entry_point*, as they are written."""
    return {
        written: Flag(
            written, flag.option, flag.sets, flag.help, flag.short, flag.value, names_video=flag.option == "from_"
        )
        for written, flag in run_flags(entry_point).items()
    }


HELP = Flag("--help", sets=True, help="show the flags", short="-h")
_MODEL = Flag("--model", help="the model, if it does not stand first; several between commas: a sweep", value="NAME")
RUN: Mapping[str, Flag] = {**flags_at("cell"), "--model": _MODEL, "--help": HELP}
"""The flags of every `%%video` cell: those of the run options, `--model` and `--help`."""


def flags_of(model: Model) -> dict[str, Flag]:
    """Return the flags that stand for *model*'s parameters and inputs, as they are written."""
    from vidmagic.spec.request import REFERENCE, ROLES  # with its imports, not needed to load the extension

    flags: list[Flag] = []
    for param in model.params:
        if param.kind is bool:
            flags.append(Flag(param.flag, param.name, sets=True, help=param.help))
            flags.append(Flag("--no-" + param.flag[2:], param.name, sets=False, help=param.help))
        else:
            flags.append(Flag(param.flag, param.name, help=param.help))
    flags += [
        Flag(
            "--" + role.replace("_", "-"), role, repeats=role.startswith(REFERENCE), names_video=ROLES[role] == "video"
        )
        for role in model.roles()
    ]
    return {flag.written: flag for flag in flags}


def all_flags(catalog: Catalog) -> dict[str, Flag]:
    """Return the flags of all models."""
    return {written: flag for model in catalog for written, flag in flags_of(model).items()}


def names_model(text: str, catalog: Catalog) -> bool:
    """Return whether *text* is the id or the short name of a model."""
    return any(text in {model.id, model.short} for model in catalog)
