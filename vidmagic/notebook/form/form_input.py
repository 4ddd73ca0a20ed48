"""An input in the form: an image, a video or sound, read once, when it is given, with a small preview."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass, replace

from vidmagic.engine.job import Job
from vidmagic.errors import VidmagicError
from vidmagic.escaping import escape, isolate, plain
from vidmagic.media import pixels
from vidmagic.media.display import length_text, size_text
from vidmagic.media.given_file import file_stamp, is_data_uri
from vidmagic.media.image_link import Unfinished, is_link
from vidmagic.media.images import read_image
from vidmagic.media.recording import read_bytes, read_recording
from vidmagic.media.thumbnail import image_thumbnail
from vidmagic.media.video import Video
from vidmagic.session.resolve import Resolver
from vidmagic.spec.models import ImageLimits, RecordingLimits
from vidmagic.spec.request import ROLES, MediaInput, role_label

# What can be previewed; the limits of the service are checked with the request.
_IMAGES = ImageLimits(("png", "jpeg", "webp", "bmp", "gif", "tiff"), size=64 * 2**20)
_RECORDINGS = {
    "video": RecordingLimits(("mp4", "mov", "webm", "mkv"), size=128 * 2**20, local=True),
    "audio": RecordingLimits(("wav", "mp3", "m4a", "aac"), size=64 * 2**20, local=True),
}
_PLAYED = 2**20  # bytes: a larger file would weigh on the notebook, and is named only
_PLAYED_AS = {"video/mov": "video/mp4", "audio/mp3": "audio/mpeg", "audio/m4a": "audio/mp4"}


@dataclass(frozen=True, slots=True)
class FormInput:
    """One input of the form.

    `value` is a `MediaInput`, or what was given if that is a link, a job or cannot be read. `preview` is its HTML,
    `stamp` that of the file that was read. `problem` is why it cannot be sent yet, "" for nothing.
    """

    value: object
    preview: str = ""
    stamp: tuple[int, ...] = ()
    problem: str = ""


def read_given(role: str, value: object, resolver: Resolver, before: FormInput | None = None) -> FormInput:
    """Read *value*, or return *before*, which was read of it, while its file has not changed since.

    *resolver* finds the jobs that may be a video. No error is raised: the check of the request reports what is wrong
    with *value*.
    """
    now = file_stamp(value) if isinstance(value, str) else ()
    if before is not None and before.stamp == now != ():
        return before
    if isinstance(value, str) and is_link(value):
        return FormInput(Unfinished(value), _preview(f"<span>{isolate(value)} · the service fetches it</span>"))
    try:
        if ROLES[role] == "image":
            given = read_image(role, value, _IMAGES)
        elif ROLES[role] == "video" and (job := _job(value, resolver)) is not None:
            return _of_job(value, job)
        else:
            given = read_recording(role, value, _RECORDINGS[ROLES[role]])
    except VidmagicError:
        return FormInput(value, stamp=now)
    return FormInput(given, _input_preview(given), now)


def read_uploaded(role: str, name: str, data: bytes) -> FormInput:
    """Read a file that the browser sent. Raises ValueError with what is wrong with it."""
    if ROLES[role] != "image":
        given = read_bytes(role, data, plain(name), _RECORDINGS[ROLES[role]].formats)
        return FormInput(given, _input_preview(given))
    try:
        content_type, width, height = pixels.check_image(data, _IMAGES)
    except ValueError as problem:
        raise ValueError(plain(f"{name} {problem}")) from problem
    image = MediaInput(role, data=data, content_type=content_type, width=width, height=height, name=name)
    return FormInput(image, _input_preview(image))


def _job(value: object, resolver: Resolver) -> Job | None:
    """Return the job that *value* is or names, or whose video's file it names, None for none."""
    if isinstance(value, str) and not is_data_uri(value):
        named = resolver.video(value)
        job_id = resolver.job_of_file(named.path) if isinstance(named, Video) else ""
        return named if isinstance(named, Job) else resolver.get_job(job_id) if job_id else None
    if isinstance(value, Video):
        return resolver.get_job(value.job_id) if value.job_id else None
    return value if isinstance(value, Job) else None


def _of_job(value: object, job: Job) -> FormInput:
    """Return the input of a job, which is not waited for here: the page would stand still."""
    if job.record.is_live:
        return FormInput(value, problem=f"job {job.id} is not done yet; choose it when it is")
    record = job.record
    facts = [f"job {job.id}", *([f"{record.width}×{record.height}"] if record.width else [])]
    facts += [size_text(record.size)] if record.size else []
    return FormInput(value, _preview(f"<span>{isolate(' · '.join(facts))}</span>"))


def _input_preview(given: MediaInput) -> str:
    facts = [given.name, *([length_text(given.seconds)] if given.seconds else [])]
    facts += [f"{given.width}×{given.height}"] if given.width else []
    facts += [] if given.kind == "image" else [size_text(len(given.data))]
    return _preview("".join(_shown(given)) + f"<span>{isolate(' · '.join(facts))}</span>")


def _shown(given: MediaInput) -> Iterator[str]:
    """Yield the picture of an image, or a player of a small video or sound."""
    label = escape(f"{role_label(given.role)}: {given.name}")
    if given.kind == "image":
        source = base64.b64encode(image_thumbnail(given.data)).decode()
        yield f'<img alt="{label}" src="data:image/png;base64,{source}">'
    elif len(given.data) <= _PLAYED:
        kind = _PLAYED_AS.get(given.content_type, given.content_type)
        source = replace(given, content_type=kind).link()
        yield f'<{given.kind} controls preload="metadata" aria-label="{label}" src="{source}"></{given.kind}>'


def _preview(html: str) -> str:
    return f'<span class="vidmagic-preview">{html}</span>'
