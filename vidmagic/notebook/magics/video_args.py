"""The lines of `%video compare` and `%video reel`: which videos are meant, and the one flag of each."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from vidmagic.engine.job import Job
from vidmagic.errors import InvalidRequest
from vidmagic.media.video import Video
from vidmagic.notebook.card.frontend import front_end
from vidmagic.notebook.magics.tokens import split
from vidmagic.notebook.views.compare import Comparison, compare
from vidmagic.notebook.views.reel import make_reel
from vidmagic.session import shots
from vidmagic.session.resolve import gather
from vidmagic.session.session import Session
from vidmagic.session.settings import notebook_folder

_LIST_THEM = "`%video jobs` and `%video takes` list them; a file or a variable does too."


def compare_line(session: Session, words: Sequence[str], variables: Mapping[str, Any]) -> Comparison:
    """Lay the videos of `ID ID … --columns N` side by side; a shot alone stands for all its takes."""
    names, columns = _parted(words, "--columns")
    if columns is not None and not columns.isdecimal():
        raise InvalidRequest(f"--columns is {columns!r}, it takes a number")
    if len(names) == 1 and names[0] in dict(shots.names(session)):
        things: Iterable[Any] = [shots.find(session, names[0])]
    else:
        things = _meant(names, variables)
    return compare(_gathered(session, things), columns=None if columns is None else int(columns))


def reel_line(session: Session, words: Sequence[str], variables: Mapping[str, Any]) -> Video:
    """Join the videos of `A,B,C --out reel.mp4`. A relative name is beside the notebook."""
    names, out = _parted(words, "--out")
    if not out:
        raise InvalidRequest("reel needs the name of its file, as `--out reel.mp4`")
    found = _gathered(session, _meant(names, variables))
    return make_reel(found, notebook_folder() / Path(out).expanduser(), front_end(), session.display())


def _gathered(session: Session, things: Iterable[Any]) -> Iterable[Video | Job]:
    return gather(things, lambda name: shots.named(session, name), session.display())


def _meant(names: Sequence[str], variables: Mapping[str, Any]) -> list[Any]:
    """Return what each name stands for: a file goes before a variable, a variable before a shot or a job id."""
    if not names:
        raise InvalidRequest("which videos?", hint=_LIST_THEM)
    return [_variable(variables, name) or name for name in names]


def _variable(variables: Mapping[str, Any], name: str) -> Any:
    held = variables.get(name)
    several = isinstance(held, Sequence) and not isinstance(held, str | bytes)
    films = held if several else [held]
    is_video = bool(films) and all(isinstance(each, Video | Job) for each in films or ())
    return held if is_video and not Path(name).expanduser().is_file() else None


def _parted(words: Sequence[str], flag: str) -> tuple[list[str], str | None]:
    """Return the names and the value of the flag. Names stand apart by spaces or commas; quotes hold one together."""
    names: list[str] = []
    value: str | None = None
    left = deque(split(" ".join(words)))
    while left:
        word = left.popleft()
        if not word.flag:
            text = word.text or ""
            is_file = Path(text).expanduser().is_file()  # its name may hold a comma
            names += [text] if is_file else [name.strip() for name in text.split(",") if name.strip()]
            continue
        if word.flag != flag or value is not None:
            raise InvalidRequest(f"{word.flag} is unknown here, or there twice; the one flag is {flag}")
        value = word.text if word.text is not None else left.popleft().text if left and not left[0].flag else None
        if value is None:
            raise InvalidRequest(f"{flag} needs a value")
    return names, value
