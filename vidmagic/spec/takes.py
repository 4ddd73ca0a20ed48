"""What a model takes besides parameters, in a few words: for lists of models, and to choose among them."""

from __future__ import annotations

from collections.abc import Iterator

from vidmagic.errors import InvalidRequest
from vidmagic.spec.models import Mode, Model
from vidmagic.spec.params import did_you_mean, listing
from vidmagic.spec.request import FIRST, LAST, REFERENCE, ROLES

TAKES = ("text", "image", "first-last", "references", "video", "audio")
_FRAMES = {FIRST, LAST}


def takes_text(model: Model) -> str:
    """Return what a model makes videos from, mode by mode: "text, image or first + last"."""
    if model.longest_prompt == 0:
        return listing([param.name for param in model.params if param.required], "and")
    return listing(dict.fromkeys(_mode_text(mode) for mode in model.modes))


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


def _mode_text(mode: Mode) -> str:
    frames = mode.inputs.keys() >= _FRAMES and any(mode.inputs[role][0] for role in _FRAMES)
    needed = ["first + last"] if frames else []
    others = {role: bounds for role, bounds in mode.inputs.items() if not (frames and role in _FRAMES)}
    needed += [_role_text(role, high) for role, (low, high) in others.items() if low]
    optional = [_role_text(role, high) for role, (low, high) in others.items() if not low]
    if all(ROLES[role] == "audio" for role in mode.inputs):  # which goes with a prompt alone
        needed = ["text"]
    text = " + ".join(needed) or " / ".join(optional)
    if needed:
        text += "".join(f" (+ {one})" for one in optional)
    return f"{text} ({mode.task})" if mode.task else text


def _role_text(role: str, high: int) -> str:
    several = high > 1 and ROLES.get(role) != "audio"
    return role.replace("_", " ") + "s" * several
