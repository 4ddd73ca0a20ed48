"""Which jobs and videos the words of a `%video` line name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from vidmagic.engine.job import Job
from vidmagic.errors import InvalidRequest
from vidmagic.escaping import plain
from vidmagic.media.local_file import local_file
from vidmagic.media.video import Video
from vidmagic.notebook.context import NotebookContext
from vidmagic.session import shots
from vidmagic.session.resolve import gather


def job_named(context: NotebookContext, name: str) -> Job:
    """Return the job that *name* stands for: a variable, a shot or take, or the beginning of an id.

    Raises NoSuchJob, or InvalidRequest for a video that no job has made.
    """
    value = context.namespace.get(name)
    if isinstance(value, Job):
        return context.session.get(value.id)
    if isinstance(value, Video):
        if not value.job_id:
            raise InvalidRequest(f"{plain(name)} is a video that no job of the journal has made")
        return context.session.get(value.job_id)
    return shots.describe(context.session, shots.named(context.session, name))


def videos_named(context: NotebookContext, words: Sequence[str]) -> Iterator[Video | Job]:
    """Return the videos that *words* name, with spaces or commas between the names. Raises what `gather` raises."""
    return _gathered(context, [_variable(context, name) or name for name in _names(words)])


def videos_to_compare(context: NotebookContext, words: Sequence[str]) -> Iterator[Video | Job]:
    """Return the videos that *words* name; a shot alone stands for all its takes."""
    names = _names(words)
    if len(names) == 1 and names[0] in dict(shots.names(context.session)):
        return _gathered(context, [shots.find(context.session, names[0])])
    return videos_named(context, words)


def _gathered(context: NotebookContext, things: Iterable[object]) -> Iterator[Video | Job]:
    session = context.session
    return gather(things, lambda name: shots.named(session, name), session.display())


def _variable(context: NotebookContext, name: str) -> object:
    """Return what the variable *name* holds, if that is one video or several."""
    value = context.namespace.get(name)
    is_several = isinstance(value, Sequence) and not isinstance(value, str | bytes)
    videos = value if is_several else [value]
    is_video = bool(videos) and all(isinstance(video, Video | Job) for video in videos or ())
    return value if is_video else None


def _names(words: Sequence[str]) -> list[str]:
    """Return the names, parted at commas; the name of a file may hold a comma."""
    return [
        name.strip() for word in words for name in ([word] if local_file(word) else word.split(",")) if name.strip()
    ]
