"""Fetch the links of finished jobs that are inputs of a request: just before it is sent, for such links expire.

Nothing is bought for it: until the request itself is sent, the job stays as it was planned.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Generator

from vidmagic.engine.run.context import JobContext
from vidmagic.errors import NotSent, Unreachable
from vidmagic.spec.events import Queued
from vidmagic.spec.request import Request


def with_links(
    request: Request, fetch_link: Callable[[str], str], context: JobContext
) -> Generator[float, None, Request]:
    """Return *request* with the link of each input that awaits one; yield the seconds to wait between two tries.

    *fetch_link* returns the link of a job. Raises NotSent where it cannot be asked for, Failed where it is gone.
    """
    links: dict[str, str] = {}
    for job in dict.fromkeys(given.job for given in request.inputs if given.awaits_link):
        context.notify(Queued(f"the link of job {job} is fetched"))
        links[job] = yield from _fetched(job, fetch_link, context)
    if not links:
        return request
    inputs = tuple(
        dataclasses.replace(given, url=links[given.job]) if given.awaits_link else given for given in request.inputs
    )
    return dataclasses.replace(request, inputs=inputs)


def _fetched(job: str, fetch_link: Callable[[str], str], context: JobContext) -> Generator[float, None, str]:
    """Return the link of *job*; where its service does not answer, ask again a few times."""
    for delay in (*context.timing.not_sent, None):
        context.check_cancelled()
        try:
            return fetch_link(job)
        except Unreachable as error:
            if delay is None:
                raise NotSent(f"the link of job {job} could not be fetched: {error.message}") from error
        yield delay
    raise AssertionError("the last try returns or raises")


def no_link(job: str) -> str:
    """Refuse to fetch a link. Raises NotSent: it stands for a driver that was given no way to fetch one."""
    raise NotSent(f"the link of job {job} cannot be fetched here")
