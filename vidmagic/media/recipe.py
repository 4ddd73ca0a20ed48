"""The recipe of a video: the request that made it, as it travels in the file.

It holds no key, no link, no path and nothing of an input but its name and checksum. What is read comes from a file
that anybody may have written: every part is checked, and what is not of its kind makes the whole unreadable.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from vidmagic.http.json_text import NOT_JSON, read_json
from vidmagic.spec.params import Value
from vidmagic.spec.request import ROLES

VERSION = 1
LONGEST = 2**18  # bytes of JSON; no model takes a prompt of a tenth of that
_MOST_TEXT = 2**17  # characters of a prompt
_MOST_VALUE = 10_000  # characters of a parameter
_MOST = 200  # parameters or inputs
_LARGEST = 2**63

_MODEL = re.compile(r"[\w.:@+-]+(?:/[\w.:@+-]+){0,3}")
_PARAM = re.compile(r"[A-Za-z_]\w{0,59}")
_SHOT = re.compile(r"(?:[^\W\d][\w-]{0,59})?")
_ID = re.compile(r"[0-9a-z]{0,16}")
_SHA256 = re.compile(r"(?:[0-9a-f]{64})?")
_LINK_OR_PATH = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|data:|[/~\\]|[A-Za-z]:[/\\]")
_FOLDERS = re.compile(r".*[/\\]", re.DOTALL)


class Unreadable(ValueError):
    """The recipe is damaged, or something else."""


@dataclass(frozen=True, slots=True)
class RecipeInput:
    """An input by the role it has in the request, the name of its file or job, and the SHA-256 of its bytes."""

    role: str
    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a video was made from.

    `model` is the full id, `mode` the mode that its inputs chose, `params` the parameters but links and paths, whose
    names are in `left_out`. `seed` is None where it is not known. `job` is the journal's id of the job, `parent` that
    of the job whose last frame it starts from; `shot` and `take` are "" and 0 for a job without a shot.
    """

    model: str
    prompt: str
    params: Mapping[str, Value] = field(default_factory=dict)
    mode: str = ""
    seed: int | None = None
    inputs: tuple[RecipeInput, ...] = ()
    shot: str = ""
    take: int = 0
    job: str = ""
    parent: str = ""
    in_sandbox: bool = False
    left_out: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What the video is called: its shot and take, else the beginning of its prompt, else its model."""
        if self.shot:
            return f"{self.shot} {self.take}" if self.take else self.shot
        words = " ".join(self.prompt.split())
        return (words if len(words) <= 80 else words[:79].rstrip() + "…") or self.model


def without_secrets(params: Mapping[str, Any]) -> tuple[dict[str, Value], tuple[str, ...]]:
    """Return *params* without links and paths, and the names of those that were left out."""
    given = {name: value for name, value in params.items() if value is not None}
    shared = {name: value for name, value in given.items() if _may_be_shared(value)}
    return shared, tuple(name for name in given if name not in shared)


def file_name_of(name: str) -> str:
    """Return the last part of an input's name, which may be a path or a link: no folder, no query."""
    first = name.partition(" (a link to ")[0].partition("?")[0].partition("#")[0].rstrip("/\\")
    return _FOLDERS.sub("", first)[-200:]


def to_json(recipe: Recipe, redact: Callable[[str], str] = str) -> bytes:
    """Return *recipe* as JSON; *redact* takes a key out of a text. Raises Unreadable for one that is not read back."""
    document = {
        "vidmagic": VERSION, "model": recipe.model, "prompt": redact(recipe.prompt), "mode": recipe.mode,
        "params": {name: redact(value) if isinstance(value, str) else value for name, value in recipe.params.items()},
        "seed": recipe.seed, "shot": recipe.shot, "take": recipe.take, "job": recipe.job, "parent": recipe.parent,
        "inputs": [{"role": x.role, "name": redact(x.name), "sha256": x.sha256} for x in recipe.inputs],
        "sandbox": recipe.in_sandbox, "left_out": list(recipe.left_out),
    }  # fmt: skip
    brief = {name: value for name, value in document.items() if value or name in {"prompt", "seed"}}
    text = json.dumps(brief, ensure_ascii=False, default=str)
    data = text.encode("utf-8", "backslashreplace")
    from_json(data)
    return data


def from_json(data: bytes) -> Recipe:
    """Return the recipe in *data*, trusting nothing of it. Raises Unreadable."""
    if len(data) > LONGEST:
        raise Unreadable(f"the recipe has {len(data):,} bytes; at most {LONGEST:,} are read")
    try:
        document = read_json(data.decode("utf-8"))
    except NOT_JSON as damage:
        raise Unreadable("the recipe is damaged: it is not JSON") from damage
    if not isinstance(document, dict) or not _is_whole(document.get("vidmagic"), 1):
        raise Unreadable("the recipe is damaged: it does not state its version")
    return Recipe(
        model=_text(document, "model", _MODEL),
        prompt=_text(document, "prompt"),
        params=_params(document),
        mode=_text(document, "mode", default=""),
        seed=_seed(document),
        inputs=tuple(map(_input, _list(document, "inputs"))),
        shot=_text(document, "shot", _SHOT, default=""),
        take=_whole(document, "take"),
        job=_text(document, "job", _ID, default=""),
        parent=_text(document, "parent", _ID, default=""),
        in_sandbox=document.get("sandbox") is True,
        left_out=tuple(_checked(name, "left_out", _PARAM) for name in _list(document, "left_out")),
    )


def _may_be_shared(value: object) -> bool:
    if isinstance(value, str):
        return len(value) <= _MOST_VALUE and not _LINK_OR_PATH.match(value) and "://" not in value
    return isinstance(value, bool) or (isinstance(value, int | float) and math.isfinite(value))


def _is_whole(value: object, least: int = 0) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value < _LARGEST


def _checked(value: object, name: str, form: re.Pattern[str] | None = None, most: int = _MOST_TEXT) -> str:
    if not isinstance(value, str) or len(value) > most or (form is not None and form.fullmatch(value) is None):
        raise Unreadable(f"the recipe is damaged: its {name} cannot be read")
    return value


def _text(
    document: Mapping[str, object], name: str, form: re.Pattern[str] | None = None, default: str | None = None
) -> str:
    return _checked(document.get(name, default), name, form)


def _whole(document: Mapping[str, object], name: str) -> int:
    value = document.get(name, 0)
    if not _is_whole(value):
        raise Unreadable(f"the recipe is damaged: its {name} is not a number")
    assert isinstance(value, int)
    return value


def _seed(document: Mapping[str, object]) -> int | None:
    value = document.get("seed")
    if isinstance(value, bool) or (value is not None and not isinstance(value, int)) or abs(value or 0) >= _LARGEST:
        raise Unreadable("the recipe is damaged: its seed is not a number")
    return value


def _list(document: Mapping[str, object], name: str) -> list[object]:
    value = document.get(name, [])
    if not isinstance(value, list) or len(value) > _MOST:
        raise Unreadable(f"the recipe is damaged: its {name} cannot be read")
    return value


def _params(document: Mapping[str, object]) -> dict[str, Value]:
    """Return the parameters; a link or a path is none of ours, and could send the video somewhere else."""
    params = document.get("params", {})
    if not isinstance(params, dict) or len(params) > _MOST:
        raise Unreadable("the recipe is damaged: its params cannot be read")
    for name, value in params.items():
        _checked(name, "params", _PARAM)
        if not _may_be_shared(value) or (isinstance(value, int) and abs(value) >= _LARGEST):
            raise Unreadable(f"the recipe is damaged: its {name} cannot be read")
    return params


def _input(given: object) -> RecipeInput:
    if not isinstance(given, dict):
        raise Unreadable("the recipe is damaged: its inputs cannot be read")
    role, name = _checked(given.get("role"), "inputs"), _checked(given.get("name"), "inputs", most=200)
    if role not in ROLES or file_name_of(name) != name:
        raise Unreadable("the recipe is damaged: its inputs cannot be read")
    return RecipeInput(role, name, _checked(given.get("sha256"), "inputs", _SHA256))
