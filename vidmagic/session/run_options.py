"""The run options: how a request is run, apart from what is asked of the model.

Each option is one field of RunOptions. Its metadata gives the flags of `%%video` and of the command line, their
completion and help, and the documented arguments of the Python functions; so a new option is one field here and the
code that acts on it.
"""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Literal

from vidmagic.errors import InvalidRequest
from vidmagic.spec.parsers import PARSERS

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from vidmagic.engine.job import Job
    from vidmagic.media.video import Video
    from vidmagic.session.continue_from import LastFrame

EntryPoint = Literal["cell", "command line", "generate", "sweep", "form", "upscale", "finish"]
"""Where an option can be given: a `%%video` cell, the command `run`, or a Python function (`start` as `generate`)."""


@dataclass(frozen=True, slots=True)
class RunFlag:
    """A flag as it is written, for instance `--wait`, which sets the option `wait` to "always".

    Where `sets` is None the flag takes the value behind it; `value` is what the help calls that value.
    """

    flag: str
    short: str = ""
    sets: str | bool | None = None
    value: str = ""
    help: str = ""
    option: str = ""


@dataclass(frozen=True, slots=True)
class RunOption:
    """What is known of one option: its name and type as in Python, its default, its flags, and where it applies."""

    name: str
    type: str
    default: object
    help: str
    flags: tuple[RunFlag, ...]
    entry_points: frozenset[EntryPoint]


def _about(help_text: str, at: str, *flags: RunFlag) -> dict[str, object]:
    """Return a field's metadata. *at* names its entry points, between commas; a flag without help has *help_text*."""
    return {"help": help_text, "at": frozenset(name.strip() for name in at.split(",")), "flags": flags}


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How a request is run. It is passed whole from where it is given to where an option is acted on."""

    out: str | None = field(default=None, metadata=_about(
        "put the job in the notebook variable of this name, and show it", "cell",
        RunFlag("--out", "-o", value="NAME"),
    ))  # fmt: skip
    wait: Literal["always", "never"] | None = field(default=None, metadata=_about(
        "whether the cell waits for the video", "cell",
        RunFlag("--wait", "-w", "always", help="hold the cell until the video is there"),
        RunFlag("--background", "-b", "never", help="return at once; the cell's card lives on"),
    ))  # fmt: skip
    again: bool = field(default=False, metadata=_about(
        "a new, paid take, although this request has been made before",
        "cell, command line, generate, sweep, upscale",
        RunFlag("--again", "-a", sets=True),
    ))  # fmt: skip
    take: int | None = field(default=None, metadata=_about(
        "this take of the request, bought once however often it is asked for",
        "cell, command line, generate, sweep, finish",
        RunFlag("--take", value="N"),
    ))  # fmt: skip
    dry_run: bool = field(default=False, metadata=_about(
        "show the prompt, the request and the price; send nothing", "cell",
        RunFlag("--dry-run", "-n", sets=True),
    ))  # fmt: skip
    improve: bool = field(default=False, metadata=_about(
        "with --dry-run: show the prompt as a language model would write it, and the cell to run", "cell",
        RunFlag("--improve", sets=True),
    ))  # fmt: skip
    wish: str | None = field(default=None, metadata=_about(
        'what --improve should change, for instance "more wind"', "cell",
        RunFlag("--wish", value="TEXT"),
    ))  # fmt: skip
    draft: bool = field(default=False, metadata=_about(
        "the cheapest version the model allows; `%video finish ID` makes the full one",
        "cell, command line, generate, sweep",
        RunFlag("--draft", sets=True),
    ))  # fmt: skip
    max_cost: str | None = field(default=None, metadata=_about(
        "refuse if the estimate is above this (5, 2CNY, 0.3USD) or unknown",
        "cell, command line, generate, sweep, form, upscale, finish",
        RunFlag("--max-cost", value="AMOUNT"),
    ))  # fmt: skip
    yes: bool = field(default=False, metadata=_about(
        "confirm a large sweep", "cell, sweep",
        RunFlag("--yes", sets=True),
    ))  # fmt: skip
    shot: str = field(default="", metadata=_about(
        "the shot that every new video becomes a take of", "cell, command line, generate, sweep, finish",
        RunFlag("--shot", value="NAME"),
    ))  # fmt: skip
    from_: Video | Job | LastFrame | os.PathLike[str] | str | None = field(default=None, metadata=_about(
        "start from the last frame of a shot, a take, a job, a video or a file",
        "cell, command line, generate, sweep",
        RunFlag("--from", value="SHOT|ID|FILE"),
    ))  # fmt: skip
    sandbox: bool = field(default=False, metadata=_about(
        "run in the embedded sandbox, free of charge", "cell, command line, generate, sweep, form",
        RunFlag("--sandbox", sets=True),
    ))  # fmt: skip
    embed: bool | None = field(default=None, metadata=_about(
        "whether the notebook carries the video, whatever its size", "cell",
        RunFlag("--embed", sets=True, help="put the video into the notebook"),
        RunFlag("--no-embed", sets=False, help="link the video, whatever its size"),
    ))  # fmt: skip
    raw: bool = field(default=False, metadata=_about(
        "leave {{name}} in the prompt as typed", "cell",
        RunFlag("--raw", sets=True),
    ))  # fmt: skip
    quiet: bool = field(default=False, metadata=_about(
        "no video in the output (with --out)", "cell",
        RunFlag("--quiet", "-q", sets=True),
    ))  # fmt: skip
    grid: str = field(default="", metadata=_about(
        "rows and columns of a sweep, as model×seed", "cell, sweep",
        RunFlag("--grid", value="ROWS×COLUMNS"),
    ))  # fmt: skip
    table: object = field(default=None, metadata=_about(
        "a table with a row a video: a file of CSV or JSON Lines; in Python also a DataFrame", "cell, sweep",
        RunFlag("--each", value="FILE"),
    ))  # fmt: skip
    sample: int | None = field(default=None, metadata=_about(
        "make only so many of the combinations, the same ones again", "cell, sweep",
        RunFlag("--sample", value="N"),
    ))  # fmt: skip
    sample_seed: int = field(default=0, metadata=_about(
        "which ones --sample draws (0)", "cell, sweep",
        RunFlag("--sample-seed", value="N"),
    ))  # fmt: skip
    executor: Executor | None = field(default=None, metadata=_about(
        "the executor whose workers poll and download the jobs, for instance Dask's", "sweep"
    ))  # fmt: skip

    def __post_init__(self) -> None:
        """Read the numbers among the options. Raises InvalidRequest."""
        for name, least in (("take", 1), ("sample", 1), ("sample_seed", 0)):
            if (value := getattr(self, name)) is not None:
                object.__setattr__(self, name, whole_number(value, name, least))
        if self.sample_seed and self.sample is None:
            raise InvalidRequest("sample_seed says which ones sample draws: give sample too, as --sample 6")
        if self.take is not None and self.again:
            raise InvalidRequest("take and again exclude each other: again buys a new take whenever it runs")


def whole_number(value: object, name: str, least: int = 1) -> int:
    """Return *value*, a number or its digits, as a number from *least* on. Raises InvalidRequest, which names it."""
    number = PARSERS[int](value)
    if not isinstance(number, int) or number < least:
        raise InvalidRequest(f"{name} must be a whole number from {least}, not {value!r}")
    return number


DEFAULTS = RunOptions()


def options_at(entry_point: EntryPoint) -> list[RunOption]:
    """Return the options that can be given at *entry_point*, in the order of the fields."""
    options = []
    for option in fields(RunOptions):
        about = option.metadata
        if entry_point in about["at"]:
            flags = tuple(replace(flag, option=option.name, help=flag.help or about["help"]) for flag in about["flags"])
            options.append(RunOption(option.name, str(option.type), option.default, about["help"], flags, about["at"]))
    return options


def run_flags(entry_point: EntryPoint) -> dict[str, RunFlag]:
    """Return the flags that can be written at *entry_point*, by their long form."""
    return {flag.flag: flag for option in options_at(entry_point) for flag in option.flags}


def take_options(entry_point: EntryPoint, given: MutableMapping[str, Any]) -> RunOptions:
    """Move the options of *entry_point* out of *given* and return them; what is left is for the model."""
    names = [option.name for option in options_at(entry_point) if option.name in given]
    return RunOptions(**{name: given.pop(name) for name in names})
