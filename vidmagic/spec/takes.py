"""What a model takes besides parameters, in a few words: for lists of models, and to choose among them."""

from __future__ import annotations

from collections.abc import Iterator

from vidmagic.errors import InvalidRequest
from vidmagic.spec.models import Mode, Model
from vidmagic.spec.params import did_you_mean, listing
from vidmagic.spec.request import FIRST, LAST, REFERENCE, ROLES

TAKES = ("text", "image", "first-last", "references", "video", "audio")
_FRAMES = {FIRST, LAST}
_WORDS = {"first-last": "first + last"}


def takes_text(model: Model) -> str:
    """Return what a model makes videos from, in short: "text, image, first + last"; modes say what goes together."""
    kinds = {kind for mode in model.modes for kind in _kinds(mode, model)}
    needed = [param.name for param in model.params if param.required] if model.longest_prompt == 0 else []
    return ", ".join([*needed, *(_WORDS.get(kind, kind) for kind in TAKES if kind in kinds)])


def takes(model: Model, what: str) -> bool:
    """Return whether some mode of *model* takes *what*: one of TAKES, or a role. Raises InvalidRequest."""
    role = what.replace("-", "_")
    if what not in TAKES and role not in ROLES:
        suggestion = did_you_mean(what, (*TAKES, *ROLES))
        raise InvalidRequest(f"no model takes {what!r}{suggestion}; there are {listing(TAKES, 'and')}")
    return any(what in _kinds(mode, model) or role in mode.inputs for mode in model.modes)


def _kinds(mode: Mode, model: Model) -> Iterator[str]:
    """Yield which of TAKES a mode takes."""
    if mode.fits({}) and model.longest_prompt != 0:
        yield "text"
    if mode.inputs.keys() >= _FRAMES:
        yield "first-last"
    if FIRST in mode.inputs:
        yield "image"
    if REFERENCE in mode.inputs:
        yield "references"
    yield from (ROLES[role] for role in mode.inputs if ROLES[role] != "image")
