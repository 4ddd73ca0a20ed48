"""Write the generated tables of the README and of the pages in .github: `python -m tests.readme`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path

from tests.faults import mutants
from vidmagic.notebook.magics.registry import Verb
from vidmagic.notebook.magics.run_flags import RUN
from vidmagic.notebook.magics.topic_pages import FRONT_ENDS
from vidmagic.notebook.magics.verbs import VERBS
from vidmagic.providers.catalog import Catalog
from vidmagic.session.reports.model_tables import model_table
from vidmagic.session.reports.reference import key_table, state_table
from vidmagic.session.reports.table import Table

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PAGES = (README, *sorted((ROOT / ".github").glob("*.md")))


def models() -> str:
    """Return the table of models."""
    table = model_table(Catalog())
    rows = [row[: len(table.columns) - 1] for row in table.rows]  # the last column depends on the keys of this machine
    return _markdown(table.columns[:-1], rows) + "\n\n" + "\n".join(f"- {_cell(note)}" for note in table.notes)


def keys() -> str:
    """Return the table of services and the variables of their keys."""
    return _with_code(key_table(Catalog()), 1, 2)


def flags() -> str:
    """Return the table of the flags that every `%%video` cell takes."""
    rows = [
        (", ".join(f"`{name}`" for name in filter(None, [flag.short, flag.usage])), flag.help) for flag in RUN.values()
    ]
    return _markdown(("flag", "meaning"), rows)


def lines() -> str:
    """Return the table of `%video` lines, one for each verb."""
    rows = [(f"`%video {f'{verb.name} {verb.takes}'.strip()}`", _with_flags(verb)) for verb in VERBS.values()]
    return _markdown(("line", "what it does"), rows)


def _with_flags(verb: Verb) -> str:
    return verb.help + (": " + ", ".join(f"`{flag.usage}`" for flag in verb.flags) if verb.flags else "")


def states() -> str:
    """Return the table of a job's states."""
    return _with_code(state_table(), 0)


def front_ends() -> str:
    """Return the table of front ends."""
    return _with_code(FRONT_ENDS)


def bugs() -> str:
    """Return the table of planted bugs and the tests that notice them."""
    rows = [(mutant.name, f"`{mutant.caught_by.removeprefix('tests/')}`") for mutant in mutants.MUTANTS]
    return _markdown(("planted bug", "noticed by"), rows)


TABLES: dict[Path, dict[str, Callable[[], str]]] = {
    README: {"keys": keys, "models": models, "flags": flags, "lines": lines},
    ROOT / ".github" / "RELIABILITY.md": {"states": states, "front-ends": front_ends, "bugs": bugs},
}
"""The generated tables of each page, by the name in the comments round them."""


def updated(page: Path) -> str:
    """Return the text of *page* with its generated tables up to date. Raises ValueError for one that it lacks."""
    text = page.read_text(encoding="utf-8")
    for name, make in TABLES.get(page, {}).items():
        marked = re.compile(rf"(<!-- {name}:.*?-->\n).*?(<!-- /{name} -->)", re.DOTALL)
        if len(marked.findall(text)) != 1:
            raise ValueError(f"{page.name} must have one pair of comments round the table {name}")
        made = make()
        text = marked.sub(lambda m, made=made: f"{m[1]}{made}\n{m[2]}", text)
    return text


def _with_code(table: Table, *columns: int) -> str:
    """Return *table* with the cells of these *columns*, counted from 0, as code."""
    rows = [[f"`{cell}`" if at in columns else cell for at, cell in enumerate(row)] for row in table.rows]
    return _markdown(table.columns, rows)


def _markdown(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [list(columns), *rows]
    lines.insert(1, ["---"] * len(list(columns)))
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", r"\|").replace("\n", " ")


if __name__ == "__main__":
    for path in TABLES:
        path.write_text(updated(path), encoding="utf-8")
