"""A request for one video: resolved, checked and ready to be sent."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from vidmagic.spec.params import Value

FIRST, LAST, REFERENCE = "image", "last_image", "reference"
ROLES = (FIRST, LAST, REFERENCE)


@dataclass(frozen=True, slots=True)
class Image:
    """An image of a request: either a link that is passed on, or checked bytes that are sent as they are.

    `role` is one of ROLES, `content_type` comes from the bytes, `name` is what the user called it, `width` and
    `height` are in pixels after EXIF orientation (0 for a link, which is not opened here).
    """

    role: str
    url: str = ""
    data: bytes = field(default=b"", repr=False)
    content_type: str = ""
    width: int = 0
    height: int = 0
    name: str = ""

    @property
    def digest(self) -> str:
        """What identifies the image: the SHA-256 of its bytes, or of its link."""
        return hashlib.sha256(self.data or self.url.encode()).hexdigest()

    def link(self) -> str:
        """Return the link, or the bytes as a data URI."""
        if self.url:
            return self.url
        return f"data:{self.content_type};base64,{base64.b64encode(self.data).decode()}"

    def to_json(self) -> dict[str, object]:
        """Describe the image without its bytes or the secrets of its link, for the journal."""
        return {
            "role": self.role,
            "name": self.name,
            "sha256": self.digest,
            "content_type": self.content_type,
            "size": len(self.data),
            "width": self.width,
            "height": self.height,
        }


@dataclass(frozen=True, slots=True)
class Request:
    """One video to be made: a model's full id, the prompt as typed, every parameter resolved, the images.

    `mode` is the model's mode that the images chose. `wire_name` is what the service calls the model: two ids that
    lead to one wire name are one request. `key` identifies the job at a service that returns such a key; it is
    not part of the fingerprint.
    """

    model: str
    prompt: str
    params: Mapping[str, Value] = field(default_factory=dict)
    images: tuple[Image, ...] = ()
    mode: str = ""
    wire_name: str = ""
    key: str = ""

    @property
    def service(self) -> str:
        """The service, which is the first half of the model's id."""
        return self.model.partition("/")[0]

    def image(self, role: str) -> Image | None:
        """Return the one image of *role*, or None."""
        return next((image for image in self.images if image.role == role), None)

    def fingerprint(self, *, in_sandbox: bool = False) -> str:
        """Return a hash of the service, model, parameters, prompt and images; equal requests have the same one."""
        parts = {
            "service": self.service,
            "model": self.wire_name or self.model,
            "params": dict(sorted(self.params.items())),
            "prompt": self.prompt,
            "images": [(image.role, image.digest) for image in self.images],
            "rehearsal": in_sandbox,
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
