"""Load the providers, built-in and plugged in, and find a model by its name."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import metadata

from vidmagic.errors import InvalidRequest
from vidmagic.providers.contract import Provider, Service
from vidmagic.spec.models import Model
from vidmagic.spec.params import did_you_mean

GROUP = "vidmagic.providers"


class Catalog:
    """All models, by id and by short name.

    `broken` maps the name of an entry point to the reason why its plug-in or a model of it was left out.
    """

    def __init__(self) -> None:
        self.broken: dict[str, str] = {}
        self._models: dict[str, tuple[Provider, Model]] = {}
        self._owners: dict[str, str] = {}
        for point in sorted(metadata.entry_points(group=GROUP), key=_built_in_first):
            try:
                self.add(point.load()(), point.name)
            except Exception as error:  # noqa: BLE001  a plug-in may fail in any way, and the others must load
                self.broken[point.name] = f"{type(error).__name__}: {error}"

    def __iter__(self) -> Iterator[Model]:
        return iter(model for _, model in self._models.values())

    def offered(self) -> list[Model]:
        """Return the models as lists show them: by service, retired ones last, and no second name of another."""
        order: dict[str, int] = {}
        for model in self:
            if not model.retired:
                order.setdefault(model.id.partition("/")[0], len(order))
        shown = (model for model in self if not model.alias_of)
        return sorted(shown, key=lambda model: (model.retired, order.get(model.id.partition("/")[0], len(order))))

    def ordered(self) -> list[Model]:
        """Return all models: those of `offered`, then the second names."""
        return [*self.offered(), *(model for model in self if model.alias_of)]

    def services(self) -> list[Service]:
        """Return the services of all models, each once, as lists show them."""
        services = [self.find_model(model.id)[0].service for model in self.ordered()]
        return list({service.name: service for service in services}.values())

    def add(self, provider: Provider, name: str = "") -> None:
        """Add *provider*'s models; one whose id or short name is taken is left out and listed in `broken`."""
        name = name or type(provider).__name__
        for model in provider.models:
            words = [model.id.lower(), model.short.lower()]
            taken = [f"{w} is already the name of a model of {self._owners[w]}" for w in words if w in self._owners]
            if taken:
                self.broken[name] = "; ".join(filter(None, [self.broken.get(name), *taken]))
                continue
            self._models[model.id] = (provider, model)
            self._owners.update(dict.fromkeys(words, name))

    def find_model(self, name: str) -> tuple[Provider, Model]:
        """Return the provider and model that *name* (an id or a short name) stands for. Raises InvalidRequest."""
        for provider, model in self._models.values():
            if name.lower() in {model.id.lower(), model.short.lower()}:
                return provider, model
        names = [word for _, model in self._models.values() for word in (model.short, model.id)]
        broken = f"; {len(self.broken)} plug-in(s) did not load: {', '.join(self.broken)}" if self.broken else ""
        raise InvalidRequest(
            f"no model is called {name!r}{did_you_mean(name, names)}{broken}", hint="`%video models` lists them all."
        )

    def get(self, model_id: str) -> Model | None:
        """Return a model by its full id, None for one that is not in the catalog."""
        entry = self._models.get(model_id)
        return None if entry is None else entry[1]

    def short(self, model_id: str) -> str:
        """Return the short name of a model, or the second half of its id if the model is not in the catalog."""
        model = self.get(model_id)
        return model.short if model is not None else model_id.rpartition("/")[2]


def _built_in_first(point: metadata.EntryPoint) -> tuple[bool, str]:
    return not point.value.startswith("vidmagic."), point.name
