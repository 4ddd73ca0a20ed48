"""Which model a form begins with, and which ones it offers."""

from __future__ import annotations

import hashlib

from vidmagic.engine.journal.record import Record
from vidmagic.media.image_link import is_link
from vidmagic.media.recipe import RecipeInput
from vidmagic.providers import keys
from vidmagic.session.open_file import is_here
from vidmagic.session.session import Session
from vidmagic.session.settings import notebook_folder
from vidmagic.spec.models import Model
from vidmagic.spec.request import FIRST
from vidmagic.spec.takes import takes_text


def chosen_model(session: Session, name: str | None, given: dict[str, object]) -> tuple[Model, dict[str, object]]:
    """Return the model called *name*, None for the default, with the parameters *given*; raises InvalidRequest.

    The second name of a model is that model with other defaults.
    """
    if name is None:
        return session.access.default_model(), given
    model = session.catalog.find_model(name)[1]
    if not model.alias_of:
        return model, given
    defaults = {param.name: param.default for param in model.params}
    return session.catalog.find_model(model.alias_of)[1], {**defaults, **given}


def model_options(session: Session) -> list[tuple[str, str]]:
    """Return the label of each model, by service, with what it takes and whether its key is set, and its id."""
    options = []
    for model in session.catalog.offered():
        service = session.catalog.find_model(model.id)[0].service
        key = keys.find_key(service)
        key_text = f"key from {key.source}" if key is not None else f"no key ({service.key_env})"
        retired = f"retired on {model.retired}" if model.retired else ""
        facts = (service.title, model.short, model.title, takes_text(model), retired, key_text)
        options.append((" · ".join(filter(None, facts)), model.id))
    return options


def values_of(session: Session, record: Record) -> tuple[Model, dict[str, object]]:
    """Return the model of a job and what its form's fields are to hold: inputs only that are the very same here.

    Raises InvalidRequest for a model that is not installed.
    """
    model, params = chosen_model(session, record.model, dict(record.params))
    inputs: dict[str, list[str]] = {}
    for given in record.images:
        role, name = str(given["role"]), str(given.get("job") or given.get("name") or "")
        same = RecipeInput(role, name, str(given.get("sha256", "")))
        is_given = bool(given.get("job")) or is_here(same, notebook_folder()) or _is_whole_link(same)
        if is_given and role in model.roles() and not (record.parent and role == FIRST):
            inputs.setdefault(role, []).append(name)
    return model, {**params, **inputs}


def _is_whole_link(given: RecipeInput) -> bool:
    """Return whether the name is the link itself: the secret part of a link is stored nowhere."""
    return is_link(given.name) and hashlib.sha256(given.name.encode()).hexdigest() == given.sha256
