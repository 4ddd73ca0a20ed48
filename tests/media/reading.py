"""How the tests of images read one: the limits of an invented service, and the message of a refusal."""

from __future__ import annotations

import base64

import pytest

from vidmagic.errors import InvalidRequest
from vidmagic.media.images import read_image
from vidmagic.spec.models import ImageLimits
from vidmagic.spec.request import FIRST

LIMITS = ImageLimits(formats=("png", "jpeg", "webp"), size=10_000_000, min_side=64, aspect=4, quotient=(0.8, 1.25))


def refusal(value: object, limits: ImageLimits = LIMITS, *, role: str = FIRST, loopback: bool = False) -> str:
    """Return the message with which *value* is refused."""
    with pytest.raises(InvalidRequest) as refused:
        read_image(role, value, limits, loopback=loopback)
    return refused.value.message


def data_uri(data: bytes, kind: str = "png") -> str:
    """Return the data URI of *data*."""
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
