"""A key is found where people keep it, and shows itself in nothing."""

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
    """Return the key that is found."""
    key = keys.find_key(DMXAPI, folder)
    return None if key is None else key.reveal()


def test_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable of the service counts, read at each call; blanks around it do not."""
    assert text() is None
    for value, found in {" sk-1\n": "sk-1", "sk-2": "sk-2", "": None, "   ": None}.items():
        monkeypatch.setenv(NAME, value)
        assert text() == found


@pytest.mark.parametrize(
    ("line", "found"),
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
def test_from_a_env_file(tmp_path: Path, line: str, found: str | None) -> None:
    """The usual forms of a .env line are read: quotes, `export`, comments, a byte order mark, Windows line ends."""
    (tmp_path / ".env").write_bytes(line.encode())
    assert text(tmp_path) == found


def test_the_nearest_env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first .env upwards of the folder counts, the working folder's without one; a folder of that name does not."""
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    (tmp_path / ".env").write_text(f"{NAME}=above")
    (deep / ".env").mkdir()
    assert (text(deep), text()) == ("above", "above")
    (tmp_path / "a" / ".env").write_text(f"{NAME}=near")
    monkeypatch.chdir(deep)
    assert (text(deep), text()) == ("near", "near")


def test_from_colab(monkeypatch: pytest.MonkeyPatch) -> None:
    """Colab's secrets are asked on Colab; a secret that is missing or not granted is no key and no error."""

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
    found = [keys.find_key(service) for service in (DMXAPI, APIYI, VIDU)]
    assert [key and (key.reveal(), key.source) for key in found] == [("from-colab", "Colab's secrets"), None, None]


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
    """The keyring is asked if it is installed; one without a backend holds nothing."""
    assert text() is None
    keyring["vidmagic", NAME] = "from-keyring"
    assert text() == "from-keyring"
    keyring["vidmagic", "broken"] = None
    assert text() is None


def test_in_this_order(
    keyring: dict[tuple[str, str], str | None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environment goes before the .env, which goes before the keyring, and the key says where it is from."""
    keyring["vidmagic", NAME] = "c"
    assert _found(tmp_path) == ("c", "the keyring")
    (tmp_path / ".env").write_text(f"{NAME}=b")
    assert _found(tmp_path) == ("b", ".env")
    monkeypatch.setenv(NAME, "a")
    assert _found(tmp_path) == ("a", "the environment")


def _found(folder: Path) -> tuple[str, str]:
    key = keys.require(DMXAPI, folder)
    return key.reveal(), key.source


def test_a_missing_key_names_the_variable() -> None:
    """The error says what to set, and how to try without."""
    with pytest.raises(MissingKey) as missing:
        keys.require(APIYI)
    assert "APIYI_API_KEY" in missing.value.message
    assert "--sandbox" in missing.value.hint


@pytest.mark.parametrize("odd", ["sk 1", "sk-\u200b1", "ключ", "sk\n1", "sk-1\x00"])
def test_a_key_that_cannot_be_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, odd: str) -> None:
    """A key with blanks, line ends or letters that no header takes is refused, and not shown."""
    if "\x00" in odd:
        (tmp_path / ".env").write_text(f"{NAME}={odd}")
    else:
        monkeypatch.setenv(NAME, odd)
    with pytest.raises(MissingKey) as refused:
        keys.require(DMXAPI, tmp_path)
    assert odd not in refused.value.message


def test_a_key_shows_itself_in_nothing() -> None:
    """Neither repr, str, format, vars, pickle nor a copy gives the text away."""
    key = Key(CANARY, "the environment")
    shown = [repr(key), str(key), f"{key}", f"{[key]}", repr({"key": key})]
    assert not any(CANARY in each for each in shown)
    assert repr(key) == "<Key from the environment>"
    with pytest.raises(TypeError):
        vars(key)
    for carry in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            carry(key)


def test_the_forms_in_which_it_may_be_echoed() -> None:
    """As it is, as in a link, as in a Basic header, in hex; each once."""
    assert Key("ab+cde", "x").forms() == ["ab+cde", "ab%2Bcde", "YWIrY2Rl", "61622b636465"]
    assert Key("abcdef", "x").forms()[:2] == ["abcdef", "YWJjZGVm"]


def test_a_few_letters_are_not_struck_out_of_what_a_service_says() -> None:
    """A word too short to be a key, as `b`, would damage the id of a paid job."""
    assert Key("b", "x").forms() == []


@pytest.mark.parametrize(
    ("service", "header"),
    [(DMXAPI, "sk-1"), (APIYI, "Bearer sk-1"), (VIDU, "Token sk-1")],
    ids=lambda each: str(each)[:9],
)
def test_how_it_is_sent(service, header: str) -> None:
    """Each service has its own word before the key, DMXAPI none."""
    assert service.headers("sk-1") == {"Authorization": header}
