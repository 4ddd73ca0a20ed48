"""Make the full version of a draft: anew by the service where it does that, else by the same request in full."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from vidmagic.engine.expiry import Lifetimes, clock_text
from vidmagic.engine.job import Job
from vidmagic.engine.journal.record import Record
from vidmagic.engine.states import DONE, label
from vidmagic.errors import InvalidRequest
from vidmagic.media.image_link import is_link
from vidmagic.media.local_file import local_file
from vidmagic.providers.catalog import Catalog
from vidmagic.session.planner import Planner
from vidmagic.session.planning import Plan
from vidmagic.session.run_options import RunOptions
from vidmagic.spec.models import Mode, Model
from vidmagic.spec.params import Value
from vidmagic.spec.request import FIRST, ROLES, VIDEO, role_label

PICTURE = "resolution"


@dataclasses.dataclass(frozen=True, slots=True)
class Finisher:
    """Plan full versions. `lifetimes` returns how long the service of a model answers for its jobs."""

    planner: Planner
    catalog: Catalog
    lifetimes: Callable[[str], Lifetimes]

    def plan(self, job: Job, options: RunOptions, given: Mapping[str, object]) -> tuple[Plan, RunOptions]:
        """Return the plan of the full version of *job*, and the options to launch it with.

        *given* are parameters and inputs that stand in place of the draft's. Raises InvalidRequest.
        """
        record = job.record
        if record.state != DONE:
            raise InvalidRequest(f"job {record.id} has no video yet: it is {label(record.state)}", job_id=record.id)
        model = self.catalog.find_model(record.model)[1]
        is_remade = bool(model.finish_mode) and record.mode != model.finish_mode and not given.keys() - {PICTURE}
        params = _remade(record, model) if is_remade else _in_full(record, given)
        inputs = dict(_inputs(record, given))
        options = dataclasses.replace(
            options,
            sandbox=record.in_sandbox,
            from_=record.parent if record.parent and FIRST not in given else None,
            shot=options.shot or (job.take.shot if job.take is not None else ""),
        )
        whole = {**params, **inputs, **({VIDEO: job} if is_remade else {}), **given}
        plan = self.planner.plan(record.prompt, record.model, options, whole)
        _check_inputs(plan, record, given)
        known = model.warn(plan.request) if is_remade else []  # the inputs are those of the draft: no warning is due
        notes = [note for note in plan.notes if note not in known]
        notes += self._remade_notes(record, model) if is_remade else _notes(plan, record)
        return dataclasses.replace(plan, finished_from=record.id, notes=tuple(notes)), options

    def _remade_notes(self, record: Record, model: Model) -> Iterator[str]:
        yield f"{model.short} makes the video of job {record.id} anew, larger: what it shows and its length stay"
        hours = self.lifetimes(record.model).id_hours
        if record.in_sandbox:
            return
        if hours is None:
            yield "no document says for how long the service knows the draft"
        else:
            now, end = time.time(), (record.accepted or record.created) + hours * 3600
            yield f"the service {'knows' if end > now else 'knew'} the draft until {clock_text(end, now)}"


def _remade(record: Record, model: Model) -> dict[str, object]:
    """Return the parameters of a draft that its own model makes anew."""
    mode = next(mode for mode in model.modes if mode.name == model.finish_mode)
    return {name: value for name, value in record.params.items() if name != PICTURE and _takes(model, mode, name)}


def _takes(model: Model, mode: Mode, name: str) -> bool:
    return any(param.name == name for param in model.params_in(mode))


def _in_full(record: Record, given: Mapping[str, object]) -> dict[str, Any]:
    """Return the parameters of the same request in full."""
    params = record.full.get("params")
    if record.draft and isinstance(params, Mapping):
        return dict(params)
    if not given:
        raise InvalidRequest(
            f"job {record.id} was not made by --draft: say what the full video has",
            hint=f"`%video finish {record.id} --resolution 1080p`, or --duration 10.",
        )
    return dict(record.params)


def _inputs(record: Record, given: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """Yield the inputs of a job by role, as they can be given again. Raises InvalidRequest for one that is not here."""
    by_role: dict[str, list[object]] = {}
    for stored in record.images:
        role, name = str(stored["role"]), str(stored.get("name", ""))
        if role in given or (role == FIRST and record.parent):
            continue
        if not stored.get("job") and not is_link(name) and local_file(name) is None:
            raise InvalidRequest(
                f"the {role_label(role)} of job {record.id} ({name}) is not a file here: give the very same one",
                hint=f"`%video finish {record.id} --{role.replace('_', '-')} FILE`",
            )
        by_role.setdefault(role, []).append(stored.get("job") or name)
    for role, values in by_role.items():
        yield role, values if len(values) > 1 else values[0]


def _check_inputs(plan: Plan, record: Record, given: Mapping[str, object]) -> None:
    """Raise InvalidRequest where an input is no longer the one that the draft was made from."""
    now = {(image.role, image.digest) for image in plan.request.inputs}
    for stored in record.images:
        role = str(stored["role"])
        if role not in given and (role, stored.get("sha256")) not in now:
            raise InvalidRequest(
                f"the {role_label(role)} of job {record.id} ({stored.get('name')}) has changed: give the same one",
                hint=f"Another one makes another video: `%video finish {record.id} --{role.replace('_', '-')} FILE`.",
            )


def _notes(plan: Plan, record: Record) -> Iterator[str]:
    """Yield what stays the same, and what cannot."""
    seed = plan.request.params.get("seed")
    same = "prompt, inputs" if plan.request.inputs else "prompt"
    yield (
        f"a new generation from the same {same} and seed {seed} as job {record.id}: similar, but not the same video"
        if _is_seed(seed) and seed == record.params.get("seed")
        else f"a new generation from the same {same} as job {record.id}, without a common seed: it will look different"
    )
    changed = [
        f"{name.replace('_', ' ')} {record.params.get(name)} → {value}"
        for name, value in plan.request.params.items()
        if value != record.params.get(name)
    ]
    changed += [role_label(role) for role in ROLES if _digests(plan, role) != _stored_digests(record, role)]
    if changed:
        yield f"changed: {', '.join(changed)}"


def _is_seed(seed: Value | None) -> bool:
    return isinstance(seed, int) and seed > 0


def _digests(plan: Plan, role: str) -> list[str]:
    return [image.digest for image in plan.request.inputs if image.role == role]


def _stored_digests(record: Record, role: str) -> list[str]:
    return [str(stored.get("sha256")) for stored in record.images if stored["role"] == role]
