"""A service's answer to one call."""

from __future__ import annotations

import contextlib
import email.utils
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vidmagic.http.json_text import NOT_JSON, read_json
from vidmagic.http.sse import frames


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer. `cut` says that the connection ended before the body did."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    cut: bool = False

    @property
    def ok(self) -> bool:
        """Whether the HTTP status is a success."""
        return 200 <= self.status < 300

    @property
    def json(self) -> dict[str, Any]:
        """The body as a JSON object; empty when it is not one. Integers are exact, as text if they are very long."""
        try:
            document = read_json(self.body)
        except NOT_JSON:
            return next((frame for frame in frames([self.body]) if isinstance(frame, dict)), {})
        return document if isinstance(document, dict) else {}

    @property
    def text(self) -> str:
        """The body as text, for messages."""
        return self.body.decode(errors="replace")

    @property
    def retry_after(self) -> float | None:
        """How many seconds the service asks us to wait, from seconds or a date; None without such a header."""
        header = self.headers.get("Retry-After", "").strip()
        if header.isdecimal():
            return float(header)
        with contextlib.suppress(ValueError, TypeError, ArithmeticError, LookupError, OSError):  # beyond the calendar
            return max(0.0, email.utils.parsedate_to_datetime(header).timestamp() - time.time())
        return None
