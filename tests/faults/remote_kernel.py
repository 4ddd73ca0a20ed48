"""A kernel in a process of its own that makes the calls of the test one by one, and forks when the test asks for it."""

from __future__ import annotations

import contextlib
import os
import select
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from typing import Any

from tests.faults import child

PATIENCE = 20.0  # seconds that one call may take
NOWHERE = "http://127.0.0.1:9"  # the discard port, on which nobody listens


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a call came to: the job's id and whether it was there before, or the class and text of the error."""

    job: str = ""
    reused: bool = False
    error: str = ""
    message: str = ""


class RemoteKernel:
    """The test's end of one such process, forked or fresh."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.pid: int = self._receive()
        self._process = os.pidfd_open(self.pid)

    def call(self, name: str, *args: Any) -> Outcome:
        """Have a call made and return what it came to."""
        self.send(name, *args)
        return self.outcome()

    def send(self, name: str, *args: Any) -> None:
        """Have a call made; `outcome` waits for its end."""
        self._connection.send((name, args))

    def outcome(self) -> Outcome:
        """Wait for the end of the call that was sent. Raises EOFError when the process is gone."""
        outcome: Outcome = self._receive()
        return outcome

    def kill(self) -> None:
        """Kill the process as `kill -9` does, and wait until it is gone: its connection ends somewhat earlier."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._process, signal.SIGKILL)
        assert select.select([self._process], [], [], PATIENCE)[0], "the kernel does not die"

    def close(self) -> None:
        """Kill the process and let go of it."""
        self.kill()
        os.close(self._process)
        self._connection.close()

    def _receive(self) -> Any:
        assert self._connection.poll(PATIENCE), "the kernel gives no answer"
        return self._connection.recv()


class Kernels:
    """Start such processes; `close` kills those that are left."""

    def __init__(self) -> None:
        self._listener = Listener(family="AF_UNIX")
        self._started: list[RemoteKernel] = []

    def start(self, env: Mapping[str, str]) -> RemoteKernel:
        """Start a kernel with the environment of the test and *env*."""
        child.kernel(env, Path.cwd(), serve, self._listener.address)
        return self._accepted()

    def fork(self, parent: RemoteKernel) -> RemoteKernel:
        """Fork a kernel as `multiprocessing` does: the child is a copy with the thread that made the call."""
        parent.send("fork", self._listener.address)
        forked = self._accepted()
        assert not parent.outcome().error
        return forked

    def close(self) -> None:
        """Kill every process."""
        for kernel in self._started:
            kernel.close()
        self._listener.close()

    def _accepted(self) -> RemoteKernel:
        self._started.append(RemoteKernel(self._listener.accept()))
        return self._started[-1]


def serve(address: str) -> None:
    """Make the calls that the test at *address* asks for, until it closes the connection."""
    import vidmagic
    from tests.quick import quicken
    from vidmagic.errors import VidmagicError

    quicken()
    connection = _connect(address)
    while True:
        try:
            name, args = connection.recv()
        except EOFError:
            os._exit(0)
        try:
            if name == "fork":
                connection = _forked(connection, *args)
                continue
            outcome = _CALLS[name](vidmagic, *args)
        except VidmagicError as error:
            outcome = Outcome(error.job_id, error=type(error).__name__, message=error.message)
        except BaseException as fault:  # noqa: BLE001  the test reports it
            outcome = Outcome(error=type(fault).__name__, message=str(fault))
        connection.send(outcome)


def _connect(address: str) -> Connection:
    connection = Client(address)
    connection.send(os.getpid())
    return connection


def _forked(connection: Connection, address: str) -> Connection:
    """Fork; return the connection that each of the two goes on with."""
    if os.fork():
        connection.send(Outcome())
        return connection
    connection.close()  # or the death of the parent would not be seen
    return _connect(address)


def _start(api: Any, prompt: str, model: str, given: Mapping[str, Any]) -> Outcome:
    job = api.start(prompt, model, **given)
    return Outcome(job.id, job.reused)


def _start_offline(api: Any, *request: Any) -> Outcome:
    """Start a job while the service cannot be reached, and wait for its end."""
    names = [name for name in os.environ if name.startswith("VIDMAGIC_") and name.endswith("_URL")]
    addresses = {name: os.environ[name] for name in names}
    os.environ.update(dict.fromkeys(names, NOWHERE))
    try:
        outcome = _start(api, *request)
        if not outcome.reused:
            _session().get(outcome.job).wait(PATIENCE)
        return outcome
    finally:
        os.environ.update(addresses)


def _resume(api: Any, job: str) -> Outcome:
    return Outcome(api.resume(job).id)


def _cancel(api: Any, job: str) -> Outcome:
    return Outcome(_session().cancel(job).id)


def _set_key(api: Any, variable: str, key: str) -> Outcome:
    os.environ[variable] = key
    return Outcome()


def _session() -> Any:
    from vidmagic.session.session import default

    return default()


_CALLS: Mapping[str, Callable[..., Outcome]] = {
    "start": _start,
    "start offline": _start_offline,
    "resume": _resume,
    "cancel": _cancel,
    "set key": _set_key,
}
