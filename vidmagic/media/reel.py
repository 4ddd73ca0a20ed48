"""Join videos into one MP4, in their order."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path

import av

from vidmagic.errors import InvalidRequest
from vidmagic.escaping import plain
from vidmagic.media.new_file import new_file
from vidmagic.media.probe import UnreadableVideo, opened
from vidmagic.media.reencode import reencode
from vidmagic.media.segment import Segment, read_segment
from vidmagic.media.splice import splice

_MARK = "vidmagic reel "


def join(videos: Sequence[str | os.PathLike[str]], out: str | os.PathLike[str]) -> Generator[float, None, None]:
    """Join *videos* into the new MP4 *out*; yield the share done, from 0 to 1. An iteration that stops leaves no file.

    Videos that are encoded alike are copied packet by packet. Others are encoded anew: in the size of the first one,
    with black bars where the shape differs, at the rate of the fastest, and with silence where a video has no sound.

    No file is ever overwritten. If *out* is the reel of these very videos already, nothing is done. Raises
    InvalidRequest if *out* is any other file, not an .mp4, or in a folder that does not exist, and UnreadableVideo.
    """
    paths, target = [Path(video) for video in videos], Path(out)
    _check(paths, target)
    mark = _MARK + _fingerprint(paths)
    if target.exists():
        if _mark_of(target) != mark:
            raise _exists(target)
        yield 1.0
        return
    segments = [read_segment(path) for path in paths]
    with new_file(target, exists=_exists(target)) as part:
        yield from _write(segments, part, mark)
    yield 1.0


def same_encoding(segments: Sequence[Segment]) -> bool:
    """Return whether *segments* can be joined without encoding them anew."""
    return all(segment.can_be_copied and segment.encoding == segments[0].encoding for segment in segments)


def _write(segments: Sequence[Segment], part: Path, mark: str) -> Iterator[float]:
    whole = sum(segment.seconds for segment in segments) or 1.0
    options = {"movflags": "+faststart"}  # the index in front: a browser shows the video before it has all of it
    # The full path: FFmpeg would take "a:b.mp4" for an address.
    with av.open(str(part.absolute()), "w", format="mp4", options=options) as container:
        container.metadata["comment"] = mark
        for seconds in (splice if same_encoding(segments) else reencode)(segments, container):
            yield min(seconds / whole, 0.999)


def _check(videos: Sequence[Path], out: Path) -> None:
    if not videos:
        raise InvalidRequest("a reel needs at least one video")
    if out.suffix.lower() != ".mp4":
        raise InvalidRequest(f"the name of a reel must end in .mp4, as reel.mp4 does; {plain(out)} does not")
    if not out.parent.is_dir():
        raise InvalidRequest(f"the folder {plain(out.parent)} does not exist; create it first")


def _exists(target: Path) -> InvalidRequest:
    return InvalidRequest(
        f"{plain(target)} exists and is not the reel of these videos", hint="Choose another name, or delete the file."
    )


def _fingerprint(videos: Sequence[Path]) -> str:
    """Return what distinguishes one reel from another: the bytes of its videos, in their order."""
    return hashlib.sha256(b"".join(_digest(path) for path in videos)).hexdigest()


def _digest(path: Path) -> bytes:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            for chunk in iter(lambda: file.read(2**20), b""):
                digest.update(chunk)
    except OSError as error:
        raise UnreadableVideo(f"{plain(path)} cannot be read: {plain(error.strerror).lower()}") from error
    return digest.digest()


def _mark_of(path: Path) -> str:
    with contextlib.suppress(UnreadableVideo), opened(path) as (container, _):
        return str(container.metadata.get("comment", ""))
    return ""
