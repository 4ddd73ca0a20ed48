"""The request that a form holds: the fields and inputs of the chosen model, and the check of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping

from vidmagic.errors import InvalidRequest
from vidmagic.media.image_link import Unfinished
from vidmagic.notebook.form.fields import Field, readable
from vidmagic.notebook.form.input_field import InputField
from vidmagic.notebook.form.style import LONG
from vidmagic.notebook.form.widgets import FormWidgets
from vidmagic.notebook.surfaces.html_slot import can_fill
from vidmagic.notebook.views.cell_source import request_cell
from vidmagic.providers import keys
from vidmagic.session.planning import Plan
from vidmagic.session.run_options import RunOptions
from vidmagic.session.session import Session
from vidmagic.spec.models import Mode, Model
from vidmagic.spec.params import AllowedCombinations, Param, Value, fill
from vidmagic.spec.request import ROLES, role_label


class Draft:
    """What *widgets* hold, as a request; *on_change* is called when a field or an input has changed.

    *given* are parameters and inputs of the chosen model. The checkboxes replace `sandbox` and `again` of *options*.
    Raises InvalidRequest for a parameter or input that the model does not take.
    """

    def __init__(
        self,
        session: Session,
        widgets: FormWidgets,
        given: Mapping[str, object],
        options: RunOptions,
        *,
        on_change: Callable[..., None],
    ) -> None:
        self.session = session
        self.widgets = widgets
        self.fields: dict[str, Field] = {}
        self.input_fields: list[InputField] = []
        self.scripted = can_fill()
        self._options = options
        self._on_change = on_change
        self._params: tuple[Param, ...] = ()
        self._given_task = given.get("task")
        model = self.model
        self._make_input_fields(given)
        values = {name: value for name, value in given.items() if name not in model.roles()}
        mode, params = self.mode, self._current_params()
        checked = [param for param in params if not param.required or param.name in values]
        fill(checked, values, mode.together if mode is not None else (), whose=model.short)
        self._make_fields(params, values)

    @property
    def model(self) -> Model:
        """The chosen model."""
        return self.session.catalog.find_model(self.widgets.model.value)[1]

    @property
    def mode(self) -> Mode | None:
        """The mode of the model that goes with the inputs and the task, None for inputs that no mode takes together."""
        counts = {field.role: len(field.value) for field in self.input_fields}
        chosen = self.fields["task"].value if "task" in self.fields else self._given_task
        return self.model.mode(counts, str(chosen or "")) or self.model.mode(counts)

    @property
    def prompt(self) -> str:
        """The prompt, as the body of a cell would give it."""
        return str(self.widgets.prompt.value.strip("\n")) if self.model.longest_prompt != 0 else ""

    @property
    def values(self) -> dict[str, Value]:
        """The parameters, without those that are left to the service."""
        return {name: value for name, field in self.fields.items() if (value := field.value) is not None}

    @property
    def options(self) -> RunOptions:
        """The run options: those that were given, with the checkboxes as they are now."""
        return dataclasses.replace(self._options, sandbox=self.widgets.sandbox.value, again=self.widgets.again.value)

    def plan(self, *, before_purchase: bool = False) -> Plan:
        """Check the request and return its plan; nothing is sent. Raises InvalidRequest or MissingKey.

        With *before_purchase* files are read again and the hosts of links are looked up. Without, the check is quick
        enough for every keystroke.
        """
        for input_field in self.input_fields:
            if reason := input_field.missing_reason:  # no video is bought without a chosen input
                raise InvalidRequest(f"{role_label(input_field.role)}: {reason}")
        given = self._given() if before_purchase else self._given_while_typing()
        plan = self.session.plan(self.prompt, self.model.id, self.options, **given)
        if not plan.in_sandbox:
            keys.require(plan.provider.service)
        return plan

    def _given(self) -> dict[str, object]:
        return {**self.values, **{field.role: field.value for field in self.input_fields if field.value}}

    def _given_while_typing(self) -> dict[str, object]:
        """Return the same with inputs as they were read before, and links whose hosts are not looked up."""
        inputs = {field.role: field.inputs for field in self.input_fields if field.value}
        links = {
            name: Unfinished(value)
            for name, value in self.values.items()
            if self.fields[name].param.link and isinstance(value, str)
        }
        return {**self.values, **inputs, **links}

    def cell(self) -> str:
        """Return the text of a cell that makes the same request."""
        inputs = {
            field.role: field.names if field.several else field.names[0] for field in self.input_fields if field.names
        }
        return request_cell(self.model, self.mode, self.prompt, self.values | inputs, self.options)

    def on_model_change(self) -> None:
        """Make the input fields of the new model, with the inputs that it takes too; `refresh` makes the others."""
        self._make_input_fields({field.role: field.value for field in self.input_fields})

    def fill(self, given: Mapping[str, object]) -> None:
        """Replace inputs and parameters by *given*; a value that the model does not take leaves the field's default."""
        self._given_task = given.get("task")
        self._make_input_fields(given)
        self._make_fields(self._current_params(), {name: given.get(name) for name in given if name not in ROLES})

    def use_plain_widgets(self) -> None:
        """Use only widgets that every page with ipywidgets shows."""
        self.scripted = False
        self.on_model_change()

    def refresh(self) -> list[str]:
        """Read the inputs, make the fields of their mode and offer allowed choices; return messages on moved values."""
        for input_field in self.input_fields:
            input_field.refresh()
        params, mode = self._current_params(), self.mode
        if params != self._params:
            fields = self.fields.items()
            changed = {name: field.value for name, field in fields if field.value not in (None, field.param.default)}
            self._make_fields(params, changed)
        rules = mode.together if mode is not None else ()
        messages = [field.offer(self._allowed(field, rules)) for field in self.fields.values()]
        return [message for message in messages if message]

    def _allowed(self, field: Field, rules: tuple[AllowedCombinations, ...]) -> set[Value]:
        """Return the choices that *rules* allow. A rule reads from left to right, so that every row can be reached."""
        allowed = set(field.choices)
        for rule in rules:
            if field.param.name in rule.names:
                before = rule.names[: rule.names.index(field.param.name)]
                chosen = {name: self.fields[name].value for name in before if name in self.fields}
                allowed &= rule.left(field.param.name, chosen)
        return allowed

    def _current_params(self) -> tuple[Param, ...]:
        """Return the parameters with the defaults of the mode that goes with the inputs."""
        model, mode = self.model, self.mode
        if mode is None:
            return model.params
        defaults = mode.defaults
        return tuple(
            dataclasses.replace(param, default=defaults[param.name]) if param.name in defaults else param
            for param in model.params_in(mode)
        )

    def _make_input_fields(self, values: Mapping[str, object]) -> None:
        model, old_fields = self.model, self.input_fields
        lost = {field.role: field.upload.lost_reason for field in old_fields}
        self.input_fields = [
            InputField(
                role, model, values.get(role), self._on_change,
                resolver=self.session.resolver,
                lost_reason=lost.get(role, ""), scripted=self.scripted,
            )
            for role in ROLES if role in model.roles()
        ]  # fmt: skip
        self.widgets.images.children = [field.box for field in self.input_fields]
        for field in old_fields:
            field.close()

    def _make_fields(self, params: tuple[Param, ...], values: Mapping[str, object]) -> None:
        old_widgets = [field.widget for field in self.fields.values()]
        self._params = params
        self.fields = {param.name: Field(param, readable(param, values.get(param.name))) for param in params}
        for field in self.fields.values():
            field.widget.observe(self._on_change, "value")
            if field.param.kind is str and not field.choices:
                field.widget.add_class(LONG)
        self.widgets.fields.children = [field.widget for field in self.fields.values()]
        for widget in old_widgets:
            widget.close()
