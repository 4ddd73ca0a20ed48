"""A key is read from the usual sources and is never shown."""

from __future__ import annotations

import copy
import pickle
import sys
import types
from pathlib import Path

import pytest

from tests.conftest import CANARY
from vidmagic.errors import MissingKey
from vidmagic.providers import keys
from vidmagic.providers.keys import Key
from vidmagic.providers.services import APIYI, DMXAPI, VIDU

NAME = "DMXAPI_API_KEY"


def text(folder: Path | None = None) -> str | None:
    """Return the text of the key that is found, or None."""
    key = keys.find_key(DMXAPI, folder)
    return None if key is None else key.reveal()


def test_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment variable is read at each call, without the blanks around its value."""
    assert text() is None
    for value, key in {" sk-1\n": "sk-1", "sk-2": "sk-2", "": None, "   ": None}.items():
        monkeypatch.setenv(NAME, value)
        assert text() == key


@pytest.mark.parametrize(
    ("line", "key"),
    [
        (f"{NAME}=sk-1", "sk-1"),
        (f"export {NAME}=sk-1", "sk-1"),
        (f"  {NAME} = sk-1  ", "sk-1"),
        (f"{NAME}='sk-1'", "sk-1"),
        (f'{NAME}="sk-1"', "sk-1"),
        (f'{NAME}="sk-1" # mine', "sk-1"),
        (f"{NAME}=sk-1 # mine", "sk-1"),
        (f"{NAME}=sk#1", "sk#1"),
        (f'{NAME}="sk #1"', "sk #1"),
        (f"{NAME}=a=b==", "a=b=="),
        (f"\ufeff{NAME}=sk-1", "sk-1"),
        (f"A=1\r\n{NAME}=sk-1\r\n", "sk-1"),
        (f"{NAME}=old\n{NAME}=new", "new"),
        (f"# {NAME}=sk-1", None),
        (f"#{NAME}=sk-1", None),
        (f"{NAME}=", None),
        (f"{NAME}", None),
        (f"X_{NAME}=sk-1", None),
        ("", None),
    ],
)
def test_from_an_env_file(tmp_path: Path, line: str, key: str | None) -> None:
    """The usual forms of a .env line are read: quotes, `export`, comments, a byte order mark, Windows line ends."""
    (tmp_path / ".env").write_bytes(line.encode())
    assert text(tmp_path) == key


def test_the_nearest_env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first .env file from the folder upwards is read; without a folder, from the working folder upwards."""
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    (tmp_path / ".env").write_text(f"{NAME}=above")
    (deep / ".env").mkdir()
    assert (text(deep), text()) == ("above", "above")
    (tmp_path / "a" / ".env").write_text(f"{NAME}=near")
    monkeypatch.chdir(deep)
    assert (text(deep), text()) == ("near", "near")


def test_from_colab(monkeypatch: pytest.MonkeyPatch) -> None:
    """On Colab its secrets are read; a secret that is missing or not granted counts as no key."""

    class Missing(Exception):
        pass

    class Denied(Exception):
        pass

    def get(name: str) -> str:
        if name == NAME:
            return "from-colab"
        raise Denied if name == "APIYI_API_KEY" else Missing

    colab = types.ModuleType("google.colab")
    colab.userdata = types.SimpleNamespace(get=get, SecretNotFoundError=Missing, NotebookAccessError=Denied)
    monkeypatch.setitem(sys.modules, "google", types.ModuleType("google"))
    monkeypatch.setitem(sys.modules, "google.colab", colab)
    from_colab = [keys.find_key(service) for service in (DMXAPI, APIYI, VIDU)]
    assert [key and (key.reveal(), key.source) for key in from_colab] == [("from-colab", "Colab's secrets"), None, None]


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> dict[tuple[str, str], str | None]:
    """Install a keyring that holds what the test puts in; a service named `broken` has no backend."""
    held: dict[tuple[str, str], str | None] = {}
    module, errors = types.ModuleType("keyring"), types.ModuleType("keyring.errors")

    class KeyringError(Exception):
        pass

    def get_password(service: str, name: str) -> str | None:
        if (service, "broken") in held:
            raise KeyringError
        return held.get((service, name))

    module.get_password, errors.KeyringError = get_password, KeyringError
    monkeypatch.setitem(sys.modules, "keyring", module)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)
    return held


def test_from_the_keyring(keyring: dict[tuple[str, str], str | None]) -> None:
    """An installed keyring is read; one without a backend counts as empty."""
    assert text() is None
    keyring["vidmagic", NAME] = "from-keyring"
    assert text() == "from-keyring"
    keyring["vidmagic", "broken"] = None
    assert text() is None


def test_in_this_order(
    keyring: dict[tuple[str, str], str | None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environment comes before .env, .env before the keyring; the key has the name of its source."""
    keyring["vidmagic", NAME] = "c"
    assert _key_and_source(tmp_path) == ("c", "the keyring")
    (tmp_path / ".env").write_text(f"{NAME}=b")
    assert _key_and_source(tmp_path) == ("b", str(tmp_path / ".env"))
    monkeypatch.setenv(NAME, "a")
    assert _key_and_source(tmp_path) == ("a", "the environment")


def _key_and_source(folder: Path) -> tuple[str, str]:
    key = keys.require(DMXAPI, folder)
    return key.reveal(), key.source


def test_a_missing_key_names_the_variable() -> None:
    """The error names the variable to set, and the way to work without a key."""
    with pytest.raises(MissingKey) as missing:
        keys.require(APIYI)
    assert "APIYI_API_KEY" in missing.value.message
    assert "--sandbox" in missing.value.hint


@pytest.mark.parametrize("odd", ["sk 1", "sk-\u200b1", "ключ", "sk\n1", "sk-1\x00"])
def test_an_invalid_key_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, odd: str) -> None:
    """A key with blanks, line ends or letters that no header can hold is refused, and not shown."""
    if "\x00" in odd:
        (tmp_path / ".env").write_text(f"{NAME}={odd}")
    else:
        monkeypatch.setenv(NAME, odd)
    with pytest.raises(MissingKey) as refused:
        keys.require(DMXAPI, tmp_path)
    assert odd not in refused.value.message


def test_a_key_is_never_shown() -> None:
    """Neither repr, str, format, vars, pickle nor a copy gives the text away."""
    key = Key(CANARY, "the environment")
    shown = [repr(key), str(key), f"{key}", f"{[key]}", repr({"key": key})]
    assert not any(CANARY in text for text in shown)
    assert repr(key) == "<Key from the environment>"
    with pytest.raises(TypeError):
        vars(key)
    for carry in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            carry(key)


def test_the_forms_of_a_key() -> None:
    """A service may echo a key as it is, as in a link, as in a Basic header or in hex; each form is listed once."""
    assert Key("ab+cde", "x").forms() == ["ab+cde", "ab%2Bcde", "YWIrY2Rl", "61622b636465"]
    assert Key("abcdef", "x").forms()[:2] == ["abcdef", "YWJjZGVm"]


def test_a_very_short_key_is_not_redacted() -> None:
    """Redacting a key of a few letters, such as `b`, would damage the id of a paid job."""
    assert Key("b", "x").forms() == []


@pytest.mark.parametrize(
    ("service", "header"),
    [(DMXAPI, "sk-1"), (APIYI, "Bearer sk-1"), (VIDU, "Token sk-1")],
    ids=lambda value: str(value)[:9],
)
def test_the_header_of_a_key(service, header: str) -> None:
    """Each service has its own prefix before the key; DMXAPI has none."""
    assert service.headers("sk-1") == {"Authorization": header}
