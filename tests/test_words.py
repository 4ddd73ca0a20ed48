"""The words of this project: one standard term a thing, in names, docstrings, comments and messages."""

from __future__ import annotations

import ast
import io
import json
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# A name is split at its underscores and humps; none of its parts is one of these. Right: what to call it.
NAMES = {
    "film": "video", "films": "videos", "clip": "video", "clips": "videos",
    "look": "poll, display or preview", "looks": "polls", "looked": "polled",
    "rehearsal": "sandbox", "rehearse": "sandbox", "rehearsed": "sandbox", "rehearses": "sandbox",
    "told": "message, label, notify", "tell": "notify, report", "said": "message, text, label",
    "say": "report, print_line", "says": "message", "heard": "transcript", "hear": "listen, receive",
    "kept": "stored", "struck": "redacted", "gate": "pre_send_check", "keeper": "pick",
    "rest": "delay", "rests": "delays", "moment": "card_state", "place": "slot", "places": "slots",
    "usual": "widget_card", "each": "the thing's name", "found": "the thing's name", "wanted": "the thing's name",
    "descent": "ancestry", "still": "thumbnail", "stills": "thumbnails",
}  # fmt: skip
# In running text these words have one meaning that another word says better.
TEXT = {
    r"\bfilms?\b": "video", r"(?<!-)\bclips?\b(?!-path)": "video", r"\brehears\w*": "sandbox job, run in the sandbox",
    r"\btak(?:e|es|en|ing) (?:\w+ ){0,3}?up\b(?! to)": "resume", r"\btook (?:\w+ )?up\b": "resumed",
    r"\b(?:un)?heard\b|\bhears?\b": "received", r"\bkept\b": "stored",
    r"\b(?-i:Tell|Say) (?:whether|wh\w+|how|that)\b": "Return",
    r"\b(?:is|are|was|were|be|been) (?:told|said)\b": "is reported",
    r"\bput(?:s|ting)? (?:\w+ )?aside\b": "quarantine",
    r"\bstruck\b": "redacted", r"\b(?:the|a|its|this) gate\b": "pre-send check", r"\bkeepers?\b": "pick",
    r"\b(?:to|seconds of) rest\b(?! of)|\brests\b|\b(?:a|no|longest|shortest|first) rest\b": "delay, wait",
    r"\b(?:a|no|some|the|each|one|every|next|first|last|two|between|free|of) looks?\b(?! like)": "poll, preview",
    r"\bis no (?!\w*(?:longer|more|less|later|need|other|way|reason)\b)(?-i:[a-z])": "is not a valid …",
    r"\bdescent\b": "ancestry", r"\bstills\b|\b(?:a|the|its|no) still\b": "thumbnail",
}  # fmt: skip
# What must stay: names that others rely on, and how the journal has called a thing on disk since its first version.
STAYS = {
    "StillRunning": "a public name",
    "is_made": "",
}
STORED = {"engine/journal/migrations.py", "engine/journal/rows.py"}  # the tables as they are on disk
STORED_WORDS = re.compile(r"\bheard(?:_job)?\b|\brehearsal\b")
QUOTED_SQL = {"engine/journal/store.py", "engine/journal/recovery.py", "engine/journal/spill.py",
              "engine/download/sidecar.py", "spec/request.py"}  # fmt: skip
PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
THIS = Path(__file__).name


def sources() -> list[Path]:
    """Return every Python file of the package and the tests."""
    return [path for top in ("vidmagic", "tests") for path in sorted((ROOT / top).rglob("*.py")) if path.name != THIS]


def defined_names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield every name that a module gives to something, with its line."""
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield line, node.name
        elif isinstance(node, ast.arg):
            yield line, node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield line, node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield line, node.attr
        elif isinstance(node, ast.ExceptHandler) and node.name:
            yield line, node.name


def bad_parts(name: str) -> list[str]:
    """Return the parts of a name that have a better word."""
    if name in STAYS:
        return []
    return [part for part in (piece.lower() for piece in PARTS.findall(name)) if part in NAMES]


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """Yield docstrings, comments and (in the package) messages of a Python file, with their lines."""
    source = path.read_text(encoding="utf-8")
    in_package = "vidmagic" in path.relative_to(ROOT).parts[:1]
    tree = ast.parse(source)
    for node in ast.walk(tree):
        documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
        if isinstance(node, documented) and ast.get_docstring(node) is not None:
            yield node.body[0].lineno, ast.get_docstring(node) or ""
        elif in_package and isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def bad_words(text: str) -> list[str]:
    """Return what a text says that has a better word."""
    return [
        f"{match[0]!r} → {better}" for word, better in TEXT.items() for match in re.finditer(word, text, re.IGNORECASE)
    ]


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_names_are_standard_terms(path: Path) -> None:
    """No function, class, argument, variable or attribute is called by a word that has a better one."""
    names = set(defined_names(ast.parse(path.read_text(encoding="utf-8"))))
    bad = [f"line {line}: {name} ({NAMES[part]})" for line, name in sorted(names) for part in bad_parts(name)]
    assert not bad, "\n".join(bad)


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_texts_use_standard_terms(path: Path) -> None:
    """No docstring, comment or message uses a word that has a better one."""
    inside = str(path.relative_to(ROOT / path.relative_to(ROOT).parts[0]))
    bad = []
    for line, text in texts(path):
        shown = STORED_WORDS.sub("", text) if inside in STORED | QUOTED_SQL else text
        bad += [f"line {line}: {word}" for word in bad_words(shown)]
    assert not bad, "\n".join(bad)


@pytest.mark.parametrize("path", sorted((ROOT / "vidmagic").rglob("*.js")), ids=lambda path: path.name)
def test_scripts_use_standard_terms(path: Path) -> None:
    """The scripts for the page use the same words, in names and in comments."""
    text = path.read_text(encoding="utf-8")
    names = {name for name in re.findall(r"[A-Za-z_]\w+", re.sub(r"//.*|([\"'`]).*?\1", "", text)) if bad_parts(name)}
    assert not names - {"clip"}
    assert not bad_words(text)


@pytest.mark.parametrize(
    "path",
    [*ROOT.glob("*.md"), *sorted((ROOT / ".github").glob("*.md")), *sorted((ROOT / "notebooks").glob("*.ipynb"))],
    ids=lambda path: path.name,
)
def test_pages_use_standard_terms(path: Path) -> None:
    """README, CHANGELOG, the pages beside them and the notebooks use the same words."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        text = "\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"])
    assert not bad_words(text)
