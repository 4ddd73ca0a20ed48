"""Start from where another video ended: its last frame becomes the first frame of the next."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vidmagic.engine.job import Job
from vidmagic.engine.journal import ancestry
from vidmagic.engine.journal.record import Record
from vidmagic.errors import InvalidRequest, NoSuchJob
from vidmagic.media.pixels import png
from vidmagic.media.video import Video
from vidmagic.session import shots

if TYPE_CHECKING:
    from vidmagic.session.session import Session


@dataclass(frozen=True, slots=True)
class LastFrame:
    """The end of a video as an image: a PNG in `data`; `job_id` made the video ("" for a file of another maker).

    `label` is what people call the video.
    """

    data: bytes = field(repr=False)
    job_id: str
    label: str
    in_sandbox: bool = False


def last_frame(session: Session, source: Any) -> LastFrame:
    """Return the end of *source*: a shot or take by name, a job id, a Job (which is waited for), a Video or a file.

    Raises InvalidRequest for what is none of these.
    """
    if isinstance(source, LastFrame):
        return source
    if isinstance(source, str):
        source = _by_name(session, source)
    if isinstance(source, Job):
        said = str(source.take) if source.take is not None else f"job {source.id}"
        return LastFrame(png(source.result().last_frame()), source.id, said, source.record.in_sandbox)
    if isinstance(source, Video | os.PathLike):
        return _of_file(session, source if isinstance(source, Video) else Video(source))
    raise InvalidRequest(f"a {type(source).__name__} has no last frame: name a shot, a job, a video or a file")


def check(frame: LastFrame, given: dict[str, Any], *, in_sandbox: bool) -> None:
    """Refuse a first frame beside this one, and a real job that would start from a rehearsal's picture."""
    if given.get("image") is not None:
        raise InvalidRequest("--from gives the first frame, and so does --image: give one of them")
    if frame.in_sandbox and not in_sandbox:
        raise InvalidRequest(
            f"{frame.label} is a rehearsal, and this would be a real job from its picture",
            hint="Make a real take first, or rehearse this one too: `--sandbox`.",
        )


def line(session: Session, job: Job) -> list[Record]:
    """Return the jobs that led to *job*, the first one first, and *job* itself at the end."""
    return [*ancestry.ancestors(session.store, job.record), job.record]


def _by_name(session: Session, text: str) -> Job | Video:
    """Return what *text* names: a shot or take goes before a file, and a file before a job id."""
    name = text.strip()
    is_shot = bool({name, name.rpartition(" ")[0]} & {shot for shot, _ in shots.names(session)})
    if not is_shot and _is_file(name):
        return Video(Path(name).expanduser())
    try:
        return shots.named(session, name)
    except NoSuchJob as unknown:
        raise InvalidRequest(f"--from {name}: {unknown.message}; nor is it a file", hint=unknown.hint) from unknown


def _of_file(session: Session, video: Video) -> LastFrame:
    made_by = ancestry.by_file(session.store, str(video.path.absolute()))
    job_id = video.job_id or (made_by.id if made_by is not None else "")
    in_sandbox = made_by.in_sandbox if made_by is not None else video.in_sandbox
    return LastFrame(png(video.last_frame()), job_id, f"job {job_id}" if job_id else video.path.name, in_sandbox)


def _is_file(text: str) -> bool:
    try:
        return Path(text).expanduser().is_file()
    except (OSError, RuntimeError, ValueError):  # too long a name, an unknown home, a NUL
        return False
