"""Check an installation and report on it without a secret: versions, keys, services, journal, front end."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata

from vidmagic.engine.expiry import WAITING, clock_text
from vidmagic.engine.journal.database import SQLITE_VERSION
from vidmagic.engine.journal.record import can_follow
from vidmagic.engine.states import FOLLOWED, label
from vidmagic.errors import InvalidRequest, JournalError, MissingKey, VidmagicError
from vidmagic.http.transport import Transport
from vidmagic.providers import keys
from vidmagic.providers.contract import Service
from vidmagic.session.improve.endpoint import report_endpoint
from vidmagic.session.reports.table import Table
from vidmagic.session.session import Session
from vidmagic.session.settings_sources import SANDBOX_VARIABLE, sandbox_variable
from vidmagic.session.writable import can_be_made

SOON = 12 * 3600.0  # seconds: a job that a person must fetch by then is a problem
PACKAGES = ("vidmagic", "ipython", "ipykernel", "ipywidgets", "av", "pillow", "requests")


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check: `good` is None where nothing can be right or wrong."""

    part: str
    text: str
    good: bool | None = None


def examine(session: Session, *, front_end: str = "command line", online: bool = False) -> list[Finding]:
    """Check everything; with *online* also whether each service answers, which is free of charge."""
    return [
        *_versions(),
        Finding("front end", front_end),
        *_plugins(session),
        *(finding for service in session.access.services() for finding in _service(session, service, online=online)),
        Finding("improve prompts", *report_endpoint(session.access, lambda: session.settings.chat_model)),
        _sandbox(session),
        _journal(session),
        *_expiring(session),
        *_settings(session),
    ]


def report(findings: list[Finding]) -> Table:
    """Return the findings as a table; `!` marks a problem."""
    marks = {True: "ok", False: "!", None: ""}
    return Table(
        ("part", "", "found"), tuple((finding.part, marks[finding.good], finding.text) for finding in findings)
    )


def _versions() -> Iterator[Finding]:
    yield Finding("python", f"{platform.python_version()} on {platform.system()} {platform.machine()}")
    for name in PACKAGES:
        try:
            yield _version(name, metadata.version(name))
        except metadata.PackageNotFoundError:
            yield Finding(name, "not installed")
    yield Finding("sqlite", SQLITE_VERSION)


def _version(name: str, version: str) -> Finding:
    if name == "ipykernel" and version.startswith(("7.2.", "7.3.")):
        return Finding(name, f"{version}: it loses requests while widgets are in use; install 7.4 or newer", good=False)
    return Finding(name, version)


def _plugins(session: Session) -> Iterator[Finding]:
    for name, reason in session.catalog.broken.items():
        yield Finding(f"plug-in {name}", reason, good=False)


def _service(session: Session, service: Service, *, online: bool) -> Iterator[Finding]:
    try:
        key = keys.find_key(service)
    except MissingKey as problem:
        key = None
        yield Finding(f"{service.title} key", problem.message, good=False)
    else:
        yield Finding(
            f"{service.title} key",
            f"{service.key_env} is set, from {key.source}"
            if key is not None
            else f"{service.key_env} is not set{keys.ignored_file()}",
            good=True if key is not None else None,
        )
    try:
        origin = session.access.origin(service)
    except InvalidRequest as problem:
        yield Finding(f"{service.title} origin", f"{service.url_env}: {problem.message}", good=False)
        return
    yield Finding(
        f"{service.title} origin", origin + (f" (from {service.url_env})" if origin != service.origin else "")
    )
    if online:
        for part in ("", *service.origins):
            yield _reach(service, service.origin_of(part, origin))
        if key is not None and service.key_check is not None:
            yield _check_key(service, origin, key)


def _reach(service: Service, origin: str) -> Finding:
    """Request the front page without the key: any answer shows that the service is there."""
    try:
        status = Transport(origin, dict).service.get("/").status
    except VidmagicError as problem:
        return Finding(f"{service.title} online", f"{origin}: {problem.message}", good=False)
    return Finding(f"{service.title} online", f"{origin} answers (HTTP {status})", good=True)


def _check_key(service: Service, origin: str, key: keys.Key) -> Finding:
    assert service.key_check is not None
    part, path = service.key_check
    http = Transport(service.origin_of(part, origin), lambda: service.headers(key.reveal()), secrets=key.forms)
    what = f"{service.title} key online"
    try:
        status = http.service.get(path).status
    except VidmagicError as problem:
        return Finding(what, problem.message, good=False)
    words = {404: "the service accepts it", 401: "the service refuses it"}
    return Finding(
        what, words.get(status, f"the service does not tell (HTTP {status})"), good={404: True, 401: False}.get(status)
    )


def _sandbox(session: Session) -> Finding:
    try:
        if sandbox_variable():
            return Finding("sandbox", f"{SANDBOX_VARIABLE} is set: every job runs in the sandbox")
        has_any_key = session.access.has_any_key()
    except (InvalidRequest, MissingKey) as problem:
        return Finding("sandbox", problem.message, good=False)
    if not has_any_key:
        return Finding("sandbox", "no key is set: every job runs in the sandbox")
    return Finding("sandbox", "only for cells with --sandbox")


def _journal(session: Session) -> Finding:
    path = session.store.path
    if not path.exists():
        if not can_be_made(path.parent):
            return Finding("journal", f"{path}: does not exist and cannot be made there", good=False)
        return Finding("journal", f"{path}: does not exist yet; the first job creates it")
    try:
        jobs = session.store.find()
    except JournalError as problem:
        return Finding("journal", problem.message, good=False)
    writable = os.access(path, os.W_OK) and can_be_made(path.parent)
    unfinished = len(session.unfinished())
    text = f"{path}: {len(jobs)} jobs, {unfinished} to resume" + ("" if writable else "; the file cannot be written")
    return Finding("journal", text, good=writable)


def _expiring(session: Session) -> Iterator[Finding]:
    """Yield the jobs that their service, or the link to their video, soon no longer knows."""
    if not session.store.path.exists():
        return
    try:
        unfinished = session.store.find(states=sorted(FOLLOWED | set(WAITING)))
    except JournalError:  # which the finding before has named
        return
    now = time.time()
    for record in unfinished:
        lifetimes = session.factory.lifetimes(record.model)
        for what, at in (
            ("the service forgets it at", lifetimes.forgotten_at(record)),
            ("the link to its video ends about", lifetimes.link_ends_at(record)),
        ):
            if at is not None and now < at < now + SOON:
                step = f"`%video resume {record.id}` goes on" if can_follow(record) else "check it there by then"
                text = f"{label(record.state)}: {what} {clock_text(at, now)}; {step}"
                yield Finding(f"job {record.id}", text, good=False)


def _settings(session: Session) -> Iterator[Finding]:
    try:
        outside = session.settings.elsewhere
    except InvalidRequest as problem:
        yield Finding("settings", problem.message, good=False)
        return
    settings = ", ".join(f"{name} = {value}" for name, value in sorted(outside.items()))
    yield Finding("settings", f"from the environment or the project: {settings or 'none'}")
    folder = session.planner.folder()
    writable = can_be_made(folder)
    yield Finding("videos", str(folder) + ("" if writable else ": cannot be written"), good=writable)
