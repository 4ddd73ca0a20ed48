"""How a job or a sweep is displayed in this notebook."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class JobView:
    """Where a job or a sweep was shown last: `shown_in` is the cell, `is_output` whether that left an output there."""

    shown_in: object = None
    is_output: bool = True
