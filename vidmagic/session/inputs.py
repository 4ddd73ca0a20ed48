"""Read the inputs of a request, its images, videos and audio, by the limits of the mode that takes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from vidmagic.errors import InvalidRequest
from vidmagic.http.url_policy import Networks
from vidmagic.providers.contract import Provider
from vidmagic.spec.models import ImageLimits, Mode, RecordingLimits
from vidmagic.spec.request import FIRST, LAST, ROLES, Kind, MediaInput

KINDS: Mapping[Kind, str] = {"image": "an image", "video": "a video", "audio": "audio"}


def read_inputs(
    inputs: Mapping[str, Sequence[object]],
    mode: Mode | None,
    problems: list[str],
    provider: Provider,
    *,
    loopback: bool,
    trusted: Networks,
) -> tuple[MediaInput, ...]:
    """Read each input once, and add what is wrong with it to *problems*.

    *inputs* maps a role to the values given for it; the request goes to *provider*. *loopback* allows links to this
    machine; *trusted* networks count as public.
    """
    if mode is None or not inputs:
        return ()
    loaded: list[MediaInput] = []
    for role, values in inputs.items():
        for value in values:
            try:
                loaded += _read(role, value, mode, provider, loopback=loopback, trusted=trusted)
            except InvalidRequest as problem:
                problems.append(problem.message)
    problems += _set_problems(loaded, mode)
    return tuple(loaded)


def _read(
    role: str, value: object, mode: Mode, provider: Provider, *, loopback: bool, trusted: Networks
) -> Iterator[MediaInput]:
    """Yield one input, checked against the limits of its kind; nothing where the mode has none."""
    from vidmagic.media import images, recording  # media libraries, which a prompt alone does not need
    from vidmagic.session.job_input import JobVideo, read_job

    kind = ROLES[role]
    if kind == "image":
        if mode.limits is not None:
            yield images.read_image(role, value, mode.limits, loopback=loopback, trusted=trusted)
    elif limits := mode.video_limits if kind == "video" else mode.audio_limits:
        if isinstance(value, JobVideo):
            yield read_job(role, value, limits, provider)
            return
        yield recording.read_recording(role, value, limits, loopback=loopback, trusted=trusted)


def _set_problems(loaded: Sequence[MediaInput], mode: Mode) -> Iterator[str]:
    """Yield what is wrong with the inputs taken together."""
    if mode.limits is not None:
        yield from _image_set_problems(loaded, mode.limits)
    if mode.video_limits is not None:
        yield from _sum_problems(loaded, "video", mode.video_limits)
    if mode.audio_limits is not None:
        yield from _sum_problems(loaded, "audio", mode.audio_limits)


def _image_set_problems(loaded: Sequence[MediaInput], limits: ImageLimits) -> Iterator[str]:
    """Yield what is wrong with the size of all inputs in the request, and with the pair of frames."""
    from vidmagic.media import images

    first, last = (next((given for given in loaded if given.role == role), None) for role in (FIRST, LAST))
    coded, most = sum(map(_coded, loaded)), limits.body_size
    if most is not None and coded > most:
        what = "images" if all(given.kind == "image" for given in loaded) else "files"
        yield f"the {what} make a request of {coded:,} bytes; the service takes at most {most:,}"
    if first is not None and last is not None and (problem := images.pair_problem(first, last, limits)):
        yield problem


def _sum_problems(loaded: Sequence[MediaInput], kind: Kind, limits: RecordingLimits) -> Iterator[str]:
    """Yield what is wrong with all inputs of a *kind* taken together; what is not known of a link does not count."""
    of_kind = [given for given in loaded if given.kind == kind]
    seconds, size = sum(given.seconds for given in of_kind), sum(len(given.data) for given in of_kind)
    together = f"all {kind} together"
    if limits.total_seconds is not None and seconds > limits.total_seconds:
        yield f"{together} is {seconds:g} s long; at most {limits.total_seconds:g} s are allowed"
    if limits.total_size is not None and size > limits.total_size:
        yield f"{together} has {size:,} bytes; at most {limits.total_size:,} are allowed"


def _coded(given: MediaInput) -> int:
    """Return how long an input's data URI is, without making it; 0 for a link, which is short."""
    if not given.data:
        return 0
    return len(replace(given, data=b"").link()) + (len(given.data) + 2) // 3 * 4
