"""The doctor's free check of a service distinguishes a good key from a bad one."""

from __future__ import annotations

import pytest

from vidmagic.providers import keys
from vidmagic.providers.services import VIDU
from vidmagic.session.reports import doctor


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
