"""Small edits of the package, drawn by seed: what no test notices is either equivalent or a gap in the tests."""

from __future__ import annotations

import ast
import itertools
import os
import random
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.faults.mutants import TOP

FLIPPED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
FILES = {"cli.py": "tests/test_cli.py", "escaping.py": "tests/test_escaping.py", "api.py": "tests/notebook"}
EVERYWHERE = "tests/session"  # for a module that has no folder of tests
ROOMS_OF_MONEY = {"engine", "http", "providers", "session", "spec"}
SLOW = {"browser", "bench", "kernels", "faults"}
OF_EDITS = {"test_random_edits", "test_planted_bugs"}
HANGS_AFTER = 900  # seconds
UNSTABLE = 5  # tests that may fail without an edit


@dataclass(frozen=True, slots=True)
class RandomEdit:
    """In `file` of the package the text from byte `begin` to byte `end` becomes `new`. `line` is where it begins."""

    file: str
    line: int
    begin: int
    end: int
    old: str
    new: str

    def __str__(self) -> str:
        old, new = (" ".join(text.split())[:60] for text in (self.old, self.new))
        return f"{self.file}:{self.line}: {old} → {new}"

    def apply(self, copy: Path) -> None:
        """Carry out the edit in a copy."""
        path = copy / "vidmagic" / self.file
        path.write_bytes(_edited(path.read_bytes(), self.begin, self.end, self.new))

    def tests(self) -> list[list[str]]:
        """Return the tests to run, stage after stage: those that name the module, those of its room, then faults."""
        stages = [_naming(self.file), [_beside(self.file)]]
        if Path(self.file).parts[0] in ROOMS_OF_MONEY:
            paths = sorted((TOP / "tests/faults").glob("test_*.py"))
            stages.append([f"tests/faults/{path.name}" for path in paths if path.stem not in OF_EDITS])
        return [stage for stage in stages if stage]


def draw(seed: int, count: int) -> list[RandomEdit]:
    """Return *count* edits of the package, or as many as there are."""
    if not count:
        return []
    edits = [edit for path in sorted((TOP / "vidmagic").rglob("*.py")) for edit in edits_of(path)]
    random.Random(seed).shuffle(edits)
    return list(itertools.islice(filter(_compiles, edits), count))


def edits_of(path: Path) -> Iterator[RandomEdit]:
    """Yield every edit of a file; some may not compile."""
    source, name = path.read_bytes(), str(path.relative_to(TOP / "vidmagic"))
    begins = [0]
    for line in source.splitlines(keepends=True):
        begins.append(begins[-1] + len(line))
    tree = ast.parse(source)
    inside = {id(part) for text in ast.walk(tree) if isinstance(text, ast.JoinedStr) for part in ast.walk(text)}
    for node in ast.walk(tree):
        if id(node) in inside:  # Python 3.11 does not know where the parts of an f-string stand
            continue
        for new in changes(node):
            assert isinstance(node, ast.expr | ast.stmt)
            assert node.end_lineno is not None
            assert node.end_col_offset is not None
            begin = begins[node.lineno - 1] + node.col_offset
            end = begins[node.end_lineno - 1] + node.end_col_offset
            yield RandomEdit(name, node.lineno, begin, end, source[begin:end].decode(), new)


def changes(node: ast.AST) -> Iterator[str]:
    """Yield what may stand in the place of a node: the opposite, another number, nothing."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in FLIPPED:
        yield f"({ast.unparse(ast.Compare(node.left, [FLIPPED[type(node.ops[0])]()], node.comparators))})"
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield f"({ast.unparse(node.operand)})"
    elif isinstance(node, ast.BoolOp):
        other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield f"({ast.unparse(ast.BoolOp(other, node.values))})"
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield str(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        yield repr(node.value + 1)
    elif (
        (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call | ast.Await | ast.Yield | ast.YieldFrom))
        or isinstance(node, ast.Raise | ast.AugAssign)
        or (isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Attribute | ast.Subscript))
    ):
        yield "pass"


def noticed_by(edit: RandomEdit, copy: Path, clean: Path) -> str:
    """Return the test that fails in *copy*, which has the edit, and passes in *clean*; "" where none does."""
    unstable: list[str] = []
    for stage in edit.tests():
        while len(unstable) < UNSTABLE:
            failed = _first_failure(copy, stage, unstable)
            if not failed:
                break
            if "::" not in failed or not _first_failure(clean, [failed], []):
                return failed
            unstable.append(failed)
    return ""


def _first_failure(copy: Path, tests: Sequence[str], without: Sequence[str]) -> str:
    """Run *tests* of *copy* up to the first that fails; return its name, what ended pytest itself, or ""."""
    command = [sys.executable, "-m", "pytest", "-n", "0", "-x", "-rfE", "--tb=no", "-p", "no:cacheprovider", "--seed=1"]
    command += [*tests, *(f"--deselect={name}" for name in without)]
    env = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "1000"}
    try:
        ran = subprocess.run(
            command, cwd=copy, env=env, capture_output=True, text=True, timeout=HANGS_AFTER, check=False
        )
    except subprocess.TimeoutExpired:
        return "the tests do not end"
    failed = re.search(r"^(?:FAILED|ERROR) (\S+::.+?)(?: - .*)?$", ran.stdout, re.MULTILINE)
    if failed is not None:
        return failed[1]
    return "" if ran.returncode in {0, 5} else f"pytest itself: {(ran.stdout + ran.stderr)[-300:]}"


def _naming(file: str) -> list[str]:
    """Return the test files that are called after a module or import it, apart from those that need a browser."""
    stem, module = Path(file).stem, "vidmagic." + file.removesuffix(".py").replace("/", ".")
    package, _, name = module.rpartition(".")
    imports = re.compile(rf"^(?:from {module} |import {module}|from {package} import .*\b{name}\b)", re.MULTILINE)
    paths = [path for path in sorted((TOP / "tests").rglob("test_*.py")) if SLOW.isdisjoint(path.parts)]
    return [
        str(path.relative_to(TOP))
        for path in paths
        if path.stem == f"test_{stem}" or imports.search(path.read_text(encoding="utf-8"))
    ]


def _beside(file: str) -> str:
    """Return the tests of a module: the folder that mirrors its own, or the nearest one above that."""
    folder = Path("tests") / Path(file).parent
    while not (TOP / folder / "__init__.py").exists():
        folder = folder.parent
    return FILES.get(file, EVERYWHERE) if folder == Path("tests") else str(folder)


def _edited(source: bytes, begin: int, end: int, new: str) -> bytes:
    return source[:begin] + new.encode() + source[end:]


def _compiles(edit: RandomEdit) -> bool:
    source = (TOP / "vidmagic" / edit.file).read_bytes()
    try:
        compile(_edited(source, edit.begin, edit.end, edit.new), "edited", "exec")
    except SyntaxError:
        return False
    return True
