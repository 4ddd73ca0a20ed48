"""The settings: from `%config VideoMagics`, the environment, or the project's pyproject.toml, in this order."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from traitlets import TraitError, TraitType
from traitlets.config.configurable import Configurable

from vidmagic.http.url_policy import Networks, read_networks
from vidmagic.media.display import DisplayOptions
from vidmagic.spec.params import Param, Value

if TYPE_CHECKING:
    from vidmagic.engine.run.plan_file import FileOptions

MEGABYTE = 2**20
WHEN = ("auto", "always", "never")
NAMES = ("words", "dates")


class Setting(TraitType[Any, Any]):
    """One setting as a trait. Its Param checks the values; its default may come from outside the notebook."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.param = Param(*args, **kwargs)
        super().__init__(self.param.default, help=f"{self.param.help} ({self.param.describe()})")
        self.tag(config=True)

    def default(self, obj: Any = None) -> Any:
        """Return the value of the environment or the project, else the built-in default; traitlets calls this once."""
        return self.default_value if obj is None else obj.elsewhere.get(self.name, self.default_value)

    def validate(self, obj: Any, value: object) -> Value:
        """Return *value* as this setting's kind. Raises TraitError, which names what is taken."""
        try:
            read = read_setting(self.param, value)
            if self.name == "model" and obj.is_made:  # not at the start: the check imports much
                _check_model(read)
        except ValueError as problem:
            raise TraitError(f"{self.name}: {problem}") from None
        return read


class Settings(Configurable):
    """The settings; `%config VideoMagics` lists them with this help."""

    model = Setting("model", str, "model when a cell names none; empty: the first one whose key is set", "")
    chat_model = Setting(
        "chat_model", str, "language model that improves prompts; empty: the one that the service's document names", ""
    )
    folder = Setting("folder", str, "where videos go; a relative folder is beside the notebook", "videos")
    names = Setting(
        "names", str, "how new videos are named: by shot, take and words, or by date, model and id", "words", NAMES
    )
    recipe = Setting("recipe", bool, "whether a new MP4 carries what made it, for %video open", default=True)
    wait = Setting(
        "wait", str, "whether a cell waits for its video; auto: only where nobody could see it finish", "auto", WHEN
    )
    embed = Setting(
        "embed", str, "whether the notebook carries the video; auto: up to embed_limit, on Colab always", "auto", WHEN
    )
    embed_limit = Setting(
        "embed_limit", float, "largest video that is embedded, in 2**20 bytes", 8.0, low=0, high=1000, unit="MB"
    )
    max_cost = Setting("max_cost", str, "refuse a job above this estimate: 5, 2CNY or 0.3USD; empty: no limit", "")
    prices = Setting(
        "prices",
        str,
        "your own prices, which go before the documents': kling=0.9CNY/s, wan=3.5CNY for a whole video",
        "",
    )
    sweep_limit = Setting("sweep_limit", int, "new videos of one sweep that need no --yes", 12, low=0, high=10_000)
    sweep_cost = Setting("sweep_cost", str, "sum of one sweep that needs no --yes: 5, 2CNY; empty: any", "")
    autoplay = Setting("autoplay", bool, "start videos by themselves, muted, as browsers demand", default=False)
    loop = Setting("loop", bool, "play videos again and again", default=False)
    updates = Setting(
        "updates", float, "how often a card is redrawn, at most", 4.0, low=0.2, high=4, unit="times a second"
    )
    trusted_networks = Setting(
        "trusted_networks", str, "networks of a VPN or proxy that links may lead into: 10.0.0.0/8,fd00::/8", ""
    )
    sandbox_seconds = Setting(
        "sandbox_seconds", float, "how long the embedded sandbox takes for a job", 3.0, low=0, high=3600, unit="s"
    )

    is_made = False

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.is_made = True

    @functools.cached_property
    def elsewhere(self) -> dict[str, Value]:
        """The settings from outside the notebook, read when the first one is needed. Raises InvalidRequest."""
        from vidmagic.session.settings_sources import elsewhere

        return elsewhere(params(), notebook_folder(), read_setting)


def params() -> list[Param]:
    """Return the description of each setting."""
    return [trait.param for trait in Settings.class_traits(config=True).values() if isinstance(trait, Setting)]


def read_setting(param: Param, value: object) -> Value:
    """Return *value* as *param*'s kind; amounts and folders are checked too. Raises ValueError."""
    if param.name in {"max_cost", "sweep_cost"} and isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if param.name == "prices":
        from vidmagic.session.own_prices import as_text, read_prices

        value = as_text(value) if isinstance(value, Mapping) else value
        read_prices(str(value))
    read = param.read(value)
    if param.name in {"max_cost", "sweep_cost"} and read != "":
        from vidmagic.session.cost_limit import read_amount

        read_amount(str(read))
    if param.name == "trusted_networks":
        read_networks(str(read))
    if param.name == "folder" and (not str(read).strip() or Path(str(read)).expanduser().is_file()):
        raise ValueError(f"{read!r} is not a folder: write videos or ~/videos, or . for the notebook's own")
    return read


def _check_model(name: Value) -> None:
    """Raise InvalidRequest, with the nearest name, for a model that does not exist."""
    from vidmagic.providers.catalog import Catalog

    if name:
        Catalog().find_model(str(name))


def display_options(settings: Settings) -> DisplayOptions:
    """Return how videos are shown by the settings as they are now."""
    embed = settings.embed
    if embed == "auto" and "google.colab" in sys.modules:  # its pages cannot see the files beside a notebook
        embed = "always"
    return DisplayOptions(
        embed=embed,
        embed_limit=int(settings.embed_limit * MEGABYTE),
        autoplay=settings.autoplay,
        loop=settings.loop,
        beside=notebook_folder(),
    )


def file_options(settings: Settings) -> FileOptions:
    """Return how finished videos are stored by the settings as they are now."""
    from vidmagic.engine.run.plan_file import FileOptions  # imports much, and the extension needs it for no cell

    return FileOptions(recipe=settings.recipe, names=settings.names)


def trusted_networks(settings: Settings) -> Networks:
    """Return the networks that links may lead into as if they were public."""
    return read_networks(settings.trusted_networks)


def home() -> Path:
    """Return the folder of the journal: VIDMAGIC_HOME, else the platform's user data folder."""
    import platformdirs  # the extension loads without it

    return _resolve_once(os.environ.get("VIDMAGIC_HOME") or platformdirs.user_data_dir("vidmagic", appauthor=False))


@functools.cache
def _resolve_once(folder: str) -> Path:
    """Return a folder as an absolute path, the same one also when the working folder has changed since."""
    return Path(folder).expanduser().absolute()


def notebook_folder() -> Path:
    """Return the folder of the notebook: Jupyter names it in the environment, elsewhere it is the working folder."""
    session = os.environ.get("JPY_SESSION_NAME", "")
    beside = Path(session).parent
    return beside if session.startswith("/") and beside.is_dir() else Path.cwd()
