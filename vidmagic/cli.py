"""The command line: `vidmagic` and `python -m vidmagic`.

`run` and `resume` write nothing but the path of the video to stdout; progress and messages go to stderr.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from vidmagic.engine.job import Job
from vidmagic.engine.journal.record import Record
from vidmagic.engine.rebuild import rebuild
from vidmagic.errors import InvalidRequest, VidmagicError
from vidmagic.notebook.card.take_caption import take_text
from vidmagic.notebook.magics.flags import parse_words
from vidmagic.notebook.magics.registry import Verb
from vidmagic.notebook.magics.run_flags import HELP, flags_at
from vidmagic.notebook.magics.tokens import word
from vidmagic.notebook.magics.topic_pages import no_page, page
from vidmagic.notebook.magics.topics import TOPICS
from vidmagic.notebook.magics.verbs import VERBS
from vidmagic.notebook.surfaces.terminal import Interrupts, hold, write_line
from vidmagic.providers.services import APIYI, DMXAPI, VIDU
from vidmagic.session.reports import doctor
from vidmagic.session.reports.job_table import choose, job_table
from vidmagic.session.reports.model_tables import model_table, parameter_table
from vidmagic.session.session import Session

INTERRUPTED = 130  # what shells report of a program that Ctrl-C ended
RUN_FLAGS = {**flags_at("command line"), "--help": HELP}


def main(argv: Sequence[str] | None = None, *, make_session: Callable[[], Session] = Session) -> int:
    """Run one command and return its exit code: 0, 1 after an error, 130 after Ctrl-C."""
    given = _parser().parse_args(argv)
    try:
        return int(given.command(make_session(), given))
    except VidmagicError as error:
        _write_error(error)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # the reader, `head` perhaps, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="vidmagic", description="Make AI video; a paid job is never bought twice.")
    parser.add_argument("--version", action="version", version=f"vidmagic {metadata.version('vidmagic')}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_run(commands)
    verbs = (
        ("models", _models),
        ("jobs", _jobs),
        ("resume", _resume),
        ("slim", _slim),
        ("doctor", _doctor),
        ("help", _help),
    )
    for name, command in verbs:
        _add_verb(commands, VERBS[name], command)
    _add_rebuild(commands)
    _add_sandbox(commands)
    parser.set_defaults(help_page=parser.format_help, commands=commands.choices)
    return parser


def _add_verb(commands: Any, verb: Verb, command: Callable[[Session, argparse.Namespace], int]) -> None:
    """Add a command that is a verb of `%video` too: its arguments, flags and help are the verb's."""
    parser = commands.add_parser(verb.name, help=verb.help, description=verb.help, allow_abbrev=False)
    for argument in verb.arguments:
        count = "*" if argument.several else "?"
        parser.add_argument(argument.name.lower(), nargs=count if argument.least == 0 else None, metavar=argument.name)
    for flag in verb.flags:
        kind: dict[str, Any] = {"metavar": flag.value} if flag.sets is None else {"action": "store_true"}
        parser.add_argument(flag.written, dest=flag.name, help=flag.help, **kind)
    parser.set_defaults(command=command)


def _add_run(commands: Any) -> None:
    usage = (
        "vidmagic run MODEL PROMPT… [--again | --take N] [--draft] [--max-cost AMOUNT] [--shot NAME]"
        " [--from SHOT|ID|FILE] [--sandbox] [the model's own flags]"
    )
    # No word begins with this character, so all of them are left to the parser of the cell's line.
    parser = commands.add_parser(
        "run", help="make a video and wait for it", usage=usage, add_help=False, prefix_chars="\0"
    )
    parser.add_argument("words", nargs="*")
    parser.set_defaults(command=_run, usage=usage)


def _add_rebuild(commands: Any) -> None:
    parser = commands.add_parser("rebuild", help="add videos to the journal from the .json files beside them")
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.set_defaults(command=_rebuild)


def _add_sandbox(commands: Any) -> None:
    parser = commands.add_parser("sandbox", help="serve the sandbox until Ctrl-C")
    parser.add_argument("--port", type=int, default=0, help="the port (default: a free one)")
    parser.add_argument("--seconds", type=float, default=3.0, help="how long a job takes (3)")
    parser.set_defaults(command=_sandbox)


def _models(session: Session, given: argparse.Namespace) -> int:
    catalog = session.catalog
    if given.model:
        _print(parameter_table(catalog.find_model(given.model)[1]))
    else:
        _print(model_table(catalog, what=given.takes or "", prices=session.settings.prices))
    return 0


def _run(session: Session, given: argparse.Namespace) -> int:
    words = [word(text) for text in given.words]
    line = parse_words(words, session.catalog, session.access.default_model, run=RUN_FLAGS, with_prompt=True)
    if line.help:
        _print(f"usage: {given.usage}")
        if line.model is not None:
            _print(parameter_table(session.catalog.find_model(line.model)[1]))
        return 0
    plan = session.plan(line.prompt, line.model, line.options, **line.given)
    with Interrupts() as interrupts:
        return _finish([session.launch(plan, line.options)], interrupts)


def _resume(session: Session, given: argparse.Namespace) -> int:
    ids = [session.resolver.job(given.id).id] if given.id is not None else [r.id for r in session.unfinished()]
    if not ids:
        write_line("Nothing to resume: no job of the journal is unfinished.")
    with Interrupts() as interrupts:
        return _finish([session.shots.describe(session.resume(job_id)) for job_id in ids], interrupts)


def _finish(jobs: list[Job], interrupts: Interrupts) -> int:
    """Wait for *jobs*, print the path of each video, and write the error of each job that has none."""
    for job in jobs:
        price = job.record.price_text
        write_line(f"job {job.id} · {job.model} · " + ("made before, nothing is sent" if job.reused else price))
        for note in filter(None, [take_text(job), *job.notes]):
            write_line(note)
    left = hold(jobs, interrupts)
    for job in left:
        write_line(f"No longer waiting. Job {job.id} goes on at the service: `vidmagic resume {job.id}` fetches it.")
    failed = False
    for job in (job for job in jobs if job not in left):
        try:
            _print(job.result().path)
        except VidmagicError as error:
            failed = True
            _write_error(error)
    return INTERRUPTED if left else int(failed)


def _jobs(session: Session, given: argparse.Namespace) -> int:
    filters = {flag.name: value for flag in VERBS["jobs"].flags if (value := getattr(given, flag.name)) is not None}
    return _print_jobs(choose(session.store, session.catalog, **filters), "No such job in the journal.")


def _slim(_: Session, given: argparse.Namespace) -> int:
    from vidmagic.notebook.slim.slim import slim

    _print(slim(Path(given.notebook).expanduser(), embed=given.embed))
    return 0


def _rebuild(session: Session, given: argparse.Namespace) -> int:
    rebuilt = rebuild(session.store, given.folders)
    if rebuilt.added or not rebuilt.malformed:
        _print_jobs(rebuilt.added, "Nothing to add: the journal knows every video there.")
    for sidecar in rebuilt.malformed:
        write_line(f"Skipped {sidecar.path}: {sidecar.problem}.")
    return 0


def _print_jobs(records: list[Record], if_none: str) -> int:
    if records:
        _print(job_table(records))
    else:
        write_line(if_none)
    return 0


def _sandbox(_: Session, given: argparse.Namespace) -> int:
    from vidmagic.sandbox import Sandbox

    try:
        served = Sandbox(port=given.port, seconds=given.seconds)
    except (OSError, OverflowError) as refused:
        raise InvalidRequest(f"port {given.port} cannot be used: {refused}") from refused
    with Interrupts() as interrupts, served as sandbox:
        _print(sandbox.url)
        for service in (VIDU, DMXAPI, APIYI):
            _print(f"{'set' if os.name == 'nt' else 'export'} {service.url_env}={sandbox.url}")
        write_line("The sandbox accepts any key. Ctrl-C ends it.")
        while not interrupts.count:
            time.sleep(0.2)
    return 0


def _doctor(session: Session, given: argparse.Namespace) -> int:
    findings = doctor.examine(session, online=given.online)
    _print(doctor.report(findings))
    return int(any(finding.good is False for finding in findings))


def _help(session: Session, given: argparse.Namespace) -> int:
    if given.topic is None:
        _print(f"{given.help_page()}\nvidmagic help TOPIC: a command, or one of {', '.join(TOPICS)}")
    elif given.topic in TOPICS:
        _print(page(given.topic, session.catalog))
    elif given.topic in given.commands:
        _print(given.commands[given.topic].format_help())
    else:
        raise no_page(given.topic, given.commands)
    return 0


def _write_error(error: VidmagicError) -> None:
    """Write an error as the notebook shows it, with the command's name in place of the magic's."""
    error.hint = error.hint.replace("`%video ", "`vidmagic ")
    for line in error.lines():
        write_line(line)


def _print(text: object) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
