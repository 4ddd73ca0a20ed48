"""Which model a form begins with, and which ones it offers."""

from __future__ import annotations

from vidmagic.providers import keys
from vidmagic.session.session import Session
from vidmagic.spec.models import Model
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
