"""Find what a person names as a video of a request: a shot, a job, a file; a job that still runs is waited for."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from vidmagic.engine.job import Job
from vidmagic.errors import InvalidRequest, NoSuchJob
from vidmagic.media.given_file import is_data_uri, is_on_a_network
from vidmagic.media.image_link import is_link, is_service_uri
from vidmagic.media.video import Video
from vidmagic.providers.catalog import Catalog
from vidmagic.providers.contract import Provider
from vidmagic.session.job_input import JobVideo
from vidmagic.session.resolve import Resolver
from vidmagic.spec.models import Model
from vidmagic.spec.request import ROLES, role_label


@dataclass(frozen=True, slots=True)
class VideoSources:
    """Find videos by their names with `resolver`, and the providers of their jobs in `catalog`."""

    resolver: Resolver
    catalog: Catalog

    def resolved(self, given: Mapping[str, object], model: Model) -> dict[str, object]:
        """Return what is *given* to *model*, with a JobVideo in place of each job and a path in place of each file.

        Links and the service's own names stay. Raises InvalidRequest for a name of nothing.
        """
        limits = [mode.video_limits for mode in model.modes if mode.video_limits is not None]
        uris = tuple(uri for limit in limits for uri in limit.uris)
        return {
            name: self._value(name, value, uris) if ROLES.get(name) == "video" else value
            for name, value in given.items()
        }

    def notices(self, given: Mapping[str, object]) -> Iterator[str]:
        """Yield what is to be known of the names in *given* that name a video, as `Resolver.notice` words it."""
        for value in (given[name] for name in given if ROLES.get(name) == "video"):
            names = value if isinstance(value, list | tuple) else [value]
            yield from filter(None, map(self.resolver.notice, names))

    def _value(self, role: str, value: object, uris: tuple[str, ...]) -> object:
        if isinstance(value, list | tuple):
            return [self._value(role, member, uris) for member in value]
        if isinstance(value, str):
            return value if _is_passed_on(value, uris) else self._named(role, value)
        if isinstance(value, Video):
            return self._of_video(value)
        return self._of_job(value) if isinstance(value, Job) else value

    def _of_video(self, video: Video) -> object:
        """Return the job that made a video, or its path where the journal has no such job."""
        with contextlib.suppress(NoSuchJob):
            if video.job_id:
                return self._of_job(self.resolver.get_job(video.job_id))
        return video.path

    def _named(self, role: str, name: str) -> object:
        """Return the job of a shot or an id; of a file its path, with the job that made it."""
        try:
            video = self.resolver.video(name)
        except (NoSuchJob, InvalidRequest) as problem:
            raise InvalidRequest(f"{role_label(role)}: {problem.message}", hint=problem.hint) from problem
        if isinstance(video, Job):
            return self._of_job(video)
        job_id = self.resolver.job_of_file(video.path)
        return self._of_job(self.resolver.get_job(job_id), video.path) if job_id else video.path

    def _of_job(self, job: Job, file: Path | None = None) -> JobVideo:
        job.wait()
        try:
            provider: Provider | None = self.catalog.find_model(job.model)[0]
        except InvalidRequest:  # its plug-in is no longer installed
            provider = None
        return JobVideo(job.record, provider, file)


def _is_passed_on(text: str, uris: tuple[str, ...]) -> bool:
    """Return whether *text* names nothing here: a link, a data URI, a name of the service, or a refused path."""
    return is_link(text) or is_data_uri(text) or is_service_uri(text, uris) or is_on_a_network(text)
