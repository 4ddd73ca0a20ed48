"""The shots of a prompt: its parts between lines of three hyphens, each of which may begin with its time (`[3 s]`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from vidmagic.spec.params import Value

OWN, MODELS_OWN = "customize", "intelligence"  # who divides the video into shots: the prompt, or the model
MOST, LONGEST = 6, 512  # shots of a video, characters of a shot
LENGTHS = tuple(range(3, 16))  # seconds of a video

_LINE = re.compile(r"^[ \t]*---[ \t\r]*$\n?", re.MULTILINE)
_TIME = re.compile(r"\s*\[\s*(\d{1,6}(?:[.,]\d{1,6})?)\s*(s|sec|seconds?)?\s*\]\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Shot:
    """One shot: what it shows, and its time in seconds as typed ("" without one)."""

    text: str
    time: str = ""

    @property
    def seconds(self) -> int:
        """Its time, 0 if it has none or not in whole seconds."""
        return int(self.time) if self.time.isdecimal() else 0


def is_divided(prompt: str) -> bool:
    """Return whether *prompt* has a line that divides it into shots."""
    return _LINE.search(prompt) is not None


def begins_with_time(prompt: str) -> bool:
    """Return whether *prompt* begins with a time, as `[3 s]`."""
    time = _TIME.match(prompt)
    return time is not None and time[2] is not None


def read_shots(prompt: str) -> list[Shot]:
    """Divide *prompt* into its shots."""
    return [_read(part) for part in _LINE.split(prompt)]


def implied(prompt: str, given: Mapping[str, object]) -> dict[str, Value]:
    """Return the parameters that the shots of *prompt* imply: who divides it, and its duration if each has a time."""
    if not is_divided(prompt) and given.get("shot_type") != OWN:
        return {}
    times = [shot.seconds for shot in read_shots(prompt)]
    total = sum(times)
    return {"shot_type": OWN} | ({"duration": total} if all(times) and total in LENGTHS else {})


def timed(shots: Sequence[Shot], duration: int) -> list[Shot]:
    """Return the shots, each with a time; those without one share what the others leave of *duration* equally."""
    open_shots = sum(not shot.time for shot in shots)
    share = (duration - sum(shot.seconds for shot in shots)) // max(1, open_shots)
    return [replace(shot, time=str(shot.seconds or share)) for shot in shots]


def problems(prompt: str, shot_type: Value | None, duration: int) -> Iterator[str]:
    """Yield what is wrong with the shots of *prompt*, in the terms of who typed it."""
    if shot_type != OWN:
        if is_divided(prompt):
            yield "shot_type intelligence lets the model divide the prompt: remove the lines --- or that flag"
        elif begins_with_time(prompt):
            yield "the prompt begins with a time, as a shot does, and no line --- follows: give the duration instead"
        return
    shots = read_shots(prompt)
    if len(shots) > MOST:
        yield f"the prompt has {len(shots)} shots; a video takes at most {MOST}"
    for number, shot in enumerate(shots, 1):
        yield from (f"shot {number} {problem}" for problem in _problems(shot))
    if all(not shot.time or shot.seconds for shot in shots):
        yield from _sum_problems(shots, duration)


def _read(part: str) -> Shot:
    time = _TIME.match(part)
    if time is None or time[2] is None:
        return Shot(part.strip())
    return Shot(part[time.end() :].strip(), time[1])


def _problems(shot: Shot) -> Iterator[str]:
    if not shot.text:
        yield "has no words"
    if len(shot.text) > LONGEST:
        yield f"has {len(shot.text):,} characters; a shot takes at most {LONGEST}"
    if shot.time and not shot.seconds:
        yield f"takes {shot.time} s; a shot takes whole seconds, at least 1"
    if bare := _TIME.match(shot.text):
        yield f"begins with {bare[0].strip()}: write its time once, as [3 s]"


def _sum_problems(shots: Sequence[Shot], duration: int) -> Iterator[str]:
    """Yield what is wrong with the sum of the times."""
    total, open_shots = sum(shot.seconds for shot in shots), sum(not shot.time for shot in shots)
    left = duration - total
    if total > LENGTHS[-1] or (not open_shots and total < LENGTHS[0]):
        yield f"the shots take {total} s together; a video takes {LENGTHS[0]} to {LENGTHS[-1]} s"
    elif not open_shots and left:
        yield f"the shots take {total} s together, and duration is {duration} s: they must be the same"
    elif open_shots and (left < open_shots or left % open_shots):
        yield (
            f"{open_shots} of {len(shots)} shots have no time, and {max(left, 0)} s of {duration} s are left for "
            "them, which are not whole seconds for each: give each shot its time, as [3 s], or another duration"
        )
