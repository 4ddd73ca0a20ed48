"""How tests read a video with a recipe: the service's bytes in it, and the recipe behind them."""

from __future__ import annotations

import hashlib
import io
from os import PathLike
from pathlib import Path

from vidmagic.engine.journal.record import Record
from vidmagic.media.recipe_box import media_size, read_recipe


def service_bytes(path: str | PathLike[str]) -> bytes:
    """Return what the service sent, without the recipe that was appended."""
    data = Path(path).read_bytes()
    return data[: media_size(io.BytesIO(data))]


def check_file(record: Record, data: bytes) -> None:
    """Check that the file of a job is *data* and its own recipe, and that both checksums and the size are true."""
    whole = Path(record.path).read_bytes()
    recipe = read_recipe(record.path)
    assert whole.startswith(data)
    assert record.size == len(whole)
    assert record.sha256 == hashlib.sha256(data).hexdigest()
    assert record.file_sha256 == ("" if recipe is None else hashlib.sha256(whole).hexdigest())
    assert (len(whole) == len(data)) == (recipe is None)
    assert recipe is None or (recipe.job, recipe.prompt) == (record.id, record.prompt)
