"""The Python that a kernel runs on, and its kernelspec for Jupyter."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Spec:
    """A kernel: its name in the notebook, and the Python that runs it."""

    name: str
    python: Path

    def write(self, kernels: Path) -> None:
        """Write `NAME/kernel.json` into a folder of kernelspecs."""
        folder = kernels / self.name
        folder.mkdir(parents=True, exist_ok=True)
        # Without the flag, debugpy prints a warning about frozen modules into the kernel's stderr.
        argv = [str(self.python), "-Xfrozen_modules=off", "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        text = json.dumps({"argv": argv, "display_name": self.name, "language": "python"})
        (folder / "kernel.json").write_text(text, encoding="utf-8")


CURRENT = Spec("current", Path(sys.executable))
