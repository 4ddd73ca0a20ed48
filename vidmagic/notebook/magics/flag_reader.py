"""Read the words of any line, of `%%video`, `%video` and the command `run`: flags with their values, and the others."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from vidmagic.notebook.magics.tokens import Word
from vidmagic.session.take_address import join_numbers
from vidmagic.spec.params import did_you_mean, listing


@dataclass(frozen=True, slots=True)
class Flag:
    """One flag: `written` sets `name` to `sets`, or to the word after it where `sets` is None.

    `value` is what the help calls that word, `choices` are what may stand there. A `repeats` flag may be given several
    times. A `required` one must be given.
    """

    written: str
    name: str = ""
    sets: str | bool | None = None
    help: str = ""
    short: str = ""
    value: str = ""
    choices: tuple[str, ...] = ()
    repeats: bool = False
    required: bool = False
    names_video: bool = False

    def __post_init__(self) -> None:
        if not self.name:
            object.__setattr__(self, "name", self.written[2:].replace("-", "_"))

    @property
    def usage(self) -> str:
        """The flag with its value, as `--limit N`."""
        return f"{self.written} {self.value}" if self.sets is None and self.value else self.written


@dataclass(frozen=True, slots=True)
class FlagUse:
    """A flag as it was written on a line, with its value; `quoted` where that stood in quotes."""

    written: str
    flag: Flag
    value: str | bool | None
    quoted: bool = False


@dataclass(slots=True)
class ReadLine:
    """What a line holds: `words` are neither flags nor values; `unknown` are flags that do not exist."""

    words: list[str] = field(default_factory=list)
    uses: list[FlagUse] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def clashes(self) -> Iterator[str]:
        """Yield a sentence for each flag that is given twice or against another one."""
        first: dict[str, FlagUse] = {}
        for use in self.uses:
            earlier = first.setdefault(use.flag.name, use)
            if earlier is use or use.flag.repeats:
                continue
            if earlier.flag.sets == use.flag.sets:
                yield f"{use.written} is given twice"
            else:
                yield f"{earlier.written} and {use.written} exclude each other"


def by_written(flags: Iterable[Flag]) -> dict[str, Flag]:
    """Return *flags* by each way to write them, long and short."""
    return {written: flag for flag in flags for written in (flag.written, flag.short) if written}


def read_words(
    words: Sequence[Word], known: Mapping[str, Flag], *, stands_alone: Callable[[str], bool] = lambda _: False
) -> ReadLine:
    """Give each of the *known* flags its value.

    The word after an unknown flag is most likely its value and is dropped, unless it *stands_alone*.
    """
    line = ReadLine()
    left = deque(words)
    while left:
        word = left.popleft()
        flag = known.get(word.flag)
        if not word.flag:
            line.words.append(word.text or "")
        elif flag is None:
            line.unknown.append(word.flag)
            if word.text is None and left and not left[0].flag and not stands_alone(left[0].text or ""):
                left.popleft()
        elif flag.sets is not None:
            line.uses.append(FlagUse(word.flag, flag, flag.sets))
            if word.text is not None:
                line.problems.append(f"{word.flag} takes no value")
        else:
            value = _value(word, left, line.problems)
            if flag.names_video:
                value = _with_number(value, left)
            line.uses.append(FlagUse(word.flag, flag, value.text, value.quoted))
    return line


def nearest(written: str, known: Iterable[str]) -> str:
    """Suggest the flag that *written* is the beginning of, or looks like; flags cannot be shortened."""
    known = list(known)
    longer = [flag for flag in known if len(written) > 2 and flag.startswith(written)]
    return f" (did you mean {listing(longer)}?)" if longer else did_you_mean(written, known)


def _value(word: Word, left: deque[Word], problems: list[str]) -> Word:
    """Return the value that stands in the flag's own word or in the next one; without text where there is none."""
    if word.text or word.quoted:
        return Word("", word.text or "", word.quoted)
    if word.text is None and left and not left[0].flag:
        return left.popleft()
    problems.append(f"{word.flag} needs a value (one that begins with a dash: {word.flag}=-…)")
    return Word("", None)


def _with_number(value: Word, left: deque[Word]) -> Word:
    """Return *value* with the number after it, if it is the name of a shot and that the number of its take."""
    if value.quoted or not left or left[0].flag or left[0].quoted:
        return value
    joined = join_numbers([value.text or "", left[0].text or ""])
    if len(joined) > 1 or not joined[0]:
        return value
    left.popleft()
    return Word("", joined[0])
