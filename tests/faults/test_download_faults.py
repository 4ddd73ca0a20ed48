"""A paid video arrives whole or not at all: no half file under its name, no part left, nothing submitted again."""

from __future__ import annotations

import dataclasses
import resource
import signal
import ssl
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme

from tests.faults.answers import (
    Answer,
    Seen,
    broken_chunks,
    damaged_gzip,
    half_headers,
    no_answer,
    redirect,
    reset_after_reading,
    truncated,
    video_answer,
)
from tests.faults.conftest import Trial
from tests.faults.server import FaultServer
from tests.faults.systems import SYSTEMS, Service
from tests.faults.toxics import limit_body, reset_peer, slicer, tear, timeout
from tests.media.recipes import service_bytes
from tests.patience import ended, until
from tests.quick import QUICK, SHORT_TIMEOUTS
from vidmagic.engine.download.partial_file import PartialFile
from vidmagic.engine.timing import Timing
from vidmagic.media.recipe_box import media_size

Fault = Callable[[bytes], Answer]
HTML = b"<html>Expired</html>"
FAULTS: dict[str, Fault] = {
    "403": lambda _: Answer(403, b"<Error><Code>AccessDenied</Code></Error>"),
    "404": lambda _: Answer(404),
    "410": lambda _: Answer(410),
    "401": lambda _: Answer(401),
    "416": lambda _: Answer(416),
    "429": lambda _: Answer(429),
    "500": lambda _: Answer(500),
    "503": lambda _: Answer(503, HTML),
    "a page": lambda _: Answer(body=HTML, headers={"Content-Type": "video/mp4"}),
    "JSON": lambda _: Answer(body=b'{"error": 1}'),
    "empty": lambda _: Answer(body=b""),
    "204": lambda _: Answer(204, headers={"Content-Length": ""}),
    "too short": lambda data: truncated(Answer(body=data, headers={"ETag": '"v1"'}), len(data) // 2),
    "too short, without a length": lambda data: Answer(body=data[:-9], headers={"Content-Length": ""}),
    "only its head": lambda data: Answer(body=data[:40], headers={"Content-Length": ""}),
    "too long": lambda data: Answer(body=data + b"rest"),
    "RST in the middle": lambda data: Answer(body=data, toxics=(limit_body(len(data) // 2), reset_peer())),
    "no answer": lambda _: no_answer(),
    "RST": lambda _: reset_after_reading(),
    "half a head": lambda _: half_headers(),
    "broken chunks": lambda data: broken_chunks(data[:500]),
    "gzip": damaged_gzip,
    "compressed": lambda data: Answer(body=data, headers={"Content-Encoding": "br"}),
    "206 unasked": lambda data: Answer(206, data[9:], {"Content-Range": f"bytes 9-{len(data) - 1}/{len(data)}"}),
    "206 of another file": lambda data: Answer(206, data, {"Content-Range": "bytes 0-1/2", "ETag": '"v2"'}),
    "silence": lambda data: Answer(toxics=(timeout(0.8),)),
    "a stall": lambda data: Answer(body=data, toxics=(limit_body(900), slicer(300, 0.1))),
    "a circle": lambda _: redirect(302, "/film.mp4"),
}
FORBIDDEN: dict[str, Fault] = {
    "to http elsewhere": lambda _: redirect(302, "http://example.com/x"),
    "to a file": lambda _: redirect(302, "file:///etc/passwd"),
    "to a private network": lambda _: redirect(302, "https://10.0.0.1/x"),
}


@pytest.fixture
def timing() -> Timing:
    """Return timing that retries at once."""
    return dataclasses.replace(QUICK, timeouts=SHORT_TIMEOUTS, first_retry=0.001, longest_retry=0.01)


def check_whole(service: Service) -> None:
    """Check that there is one video, whole, and no part."""
    files = sorted(path.suffix for path in (Path.cwd() / "videos").iterdir())
    assert files == [".json", ".mp4"]
    [path] = (Path.cwd() / "videos").glob("*.mp4")
    assert service_bytes(path) == service.video


@pytest.mark.parametrize("resumed", [False, True], ids=["fresh", "resumed"])
@pytest.mark.parametrize("name", FAULTS)
def test_a_bad_download(name: str, trial: Trial, *, resumed: bool) -> None:
    """One bad answer, at the start or when the rest is asked for, costs another request and never another submit."""
    [system] = trial.some([SYSTEMS["hailuo"], SYSTEMS["vidu1"], SYSTEMS["viduq2"]])[:1]
    service = trial.serve()
    bad = FAULTS[name](service.video)
    first = truncated(Answer(body=service.video, headers={"ETag": '"v1"'}), 600)
    service.downloads = [first, bad] if resumed else [bad]
    job = ended(trial.start(f"{name} {resumed}", system))
    assert (job.state, job.charged) == ("done", "yes"), job.error
    check_whole(service)
    assert len(service.submitted) == 1
    trial.figures.add(cases=1, submits=1, paid=1, done=1)


@pytest.mark.parametrize("name", ["403", "500", "a page", "too short", "gzip", *FORBIDDEN])
def test_a_download_that_never_works(name: str, trial: Trial) -> None:
    """A video that cannot be fetched leaves its job paused, with no part on disk; a later resume fetches it."""
    service = trial.serve()
    service.downloads = [{**FAULTS, **FORBIDDEN}[name](service.video)] * 40
    job = ended(trial.start(f"never {name}", SYSTEMS["hailuo"]))
    assert (job.state, job.charged) == ("paused", "yes")
    assert list((Path.cwd() / "videos").iterdir()) == []
    service.downloads.clear()
    assert ended(trial.start(f"never {name}", SYSTEMS["hailuo"])).state == "done"
    assert len(service.submitted) == 1
    trial.figures.add(cases=1, submits=1, paid=1, done=1)


def test_a_file_that_outgrows_its_limit(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that lets no file grow so far pauses the job and keeps what was paid."""
    service = trial.serve()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    write = PartialFile.write

    def full(self: PartialFile, chunk: bytes) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (64, before[1]))
        try:
            write(self, chunk)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    monkeypatch.setattr(PartialFile, "write", full)
    try:
        job = ended(trial.start("too large", SYSTEMS["hailuo"]))
    finally:
        signal.signal(signal.SIGXFSZ, handler)
    assert (job.state, job.charged) == ("paused", "yes")
    assert list((Path.cwd() / "videos").iterdir()) == []
    monkeypatch.setattr(PartialFile, "write", write)
    assert ended(trial.start("too large", SYSTEMS["hailuo"])).state == "done"
    assert len(service.submitted) == 1
    trial.figures.add(cases=1, submits=1, paid=1, done=1)


def test_a_large_video_needs_little_memory(trial: Trial, video_bytes: bytes, *, long: bool) -> None:
    """300 MB pass through with less than 64 MB more memory."""
    size = (300 if long else 40) * 2**20
    piece = bytes(2**20)

    class Long(bytes):
        """Stands for its length in the head; the server sends it in pieces."""

        def __len__(self) -> int:
            return len(video_bytes) + size

    def pieces(head: object, _: object) -> object:
        yield next(head)  # type: ignore[call-overload]
        yield video_bytes
        yield size.to_bytes(4, "big") + b"free" + piece[8:]
        for _ in range(size // 2**20 - 1):
            yield piece

    service = trial.serve()
    service.downloads = [Answer(body=Long(), toxics=(pieces,))]
    before, begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    job = ended(trial.start("large", SYSTEMS["hailuo"]), 120)
    assert job.state == "done"
    with Path(job.record.path).open("rb") as file:
        assert media_size(file) == len(video_bytes) + size
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before  # kB
    assert grown < 64 * 1024
    trial.figures.add(cases=1, megabytes=size // 2**20, seconds_for_them=round(time.monotonic() - begun))


def test_cut_between_two_boxes(trial: Trial, video_bytes: bytes) -> None:
    """A video that ends too early where one of its boxes ends looks whole, and is fetched to its end all the same."""
    service = trial.serve()
    service.video = video_bytes + (64).to_bytes(4, "big") + b"free" + bytes(56)
    service.downloads = [truncated(Answer(body=service.video, headers={"ETag": '"v1"'}), len(video_bytes))]
    assert ended(trial.start("cut", SYSTEMS["hailuo"])).state == "done"
    check_whole(service)
    trial.figures.add(cases=1, submits=1, paid=1, done=1)


def test_a_link_is_asked_for_once_more(trial: Trial) -> None:
    """A refused link is replaced by a fresh one from the service, at most three times, and the video comes."""
    service = trial.serve()
    refused: list[str] = []

    def expire(seen: Seen) -> Answer | None:
        if seen.path.startswith("/film") and len(refused) < 3:
            refused.append(seen.target)
            return Answer(403)
        return None

    service.on_request = expire
    assert ended(trial.start("expired", SYSTEMS["hailuo"])).state == "done"
    assert len(refused) == 3
    trial.figures.add(cases=1, submits=1, paid=1, done=1)


# -- over TLS


@pytest.mark.parametrize("length", [True, False], ids=["with a length", "without a length"])
def test_a_video_cut_over_tls(trial: Trial, tls: Callable[..., ssl.SSLContext], *, length: bool) -> None:
    """A TLS line that ends without a farewell ends no video: its missing bytes are requested, or all of it."""
    service = trial.serve(tls=tls())
    whole = Answer(body=service.video, headers={"ETag": '"v1"'})
    open_ended = Answer(body=service.video[:600], headers={"Content-Length": ""})
    service.downloads = [truncated(whole, 600).but(tear()) if length else open_ended.but(tear())]
    assert ended(trial.start(f"torn {length}", SYSTEMS["hailuo"])).state == "done"
    check_whole(service)
    asked = [seen.headers.get("range", "") for seen in service.server.seen if seen.path.startswith("/film")]
    assert asked == ["", "bytes=600-" if length else ""]
    assert len(service.submitted) == 1
    trial.figures.add(cases=1, submits=1, paid=1, done=1)


def test_a_video_behind_a_foreign_certificate(trial: Trial, tls: Callable[..., ssl.SSLContext]) -> None:
    """A link to a host whose certificate is not good gets no request; the job stays, and its video can come later."""
    service = trial.serve()
    storage = FaultServer(tls(by=trustme.CA())).then(video_answer(service.video))
    service.link = lambda: f"{storage.url}/film.mp4?Signature=se%2Fcret"  # type: ignore[method-assign]
    job = ended(trial.start("foreign", SYSTEMS["hailuo"]))
    assert (job.state, job.charged) == ("paused", "yes")
    assert storage.connections > 0
    assert (storage.secured, storage.seen) == (0, [])
    storage.tls = tls()
    assert ended(trial.start("foreign", SYSTEMS["hailuo"])).state == "done"
    storage.down()
    check_whole(service)
    assert len(service.submitted) == 1
    trial.figures.add(cases=1, submits=1, paid=1, done=1)


def test_a_certificate_that_turns_invalid_between_two_polls(trial: Trial, tls: Callable[..., ssl.SSLContext]) -> None:
    """A service that cannot be looked at safely is not looked at: the job goes on, and ends when it can be."""
    service = trial.serve(tls=tls(), pending=10**9)
    job = trial.start("between two polls", SYSTEMS["hailuo"])
    until(lambda: service.polls > 1)
    service.server.tls = tls("elsewhere.example")
    tried = service.server.connections
    until(lambda: service.server.connections > tried + 1)  # the poll that was under way is over
    seen = len(service.server.seen)
    until(lambda: service.server.connections > tried + 4)
    assert len(service.server.seen) == seen
    assert not job.ended
    assert job.charged == "yes"
    service.pending = 0
    service.server.tls = tls()
    assert ended(job).state == "done"
    assert len(service.submitted) == 1
    trial.figures.add(cases=1, submits=1, paid=1, done=1)
