"""Read a table of shots: a file of CSV or JSON Lines, a DataFrame, or a list of mappings. A row is one video.

An empty cell means "not given". Rows count from 1, below the header.
"""

from __future__ import annotations

import csv
import io
import json
import numbers
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from vidmagic.errors import InvalidRequest
from vidmagic.escaping import plain
from vidmagic.spec.params import listing
from vidmagic.spec.request import REFERENCE

LARGEST = 20 * 10**6  # bytes of a file
SEPARATORS = {".csv": ",", ".tsv": "\t"}
_JSON_LINES = (".jsonl", ".ndjson")
FILES = (*SEPARATORS, *_JSON_LINES)
_MISSING = {"NAType", "NaTType"}  # what pandas has in an empty cell; neither equals itself, nor says so


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number, and the values of the cells that are not empty, by the names of their columns."""

    number: int
    values: Mapping[str, object]


def is_table(value: object) -> bool:
    """Return whether *value* is a DataFrame of pandas or polars, or a list of mappings."""
    is_frame = hasattr(value, "columns") and (hasattr(value, "to_dict") or hasattr(value, "to_dicts"))
    return is_frame or (isinstance(value, list | tuple) and bool(value) and isinstance(value[0], Mapping))


def read_table(source: object, folder: Path) -> tuple[Row, ...]:
    """Return the rows of a table; a file is named as from *folder*. Raises InvalidRequest."""
    if isinstance(source, str | os.PathLike):
        records: Iterable[tuple[int, Mapping[str, object]]] = _file_rows(Path(source), folder)
    elif is_table(source):
        records = enumerate(_frame_rows(source), 1)
    else:
        raise InvalidRequest(f"a table of shots is a .csv or .jsonl file or a DataFrame, not {type(source).__name__}")
    rows = tuple(Row(number, dict(_given(number, record))) for number, record in records)
    rows = tuple(row for row in rows if row.values)
    if not rows:
        raise InvalidRequest("the table has no row, so there is nothing to make")
    return rows


def cell_text(value: object) -> str:
    """Return a cell as text: a whole number without the ".0" that a column with empty cells gives it in pandas."""
    if isinstance(value, float | numbers.Real) and not isinstance(value, numbers.Integral) and value == value // 1:
        return str(value // 1).removesuffix(".0")
    if isinstance(value, os.PathLike):
        return str(os.fspath(value))
    is_scalar = isinstance(value, str | numbers.Number) or type(value).__name__ in {"bool", "bool_"}  # also NumPy's
    return str(value) if is_scalar else f"<{type(value).__name__}>"


def _given(number: int, record: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for column, value in record.items():
        if not isinstance(column, str) or not column.strip():
            if _is_empty(value):
                continue
            raise InvalidRequest(f"row {number}: {plain(value)} stands in a column without a name")
        if not _is_empty(value):
            yield column.strip().removeprefix("--").replace("-", "_"), value


def _is_empty(value: object) -> bool:
    if value is None or type(value).__name__ in _MISSING:
        return True
    if isinstance(value, str):
        return not value.strip()
    if isinstance(value, list | tuple):
        return not value
    return isinstance(value, numbers.Real) and value != value  # noqa: PLR0124  NaN


def _frame_rows(frame: object) -> Iterable[Mapping[str, object]]:
    if isinstance(frame, list | tuple):
        for number, row in enumerate(frame, 1):
            if not isinstance(row, Mapping):
                raise InvalidRequest(f"row {number} is not a mapping but {type(row).__name__}")
        return frame
    columns = [str(column) for column in getattr(frame, "columns")]  # noqa: B009  any kind of frame
    _check_columns(columns)
    if hasattr(frame, "to_dicts"):
        return list(frame.to_dicts())
    return list(frame.to_dict("records"))  # type: ignore[attr-defined]


def _file_rows(path: Path, folder: Path) -> Iterator[tuple[int, Mapping[str, object]]]:
    suffix = path.suffix.lower()
    if suffix not in FILES:
        raise InvalidRequest(f"{plain(path)} is not a table of shots: its name must end in {listing(FILES)}")
    text = read_text(path, folder)
    return _json_lines(text, plain(path.name)) if suffix in _JSON_LINES else _csv(text, plain(path.name), suffix)


def read_text(path: Path, folder: Path) -> str:
    """Return the text of a UTF-8 file, without its byte order mark. Raises InvalidRequest."""
    name = plain(path)
    try:
        with (folder / path.expanduser()).open("rb") as file:
            data = file.read(LARGEST + 1)
    except FileNotFoundError:
        raise InvalidRequest(f"the file {name} does not exist; it is looked for beside the notebook") from None
    except (OSError, ValueError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else problem
        raise InvalidRequest(f"the file {name} cannot be read: {reason}") from None
    if len(data) > LARGEST:
        raise InvalidRequest(f"the file {name} has more than {LARGEST:,} bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidRequest(f"the file {name} is not UTF-8: save it as “CSV UTF-8”, or in this encoding") from None


def _csv(text: str, name: str, suffix: str) -> Iterator[tuple[int, Mapping[str, object]]]:
    header = text.partition("\n")[0]
    semicolons = suffix == ".csv" and ";" in header and "," not in header  # as spreadsheets write it in much of Europe
    delimiter = ";" if semicolons else SEPARATORS[suffix]
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        columns = [column.strip() for column in next(lines, [])]
        _check_columns(columns)
        for number, cells in enumerate(lines, 1):  # empty rows count: a spreadsheet shows them
            if any(cell.strip() for cell in cells[len(columns) :]):
                raise InvalidRequest(f"row {number} of {name} has {len(cells)} cells, and the header {len(columns)}")
            yield number, _joined(columns, cells)
    except csv.Error as problem:
        raise InvalidRequest(f"{name}, line {lines.line_num}: {problem}") from None


def _joined(columns: Sequence[str], cells: Sequence[str]) -> dict[str, object]:
    """Return the cells by column; the columns of one role that may repeat are a list."""
    joined: dict[str, object] = {}
    for column, cell in zip(columns, cells, strict=False):
        earlier = joined.get(column)
        if columns.count(column) > 1 and cell.strip():
            joined[column] = [*(earlier if isinstance(earlier, list) else []), cell.strip()]
        else:
            joined.setdefault(column, cell if column == "prompt" else cell.strip())
    return joined


def _json_lines(text: str, name: str) -> Iterator[tuple[int, Mapping[str, object]]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as problem:
            raise InvalidRequest(f"{name}, line {number} is not JSON: {problem}") from None
        if not isinstance(record, dict):
            raise InvalidRequest(f"{name}, line {number} is not an object in braces")
        yield number, record


def _check_columns(columns: Sequence[str]) -> None:
    """Raise InvalidRequest for two columns of one name, except for references, of which there may be several."""
    names = [column.strip().replace("-", "_") for column in columns]
    twice = {name for name in names if name and names.count(name) > 1 and not name.startswith(REFERENCE)}
    if twice:
        raise InvalidRequest(f"two columns are called {listing(sorted(twice), 'and')}")
