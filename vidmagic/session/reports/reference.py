"""What pages of help look up, as tables: the states of a job, the settings, and the services with their keys."""

from __future__ import annotations

from vidmagic.engine.states import STATES
from vidmagic.providers.catalog import Catalog
from vidmagic.providers.services import CHAT
from vidmagic.session.reports.table import Table
from vidmagic.session.settings import params
from vidmagic.spec.params import Param, listing


def state_table() -> Table:
    """List the states of a job: what the card calls them, what they may have cost, and what to do."""
    rows = [
        (state.name, state.label, listing(state.charged), state.next_step or "nothing") for state in STATES.values()
    ]
    return Table(("state", "on the card", "charged", "what to do"), tuple(rows))


def setting_table() -> Table:
    """List the settings with their values and defaults."""
    rows = [(param.name, param.describe(), _default(param), param.help) for param in params()]
    return Table(("setting", "values", "default", "meaning"), tuple(rows))


def key_table(catalog: Catalog) -> Table:
    """List the services, with the variables of their keys and of another origin."""
    rows = [(service.title, service.key_env, service.url_env) for service in catalog.services()]
    rows.append(("a language model of your own, which improves prompts", CHAT.key_env, CHAT.url_env))
    return Table(("service", "key", "another origin (proxy, mirror, test server)"), tuple(rows))


def provider_table(catalog: Catalog) -> Table:
    """List the providers that are loaded, with their models; the notes name those that did not load."""
    models: dict[tuple[str, str], list[str]] = {}
    for model in catalog.ordered():
        provider = catalog.find_model(model.id)[0]
        written_in = f"{type(provider).__module__}:{type(provider).__name__}"
        models.setdefault((written_in, provider.service.title), []).append(model.short)
    rows = [(*provider, ", ".join(names)) for provider, names in models.items()]
    broken = [f"{name} did not load: {reason}" for name, reason in catalog.broken.items()]
    return Table(("provider", "service", "models"), tuple(rows), notes=tuple(broken))


def _default(param: Param) -> str:
    if param.default is None:
        return ""
    return f"{param.default:g}" if isinstance(param.default, float) else param.text(param.default)
