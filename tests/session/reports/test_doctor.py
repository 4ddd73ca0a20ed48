"""The doctor's free check of a service distinguishes a good key from a bad one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from vidmagic.providers import keys
from vidmagic.providers.services import VIDU
from vidmagic.session.reports import doctor
from vidmagic.session.session import Session


@pytest.mark.parametrize(("text", "good"), [("any-key", True), ("bad-key", False)])
def test_the_free_key_check(sandbox, text, good):
    """404 for task 0 means that the key is good, 401 that it is not; no task is made."""
    finding = doctor._check_key(VIDU, sandbox.url, keys.Key(text, "a test"))
    assert finding.good is good
    assert text not in finding.text
    assert [call.accepted for call in sandbox.ledger] == [None]


def test_a_service_that_is_down_is_a_finding():
    """A service that does not answer is a finding, not an exception."""
    for finding in (
        doctor._reach(VIDU, "http://127.0.0.1:1"),
        doctor._check_key(VIDU, "http://127.0.0.1:1", keys.Key("k", "")),
    ):
        assert finding.good is False
        assert finding.text


def test_the_file_of_a_key_is_named(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key from a .env is shown with the path of the file, and another user's file with why it is not read."""
    monkeypatch.delenv(VIDU.key_env)
    path = Path.cwd() / ".env"
    path.write_text(f"{VIDU.key_env}=sk-of-a-file", encoding="utf-8")
    assert f"{VIDU.key_env} is set, from {path}" in str(doctor.report(doctor.examine(session)))
    monkeypatch.setattr(os, "getuid", lambda: path.stat().st_uid + 1)
    report = str(doctor.report(doctor.examine(session)))
    assert f"{VIDU.key_env} is not set; {path} belongs to another user" in report
    assert "sk-of-a-file" not in report


def test_folders_that_cannot_be_written(session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A journal and a folder of videos that cannot be made are marked before the first job needs them."""
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("VIDMAGIC_HOME", str(tmp_path / "file" / "home"))
    session.settings.folder = str(tmp_path / "file" / "videos")
    findings = {finding.part: finding for finding in doctor.examine(session)}
    assert (findings["journal"].good, findings["videos"].good) == (False, False)
    assert "cannot be" in findings["journal"].text
