"""What a model takes is put in a few words, and found by them."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

import vidmagic
from vidmagic.errors import InvalidRequest
from vidmagic.providers.catalog import Catalog
from vidmagic.spec.models import Mode, Model
from vidmagic.spec.takes import TAKES, takes, takes_text

ONE = (1, 1)
MODES: Mapping[str, Mode] = {
    "text": Mode("text"),
    "image": Mode("image", inputs={"image": ONE}),
    "image, first + last": Mode("pair", inputs={"image": (0, 1), "last_image": ONE}),
    "references": Mode("many", inputs={"reference": (1, 3)}),
    "text, references, video, audio": Mode(
        "free", inputs={"reference": (0, 9), "reference_video": (0, 3), "reference_audio": (0, 3)}
    ),
    "video": Mode("edit", inputs={"video": ONE}, task="edit"),
    "references, video": Mode("both", inputs={"video": ONE, "reference": (1, 2)}),
}


def model(*modes: Mode) -> Model:
    """Return a model with these modes."""
    return Model("tiny/one", "tiny", "Tiny", (), modes)


@pytest.mark.parametrize("text", MODES)
def test_a_mode_in_words(text: str) -> None:
    """What a mode needs and what it may have stands in short, and a model is found by each of these."""
    assert takes_text(model(MODES[text])) == text
    assert {what for what in TAKES if takes(model(MODES[text]), what)} == {
        word.replace(" + ", "-") for word in text.split(", ")
    }


def test_modes_in_a_row() -> None:
    """A kind stands once, and the kinds stand in the same order for every model."""
    assert takes_text(model(MODES["video"], MODES["image"], Mode("a"), Mode("b"))) == "text, image, video"


def test_a_model_without_a_prompt_names_what_it_needs() -> None:
    """One that takes no prompt makes nothing of text: its required parameters stand there."""
    (upscale,) = (one for one in Catalog() if one.longest_prompt == 0)
    assert takes_text(upscale) == "creation_id"
    assert not takes(upscale, "text")


def test_a_role_is_a_kind_too() -> None:
    """The name of a flag does as well; another word is refused with the nearest one."""
    assert takes(model(MODES["image, first + last"]), "last-image")
    assert not takes(model(MODES["image"]), "last_image")
    with pytest.raises(InvalidRequest, match="did you mean image"):
        takes(model(), "imge")


def test_every_model_has_words() -> None:
    """No model of the catalog is without them."""
    assert all(takes_text(one) for one in Catalog())


def test_models_of_python() -> None:
    """`vidmagic.models` lists all of them, the retired ones last, or those that take something."""
    every = vidmagic.models()
    assert {one.id for one in every} == {one.id for one in Catalog()}
    retired = [bool(one.retired) for one in every]
    assert retired == sorted(retired)
    assert {one.short for one in vidmagic.models(takes="references")} >= {"vidu", "vidu1.5"}
    with pytest.raises(InvalidRequest, match="did you mean video"):
        vidmagic.models(takes="vidoe")
