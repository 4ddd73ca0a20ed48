"""A real kernel without a browser, driven by the messages that a front end sends."""

from __future__ import annotations

import signal
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from queue import Empty
from typing import Any

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

from tests.kernels.environment import private
from tests.kernels.spec import CURRENT, Spec

Message = dict[str, Any]

_SLICE = 0.25  # s; how long a dead kernel can go unnoticed


class KernelDied(Exception):
    """The kernel process ended while a message was awaited."""


class Kernel:
    """A kernel process and its client, until `close`.

    `seen` holds every IOPub message in order of arrival, `replies` the execute replies by request id.
    """

    def __init__(self, spec: Spec = CURRENT, *, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="kernel-")
        home = Path(self._folder.name)
        spec.write(home / "kernels")
        specs = KernelSpecManager(kernel_dirs=[str(home / "kernels")], ensure_native_kernel=False)
        connection = str(home / "connection.json")
        self.manager = KernelManager(kernel_name=spec.name, kernel_spec_manager=specs, connection_file=connection)
        self.client: BlockingKernelClient
        self.seen: list[Message] = []
        self.replies: dict[str, Message] = {}
        try:
            self.manager.start_kernel(cwd=str(cwd or home), env=private(home, env))
            self._connect()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the process and every channel; harmless when it is over already."""
        if hasattr(self, "client"):
            self.client.stop_channels()
        if self.manager.has_kernel:
            self.manager.shutdown_kernel(now=True)
        self._folder.cleanup()

    def start(self, code: str, *, allow_stdin: bool = True) -> str:
        """Send an execute request and return its id; nbconvert and papermill send `allow_stdin=False`."""
        return str(self.client.execute(code, allow_stdin=allow_stdin))

    def wait(self, request: str, *, timeout: float = 30) -> list[Message]:
        """Wait for a request's reply and its last output; return its IOPub messages."""
        self.pump_until(lambda: request in self.replies and self._idle(request), timeout=timeout)
        return self.messages(request)

    def run(self, code: str, *, allow_stdin: bool = True, timeout: float = 30) -> list[Message]:
        """Run code to its end and return its IOPub messages."""
        return self.wait(self.start(code, allow_stdin=allow_stdin), timeout=timeout)

    def messages(self, request: str) -> list[Message]:
        """Return the IOPub messages seen so far whose parent is this request."""
        return [message for message in self.seen if message["parent_header"].get("msg_id") == request]

    def pump(self, seconds: float) -> list[Message]:
        """Collect messages for *seconds*; return the new IOPub messages."""
        before, end = len(self.seen), time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._collect(min(left, _SLICE))
        return self.seen[before:]

    def pump_until(self, condition: Callable[[], bool], *, timeout: float = 30) -> None:
        """Collect until the condition holds; TimeoutError shows the last messages, KernelDied too."""
        end = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError(f"nothing in {timeout} s; last seen: {text(self.seen)[-500:]!r}")
            if not self._collect(_SLICE) and not self.alive():
                raise KernelDied(f"the kernel died; last seen: {text(self.seen)[-500:]!r}")

    def comm(self, comm_id: str, data: Mapping[str, Any], *, subshell: str | None = None) -> str:
        """Send a comm message, on a subshell if one is named; return its id."""
        message = self.client.session.msg("comm_msg", {"comm_id": comm_id, "data": dict(data)})
        message["header"]["subshell_id"] = subshell
        self.client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def click(self, comm_id: str, *, subshell: str | None = None) -> str:
        """Click the ipywidgets Button whose comm (`button.comm.comm_id`) is named."""
        return self.comm(comm_id, {"method": "custom", "content": {"event": "click"}}, subshell=subshell)

    def subshell(self, *, timeout: float = 10) -> str:
        """Ask an ipykernel 7 for a new subshell; return its id."""
        request = self.client.session.msg("create_subshell_request", {})
        self.client.control_channel.send(request)
        while (reply := self.client.get_control_msg(timeout=timeout))["parent_header"] != request["header"]:
            pass
        return str(reply["content"]["subshell_id"])

    def interrupt(self) -> None:
        """Interrupt the kernel, as ■ does."""
        self.manager.interrupt_kernel()

    def restart(self) -> None:
        """Start a new process under the same connection; it also brings back a kernel that was killed."""
        self.client.stop_channels()
        self.manager.restart_kernel(now=True)
        self._connect()

    def kill9(self) -> None:
        """Kill the process, and its process group, with no chance to tidy up."""
        self.manager.signal_kernel(signal.SIGKILL)
        while self.alive():
            time.sleep(0.01)

    def alive(self) -> bool:
        """Return whether the process runs."""
        return self.manager.is_alive()

    def _connect(self) -> None:
        # A client's own session would count its requests from 1 again: two requests with one id after a restart.
        self.client = self.manager.client(session=self.manager.session)
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)

    def _collect(self, timeout: float) -> bool:
        try:
            self.seen.append(self.client.get_iopub_msg(timeout=timeout))
        except Empty:
            received = False
        else:
            received = True
        while self.client.shell_channel.msg_ready():
            reply = self.client.get_shell_msg(timeout=1)
            self.replies[reply["parent_header"].get("msg_id", "")] = reply
        return received

    def _idle(self, request: str) -> bool:
        return any(message["content"].get("execution_state") == "idle" for message in self.messages(request))


def text(messages: Iterable[Message]) -> str:
    """Join what a person would read: streams, the plain text of displays and results, errors in one line."""
    return "".join(_words(message["msg_type"], message["content"]) for message in messages)


def _words(kind: str, content: Mapping[str, Any]) -> str:
    if kind == "stream":
        return str(content["text"])
    if kind in {"display_data", "update_display_data", "execute_result"}:
        return str(content["data"].get("text/plain", "")) + "\n"
    if kind == "error":
        return f"{content['ename']}: {content['evalue']}\n"
    return ""
