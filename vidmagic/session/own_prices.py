"""Prices that a person sets for models: a second costs so much, or a whole video does."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from vidmagic.spec.params import Value
from vidmagic.spec.price import OWN, Price

_PRICE = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s*([A-Za-z]{3})\s*(/\s*s)?")
_ENTRY = "write 0.9CNY/s, or 3.5CNY for a whole video"


@dataclass(frozen=True, slots=True)
class OwnPrice:
    """What a second costs, or with `per_second` false a whole video."""

    amount: Decimal
    currency: str
    per_second: bool

    def of(self, params: Mapping[str, Value]) -> Price | None:
        """Return the price of a video with *params*; None where a second has a price and the length is not known."""
        if not self.per_second:
            return Price(self.amount, self.currency, OWN, "")
        length = params.get("duration")
        if isinstance(length, str) and length.isdecimal():  # some services want the number as text
            length = int(length)
        if not isinstance(length, int | float) or isinstance(length, bool) or length <= 0:
            return None
        return Price(self.amount * Decimal(str(length)), self.currency, OWN, "")


def read_prices(text: str) -> dict[str, OwnPrice]:
    """Read "kling=0.9CNY/s, wan=3.5CNY" as prices by the name of a model. Raises ValueError."""
    entries = [entry.partition("=") for entry in text.split(",") if entry.strip()]
    return dict(_read(name.strip(), value.strip()) for name, _, value in entries)


def as_text(table: Mapping[object, object]) -> str:
    """Return a table of prices as the text that `read_prices` reads. Raises ValueError for what is not a price."""
    return ", ".join(_checked(table.items()))


def _checked(entries: Iterable[tuple[object, object]]) -> Iterable[str]:
    for name, value in entries:
        if isinstance(value, Mapping) and value:  # how TOML reads a dot
            longer = f"{name}.{next(iter(value))}"
            raise ValueError(f'{longer}: a name with a dot needs quotes, as "{longer}" = "0.9CNY/s"')
        _read(str(name), value if isinstance(value, str) else repr(value))
        yield f"{name}={value}"


def _read(name: str, value: str) -> tuple[str, OwnPrice]:
    price = _PRICE.fullmatch(value)
    if not name or price is None:
        raise ValueError(f"{name or 'a model'} = {value or 'nothing'} is not a price: {_ENTRY}")
    return name, OwnPrice(Decimal(price[1]), price[2].upper(), price[3] is not None)
