"""The HTML of a notebook's outputs within the text of its file, so that a change leaves every other byte as it is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vidmagic.errors import InvalidRequest
from vidmagic.media.saved_player import Edit

_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{},:]')
_OF_HTML = re.compile(r"/cells/\d+/outputs/\d+/data/text~html(?=/|$)")


@dataclass(frozen=True, slots=True)
class Literal:
    """A string of the file: its text, and where it stands with its quotes; `is_ascii` says how it is written."""

    text: str
    start: int
    end: int
    is_ascii: bool


@dataclass(frozen=True, slots=True)
class OutputHtml:
    """The HTML of one output, which the file holds as one string or as several lines."""

    literals: tuple[Literal, ...]

    @property
    def text(self) -> str:
        """The HTML as one text."""
        return "".join(literal.text for literal in self.literals)

    def changed(self, edits: Sequence[Edit]) -> list[Edit]:
        """Return the edits of the file that make *edits* of the HTML."""
        changed, start = [], 0
        for literal in self.literals:
            end = start + len(literal.text)
            own = [edit for edit in edits if start <= edit.start and edit.end <= end]
            if own:
                text = apply(literal.text, [Edit(edit.start - start, edit.end - start, edit.text) for edit in own])
                changed.append(Edit(literal.start, literal.end, json.dumps(text, ensure_ascii=literal.is_ascii)))
            start = end
        return changed


def apply(text: str, edits: Sequence[Edit]) -> str:
    """Return *text* with *edits*, which do not overlap."""
    parts, at = [], 0
    for edit in sorted(edits, key=lambda edit: edit.start):
        parts += [text[at : edit.start], edit.text]
        at = edit.end
    return "".join([*parts, text[at:]])


def check_notebook(text: str, name: str) -> None:
    """Raise InvalidRequest unless *text* is a notebook of format 4."""
    try:
        notebook = json.loads(text)
    except ValueError as error:
        raise InvalidRequest(f"{name} is not a notebook: {error}") from None
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list) or "nbformat" not in notebook:
        raise InvalidRequest(
            f"{name} is not a notebook of format 4",
            hint="JupyterLab converts an older one when it opens and saves it.",
        )


def outputs_html(text: str) -> Iterator[OutputHtml]:
    """Yield the HTML of each output in *text*, the file of a notebook."""
    literals: list[Literal] = []
    last = ""
    for path, start, end in _strings(text):
        of_html = _OF_HTML.match(path)
        if of_html is None:
            continue
        if literals and of_html[0] != last:
            yield OutputHtml(tuple(literals))
            literals = []
        last = of_html[0]
        written = text[start:end]
        literals.append(Literal(json.loads(written), start, end, written.isascii()))
    if literals:
        yield OutputHtml(tuple(literals))


def _strings(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield each string value of a JSON text, with its path and its place."""
    path: list[str] = []  # the key or the number of each open object or array
    is_key: list[bool] = []  # of each: whether a string would be a key; False for an array
    kinds: list[str] = []
    for token in _TOKEN.finditer(text):
        sign = token[0][0]
        if sign in "{[":
            kinds.append(sign)
            path.append("0" if sign == "[" else "")
            is_key.append(sign == "{")
        elif sign in "}]":
            kinds.pop()
            path.pop()
            is_key.pop()
        elif sign == ",":
            is_key[-1] = kinds[-1] == "{"
            if kinds[-1] == "[":
                path[-1] = str(int(path[-1]) + 1)
        elif sign == '"' and is_key and is_key[-1]:
            path[-1] = json.loads(token[0]).replace("/", "~")
            is_key[-1] = False
        elif sign == '"':
            yield "/" + "/".join(path), token.start(), token.end()
