"""Pillow without its warnings."""

from __future__ import annotations

import contextlib
import threading
import warnings
from collections.abc import Iterator

_FILTERS = threading.Lock()  # the filters of warnings belong to the whole process


@contextlib.contextmanager
def without_pillow_warnings() -> Iterator[None]:
    """Keep Pillow from warning about large, cut off or oddly written images: they are checked and refused in words."""
    with _FILTERS, warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="PIL")
        yield
