"""The bench is honest: what it reports of a front end is what a person would see."""

from __future__ import annotations

import base64
import io
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import av
import pytest
from PIL import Image, ImageStat

from tests.browser.lab import Flavour, Lab
from tests.kernels.older import older
from tests.kernels.spec import CURRENT

Start = Callable[..., Lab]

BUTTON = """
import ipywidgets
from IPython.display import display
button, label = ipywidgets.Button(description="Stop"), ipywidgets.Label("waiting")
button.on_click(lambda _: setattr(label, "value", "stopped"))
display(ipywidgets.VBox([button, label]))
"""
SHOW = "from IPython.display import HTML\nHTML({!r})"


@pytest.fixture(scope="module")
def video_uri() -> str:
    """Return a video of 2 s, 64×48, as a data URI."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for shade in range(0, 200, 10):
            picture = Image.new("RGB", (64, 48), (shade, 90, 120))
            container.mux(stream.encode(av.VideoFrame.from_image(picture)))  # type: ignore[no-untyped-call]
        container.mux(stream.encode())
    return "data:video/mp4;base64," + base64.b64encode(file.getvalue()).decode()


@pytest.mark.parametrize("flavour", ["lab", "notebook"])
def test_a_cell_a_click_and_a_video(lab: Start, flavour: Flavour, video_uri: str, tmp_path: Path) -> None:
    """In both front ends a cell runs, a click on a widget's button arrives, and a video in an output plays."""
    server = lab(flavour=flavour)
    server.write(
        "sub dir/a.ipynb",
        "import sys; print(sys.executable); 6 * 7",
        BUTTON,
        SHOW.format(f"<video controls src='{video_uri}'></video>"),
    )
    page = server.open("sub dir/a.ipynb")
    page.run_all()
    assert [output["output_type"] for output in page.outputs(0)] == ["stream", "execute_result"]
    assert page.text(0).split() == [sys.executable, "42"]
    page.click(1, "Stop")
    page.until("book.widgets[1].outputArea.node.innerText.includes('stopped')", timeout=5)
    (seen,) = page.videos(2)
    assert (seen.width, seen.height, seen.duration, seen.error) == (64, 48, 2, None)
    assert page.play(2).current_time > 0
    page.size(700, 600)
    page.theme("dark")
    with Image.open(page.shot(tmp_path / "shot.png")) as shot:
        assert shot.size == (700, 600)
        assert ImageStat.Stat(shot.convert("L")).mean[0] < 100
    page.save()
    saved = json.loads((server.root / "sub dir/a.ipynb").read_text(encoding="utf-8"))
    assert saved["cells"][0]["outputs"][0]["text"] == [sys.executable + "\n"]


def test_a_stranger_does_not_trust_it(lab: Start, video_uri: str) -> None:
    """A saved notebook is trusted by who ran it and sanitized for someone with another home."""
    author = lab(flavour="notebook")
    author.write("a.ipynb", SHOW.format(f"<video src='{video_uri}'></video><video><source src='{video_uri}'></video>"))
    page = author.open("a.ipynb")
    page.run(0)
    page.save()
    page.reload()
    assert [bool(video.src) for video in page.videos(0)] == [True, True]
    stranger = lab(flavour="notebook").open("a.ipynb")
    assert [bool(video.src) for video in stranger.videos(0)] == [True, False]
    assert stranger.play(0).width == 64


def test_interrupt_restart_and_a_late_cell(lab: Start) -> None:
    """A cell can be left running, waited for in vain, interrupted, and its kernel restarted."""
    server = lab()
    server.write(
        "a.ipynb", "import time; x = 1; print('asleep'); time.sleep(30)", *["pass"] * 40, "print('x' in globals())"
    )
    page = server.open("a.ipynb")
    page.start(0)
    page.until("book.widgets[0].model.outputs.length", timeout=10)
    with pytest.raises(TimeoutError, match="running"):
        page.wait(0, timeout=0.5)
    page.interrupt()
    page.wait(0, timeout=5)
    assert page.outputs(0)[-1]["ename"] == "KeyboardInterrupt"
    page.run(41)
    assert page.text(41).strip() == "True"
    page.restart_kernel()
    page.run(41)
    assert page.text(41).strip() == "False"


def test_the_kernel_is_the_one_asked_for(lab: Start) -> None:
    """A notebook runs on the older ipykernel when its metadata say so, in the environment the test gave."""
    server = lab(flavour="notebook", env={"GIVEN": "yes"})
    server.write("a.ipynb", "import os, sys\nprint(os.environ['GIVEN'], sys.executable)", kernel=older())
    page = server.open("a.ipynb")
    page.run(0)
    assert page.text(0).split() == ["yes", str(older().python)]


def test_close_leaves_nothing_running(lab: Start) -> None:
    """After `close` neither the server nor its kernel is alive."""
    server = lab()
    request = urllib.request.Request(server.url + "api/kernels", json.dumps({"name": CURRENT.name}).encode())
    urllib.request.urlopen(request).close()
    assert len(_processes(server.home)) == 1  # the kernel: its command line names its connection file
    server.close()
    assert server.stopped
    end = time.monotonic() + 5
    while _processes(server.home) and time.monotonic() < end:
        time.sleep(0.05)
    assert _processes(server.home) == []


def _processes(home: Path) -> list[str]:
    """Return the command lines that name a folder."""
    listing = subprocess.run(["ps", "-ewwo", "args"], check=True, capture_output=True, text=True).stdout
    return [line for line in listing.splitlines() if str(home) in line]
