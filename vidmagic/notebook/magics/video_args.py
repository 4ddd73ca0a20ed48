"""Find the jobs and videos that the words of a `%video` line name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vidmagic.engine.job import Job
from vidmagic.media.local_file import local_file
from vidmagic.media.video import Video
from vidmagic.notebook.context import NotebookContext


def job_named(context: NotebookContext, name: str) -> Job:
    """Return the job that *name* stands for: a variable, a shot or take, a job id or the file of a job's video.

    Raises NoSuchJob, or InvalidRequest for a video that no job has made.
    """
    session = context.session
    return session.shots.describe(session.resolver.job(name, context.namespace))


def videos_named(context: NotebookContext, words: Sequence[str]) -> Iterator[Video | Job]:
    """Return the videos that *words* name, with spaces or commas between the names. Raises as `Resolver.videos`."""
    return context.session.resolver.videos(_names(words), context.namespace)


def videos_to_compare(context: NotebookContext, words: Sequence[str]) -> Iterator[Video | Job]:
    """Return the videos that *words* name; a shot alone stands for all its takes."""
    names = _names(words)
    session = context.session
    if len(names) == 1 and names[0] not in context.namespace and names[0] in session.shots.names():
        return session.resolver.videos([session.shots.find(names[0])])
    return videos_named(context, words)


def _names(words: Sequence[str]) -> list[str]:
    """Return the names, parted at commas; the name of a file may hold a comma."""
    return [
        name.strip() for word in words for name in ([word] if local_file(word) else word.split(",")) if name.strip()
    ]
