"""The key and signed links are nowhere to be read; foreign text adds nothing to a page; links lead nowhere else."""

from __future__ import annotations

import base64
import contextlib
import json
import logging
import pickle
import socket
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.conftest import CANARY
from tests.faults.answers import Answer, no_answer
from tests.faults.conftest import Trial
from tests.faults.server import FaultServer
from tests.faults.systems import SYSTEMS, Fault, events
from tests.patience import ended
from tests.skeleton import PAYLOADS, skeleton
from vidmagic import keys, transport
from vidmagic.errors import DownloadFailed, VidmagicError
from vidmagic.jobs.job import Job
from vidmagic.media.player import html
from vidmagic.notebook.card import ended as last_word
from vidmagic.notebook.card import status_html
from vidmagic.services import DMXAPI
from vidmagic.transport import Transport

FORMS = {
    CANARY, quote(CANARY, safe=""), base64.b64encode(CANARY.encode()).decode().rstrip("="), CANARY.encode().hex(),
    base64.b64encode(f"Bearer {CANARY}".encode()).decode().rstrip("="),
}  # fmt: skip
ECHO = f"Incorrect API key provided: {CANARY} (Token {CANARY})"
SIGNED = "se%2Fcret"


def leaks(*texts: bytes | str, secrets: Any = FORMS) -> list[str]:
    """Return the forms of the secrets that stand in any of *texts*."""
    joined = b"\n".join(text if isinstance(text, bytes) else text.encode(errors="replace") for text in texts)
    return [form for form in secrets if form.encode() in joined]


def everything(folder: Path) -> Iterator[bytes]:
    """Yield the bytes of every file under *folder*, and the names."""
    for path in folder.rglob("*"):
        yield str(path).encode()
        if path.is_file():
            yield path.read_bytes()


def shown(job: Job) -> list[str]:
    """Return all the ways in which a job shows itself."""
    said = [repr(job), repr(job.record), str(vars(job)), status_html(job), *last_word(job, quiet=False), *job.notes]
    said += [repr(event) for event in job.events()]
    if job.error is not None:
        said += [*job.error.lines(), *traceback.format_exception(job.error), repr(job.error), str(vars(job.error))]
        said.append(repr(pickle.dumps(str(job.error))))
    return said


def _split(text: str) -> list[dict[str, Any]]:
    return [{"choices": [{"delta": {"content": part}}]} for part in (text[:40], text[40:])]


ECHOES = {
    "none": {},
    "lost": {"submit": no_answer()},
    "refused": {"submit": Answer(401, json.dumps({"message": ECHO, "error": {"message": ECHO}}).encode())},
    "upstream": {"submit": Answer(502, ECHO.encode())},
    "stream": {"submit": events({"error": {"message": ECHO}})},
    "in two pieces": {"submit": events(*_split(f"生成失败 {ECHO} 失败"))},
    "look": {"look": Answer(401, ECHO.encode())},
    "look in two pieces": {
        "look": events({"delta": f"生成失败 {ECHO[:40]}"}, {"delta": ECHO[40:], "type": "response.completed"})
    },
    "film": {"film": Answer(403, ECHO.encode())},
    "trace": {"submit": Answer(400, b'{"base_resp": {"status_code": 2013, "status_msg": "no"}}', {"Trace-Id": CANARY})},
}


@pytest.mark.parametrize("how", ECHOES)
def test_m11a_the_canary_is_nowhere(
    how: str, trial: Trial, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Whatever the service echoes: no key in any file, repr, page, traceback or DEBUG log, and no signed link."""
    caplog.set_level(logging.DEBUG)
    for system in SYSTEMS.values():
        service = trial.serve()
        answers: dict[str, Answer] = ECHOES[how]
        if "submit" in answers:
            service.faults = [Fault(how, lambda _, answer=answers["submit"]: answer, paid=True)]
        service.looks = [answers["look"]] if "look" in answers else []
        service.downloads = [answers["film"]] if "film" in answers else []
        job = ended(trial.start(f"canary {how} {system.name}", system))
        said = [*shown(job), caplog.text, *capfd.readouterr()]
        found = leaks(*said, *everything(tmp_path))
        trial.figures.add(cases=1, leaks=len(found))
        assert found == []
        assert leaks(caplog.text, *shown(job), secrets=[SIGNED]) == []
        films = [seen for seen in service.server.seen if seen.path.startswith("/film")]
        assert all("authorization" not in seen.headers for seen in films)
        assert len(films) > 0 or job.state != "done"


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
def test_m11b_foreign_text_adds_nothing_to_a_page(payload: str, trial: Trial) -> None:
    """In every place where foreign text is shown, the page has the same tags as with harmless text."""
    import dataclasses

    trial.serve()
    job = ended(trial.start("harmless", SYSTEMS["hailuo"]))
    video = job.result(1)

    def pages(text: str) -> list[str]:
        job.notes = [text]
        record = job.record
        found = []
        for field in ("prompt", "task_id", "model", "path"):
            job.record = dataclasses.replace(record, **{field: text})
            found.append(status_html(job))
        for state in ("failed", "unknown", "paused"):
            job.record = dataclasses.replace(
                record, state=state, error={"type": "Failed", "message": text, "hint": text}
            )
            job._error = None
            found.append(last_word(job, quiet=False)[0])
        job.record = record
        job.short = text
        found.append(status_html(job))
        job.short = "hailuo"
        for field in ("prompt", "short", "job_id", "price"):
            before = getattr(video, field)
            setattr(video, field, text)
            found.append(html(video, video.look))
            setattr(video, field, before)
        return found

    harmless, harmful = pages("x" * len(payload)), pages(payload)
    clean = [skeleton(page) for page in harmless]
    assert [skeleton(page) for page in harmful] == clean
    trial.figures.add(cases=len(harmful), renderings=len(harmful))


PRIVATE = ("127.0.0.1", "10.0.0.1", "169.254.169.254", "192.168.1.1", "0.0.0.0", "::1", "fe80::1", "::ffff:127.0.0.1")


@pytest.mark.parametrize("address", PRIVATE)
def test_m11c_a_name_that_is_rebound_leads_nowhere(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that was public when it was checked and is private when it is connected to gets no request."""
    server = FaultServer().then(Answer(body=b"secret"))

    class Rebound(socket.socket):
        def getpeername(self) -> Any:
            return (address, 443)

    from vidmagic import sockets

    def rebound(self: Any) -> Any:
        plain = socket.create_connection(("127.0.0.1", server.port))
        found = Rebound(plain.family, plain.type, fileno=plain.detach())
        found.settimeout(0.5)
        return found

    monkeypatch.setattr(sockets.HTTPConnection, "_new_conn", rebound)
    monkeypatch.setattr(transport, "is_public", lambda _: True)
    http = Transport("https://api.example", dict)
    with pytest.raises(DownloadFailed, match="not public"), http.fetch("https://cdn.example/film.mp4?s=1", {}):
        pass
    with pytest.raises(DownloadFailed, match="not public"):
        http.upload("https://cdn.example/put", b"x", {})
    server.down()
    assert server.seen == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_m11c_redirects_take_no_key_along(status: int, trial: Trial) -> None:
    """A redirected submit is not followed; a redirected film is, without a key."""
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
