"""Plan a sweep: check and price every combination, and only then start them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from vidmagic.errors import InvalidRequest, TooExpensive
from vidmagic.session.cost_limit import read_amount
from vidmagic.session.planning import Plan
from vidmagic.session.reports.table import Table
from vidmagic.session.run_options import DEFAULTS, RunOptions
from vidmagic.session.session import Session
from vidmagic.session.settings import notebook_folder
from vidmagic.session.sweep import sample
from vidmagic.session.sweep.expand import MOST, Variant, too_many, variants
from vidmagic.session.sweep.layout import Layout, default_layout, grid_layout, without_row
from vidmagic.session.sweep.shot_table import ShotTable, fill_columns
from vidmagic.session.sweep.sweep import Sweep
from vidmagic.session.sweep.tables import is_table, read_table
from vidmagic.spec.params import listing
from vidmagic.spec.price import SANDBOX_PRICE, labelled, money, price_text
from vidmagic.spec.request import MediaInput

_ROWS = 12  # rows of a table that an error names


@dataclass(frozen=True, slots=True)
class SweepPlan:
    """The requests of a sweep, all checked, each with the variant it came from.

    `made` holds for each whether it was made before and so costs nothing. `layout` is the grid of its videos, None
    where they stand in a row. `drawn` says how many were drawn of how many.
    """

    plans: tuple[Plan, ...]
    variants: tuple[Variant, ...]
    made: tuple[bool, ...]
    layout: Layout | None = None
    drawn: str = ""

    @property
    def labels(self) -> tuple[str, ...]:
        """What sets each request apart."""
        return tuple(variant.label for variant in self.variants)

    @property
    def new(self) -> list[Plan]:
        """The plans that would be sent."""
        return [plan for plan, made in zip(self.plans, self.made, strict=True) if not made]

    @property
    def sums(self) -> dict[str, Decimal]:
        """What the new ones are estimated to cost, by currency, without sandbox jobs and unknown prices."""
        sums: dict[str, Decimal] = {}
        for plan in self.new:
            if plan.price is not None and not plan.in_sandbox:
                sums[plan.price.currency] = sums.get(plan.price.currency, Decimal(0)) + plan.price.amount
        return sums

    @property
    def unknown(self) -> int:
        """How many of the new ones have a price that nobody published."""
        return sum(plan.price is None and not plan.in_sandbox for plan in self.new)

    @property
    def cost(self) -> str:
        """The sum as text, as "¥4.00 and $0.30 (estimate)"."""
        parts = [money(amount, currency) for currency, amount in self.sums.items()]
        parts += [f"{self.unknown} of unknown price"] if self.unknown else []
        if parts:
            return labelled(listing(parts, "and"), "")
        return SANDBOX_PRICE if self.new else "nothing: all were made before"

    @property
    def summary(self) -> str:
        """One line: how many videos, how many of them new, for how much."""
        before = f", {len(self.plans) - len(self.new)} made before" if len(self.new) < len(self.plans) else ""
        drawn = f", {self.drawn}" if self.drawn else ""
        return f"{len(self.plans)} video{'s'[: len(self.plans) != 1]}{before}{drawn}: {self.cost}"

    def table(self) -> Table:
        """List the combinations with their models and prices."""
        rows = tuple(
            (str(number), label, plan.model.short, _price(plan, made=made), plan.request.prompt)
            for number, (plan, label, made) in enumerate(zip(self.plans, self.labels, self.made, strict=True), 1)
        )
        notes = tuple(dict.fromkeys(note for plan in self.plans for note in plan.notes))
        return Table(("", "what differs", "model", "price", "prompt"), rows, self.summary, notes)


def plan_sweep(
    session: Session,
    prompt: object,
    model: str | Sequence[str] | None = None,
    options: RunOptions = DEFAULTS,
    *,
    read: Callable[[str, Mapping[str, str]], str] = fill_columns,
    **given: object,
) -> SweepPlan:
    """Check every combination without sending anything. Raises one InvalidRequest that names every problem.

    *prompt* is a text, several texts, or a table of shots. *read* is applied to each prompt once its alternatives are
    chosen, with the cells of its row where there is a table.
    """
    no_limit = dataclasses.replace(options, max_cost="")  # the limit is for the sum, see `check_sweep`
    if options.from_ is not None:
        no_limit = dataclasses.replace(no_limit, from_=session.planner.last_frame(options.from_))  # once for all
    combinations, drawn = _combinations(session, prompt, model, options, given)
    planned = _plan_all(session, combinations, no_limit, read)
    if not planned:
        raise InvalidRequest("a list of values is empty, so there is nothing to make")
    plans = _sharing_images([plan for plan, _ in planned.values()])
    made = tuple(session.already_made(plan, options) for plan in plans)
    apart = tuple(variant for _, variant in planned.values())
    factors = without_row([variant.factors for variant in apart])
    is_row = bool(apart[0].row) and not options.grid  # a table has its own order
    layout = None if is_row else grid_layout(factors, options.grid) if options.grid else default_layout(factors)
    return SweepPlan(plans, apart, made, layout, drawn)


def _combinations(
    session: Session,
    prompt: object,
    model: str | Sequence[str] | None,
    options: RunOptions,
    given: Mapping[str, object],
) -> tuple[Iterable[Variant], str]:
    """Return the variants of a table or of what was typed, or those drawn from them, and how many were drawn."""
    most = MOST if options.sample is None else sample.MOST
    table, text = (prompt, "") if is_table(prompt) else (options.table, _texts(prompt))
    if table is None:
        combinations = variants(text, model, given, most=most)
    else:
        rows = read_table(table, notebook_folder())
        of_rows = ShotTable(rows, text, model, given)
        combinations = _at_most(of_rows.variants(session.catalog, session.access.default_model, most), most)
    if options.sample is None:
        return combinations, ""
    drawn, total = sample.draw(combinations, options.sample, options.sample_seed)
    return drawn, f"{len(drawn)} of {total:,} combinations (sample seed {options.sample_seed})"


def _texts(prompt: object) -> str | Sequence[str]:
    if isinstance(prompt, str) or (isinstance(prompt, Sequence) and not isinstance(prompt, bytes)):
        return prompt
    raise InvalidRequest(f"the prompt is neither text, several texts nor a table but {type(prompt).__name__}")


def _at_most(combinations: Iterable[Variant], most: int) -> Iterator[Variant]:
    for number, variant in enumerate(combinations, 1):
        if number > most:
            raise too_many(number, most)
        yield variant


def _plan_all(
    session: Session,
    combinations: Iterable[Variant],
    options: RunOptions,
    read: Callable[[str, Mapping[str, str]], str],
) -> dict[str, tuple[Plan, Variant]]:
    """Return the plan and the variant of each different request. Raises one InvalidRequest that names every problem."""
    planned: dict[str, tuple[Plan, Variant]] = {}
    problems: dict[str, list[str]] = {}
    for variant in combinations:
        try:
            plan = session.plan(read(variant.prompt, variant.columns), variant.model, options, **variant.given)
        except InvalidRequest as problem:
            problems.setdefault(problem.message, []).append(variant.source)
        else:
            plan = dataclasses.replace(plan, shot=variant.shot)
            planned.setdefault(plan.request.fingerprint(in_sandbox=plan.in_sandbox), (plan, variant))
    if problems:
        raise InvalidRequest("; ".join(_problem_text(message, labels) for message, labels in problems.items()))
    return planned


def check_sweep(session: Session, plan: SweepPlan, options: RunOptions = DEFAULTS) -> None:
    """Refuse a sweep above the limits. Raises TooExpensive, or InvalidRequest for a large one without `yes`."""
    limit = session.settings.max_cost if options.max_cost is None else str(options.max_cost)
    if limit and (too_much := _above(plan, limit)):
        raise TooExpensive(f"{too_much}; the sweep is {plan.summary}")
    most, ask_above = session.settings.sweep_limit, session.settings.sweep_cost
    many = f"more than {most} at once" if len(plan.new) > most else ""
    dear = _above(plan, ask_above) if ask_above else ""
    if not options.yes and (many or dear):
        why = " and ".join(filter(None, [many, dear]))
        raise InvalidRequest(f"this makes {plan.summary}; that is {why}", hint="`--yes` (yes=True) confirms it.")


def start_sweep(
    session: Session,
    plan: SweepPlan,
    options: RunOptions = DEFAULTS,
) -> Sweep:
    """Start the jobs of a plan: all are in the journal before the first is sent. Raises MissingKey."""
    jobs = session.launch_all(plan.plans, options)
    factors, columns = ([getattr(row, name) for row in plan.variants] for name in ("factors", "columns"))
    return Sweep(jobs, plan.labels, factors, plan.layout, columns)


def _above(plan: SweepPlan, limit: str) -> str:
    """Return why the sum is not known to be within *limit*, "" where it is. Sandbox jobs cost nothing."""
    amount, currency = read_amount(limit)
    if plan.unknown:
        return f"the price of {plan.unknown} is unknown, and the limit is {limit}"
    for plan_currency, total in plan.sums.items():
        total_text = money(total, plan_currency)
        if currency and plan_currency != currency:
            return f"{total_text} are in {plan_currency}, and the limit is {limit}"
        if total > amount:
            return f"{total_text} are above the limit of {limit}"
    return ""


def _problem_text(message: str, labels: Sequence[str]) -> str:
    named = list(dict.fromkeys(label for label in labels if label))
    if not named:
        return message
    if len(named) > 1 and all(label.startswith("row ") for label in named):
        shown = [label.removeprefix("row ") for label in named[:_ROWS]]
        more = f" and {len(named) - _ROWS} more" if len(named) > _ROWS else ""
        return f"rows {', '.join(shown) if more else listing(shown, 'and')}{more}: {message}"
    return f"{listing(named[:3], 'and') if len(named) <= 3 else f'{named[0]} and {len(named) - 1} more'}: {message}"


def _price(plan: Plan, *, made: bool) -> str:
    if made:
        return "made before, free of charge"
    return price_text(plan.price, in_sandbox=plan.in_sandbox)


def _sharing_images(plans: Sequence[Plan]) -> tuple[Plan, ...]:
    """Let equal images be one object, so that a thousand jobs do not hold a thousand copies of a picture."""
    known: dict[tuple[str, str], MediaInput] = {}

    def shared(plan: Plan) -> Plan:
        images = tuple(known.setdefault((image.role, image.digest), image) for image in plan.request.inputs)
        return dataclasses.replace(plan, request=dataclasses.replace(plan.request, inputs=images))

    return tuple(shared(plan) if plan.request.inputs else plan for plan in plans)
