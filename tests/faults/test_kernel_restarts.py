"""N01–N05 in real kernels: an interrupt cuts nothing, a dead kernel loses nothing, a closed page stops nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from jupyter_client.blocking.client import BlockingKernelClient

from tests.faults.conftest import LOAD, Trial
from tests.faults.systems import SYSTEMS, Fault, Service
from tests.faults.systems import running as still_running
from tests.faults.toxics import latency
from tests.kernels.wire import Kernel, Message, text
from tests.patience import until

Start = Callable[..., Kernel]

CELL = "%%video hailuo {}\n{}"
GOES_ON = still_running(SYSTEMS["hailuo"])
FOR_EVER = 10**9  # polls
AT_ONCE = 5.0  # seconds in which ■ gives the prompt back, on a busy machine too; the jobs never end


def interrupted(running: Kernel, request: str) -> list[Message]:
    """Press ■ while *request* runs; return its messages, which must be complete in time."""
    running.interrupt()
    return running.wait(request, timeout=AT_ONCE)


def final_text(messages: Iterable[Message]) -> str:
    """Return what the error of a cell says, line by line."""
    errors = (message["content"] for message in messages if message["msg_type"] == "error")
    return "\n".join(line for error in errors for line in error["traceback"])


def html(messages: Iterable[Message]) -> str:
    """Return all HTML of displays, updates and results."""
    contents: Any = (message["content"].get("data", {}) for message in messages)
    return "".join(data.get("text/html", "") for data in contents)


def shows_the_video(running: Kernel, request: str) -> None:
    """Wait until the output of *request* holds the player."""
    running.pump_until(lambda: "<video" in html(running.messages(request)))


def videos(service: Service) -> int:
    """Count the requests for a video."""
    return sum(seen.path.startswith("/film") for seen in service.server.seen)


def poll_answers(service: Service, task: str) -> int:
    """Count the polls of a task."""
    return sum(seen.target.endswith(f"task_id={task}") for seen in service.server.seen)


def test_an_interrupt_while_a_cell_waits(trial: Trial, kernel: Start) -> None:
    """N01: ■ gives the prompt back within a second and names the job; its card goes on and ends as the video."""
    service = trial.serve(pending=FOR_EVER)
    running = kernel()
    request = running.start(CELL.format("-w --out kite", "waits"))
    until(lambda: service.polls > 1)
    shown = final_text(interrupted(running, request))
    job = text(running.run("print(kite.id, kite.state, kite.ended)")).split()
    assert f"{job[0]} goes on" in shown
    assert f"%video resume {job[0]}" in shown
    assert job[1:] == ["running", "False"]
    polls = service.polls
    until(lambda: service.polls > polls)
    service.pending = 0
    shows_the_video(running, request)
    assert service.submitted == ["waits"]
    trial.figures.add(cases=1, submits=1, paid=1, done=1)


def test_an_interrupt_during_the_submit(trial: Trial, kernel: Start) -> None:
    """N02: ■ during a submit gives the prompt back within a second; the job is stored and ends as done."""
    service = trial.serve()
    service.faults = [Fault("slow", lambda good: good.but(latency(2)), paid=True)]
    running = kernel()
    request = running.start(CELL.format("-w --out kite", "slow"))
    until(lambda: service.submitted)
    shown = final_text(interrupted(running, request))
    assert "goes on" in shown
    assert [job.state for job in trial.session.jobs()] == ["sending"]
    assert "done" in text(running.run("kite.result(); print(kite.state)", timeout=30))
    assert service.submitted == ["slow"]
    trial.figures.add(cases=1, submits=1, paid=1, done=1)


def test_a_restart_and_resume(trial: Trial, kernel: Start) -> None:
    """N03: After a restart of the kernel `%video resume` ends in the video, without another submit."""
    service = trial.serve(pending=FOR_EVER)
    running = kernel()
    running.run(CELL.format("-b", "restarted"))
    until(lambda: service.polls > 1)
    running.client.stop_channels()
    running.manager.restart_kernel(now=False)
    running._connect()
    running.run(LOAD)
    service.pending = 0
    request = running.start("taken = get_ipython().run_line_magic('video', 'resume')")
    running.wait(request)
    shows_the_video(running, request)
    assert "done restarted" in text(running.run("print(taken.state, taken.prompt)"))
    assert service.submitted == ["restarted"]
    trial.figures.add(cases=1, submits=1, paid=1, done=1)


def test_a_kernel_that_dies_during_the_submit(trial: Trial, kernel: Start) -> None:
    """N04: Killed during a submit, the job is `unknown` in the next kernel; run again, it sends nothing."""
    service = trial.serve()
    service.faults = [Fault("slow", lambda good: good.but(latency(5)), paid=True)]
    running = kernel()
    running.start(CELL.format("-w", "dies"))
    until(lambda: service.submitted)
    running.kill9()
    running.restart()
    running.run(LOAD)
    for name in ("again", "once_more"):
        running.run(CELL.format(f"-b -o {name}", "dies"))
        assert "unknown unknown" in text(running.run(f"print({name}.state, {name}.charged)"))
    assert service.submitted == ["dies"]
    trial.figures.add(cases=1, submits=1, paid=1, unknown_paid=1, lost=0)


def test_a_kernel_that_dies_between_two_polls(trial: Trial, kernel: Start) -> None:
    """N04: Killed after the service took the job, `%video resume` in the next kernel ends in the video, unsent."""
    service = trial.serve(pending=FOR_EVER)
    running = kernel()
    running.run(CELL.format("-b", "killed"))
    until(lambda: service.polls > 1)
    running.kill9()
    service.pending = 0
    running.restart()
    running.run(LOAD)
    request = running.start("%video resume")
    running.wait(request)
    shows_the_video(running, request)
    assert service.submitted == ["killed"]
    assert videos(service) == 1
    trial.figures.add(cases=1, submits=1, paid=1, done=1, lost=0)


def test_the_page_is_closed_and_opened_again(trial: Trial, kernel: Start) -> None:
    """N05: With no page open two jobs go on; a new page shows the video of one and the live card of the other."""
    service = trial.serve()
    held = {"1001", "1002"}
    service.on_request = lambda seen: GOES_ON if seen.target.partition("task_id=")[2] in held else None
    page = kernel()
    page.run(CELL.format("-b -o first", "ends unseen"))
    until(lambda: service.submitted)
    page.run(CELL.format("-b -o second", "still runs"))
    first, second = text(page.run("print(first.id, second.id)")).split()
    until(lambda: poll_answers(service, "1001") and poll_answers(service, "1002"))
    page.client.stop_channels()
    held.remove("1001")
    until(lambda: videos(service) == 1)
    before = poll_answers(service, "1002")
    until(lambda: poll_answers(service, "1002") > before + 1)
    page.client = another_page(page)
    assert f"{first} " in text(page.run("%video jobs --state done"))
    assert f"{second} " in text(page.run("%video jobs --state running"))
    assert "<video" in html(page.run(f"%video show {first}"))
    request = page.start(f"%video show {second}")
    assert "<video" not in html(page.wait(request))
    held.clear()
    shows_the_video(page, request)
    assert sorted(service.submitted) == ["ends unseen", "still runs"]
    trial.figures.add(cases=2, submits=2, paid=2, done=2, lost=0)


def another_page(running: Kernel) -> BlockingKernelClient:
    """Connect to a kernel as a page that is opened now: with a session of its own."""
    client = BlockingKernelClient()
    client.load_connection_file(running.manager.connection_file)
    client.start_channels()
    client.wait_for_ready(timeout=30)
    return client
