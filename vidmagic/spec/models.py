"""What is known of a model before anything is sent: its modes, limits, parameters and prices."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from vidmagic.spec.params import AllowedCombinations, Param, Value
from vidmagic.spec.price import Price


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """What a service takes as an image. Sizes are in bytes, sides in pixels, `aspect` is the longest side ratio.

    All bounds are inclusive. `quotient` bounds the first frame's aspect ratio divided by the last frame's. `uris` are
    the prefixes of image names that the service itself gave; such a name is sent unchanged. `body_size` bounds all
    images of one request together, in the encoding of its body.
    """

    formats: tuple[str, ...]
    size: int
    data_uri_size: int | None = None
    min_side: int = 1
    aspect: float | None = None
    quotient: tuple[float, float] | None = None
    links: bool = True
    local: bool = True
    uris: tuple[str, ...] = ()
    body_size: int | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Mode:
    """A way to use a model, chosen by the images given: `images` maps a role to how many it takes (least, most).

    `without` names parameters of the model that this mode lacks, `params` are those that differ here from the model's
    of the same name, `defaults` are only other defaults. `echoes_key` says that the service returns the job's key,
    so that a `Finder` can identify a task whose submit got no answer.
    """

    name: str
    images: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    together: tuple[AllowedCombinations, ...] = ()
    without: frozenset[str] = frozenset()
    params: tuple[Param, ...] = ()
    defaults: Mapping[str, Value] = field(default_factory=dict)
    prompt_needed: bool = True
    limits: ImageLimits | None = None
    echoes_key: bool = False

    def fits(self, counts: Mapping[str, int]) -> bool:
        """Return whether this mode takes these *counts* of images, by role."""
        if any(role not in self.images for role, count in counts.items() if count):
            return False
        return all(low <= counts.get(role, 0) <= high for role, (low, high) in self.images.items())


@dataclass(frozen=True, slots=True)
class Move:
    """A camera move that a prompt may name in brackets: its Chinese and English name, and its meaning."""

    chinese: str
    english: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Model:
    """One model of a service.

    `id` is "service/name", `short` the name that users type. `longest_prompt` is in characters (code points), 0 for a
    model that takes no prompt. `seconds` is the documented generation time. `price` maps the parameters to a price,
    None if none was published. `called` maps them to the service's own name for the model. `note` is a line that is
    shown when the model is chosen. `warn` returns advice on a prompt; it never refuses one.
    `moves` are the camera moves that a prompt may name in brackets.
    """

    id: str
    short: str
    title: str
    params: tuple[Param, ...]
    modes: tuple[Mode, ...]
    longest_prompt: int | None = None
    seconds: Callable[[Mapping[str, Value]], float] = lambda _: 120.0
    price: Callable[[Mapping[str, Value]], Price | None] = lambda _: None
    called: Callable[[Mapping[str, Value]], str] | None = None
    warn: Callable[[str], list[str]] = lambda _: []
    moves: tuple[Move, ...] = ()
    note: str = ""
    source: str = ""

    def wire_name(self, params: Mapping[str, Value]) -> str:
        """Return what the service calls this model with these parameters."""
        return self.id.partition("/")[2] if self.called is None else self.called(params)

    def mode(self, counts: Mapping[str, int]) -> Mode | None:
        """Return the mode that takes these *counts* of images, by role, or None."""
        return next((mode for mode in self.modes if mode.fits(counts)), None)

    def params_in(self, mode: Mode) -> tuple[Param, ...]:
        """Return the parameters as they are in *mode*."""
        own = {param.name: param for param in mode.params}
        return tuple(own.get(param.name, param) for param in self.params if param.name not in mode.without)

    def roles(self) -> list[str]:
        """Return the image roles that some mode takes."""
        return list(dict.fromkeys(role for mode in self.modes for role in mode.images))
