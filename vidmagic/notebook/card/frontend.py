"""Tell in what kind of front end this code runs, and therefore whether anyone would see a cell finish later."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["script", "terminal", "batch", "colab", "live"]


@dataclass(frozen=True, slots=True)
class FrontEnd:
    """A front end: `kind`, and the shell and kernel where there are any.

    "live" has a person before a notebook; "batch" executes one with nobody watching (nbconvert, papermill), which the
    request says by `allow_stdin: false`; "terminal" is IPython's own; "script" is plain Python.
    """

    kind: Kind
    shell: Any = None
    kernel: Any = None

    @property
    def has_widgets(self) -> bool:
        """Whether a widget can be shown and pressed."""
        return self.kind in {"live", "colab"}

    @property
    def has_html(self) -> bool:
        """Whether HTML is shown."""
        return self.kind not in {"script", "terminal"}

    def execution(self) -> object:
        """Return what identifies the cell that runs now."""
        parent = self.kernel.get_parent() if self.kernel is not None else {}
        return parent.get("header", {}).get("msg_id") or getattr(self.shell, "execution_count", None)


def front_end() -> FrontEnd:
    """Find out where this runs, anew at each call: one kernel may serve a notebook and be executed later."""
    if "IPython" not in sys.modules:
        return FrontEnd("script")
    from IPython import get_ipython

    shell = get_ipython()
    if shell is None:
        return FrontEnd("script")
    kernel = getattr(shell, "kernel", None)
    if kernel is None:
        return FrontEnd("terminal", shell)
    if "google.colab" in sys.modules:
        return FrontEnd("colab", shell, kernel)
    allows_input = kernel.get_parent().get("content", {}).get("allow_stdin", True)
    return FrontEnd("live" if allows_input else "batch", shell, kernel)
