"""A verb of `%video`, and the parser of the words after it, which is the same for all verbs.

A verb is one `Verb` entry. `%video help`, `%video?`, completion, the README and the command line read these entries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vidmagic.errors import InvalidRequest
from vidmagic.notebook.magics.flag_reader import Flag, FlagUse, ReadLine, by_written, nearest, read_words
from vidmagic.notebook.magics.tokens import Word, mask_keys
from vidmagic.session.take_address import join_numbers
from vidmagic.spec.params import listing

if TYPE_CHECKING:
    from vidmagic.notebook.context import NotebookContext

VIDEOS = ("ID", "VIDEO", "SHOT", "SHOT:N")  # arguments that are the addresses of videos
HELP = Flag("--help", sets=True, help="show what this command does", short="-h")


@dataclass(frozen=True, slots=True)
class Argument:
    """A word, or several, that a verb takes: `[MODEL]` is at most one, `VIDEO…` at least one, `[WORD…]` any number."""

    name: str
    least: int
    several: bool


@dataclass(frozen=True, slots=True)
class VerbLine:
    """What a line gives to its verb: the words of each argument, and the flags by name."""

    words: Mapping[str, tuple[str, ...]]
    flags: Mapping[str, str | bool | None]
    uses: tuple[FlagUse, ...] = ()

    def word(self, argument: str) -> str:
        """Return the word of *argument*, "" where it was left out."""
        return next(iter(self.words[argument]), "")

    def value(self, flag: str) -> str:
        """Return the value of *flag*, "" where it was left out."""
        return str(self.flags.get(flag, ""))

    def values(self, flag: str) -> list[str]:
        """Return each value of *flag*, one that may be given several times."""
        return [str(use.value) for use in self.uses if use.flag.name == flag]

    def is_set(self, flag: str) -> bool:
        """Return whether *flag*, one without a value, is on the line."""
        return flag in self.flags


@dataclass(frozen=True, slots=True)
class Verb:
    """One command of `%video`: its name, the arguments that it `takes`, a line of help, and what carries it out.

    `topic` is the page of help that says more, "" for none.
    """

    name: str
    takes: str
    help: str
    run: Callable[[NotebookContext, VerbLine], object]
    flags: tuple[Flag, ...] = ()
    topic: str = ""

    @property
    def arguments(self) -> tuple[Argument, ...]:
        """The arguments, in their order, as `takes` writes them."""
        return tuple(
            Argument(word.strip("[]…"), 0 if word[0] == "[" else 1, "…" in word) for word in self.takes.split()
        )

    def argument_at(self, position: int) -> str:
        """Return the name of the argument that the word at *position* belongs to, "" for none."""
        arguments = enumerate(self.arguments)
        return next((one.name for at, one in arguments if at == position or (one.several and at < position)), "")

    @property
    def usage(self) -> str:
        """The whole line, as `reel VIDEO… --out FILE`."""
        flags = (flag.usage if flag.required else f"[{flag.usage}]" for flag in self.flags)
        return " ".join(filter(None, [self.name, self.takes, *flags]))

    def read(self, words: Sequence[Word]) -> VerbLine | None:
        """Return what *words*, those after the verb, give to it; None when they ask for its help.

        Raises one InvalidRequest that names every problem, the verb and its usage.
        """
        line = read_words(words, by_written([*self.flags, HELP]))
        line.words = self._with_takes(line.words)
        values = {use.flag.name: use.value for use in line.uses}
        if "help" in values:
            return None
        problems = [*line.problems, *line.clashes(), *self._flag_problems(line), *self._word_problems(line.words)]
        if problems:
            raise InvalidRequest(
                mask_keys(f"%video {self.name}: {'; '.join(dict.fromkeys(problems))}"),
                hint=f"Usage: `%video {self.usage}`",
            )
        return VerbLine(dict(self._split(line.words)), values, tuple(line.uses))

    def _with_takes(self, words: list[str]) -> list[str]:
        """Return *words* with `pond 2` as pond:2 where videos are named; before another number, only its first two."""
        names = [argument.name in VIDEOS for argument in self.arguments]
        if names and all(names):
            return join_numbers(words)
        is_take = names[:1] == [True] and len(words) > 2 and words[2].isdecimal()
        return [*join_numbers(words[:2]), *words[2:]] if is_take else words

    def _flag_problems(self, line: ReadLine) -> Iterator[str]:
        known = [flag.written for flag in self.flags]
        for written in line.unknown:
            has = f"; it has {listing(known, 'and')}" if known else ""
            yield f"no flag is called {written}{nearest(written, known) or has}"
        given = {use.flag for use in line.uses}
        yield from (f"{flag.usage} is needed" for flag in self.flags if flag.required and flag not in given)

    def _word_problems(self, words: Sequence[str]) -> Iterator[str]:
        arguments = self.arguments
        needed = [argument.name for argument in arguments[len(words) :] if argument.least]
        if needed:
            yield f"{listing(needed, 'and')} {'are' if len(needed) > 1 else 'is'} missing"
        extra = words[len(arguments) :]
        if extra and not any(argument.several for argument in arguments):
            yield f"{listing(map(repr, extra), 'and')} {'are' if len(extra) > 1 else 'is'} too much"

    def _split(self, words: Sequence[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield the words of each argument; those after one that takes several stand at the end of the line."""
        arguments = self.arguments
        several = next((at for at, argument in enumerate(arguments) if argument.several), len(arguments))
        end = max(several, len(words) - (len(arguments) - several - 1))
        for at, argument in enumerate(arguments):
            begin = at if at <= several else end + at - several - 1
            yield argument.name, tuple(words[begin : end if argument.several else begin + 1])


def whole_number(text: str, name: str) -> int:
    """Return *text* as a number from 1. Raises InvalidRequest, which calls it *name*."""
    if not text.isdecimal() or int(text) < 1:
        raise InvalidRequest(f"{name} must be a whole number from 1, not {text!r}")
    return int(text)
