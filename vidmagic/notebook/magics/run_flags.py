"""Which flags there are: those of every cell, and those of a model's parameters and images."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vidmagic.providers.catalog import Catalog
from vidmagic.spec.models import Model


@dataclass(frozen=True, slots=True)
class Flag:
    """What a written flag sets: `name` to `sets`, or to the word after it when `sets` is None."""

    name: str
    sets: str | bool | None = None
    help: str = ""


RUN: Mapping[str, Flag] = {
    "--out": Flag("out", help="put the job in the notebook variable of this name, and show it"),
    "--wait": Flag("wait", "always", "hold the cell until the video is there"),
    "--background": Flag("wait", "never", "return at once; the cell's card lives on"),
    "--again": Flag("again", sets=True, help="a new, paid take, although this request has been made before"),
    "--dry-run": Flag("dry_run", sets=True, help="show the prompt, the request and the price; send nothing"),
    "--max-cost": Flag("max_cost", help="refuse if the estimate is above this (5, 2CNY, 0.3USD) or unknown"),
    "--yes": Flag("yes", sets=True, help="confirm a large sweep"),
    "--model": Flag("model", help="the model, which may also stand first; several between commas make a sweep"),
    "--shot": Flag("shot", help="what the cell is after; every new video for it is a take"),
    "--from": Flag("from_", help="start from the last frame of a shot, a take, a job, a video or a file"),
    "--sandbox": Flag("sandbox", sets=True, help="rehearse in the embedded sandbox, free of charge"),
    "--embed": Flag("embed", sets=True, help="put the video into the notebook"),
    "--no-embed": Flag("embed", sets=False, help="link the video, whatever its size"),
    "--raw": Flag("raw", sets=True, help="leave {{name}} in the prompt as typed"),
    "--quiet": Flag("quiet", sets=True, help="no video in the output (with --out)"),
    "--help": Flag("help", sets=True, help="show the flags"),
}
SHORT: Mapping[str, str] = {
    "-o": "--out",
    "-w": "--wait",
    "-b": "--background",
    "-a": "--again",
    "-n": "--dry-run",
    "-q": "--quiet",
    "-h": "--help",
}


def flags_of(model: Model) -> dict[str, Flag]:
    """Return the flags that stand for *model*'s parameters and images."""
    found = {}
    for param in model.params:
        if param.kind is bool:
            found[param.flag] = Flag(param.name, sets=True, help=param.help)
            found["--no-" + param.flag[2:]] = Flag(param.name, sets=False, help=param.help)
        else:
            found[param.flag] = Flag(param.name, help=param.help)
    return found | {"--" + role.replace("_", "-"): Flag(role) for role in model.roles()}


def all_flags(catalog: Catalog) -> dict[str, Flag]:
    """Return the flags of all models."""
    return {written: flag for model in catalog for written, flag in flags_of(model).items()}
