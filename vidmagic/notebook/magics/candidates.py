"""The completions at the cursor of a `%%video` or `%video` line: models, flags, values, verbs, job ids.

They come from memory and from disk; no service and no key store is asked.
"""

from __future__ import annotations

import os.path
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from vidmagic.errors import JournalError
from vidmagic.media.container import SUFFIXES as VIDEO_SUFFIXES
from vidmagic.notebook.magics.flag_reader import Flag, by_written, read_words
from vidmagic.notebook.magics.interpolation import holds_image, holds_recording
from vidmagic.notebook.magics.registry import VIDEOS, Verb
from vidmagic.notebook.magics.run_flags import RUN, all_flags, flags_of
from vidmagic.notebook.magics.tokens import Word, unfinished
from vidmagic.notebook.magics.topics import TOPICS
from vidmagic.notebook.magics.verbs import VERBS
from vidmagic.notebook.views.camera import complete_move
from vidmagic.session.session import Session
from vidmagic.session.sweep.tables import FILES
from vidmagic.spec.models import Model
from vidmagic.spec.request import ROLES, Kind

JOBS = 50  # the newest ids that are offered
TAKES = 20  # the newest takes of each shot
SUFFIXES: Mapping[Kind, tuple[str, ...]] = {
    "image": (".png", ".jpg", ".jpeg", ".webp"),
    "video": VIDEO_SUFFIXES,
    "audio": (".wav", ".mp3", ".m4a", ".aac"),
}


@dataclass(frozen=True, slots=True)
class Candidates:
    """Each method takes the line up to the cursor; it returns the unfinished word and its completions."""

    session: Session
    namespace: Mapping[str, object]

    def of_cell(self, line: str) -> tuple[str, list[str]]:
        """Complete the line of `%%video`."""
        words, typed = unfinished(line)
        return typed, _fitting(typed, self._cell(words, typed))

    def of_line(self, line: str) -> tuple[str, list[str]]:
        """Complete the line of `%video`."""
        words, typed = unfinished(line)
        return typed, _fitting(typed, self._line(words, typed))

    def of_body(self, line: str, prompt: str) -> tuple[str, list[str]]:
        """Complete a camera move in the last line of *prompt*, the body of a cell that begins with *line*."""
        words, last = unfinished(line)
        named = self._named([*words, Word("", last)])
        return complete_move(named or self.session.access.default_model(), prompt)

    def _line(self, words: Sequence[Word], typed: str) -> Iterator[str]:
        if not words:
            yield from VERBS
        elif (verb := VERBS.get(words[0].text or "")) is not None:
            flags = by_written(verb.flags)
            before = read_words(words[1:], flags).words
            yield from self._after(words, typed, flags, None, self._arguments(verb, before, typed))

    def _arguments(self, verb: Verb, before: Sequence[str], typed: str) -> Iterator[str]:
        """Yield what may stand as the argument of *verb* that comes after the words *before*."""
        name = verb.argument_at(len(before))
        if name == "MODEL":
            yield from self._models(typed)
        elif name == "TOPIC":
            yield from (*VERBS, *TOPICS)
        elif name == "FILE":
            yield from _paths(typed, SUFFIXES["video"])
        elif name == "NOTEBOOK":
            yield from _paths(typed, (".ipynb",))
        elif name in VIDEOS or name == "PROMPT":  # that of a shot
            yield from self._videos(with_ids=name in {"ID", "VIDEO"})

    def _cell(self, words: Sequence[Word], typed: str) -> Iterator[str]:
        named = self._named(words)
        model = named or self._find({self.session.settings.model})
        own = flags_of(model) if model is not None else all_flags(self.session.catalog)
        flags = by_written({**own, **RUN}.values())
        yield from self._after(words, typed, flags, model, self._models(typed) if named is None else ())

    def _after(
        self, words: Sequence[Word], typed: str, flags: Mapping[str, Flag], model: Model | None, others: Iterable[str]
    ) -> Iterator[str]:
        """Yield the values of a flag that has none yet, else *others* and the flags that are not on the line yet."""
        written, is_joined, value = typed.partition("=")
        if (flag := _open_flag(words, flags)) is not None:
            yield from self._values(flag, model, typed)
        elif is_joined and written in flags:
            yield from (f"{written}={choice}" for choice in self._values(flags[written], model, value))
        else:
            yield from others
            yield from _unused(flags, words)

    def _values(self, flag: Flag, model: Model | None, typed: str) -> Iterator[str]:
        """Yield what may stand after *flag*, in quotes if they are open or a space needs them."""
        quote = typed[:1] if typed[:1] in {"'", '"'} else ""
        for value in self._plain_values(flag, model, typed[len(quote) :]):
            yield quote + value if quote or " " not in value else f'"{value}"'

    def _plain_values(self, flag: Flag, model: Model | None, typed: str) -> Iterator[str]:
        yield from flag.choices
        if flag.name == "model":
            yield from self._models(typed)
        if flag.name == "shot":
            yield from self._shots()
        if flag.name == "from_":
            yield from self._videos()
        if flag.name == "table":
            yield from _paths(typed, FILES)
        if flag.name in ROLES:
            yield from self._inputs(ROLES[flag.name], typed)
        for taker in [model] if model is not None else self.session.catalog:
            taken = (param for param in taker.params if param.name == flag.name)
            yield from (param.text(choice) for param in taken for choice in param.choices)

    def _inputs(self, kind: Kind, typed: str) -> Iterator[str]:
        """Yield what may be an input of a *kind*: variables, for a video shots and jobs too, and files."""
        holds = holds_image if kind == "image" else holds_recording
        yield from (name for name, value in [*self.namespace.items()] if not name.startswith("_") and holds(value))
        if kind == "video":
            yield from self._videos()
        yield from _paths(typed, SUFFIXES[kind])

    def _models(self, typed: str) -> Iterator[str]:
        return (model.id if "/" in typed else model.short for model in self.session.catalog.ordered())

    def _named(self, words: Sequence[Word]) -> Model | None:
        """Return the model that the line names, the first one of several."""
        texts = [word.text or "" for word in words if not word.flag]
        return self._find({name for text in texts for name in text.split(",")})

    def _find(self, names: Collection[str | None]) -> Model | None:
        return next((model for model in self.session.catalog if {model.id, model.short} & {*names}), None)

    def _videos(self, *, with_ids: bool = True) -> Iterator[str]:
        """Yield shots, their newest takes as pond:2, and job ids."""
        shots = self._shots()
        yield from shots
        for shot, last in shots.items():
            yield from (f"{shot}:{number}" for number in range(last, max(0, last - TAKES), -1))
        if with_ids:
            yield from self._ids()

    def _shots(self) -> dict[str, int]:
        """Return the shots of the notebook's folder, each with how many takes it has."""
        try:
            return self.session.shots.names() if self.session.store.path.exists() else {}
        except JournalError:
            return {}

    def _ids(self) -> list[str]:
        store = self.session.store
        try:
            return [record.id for record in store.find(limit=JOBS)] if store.path.exists() else []
        except JournalError:
            return []


def _fitting(typed: str, texts: Iterable[str]) -> list[str]:
    return [text for text in dict.fromkeys(texts) if text.lower().startswith(typed.lower())]


def _open_flag(words: Sequence[Word], flags: Mapping[str, Flag]) -> Flag | None:
    """Return the flag whose value is missing yet."""
    flag = flags.get(words[-1].flag) if words and words[-1].text is None else None
    return flag if flag is not None and flag.sets is None else None


def _unused(flags: Mapping[str, Flag], words: Sequence[Word]) -> Iterator[str]:
    """Yield the flags that may be given yet, in their long form; `--x` and `--no-x` are one."""
    used = {flags[word.flag].name for word in words if word.flag in flags}
    unused = (flag.written for flag in flags.values() if flag.name not in used or flag.repeats)
    return iter(dict.fromkeys(unused))


def _paths(typed: str, suffixes: tuple[str, ...]) -> list[str]:
    """Return the folders and files of these *suffixes* that *typed* is the beginning of."""
    head = typed[: len(typed) - len(os.path.basename(typed))]  # noqa: PTH119  what was typed stays as it was typed
    folder = Path(head or ".").expanduser()
    if not folder.is_dir():
        return []
    names = [path.name + "/" if path.is_dir() else path.name for path in folder.iterdir()]
    return sorted(head + name for name in names if name.lower().endswith((*suffixes, "/")) and name[0] != ".")
