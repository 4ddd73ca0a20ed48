"""Which services this person can use: where they are, whether a key is set, and which model is the default."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from vidmagic.providers import keys
from vidmagic.providers.catalog import Catalog
from vidmagic.providers.contract import Service
from vidmagic.spec.models import Model

FIRST_CHOICE = "hailuo"  # the first choice, and the default where no key is set


@dataclass(frozen=True, slots=True)
class ServiceAccess:
    """The services of the catalog as the environment has them now. `configured_model` returns the setting `model`."""

    catalog: Catalog
    configured_model: Callable[[], str]

    def services(self) -> list[Service]:
        """Return the services of all models, each once."""
        return self.catalog.services()

    def has_any_key(self) -> bool:
        """Return whether a key of any service is set."""
        return any(keys.find_key(service) is not None for service in self.services())

    def origin(self, service: Service) -> str:
        """Return the origin that requests to a service go to: that of its variable, else its own.

        Raises InvalidRequest for an origin that must not be used.
        """
        return keys.configured_origin(service)

    def default_model(self) -> Model:
        """Return the model of a request that names none: the configured one, else the first one whose key is set.

        A retired model is chosen only by its name.
        """
        if configured := self.configured_model():
            return self.catalog.find_model(configured)[1]
        first_choice = self.catalog.find_model(FIRST_CHOICE)[1]
        candidates = [first_choice, *(model for model in self.catalog.offered() if not model.retired)]
        with_key = (
            model for model in candidates if keys.find_key(self.catalog.find_model(model.id)[0].service) is not None
        )
        return next(with_key, first_choice)
