"""A sandbox, a connection to it, and images for its requests."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterator

import pytest
import requests
from PIL import Image

from vidmagic.sandbox import Sandbox
from vidmagic.sandbox.render import Quality

COARSE = Quality(frame_rate=2, short_side=32)  # length and size of a video do not depend on it


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Serve the services; a job takes 0.3 seconds."""
    with Sandbox(seconds=0.3, quality=COARSE) as sandbox:
        yield sandbox


@pytest.fixture
def http() -> Iterator[requests.Session]:
    """Open one connection pool that reads no settings of this machine."""
    with requests.Session() as session:
        session.trust_env = False
        yield session


@pytest.fixture
def data_uri() -> Callable[..., str]:
    """Make an image of a size as a data URI."""

    def make(width: int = 64, height: int = 48, kind: str = "PNG", colour: str = "teal") -> str:
        file = io.BytesIO()
        Image.new("RGB", (width, height), colour).save(file, kind)
        return f"data:image/{kind.lower()};base64,{base64.b64encode(file.getvalue()).decode()}"

    return make
