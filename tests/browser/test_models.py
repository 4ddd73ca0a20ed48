"""A cell of every model in a real JupyterLab: each becomes a video that plays."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PIL import Image

from tests.browser.lab import Lab
from vidmagic.providers.catalog import Catalog
from vidmagic.spec.models import Model
from vidmagic.spec.request import FIRST

HAS_VIDEO = "book.widgets[arg].outputArea.node.querySelector('video') !== null"
PICTURE = "kite.png"


def line_of(model: Model) -> str:
    """Return the line of a cell that gives *model* no more than it needs: the prompt, or a first frame too."""
    image = "" if model.mode({}) is not None else f" --image {PICTURE}"
    assert model.mode({FIRST: 1} if image else {}) is not None
    return f"%%video {model.short} --sandbox{image}"


def test_a_cell_of_every_model_becomes_a_video(lab: Callable[..., Lab], tmp_path: Path) -> None:
    """Every model of the catalog but the upscaling, which takes a finished job, makes a video from one cell."""
    models = [model for model in Catalog() if model.longest_prompt != 0 and not model.alias_of]
    assert len({model.id.partition("/")[0] for model in models}) == 3
    server = lab(env={"VIDMAGIC_HOME": str(tmp_path / "journal")})
    Image.new("RGB", (640, 480), "red").save(server.root / PICTURE)
    cells = [f"{line_of(model)}\nA red kite over the sea" for model in models]
    server.write("models.ipynb", "%load_ext vidmagic\n%config VideoMagics.sandbox_seconds = 0.3", *cells)
    page = server.open("models.ipynb")
    for cell in range(len(cells) + 1):
        page.run(cell, timeout=60)
    for cell, model in enumerate(models, 1):
        page.until(HAS_VIDEO, cell, timeout=60)
        assert page.play(cell, timeout=20).duration > 0, model.short
