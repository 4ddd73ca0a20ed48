"""Find the key and the origin of a service. A key is read at each call, stored nowhere and shown nowhere."""

from __future__ import annotations

import base64
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn
from urllib.parse import quote

from vidmagic.errors import MissingKey
from vidmagic.http.url_policy import check_origin
from vidmagic.providers.contract import Service
from vidmagic.providers.project_file import foreign_file, project_file

SHORTEST = 6  # characters
ENV_FILE = ".env"


class Key:
    """A key and where it comes from; only `reveal` gives its text. `file` is the file that holds it, if one does."""

    __slots__ = ("_text", "file", "source")

    def __init__(self, text: str, source: str, file: Path | None = None) -> None:
        self._text = text
        self.source = source
        self.file = file

    def __repr__(self) -> str:
        return f"<Key from {self.source}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key is not pickled")

    def reveal(self) -> str:
        """Return the text, for the one header that carries it."""
        return self._text

    def forms(self) -> list[str]:
        """Return the forms in which a service may echo the key, so that each can be redacted.

        A text of a few letters is not a key, and redacting it would damage other words.
        """
        text = self._text
        forms = [text, quote(text, safe=""), base64.b64encode(text.encode()).decode(), text.encode().hex()]
        return [form for form in dict.fromkeys(forms) if len(form) >= SHORTEST]


def find_key(service: Service, folder: Path | None = None) -> Key | None:
    """Return the service's key from the environment, Colab's secrets, a .env file or the keyring; None without one.

    A .env file is looked for in *folder*, or the working folder, and above it. Raises MissingKey for one that cannot be
    read.
    """
    name = service.key_env
    for source, read in (("the environment", os.environ.get), ("Colab's secrets", _colab)):
        if text := (read(name) or "").strip():
            return Key(text, source)
    file = project_file(ENV_FILE, folder or Path.cwd())
    if file is not None and (text := (_read_env_file(file, name) or "").strip()):
        return Key(text, str(file), file)
    text = (_keyring(name) or "").strip()
    return Key(text, "the keyring") if text else None


def ignored_file(folder: Path | None = None) -> str:
    """Return the end of a message about a missing key: which .env file is not read because it is another user's."""
    foreign = foreign_file(ENV_FILE, folder or Path.cwd())
    return f"; {foreign} belongs to another user and is not read" if foreign is not None else ""


def configured_origin(service: Service) -> str:
    """Return where the service is today: its own origin, or that of its variable. Raises InvalidRequest."""
    return check_origin(os.environ.get(service.url_env) or service.origin)


def require(service: Service, folder: Path | None = None) -> Key:
    """Return the service's key. Raises MissingKey, which names the variable."""
    key = find_key(service, folder)
    if key is None:
        raise MissingKey(
            f"{service.title} needs a key: set the environment variable {service.key_env}{ignored_file(folder)}",
            hint="Or try it without a key: `--sandbox` runs it in the sandbox, free of charge.",
        )
    if not key.reveal().isascii() or not key.reveal().isprintable() or " " in key.reveal():
        raise MissingKey(f"{service.key_env} (from {key.source}) holds characters that a key cannot have")
    return key


def _colab(name: str) -> str | None:
    if "google.colab" not in sys.modules:
        return None
    from google.colab import userdata  # type: ignore[import-not-found]

    try:
        return str(userdata.get(name))
    except (userdata.SecretNotFoundError, userdata.NotebookAccessError):
        return None


def _read_env_file(path: Path, name: str) -> str | None:
    """Return the value of NAME=value in a .env file. Raises MissingKey for a file that cannot be read."""
    try:
        text = path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as problem:
        raise MissingKey(
            f"{path} cannot be read: {problem.strerror}", hint=f"Make it readable, or set {name} in the environment."
        ) from None
    return dict(_assignments(text)).get(name)


def _assignments(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        if equals and not name.startswith("#"):
            quoted = re.fullmatch(r"""\s*(['"])(.*?)\1\s*(?:#.*)?""", value)
            yield name.strip(), quoted[2] if quoted else value.partition(" #")[0].strip()


def _keyring(name: str) -> str | None:
    try:
        import keyring  # type: ignore[import-not-found]
        from keyring.errors import KeyringError  # type: ignore[import-not-found]
    except ImportError:
        return None
    try:
        password: str | None = keyring.get_password("vidmagic", name)
    except KeyringError:
        return None
    return password
