"""A scripted service, a video to serve, and a session that knows the service."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import CANARY
from tests.engine.tiny import Tiny, state
from tests.faults.answers import Answer, video_answer
from tests.faults.server import FaultServer
from tests.media.videos import write
from vidmagic.engine.states import STATES
from vidmagic.engine.timing import Timing
from vidmagic.session.session import Session


@pytest.fixture(scope="session")
def video_bytes(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return a small real video."""
    return write(tmp_path_factory.mktemp("video") / "v.mp4", frames=12, rate=12, size=(64, 48)).read_bytes()


@pytest.fixture
def service(video_bytes: bytes) -> Iterator[FaultServer]:
    """Serve the video; the test scripts everything else."""
    server = FaultServer().on("/film.mp4", video_answer(video_bytes))
    yield server
    server.down()


@pytest.fixture
def done(service: FaultServer) -> Answer:
    """Return the answer to a poll that says that the video is there."""
    return state("done", url=f"{service.url}/film.mp4?Signature=a%2Fb")


@pytest.fixture
def tiny(
    service: FaultServer, make_session: Callable[..., Session], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Session]]:
    """Make sessions that know the scripted service; they share one journal.

    At the end of the test each job of the journal has cost what its state allows.
    """
    made: list[Session] = []
    monkeypatch.setenv("TINY_API_KEY", CANARY)
    monkeypatch.setenv("VIDMAGIC_TINY_URL", service.url)

    def make(provider: Tiny | None = None, **more: Timing) -> Session:
        session = make_session(**more)
        session.catalog.add(Tiny() if provider is None else provider)
        made.append(session)
        return session

    yield make
    for session in made[:1]:
        for record in session.store.find():
            assert record.charged in STATES[record.state].charged, record


@pytest.fixture
def videos() -> Path:
    """Return the folder that videos go to."""
    return Path.cwd() / "videos"
