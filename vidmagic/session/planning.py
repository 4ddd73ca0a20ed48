"""Turn what a person asked for into a request that may be sent, or refuse it with all that is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from vidmagic.errors import InvalidRequest, TooExpensive
from vidmagic.media.image_link import check_url
from vidmagic.providers.contract import Provider
from vidmagic.spec.models import Mode, Model
from vidmagic.spec.params import Value, fill, listing
from vidmagic.spec.price import Price
from vidmagic.spec.request import FIRST, LAST, REFERENCE, ROLES, Image, Request

_SAID = {FIRST: "a first frame (image)", LAST: "a last frame (last_image)", REFERENCE: "references (reference)"}


@dataclass(frozen=True, slots=True)
class Plan:
    """A request that may be sent, with what it is estimated to cost (None: nobody published a price).

    `parent` is the job whose last frame it starts from, "" for none.
    """

    request: Request
    provider: Provider
    model: Model
    price: Price | None
    in_sandbox: bool = False
    notes: tuple[str, ...] = field(default=())
    parent: str = ""

    @property
    def price_row(self) -> dict[str, str] | None:
        """The price as the journal stores it, None where nobody published one."""
        if self.price is None:
            return None
        row = {name: str(getattr(self.price, name)) for name in ("amount", "currency", "source", "date")}
        return {**row, "text": str(self.price)}


def make_plan(
    provider: Provider, model: Model, prompt: str, given: Mapping[str, Any], *, in_sandbox: bool, loopback: bool = False
) -> Plan:
    """Check everything that can be checked here. Raises one InvalidRequest that names every problem."""
    problems: list[str] = []
    pictures = {role: _several(given[role]) for role in ROLES if given.get(role) is not None}
    mode = model.mode({role: len(values) for role, values in pictures.items()})
    if mode is None:
        problems.append(_no_mode(model, pictures))
    loaded = _load(pictures, mode, problems, loopback=loopback)
    values = {name: value for name, value in given.items() if name not in ROLES and value is not None}
    params = _params(model, mode, values, problems)
    problems += _link_problems(model, params, loopback=loopback)
    problems += _prompt_problems(prompt, model, mode)
    if problems:
        raise InvalidRequest("; ".join(problems), hint=f"`%video models {model.short}` lists what it takes.")
    assert mode is not None
    request = Request(model.id, prompt, params, loaded, mode.name, model.wire_name(params))
    notes = [*([model.note] if model.note else []), *model.warn(prompt)]
    return Plan(request, provider, model, model.price(params), in_sandbox, tuple(notes))


def check_cost(plan: Plan, limit: str) -> None:
    """Refuse a plan whose estimate is above *limit* ("5", "2CNY", "0.3USD") or unknown. A rehearsal costs nothing."""
    if not limit or plan.in_sandbox:
        return
    amount, currency = read_amount(limit)
    if plan.price is None:
        raise TooExpensive(f"the price of {plan.model.short} is unknown, and the limit is {limit}")
    if currency and currency != plan.price.currency:
        raise TooExpensive(f"the price is in {plan.price.currency} ({plan.price}) and the limit in {currency}")
    if plan.price.amount > amount:
        raise TooExpensive(f"the estimate is {plan.price}, above the limit of {limit}")


def read_amount(text: str) -> tuple[Decimal, str]:
    """Read "2", "2CNY", "2 CNY" as an amount and a currency ("" for the model's own). Raises InvalidRequest."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]{3})?\s*", str(text))
    if found is None:
        raise InvalidRequest(f"{text!r} is no amount: write 5, 2CNY or 0.3USD")
    return Decimal(found[1]), (found[2] or "").upper()


def _params(model: Model, mode: Mode | None, values: Mapping[str, Any], problems: list[str]) -> dict[str, Value]:
    """Resolve the parameters by what the mode takes; what is wrong with them joins the other problems."""
    if mode is None:
        return fill(model.params, values, problems=problems, whose=model.short)
    problems += [f"{name} does not go with {mode.name} mode" for name in values if name in mode.without]
    taken = {name: value for name, value in values.items() if name not in mode.without}
    return fill(model.params_in(mode), {**mode.defaults, **taken}, mode.together, problems=problems, whose=model.short)


def _several(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else [value]


def _load(
    pictures: Mapping[str, Sequence[Any]], mode: Mode | None, problems: list[str], *, loopback: bool
) -> tuple[Image, ...]:
    """Read each image once; its problems join the others."""
    if mode is None or mode.limits is None or not pictures:
        return ()
    from vidmagic.media import images  # an image library, which a prompt alone does not need

    loaded: list[Image] = []
    for role, values in pictures.items():
        for value in values:
            try:
                loaded.append(images.read_image(role, value, mode.limits, loopback=loopback))
            except InvalidRequest as problem:
                problems.append(problem.message)
    first, last = (next((image for image in loaded if image.role == role), None) for role in (FIRST, LAST))
    coded, most = sum(map(_coded, loaded)), mode.limits.body_size
    if most is not None and coded > most:
        problems.append(f"the images make a request of {coded:,} bytes; the service takes at most {most:,}")
    if first is not None and last is not None and (said := images.pair_problem(first, last, mode.limits)):
        problems.append(said)
    return tuple(loaded)


def _coded(image: Image) -> int:
    """Return how long an image's data URI is, without making it; a link takes no room to speak of."""
    if not image.data:
        return 0
    return len(replace(image, data=b"").link()) + (len(image.data) + 2) // 3 * 4


def _link_problems(model: Model, params: Mapping[str, Value], *, loopback: bool) -> Iterator[str]:
    """Say which links the service could not, or must not, be sent to."""
    for param in model.params:
        link = params.get(param.name)
        if param.link and isinstance(link, str) and link:
            try:
                check_url(link, loopback=loopback)
            except ValueError as problem:
                yield f"{param.name}: {problem}"


def _no_mode(model: Model, pictures: Mapping[str, Sequence[Any]]) -> str:
    given = [f"{len(values)} × {role}" for role, values in pictures.items()]
    ways = [
        listing(
            [f"{_SAID[role]}" + (f" ×{low}-{high}" if high > 1 else "") for role, (low, high) in mode.images.items()],
            "and",
        )
        if mode.images
        else "no image"
        for mode in model.modes
    ]
    return f"{model.short} takes {listing(ways)}, not {listing(given, 'and') if given else 'no image'}"


def _prompt_problems(prompt: str, model: Model, mode: Mode | None) -> list[str]:
    if not isinstance(prompt, str):
        return [f"the prompt is not text but {type(prompt).__name__}"]
    found = []
    if not prompt.strip("\u200b\u200c\u200d\ufeff \t\r\n\u3000\xa0") and (mode is None or mode.prompt_needed):
        found.append("the prompt is empty")
    if model.longest_prompt == 0 and prompt.strip():
        found.append(f"{model.short} takes no prompt")
    elif model.longest_prompt and len(prompt) > model.longest_prompt:
        found.append(f"the prompt has {len(prompt):,} characters; {model.short} takes at most {model.longest_prompt:,}")
    odd = next((at for at, char in enumerate(prompt) if _is_odd(char)), None)
    if odd is not None:
        found.append(f"the prompt holds the control character {prompt[odd]!a} at position {odd + 1}")
    return found


def _is_odd(char: str) -> bool:
    return (char < " " and char not in "\t\r\n") or char == "\x7f" or "\ud800" <= char <= "\udfff"
