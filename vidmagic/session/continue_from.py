"""Continue another video: its last frame becomes the first frame of the next one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from vidmagic.engine.job import Job
from vidmagic.engine.journal import ancestry
from vidmagic.engine.journal.record import Record
from vidmagic.engine.journal.store import Store
from vidmagic.errors import InvalidRequest
from vidmagic.media.pixels import png
from vidmagic.media.video import Video


@dataclass(frozen=True, slots=True)
class LastFrame:
    """The end of a video as an image: a PNG in `data`. `label` is what people call the video.

    `job_id` is the job that made the video, "" for a file from elsewhere. `note` is a remark for the user, or "".
    """

    data: bytes = field(repr=False)
    job_id: str
    label: str
    in_sandbox: bool = False
    note: str = ""


def last_frame(store: Store, source: Video | Job, note: str = "") -> LastFrame:
    """Return the end of a video, or of a job's video, which is waited for."""
    if isinstance(source, Job):
        label = str(source.take) if source.take is not None else f"job {source.id}"
        return LastFrame(png(source.result().last_frame()), source.id, label, source.record.in_sandbox, note)
    made_by = _maker(store, source.path)
    job_id = source.job_id or (made_by.id if made_by is not None else "")
    in_sandbox = made_by.in_sandbox if made_by is not None else source.in_sandbox
    label = f"job {job_id}" if job_id else source.path.name
    return LastFrame(png(source.last_frame()), job_id, label, in_sandbox, note)


def check_last_frame(frame: LastFrame, given: Mapping[str, object], *, in_sandbox: bool) -> None:
    """Refuse a second first frame, and a real job that would start from a sandbox job's picture."""
    if given.get("image") is not None:
        raise InvalidRequest("--from gives the first frame, and so does --image: give one of them")
    if frame.in_sandbox and not in_sandbox:
        raise InvalidRequest(
            f"{frame.label} was made in the sandbox, and this would be a real job from its picture",
            hint="Make a real take first, or run this one in the sandbox too: `--sandbox`.",
        )


def job_of_file(store: Store, path: Path) -> str:
    """Return the id of the job that made a file, or ""."""
    record = _maker(store, path)
    return record.id if record is not None else ""


def _maker(store: Store, path: Path) -> Record | None:
    """Return the job that made a file, by whatever path, links included, the file is named; None for no job."""
    record = ancestry.by_file(store, str(path.absolute()))
    if record is None and path.exists():
        same_name = ancestry.by_file_name(store, path.resolve().name)
        record = next((other for other in same_name if _is_same_file(other.path, path)), None)
    return record


def _is_same_file(path: str, other: Path) -> bool:
    try:
        return Path(path).samefile(other)
    except OSError:
        return False


def ancestors(store: Store, record: Record) -> list[Record]:
    """Return the jobs that led to *record*, the first one first, and *record* itself at the end."""
    return [*ancestry.ancestors(store, record), record]
