"""What can be refused here is refused here, all of it at once, and nothing is changed on the way."""

from __future__ import annotations

import dataclasses
import io
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tests.engine.tiny import Tiny
from vidmagic.errors import InvalidRequest, TooExpensive
from vidmagic.providers.catalog import Catalog
from vidmagic.session.cost_limit import check_cost, read_amount
from vidmagic.session.planning import Plan, make_plan
from vidmagic.spec.models import ImageLimits, Mode, Model
from vidmagic.spec.params import AllowedCombinations, Param
from vidmagic.spec.price import Price
from vidmagic.spec.request import Request

LIMITS = ImageLimits(formats=("png",), size=2**20, quotient=(0.8, 1.25))
MODEL = Model(
    "tiny/one",
    "tiny",
    "Tiny",
    (
        Param("duration", int, "s", 6, (6, 10)),
        Param("size", str, "p", "s", ("s", "l")),
        Param("seed", int, "n"),
        Param("style", str, "t", "plain", ("plain", "rich")),
    ),
    (
        Mode("text", together=(AllowedCombinations(("size", "duration"), frozenset({("s", 6), ("s", 10), ("l", 6)})),)),
        Mode("image", inputs={"image": (1, 1)}, limits=LIMITS, without=frozenset({"style"}), prompt_needed=False),
        Mode("two", inputs={"image": (1, 1), "last_image": (1, 1)}, limits=LIMITS, defaults={"duration": 10}),
        Mode("many", inputs={"reference": (1, 3)}, limits=LIMITS),
    ),
    longest_prompt=20,
    price=lambda request: Price(Decimal(request.params["duration"]) / 2, "CNY", "here", "2026-11-20"),
    warn=lambda request: ["mind the gap"] if "gap" in request.prompt else [],
    note="an old model",
)


def plan(prompt: str = "a kite", model: Model = MODEL, **given: Any) -> Plan:
    """Plan a request."""
    return make_plan(Tiny(), model, prompt, given, in_sandbox=False)


def refused(prompt: str = "a kite", model: Model = MODEL, **given: Any) -> str:
    """Return why a request is refused."""
    with pytest.raises(InvalidRequest) as error:
        plan(prompt, model, **given)
    return error.value.message


@pytest.fixture
def png(tmp_path: Path) -> str:
    """Return the path of a picture."""
    Image.new("RGB", (64, 48), "teal").save(tmp_path / "a.png")
    return str(tmp_path / "a.png")


def test_defaults_are_named() -> None:
    """Every parameter with a default is in the request; one without is absent, and seed 0 is a seed."""
    assert plan().request.params == {"duration": 6, "size": "s", "style": "plain"}
    assert plan(seed=0).request.params["seed"] == 0
    assert plan(seed=None, duration=None).request == plan().request


def test_the_images_choose_the_mode(png: str) -> None:
    """No image, one, two, several: each is a mode, with its own defaults and without what does not belong there."""
    assert plan().request.mode == "text"
    assert plan(image=png).request.mode == "image"
    assert "style" not in plan(image=png).request.params
    two = plan(image=png, last_image=png).request
    assert (two.mode, two.params["duration"], [image.role for image in two.inputs]) == (
        "two",
        10,
        ["image", "last_image"],
    )
    assert len(plan(reference=[png, png]).request.inputs) == 2
    assert plan(image=png, last_image=png, duration=6).request.params["duration"] == 6


def test_a_prompt_can_imply_parameters(png: str) -> None:
    """What a prompt implies takes the place of defaults, yields to what is given, and stays out of other modes."""
    model = dataclasses.replace(MODEL, implied=lambda prompt, _: {"duration": 10, "style": "rich"} if prompt else {})
    assert plan("a long kite", model).request.params == {"duration": 10, "size": "s", "style": "rich"}
    assert plan("a long kite", model, duration=6).request.params["duration"] == 6
    assert plan("a long kite", model, image=png).request.params == {"duration": 10, "size": "s"}


@pytest.mark.parametrize(
    ("roles", "message"),
    [
        (["last_image"], "not 1 × last_image"),
        (["image", "reference"], "not 1 × image and 1 × reference"),
        (["reference"] * 4, "not 4 × reference"),
    ],
)
def test_images_that_fit_no_mode(png: str, roles: list[str], message: str) -> None:
    """Images that no mode takes are refused with what there is; no file is read for it."""
    given = {role: [png] * roles.count(role) for role in roles}
    assert message in refused(**given)
    assert "takes text alone, a first frame (image), a first frame (image) and a last frame" in refused(**given)


def test_what_does_not_belong_to_the_mode(png: str) -> None:
    """A parameter of another mode is refused, not dropped."""
    assert refused(image=png, style="rich") == "style does not go with image mode"


def test_what_does_not_go_together() -> None:
    """A combination that the document does not list is refused, also when half of it is a default."""
    assert "size l, duration 10 do not go together" in refused(size="l", duration=10)
    assert plan(size="l").request.params["size"] == "l"


def test_a_pair_that_does_not_match(tmp_path: Path, png: str) -> None:
    """First and last frame must be of like shape where the service says so."""
    Image.new("RGB", (48, 64)).save(tmp_path / "b.png")
    assert "0.8" in refused(image=png, last_image=str(tmp_path / "b.png"))


@pytest.mark.parametrize("empty", ["", " ", "\n\t", "\u3000\xa0", "\u200b\ufeff"])
def test_an_empty_prompt(png: str, empty: str) -> None:
    """A prompt of blanks is empty, whatever blanks; a mode that needs none takes it."""
    assert refused(empty) == "the prompt is empty"
    assert plan(empty, image=png).request.prompt == empty


def test_a_prompt_is_never_cut() -> None:
    """One character too many is refused with both numbers; characters are counted as people count them in Python."""
    assert plan("😀" * 20).request.prompt == "😀" * 20
    assert refused("😀" * 21) == "the prompt has 21 characters; tiny takes at most 20"


@pytest.mark.parametrize(
    ("prompt", "message"),
    [
        ("a\x00b", r"'\x00' at position 2"),
        ("\x1b[31m", r"'\x1b' at position 1"),
        ("ab\ud800", r"'\ud800' at position 3"),
    ],
)
def test_characters_that_nobody_typed(prompt: str, message: str) -> None:
    """Control characters and halves of pairs are refused where they stand."""
    assert refused(prompt) == f"the prompt holds the control character {message}"


@pytest.mark.parametrize("prompt", ["a\r\nb\tc", "مرحبا \u202b", "e\u0301 👩‍👩‍👧", "<b>&amp;\"'`$x$", "{{a}} {b}"])
def test_every_other_prompt_is_as_typed(prompt: str) -> None:
    """Line ends, marks of direction, combining signs and markup go out as they came in."""
    assert plan(prompt).request.prompt == prompt


@pytest.mark.parametrize("prompt", [None, 5, b"bytes", ["a"]])
def test_a_prompt_that_is_no_text(prompt: Any) -> None:
    """Anything but text is refused as a request, not as a fault."""
    assert "not text" in refused(prompt)


def test_all_problems_at_once() -> None:
    """One error names every problem, and where to read what is taken."""
    with pytest.raises(InvalidRequest) as error:
        plan("x" * 21, duration=7, sze="l", seed="many")
    for message in (
        "duration must be 6 or 10, not 7",
        "did you mean size?",
        "seed must be a whole number, not 'many'",
        "21 characters",
    ):
        assert message in error.value.message
    assert error.value.hint == "`%video models tiny` lists what it takes."
    assert error.value.charged == "no"


def test_notes_advise_and_never_refuse() -> None:
    """A model's note and its warnings on the prompt stand on the card."""
    assert plan("mind the gap").notes == ("an old model", "mind the gap")


# -- price


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("5", ("5", "")), ("2CNY", ("2", "CNY")), (" 0.30 usd ", ("0.30", "USD")), ("0", ("0", "")), (7, ("7", "")),
        (0.5, ("0.5", "")),
    ],
)  # fmt: skip
def test_amounts(text: Any, amount: tuple[str, str]) -> None:
    """A number alone is in the model's own currency; a currency may follow."""
    assert read_amount(text) == (Decimal(amount[0]), amount[1])


@pytest.mark.parametrize("text", ["", "-1", "five", "¥2", "2 C", "1e3", "NaN", "inf", "1,50", "2CNYX", None, True])
def test_what_is_not_an_amount(text: Any) -> None:
    """A limit that cannot be read is refused, not ignored."""
    with pytest.raises(InvalidRequest, match="is not an amount"):
        read_amount(text)


@pytest.mark.parametrize("limit", ["3", "3.00", "3CNY", "3 cny", "99", ""])
def test_within_the_limit(limit: str) -> None:
    """An estimate of just the limit is allowed; no limit allows all."""
    check_cost(plan(), limit)


@pytest.mark.parametrize("limit", ["2.99", "0", "2.99CNY", "100USD"])
def test_above_the_limit(limit: str) -> None:
    """A higher estimate, or a limit in a currency that cannot be compared, is refused."""
    with pytest.raises(TooExpensive, match=r"¥3\.00"):
        check_cost(plan(), limit)


def test_a_price_that_nobody_knows() -> None:
    """An unknown price is above every limit, and never 0."""
    unknown = plan(model=Model("tiny/one", "tiny", "Tiny", (), (Mode("text"),)))
    assert unknown.price is None
    check_cost(unknown, "")
    with pytest.raises(TooExpensive, match="unknown"):
        check_cost(unknown, "1000")


def test_a_sandbox_job_costs_nothing() -> None:
    """No limit refuses a sandbox job."""
    check_cost(make_plan(Tiny(), MODEL, "a kite", {}, in_sandbox=True), "0")


# -- the models there are


@pytest.mark.parametrize("model", list(Catalog()), ids=lambda model: model.short)
def test_every_model_has_a_price_and_limits(model: Model) -> None:
    """Defaults are allowed values, in every mode, and a price has a source and a date."""
    names = {param.name for param in model.params}
    for mode in model.modes:
        assert mode.without <= names
        assert set(mode.defaults) <= names
        for rule in mode.together:
            assert set(rule.names) <= names
    for param in model.params:
        if param.default is not None:
            assert param.read(param.default) == param.default
    params = {param.name: param.default for param in model.params if param.default is not None}
    price = model.price(Request(model.id, "", params, mode=model.modes[0].name))
    if price is not None:
        assert price.source
        assert price.date >= "2026-01-01"
        assert price.amount > 0


@pytest.mark.parametrize("name", ["callback_url", "wm_url"])
@pytest.mark.parametrize(
    "link",
    [
        "http://example.com/x",
        "file:///etc/passwd",
        "https://a:b@example.com/",
        "https://10.0.0.1/",
        "https://127.0.0.1/",
        "nonsense",
        "https://exa mple.com/",
    ],
)
def test_links_that_a_service_would_call_are_checked(name: str, link: str) -> None:
    """Only public https links without a login are passed on; each other one is a problem that names its parameter."""
    provider, model = Catalog().find_model("viduq2")
    given = {"image": "https://example.com/a.png", name: link}
    with pytest.raises(InvalidRequest, match=name):
        make_plan(provider, model, "a kite", given, in_sandbox=False)


@pytest.mark.parametrize("more", [0, 1, 2])
def test_images_that_are_too_large_together_are_refused(more: int) -> None:
    """Each image may pass and both together not: the body of one request is bounded, exactly, whatever their length."""
    provider, model = Catalog().find_model("viduq2")
    mode = model.mode({"image": 1, "last_image": 1})
    assert mode is not None
    assert mode.limits is not None
    file, comment = io.BytesIO(), PngInfo()
    comment.add_text("Comment", "x" * more)
    Image.new("RGB", (64, 64)).save(file, "PNG", pnginfo=comment)
    given = {"image": file.getvalue(), "last_image": file.getvalue()}
    coded = sum(
        len(image.link()) for image in make_plan(provider, model, "a kite", given, in_sandbox=False).request.inputs
    )
    for bound, refused in ((coded, False), (coded - 1, True)):
        tight = dataclasses.replace(mode, limits=dataclasses.replace(mode.limits, body_size=bound))
        narrow = dataclasses.replace(model, modes=(tight,))
        if refused:
            with pytest.raises(InvalidRequest, match=f"at most {bound:,}"):
                make_plan(provider, narrow, "a kite", given, in_sandbox=False)
        else:
            make_plan(provider, narrow, "a kite", given, in_sandbox=False)


@pytest.mark.parametrize("role", ["image", "last_image", "reference"])
@pytest.mark.parametrize("value", [[], ()])
def test_an_empty_list_of_images_is_refused(role: str, value: Any) -> None:
    """A list that came out empty by mistake does not silently buy a video from the text alone."""
    with pytest.raises(InvalidRequest, match=f"{role} is an empty list"):
        make_plan(Tiny(), MODEL, "a kite", {role: value}, in_sandbox=False)
