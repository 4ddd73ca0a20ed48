"""A finished job as an input: its fresh link, its service's id of it, or its file, as the model takes it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from vidmagic.engine.journal.record import Record
from vidmagic.engine.journal.store import Store
from vidmagic.engine.states import DONE, label
from vidmagic.errors import InvalidRequest, VidmagicError
from vidmagic.media.probe import Facts, probe
from vidmagic.media.recording import limit_problems, read_recording
from vidmagic.providers.contract import Provider
from vidmagic.spec.models import RecordingLimits
from vidmagic.spec.request import MediaInput, role_label


@dataclass(frozen=True, slots=True)
class JobVideo:
    """A job that is given as a video: its record, and its provider, None for one that is no longer installed.

    `file` is the path by which it was given, None where the job itself was.
    """

    record: Record
    provider: Provider | None
    file: Path | None = None


def read_job(role: str, given: JobVideo, limits: RecordingLimits, provider: Provider) -> MediaInput:
    """Return the video of a job as the input of a request to *provider*. Raises InvalidRequest with all problems.

    A file that the model takes is sent as a file where it was given as one, and where the service's id of the job means
    nothing to the model. What the journal or the file knows of the video is checked against *limits*, unless the
    service has the video already.
    """
    record = given.record
    has_use_of_job = limits.jobs == "link" or (limits.jobs == "task" and _is_own(given, provider))
    is_sent_as_file = limits.local and (given.file is not None or not has_use_of_job)
    if refused := _problem(given, limits, provider, is_sent_as_file=is_sent_as_file):
        raise InvalidRequest(f"{role_label(role)}: {refused}")
    if is_sent_as_file:
        return dataclasses.replace(read_recording(role, given.file or Path(record.path), limits), job=record.id)
    known = MediaInput(role, name=record.id, job=record.id, width=record.width, height=record.height)
    if limits.jobs == "task":
        return dataclasses.replace(known, task_id=record.task_id)
    facts = _facts(record)
    if facts is not None:
        known = dataclasses.replace(
            known, width=facts.width, height=facts.height, seconds=facts.duration or 0.0, frame_rate=facts.fps or 0.0
        )
        if problems := list(limit_problems(known, facts.size, limits)):
            raise InvalidRequest(f"{role_label(role)}: job {record.id} {'; it '.join(problems)}")
    return known


def _is_own(given: JobVideo, provider: Provider) -> bool:
    """Return whether *provider* has made the job, so that its service's id of it can be sent."""
    return given.provider is provider and bool(given.record.task_id)


def check_jobs(inputs: Iterable[MediaInput], store: Store, *, in_sandbox: bool) -> None:
    """Refuse to mix sandbox jobs and real ones: neither service knows what the other has made. Raises InvalidRequest.

    A real video that is sent as a file may be tried out in the sandbox.
    """
    for given in inputs:
        if not given.job or store.get(given.job).in_sandbox == in_sandbox:
            continue
        if not in_sandbox:
            raise InvalidRequest(
                f"job {given.job} was made in the sandbox, and this would be a real job from its video",
                hint="Make a real take first, or run this one in the sandbox too: `--sandbox`.",
            )
        if not given.data:
            raise InvalidRequest(
                f"job {given.job} is a real job, which the sandbox does not know",
                hint="Give a sandbox job, or a link: the sandbox does not fetch it.",
            )


def _problem(given: JobVideo, limits: RecordingLimits, provider: Provider, *, is_sent_as_file: bool) -> str:
    """Return why the model cannot take this job, "" if it can."""
    record = given.record
    if record.state != DONE:
        return f"job {record.id} has no video: it is {label(record.state)}"
    if is_sent_as_file:
        return ""
    if not limits.jobs:
        return f"the model takes no finished job: put the video of job {record.id} on a web server and give its link"
    if limits.jobs == "task" and not _is_own(given, provider):
        return f"the model takes jobs of its own family only, and job {record.id} was made by {record.model}"
    if limits.jobs == "link" and (given.provider is None or record.ticket is None):
        return f"job {record.id} has no link that can be fetched again: put its video on a web server and give its link"
    return ""


def _facts(record: Record) -> Facts | None:
    """Return the facts of the video of a finished job, None where its file is missing."""
    try:
        return probe(record.path)
    except VidmagicError:
        return None
