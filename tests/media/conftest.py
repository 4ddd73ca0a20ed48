"""Videos that every test of this folder may read and none may change."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.media import videos


@pytest.fixture(scope="session")
def short_video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds, 48 frames, four key frames, with sound."""
    return videos.write(tmp_path_factory.mktemp("videos") / "video.mp4", sound=True)


@pytest.fixture(scope="session")
def tall(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Half a second of a portrait that does not compress, without sound."""
    noise = Image.merge("RGB", [Image.effect_noise((720, 1280), 120) for _ in range(3)])
    path = tmp_path_factory.mktemp("videos") / "tall.mp4"
    return videos.write(path, frames=6, rate=12, size=(720, 1280), picture=noise)
