"""The text of a duration in cards, tables and messages."""

from __future__ import annotations


def duration_text(seconds: float) -> str:
    """Return *seconds* as "0:07", "12:30" or "1:02:03"; a negative number counts as 0."""
    minutes, seconds_left = divmod(int(max(0.0, seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds_left:02}" if hours else f"{minutes}:{seconds_left:02}"
