"""Show a request without sending it: the prompt, the JSON body, the price."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from vidmagic.escaping import LITERAL, isolate
from vidmagic.session.drafts import draft_text
from vidmagic.session.planning import Plan
from vidmagic.spec.price import price_text
from vidmagic.spec.request import Request

_BASE64 = re.compile(r"[A-Za-z0-9+/]{200,}={0,2}")  # as some services take an image
_LONG = 200  # characters: a data URI is shown by its beginning and its length


@dataclass(frozen=True)
class DryRun:
    """The view of a plan; `plan.request` is the request that would be sent."""

    plan: Plan

    @property
    def price(self) -> str:
        """The estimate with its source and date; "unknown" if no price was published."""
        price = self.plan.price
        if self.plan.in_sandbox:
            return f"free of charge (sandbox job; otherwise {price or 'unknown'})"
        return price.details if price else "unknown"

    @property
    def cost(self) -> str:
        """The estimate in short: "¥1.73 (estimate)"."""
        return price_text(self.plan.price, in_sandbox=self.plan.in_sandbox)

    @property
    def request(self) -> Request:
        """The request that would be sent."""
        return self.plan.request

    @property
    def body(self) -> dict[str, Any]:
        """The whole JSON that would be sent."""
        return dict(self.plan.provider.body(self.plan.request))

    def _draft(self) -> list[str]:
        """Return the line of a draft, which has its price beside that of the full version."""
        plan = self.plan
        if plan.full is None:
            return []
        price = price_text(plan.price, in_sandbox=plan.in_sandbox)
        return [draft_text(plan.full.to_json(in_sandbox=plan.in_sandbox), price)]

    def __str__(self) -> str:
        plan = self.plan
        lines = [
            f"dry run: nothing was sent · {plan.model.id} · {plan.request.mode} · price {self.price}",
            *self._draft(),
            *plan.notes,
            f"prompt ({len(plan.request.prompt):,} characters):",
            plan.request.prompt,
            "request:",
            json.dumps(_shortened(self.body), ensure_ascii=False, indent=2),
        ]
        return "\n".join(lines)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        pre = "white-space:pre-wrap;word-break:normal;overflow-wrap:anywhere;margin:0"
        return {"text/plain": str(self), "text/html": f'<pre class="{LITERAL}" style="{pre}">{isolate(self)}</pre>'}


def _shortened(value: Any) -> Any:
    """Shorten the bytes of inputs, and nothing else, to a readable length."""
    if isinstance(value, dict):
        return {name: _shortened(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_shortened(part) for part in value]
    if isinstance(value, str) and len(value) > _LONG and (value.startswith("data:") or _BASE64.fullmatch(value)):
        return f"{value[:60]}… ({len(value):,} characters)"
    return value
