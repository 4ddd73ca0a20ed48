"""The verbs of `%video`: everything but making a video."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vidmagic.engine.job import Job
from vidmagic.errors import InvalidRequest
from vidmagic.notebook.card.frontend import front_end
from vidmagic.notebook.card.present import show
from vidmagic.notebook.card.waiting import waits
from vidmagic.notebook.magics.magics import VERBS
from vidmagic.spec.params import did_you_mean, listing

Verb = Callable[[Any, list[str]], Any]


def run_line(magics: Any, line: str) -> Any:
    """Carry out one `%video` line. Raises InvalidRequest for a word that is no verb."""
    name, *words = line.split() or ["help"]
    if name in {"-h", "--help"}:
        name = "help"
    if name not in DO:
        raise InvalidRequest(
            f"{name!r} is no verb of %video{did_you_mean(name, VERBS)}; the verbs are {listing(VERBS, 'and')}",
            hint="A prompt goes into a cell that begins with %%video.",
        )
    return DO[name](magics, words)


def _help(magics: Any, words: list[str]) -> None:
    _no_more(words)
    print(magics.line.__doc__)  # noqa: T201  asked for
    print(magics.cell.__doc__)  # noqa: T201  asked for


def _show(magics: Any, words: list[str]) -> Job:
    from IPython.display import display

    from vidmagic.notebook.views.record import FullRecord
    from vidmagic.notebook.views.takes import Ancestry
    from vidmagic.session.shots import describe, named

    is_take = len(words) == 2 and words[1].isdecimal()
    job = describe(magics.session, named(magics.session, " ".join(words) if is_take else _one_id(words)))
    show(job, front_end(), updates=magics.updates)
    if came_from := Ancestry(magics.session, job):
        display(came_from)
    display(FullRecord(job.record))
    return job


def _takes(magics: Any, words: list[str]) -> Any:
    from vidmagic.notebook.views.table import View
    from vidmagic.notebook.views.takes import Takes, shots_table

    _no_more(words[1:])
    return Takes.of(magics.session, words[0]) if words else View(shots_table(magics.session))


def _pick(magics: Any, words: list[str]) -> Any:
    from vidmagic.notebook.views.takes import Takes
    from vidmagic.session.shots import pick

    if len(words) != 2 or not words[1].isdecimal():
        raise InvalidRequest("pick takes a shot and a number, as `%video pick kite 2`")
    pick(magics.session, words[0], int(words[1]))
    return Takes.of(magics.session, words[0])


def _history(magics: Any, words: list[str]) -> Any:
    from vidmagic.notebook.views.history import history

    return history(magics.session, words)


def _camera(magics: Any, words: list[str]) -> Any:
    from vidmagic.notebook.views.camera import moves_table
    from vidmagic.notebook.views.table import View

    return View(moves_table(magics.session.catalog, words))


def _resume(magics: Any, words: list[str]) -> Any:
    if words:
        return _taken_up(magics, magics.session.resume(_one_id(words)))
    found = [magics.session.resume(record.id) for record in magics.session.unfinished()]
    if not found:
        print("Nothing to take up: no job of the journal is unfinished.")  # noqa: T201  the answer
        return None
    for job in found:
        _taken_up(magics, job)
    return found[0] if len(found) == 1 else None


def _taken_up(magics: Any, job: Job) -> Job:
    from vidmagic.session.shots import describe

    front = front_end()
    describe(magics.session, job)
    job.shown_in = None  # several jobs may be taken up in one cell
    show(job, front, updates=magics.updates, wait=waits(None, magics.wait, front))
    return job


def _wait(magics: Any, words: list[str]) -> Any:
    from vidmagic.notebook.card.present import join

    jobs = [magics.session.get(word) for word in words] if words else magics.session.running()
    if not jobs:
        print("Nothing to wait for: this kernel drives no job.")  # noqa: T201  the answer
        return None
    join(jobs, front_end())
    return jobs[0] if len(jobs) == 1 else None


def _cancel(magics: Any, words: list[str]) -> Job:
    job: Job = magics.session.cancel(_one_id(words))
    show(job, front_end(), updates=magics.updates)
    return job


def _form(magics: Any, words: list[str]) -> Any:
    from vidmagic.notebook.form.form import Form

    _no_more(words[1:])
    return Form(magics.session, model=words[0] if words else None)


def _models(magics: Any, words: list[str]) -> Any:
    from vidmagic.notebook.views.table import models_view

    return models_view(magics.session, words)


def _jobs(magics: Any, words: list[str]) -> Any:
    from vidmagic.notebook.views.table import jobs_view

    return jobs_view(magics.session, words)


def _upscale(magics: Any, words: list[str]) -> Job:
    again = "--again" in words
    job: Job = magics.session.upscale(_one_id([word for word in words if word != "--again"]), again=again)
    front = front_end()
    show(job, front, updates=magics.updates, wait=waits(None, magics.wait, front))
    return job


def _cost(magics: Any, words: list[str]) -> Any:
    from vidmagic.notebook.views.table import View
    from vidmagic.session.reports.cost import cost

    _no_more(words)
    return View(cost(magics.session.store.spent()))


def _compare(magics: Any, words: list[str]) -> Any:
    from vidmagic.notebook.magics.video_args import compare_line

    return compare_line(magics.session, words, magics.shell.user_ns)


def _reel(magics: Any, words: list[str]) -> Any:
    from vidmagic.notebook.magics.video_args import reel_line

    return reel_line(magics.session, words, magics.shell.user_ns)


def _doctor(magics: Any, words: list[str]) -> Any:
    from vidmagic.notebook.views.table import doctor_view

    return doctor_view(magics.session, words, front_end().kind)


def _one_id(words: list[str]) -> str:
    if len(words) != 1:
        raise InvalidRequest("this verb takes one job id", hint="`%video jobs` lists them.")
    return words[0]


def _no_more(words: list[str]) -> None:
    if words:
        raise InvalidRequest(f"this verb takes nothing more, not {listing(words, 'and')}")


DO: dict[str, Verb] = {
    "models": _models,
    "jobs": _jobs,
    "show": _show,
    "resume": _resume,
    "wait": _wait,
    "cancel": _cancel,
    "upscale": _upscale,
    "cost": _cost,
    "takes": _takes,
    "pick": _pick,
    "history": _history,
    "camera": _camera,
    "compare": _compare,
    "reel": _reel,
    "doctor": _doctor,
    "form": _form,
    "help": _help,
}
