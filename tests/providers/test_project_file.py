"""A `.env` or pyproject.toml is taken from the person's own project only."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from vidmagic.errors import MissingKey
from vidmagic.providers import keys
from vidmagic.providers.project_file import foreign_file, project_file
from vidmagic.providers.services import DMXAPI

LINE = f"{DMXAPI.key_env}=sk-of-a-file"


@pytest.fixture
def deep(tmp_path: Path) -> Path:
    """Return a folder two folders below one that holds a .env file."""
    folder = tmp_path / "top" / "a" / "b"
    folder.mkdir(parents=True)
    (tmp_path / "top" / ".env").write_text(LINE, encoding="utf-8")
    return folder


def test_the_search_goes_up(deep: Path) -> None:
    """Without a border between, the file of a folder above is taken."""
    assert project_file(".env", deep) == deep.parents[1] / ".env"


def test_the_search_ends_at_the_home_folder(deep: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The home folder itself is searched, what is above it is not: others may write there."""
    monkeypatch.setenv("HOME", str(deep.parent))
    assert project_file(".env", deep) is None
    monkeypatch.setenv("HOME", str(deep.parents[1]))
    assert project_file(".env", deep) == deep.parents[1] / ".env"


@pytest.mark.parametrize("is_folder", [True, False], ids=["repository", "worktree"])
def test_the_search_ends_at_the_top_of_a_repository(deep: Path, is_folder: bool) -> None:
    """A repository is a project of its own; its top is searched, what is above it is not."""
    mark = deep.parent / ".git"
    if is_folder:
        mark.mkdir()
    else:
        mark.write_text("gitdir: elsewhere")
    assert project_file(".env", deep) is None
    (deep.parent / ".env").write_text(LINE, encoding="utf-8")
    assert project_file(".env", deep) == deep.parent / ".env"


def test_a_file_of_another_user_is_passed_over(deep: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a shared folder anybody can put a .env: it gives no key, and the error names it."""
    monkeypatch.setattr(os, "getuid", lambda: (deep.parents[1] / ".env").stat().st_uid + 1)
    assert (project_file(".env", deep), foreign_file(".env", deep)) == (None, deep.parents[1] / ".env")
    assert keys.find_key(DMXAPI, deep) is None
    with pytest.raises(MissingKey, match="belongs to another user and is not read"):
        keys.require(DMXAPI, deep)


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs a file that can be opened but not read")
def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """An unreadable .env is an error of ours that names the file and the variable to set instead."""
    (tmp_path / ".env").symlink_to("/proc/self/mem")
    with pytest.raises(MissingKey, match="cannot be read") as refused:
        keys.find_key(DMXAPI, tmp_path)
    assert str(tmp_path / ".env") in refused.value.message
    assert DMXAPI.key_env in refused.value.hint


def test_a_key_names_its_file(deep: Path) -> None:
    """Where a key comes from a file, it has the path of the file."""
    key = keys.find_key(DMXAPI, deep)
    assert key is not None
    assert (key.reveal(), key.file, key.source) == ("sk-of-a-file", deep.parents[1] / ".env", str(key.file))
