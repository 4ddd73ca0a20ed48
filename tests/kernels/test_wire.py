"""The helpers that drive a kernel: messages, clicks, interrupts, restarts."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.kernels.spec import CURRENT, Spec
from tests.kernels.wire import Kernel, KernelDied, text

Start = Callable[..., Kernel]

BUTTON = """
import threading, ipywidgets
button = ipywidgets.Button(description="Stop")
clicked = threading.Event()
button.on_click(lambda _: (print("clicked"), clicked.set()))
print(button.comm.comm_id)
"""


def test_runs_code_on_either_ipykernel(kernel: Start, either: Spec) -> None:
    """Streams, results and errors of one request come back in order, from the requested version."""
    k = kernel(either)
    version = text(k.run("import ipykernel; print(ipykernel.version_info[0])")).strip()
    assert version == {"current": "7", "older": "6"}[either.name]
    assert text(k.run("print('one'); 1 + 1")) == "one\n2\n"
    assert text(k.run("1 / 0")) == "ZeroDivisionError: division by zero\n"


def test_click_reaches_the_button(kernel: Start, either: Spec) -> None:
    """A click sent as a front end sends it runs the button's handler."""
    k = kernel(either)
    comm = text(k.run(BUTTON)).strip()
    click = k.click(comm)
    k.pump_until(lambda: "clicked" in text(k.messages(click)), timeout=5)


def test_click_on_a_subshell_arrives_while_a_cell_blocks(kernel: Start) -> None:
    """With the id of a subshell, a comm message is answered while a cell runs in the main shell."""
    k = kernel()
    comm = text(k.run(BUTTON + "button.comm._reply_subshell_for = lambda data, default: default")).strip()
    busy = k.start("print(clicked.wait(10))")
    k.pump(0.3)
    k.click(comm, subshell=k.subshell())
    assert text(k.wait(busy, timeout=8)).endswith("True\n")


def test_interrupt_stops_a_cell(kernel: Start, either: Spec) -> None:
    """Interrupt raises KeyboardInterrupt in the running cell and leaves the kernel usable."""
    k = kernel(either)
    request = k.start("import time; print('asleep'); time.sleep(30)")
    k.pump_until(lambda: "asleep" in text(k.messages(request)))
    k.interrupt()
    assert "KeyboardInterrupt" in text(k.wait(request, timeout=5))
    assert text(k.run("1 + 1")) == "2\n"


def test_restart_and_kill(kernel: Start) -> None:
    """A restarted kernel has no variables; a killed one is noticed at once and can be started again."""
    k = kernel()
    k.run("x = 1")
    k.restart()
    assert "NameError" in text(k.run("x"))
    request, began = k.start("import time; time.sleep(30)"), time.monotonic()
    k.pump(0.3)
    k.kill9()
    with pytest.raises(KernelDied):
        k.wait(request)
    assert time.monotonic() - began < 20
    k.restart()
    assert text(k.run("1 + 1")) == "2\n"


def test_allow_stdin_is_passed_on(kernel: Start) -> None:
    """The kernel gets `allow_stdin` as given; code uses it to see whether a person can answer."""
    k = kernel()
    question = "get_ipython().kernel.get_parent()['content']['allow_stdin']"
    assert [text(k.run(question, allow_stdin=there)) for there in (True, False)] == ["True\n", "False\n"]


def test_nothing_personal_reaches_the_kernel(kernel: Start, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A kernel gets the environment of its test, but no keys or folders of the person who runs the tests."""
    monkeypatch.setenv("VIDU_API_KEY", "precious")
    monkeypatch.setenv("VIDMAGIC_HOME", "precious")
    k = kernel(CURRENT, cwd=tmp_path, env={"APIYI_API_KEY": "given"})
    seen = text(k.run("import os; print(dict(os.environ), os.path.expanduser('~'), os.getcwd())"))
    assert "precious" not in seen
    assert str(Path.home()) + " " not in seen
    assert "given" in seen
    assert str(tmp_path) in seen
