"""What a person may set once: `%config VideoMagics`, or the arguments of a `Session`."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs
from traitlets import Bool, Enum, Float, Unicode
from traitlets.config.configurable import Configurable

MEGABYTE = 2**20


class Settings(Configurable):
    """The settings; `%config VideoMagics` lists them with this help."""

    model = Unicode("", help="Default model (a short name or an id); empty: the first one whose key is set.").tag(
        config=True
    )
    folder = Unicode("videos", help="Where videos go; a relative folder is beside the notebook.").tag(config=True)
    wait = Enum(
        ["auto", "always", "never"],
        "auto",
        help="Whether a cell waits for its video: auto (only where nobody could see it finish), always or never.",
    ).tag(config=True)
    embed = Enum(
        ["auto", "always", "never"],
        "auto",
        help="Whether a video is put into the notebook: auto (up to embed_limit, always on Colab), always or never.",
    ).tag(config=True)
    embed_limit = Float(8.0, min=0.0, help="The largest video that is embedded, in megabytes (2**20 bytes).").tag(
        config=True
    )
    max_cost = Unicode("", help="Refuse a job above this estimate, as 5, 2CNY or 0.3USD; empty: no limit.").tag(
        config=True
    )
    autoplay = Bool(False, help="Start videos by themselves, muted, as browsers demand.").tag(config=True)
    loop = Bool(False, help="Play videos again and again.").tag(config=True)
    updates = Float(4.0, min=0.2, max=4.0, help="How often a card is redrawn, at most, in times a second.").tag(
        config=True
    )
    sandbox_seconds = Float(3.0, min=0.0, help="How long the embedded sandbox takes for a job, in seconds.").tag(
        config=True
    )


def home() -> Path:
    """Return the folder of the journal: VIDMAGIC_HOME, else the platform's user data folder."""
    return Path(os.environ.get("VIDMAGIC_HOME") or platformdirs.user_data_dir("vidmagic", appauthor=False)).expanduser()


def notebook_folder() -> Path:
    """Return the folder of the notebook: Jupyter names it in the environment, elsewhere it is the working folder."""
    session = os.environ.get("JPY_SESSION_NAME", "")
    beside = Path(session).parent
    return beside if session.startswith("/") and beside.is_dir() else Path.cwd()
