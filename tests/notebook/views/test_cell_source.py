"""The copyable cell asks for what the form asks for, whatever the values look like."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

import pytest
from IPython.core.inputtransformer2 import TransformerManager

from vidmagic.errors import InvalidRequest
from vidmagic.notebook.form.form import Form
from vidmagic.notebook.magics import flags
from vidmagic.notebook.magics.interpolation import interpolate
from vidmagic.session.planning import Plan
from vidmagic.session.run_options import RunOptions, take_options
from vidmagic.session.session import Session
from vidmagic.spec.models import Mode, Model
from vidmagic.spec.params import Param
from vidmagic.spec.request import ROLES

ENDINGS = {"image": "png", "video": "mp4", "audio": "mp3"}
WORDS = [
    "a plain word",
    "it's",
    'say "hi"',
    """both ' and " with a space""",
    """it's"tight""",
    "--looks-like-a-flag",
    "-1",
    " spaces around ",
    "{{name}} stays",
    r"C:\films\kite.png",
    "ends with ?",
    "two\nlines",
    "a line\u2028separator",
    "–dash",
    "100%",
    "数字",
]
PROMPTS = [
    *WORDS,
    "%%video sora --again",
    "    indented\n        more\n",
    "\n\nnewlines around\n\n",
    "# a comment\n!ls\n%time",
    "trailing spaces   ",
    'triple """ and \\ at the end \\',
]


def asked_by(session: Session, text: str) -> Plan:
    """Return what a cell of this text asks for, read as IPython and the magic read it."""
    call = ast.parse(TransformerManager().transform_cell(text)).body[-1].value  # type: ignore[attr-defined]
    if text.startswith("import vidmagic"):
        given = {str(word.arg): ast.literal_eval(word.value) for word in call.keywords}
        options = take_options("generate", given)
        return session.plan(ast.literal_eval(call.args[0]), given.pop("model"), options, **given)
    magic, line, body = (ast.literal_eval(argument) for argument in call.args)
    assert magic == "video"
    read = flags.parse(line, session.catalog, session.access.default_model)
    prompt, given = body.strip("\n"), dict(read.given)
    if not read.options.raw:
        prompt = interpolate(prompt, {})
        given = {n: interpolate(v, {}) if isinstance(v, str) and n not in ROLES else v for n, v in given.items()}
    return session.plan(prompt, read.model, read.options, **given)


def same(session: Session, form: Form) -> bool:
    """Return whether the form and its cell are the same request."""
    planned, read = form.draft.plan(), asked_by(session, form.draft.cell())
    return (planned.request, planned.in_sandbox) == (read.request, read.in_sandbox)


def values(param: Param) -> Iterator[Any]:
    """Yield values that a parameter takes: all its choices, both ends of its range, unusual text."""
    yield from param.choices
    if param.kind is bool:
        yield from (True, False)
    elif param.link:
        yield from ("https://1.1.1.1/a,b?c=d&e='f'#g", "https://1.1.1.1/--flag")
    elif param.examples:
        yield from param.examples
    elif not param.choices and param.kind is str:
        yield from (word for word in WORDS if param.longest is None or len(word) <= param.longest)
    elif not param.choices:
        yield from (end for end in (param.low, param.high, 0, 1) if end is not None and (param.low or 0) <= end)


def least(model: Model, mode: Mode) -> dict[str, Any]:
    """Return what the mode needs: links to its inputs, its task, and the parameters that have no default."""
    links = {role: [f"https://1.1.1.1/{role}-{n}.{ENDINGS[ROLES[role]]}" for n in range(count)]
             for role, (count, _) in mode.inputs.items() if count}  # fmt: skip
    given = {role: urls if len(urls) > 1 else urls[0] for role, urls in links.items()}
    given |= {param.name: [*param.choices, "an id"][0] for param in model.params_in(mode) if param.required}
    return {**given, "task": mode.task} if mode.task else given


def is_refused(form: Form) -> bool:
    """Return whether the request of the form is refused."""
    try:
        form.draft.plan()
    except InvalidRequest:
        return True
    return False


def others(mode: Mode, param: Param, value: object) -> dict[str, Any]:
    """Return a row of each rule that holds *value*."""
    row: dict[str, Any] = {}
    for rule in mode.together:
        if param.name in rule.names:
            spot = rule.names.index(param.name)
            matching = min((values for values in rule.rows if values[spot] == value), key=str)
            row |= dict(zip(rule.names, matching, strict=True))
    return row


def choosable(form: Form, param: Param) -> bool:
    """Return whether the field takes a value itself instead of typed text."""
    return param.kind is bool or bool(form.draft.fields[param.name].choices)


def test_every_parameter_of_every_model_comes_back(session: Session) -> None:
    """For each model, mode, parameter and value the cell is read back as the very request of the form."""
    tried = 0
    for model in session.catalog:
        for mode in model.modes:
            needed = least(model, mode)
            prompt = "" if model.longest_prompt == 0 else "A kite"
            for param in model.params_in(mode):
                form = Form(session, model=model.short, prompt=prompt, **needed)
                for value in values(param):
                    row = others(mode, param, value)
                    if row:
                        form = Form(session, model=model.short, prompt=prompt, **{**needed, **row})
                    else:
                        form.draft.fields[param.name].widget.value = value if choosable(form, param) else str(value)
                    if is_refused(form):  # it needs more than the least, as another input
                        continue
                    assert same(session, form), form.draft.cell()
                    assert form.draft.plan().request.params[param.name] == value
                    tried += 1
    assert tried > 500


@pytest.mark.parametrize("prompt", PROMPTS)
def test_every_prompt_comes_back(session: Session, prompt: str) -> None:
    """The body of the cell gives the prompt as the form would send it, character by character."""
    form = Form(session, model="hailuo", prompt=prompt)
    assert same(session, form), form.draft.cell()
    assert form.draft.plan().request.prompt == prompt.strip("\n")


def test_max_cost_and_sandbox_come_back(session: Session) -> None:
    """`--max-cost` and `--sandbox` stand in the cell when the form has them."""
    form = Form(session, model="hailuo", prompt="A kite", options=RunOptions(sandbox=True, max_cost="2 CNY"))
    assert form.draft.cell() == '%%video hailuo --max-cost "2 CNY" --sandbox\nA kite'
    assert same(session, form)


def test_defaults_are_left_out(session: Session) -> None:
    """The cell is as short as it can be: the model, and what differs from its defaults."""
    form = Form(session, model="hailuo", prompt="A kite", duration=6, resolution="1080P")
    assert form.draft.cell() == "%%video hailuo --resolution 1080P\nA kite"
