"""One field of RunOptions gives an option its flags, its argument in Python and its place in every help."""

from __future__ import annotations

import dataclasses
import inspect

import pytest

import vidmagic
from vidmagic.session import run_options
from vidmagic.session.option_signature import takes_run_options
from vidmagic.session.run_options import RunOptions, options_at, run_flags, take_options


def test_every_option_has_a_default_and_a_help_text() -> None:
    """`RunOptions()` is how a request runs when nothing is given, and every option says what it does."""
    for option in dataclasses.fields(RunOptions):
        assert option.default is not dataclasses.MISSING
        assert option.metadata["help"]
        assert option.metadata["at"] <= set(run_options.EntryPoint.__args__)


def test_flags_are_unique() -> None:
    """No flag, long or short, is written for two things."""
    flags = run_flags("cell").values()
    written = [text for flag in flags for text in (flag.flag, flag.short) if text]
    assert len(set(written)) == len(written)
    assert all(flag.help and flag.option for flag in flags)
    assert all(bool(flag.value) == (flag.sets is None) for flag in flags)
    assert run_flags("cell").items() >= run_flags("command line").items()


def test_options_are_taken_out_of_what_a_caller_gave() -> None:
    """The options go one way, the model's parameters the other; an option of another entry point is a parameter."""
    given = {"again": True, "duration": 6, "out": "kite"}
    assert take_options("generate", given) == RunOptions(again=True)
    assert given == {"duration": 6, "out": "kite"}


@pytest.mark.parametrize("name", ["generate", "start", "sweep", "form", "upscale"])
def test_a_function_documents_its_options(name: str) -> None:
    """Shift-Tab shows every option as an argument with its default, and its text in the docstring."""
    function = getattr(vidmagic, name)
    parameters = inspect.signature(function).parameters
    assert "options" not in parameters
    for option in options_at("generate" if name == "start" else name):
        assert parameters[option.name].default == option.default
        assert f"{option.name} ({option.type}): {option.help}." in function.__doc__


def test_a_new_option_needs_one_field(monkeypatch: pytest.MonkeyPatch) -> None:
    """An option that is added to the fields is a flag and a documented argument, and reaches the code whole."""
    about = run_options._about("who pays", "cell, generate", run_options.RunFlag("--payer", value="NAME"))
    added = dataclasses.make_dataclass(
        "Added", [("payer", "str", dataclasses.field(default="", metadata=about))], bases=(RunOptions,), frozen=True
    )
    monkeypatch.setattr(run_options, "RunOptions", added)

    @takes_run_options("generate")
    def made(prompt: str, *, options: RunOptions = run_options.DEFAULTS, **params: object) -> tuple[object, object]:
        """Make it.

        Arguments:
            **options
        """
        return options, params

    options, params = made("a kite", payer="me", duration=6)
    assert (options.payer, options.again, params) == ("me", False, {"duration": 6})
    assert run_flags("cell")["--payer"].help == "who pays"
    assert "payer: 'str' = ''" in str(inspect.signature(made))
    assert "payer (str): who pays." in (made.__doc__ or "")
