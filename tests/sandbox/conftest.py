"""A sandbox, and the few words in which the tests speak with it."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterator

import pytest
import requests
from PIL import Image

from vidmagic.sandbox import Sandbox


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Serve the five services; a job takes 0.3 seconds."""
    with Sandbox(seconds=0.3) as sandbox:
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
