"""A kernel of its own: a real process that starts or resumes jobs, and kills itself at a named point.

The points are hooked here, in the child; the package knows nothing of them.
"""

from __future__ import annotations

import functools
import itertools
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

_forks = multiprocessing.get_context("forkserver")  # a clean process that has imported everything, and forks
_forks.set_forkserver_preload(
    ["tests.faults.child", "tests.quick", "vidmagic.session.session", "vidmagic.media.probe", "av", "IPython"]
)


@dataclass(frozen=True, slots=True)
class Hook:
    """Where to die: before or after a call of `owner.name` whose arguments `fits` accepts."""

    owner: str
    name: str
    after: bool = False
    fits: Callable[[tuple[Any, ...], dict[str, Any]], bool] = lambda *_: True


def _into(state: str) -> Callable[[tuple[Any, ...], dict[str, Any]], bool]:
    return lambda _, changes: changes.get("state") == state


MEET = 30.0  # seconds that kernels wait for each other: one that failed must not hold the others
STORE = "vidmagic.engine.journal.store:Store"
PART, DOWNLOAD = "vidmagic.engine.download.partial_file:PartialFile", "vidmagic.engine.download.download:Download"
POINTS = {
    "before the intent": Hook("vidmagic.engine.journal.store", "insert"),
    "after the intent": Hook("vidmagic.engine.driver:Driver", "drive"),
    "before the submit": Hook("vidmagic.engine.run.submit:Submission", "steps"),
    "before it is marked as sending": Hook(STORE, "mark_sending"),
    "after it is marked as sending": Hook(STORE, "mark_sending", after=True),
    "while the answer comes": Hook("vidmagic.http.exchange:Exchange", "opened"),
    "while the reply comes": Hook("vidmagic.http.exchange:Exchange", "whole"),
    "before the id is stored": Hook(STORE, "update", fits=_into("accepted")),
    "after the id is stored": Hook(STORE, "update", after=True, fits=_into("accepted")),
    "before the first poll": Hook("vidmagic.engine.run.poll:Polling", "_poll_once"),
    "before running is stored": Hook(STORE, "update", fits=_into("running")),
    "after text is stored": Hook(STORE, "add_transcript", after=True, fits=lambda args, _: ".mp4" in str(args)),
    "before ready is stored": Hook(STORE, "update", fits=_into("ready")),
    "after ready is stored": Hook(STORE, "update", after=True, fits=_into("ready")),
    "before the part": Hook(PART, "open"),
    "after the part": Hook(PART, "open", after=True),
    "in the video": Hook(PART, "write", after=True),
    "before the recipe": Hook(PART, "append"),
    "after the recipe": Hook(PART, "append", after=True),
    "before it is synced": Hook("os", "fsync"),
    "after it is synced": Hook("os", "fsync", after=True),
    "before it has its name": Hook(PART, "_link_as"),
    "after it has its name": Hook(PART, "_link_as", after=True),
    "before the folder is synced": Hook("vidmagic.engine.download.partial_file", "_sync"),
    "before the sidecar": Hook("vidmagic.engine.run.save", "write_sidecar"),
    "after the sidecar": Hook("vidmagic.engine.run.save", "write_sidecar", after=True),
    "before done is stored": Hook(STORE, "update", fits=_into("done")),
    "after done is stored": Hook(STORE, "update", after=True, fits=_into("done")),
}


def kernel(env: Mapping[str, str], folder: Path, work: Callable[..., Any], *args: Any) -> BaseProcess:
    """Start a process in *folder* that does *work*, with the environment of the test and *env*."""
    process = _forks.Process(target=_run, args=({**os.environ, **env}, str(folder), work, args))
    process.start()
    return process


def barrier(parties: int) -> Any:
    """Return a barrier that kernels can be given."""
    return _forks.Barrier(parties)


def start(prompt: str, model: str, given: Mapping[str, Any], point: str = "") -> None:
    """Start a job, and see it through; die at *point*."""
    from tests.quick import quick_session

    if point:
        _die_at(POINTS[point])
    _see_through(quick_session().start(prompt, model, **given))


def resume(ids: list[str], at_once: Any) -> None:
    """Take jobs up together with other kernels, and see them through."""
    from tests.quick import quick_session

    session = quick_session()
    at_once.wait(MEET)
    for job in [session.resume(job_id) for job_id in ids]:
        _see_through(job)


def race(rounds: int, model: str, at_once: Any, delay: float, takes: Sequence[int | None] = (None,)) -> None:
    """Start the same requests as other kernels at the same moments, with *delay* seconds in the critical sections.

    Of each request *takes* are started, one after the other.
    """
    from tests.quick import quick_session
    from vidmagic.engine.journal import store
    from vidmagic.session.run_options import RunOptions

    _slow(store, "insert", delay)
    _slow(store.Store, "mark_sending", delay)
    session = quick_session()
    for number, take in itertools.product(range(rounds), takes):
        at_once.wait(MEET)
        _see_through(session.start(f"round {number}", model, RunOptions(take=take)))


def _see_through(job: Any) -> None:
    from vidmagic.errors import VidmagicError

    try:
        job.result(30)
    except VidmagicError:
        if not job.ended:
            raise


def _run(env: dict[str, str], folder: str, work: Callable[..., Any], args: tuple[Any, ...]) -> None:
    os.environ.clear()
    os.environ.update(env)
    os.chdir(folder)
    work(*args)
    os._exit(0)  # as a kernel that is shut down: nothing is tidied up


def _die_at(hook: Hook) -> None:
    module, _, attribute = hook.owner.partition(":")
    owner: Any = __import__(module, fromlist=["_"])
    owner = getattr(owner, attribute) if attribute else owner
    real = getattr(owner, hook.name)

    @functools.wraps(real)
    def dying(*args: Any, **kwargs: Any) -> Any:
        fits = hook.fits(args, kwargs)
        if fits and not hook.after:
            os.kill(os.getpid(), signal.SIGKILL)
        result = real(*args, **kwargs)
        if fits:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, hook.name, dying)


def _slow(owner: Any, name: str, delay: float) -> None:
    real = getattr(owner, name)

    def slowly(*args: Any, **kwargs: Any) -> Any:
        time.sleep(delay)
        return real(*args, **kwargs)

    setattr(owner, name, slowly)
