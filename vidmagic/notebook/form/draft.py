"""The request in the making: the fields and images of the chosen model, and what is checked of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from vidmagic.errors import InvalidRequest
from vidmagic.media.image_link import Unfinished
from vidmagic.media.images import WORDS
from vidmagic.notebook.card.html_slot import can_fill
from vidmagic.notebook.form.fields import Field, readable
from vidmagic.notebook.form.image_field import Picture
from vidmagic.notebook.form.style import LONG
from vidmagic.notebook.form.widgets import FormWidgets
from vidmagic.notebook.magics.cell_source import request_cell
from vidmagic.providers import keys
from vidmagic.session.planning import Plan
from vidmagic.spec.models import Mode, Model
from vidmagic.spec.params import AllowedCombinations, Param, Value, fill
from vidmagic.spec.request import ROLES


class Draft:
    """What *face* holds, as a request; *changed* is called when a field or an image has changed.

    *given* are parameters and images of *model*. Raises InvalidRequest for one that the model does not take.
    """

    def __init__(
        self,
        session: Any,
        face: FormWidgets,
        given: dict[str, Any],
        *,
        max_cost: str | None,
        changed: Callable[..., None],
    ) -> None:
        self.session = session
        self.face = face
        self.fields: dict[str, Field] = {}
        self.pictures: list[Picture] = []
        self.scripted = can_fill()
        self._max_cost = max_cost
        self._changed = changed
        self._params: tuple[Param, ...] = ()
        model = self.model
        self._make_pictures(given)
        values = {name: value for name, value in given.items() if name not in model.roles()}
        mode, params = self.mode, self._params_now()
        known = [param for param in params if not param.required or param.name in values]
        fill(known, values, mode.together if mode is not None else (), whose=model.short)
        self._make_fields(params, values)

    @property
    def model(self) -> Model:
        """The model that is chosen."""
        found: Model = self.session.catalog.find(self.face.model.value)[1]
        return found

    @property
    def prompt(self) -> str:
        """The prompt, as a cell's body would give it."""
        return str(self.face.prompt.value.strip("\n")) if self.model.longest_prompt != 0 else ""

    @property
    def values(self) -> dict[str, Any]:
        """The parameters, without those that are left to the service."""
        return {name: value for name, field in self.fields.items() if (value := field.value) is not None}

    def plan(self, *, anew: bool = False) -> Plan:
        """Check the request as it stands; no job is sent. Raises InvalidRequest or MissingKey.

        With *anew*, as before a purchase, files are read again and the hosts of links are looked up. Without, it is
        quick enough for every keystroke.
        """
        for picture in self.pictures:
            if waiting := picture.chooser.waiting:  # what is bought must not lack an image that was chosen
                raise InvalidRequest(f"{WORDS[picture.role]}: {waiting}")
        given = self.values | {p.role: p.value if anew else p.images for p in self.pictures if p.value}
        if not anew:
            given |= {n: Unfinished(given[n]) for n, field in self.fields.items() if field.param.link and n in given}
        found: Plan = self.session.plan(
            self.prompt,
            self.model.id,
            sandbox=self.face.rehearse.value,
            max_cost=self._max_cost,
            **given,
        )
        if not found.in_sandbox:
            keys.require(found.provider.service)
        return found

    def cell(self) -> str:
        """Return the same request as the text of a cell."""
        pictures = {p.role: p.named if p.several else p.named[0] for p in self.pictures if p.named}
        return request_cell(
            self.model, self.mode, self.prompt, self.values | pictures,
            sandbox=self.face.rehearse.value, max_cost=self._max_cost,
        )  # fmt: skip

    @property
    def mode(self) -> Mode | None:
        """The model's mode that the images choose, None for images that it does not take together."""
        return self.model.mode({picture.role: len(picture.value) for picture in self.pictures})

    def take_over(self) -> None:
        """Give another model the images that it takes too; `settle` does the same for the fields."""
        self._make_pictures({picture.role: picture.value for picture in self.pictures})

    def do_without_scripts(self) -> None:
        """Use only what every page with widgets shows."""
        self.scripted = False
        self.take_over()

    def settle(self) -> list[str]:
        """Read the images, give their mode its fields, and each field its choices; say which values moved."""
        for picture in self.pictures:
            picture.settle()
        params, mode = self._params_now(), self.mode
        if params != self._params:
            touched = {n: f.value for n, f in self.fields.items() if f.value not in (None, f.param.default)}
            self._make_fields(params, touched)
        rules = mode.together if mode is not None else ()
        return [said for field in self.fields.values() if (said := field.offer(self._left(field, rules)))]

    def _left(self, field: Field, rules: tuple[AllowedCombinations, ...]) -> set[Value]:
        """Return the choices that are left. A rule reads from left to right, so that every row can be reached."""
        left = set(field.choices)
        for rule in rules:
            if field.param.name in rule.names:
                before = rule.names[: rule.names.index(field.param.name)]
                left &= rule.left(field.param.name, {n: self.fields[n].value for n in before if n in self.fields})
        return left

    def _params_now(self) -> tuple[Param, ...]:
        """Return the parameters with the defaults of the mode that the images choose."""
        model, mode = self.model, self.mode
        if mode is None:
            return model.params
        defaults = mode.defaults
        return tuple(
            dataclasses.replace(param, default=defaults[param.name]) if param.name in defaults else param
            for param in model.params_in(mode)
        )

    def _make_pictures(self, values: dict[str, Any]) -> None:
        model, old = self.model, self.pictures
        unsettled = {picture.role: picture.chooser.given_up for picture in old}
        self.pictures = [
            Picture(
                role, model, values.get(role), self._changed,
                unsettled=unsettled.get(role, ""), scripted=self.scripted,
            )
            for role in ROLES if role in model.roles()
        ]  # fmt: skip
        self.face.pictures.children = [picture.box for picture in self.pictures]
        for picture in old:
            picture.close()

    def _make_fields(self, params: tuple[Param, ...], values: dict[str, Any]) -> None:
        old = [field.widget for field in self.fields.values()]
        self._params = params
        self.fields = {param.name: Field(param, readable(param, values.get(param.name))) for param in params}
        for field in self.fields.values():
            field.widget.observe(self._changed, "value")
            if field.param.kind is str and not field.choices:
                field.widget.add_class(LONG)
        self.face.fields.children = [field.widget for field in self.fields.values()]
        for widget in old:
            widget.close()
