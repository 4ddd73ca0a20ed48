"""The help of the two magics, which `?`, `%video help` and `%%video --help` show: written from flags and verbs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from vidmagic.notebook.magics.flag_reader import Flag
from vidmagic.notebook.magics.registry import Verb
from vidmagic.notebook.magics.topics import TOPICS

_CELL = """Make a video from the cell's body: the body is the prompt.

%%video [MODEL] [flags]

    %%video hailuo --duration 6
    A red kite over the sea [Push in]

    %%video sora --aspect-ratio 16:9 --out kite --wait
    A {{colour}} kite over the sea

    %%video seedance --seed 1,2,3 --shot kite
    A {{red|blue}} kite over the sea

{{name}} takes the value of a notebook variable. Several values (--seed 1,2, --model a,b, {{a|b}}) make several
videos. The same request again shows the existing video, free of charge. The cell's value is the job; job.video waits
for its video.
"""
_CELL_END = """
A model's own flags (--duration, --image …): %video models MODEL
All models: %video models        Everything else: %video help
"""
_LINE = """Do everything but make a video: list, show, resume, compare and join.

A line never makes a video of a prompt, so that a typing error costs none: a prompt goes into a cell that begins with
%%video. `improve` alone takes one, to rewrite it.
"""
_LINE_END = f"""
A job is named by its id, or by its beginning while that stays unique; a video also by a variable, a shot or a file.

More: %video help TOPIC, which is a command or one of
{", ".join(TOPICS)}
"""


_WIDEST = 118  # characters of a line


def of_cell(flags: Iterable[Flag]) -> str:
    """Return the help of `%%video`."""
    return f"{_CELL}\n{_rows([(_ways(flag), flag.help) for flag in flags])}\n{_CELL_END}"


def of_line(verbs: Iterable[Verb]) -> str:
    """Return the help of `%video`."""
    rows = [(f"%video {verb.name} {verb.takes}", summary(verb)) for verb in verbs]
    return f"{_LINE}\n{_rows(rows)}\n{_LINE_END}"


def of_verb(verb: Verb) -> str:
    """Return the help of one verb: its usage, what it does, its flags."""
    flags = _rows([(f"    {flag.usage}", flag.help) for flag in verb.flags])
    more = f"\nMore: %video help {verb.topic}\n" if verb.topic else ""
    return f"{_wrapped(f'%video {verb.usage}', 8)}\n\n    {verb.help}\n" + (f"\n{flags}\n" if flags else "") + more


def summary(verb: Verb) -> str:
    """Return what *verb* does, with the names of its flags."""
    return verb.help + (f": {', '.join(flag.written for flag in verb.flags)}" if verb.flags else "")


def _ways(flag: Flag) -> str:
    return ", ".join(filter(None, [flag.short, flag.usage]))


def _rows(rows: Sequence[tuple[str, str]]) -> str:
    """Return *rows* as two columns, of which a long one goes on below itself."""
    width = max((len(left) for left, _ in rows), default=0)
    return "\n".join(_wrapped(f"{left:<{width}}  {right}", width + 2) for left, right in rows)


def _wrapped(line: str, indent: int) -> str:
    """Return *line*, a long one in several lines, of which those after the first begin *indent* characters in."""
    if len(line) <= _WIDEST:
        return line
    cut = line.rfind(" ", indent + 1, _WIDEST)
    if cut < 0:
        return line
    return f"{line[:cut].rstrip()}\n{_wrapped(' ' * indent + line[cut + 1 :], indent)}"
