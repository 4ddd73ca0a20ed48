"""The delay and the JSON of a reply."""

from __future__ import annotations

import pytest

from vidmagic.http.reply import Reply


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7.0), ("0", 0.0), (" 12 ", 12.0), ("", None), ("soon", None), ("-5", None), ("1e9", None), ("NaN", None)],
)
def test_retry_after_is_seconds_or_nothing(header: str, seconds: float | None) -> None:
    """The header holds whole seconds or a date; any other value is ignored."""
    assert Reply(429, {"Retry-After": header}, b"").retry_after == seconds


@pytest.mark.parametrize(
    "date", ["Fri, 20 Nov 2026 08:00:00 GMT", "Mon, 01 Jan 0001 00:00:00 -0000", "Fri, 31 Dec 9999 23:59:59 -0000"]
)
def test_a_date_in_retry_after_never_raises(date: str) -> None:
    """A date gives the seconds until then, and 0 if it has passed."""
    delay = Reply(429, {"Retry-After": date}, b"").retry_after
    assert delay is None or delay >= 0


def test_large_numbers_are_exact() -> None:
    """An id above 2**53 is not rounded."""
    assert Reply(200, {}, b'{"id": 12345678901234567890123}').json == {"id": 12345678901234567890123}
