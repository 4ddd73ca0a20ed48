"""Drafts: the cheapest version of a request that its model allows.

Only what was not typed is made smaller: the picture and the length. Where the model itself makes its videos anew in
full, the length stays, so that the draft shows the very video.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Collection, Mapping, Sequence

from vidmagic.session.planning import FullVersion, Plan, advice
from vidmagic.spec.models import Mode, Model
from vidmagic.spec.params import Param, Value
from vidmagic.spec.price import Price
from vidmagic.spec.request import VIDEO, MediaInput, Request

SIZES = ("resolution", "mode")  # choices from the smallest picture to the largest; Kling calls its sizes modes
LENGTH, SEED = "duration", "seed"


def draft_of(plan: Plan, typed: Collection[str], price: Callable[[Plan], Price | None]) -> Plan:
    """Return the draft of *plan*, which leaves the parameters in *typed* alone; *price* estimates a plan.

    Where nothing can be cheaper, the plan is returned with a note that says so.
    """
    model, mode = plan.model, _mode_of(plan)
    request = _with(plan.request, _chosen_seed(plan.request, model.params_in(mode), typed), model)
    lowered = [param for param in model.params_in(mode) if _is_lowered(param, request, typed, model)]
    draft = _cheapest([_with(request, values, model) for values in _versions(lowered, request)], mode, model)
    changed = [param for param in lowered if draft.params[param.name] != request.params[param.name]]
    if not changed:
        note = f"--draft changes nothing: {model.short} makes nothing cheaper of this request"
        return dataclasses.replace(plan, notes=(*plan.notes, note))
    differences = [f"{param.name} {_text(param, draft)} instead of {_text(param, request)}" for param in changed]
    if request.params.get(SEED) != plan.request.params.get(SEED):
        differences.append(f"seed {request.params[SEED]}, which the full video then has too")
    full = FullVersion(request.params, price(_finished(plan, request, draft)), ", ".join(differences))
    small = dataclasses.replace(plan, request=draft, price=model.price(draft), notes=advice(model, draft), full=full)
    return dataclasses.replace(small, price=price(small))


def draft_text(full: Mapping[str, object], price: str, job_id: str = "ID") -> str:
    """Return what is to be known of a draft: how it differs from its full version, and what each costs."""
    return (
        f"draft {price} · full {full.get('price', 'price unknown')}: `%video finish {job_id}`"
        f" · {full.get('differences', '')}"
    ).removesuffix(" · ")


def _mode_of(plan: Plan) -> Mode:
    return next(mode for mode in plan.model.modes if mode.name == plan.request.mode)


def _is_lowered(param: Param, request: Request, typed: Collection[str], model: Model) -> bool:
    """Return whether a draft may have less of a parameter: it was not typed, and its choices go upwards."""
    is_size = param.name in SIZES or (param.name == LENGTH and not model.finish_mode)
    value = request.params.get(param.name)
    is_amount = not isinstance(value, int) or value > 0  # a length of 0 or -1 leaves it to the model
    return is_size and param.name not in typed and is_amount and value in param.choices


def _versions(lowered: Sequence[Param], request: Request) -> list[dict[str, Value]]:
    """Return all values that *lowered* may have, none above that of *request*; the smallest picture first."""
    params = sorted(lowered, key=lambda param: param.name == LENGTH)
    choices = [_up_to(param, request.params[param.name]) for param in params]
    return [dict(zip([param.name for param in params], values, strict=True)) for values in itertools.product(*choices)]


def _up_to(param: Param, value: Value) -> list[Value]:
    choices = param.choices[: param.choices.index(value) + 1]
    return [choice for choice in choices if not isinstance(choice, int) or choice > 0]


def _cheapest(versions: Sequence[Request], mode: Mode, model: Model) -> Request:
    """Return the cheapest version that the model takes; the first one where a price is not known."""
    allowed = [
        version
        for version in versions
        if not any(rule.problem(version.params) for rule in mode.together) and not model.problems(version)
    ]
    prices = [price.amount for price in map(model.price, allowed) if price is not None]
    if len(prices) < len(allowed):
        return allowed[0]
    return allowed[prices.index(min(prices))]


def _with(request: Request, values: Mapping[str, Value], model: Model) -> Request:
    changed = dataclasses.replace(request, params={**request.params, **values})
    return dataclasses.replace(changed, wire_name=model.wire_name(changed))


def _chosen_seed(request: Request, params: Sequence[Param], typed: Collection[str]) -> dict[str, Value]:
    """Return the seed that draft and full version share: the same one whenever the cell runs; none if one was typed."""
    if SEED in typed or not any(param.name == SEED for param in params):
        return {}
    return {SEED: 1 + int(request.fingerprint()[:12], 16) % (2**31 - 2)}


def _finished(plan: Plan, full: Request, draft: Request) -> Plan:
    """Return the plan of what `finish` makes of a draft, for its price."""
    if plan.model.finish_mode:
        length = draft.params.get(LENGTH)
        seconds = float(length) if isinstance(length, int | float) else 0.0
        inputs = (*full.inputs, MediaInput(VIDEO, job="draft", seconds=seconds))
        full = dataclasses.replace(full, mode=plan.model.finish_mode, inputs=inputs)
    return dataclasses.replace(plan, request=full, price=plan.model.price(full))


def _text(param: Param, request: Request) -> str:
    return f"{param.text(request.params[param.name])} {param.unit}".strip()
