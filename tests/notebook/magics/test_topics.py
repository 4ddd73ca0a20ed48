"""The topics of `%video help TOPIC`: each has a page, and what the page says is what the code has."""

from __future__ import annotations

import re

import pytest

import vidmagic
from tests.notebook.cells import Run
from vidmagic.engine.states import STATES
from vidmagic.errors import InvalidRequest
from vidmagic.notebook.magics import topic_pages
from vidmagic.notebook.magics.flag_reader import by_written
from vidmagic.notebook.magics.run_flags import RUN, all_flags
from vidmagic.notebook.magics.topics import TOPICS
from vidmagic.notebook.magics.verbs import VERBS
from vidmagic.providers.catalog import Catalog
from vidmagic.providers.services import CHAT
from vidmagic.session.settings import params


def test_topics_have_pages(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """`%video help TOPIC` shows a page, the list of commands names each topic, and a misspelt one names the nearest."""
    run("%video help")
    general = capsys.readouterr().out
    for topic in TOPICS:
        run(f"%video help {topic}")
        assert re.match(r"[A-Z][a-z ]+: .+\.\n\n", capsys.readouterr().out)
        assert topic in general
    with pytest.raises(InvalidRequest, match=r"did you mean settings\?.* topics are keys, prices, "):
        run("%video help setings")


def test_a_topic_is_not_a_command() -> None:
    """A word after `help` means one thing."""
    assert not {*TOPICS} & {*VERBS}


def test_pages_of_topics_have_what_the_code_has() -> None:
    """Each state with what it may have cost, each setting, each service and its variables, each provider and model."""
    catalog = Catalog()
    states = topic_pages.page("states", catalog)
    assert all(re.search(rf"^{state.name} +{state.label} ", states, re.MULTILINE) for state in STATES.values())
    settings = topic_pages.page("settings", catalog)
    assert all(re.search(rf"^{param.name} +{param.describe()}", settings, re.MULTILINE) for param in params())
    keys = topic_pages.page("keys", catalog)
    assert all(service.key_env in keys and service.url_env in keys for service in catalog.services())
    providers = topic_pages.page("providers", catalog)
    assert all(model.short in providers for model in catalog)


@pytest.mark.parametrize("topic", TOPICS)
def test_a_page_names_what_exists(topic: str) -> None:
    """Each command, flag, setting, variable and public name in a page is one."""
    catalog = Catalog()
    page = topic_pages.page(topic, catalog)
    settings = {param.name for param in params()}
    flags = {*by_written(flag for verb in VERBS.values() for flag in verb.flags), *RUN, *all_flags(catalog)}
    variables = {f"VIDMAGIC_{name.upper()}" for name in (*settings, "sandbox", "home")}
    variables |= {service.url_env for service in catalog.services()} | {CHAT.url_env, CHAT.key_env}
    assert {*re.findall(r"(?<!%)%video ([a-z]+)", page)} <= {*VERBS}
    assert {*re.findall(r"(?<![\w-])--[a-z-]+", page)} <= {*flags, "--execute", "--to"}  # two are nbconvert's
    assert {*re.findall(r"VideoMagics\.(\w+)", page)} <= settings
    assert {*re.findall(r"VIDMAGIC_[A-Z_]+[A-Z]", page)} <= variables
    assert all(hasattr(vidmagic, name) for name in re.findall(r"\bvidmagic\.(\w+)\(", page))


def test_a_plug_in_that_did_not_load_is_named() -> None:
    """The page about providers says why one is missing."""
    catalog = Catalog()
    catalog.broken["mine"] = "ImportError: no module"
    assert "mine did not load: ImportError: no module" in topic_pages.page("providers", catalog)


@pytest.mark.parametrize("topic", TOPICS)
def test_no_line_of_a_page_is_too_long(topic: str) -> None:
    """A cell's output shows the page without scrolling sideways, and nothing is left to be filled in."""
    page = topic_pages.page(topic, Catalog())
    assert max(map(len, page.splitlines())) <= 120
    assert "{table}" not in page
