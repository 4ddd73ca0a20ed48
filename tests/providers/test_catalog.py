"""Models are looked up by id or short name; a broken plug-in does not affect other models."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import pytest

from tests.engine.tiny import Tiny
from vidmagic.errors import InvalidRequest
from vidmagic.providers.catalog import Catalog


@pytest.fixture
def plug_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Install a module as a plug-in, the way a wheel would: code and entry points on the path."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def install(name: str, code: str, target: str = "Plugin") -> None:
        monkeypatch.delitem(sys.modules, f"plug_{name}", raising=False)
        (tmp_path / f"plug_{name}.py").write_text(code)
        facts = tmp_path / f"plug_{name}-1.0.dist-info"
        facts.mkdir()
        (facts / "METADATA").write_text(f"Metadata-Version: 2.1\nName: plug-{name}\nVersion: 1.0\n")
        (facts / "entry_points.txt").write_text(f"[vidmagic.providers]\n{name} = plug_{name}:{target}\n")

    return install


GOOD = "from tests.engine.tiny import Tiny as Plugin"
CLASH = """
from tests.engine.tiny import Tiny
from vidmagic.spec.models import Mode, Model
class Plugin(Tiny):
    models = (
        Model("tiny/a", "Hailuo", "A", (), (Mode("text"),)),
        Model("DMXAPI/minimax-hailuo-02", "b", "B", (), (Mode("text"),)),
        Model("tiny/c", "c", "C", (), (Mode("text"),)),
    )
"""


def test_a_plug_in_adds_its_models(plug_in) -> None:
    """The models of a plug-in are listed after the built-in ones."""
    plug_in("aaa", GOOD)
    catalog = Catalog()
    assert type(catalog.find_model("tiny")[0]) is Tiny
    assert (list(catalog)[-1].id, catalog.broken) == ("tiny/one", {})


def test_the_order_of_lists(plug_in) -> None:
    """Models stand by service, retired ones last, a second name nowhere; all of them are there by `ordered`."""
    plug_in("aaa", GOOD)
    catalog = Catalog()
    shown = catalog.offered()
    services = [model.id.partition("/")[0] for model in shown]
    assert list(dict.fromkeys(services)) == ["dmxapi", "vidu", "tiny", "apiyi"]
    assert len([name for name, after in itertools.pairwise(services) if name != after]) == 3
    assert (shown[-1].id, shown[-1].retired) == ("apiyi/sora_video2", "2026-09-24")
    assert {model.alias_of for model in shown} == {""}
    assert sorted(model.id for model in catalog.ordered()) == sorted(model.id for model in catalog)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("x = ", "SyntaxError"),
        ("pass", "AttributeError"),
        ("def Plugin(): raise RuntimeError('no licence')", "RuntimeError: no licence"),
        ("class Plugin: pass", "AttributeError"),
        ("class Plugin:\n    models = (1,)", "AttributeError"),
        ("class Plugin:\n    models = None", "TypeError"),
    ],
    ids=["import", "syntax", "no name", "raises", "no models", "odd models", "none"],
)
def test_a_plug_in_that_breaks_is_listed(plug_in, code: str, message: str) -> None:
    """A plug-in that does not load is listed with its error; all other models are available."""
    whole = [model.id for model in Catalog()]
    plug_in("broken", code)
    catalog = Catalog()
    assert [model.id for model in catalog] == whole
    assert message in catalog.broken["broken"]
    with pytest.raises(InvalidRequest, match=r"1 plug-in\(s\) did not load: broken"):
        catalog.find_model("something")


def test_a_name_that_is_taken(plug_in) -> None:
    """A plug-in cannot replace a built-in id or short name, in upper or lower case; its other models are available."""
    plug_in("aaa", CLASH)
    catalog = Catalog()
    assert catalog.find_model("HAILUO")[1].id == "dmxapi/MiniMax-Hailuo-2.3"
    assert catalog.find_model("hailuo-02")[1].title == "Hailuo 02"
    assert catalog.find_model("c")[1].id == "tiny/c"
    assert "hailuo is already the name of a model of hailuo" in catalog.broken["aaa"]
    assert "minimax-hailuo-02 is already" in catalog.broken["aaa"]


@pytest.mark.parametrize("name", ["hailuo", "Hailuo", "dmxapi/MiniMax-Hailuo-2.3", "DMXAPI/minimax-hailuo-2.3"])
def test_a_model_has_an_id_and_a_short_name(name: str) -> None:
    """Either one identifies the model, in upper or lower case."""
    assert Catalog().find_model(name)[1].id == "dmxapi/MiniMax-Hailuo-2.3"


@pytest.mark.parametrize(("name", "nearest"), [("hailo", "hailuo"), ("SORRA", "sora"), ("dmxapi/MiniMax-Hailuo", "")])
def test_an_unknown_name_is_an_error(name: str, nearest: str) -> None:
    """The error proposes the nearest known name; no model is guessed."""
    with pytest.raises(InvalidRequest, match=f"no model is called .*did you mean .*{nearest}"):
        Catalog().find_model(name)


def test_the_models_of_the_contract() -> None:
    """Every id of the contract's table exists, with its short name and a documented source."""
    catalog = Catalog()
    table = {
        "hailuo": "dmxapi/MiniMax-Hailuo-2.3", "hailuo-02": "dmxapi/MiniMax-Hailuo-02", "sora": "apiyi/sora_video2",
        "apiyi/sora_video2-landscape": "apiyi/sora_video2-landscape", "apiyi/sora_video2-15s": "apiyi/sora_video2-15s",
        "apiyi/sora_video2-landscape-15s": "apiyi/sora_video2-landscape-15s", "vidu": "vidu/vidu2.0",
        "vidu1.5": "vidu/vidu1.5", "viduq2": "dmxapi/viduq2-pro",
        "seedance": "dmxapi/doubao-seedance-1-5-pro-responses",
    }  # fmt: skip
    assert {short: catalog.find_model(short)[1].id for short in table} == table
    assert catalog.broken == {}
    for model in catalog:
        assert model.source
        assert model.title
        assert all(param.help for param in model.params)
        assert catalog.find_model(model.id)[0].service.name == model.id.partition("/")[0]
        assert catalog.short(model.id) == model.short


def test_short_name_of_an_unknown_model() -> None:
    """An old job of a plug-in that is no longer installed is shown by the end of its model id."""
    assert Catalog().short("gone/model-1") == "model-1"


def test_a_provider_can_be_added_in_code() -> None:
    """A provider can be added to one catalog without being installed; adding it twice is an error."""
    catalog = Catalog()
    catalog.add(Tiny())
    assert catalog.find_model("tiny/one")[1] is Tiny.models[0]
    catalog.add(Tiny())
    assert "tiny is already the name of a model of Tiny" in catalog.broken["Tiny"]
