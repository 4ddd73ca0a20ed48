"""Wildcards: `@light.txt` in an alternative of a prompt stands for the lines of that file.

Empty lines, and those that begin with #, are left out. The file is looked for beside the notebook.
"""

from __future__ import annotations

from pathlib import Path

from vidmagic.errors import InvalidRequest
from vidmagic.session.settings import notebook_folder
from vidmagic.session.sweep.tables import read_text

_MARK, _COMMENT = "@", "#"


def words_of(alternative: str) -> list[str]:
    """Return what *alternative* stands for: itself, or the lines of the file that it names. Raises InvalidRequest."""
    if not alternative.startswith(_MARK):
        return [alternative]
    name = alternative.removeprefix(_MARK).strip()
    slot = f"{{{{{alternative}}}}}"
    try:
        text = read_text(Path(name), notebook_folder())
    except InvalidRequest as problem:
        raise InvalidRequest(f"{slot}: {problem.message}", hint="`--raw` sends double braces as typed.") from problem
    lines = [line.strip() for line in text.splitlines()]
    lines = list(dict.fromkeys(line for line in lines if line and not line.startswith(_COMMENT)))
    if not lines:
        raise InvalidRequest(f"{slot}: the file has no line with words")
    if braces := next((line for line in lines if "{{" in line), ""):
        raise InvalidRequest(f"{slot}: the line {braces!r} has double braces, which are not replaced there")
    return lines
