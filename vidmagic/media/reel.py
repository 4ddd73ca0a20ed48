"""Join films into one MP4, in their order."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path

import av

from vidmagic.errors import InvalidRequest
from vidmagic.escaping import plain
from vidmagic.media.clip import Clip, examine
from vidmagic.media.probe import UnreadableVideo, opened
from vidmagic.media.recast import recast
from vidmagic.media.splice import splice

_MARK = "vidmagic reel "


def join(films: Sequence[str | os.PathLike[str]], out: str | os.PathLike[str]) -> Iterator[float]:
    """Join *films* into the new MP4 *out*; yield how far it is, from 0 to 1. Whoever stops leaves no file behind.

    Films that are coded alike are copied packet by packet. Others are coded anew: in the size of the first one, with
    black bars where the shape differs, at the rate of the fastest, and with silence where a film has no sound.

    No file is ever overwritten. If *out* is the reel of these very films already, nothing is done. Raises
    InvalidRequest if it is anything else, or if it is no name of an MP4, and UnreadableVideo.
    """
    paths, place = [Path(film) for film in films], Path(out)
    _check(paths, place)
    mark = _MARK + _fingerprint(paths)
    if place.exists():
        if _mark_of(place) != mark:
            raise _exists(place)
        yield 1.0
        return
    clips = [examine(path) for path in paths]
    part = place.with_name(f".{place.stem}-{secrets.token_hex(4)}.part")
    try:
        yield from _written(clips, part, mark)
        _publish(part, place)
    finally:
        part.unlink(missing_ok=True)
    yield 1.0


def agree(clips: Sequence[Clip]) -> bool:
    """Tell whether *clips* can be joined without coding them anew."""
    return all(clip.form == clips[0].form for clip in clips)


def _written(clips: Sequence[Clip], part: Path, mark: str) -> Iterator[float]:
    whole = sum(clip.seconds for clip in clips) or 1.0
    options = {"movflags": "+faststart"}  # the index in front: a browser shows the film before it has all of it
    # The full path: FFmpeg would take "a:b.mp4" for an address.
    with av.open(str(part.absolute()), "w", format="mp4", options=options) as target:
        target.metadata["comment"] = mark
        for seconds in (splice if agree(clips) else recast)(clips, target):
            yield min(seconds / whole, 0.999)


def _check(films: Sequence[Path], out: Path) -> None:
    if not films:
        raise InvalidRequest("a reel needs at least one video")
    if out.suffix.lower() != ".mp4":
        raise InvalidRequest(f"{plain(out)} is no name of an MP4, as reel.mp4 is")
    if not out.parent.is_dir():
        raise InvalidRequest(f"there is no folder {plain(out.parent)}")


def _publish(part: Path, place: Path) -> None:
    """Give the finished file its name; a file that came there meanwhile stays."""
    try:
        os.link(part, place)
    except FileExistsError:
        raise _exists(place) from None
    except OSError:  # a file system without hard links
        if place.exists():
            raise _exists(place) from None
        part.rename(place)


def _exists(place: Path) -> InvalidRequest:
    return InvalidRequest(
        f"{plain(place)} exists and is not the reel of these videos", hint="Take another name, or delete the file."
    )


def _fingerprint(films: Sequence[Path]) -> str:
    """Return what tells one reel from another: the bytes of its films, in their order."""
    return hashlib.sha256(b"".join(_digest(path) for path in films)).hexdigest()


def _digest(path: Path) -> bytes:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            for piece in iter(lambda: file.read(2**20), b""):
                digest.update(piece)
    except OSError as lost:
        raise UnreadableVideo(f"{plain(path)} cannot be read: {plain(lost.strerror).lower()}") from lost
    return digest.digest()


def _mark_of(place: Path) -> str:
    with contextlib.suppress(UnreadableVideo), opened(place) as (film, _):
        return str(film.metadata.get("comment", ""))
    return ""
