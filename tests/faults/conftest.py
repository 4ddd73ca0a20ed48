"""What the fault tests share: the seed, the scripted service, figures, short limits."""

from __future__ import annotations

import contextlib
import os
import random
import ssl
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.conftest import CANARY
from tests.faults.figures import Figures
from tests.faults.systems import SYSTEMS, Service, System
from tests.kernels.spec import CURRENT, Spec
from tests.kernels.wire import Kernel
from tests.media.videos import write
from vidmagic.engine.job import Job
from vidmagic.session.session import Session

SERVICES = ("VIDU", "DMXAPI", "APIYI")
LOAD = "%load_ext vidmagic\nfrom tests.quick import quicken\nquicken()"
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say with which seed the samples were drawn."""
    terminalreporter.write_line(f"faults: --seed {seed_of(config)}{' --long' if config.getoption('long') else ''}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Plant bugs only in the long run: each of them runs a part of the tests. With --mutants do nothing else."""
    if config.getoption("mutants"):
        left_out = [item for item in items if not item.name.startswith("test_a_random_edit")]
    else:
        planted = ("test_a_random_edit",) if config.getoption("long") else ("test_a_random_edit", "test_a_planted_bug")
        left_out = [item for item in items if item.name.startswith(planted)]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


def seed_of(config: pytest.Config) -> int:
    """Return the seed that was given, or one for this run."""
    given: int | None = config.getoption("seed")
    if given is None:
        given = config.option.seed = random.randrange(10**6)
    return given


@pytest.fixture(scope="session")
def long(request: pytest.FixtureRequest) -> bool:
    """Return whether `--long` was given."""
    return bool(request.config.getoption("long"))


@pytest.fixture
def dice(request: pytest.FixtureRequest) -> random.Random:
    """Return chance that depends on the run's seed and the test alone."""
    return random.Random(f"{seed_of(request.config)} {request.node.nodeid}")


@pytest.fixture(scope="module")
def figures(request: pytest.FixtureRequest, long: bool) -> Iterator[Figures]:
    """Count for the module; the counts are written when it ends."""
    name = Path(request.node.path).stem.removeprefix("test_")
    counts = Figures(name, seed_of(request.config), long=long)
    yield counts
    counts.write()


@pytest.fixture
def some(dice: random.Random, long: bool) -> Callable[[Sequence[Any]], Sequence[Any]]:
    """Return all of some cases in the long run, one by chance in the quick one."""
    return lambda cases: cases if long else [dice.choice(cases)]


@pytest.fixture(scope="session")
def video_bytes(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return a small real video."""
    return write(tmp_path_factory.mktemp("film") / "f.mp4", frames=12, rate=12, size=(64, 48)).read_bytes()


@pytest.fixture
def aim(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Point every service at an origin, with a key that must not leak and without proxies."""
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)

    def to(url: str) -> None:
        for name in SERVICES:
            monkeypatch.setenv(f"{name}_API_KEY", CANARY)
            monkeypatch.setenv(f"VIDMAGIC_{name}_URL", url)

    return to


@pytest.fixture
def serve(video_bytes: bytes, aim: Callable[[str], None]) -> Iterator[Callable[..., Service]]:
    """Start scripted services that end with the test; the last one started is the one that is spoken to."""
    running: list[Service] = []

    def start(**more: Any) -> Service:
        running.append(Service(video_bytes, **more))
        aim(running[-1].url)
        return running[-1]

    yield start
    for service in running:
        service.down()


@pytest.fixture
def kernel(tmp_path: Path) -> Iterator[Callable[..., Kernel]]:
    """Start kernels beside the test's journal, with its services; they keep a history and end with the test."""
    names = ["VIDMAGIC_HOME", *(f"{s}_API_KEY" for s in SERVICES), *(f"VIDMAGIC_{s}_URL" for s in SERVICES)]
    with contextlib.ExitStack() as running:

        def start(spec: Spec = CURRENT) -> Kernel:
            env = {name: os.environ[name] for name in names}
            env |= {"PYTHONPATH": str(Path(__file__).resolve().parents[2]), "IPYTHONDIR": str(tmp_path / "ipython")}
            running_kernel = running.enter_context(contextlib.closing(Kernel(spec, cwd=Path.cwd(), env=env)))
            running_kernel.run(LOAD)
            return running_kernel

        yield start


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """Return an authority of this run, which nobody else trusts."""
    return trustme.CA()


@pytest.fixture
def tls(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., ssl.SSLContext]:
    """Trust that authority alone; return what makes a server's context, with its certificate or with *by* another's."""
    bundle = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(bundle)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))

    def certified(name: str = "localhost", *, by: trustme.CA = authority, **dates: Any) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        by.issue_cert(name, **dates).configure_cert(context)
        return context

    return certified


@dataclass(frozen=True, slots=True)
class Trial:
    """What a test of several systems needs. `serve` starts a service, `session` speaks to the last one started."""

    serve: Callable[..., Service]
    session: Session
    systems: Sequence[System]
    some: Callable[[Sequence[Any]], Sequence[Any]]
    figures: Figures
    new_session: Callable[[], Session]

    def start(self, prompt: str, system: System, **more: Any) -> Job:
        """Start a job of a system."""
        return self.session.start(prompt, system.model, **{**system.given, **more})


@pytest.fixture
def trial(
    serve: Callable[..., Service],
    make_session: Callable[[], Session],
    some: Callable[[Sequence[Any]], Sequence[Any]],
    figures: Figures,
) -> Trial:
    """Return a session, the systems to try, and what serves and counts them."""
    return Trial(serve, make_session(), some(list(SYSTEMS.values())), some, figures, make_session)
