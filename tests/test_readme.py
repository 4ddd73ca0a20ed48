"""The README agrees with the code: its tables, links, commands and flags."""

from __future__ import annotations

import re
from pathlib import Path

from tests.readme import PATH, updated

ROOT = Path(__file__).parents[1]
README = PATH.read_text(encoding="utf-8")


def test_the_tables_are_up_to_date() -> None:
    """`python -m tests.readme` would change nothing."""
    assert updated(README) == README


def test_links_to_files_are_valid() -> None:
    """Every relative link leads to a file."""
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).is_file(), target


def test_ci_calls_the_test_command_of_the_readme() -> None:
    """The block that `.ci/run` takes out of the README is one command that ends in pytest."""
    (block,) = re.findall(r"^```bash tests\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)
    assert block.strip().endswith("-m pytest -n 2")
    assert "bash tests" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
