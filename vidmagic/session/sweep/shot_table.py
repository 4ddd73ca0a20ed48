"""The variants of a table of shots: each row gives a prompt, a model, parameters and inputs of its own."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from vidmagic.errors import InvalidRequest
from vidmagic.providers.catalog import Catalog
from vidmagic.session.shots import check_name
from vidmagic.session.sweep.expand import Variant, variants
from vidmagic.session.sweep.tables import Row, cell_text
from vidmagic.spec.models import Model
from vidmagic.spec.params import Param, did_you_mean, listing

PROMPT, MODEL, SHOT = "prompt", "model", "shot"
_OWN = (PROMPT, MODEL, SHOT)
_COLUMN = re.compile(r"\{\{[ \t]*([^\W\d]\w*)[ \t]*\}\}")


@dataclasses.dataclass(frozen=True, slots=True)
class ShotTable:
    """The rows of a table beside what was typed: a prompt, models and values that hold for all rows."""

    rows: Sequence[Row]
    prompt: str | Sequence[str]
    model: str | Sequence[str] | None
    given: Mapping[str, object]

    @property
    def columns(self) -> list[str]:
        """The columns in which some row has a value."""
        return list(dict.fromkeys(column for row in self.rows for column in row.values))

    def variants(self, catalog: Catalog, default: Callable[[], Model], most: int) -> Iterator[Variant]:
        """Yield the variants of each row. Raises InvalidRequest with all that is wrong with columns and cells."""
        problems = [*self._column_problems(catalog, default), *self._row_problems()]
        if problems:
            raise InvalidRequest("; ".join(problems))
        known = self._known(catalog, default)
        varying = [column for column in self.columns if column != PROMPT and self._varies(column)]
        for row in self.rows:
            models = _names(cell_text(row.values[MODEL]) if MODEL in row.values else self.model)
            params = {param.name: param for name in models for param in _params(catalog, default, name)}
            values = {name: _value(params.get(name), value) for name, value in row.values.items()}
            texts = {name: cell_text(value) for name, value in values.items()}
            named = [name for name in models if name]
            for variant in variants(
                self._prompt(texts),
                named if len(named) > 1 else next(iter(named), None),
                {**self.given, **{name: value for name, value in values.items() if name in known}},
                most=most,
            ):
                shown = {name: texts[name] for name in varying if name in texts}
                factors = {"row": str(row.number), **shown, **variant.factors}
                shot = texts.get(SHOT, "")
                yield dataclasses.replace(variant, factors=factors, row=row.number, columns=texts, shot=shot)

    def _prompt(self, texts: Mapping[str, str]) -> str | Sequence[str]:
        """Return the prompt of a row: that of its cell, or the one beside the table with the cell's in it."""
        if self._is_promptless:
            return texts[PROMPT]
        cell = {PROMPT: texts[PROMPT]} if PROMPT in texts else {}
        if isinstance(self.prompt, str):
            return fill_columns(self.prompt, cell)
        return [fill_columns(text, cell) for text in self.prompt]

    @property
    def _is_promptless(self) -> bool:
        own = [self.prompt] if isinstance(self.prompt, str) else self.prompt
        return not any(text.strip() for text in own)

    def _placeholders(self) -> set[str]:
        """Return the names in double braces of all prompts."""
        own = [self.prompt] if isinstance(self.prompt, str) else list(self.prompt)
        texts = [*own, *(cell_text(row.values[PROMPT]) for row in self.rows if PROMPT in row.values)]
        return {name for text in texts for name in _COLUMN.findall(text)}

    def _column_problems(self, catalog: Catalog, default: Callable[[], Model]) -> Iterator[str]:
        models = self._models(catalog, default)
        known = {*_OWN, *self._known(catalog, default)}
        placeholders = self._placeholders()
        for column in self.columns:
            if column not in known | placeholders and models:
                shorts = listing(sorted({model.short for model in models}), "and")
                yield (
                    f"the column {column!r} is neither a parameter of {shorts} nor {{{{{column}}}}} in the prompt"
                    f"{did_you_mean(column, known)}"
                )
            if column in self.given or (column == MODEL and self.model):
                yield f"{column} stands in the table and beside it: leave one of them out"
        if not self._is_promptless and PROMPT in self.columns and PROMPT not in placeholders:
            yield "the table has a column prompt, and a prompt is given beside it: write {{prompt}} in that, or nothing"

    def _models(self, catalog: Catalog, default: Callable[[], Model]) -> list[Model]:
        names = {name for row in self.rows for name in _names(row.values.get(MODEL, self.model))}
        return [model for name in names for model in _named(catalog, default, name)]

    def _known(self, catalog: Catalog, default: Callable[[], Model]) -> set[str]:
        """Return the parameters and inputs of the models of all rows."""
        models = self._models(catalog, default)
        return {name for model in models for name in (*(param.name for param in model.params), *model.roles())}

    def _row_problems(self) -> Iterator[str]:
        placeholders = self._placeholders() & set(self.columns)
        for row in self.rows:
            if self._is_promptless and PROMPT not in row.values:
                yield f"row {row.number} has no prompt"
            prompt = cell_text(row.values[PROMPT]) if self._is_promptless and PROMPT in row.values else str(self.prompt)
            needed = placeholders & set(_COLUMN.findall(prompt)) - row.values.keys()
            yield from (f"row {row.number}: the prompt has {{{{{name}}}}}, and {name} is empty" for name in needed)
            try:
                check_name(cell_text(row.values.get(SHOT, "shot")))
            except InvalidRequest as problem:
                yield f"row {row.number}: {problem.message}"

    def _varies(self, column: str) -> bool:
        first = self.rows[0].values.get(column)
        return any(cell_text(row.values.get(column)) != cell_text(first) for row in self.rows)


def fill_columns(text: str, columns: Mapping[str, str]) -> str:
    """Replace each `{{column}}` by the row's value, once; all else stays as typed."""
    return _COLUMN.sub(lambda slot: columns.get(slot[1], slot[0]), text)


def _names(model: object) -> Sequence[str | None]:
    if isinstance(model, str):
        return [name.strip() for name in model.split(",")]
    return list(model) if isinstance(model, list | tuple) else [None]


def _named(catalog: Catalog, default: Callable[[], Model], name: str | None) -> list[Model]:
    """Return the model of a name; none for one that does not exist, which its row is refused for."""
    try:
        return [catalog.find_model(name)[1] if name else default()]
    except InvalidRequest:
        return []


def _params(catalog: Catalog, default: Callable[[], Model], name: str | None) -> Collection[Param]:
    return [param for model in _named(catalog, default, name) for param in model.params]


def _value(param: Param | None, value: object) -> object:
    """Return a cell as its parameter takes it: 7, 7.0 and "7" are one number, and 512 a text where texts are wanted."""
    if param is None or isinstance(value, list | tuple):
        return value
    text = cell_text(value).strip()
    if param.kind is not str and re.fullmatch(r"-?\d+\.0+", text):
        text = text.partition(".")[0]
    return {"1": True, "0": False}.get(text, text) if param.kind is bool else text
