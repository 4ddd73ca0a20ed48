"""Give a Python function the run options as documented arguments."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from vidmagic.session.run_options import EntryPoint, RunOption, options_at, take_options

P = ParamSpec("P")
R = TypeVar("R")
OPTIONS_LINE = "**options"  # the line of a docstring that the lines of the options replace


def takes_run_options(entry_point: EntryPoint) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let callers give the run options of *entry_point* by name, and pass them on as one `options` argument.

    The signature and the docstring show each option in place of `options`, so that Shift-Tab lists them.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def with_options(*args: P.args, **given: P.kwargs) -> R:
            if "options" not in given:
                given["options"] = take_options(entry_point, given)
            return function(*args, **given)

        options = options_at(entry_point)
        with_options.__signature__ = _signature(function, options)  # type: ignore[attr-defined]
        with_options.__doc__ = _documented(function.__doc__ or "", options)
        return with_options

    return decorate


def _signature(function: Callable[..., object], options: list[RunOption]) -> inspect.Signature:
    """Return the signature of *function* with an argument for each of *options* in place of `options`."""
    signature = inspect.signature(function)
    arguments = [
        inspect.Parameter(option.name, inspect.Parameter.KEYWORD_ONLY, default=option.default, annotation=option.type)
        for option in options
    ]
    parameters: list[inspect.Parameter] = []
    for parameter in signature.parameters.values():
        parameters += arguments if parameter.name == "options" else [parameter]
    return signature.replace(parameters=parameters)


def _documented(text: str, options: list[RunOption]) -> str:
    """Return a docstring in which a line for each of *options* stands where it has the line `**options`."""
    return "\n".join(
        "\n".join(f"        {option.name} ({option.type}): {option.help}." for option in options)
        if line.strip() == OPTIONS_LINE
        else line
        for line in text.split("\n")
    )
