"""Turn a prompt, parameters and inputs into a request that may be sent, or refuse it with all that is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from vidmagic.engine.journal.record import Record
from vidmagic.engine.states import DONE
from vidmagic.errors import InvalidRequest
from vidmagic.http.url_policy import Networks
from vidmagic.media.image_link import check_url
from vidmagic.providers.contract import Provider
from vidmagic.session.inputs import KINDS, read_inputs
from vidmagic.spec.models import Mode, Model
from vidmagic.spec.params import Value, fill, listing
from vidmagic.spec.price import Price, price_text
from vidmagic.spec.request import FIRST, LAST, REFERENCE, ROLES, VIDEO, Request

_LABELS = {FIRST: "a first frame", LAST: "a last frame", REFERENCE: "references", VIDEO: "a video"}


@dataclass(frozen=True, slots=True)
class FullVersion:
    """What a draft is a draft of: `params` are those of the full version, `price` its estimate.

    `differences` says what the draft has in place of them.
    """

    params: Mapping[str, Value]
    price: Price | None
    differences: str

    def to_json(self, *, in_sandbox: bool) -> dict[str, object]:
        """Return the full version as the journal stores it with the draft."""
        price = price_text(self.price, in_sandbox=in_sandbox)
        return {"params": dict(self.params), "price": price, "differences": self.differences}


@dataclass(frozen=True, slots=True)
class Plan:
    """A request that may be sent, with what it is estimated to cost (None: nobody published a price).

    `parent` is the job whose last frame it starts from, `cost_limit` what it may cost at most ("5", "2CNY"); "" for
    none. `full` is what the full version is where this is a draft; `finished_from` the draft that it makes in full.
    `shot` is the shot of this one, "" for that of the run options.
    """

    request: Request
    provider: Provider
    model: Model
    price: Price | None
    in_sandbox: bool = False
    notes: tuple[str, ...] = field(default=())
    parent: str = ""
    cost_limit: str = ""
    full: FullVersion | None = None
    finished_from: str = ""
    shot: str = ""

    @property
    def price_row(self) -> dict[str, str] | None:
        """The price as the journal stores it, None where nobody published one."""
        if self.price is None:
            return None
        row = {name: str(getattr(self.price, name)) for name in ("amount", "currency", "source", "date")}
        return {**row, "text": str(self.price)}


def make_plan(
    provider: Provider,
    model: Model,
    prompt: str,
    given: Mapping[str, object],
    *,
    in_sandbox: bool,
    loopback: bool = False,
    trusted: Networks = (),
) -> Plan:
    """Check everything that can be checked here. Raises one InvalidRequest that names every problem."""
    inputs = {role: _several(given[role]) for role in ROLES if given.get(role) is not None}
    problems = [
        f"{role} is an empty list: give {KINDS[ROLES[role]]} or leave it out" for role in inputs if not inputs[role]
    ]
    mode = _mode(model, inputs, str(given.get("task") or ""), problems)
    loaded = read_inputs(inputs, mode, problems, provider, loopback=loopback, trusted=trusted)
    values = {name: value for name, value in given.items() if name not in ROLES and value is not None}
    params = _params(model, mode, prompt, values, problems)
    problems += _link_problems(model, params, loopback=loopback, trusted=trusted)
    problems += _prompt_problems(prompt, model, mode)
    request = Request(model.id, prompt, params, loaded, mode.name if mode is not None else "")
    if mode is not None and isinstance(prompt, str) and _is_complete(model, mode, params):
        problems += model.problems(request)
    if problems:
        raise InvalidRequest("; ".join(problems), hint=f"`%video models {model.short}` lists what it takes.")
    request = replace(request, wire_name=model.wire_name(request))
    return Plan(request, provider, model, model.price(request), in_sandbox, advice(model, request))


def advice(model: Model, request: Request) -> tuple[str, ...]:
    """Return what the user should know of a model and of a request to it."""
    return (*([model.note] if model.note else []), *model.warn(request))


def upscale_params(record: Record) -> dict[str, object]:
    """Return the parameters of the job that upscales the video of another job. Raises InvalidRequest."""
    creation = record.reported.get("creation_id")
    if record.state != DONE or not creation:
        raise InvalidRequest(f"job {record.id} cannot be upscaled: only a finished video of Vidu can", job_id=record.id)
    length = {"duration": record.params["duration"]} if "duration" in record.params else {}
    return {"creation_id": str(creation), **length}


def _params(
    model: Model, mode: Mode | None, prompt: str, values: Mapping[str, object], problems: list[str]
) -> dict[str, Value]:
    """Resolve the parameters by what the mode takes, and add what is wrong with them to *problems*."""
    if mode is None:
        return fill(model.params, values, problems=problems, whose=model.short)
    problems += [f"{name} does not go with {mode.name} mode" for name in values if name in mode.without]
    implied = model.implied(prompt, values) if isinstance(prompt, str) else {}
    taken = {name: value for name, value in {**implied, **values}.items() if name not in mode.without}
    return fill(model.params_in(mode), {**mode.defaults, **taken}, mode.together, problems=problems, whose=model.short)


def _several(value: object) -> Sequence[object]:
    return value if isinstance(value, list | tuple) else [value]


def _link_problems(model: Model, params: Mapping[str, Value], *, loopback: bool, trusted: Networks) -> Iterator[str]:
    """Yield what is wrong with the parameters that are links."""
    for param in model.params:
        link = params.get(param.name)
        if param.link and isinstance(link, str) and link:
            try:
                check_url(link, loopback=loopback, trusted=trusted)
            except ValueError as problem:
                yield f"{param.name}: {problem}"


def _is_complete(model: Model, mode: Mode, params: Mapping[str, Value]) -> bool:
    """Return whether each parameter of the mode that is needed or has a default is in *params*: none was refused."""
    needed = (param for param in model.params_in(mode) if param.required or param.default is not None)
    return all(param.name in params for param in needed)


def _mode(model: Model, inputs: Mapping[str, Sequence[object]], task: str, problems: list[str]) -> Mode | None:
    """Return the mode that the inputs and the task choose, None with a problem added where they choose none."""
    fitting = model.fitting({role: len(values) for role, values in inputs.items()})
    tasks = [mode.task for mode in fitting if mode.task]
    if not fitting:
        problems.append(_no_mode(model, inputs))
    elif task and tasks and task not in tasks:
        problems.append(f"--task must be {listing(tasks)} with {listing(inputs, 'and')}, not {task}")
    elif not task and len(tasks) == len(fitting) > 1:
        problems.append(f"--task must be {listing(tasks)}: {model.short} can do both with {listing(inputs, 'and')}")
    else:
        return next((mode for mode in fitting if mode.task == task), fitting[0])
    return None


def _no_mode(model: Model, inputs: Mapping[str, Sequence[object]]) -> str:
    given = [f"{len(values)} × {role}" for role, values in inputs.items()]
    allowed = [
        listing(map(_role_text, mode.inputs.items()), "and") if mode.inputs else "text alone" for mode in model.modes
    ]
    many = any(len(mode.inputs) > 2 for mode in model.modes)  # whose own commas would hide where a mode ends
    modes = "; or ".join(allowed) if many else listing(allowed)
    return f"{model.short} takes {modes}, not {listing(given, 'and') if given else 'text alone'}"


def _role_text(role_count: tuple[str, tuple[int, int]]) -> str:
    role, (low, high) = role_count
    label = f"{_LABELS[role]} ({role})" if role in _LABELS else role
    if low == 0:
        return f"up to {high} {label}"
    return label + (f" ×{low}-{high}" if high > 1 else "")


def _prompt_problems(prompt: str, model: Model, mode: Mode | None) -> Iterator[str]:
    if not isinstance(prompt, str):
        yield f"the prompt is not text but {type(prompt).__name__}"
        return
    length, longest = len(prompt), model.prompt_limit(mode)
    if not has_words(prompt) and (mode is None or mode.prompt_needed):
        yield "the prompt is empty"
    if longest == 0 and prompt.strip():
        yield f"{model.short} takes no prompt"
    elif longest and length > longest:
        yield f"the prompt has {length:,} characters; {model.short} takes at most {longest:,}"
    if problem := unsendable(prompt):
        yield problem


def has_words(prompt: str) -> bool:
    """Return whether there is more in *prompt* than spaces, visible ones or not."""
    return bool(prompt.strip("\u200b\u200c\u200d\ufeff \t\r\n\u3000\xa0"))


def unsendable(prompt: str) -> str:
    """Return which character of *prompt* no service takes, in a sentence; "" for none."""
    position = next((position for position, char in enumerate(prompt) if _is_control(char)), None)
    if position is None:
        return ""
    return f"the prompt holds the control character {prompt[position]!a} at position {position + 1}"


def _is_control(char: str) -> bool:
    return (char < " " and char not in "\t\r\n") or char == "\x7f" or "\ud800" <= char <= "\udfff"
