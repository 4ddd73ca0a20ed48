"""List the models, and what one model takes, as tables."""

from __future__ import annotations

from collections.abc import Iterator

from vidmagic.errors import InvalidRequest, MissingKey
from vidmagic.providers import keys
from vidmagic.providers.catalog import Catalog
from vidmagic.providers.contract import Service
from vidmagic.session.pricing import own_price
from vidmagic.session.reports.table import Table
from vidmagic.spec.models import Mode, Model, RecordingLimits
from vidmagic.spec.params import AllowedCombinations, Param, fill, listing
from vidmagic.spec.price import FROM_SAMPLE, UNKNOWN_PRICE
from vidmagic.spec.request import ROLES, Request
from vidmagic.spec.takes import takes, takes_text

ABOUT = "about: worked out from a sample in the service's document"


def model_table(catalog: Catalog, *, what: str = "", prices: str = "") -> Table:
    """List the models by service, with what they take, what a default one costs, and whether their key is set.

    With *what* only those that take it. *prices* is the setting of that name. Raises InvalidRequest.
    """
    models = [model for model in catalog.offered() if not what or takes(model, what)]
    services = {model.id: catalog.find_model(model.id)[0].service for model in models}
    key_states = {service.name: _key_state(service) for service in services.values()}
    rows: list[tuple[str, ...]] = []
    title = ""
    for model in models:
        service = services[model.id]
        price = _price(_default_request(model), model, prices, catalog)
        group = service.title if service.title != title else ""
        rows.append((group, model.short, model.id, _takes(model), price, key_states[service.name]))
        title = service.title
    notes = [f"{name} did not load: {reason}" for name, reason in catalog.broken.items()]
    notes += [ABOUT] if any(row[4].startswith("about ") for row in rows) else []
    return Table(("service", "model", "id", "takes", "default price", "key"), tuple(rows), notes=tuple(notes))


def parameter_table(model: Model) -> Table:
    """List what *model* takes, as flags."""
    rows = [(_flag(p), p.describe(), _default(p), p.help) for p in model.params]
    rows += [("--" + role.replace("_", "-"), _sources(role, model), "", _use(role, model)) for role in model.roles()]
    return Table(
        ("flag", "values", "default", "meaning"), tuple(rows), f"{model.short} · {model.id}", tuple(_notes(model))
    )


def _key_state(service: Service) -> str:
    try:
        return "set" if keys.find_key(service) is not None else f"{service.key_env} is not set"
    except MissingKey as problem:
        return problem.message


def _takes(model: Model) -> str:
    return takes_text(model) + (f"; retired on {model.retired}" if model.retired else "")


def _inputs(mode: Mode) -> str:
    """Return what a mode takes; what it can do without stands in brackets."""
    needed = [_input(role, *count) for role, count in mode.inputs.items() if count[0]]
    optional = [f" [+ {_input(role, *count)}]" for role, count in mode.inputs.items() if not count[0]]
    return (" + ".join(needed) or "text only") + "".join(optional)


def _input(role: str, low: int, high: int) -> str:
    return role.replace("_", " ") + (f" ×{low or 1}-{high}" if high > 1 else "")


def _price(request: Request | None, model: Model, prices: str, catalog: Catalog) -> str:
    """Return what the default request of a model costs; *request* is None where there is none."""
    price = None if request is None else own_price(request, prices, catalog) or model.price(request)
    if price is None:
        return UNKNOWN_PRICE
    return price.label.removesuffix(" (estimate)").removesuffix(FROM_SAMPLE)


def _default_request(model: Model) -> Request | None:
    """Return the request of *model*'s first mode with nothing given; None where a parameter must be given."""
    mode = model.modes[0]
    try:
        return Request(model.id, "", fill(model.params_in(mode), mode.defaults), mode=mode.name)
    except InvalidRequest:
        return None


def _flag(param: Param) -> str:
    return f"{param.flag} / --no-{param.flag[2:]}" if param.kind is bool else param.flag


def _default(param: Param) -> str:
    return "" if param.default is None else param.text(param.default)


def _sources(role: str, model: Model) -> str:
    """Return how an input of *role* may be given: by a link alone where no mode takes more."""
    limits = [mode.limits_of(ROLES[role]) for mode in model.modes if role in mode.inputs]
    if any(bounds is None or bounds.local for bounds in limits):
        return "file, https link or variable"
    takes_jobs = any(isinstance(bounds, RecordingLimits) and bounds.jobs for bounds in limits)
    return "https link or job" if takes_jobs else "https link"


def _use(role: str, model: Model) -> str:
    return "in " + listing([mode.name for mode in model.modes if role in mode.inputs], "and") + " mode"


def _notes(model: Model) -> Iterator[str]:
    if model.longest_prompt:
        yield f"prompt: at most {model.longest_prompt:,} characters"
    for mode in model.modes:
        differs = [] if mode.longest_prompt is None else [f"prompt of at most {mode.longest_prompt:,} characters"]
        differs += [f"{p.name} {p.describe()}{_given(p)}" for p in mode.params]
        differs += [f"{name} {value}" for name, value in mode.defaults.items()]
        differs += [f"no {name}" for name in sorted(mode.without)]
        differs += [_together(rule) for rule in mode.together]
        yield f"{mode.name} mode ({_inputs(mode)}){': ' + ', '.join(differs) if differs else ''}"
    if model.note:
        yield model.note


def _given(param: Param) -> str:
    """Return what stands in place of a parameter that a mode has in its own way, if it is left out."""
    if param.required:
        return " (needed)"
    chooses = param.name == "task"  # which mode it is, so that there is nothing to leave out
    return "" if param.default is None or chooses else f" (default {_default(param)})"


def _together(rule: AllowedCombinations) -> str:
    if rule.why:
        return rule.why
    rows = "; ".join(" with ".join(map(str, row)) for row in sorted(rule.rows, key=str))
    return f"{' with '.join(rule.names)} only {rows}"
