"""What can be refused here is refused here: not one request, no journal, nothing cut short."""

from __future__ import annotations

import itertools
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.faults.conftest import Trial
from tests.faults.systems import FIRST, LAST, SYSTEMS
from tests.media.pictures import animated, encoded, png_header, webp_header
from vidmagic.errors import InvalidRequest

LONGEST = {"vidu1": 1500, "vidu2": 1500, "viduq2": 2000, "hailuo": 2000}
PROMPTS = {
    "empty": "",
    "blank": "  \n\t",
    "zero width": "\u200b\ufeff",
    "ideographic": "\u3000",
    "NUL": "a\0b",
    "ESC": "a\x1b[0m",
    "bell": "\a",
    "DEL": "a\x7f",
    "half a pair": "a\ud800",
    "low half": "\udfff",
}
VALUES: dict[str, tuple[Any, ...]] = {
    "duration": (0, -2, 7.5, "7.5", 99, 10**9, True, "six", "", float("nan"), float("inf"), [6], {}),
    "resolution": (0, "8K", "720", "1080PP", " ", "<b>", 720, ["720p"], "720p; rm -rf", True),
    "seed": ("x", 1.5, -5, "-5", True, [0], "0x", float("nan")),
    "nonsense": (1, "x"),
    "sample_count": (2,),
}


def _fifo_of() -> Path:
    os.mkfifo("fifo.png")
    return Path("fifo.png")


def _socket_of() -> Path:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket.png")
    return Path("socket.png")


def _link(target: str) -> Path:
    Path("link.png").symlink_to(target)
    return Path("link.png")


PICTURES: dict[str, Callable[[], Any]] = {
    "no image": lambda: b"hello",
    "no bytes": lambda: b"",
    "half a PNG": lambda: encoded()[:60],
    "GIF": lambda: encoded("GIF"),
    "TIFF": lambda: encoded("TIFF"),
    "BMP": lambda: encoded("BMP"),
    "a moving WebP": lambda: animated("WEBP"),
    "SVG": lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "HTML": lambda: b"<html>",
    "a bomb": lambda: png_header(30000, 30000),
    "a WebP bomb": lambda: webp_header(16000, 16000),
    "too long": lambda: encoded(size=(900, 100)),
    "too high": lambda: encoded(size=(100, 900)),
    "nowhere": lambda: "nowhere.png",
    "a folder": lambda: ".",
    "a device": lambda: "/dev/zero",
    "proc": lambda: "/proc/self/mem",
    "file link": lambda: "file:///etc/passwd",
    "ftp": lambda: "ftp://example.com/x.png",
    "http": lambda: "http://example.com/x.png",
    "login": lambda: "https://a@b.example/x",
    "private": lambda: "https://10.0.0.1/x",
    "metadata": lambda: "https://169.254.169.254/x",
    "decimal": lambda: "https://2130706433/x",
    "text data": lambda: "data:text/html;base64,PGI+",
    "bad data": lambda: "data:image/png;base64,!!!",
    "number": lambda: 7,
    "FIFO": _fifo_of,
    "socket": _socket_of,
    "a key file": lambda: _link("/etc/hostname"),
    "None's text": lambda: "None",
}


def refused(trial: Trial, prompt: Any, system: Any, home: Path, **given: Any) -> None:
    """Check that a request is refused before anything else happens."""
    with pytest.raises(InvalidRequest) as caught:
        trial.start(prompt, system, **given)
    assert caught.value.charged == "no"
    assert caught.value.message
    assert not home.exists()
    trial.figures.add(cases=1, submits=0)


@pytest.mark.parametrize("name", SYSTEMS)
def test_prompts(name: str, trial: Trial, home: Path) -> None:
    """Empty prompts, control characters and one character too many are refused; the longest one arrives whole."""
    service = trial.serve()
    longest = LONGEST.get(name)
    for prompt in PROMPTS.values():
        refused(trial, prompt, SYSTEMS[name], home)
    for char in "a界🪁é" if longest else "":
        refused(trial, char * (longest + 1), SYSTEMS[name], home)
    refused(trial, 7, SYSTEMS[name], home)
    assert service.server.seen == []
    whole = "🪁" * (longest or 3000)
    assert trial.start(whole, SYSTEMS[name]).result(20)
    assert service.submitted == [whole]


@pytest.mark.parametrize("name", SYSTEMS)
def test_values(name: str, trial: Trial, home: Path) -> None:
    """Values that no document names are refused, with nothing sent."""
    service = trial.serve()
    _, model = trial.session.catalog.find_model(SYSTEMS[name].model)
    known = {param.name for param in model.params}
    for key, value in ((key, value) for key, values in VALUES.items() for value in values):
        if key in known or key in {"nonsense", "sample_count"}:
            refused(trial, "a kite", SYSTEMS[name], home, **{key: value})
    for key in ("duration", "resolution"):
        refused(trial, "a kite", SYSTEMS[name], home, **{key: "\u202e<script>"})
    assert service.server.seen == []


@pytest.mark.parametrize("name", ["vidu1", "viduq2", "seedance", "sora"])
def test_pictures(name: str, trial: Trial, home: Path) -> None:
    """An image of another kind or size than the document allows is refused before money."""
    service = trial.serve()
    wide = {"seedance", "sora"}  # no side ratio is documented there
    for what, make in PICTURES.items():
        if name in wide and what in {"too long", "too high"}:
            continue
        for path in ("fifo.png", "socket.png", "link.png"):
            Path(path).unlink(missing_ok=True)
        refused(trial, "a kite", SYSTEMS[name], home, image=make())
    assert service.server.seen == []


def test_images_that_do_not_go_together(trial: Trial, home: Path) -> None:
    """Too few, too many, or two frames of different shape are refused."""
    service = trial.serve()
    square, long = encoded(size=(200, 200)), encoded(size=(400, 200))
    refused(trial, "a kite", SYSTEMS["hailuo"], home, image=FIRST, last_image=LAST)
    refused(trial, "a kite", SYSTEMS["sora"], home, image=FIRST, last_image=LAST)
    refused(trial, "a kite", SYSTEMS["viduq2"], home, image=None)
    for name, given in itertools.product(
        ("vidu2", "viduq2"),
        ({"image": square, "last_image": long}, {"image": None, "last_image": LAST}, {"reference": FIRST}),
    ):
        refused(trial, "a kite", SYSTEMS[name], home, **given)
    refused(trial, "a kite", SYSTEMS["vidu1"], home, reference=[FIRST] * 9)
    assert service.server.seen == []
