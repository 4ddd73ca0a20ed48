"""The names of finished videos: readable words, in any language, that every file system takes."""

from __future__ import annotations

import random
import unicodedata

import pytest

from vidmagic.engine.download.file_names import LONGEST, name_in_words


@pytest.mark.parametrize(
    ("prompt", "shot", "take", "name"),
    [
        ("A heron lands on a mirror-still pond", "pond", 4, "pond-04-heron-lands-on-a-mirror-still-pond"),
        ("A heron lands on a mirror-still pond", "", 0, "heron-lands-on-a-mirror-still-pond"),
        ("x", "pond", 123, "pond-123-x"),
        ("一只红色的风筝飞过大海", "鹭", 2, "鹭-02-一只红色的风筝飞过大海"),
        ("हिन्दी में एक फ़िल्म", "", 0, unicodedata.normalize("NFKC", "हिन्दी-में-एक-फ़िल्म")),
        ("The heron’s “nest”, don’t!", "", 0, "herons-nest-dont"),
        ("Cafe\u0301 au lait", "", 0, "café-au-lait"),
        ("../../etc/passwd", "", 0, "etc-passwd"),
        ('a\x00b\n|<>:"?*\\ c.', "", 0, "b-c"),
        ("", "", 0, "vidu2-0"),
        ("🎬🎬", "pond", 1, "pond-01-vidu2-0"),
        ("CON", "", 0, "video-con"),
        ("com¹", "", 0, "video-com1"),
        ("the", "", 0, "the"),
        ("one two three four five six seven eight nine", "", 0, "one-two-three-four-five-six-seven-eight"),
        ("\ud800 half", "", 0, "half"),
    ],
)  # fmt: skip
def test_a_name_in_words(prompt: str, shot: str, take: int, name: str) -> None:
    """Shot, take and the first words, without an article in front and without what a file system refuses."""
    assert name_in_words(prompt, "vidu/vidu2.0", shot, take) == name


@pytest.mark.parametrize("seed", range(5))
def test_any_text_makes_a_safe_name(seed: int) -> None:
    """Whatever the prompt, the name is short, one form of Unicode, and not hidden, reserved, empty or a folder's."""
    random_ = random.Random(seed)
    for _ in range(500):
        prompt = "".join(chr(random_.choice((random_.randrange(128), random_.randrange(0x30000)))) for _ in range(90))
        name = name_in_words(prompt, "a/b", random_.choice(("", "鶴" * 60, "nul")), random_.randrange(1000))
        assert 0 < len(name.encode()) <= LONGEST
        assert unicodedata.is_normalized("NFC", name)
        assert not set(name) & set('/\\:*?"<>|.\0\n ')
        assert name.strip("-_. ") == name
        assert name.lower() not in {"con", "nul", "aux", "prn"}
