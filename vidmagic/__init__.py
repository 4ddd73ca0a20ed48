"""Make AI video in a Jupyter notebook.

`%load_ext vidmagic`, then a cell that begins with `%%video`; or in Python:

    video = vidmagic.generate("a red kite over the sea", model="hailuo", duration=6)

Importing this package patches nothing, opens nothing and needs no network.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from vidmagic.errors import InvalidRequest, VidmagicError

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from vidmagic.engine.job import Job
    from vidmagic.media.video import Video
    from vidmagic.notebook.form.form import Form
    from vidmagic.notebook.views.compare import Comparison
    from vidmagic.notebook.views.jobs import Jobs
    from vidmagic.notebook.views.takes import Takes
    from vidmagic.providers.contract import Provider
    from vidmagic.session.session import Session
    from vidmagic.session.sweep.sweep import Sweep
    from vidmagic.spec.models import Model

__all__ = [
    "InvalidRequest",
    "Job",
    "Video",
    "VidmagicError",
    "add_provider",
    "compare",
    "form",
    "generate",
    "jobs",
    "load_ipython_extension",
    "models",
    "reel",
    "resume",
    "shot",
    "start",
    "sweep",
    "unload_ipython_extension",
    "upscale",
]

_LAZY = {"Job": "vidmagic.engine.job", "Video": "vidmagic.media.video"}


def generate(
    prompt: str,
    model: str | None = None,
    *,
    again: bool = False,
    max_cost: str | None = None,
    sandbox: bool = False,
    shot: str = "",
    from_: Any = None,
    **params: Any,
) -> Video:
    """Make a video and wait for it.

    *model* is a short name or an id, *params* are the model's own (`%video models NAME` lists them) and `image`,
    `last_image`, `reference`. *shot* names what it is after: it is then a take. *from_* is a video, a job, a file, a
    shot's name or a job id, from whose last frame this one starts. Raises InvalidRequest before anything is sent, or
    what became of the job.
    """
    run = {"again": again, "max_cost": max_cost, "sandbox": sandbox, "shot": shot, "from_": from_}
    return _hold(start(prompt, model, **run, **params))


def start(
    prompt: str,
    model: str | None = None,
    *,
    again: bool = False,
    max_cost: str | None = None,
    sandbox: bool = False,
    shot: str = "",
    from_: Any = None,
    **params: Any,
) -> Job:
    """Start a video and return its job at once. Arguments and errors are those of `generate`."""
    run = {"again": again, "max_cost": max_cost, "sandbox": sandbox, "shot": shot, "from_": from_}
    return _session().start(prompt, model, **run, **params)


def sweep(
    prompt: str | Sequence[str],
    model: str | Sequence[str] | None = None,
    *,
    again: bool = False,
    max_cost: str | None = None,
    sandbox: bool = False,
    shot: str = "",
    from_: Any = None,
    yes: bool = False,
    executor: Executor | None = None,
    **params: Any,
) -> Sweep:
    """Start a video for every combination of the values that are lists, and return their jobs at once.

    `{{red|blue}}` in the prompt is several values too. All are checked and priced before the first is sent; a large
    sweep needs *yes*. The workers of *executor* follow and download, if it is given. Else as for `generate`.
    """
    from vidmagic.session.sweep.plan import check_sweep, plan_sweep, start_sweep

    session = _session()
    plan = plan_sweep(session, prompt, model, again=again, sandbox=sandbox, from_=from_, **params)
    check_sweep(session, plan, max_cost=max_cost, yes=yes)
    return start_sweep(session, plan, again=again, shot=shot, executor=executor, show=_show_sweep)


def shot(name: str) -> Takes:
    """Return the takes of a shot, the first one first; `.picked` is the keeper, `.latest` the newest.

    Shots are kept for the folder of the notebook. Raises VidmagicError for one without a take.
    """
    from vidmagic.notebook.views.takes import Takes

    return Takes.of(_session(), name)


def form(
    *, model: str | None = None, prompt: str = "", sandbox: bool = False, max_cost: str | None = None, **params: Any
) -> Form:
    """Return a form for one video, filled with what is given; nothing is sent before its button is pressed.

    Raises InvalidRequest for a model, parameter or value that nobody takes.
    """
    from vidmagic.notebook.form.form import Form

    return Form(_session(), model=model, prompt=prompt, sandbox=sandbox, max_cost=max_cost, **params)


def jobs(*, state: str | None = None, model: str | None = None, since: str | None = None, limit: int = 50) -> Jobs:
    """Return the jobs of the journal as a sequence that shows itself as a table.

    Unknown and paused ones come first, then the newest. *since* is an age as "2h" or "3d", or a day as "2026-11-20".
    """
    from vidmagic.notebook.views.jobs import Jobs

    return Jobs.chosen(_session(), state=state or "", model=model or "", since=since or "", limit=str(limit))


def resume(job_id: str) -> Job:
    """Take a job up again by its id, without paying again; the id may be shortened while it stays unique."""
    return _session().resume(job_id)


def add_provider(provider: Provider) -> None:
    """Add a provider for this process; an installed plug-in comes through the entry points instead.

    Raises InvalidRequest when the name of one of its models is taken.
    """
    catalog = _session().catalog
    name = type(provider).__name__
    catalog.broken.pop(name, None)
    catalog.add(provider, name)
    if name in catalog.broken:
        raise InvalidRequest(f"{name}: {catalog.broken.pop(name)}")


def upscale(video_or_job: Video | Job | str, *, again: bool = False, max_cost: str | None = None) -> Job:
    """Start a larger version of a finished Vidu video, which is a paid job of its own. Raises InvalidRequest."""
    of: Any = video_or_job
    job_id = of if isinstance(of, str) else getattr(of, "job_id", None) or of.id
    return _session().upscale(job_id, again=again, max_cost=max_cost)


def models() -> list[Model]:
    """Return the models there are, with their parameters, limits and prices."""
    return list(_session().catalog)


def compare(*videos: Any, columns: int | None = None) -> Comparison:
    """Lay videos side by side, with what sets them apart, and play them in step while a kernel is there.

    Each is a Video, a Job (it is waited for), a file, a shot's name or a job id, or a sequence of these.
    """
    from vidmagic.notebook.views.compare import compare as lay_out

    return lay_out(_gathered(videos), columns=columns)


def reel(videos: Iterable[Any], path: str | os.PathLike[str]) -> Video:
    """Join videos, given as for `compare`, into the new MP4 *path*. No other file is ever overwritten."""
    from vidmagic.notebook.card.frontend import front_end
    from vidmagic.notebook.views.reel import make_reel

    return make_reel(_gathered(videos), path, front_end(), _session().display())


def load_ipython_extension(ip: Any) -> None:
    """Register `%video` and `%%video`; IPython calls this for `%load_ext vidmagic`."""
    from vidmagic.notebook.magics.magics import load

    load(ip, _session)


def unload_ipython_extension(ip: Any) -> None:
    """Take the magics out again; IPython calls this for `%unload_ext vidmagic`."""
    from vidmagic.notebook.magics.magics import unload

    unload(ip)


def _gathered(things: Iterable[Any]) -> Iterable[Video | Job]:
    from vidmagic.session.resolve import gather
    from vidmagic.session.shots import named

    session = _session()
    return gather(things, lambda name: named(session, name), session.display())


def _session(settings: Any = None) -> Session:
    from vidmagic.session import session

    shared = session.default()
    shared.show = _show
    if settings is not None:
        shared.settings = settings
    return shared


def _show(job: Job) -> None:
    from vidmagic.notebook.card.frontend import front_end
    from vidmagic.notebook.card.present import show

    front = front_end()
    if not front.has_html and job.shown_in == front.execution():
        raise NotImplementedError  # the line on its end has been written; IPython then shows the repr as the value
    show(job, front)


def _show_sweep(sweep: Sweep) -> None:
    from vidmagic.notebook.card.frontend import front_end
    from vidmagic.notebook.card.present import show_sweep

    show_sweep(sweep, front_end())


def _find_video(job_id: str) -> Video:
    return resume(job_id).result()


def _hold(job: Job) -> Video:
    from vidmagic.notebook.card.frontend import front_end
    from vidmagic.notebook.card.present import show

    show(job, front_end(), quiet=True, wait=True)
    return job.result()


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("vidmagic")
    if name in _LAZY:
        found = getattr(import_module(_LAZY[name]), name)
        if name == "Video":
            found.find_by_job_id = staticmethod(_find_video)  # the journal is not for the room of films to know
        return found
    raise AttributeError(f"module 'vidmagic' has no attribute {name!r}")
