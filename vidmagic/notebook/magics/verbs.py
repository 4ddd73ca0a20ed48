"""All verbs of `%video`, and how one line of it is carried out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vidmagic.errors import InvalidRequest
from vidmagic.escaping import shorten
from vidmagic.notebook.magics import help_text
from vidmagic.notebook.magics.job_verbs import JOB_VERBS
from vidmagic.notebook.magics.registry import Verb, VerbLine
from vidmagic.notebook.magics.run_flags import names_model
from vidmagic.notebook.magics.tokens import Word, mask_keys, split
from vidmagic.notebook.magics.topics import TOPICS
from vidmagic.notebook.magics.video_verbs import HEALTH_VERBS, MODEL_VERBS, VIDEO_VERBS
from vidmagic.spec.params import did_you_mean, listing

if TYPE_CHECKING:
    from vidmagic.notebook.context import NotebookContext


def _help(context: NotebookContext, line: VerbLine) -> None:
    name = line.word("TOPIC")
    print(_help_on(name, context) if name else help_text.of_line(VERBS.values()))  # noqa: T201  asked for


def _help_on(name: str, context: NotebookContext) -> str:
    """Return the page of a command or a topic. Raises InvalidRequest, which names them all."""
    if name in VERBS:
        return help_text.of_verb(VERBS[name])
    from vidmagic.notebook.magics.topic_pages import no_page, page

    if name not in TOPICS:
        raise no_page(name, VERBS)
    return page(name, context.session.catalog)


VERBS = {
    verb.name: verb
    for verb in (
        *MODEL_VERBS,
        *JOB_VERBS,
        *VIDEO_VERBS,
        *HEALTH_VERBS,
        Verb("help", "[TOPIC]", "this page, or all about one command or topic", _help),
    )
}


def run_line(context: NotebookContext, line: str) -> object:
    """Carry out one `%video` line and return what it shows. Raises InvalidRequest for a line with a mistake."""
    words = split(line) or [Word("", "help")]
    name = words[0].flag or words[0].text or ""
    if name not in VERBS and names_model(name, context.session.catalog):
        raise _unknown(name, f" {name}")
    verb = find_verb("help" if name in {"-h", "--help"} else name)
    arguments = verb.read(words[1:])
    if arguments is not None:
        return verb.run(context, arguments)
    print(help_text.of_verb(verb))  # noqa: T201  asked for
    return None


def find_verb(name: str) -> Verb:
    """Return the verb called *name*. Raises InvalidRequest, which says where a prompt goes."""
    if name not in VERBS:
        raise _unknown(name)
    return VERBS[name]


def _unknown(name: str, model: str = "") -> InvalidRequest:
    near = did_you_mean(name, VERBS)
    shown = shorten(mask_keys(name), 60)
    return InvalidRequest(
        f"Unknown command {shown!r}{near}. The commands of %video are {listing(VERBS, 'and')}.",
        hint=f"For a prompt, begin the cell with %%video{model}.",
    )
