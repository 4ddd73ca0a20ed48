"""What a model takes is put in a few words, and found by them."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from vidmagic.errors import InvalidRequest
from vidmagic.providers.catalog import Catalog
from vidmagic.spec.models import Mode, Model
from vidmagic.spec.takes import TAKES, takes, takes_text

ONE = (1, 1)
MODES: Mapping[str, Mode] = {
    "text": Mode("text"),
    "text (+ driving audio)": Mode("song", inputs={"driving_audio": (0, 1)}),
    "image": Mode("image", inputs={"image": ONE}),
    "first + last": Mode("pair", inputs={"image": (0, 1), "last_image": ONE}),
    "references": Mode("many", inputs={"reference": (1, 3)}),
    "references / reference videos / reference audio": Mode(
        "free", inputs={"reference": (0, 9), "reference_video": (0, 3), "reference_audio": (0, 3)}
    ),
    "video (edit)": Mode("edit", inputs={"video": ONE}, task="edit"),
    "video + references": Mode("both", inputs={"video": ONE, "reference": (1, 2)}),
    "video (+ last image)": Mode("on", inputs={"video": ONE, "last_image": (0, 1)}),
}


def model(*modes: Mode) -> Model:
    """Return a model with these modes."""
    return Model("tiny/one", "tiny", "Tiny", (), modes)


@pytest.mark.parametrize("text", MODES)
def test_a_mode_in_words(text: str) -> None:
    """Each mode names what it needs, and what may come with it."""
    assert takes_text(model(MODES[text])) == text


def test_modes_in_a_row() -> None:
    """Modes that read the same stand once."""
    modes = model(Mode("a"), Mode("b"), MODES["image"], MODES["video (edit)"])
    assert takes_text(modes) == "text, image or video (edit)"


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("text", {"text"}), ("image", {"image"}), ("first + last", {"image", "first-last"}),
        ("references", {"references"}), ("video (edit)", {"video"}),
        ("references / reference videos / reference audio", {"text", "references", "video", "audio"}),
        ("video + references", {"video", "references"}),
    ],
)  # fmt: skip
def test_models_are_chosen_by_what_they_take(text: str, kinds: set[str]) -> None:
    """A model takes a kind where one of its modes does; an input that may be left out counts too."""
    assert {what for what in TAKES if takes(model(MODES[text]), what)} == kinds


def test_a_role_is_a_kind_too() -> None:
    """The name of a flag does as well; another word is refused with the nearest one."""
    assert takes(model(MODES["first + last"]), "last-image")
    assert not takes(model(MODES["image"]), "last_image")
    with pytest.raises(InvalidRequest, match="did you mean image"):
        takes(model(), "imge")


def test_every_model_has_words() -> None:
    """No model of the catalog is without them."""
    assert all(takes_text(one) for one in Catalog())
