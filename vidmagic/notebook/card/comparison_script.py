"""The script of a comparison's controls, as it stands in the comparison's own HTML."""

from __future__ import annotations

import functools
from pathlib import Path


@functools.cache
def comparison_script() -> str:
    """Return the element that gives the comparison around it its controls, wherever scripts run."""
    code = (Path(__file__).parents[1] / "web" / "comparison.js").read_text(encoding="utf-8")
    lines = (line.strip() for line in code.splitlines())
    return f"<script>{chr(10).join(line for line in lines if line and not line.startswith('//'))}</script>"
