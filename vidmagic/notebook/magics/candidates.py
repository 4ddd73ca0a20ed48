"""What may stand at the cursor in a `%%video` or `%video` line: models, flags, values, verbs, job ids.

It looks at what is in memory and on disk, and asks no service and no key store.
"""

from __future__ import annotations

import os.path
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vidmagic.engine.states import STATES
from vidmagic.errors import JournalError
from vidmagic.notebook.magics.interpolation import holds_image
from vidmagic.notebook.magics.run_flags import RUN, SHORT, Flag, all_flags, flags_of
from vidmagic.notebook.magics.tokens import Word, unfinished
from vidmagic.notebook.views.camera import moves_begun
from vidmagic.session.session import Session
from vidmagic.session.shots import names
from vidmagic.spec.models import Model
from vidmagic.spec.request import REFERENCE, ROLES

JOBS = 50  # the newest ids that are offered
PICTURES = (".png", ".jpg", ".jpeg", ".webp")
_JOB_FLAGS = {"--state": Flag("state"), "--model": Flag("model"), "--since": Flag("since"),
              "--limit": Flag("limit")}  # fmt: skip
_TAKE_IDS = frozenset({"show", "resume", "wait", "cancel", "upscale"})
_TAKE_SHOTS = frozenset({"takes", "pick"})
_TAKE_MODELS = frozenset({"models", "form", "camera"})


@dataclass(frozen=True, slots=True)
class Candidates:
    """Both methods take the line up to the cursor and return the word begun there, and what it may become."""

    session: Session
    namespace: Mapping[str, Any]
    verbs: Sequence[str]

    def of_cell(self, line: str) -> tuple[str, list[str]]:
        """Complete the line of `%%video`."""
        words, typed = unfinished(line)
        return typed, _fitting(typed, self._cell(words, typed))

    def of_verb(self, line: str) -> tuple[str, list[str]]:
        """Complete the line of `%video`."""
        words, typed = unfinished(line)
        return typed, _fitting(typed, self._verb(words, typed))

    def of_body(self, line: str, prompt: str) -> tuple[str, list[str]]:
        """Complete a camera move in the last line of *prompt*, the body of a cell that begins with *line*."""
        words, last = unfinished(line)
        named = self._named([*words, Word("", last)])
        return moves_begun(named or self.session.default_model(), prompt)

    def _verb(self, words: Sequence[Word], typed: str) -> Iterator[str]:
        if not words:
            yield from self.verbs
        elif words[0].text == "jobs":
            yield from self._job_filters(words, typed)
        elif len(words) == 1 and words[0].text in _TAKE_SHOTS:
            yield from self._shots()
        elif len(words) == 1 and words[0].text in _TAKE_IDS:
            yield from self._ids()
        elif len(words) == 1 and words[0].text in _TAKE_MODELS:
            yield from self._models(typed)

    def _job_filters(self, words: Sequence[Word], typed: str) -> Iterator[str]:
        if words[-1].flag == "--state":
            yield from STATES
        elif words[-1].flag == "--model":
            yield from self._models(typed)
        elif words[-1].flag == "--since":
            yield from ("2h", "1d", "1w")
        elif words[-1].flag != "--limit":
            yield from _unused(_JOB_FLAGS, words)

    def _cell(self, words: Sequence[Word], typed: str) -> Iterator[str]:
        named = self._named(words)
        model = named or self._find({self.session.settings.model})
        flags = {**(flags_of(model) if model is not None else all_flags(self.session.catalog)), **RUN}
        written, is_joined, value = typed.partition("=")
        if (flag := _open_flag(words, flags)) is not None:
            yield from self._values(flag, model, typed)
        elif is_joined and written in flags:
            yield from (f"{written}={each}" for each in self._values(flags[written], model, value))
        else:
            yield from self._models(typed) if named is None else ()
            yield from _unused(flags, words)

    def _values(self, flag: Flag, model: Model | None, typed: str) -> Iterator[str]:
        """Yield what may stand after *flag*, in the quotes that were begun or that a space needs."""
        quote = typed[:1] if typed[:1] in {"'", '"'} else ""
        for value in self._plain_values(flag, model, typed[len(quote) :]):
            yield quote + value if quote or " " not in value else f'"{value}"'

    def _plain_values(self, flag: Flag, model: Model | None, typed: str) -> Iterator[str]:
        if flag.name == "model":
            yield from self._models(typed)
        if flag.name in {"shot", "from_"}:
            yield from self._shots()
        if flag.name == "from_":
            yield from self._ids()
        if flag.name in ROLES:
            yield from (
                name for name, held in [*self.namespace.items()] if not name.startswith("_") and holds_image(held)
            )
            yield from _paths(typed)
        for each in [model] if model is not None else self.session.catalog:
            yield from (str(choice) for param in each.params if param.name == flag.name for choice in param.choices)

    def _models(self, typed: str) -> Iterator[str]:
        return (model.id if "/" in typed else model.short for model in self.session.catalog)

    def _named(self, words: Sequence[Word]) -> Model | None:
        """Return the model that the line names, the first one of several."""
        texts = [word.text or "" for word in words if not word.flag]
        return self._find({name for text in texts for name in text.split(",")})

    def _find(self, names: Collection[str | None]) -> Model | None:
        return next((model for model in self.session.catalog if {model.id, model.short} & {*names}), None)

    def _shots(self) -> list[str]:
        try:
            return [name for name, _ in names(self.session)] if self.session.store.path.exists() else []
        except JournalError:
            return []

    def _ids(self) -> list[str]:
        store = self.session.store
        try:
            return [record.id for record in store.find(limit=JOBS)] if store.path.exists() else []
        except JournalError:
            return []


def _fitting(typed: str, found: Iterable[str]) -> list[str]:
    return [each for each in dict.fromkeys(found) if each.lower().startswith(typed.lower())]


def _open_flag(words: Sequence[Word], flags: Mapping[str, Flag]) -> Flag | None:
    """Return the flag that still waits for its value."""
    flag = flags.get(SHORT.get(words[-1].flag, words[-1].flag)) if words and words[-1].text is None else None
    return flag if flag is not None and flag.sets is None else None


def _unused(flags: Mapping[str, Flag], words: Sequence[Word]) -> Iterator[str]:
    """Yield the flags that may still be given; `--x` and `--no-x` are one."""
    used = {flags[written].name for word in words if (written := SHORT.get(word.flag, word.flag)) in flags}
    return (written for written, flag in flags.items() if flag.name not in used or flag.name == REFERENCE)


def _paths(typed: str) -> list[str]:
    """Return the folders and pictures that *typed* is the beginning of."""
    head = typed[: len(typed) - len(os.path.basename(typed))]  # noqa: PTH119  what was typed stays as it was typed
    folder = Path(head or ".").expanduser()
    if not folder.is_dir():
        return []
    names = [each.name + "/" if each.is_dir() else each.name for each in folder.iterdir()]
    return sorted(head + name for name in names if name.lower().endswith((*PICTURES, "/")) and name[0] != ".")
