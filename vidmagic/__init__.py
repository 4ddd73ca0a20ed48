"""Make AI video in a Jupyter notebook.

`%load_ext vidmagic`, then a cell that begins with `%%video`; or in Python:

    video = vidmagic.generate("a red kite over the sea", model="hailuo", duration=6)

Importing this package patches nothing, opens nothing and needs no network.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from vidmagic.errors import InvalidRequest, VidmagicError

if TYPE_CHECKING:
    from vidmagic.jobs.job import Job
    from vidmagic.media.video import Video
    from vidmagic.notebook.form import Form
    from vidmagic.provider import Model, Provider
    from vidmagic.session import Session

__all__ = [
    "InvalidRequest",
    "Job",
    "Video",
    "VidmagicError",
    "form",
    "generate",
    "jobs",
    "load_ipython_extension",
    "models",
    "resume",
    "start",
    "unload_ipython_extension",
    "upscale",
]

_LAZY = {"Job": "vidmagic.jobs.job", "Video": "vidmagic.media.video"}


def generate(
    prompt: str,
    model: str | None = None,
    *,
    again: bool = False,
    max_cost: str | None = None,
    sandbox: bool = False,
    **params: Any,
) -> Video:
    """Make a video and wait for it.

    *model* is a short name or an id, *params* are the model's own (`%video models NAME` lists them) and `image`,
    `last_image`, `reference`. Raises InvalidRequest before anything is sent, or what became of the job.
    """
    job = start(prompt, model, again=again, max_cost=max_cost, sandbox=sandbox, **params)
    return _hold(job)


def start(
    prompt: str,
    model: str | None = None,
    *,
    again: bool = False,
    max_cost: str | None = None,
    sandbox: bool = False,
    **params: Any,
) -> Job:
    """Start a video and return its job at once. Arguments and errors are those of `generate`."""
    return _session().start(prompt, model, again=again, max_cost=max_cost, sandbox=sandbox, **params)


def form(
    *, model: str | None = None, prompt: str = "", sandbox: bool = False, max_cost: str | None = None, **params: Any
) -> Form:
    """Return a form for one video, filled with what is given; nothing is sent before its button is pressed.

    Raises InvalidRequest for a model, parameter or value that nobody takes.
    """
    from vidmagic.notebook.form import Form

    return Form(_session(), model=model, prompt=prompt, sandbox=sandbox, max_cost=max_cost, **params)


def jobs(*, state: str | None = None, model: str | None = None, limit: int = 50) -> list[Job]:
    """Return the jobs of the journal, newest first."""
    return _session().jobs(states=[state] if state else [], model=model or "", limit=limit)


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


def load_ipython_extension(ip: Any) -> None:
    """Register `%video` and `%%video`; IPython calls this for `%load_ext vidmagic`."""
    from vidmagic.notebook.magics import load

    load(ip, _session)


def unload_ipython_extension(ip: Any) -> None:
    """Take the magics out again; IPython calls this for `%unload_ext vidmagic`."""
    from vidmagic.notebook.magics import unload

    unload(ip)


def _session(settings: Any = None) -> Session:
    from vidmagic import session

    shared = session.default()
    shared.show = _show
    if settings is not None:
        shared.settings = settings
    return shared


def _show(job: Job) -> None:
    from vidmagic.notebook.frontend import front_end
    from vidmagic.notebook.show import show

    show(job, front_end())


def _hold(job: Job) -> Video:
    from vidmagic.notebook.frontend import front_end
    from vidmagic.notebook.show import show

    show(job, front_end(), quiet=True, wait=True)
    return job.result()


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("vidmagic")
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'vidmagic' has no attribute {name!r}")
