"""Find the video that a person names: a variable, a shot, a job id or a file, in this order everywhere."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from vidmagic.engine.job import Job
from vidmagic.engine.journal.record import SHORTEST_ID
from vidmagic.errors import AmbiguousJob, InvalidRequest, NoSuchJob
from vidmagic.escaping import plain
from vidmagic.media.container import SUFFIXES
from vidmagic.media.display import DisplayOptions
from vidmagic.media.local_file import local_file
from vidmagic.media.video import Video
from vidmagic.session.shot import Shot
from vidmagic.session.shots import Shots, several_folders
from vidmagic.session.take_address import TakeAddress, read_address, shot_before_colon
from vidmagic.spec.params import did_you_mean, listing

NO_VARIABLES: Mapping[str, object] = MappingProxyType({})

VideoOrJob = Video | Job


@dataclass(frozen=True, slots=True)
class Resolver:
    """Find videos.

    `get_job` returns a job by its id (raises NoSuchJob), `job_of_file` the id of the job that made a file, or "", and
    `display` how files are shown.
    """

    shots: Shots
    get_job: Callable[[str], Job]
    job_of_file: Callable[[Path], str]
    display: Callable[[], DisplayOptions]

    def video(self, source: object, variables: Mapping[str, object] = NO_VARIABLES) -> VideoOrJob:
        """Return the one video or job that *source* is or names.

        *source* is a Video, a Job, a path, or a text: the name of one of *variables* that holds a video or a job, a
        shot or a take ("kite", "kite:2", "kite 2"), a job id, which may be shortened to SHORTEST_ID characters, or a
        file. What is none of these here may be a shot of another folder, which a notice then names. Raises NoSuchJob
        for a name of nothing, and InvalidRequest for what cannot be a video, or is several.
        """
        sources = list(self.videos([source], variables))
        if len(sources) != 1:
            raise InvalidRequest(f"{_shown(source)} stands for {len(sources)} videos: name one of them")
        return sources[0]

    def videos(self, sources: Iterable[object], variables: Mapping[str, object] = NO_VARIABLES) -> Iterator[VideoOrJob]:
        """Yield the video or job of each of *sources*, in their order; sequences, such as a sweep, are flattened."""
        for source in sources:
            if isinstance(source, VideoOrJob):
                yield source
            elif isinstance(source, str):
                yield from self._by_name(source, variables)
            elif isinstance(source, os.PathLike):
                yield self._file(Path(source))
            elif isinstance(source, Iterable) and not isinstance(source, bytes):
                yield from self.videos(source, variables)
            else:
                raise InvalidRequest(f"{type(source).__name__} is not a video, job, file, shot or job id")

    def job(self, source: object, variables: Mapping[str, object] = NO_VARIABLES) -> Job:
        """Return the one job that *source* is or names, as for `video`.

        A video stands for the job that made it, and a job in a variable gives a handle of its own. Raises NoSuchJob,
        and InvalidRequest for a video of no job.
        """
        resolved = self.video(source, variables)
        if isinstance(resolved, Job):
            is_variable = isinstance(source, str) and resolved is variables.get(source.strip())
            return self.get_job(resolved.id) if is_variable else resolved
        job_id = resolved.job_id or self.job_of_file(resolved.path)
        if not job_id:
            raise InvalidRequest(f"no job of the journal made the video {plain(resolved.path.name)}")
        return self.get_job(job_id)

    def shot(self, source: object, variables: Mapping[str, object] = NO_VARIABLES) -> Shot | None:
        """Return the whole shot that a text names without a take's number; None for whatever is something else."""
        address = read_address(source) if isinstance(source, str) else None
        if address is None or address.number is not None or _holds_videos(variables.get(address.shot)):
            return None
        if self.shots.here(str(source)) is None and (self._is_job_id(address.shot) or local_file(str(source))):
            return None
        with contextlib.suppress(NoSuchJob):
            return self.shots.find(str(source))
        return None

    def notice(self, source: object, variables: Mapping[str, object] = NO_VARIABLES) -> str:
        """Return what is to be known of a text as a name, else "": that it has several meanings, or its folder."""
        if not isinstance(source, str):
            return ""
        name = source.strip()
        meanings = [meaning for meaning, exists in self._meanings(name, variables) if exists()]
        if len(meanings) > 1:
            return f"{plain(name)} is {listing(meanings, 'and')}; {meanings[0]} is taken"
        elsewhere = [] if meanings else [address for address in self.shots.elsewhere(name) if address.folder]
        return plain(f"{elsewhere[0].shot} is a shot of {elsewhere[0].folder}") if len(elsewhere) == 1 else ""

    def _meanings(self, name: str, variables: Mapping[str, object]) -> Iterator[tuple[str, Callable[[], bool]]]:
        yield "a variable", lambda: _holds_videos(variables.get(name))
        yield "a shot", lambda: name in self.shots.names()
        yield "a take", lambda: self._is_take(name)
        yield "a job id", lambda: self._is_job_id(name)
        yield "a file", lambda: local_file(name) is not None

    def _by_name(self, text: str, variables: Mapping[str, object]) -> Iterator[VideoOrJob]:
        name = text.strip()
        held = variables.get(name)
        if _holds_videos(held):
            yield from self.videos([held])
            return
        path = local_file(text)
        job = self._take(name, path) or (None if _is_path(name) else self._job(name))
        if job is None and path is None:
            job = self._elsewhere(name)
        if job is not None:
            job.add_notes(*filter(None, [self.notice(name, variables)]))
            yield job
        elif path is not None:
            yield self._file(path)
        else:
            raise self._nothing(name, variables)

    def _take(self, name: str, path: Path | None) -> Job | None:
        """Return the job of a shot or take of this folder, None for no such shot, or for a file at *path* instead."""
        address = self.shots.here(name)
        try:
            return self.shots.job_at(address) if address is not None else None
        except NoSuchJob:
            if path is None:
                raise
            return None

    def _is_take(self, name: str) -> bool:
        address = self.shots.here(name)
        return address is not None and address.number is not None and self._take(name, Path()) is not None

    def _elsewhere(self, name: str) -> Job | None:
        """Return the job of a shot of another folder, None for no such shot. Raises NoSuchJob for several."""
        addresses: list[TakeAddress] = self.shots.elsewhere(name)
        if len(addresses) > 1:
            raise several_folders(addresses)
        return self.shots.job_at(addresses[0]) if addresses else None

    def _job(self, name: str) -> Job | None:
        """Return the job whose id begins with *name*, None for none. Raises AmbiguousJob for several."""
        try:
            return self.get_job(name)
        except AmbiguousJob:
            raise
        except NoSuchJob:
            return None

    def _is_job_id(self, name: str) -> bool:
        try:
            return self._job(name) is not None
        except AmbiguousJob:
            return True

    def _nothing(self, name: str, variables: Mapping[str, object]) -> InvalidRequest | NoSuchJob:
        """Return the error for a name of nothing, which says what may have been meant."""
        shots = self.shots.names()
        if (shot := shot_before_colon(name)) in shots:
            return NoSuchJob(f"there is no {plain(name)}: {shot} has {self.shots.find(shot).numbers()}")
        if _is_path(name):
            return InvalidRequest(f"the file {plain(name)} does not exist")
        if name.isdecimal() and len(name) < SHORTEST_ID:
            take = f"{next(iter(shots), 'pond')}:{name}"
            return NoSuchJob(
                f"the number {name} alone names no video",
                hint=f"A take is written with its shot, as {take}; a job id may be cut to {SHORTEST_ID} characters.",
            )
        names = [*shots, *(key for key, value in variables.items() if _holds_videos(value))]
        message = f"no variable, shot, job or file is called {plain(name)}{did_you_mean(name, names)}"
        return NoSuchJob(message, hint="`%video jobs` and `%video takes` list them.")

    def _file(self, path: Path) -> Video:
        return Video(path.expanduser(), display=self.display())


def _holds_videos(value: object) -> bool:
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return bool(value) and all(isinstance(member, VideoOrJob) for member in value)
    return isinstance(value, VideoOrJob)


def _is_path(text: str) -> bool:
    return text.lower().endswith(SUFFIXES) or os.sep in text


def _shown(source: object) -> str:
    return plain(source) if isinstance(source, str) else f"this {type(source).__name__}"
