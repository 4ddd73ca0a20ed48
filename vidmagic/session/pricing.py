"""What a request is estimated to cost, by the nearest thing to a bill that there is.

In this order: what the service billed last time for such a request, the price that the person has set, the document's.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping

from vidmagic.engine.journal.figures import billed
from vidmagic.engine.journal.store import Store
from vidmagic.errors import InvalidRequest
from vidmagic.providers.catalog import Catalog
from vidmagic.session.own_prices import OwnPrice, read_prices
from vidmagic.spec.models import Model
from vidmagic.spec.params import Value
from vidmagic.spec.price import LAST_BILL, Price
from vidmagic.spec.request import ROLES, Request

CHOSEN_BY_MODEL = {-1, "-1"}  # a duration: the last video's length says nothing of the next one's
_SET_IN = "`[tool.vidmagic.prices]` of pyproject.toml, VIDMAGIC_PRICES or `%config VideoMagics.prices` has it."
_NOT_PRICED = {"seed", "negative"}  # parameters that change the picture only


def last_bill(request: Request, model: Model, store: Store) -> Price | None:
    """Return what the newest bill of such a request was; None without one, or where the model chooses the length.

    Such a request has the same mode and parameters, as many images in each role, and the very same videos and sounds,
    whose length may decide the price. Prompt, seed and links to call do not count.
    """
    if request.params.get("duration") in CHOSEN_BY_MODEL or not store.path.exists():  # a question makes no journal
        return None
    ignored = _NOT_PRICED | {param.name for param in model.params if param.link}
    terms = _terms(request.params, [(given.role, given.digest) for given in request.inputs], ignored)
    for job in billed(store, request.model, request.mode):
        inputs = [(str(given["role"]), str(given.get("sha256"))) for given in job.inputs]
        if _terms(job.params, inputs, ignored) == terms:
            day = time.strftime("%Y-%m-%d", time.localtime(job.created))
            return Price(job.bill.amount, job.bill.currency, LAST_BILL, day)
    return None


def own_price(request: Request, text: str, catalog: Catalog) -> Price | None:
    """Return what the setting `prices` (*text*) has for a request, None without one. Raises InvalidRequest."""
    chosen: OwnPrice | None = None
    for name, price in read_prices(text).items():
        try:
            model = catalog.find_model(name)[1]
        except InvalidRequest as problem:
            raise InvalidRequest(f"prices, {name}: {problem.message}", hint=_SET_IN) from None
        if model.id == request.model:
            chosen = price
    return chosen.of(request.params) if chosen is not None else None


def _terms(params: Mapping[str, Value], inputs: Collection[tuple[str, str]], ignored: Collection[str]) -> object:
    """Return what decides the price of a request, to be compared."""
    priced = {name: value for name, value in params.items() if name not in ignored}
    return priced, sorted((role, "" if ROLES.get(role) == "image" else digest) for role, digest in inputs)
