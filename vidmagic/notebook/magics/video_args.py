"""Find the jobs and videos that the words of a `%video` line name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vidmagic.engine.job import Job
from vidmagic.errors import InvalidRequest
from vidmagic.escaping import plain
from vidmagic.media.local_file import local_file
from vidmagic.media.video import Video
from vidmagic.notebook.context import NotebookContext
from vidmagic.session.sweep.sweep import Sweep
from vidmagic.session.take_address import join_numbers, read_address


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
    resolver = context.session.resolver
    shot = resolver.shot(names[0], context.namespace) if len(names) == 1 else None
    return videos_named(context, words) if shot is None else resolver.videos([shot])


def take_named(context: NotebookContext, name: str) -> tuple[str, int]:
    """Return the shot, as `Shots.find` reads it, and the number of the take that *name* stands for.

    Raises NoSuchJob, and InvalidRequest for a shot without a number, or a job of no shot.
    """
    shot = context.session.resolver.shot(name, context.namespace)
    if shot is not None:
        raise InvalidRequest(f"{plain(name)} is a shot: name one of its takes", hint=f"It has {shot.numbers()}.")
    job = job_named(context, name)
    if job.take is None:
        raise InvalidRequest(f"job {job.id} is not a take of a shot of this folder", job_id=job.id)
    address = read_address(name)
    is_written = address is not None and (address.shot, address.number) == (job.take.shot, job.take.number)
    return name if is_written else job.take.shot, job.take.number


def sweep_named(context: NotebookContext, words: Sequence[str]) -> Sweep | None:
    """Return the sweep that a variable alone names, None where *words* name something else."""
    names = _names(words)
    held = context.namespace.get(names[0]) if len(names) == 1 else None
    return held if isinstance(held, Sweep) else None


def _names(words: Sequence[str]) -> list[str]:
    """Return the names, parted at commas; the name of a file may hold a comma."""
    return join_numbers(
        name.strip() for word in words for name in ([word] if local_file(word) else word.split(",")) if name.strip()
    )
