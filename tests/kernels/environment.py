"""The environment of a server or kernel under test, without the settings of the person who runs the tests."""

from __future__ import annotations

import os
import site
from collections.abc import Mapping
from pathlib import Path


def private(home: Path, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return this process's environment with every user folder under `home`, and with `extra` added.

    API keys and vidmagic's own settings are left out, so that no test can spend real money.
    """
    public = {name: value for name, value in os.environ.items() if not _personal(name)}
    return {
        **public,
        "HOME": str(home),
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "PYTHONUSERBASE": site.getuserbase(),  # packages installed with --user are looked for under HOME
        **(extra or {}),
    }


def _personal(name: str) -> bool:
    return name.endswith("_API_KEY") or name.startswith(("VIDMAGIC_", "XDG_", "JUPYTER_"))
