"""The key and signed links are nowhere to be read; foreign text adds nothing to a page; links lead nowhere else."""

from __future__ import annotations

import base64
import contextlib
import json
import logging
import pickle
import shutil
import socket
import sqlite3
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import nbformat
import pytest
from IPython.core.ultratb import VerboseTB
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionComplete

from tests.conftest import CANARY
from tests.faults.answers import Answer, no_answer
from tests.faults.conftest import Trial
from tests.faults.server import FaultServer
from tests.faults.systems import SYSTEMS, Fault, events
from tests.faults.test_kernel_restarts import shows_the_video
from tests.kernels.wire import Kernel
from tests.patience import ended
from tests.skeleton import PAYLOADS, skeleton
from vidmagic.engine.job import Job
from vidmagic.errors import DownloadFailed, VidmagicError
from vidmagic.http import url_policy as addresses
from vidmagic.http.transport import Transport
from vidmagic.media.player import html
from vidmagic.notebook.card.job_content import job_end as last_word
from vidmagic.notebook.card.job_content import status_html
from vidmagic.providers import keys
from vidmagic.providers.services import DMXAPI

FORMS = {
    CANARY, quote(CANARY, safe=""), base64.b64encode(CANARY.encode()).decode().rstrip("="), CANARY.encode().hex(),
    *(base64.b64encode(f"{scheme} {CANARY}".encode()).decode().rstrip("=") for scheme in ("Bearer", "Token")),
}  # fmt: skip
ENDS = {CANARY[:8], CANARY[-8:]}
ECHO = f"Incorrect API key provided: {CANARY} (Token {CANARY})"
SIGNED = "se%2Fcret"


def leaks(*texts: bytes | str, secrets: Any = FORMS | ENDS) -> list[str]:
    """Return the forms of the secrets that stand in any of *texts*."""
    joined = b"\n".join(text if isinstance(text, bytes) else text.encode(errors="replace") for text in texts)
    return [form for form in secrets if form.encode() in joined]


def everything(folder: Path) -> Iterator[bytes]:
    """Yield the bytes of every file under *folder*, and the names."""
    for path in folder.rglob("*"):
        yield str(path).encode()
        if path.is_file():
            yield path.read_bytes()


def verbose(error: BaseException) -> str:
    """Return the traceback that `%xmode Verbose` prints where *error* is the cause of another: with all variables."""
    text: str = VerboseTB().text(type(error), error, error.__traceback__)
    return text


def shown(job: Job) -> list[str]:
    """Return all the ways in which a job shows itself."""
    texts = [repr(job), repr(job.record), str(vars(job)), status_html(job), *last_word(job, quiet=False), *job.notes]
    texts += [repr(event) for event in job.events()]
    if job.error is not None:
        texts += [*job.error.lines(), *traceback.format_exception(job.error), repr(job.error), str(vars(job.error))]
        texts.append(repr(pickle.dumps(str(job.error))))
        texts.append(verbose(job.error))
    return texts


def _split(text: str) -> list[dict[str, Any]]:
    return [{"choices": [{"delta": {"content": part}}]} for part in (text[:40], text[40:])]


ECHOES = {
    "none": {},
    "lost": {"submit": no_answer()},
    "refused": {"submit": Answer(401, json.dumps({"message": ECHO, "error": {"message": ECHO}}).encode())},
    "upstream": {"submit": Answer(502, ECHO.encode())},
    "stream": {"submit": events({"error": {"message": ECHO}})},
    "in two pieces": {"submit": events(*_split(f"生成失败 {ECHO} 失败"))},
    "poll": {"poll": Answer(401, ECHO.encode())},
    "poll in two pieces": {
        "poll": events({"delta": f"生成失败 {ECHO[:40]}"}, {"delta": ECHO[40:], "type": "response.completed"})
    },
    "video": {"video": Answer(403, ECHO.encode())},
    "trace": {"submit": Answer(400, b'{"base_resp": {"status_code": 2013, "status_msg": "no"}}', {"Trace-Id": CANARY})},
}


@pytest.mark.parametrize("how", ECHOES)
def test_the_canary_is_nowhere(
    how: str, trial: Trial, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """M11: Whatever the service echoes: no key in any file, repr, page, traceback or DEBUG log, and no signed link."""
    caplog.set_level(logging.DEBUG)
    for system in SYSTEMS.values():
        service = trial.serve()
        answers: dict[str, Answer] = ECHOES[how]
        if "submit" in answers:
            service.faults = [Fault(how, lambda _, answer=answers["submit"]: answer, paid=True)]
        service.poll_answers = [answers["poll"]] if "poll" in answers else []
        service.downloads = [answers["video"]] if "video" in answers else []
        job = ended(trial.start(f"canary {how} {system.name}", system))
        texts = [*shown(job), caplog.text, *capfd.readouterr()]
        secrets = FORMS if "two pieces" in how else FORMS | ENDS  # neither piece tells that it is one
        leaked = leaks(*texts, *everything(tmp_path), secrets=secrets)
        trial.figures.add(cases=1, leaks=len(leaked))
        assert leaked == []
        assert leaks(caplog.text, *shown(job), secrets=[SIGNED]) == []
        videos = [seen for seen in service.server.seen if seen.path.startswith("/film")]
        assert all("authorization" not in seen.headers for seen in videos)
        assert len(videos) > 0 or job.state != "done"


def test_a_key_shows_itself_in_nothing(trial: Trial) -> None:
    """A key has no repr, no dictionary, no pickle; objects that use it show nothing of it."""
    trial.serve()
    key = keys.require(DMXAPI)
    assert leaks(repr(key), str(key), f"{key}", repr([key]), str(dir(key))) == []
    assert not hasattr(key, "__dict__")
    with pytest.raises(TypeError):
        pickle.dumps(key)
    http = Transport("http://127.0.0.1:1", lambda: DMXAPI.headers(key.reveal()))
    assert leaks(repr(http), str(vars(http)), repr(trial.session), str(vars(trial.session))) == []


@pytest.mark.parametrize("payload", PAYLOADS)
def test_foreign_text_adds_nothing_to_a_page(payload: str, trial: Trial) -> None:
    """M11: In every place where foreign text is shown, the page has the same tags as with harmless text."""
    import dataclasses

    trial.serve()
    job = ended(trial.start("harmless", SYSTEMS["hailuo"]))
    video = job.result(1)

    def pages(text: str) -> list[str]:
        job.notes = [text]
        record = job.record
        pages = []
        for field in ("prompt", "task_id", "model", "path"):
            job.record = dataclasses.replace(record, **{field: text})
            pages.append(status_html(job))
        for state in ("failed", "unknown", "paused"):
            job.record = dataclasses.replace(
                record, state=state, error={"type": "Failed", "message": text, "hint": text}
            )
            job._error = None
            pages.append(last_word(job, quiet=False)[0])
        job.record = record
        job.short = text
        pages.append(status_html(job))
        job.short = "hailuo"
        for field in ("prompt", "short", "job_id", "price"):
            before = getattr(video, field)
            setattr(video, field, text)
            pages.append(html(video, video.display))
            setattr(video, field, before)
        return pages

    harmless, harmful = pages("x" * len(payload)), pages(payload)
    clean = [skeleton(page) for page in harmless]
    assert [skeleton(page) for page in harmful] == clean
    trial.figures.add(cases=len(harmful), renderings=len(harmful))


PRIVATE = ("127.0.0.1", "10.0.0.1", "169.254.169.254", "192.168.1.1", "0.0.0.0", "::1", "fe80::1", "::ffff:127.0.0.1")


@pytest.mark.parametrize("address", PRIVATE)
def test_a_rebound_host_name_leads_nowhere(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """M11: A name that was public when it was checked and is private when it is connected to gets no request."""
    server = FaultServer().then(Answer(body=b"secret"))

    class Rebound(socket.socket):
        def getpeername(self) -> Any:
            return (address, 443)

    from vidmagic.http import connection as sockets

    def rebound(self: Any) -> Any:
        plain = socket.create_connection(("127.0.0.1", server.port))
        rebound = Rebound(plain.family, plain.type, fileno=plain.detach())
        rebound.settimeout(0.5)
        return rebound

    monkeypatch.setattr(sockets.HTTPConnection, "_new_conn", rebound)
    monkeypatch.setattr(addresses, "private_address", lambda *_: None)
    http = Transport("https://api.example", dict)
    with pytest.raises(DownloadFailed, match="not public"), http.open.fetch("https://cdn.example/film.mp4?s=1", {}):
        pass
    with pytest.raises(DownloadFailed, match="not public"):
        http.open.upload("https://cdn.example/put", b"x", {})
    server.down()
    assert server.seen == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_get_no_key(status: int, trial: Trial) -> None:
    """M11: A redirected submit is not followed; a redirected download is, without a key."""
    elsewhere = FaultServer().then(Answer(body=b"elsewhere"))
    for system in SYSTEMS.values():
        service = trial.serve()
        away = Answer(status, headers={"Location": f"{elsewhere.url}/x"})
        service.faults = [Fault("away", lambda _, away=away: away)]
        assert ended(trial.start(f"away {status}", system)).state == "rejected"
        assert elsewhere.seen == []
        service.downloads = [away]
        with contextlib.suppress(VidmagicError):
            ended(trial.start(f"film away {status}", system)).result(1)
        assert leaks(str(elsewhere.seen)) == []
        elsewhere.seen.clear()
        trial.session.store.path.unlink()
    elsewhere.down()
    trial.figures.add(cases=len(SYSTEMS), leaks=0)


# -- a whole session in a real kernel


def notebook(running: Kernel, path: Path) -> Path:
    """Save all that a kernel has shown as the notebook that a front end would save, widgets included."""
    requests = {m["parent_header"]["msg_id"]: m["content"]["code"] for m in running.seen if is_input(m)}
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in requests.values()])
    client = NotebookClient(made, record_timing=False)
    client.reset_execution_trackers()
    client.clear_before_next_output = False
    numbers = {request: number for number, request in enumerate(requests)}
    for message in running.seen:
        number = numbers.get(message["parent_header"].get("msg_id"))
        if number is not None:
            with contextlib.suppress(CellExecutionComplete):
                client.process_message(message, made.cells[number], number)
    client.set_widgets_metadata()
    nbformat.write(made, path)
    return path


def is_input(message: Any) -> bool:
    """Return whether a message repeats the code of a cell."""
    return bool(message["msg_type"] == "execute_input")


WRAPPED = """
import vidmagic
try:
    vidmagic.generate("{}", "hailuo")
except vidmagic.VidmagicError as lost:
    raise RuntimeError("my own notebook's error") from lost
"""


@pytest.fixture
def echoes(trial: Trial, kernel: Callable[..., Kernel]) -> Kernel:
    """Return a kernel in which a person's session has run against a service that echoes the key."""
    service = trial.serve()
    echo = Answer(401, json.dumps({"error": {"message": ECHO}}).encode())
    running = kernel()
    running.run("%xmode Verbose\nimport logging, sys\nlogging.basicConfig(level=logging.DEBUG, filename='debug.log')")
    for system in SYSTEMS.values():
        service.faults = [Fault("echo", lambda _: echo)]
        images = "".join(f" --{name.replace('_', '-')} {url}" for name, url in system.given.items())
        running.run(f"%%video {system.model} -w{images}\nechoes")
        request = running.start(f"%%video {system.model} -b{images} -o film\nworks")
        running.wait(request)
        shows_the_video(running, request)
    running.run("%video wait")
    running.run("%video jobs")
    running.run("%video doctor")
    running.run("1 / 0\n")
    running.run("import vidmagic; vidmagic.start('', 'hailuo')")
    return running


def history(folder: Path) -> list[str]:
    """Return the cells that IPython has in its history."""
    [path] = folder.rglob("history.sqlite")
    with contextlib.closing(sqlite3.connect(path)) as db:
        return [source for (source,) in db.execute("SELECT source FROM history ORDER BY session, line")]


def everywhere(running: Kernel, tmp_path: Path) -> list[bytes]:
    """Return all messages of a kernel, and the bytes of every file it could write, its home included."""
    running.run("get_ipython().history_manager.writeout_cache()")
    messages = [json.dumps(message, default=str).encode() for message in running.seen]
    return [*messages, *everything(tmp_path), *everything(Path(running._folder.name))]


def test_a_verbose_kernel_leaks_nothing(echoes: Kernel, trial: Trial, tmp_path: Path) -> None:
    """M11: With `%xmode Verbose`, DEBUG logs and an echoing service no key is in outputs, history or files."""
    saved = notebook(echoes, tmp_path / "saved.ipynb")
    leaked = leaks(*everywhere(echoes, tmp_path))
    trial.figures.add(cases=len(SYSTEMS) * 2, leaks=len(leaked))
    assert leaked == []
    made = nbformat.read(saved, 4)
    shown = [cell for cell in made.cells if "works" in cell.source]
    assert ["<video" in str(cell.outputs) for cell in shown] == [True] * len(SYSTEMS)
    assert len(made.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]) > len(SYSTEMS)
    assert any("works" in source for source in history(tmp_path))
    assert leaks(Path("debug.log").read_bytes(), saved.read_bytes(), secrets=[SIGNED]) == []


def test_a_wrapped_error_leaks_nothing(trial: Trial, kernel: Callable[..., Kernel], tmp_path: Path) -> None:
    """M11: An error of ours that a notebook wraps in its own shows every variable on its way, and none is the key."""
    service = trial.serve()
    running = kernel()
    running.run("%xmode Verbose")
    for name, answer in {"lost": no_answer(), "refused": Answer(401, ECHO.encode())}.items():
        service.faults = [Fault(name, lambda _, answer=answer: answer)]
        output = str(running.run(WRAPPED.format(name)))
        assert "my own notebook's error" in output
        assert "VidmagicError" in output
    leaked = leaks(*everywhere(running, tmp_path))
    trial.figures.add(cases=2, leaks=len(leaked))
    assert leaked == []


@pytest.mark.parametrize("form", sorted(FORMS | ENDS))
def test_the_scan_finds_what_is_there(form: str, tmp_path: Path) -> None:
    """Each form of the key is found where it stands: in a file's text, in its name, in a database, in a message."""
    (tmp_path / "text").write_text(f"a {form} b", encoding="utf-8")
    assert form in leaks(*everything(tmp_path))
    (tmp_path / "text").unlink()
    with contextlib.closing(sqlite3.connect(tmp_path / "db")) as db, db:
        db.execute("CREATE TABLE stored (text TEXT)")
        db.execute("INSERT INTO stored VALUES (?)", (form,))
    assert form in leaks(*everything(tmp_path))
    (tmp_path / "db").unlink()
    assert leaks(*everything(tmp_path)) == []
    assert form in leaks(json.dumps({"content": {"data": {"text/html": form}}}))


def test_the_scan_of_a_session_finds_a_key(echoes: Kernel, tmp_path: Path) -> None:
    """Typed into a cell and printed, the key is found in each place alone: the messages, the notebook, the history."""
    echoes.run(f"key = {CANARY!r}")
    echoes.run("import ipywidgets; ipywidgets.HTML(key)")
    assert CANARY in leaks(*everywhere(echoes, tmp_path))
    assert CANARY in leaks(json.dumps(echoes.seen, default=str))
    made = nbformat.read(notebook(echoes, tmp_path / "saved.ipynb"), 4)
    assert CANARY in leaks(json.dumps(made.metadata.widgets))
    assert CANARY in leaks(json.dumps(made.cells))
    assert any(CANARY in source for source in history(tmp_path))
    shutil.copytree(tmp_path / "ipython", tmp_path / "copy")
    assert CANARY in leaks(*everything(tmp_path / "copy"))
