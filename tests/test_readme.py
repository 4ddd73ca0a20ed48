"""The README and the pages in .github agree with the code: their tables, links, commands and flags."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from tests.readme import PAGES, README, ROOT, TABLES, updated
from vidmagic import cli
from vidmagic.notebook.magics.flags import parse
from vidmagic.notebook.magics.tokens import split
from vidmagic.notebook.magics.verbs import find_verb
from vidmagic.providers.catalog import Catalog

LONGEST = 250  # lines of the README: a newcomer reads it whole
LINK = re.compile(r"\]\(([^)#:]*)(?:#([^)]+))?\)")
CODE = re.compile(r"^```.*?\n(.*?)^```$|(?<!`)`([^`\n]+)`(?!`)", re.MULTILINE | re.DOTALL)

of_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def code_of(page: Path) -> list[str]:
    """Return what *page* shows as code: each line of a block, and each piece between two backticks."""
    code = CODE.findall(page.read_text(encoding="utf-8"))
    return [line.strip() for block, piece in code for line in (block or piece).splitlines()]


def headings(page: Path) -> set[str]:
    """Return the names by which links lead to the headings of *page*."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@of_page
def test_the_tables_are_up_to_date(page: Path) -> None:
    """`python -m tests.readme` would change nothing, and no other table says that it is made by it."""
    text = page.read_text(encoding="utf-8")
    assert updated(page) == text
    assert set(re.findall(r"<!-- (\w[\w-]*): made by", text)) == set(TABLES.get(page, {}))


def test_every_table_is_on_a_page() -> None:
    """A page with generated tables is there and is checked."""
    assert set(TABLES) <= set(PAGES)


@of_page
def test_relative_links_lead_somewhere(page: Path) -> None:
    """Every link to a file or a folder leads to one, and every link to a heading to a heading."""
    for target, heading in LINK.findall(page.read_text(encoding="utf-8")):
        linked = (page.parent / target).resolve() if target else page
        assert linked.exists(), target
        assert linked.is_relative_to(ROOT), target
        assert not heading or heading in headings(linked), f"{target}#{heading}"


def test_the_readme_is_short_and_leads_to_every_page() -> None:
    """It has at most 250 lines and links all other pages."""
    text = README.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST
    for page in PAGES[1:]:
        assert f"]({page.relative_to(ROOT).as_posix()}" in text


@of_page
def test_lines_of_the_notebook_exist(page: Path) -> None:
    """Each `%video` line names a command, with words and flags that it takes; each `%%video` line can be read."""
    catalog = Catalog()
    for code in code_of(page):
        magic, _, line = code.partition(" ")
        if magic == "%%video" and "[" not in line:
            parse(line, catalog, lambda: catalog.find_model("hailuo")[1])
        elif magic == "%video" and line and "VERB" not in line:
            name, *words = split(line)
            verb = find_verb(name.text or "")
            if words and line != f"{verb.name} {verb.takes}":  # as in the table of lines
                verb.read(words)


@of_page
def test_commands_exist(page: Path) -> None:
    """Each `vidmagic` command, each module after `-m`, and each file or folder that pytest is given exists."""
    commands = cli._parser().get_default("commands")
    for code in code_of(page):
        for name in re.findall(r"(?:^|/)vidmagic ([a-z]+)", code):
            assert name in commands, code
        for module in re.findall(r"python3? -m ([\w.]+)", code):
            assert importlib.util.find_spec(module) is not None, code
        for path in re.findall(r"\b((?:tests|vidmagic|notebooks)/[\w/.-]+)", code):
            assert (ROOT / path).exists(), code


def test_ci_calls_the_test_command_of_the_readme() -> None:
    """The block that `.ci/run` takes out of the README is one command that ends in pytest."""
    text = README.read_text(encoding="utf-8")
    (block,) = re.findall(r"^```bash tests\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    assert block.strip().endswith("-m pytest -n 2")
    assert "bash tests" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
