"""A prompt is improved in a real kernel: the cell shows it once, and an interrupt leaves a sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.faults.answers import Answer
from tests.faults.server import FaultServer
from tests.faults.toxics import timeout
from tests.kernels.spec import Spec
from tests.kernels.wire import Kernel, text
from tests.patience import until

Start = Callable[..., Kernel]


def test_the_cell_shows_the_improvement_once(kernel: Start, either: Spec, tmp_path: Path) -> None:
    """What was being written becomes the difference and the cell to run; the value of the cell shows nothing more."""
    k = kernel(either, cwd=tmp_path, env={"VIDMAGIC_HOME": str(tmp_path / "home"), "VIDMAGIC_SANDBOX": "1"})
    k.run("%load_ext vidmagic")
    shown = k.run("%%video hailuo --improve --wish dusk --dry-run\na red kite")
    kinds = [message["msg_type"] for message in shown if "data" in message["content"]]
    assert kinds.count("display_data") == 1
    assert "execute_result" not in kinds
    last = [message["content"]["data"] for message in shown if "data" in message["content"]][-1]
    assert "%%video hailuo\nA red kite, dusk" in last["text/plain"]
    assert "<ins " in last["text/html"]
    again = k.run("_")
    assert "A red kite, dusk" in text(again)


def test_an_interrupt_stops_the_waiting(kernel: Start, either: Spec, tmp_path: Path) -> None:
    """The message says that it may be charged; nothing is asked again, and the kernel goes on."""
    server = FaultServer().then(Answer(toxics=(timeout(60),)))
    env = {"VIDMAGIC_HOME": str(tmp_path / "home"), "VIDMAGIC_CHAT_URL": f"{server.url}/v1"}
    k = kernel(either, cwd=tmp_path, env={**env, "VIDMAGIC_CHAT_MODEL": "a-writer"})
    k.run("%load_ext vidmagic")
    asked = k.start("%video improve hailuo a red kite")
    until(lambda: len(server.seen) == 1)
    k.interrupt()
    messages = k.wait(asked)
    assert "it may be charged, and is not asked for again" in str(messages)
    assert text(k.run("1 + 1")) == "2\n"
    server.down()
    assert server.count("POST") == 1
