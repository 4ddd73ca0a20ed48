"""A setting is taken from the nearest source that has it, and an error names what was probably meant."""

from __future__ import annotations

import os
import re
import sys
import types
from collections.abc import Callable
from pathlib import Path

import pytest
from traitlets import TraitError
from traitlets.config import Config

from vidmagic.errors import InvalidRequest
from vidmagic.notebook.magics import topic_pages
from vidmagic.providers.catalog import Catalog
from vidmagic.session.reports.doctor import examine
from vidmagic.session.session import Session
from vidmagic.session.settings import Settings, params

OTHERS: dict[str, tuple[str, object]] = {
    "model": ("sora", "sora"),
    "chat_model": ("a-writer", "a-writer"),
    "folder": ("takes", "takes"),
    "wait": ("never", "never"),
    "embed": ("never", "never"),
    "embed_limit": ("2.5", 2.5),
    "max_cost": ("2CNY", "2CNY"),
    "autoplay": ("1", True),
    "loop": ("yes", True),
    "updates": ("1", 1.0),
    "sandbox_seconds": ("0.5", 0.5),
    "trusted_networks": ("10.8.0.0/16", "10.8.0.0/16"),
    "sweep_cost": ("5CNY", "5CNY"),
    "sweep_limit": ("20", 20),
    "prices": ("kling=0.9CNY/s", "kling=0.9CNY/s"),
    "names": ("dates", "dates"),
    "recipe": ("no", False),
}


def project(folder: Path, text: str) -> None:
    """Write a project's file with these settings."""
    (folder / "pyproject.toml").write_text(f"[project]\nname = 'kites'\n[tool.vidmagic]\n{text}\n", encoding="utf-8")


@pytest.mark.parametrize("name", [param.name for param in params()])
def test_every_setting_has_its_variable(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`VIDMAGIC_` and the setting's name in capitals sets it; `%video help settings` has the setting and the rule."""
    text, value = OTHERS[name]
    assert getattr(Settings(), name) != value
    monkeypatch.setenv(f"VIDMAGIC_{name.upper()}", text)
    assert getattr(Settings(), name) == value
    page = topic_pages.page("settings", Catalog())
    assert re.search(rf"^{name} ", page, re.MULTILINE)
    assert "VIDMAGIC_ and the name in capitals" in page


def test_the_nearest_source_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`%config` goes before the environment, that before the project's file, and that before the default."""
    assert Settings().wait == "auto"
    project(tmp_path, "wait = 'never'\nloop = true")
    assert Settings().wait == "never"
    monkeypatch.setenv("VIDMAGIC_WAIT", "always")
    assert (Settings().wait, Settings().loop) == ("always", True)
    assert Settings(config=Config({"Settings": {"wait": "auto"}})).wait == "auto"
    chosen = Settings()
    chosen.wait = "auto"
    assert chosen.wait == "auto"


def test_the_file_is_that_of_the_notebooks_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is looked for from the notebook's folder upwards, and the nearest one is the project's."""
    project(tmp_path, "embed-limit = 3")
    notebooks = tmp_path / "notebooks" / "deep"
    notebooks.mkdir(parents=True)
    monkeypatch.setenv("JPY_SESSION_NAME", str(notebooks / "kite.ipynb"))
    assert Settings().embed_limit == 3.0
    (notebooks / "pyproject.toml").write_text("[project]\nname = 'another'\n", encoding="utf-8")
    assert Settings().embed_limit == 8.0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("modle = 'sora'", "modle: is not a setting (did you mean model?)"),
        ("wait = 'alwys'", "wait: must be auto, always or never, not alwys (did you mean always?)"),
        ("loop = 'perhaps'", "loop: must be yes or no, not 'perhaps'"),
        ("embed_limit = -1", "embed_limit: must be 0 to 1000 MB, not -1.0"),
        ("max_cost = 'much'", "max_cost: 'much' is not an amount: write 5, 2CNY or 0.3USD"),
        ("dmxapi_api_key = 'vmCANARY'", "dmxapi_api_key: is not a setting"),
        ("wait =", "cannot be read"),
    ],
)
def test_a_mistake_in_the_file_names_what_was_meant(tmp_path: Path, text: str, message: str) -> None:
    """It is an InvalidRequest that names the file, the setting and what it takes, and repeats no key."""
    project(tmp_path, text)
    with pytest.raises(InvalidRequest) as refused:
        Settings().model  # noqa: B018
    assert str(tmp_path / "pyproject.toml") in refused.value.message
    assert message in refused.value.message
    assert "vmCANARY" not in refused.value.message


def test_mistakes_in_the_environment_come_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each variable that is nearly a setting or has a wrong value is named; those of others are left alone."""
    monkeypatch.setenv("VIDMAGIC_MODLE", "sora")
    monkeypatch.setenv("VIDMAGIC_WAIT", "nevre")
    monkeypatch.setenv("VIDMAGIC_PORT_8888_TCP", "tcp://10.0.0.1:8888")
    monkeypatch.setenv("VIDMAGIC_ELSEWHERE_URL", "https://example.org")
    with pytest.raises(InvalidRequest) as refused:
        Settings().wait  # noqa: B018
    assert "VIDMAGIC_MODLE: is not a setting (did you mean model?)" in refused.value.message
    assert "VIDMAGIC_WAIT: must be auto" in refused.value.message
    assert "8888" not in refused.value.message


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that is set to nothing is as good as not set."""
    monkeypatch.setenv("VIDMAGIC_WAIT", "")
    assert Settings().wait == "auto"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("model", "hailou", "did you mean hailuo"),
        ("folder", " ", "is not a folder"),
        ("embed", "sometimes", "auto, always or never"),
        ("embed_limit", float("nan"), "must be a number"),
        ("max_cost", "5 pounds", "write 5, 2CNY or 0.3USD"),
        ("autoplay", "maybe", "yes or no"),
        ("updates", 50, "0.2 to 4 times a second"),
    ],
)
def test_a_wrong_value_names_the_choices_and_changes_nothing(name: str, value: object, message: str) -> None:
    """What is taken stands in the message, and the old value stays."""
    settings = Settings()
    before = getattr(settings, name)
    with pytest.raises(TraitError, match=message):
        setattr(settings, name, value)
    assert getattr(settings, name) == before


def test_values_are_read_as_people_write_them() -> None:
    """A number does for an amount, a word for yes, an empty text for no model and no limit."""
    settings = Settings()
    settings.max_cost, settings.loop, settings.model = 5, "yes", "sora"
    assert (settings.max_cost, settings.loop, settings.model) == ("5", True, "sora")
    settings.max_cost, settings.model = "", ""
    assert (settings.max_cost, settings.model) == ("", "")


def test_the_doctor_names_what_was_set_outside(make_session: Callable[[], Session], tmp_path: Path) -> None:
    """The doctor lists what the project sets, and marks a mistake there."""
    project(tmp_path, "wait = 'never'")
    findings = {finding.part: finding for finding in examine(make_session())}
    assert "wait = never" in findings["settings"].text
    project(tmp_path, "wait = 'nevr'")
    assert [finding.good for finding in examine(make_session()) if finding.part == "settings"] == [False]


@pytest.mark.parametrize(("setting", "embed"), [("auto", "always"), ("never", "never"), ("always", "always")])
def test_colab_always_embeds(
    make_session: Callable[[], Session], monkeypatch: pytest.MonkeyPatch, setting: str, embed: str
) -> None:
    """On Colab no page sees the file beside a notebook, so `auto` puts every video into it."""
    monkeypatch.setitem(sys.modules, "google.colab", types.ModuleType("google.colab"))
    session = make_session()
    session.settings.embed = setting
    assert session.display().embed == embed


@pytest.mark.parametrize("value", ["../elsewhere", "/elsewhere", "~/elsewhere", "videos/../../elsewhere"])
def test_a_project_file_keeps_videos_in_the_project(tmp_path: Path, value: str) -> None:
    """The folder of a project file, which may come from somebody else, lies in that project."""
    (Path.cwd() / "pyproject.toml").write_text(f"[tool.vidmagic]\nfolder = {value!r}\n", encoding="utf-8")
    with pytest.raises(InvalidRequest, match="is outside the project"):
        Settings().folder  # noqa: B018


def test_a_project_file_of_another_user_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a shared folder anybody can put a pyproject.toml: its settings are not taken."""
    path = Path.cwd() / "pyproject.toml"
    path.write_text("[tool.vidmagic]\nmodel = 'sora'\n", encoding="utf-8")
    monkeypatch.setattr(os, "getuid", lambda: path.stat().st_uid + 1)
    assert Settings().model == ""


@pytest.mark.parametrize(("word", "value"), [("1", True), ("YES", True), (" on ", True), ("0", False), ("Off", False)])
def test_every_boolean_variable_takes_the_same_words(monkeypatch: pytest.MonkeyPatch, word: str, value: bool) -> None:
    """A setting that is yes or no is written in the environment as VIDMAGIC_SANDBOX is."""
    monkeypatch.setenv("VIDMAGIC_AUTOPLAY", word)
    assert Settings().autoplay is value
