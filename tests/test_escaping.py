"""Text from prompts and services stays text, in HTML and in a terminal."""

from __future__ import annotations

import time

import pytest

from tests.skeleton import PAYLOADS, skeleton, tags, text
from vidmagic.escaping import escape, isolate, link, plain

BIDI = [chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))]
CONTROLS = [chr(code) for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\t\n\r"]


def test_there_are_enough_payloads():
    """There are at least sixty different texts that try to inject HTML."""
    assert len(set(PAYLOADS)) == len(PAYLOADS) >= 60


@pytest.mark.parametrize("payload", PAYLOADS)
def test_text_adds_no_tag(payload):
    """Escaped text adds no tag, no attribute and no comment, as content or in an attribute."""
    html = f'<p title="{escape(payload)}">{isolate(payload)}</p>'
    assert skeleton(html) == [("p", ("title",)), ("bdi", ())]
    assert text(html) == tags(html)[0][1][0][1]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_text_can_be_sent(payload):
    """Escaped and plain text can be written as UTF-8, which a kernel's messages need."""
    escape(payload).encode()
    plain(payload).encode()


@pytest.mark.parametrize("payload", ["a red kite", "<b>&\"'", "牛 🐂 été", "line\nline\ttab", "$x$ {y} %z [推进]", ""])
def test_harmless_text_reads_as_typed(payload):
    """A reader sees what was typed, character for character."""
    assert text(isolate(payload)) == payload


@pytest.mark.parametrize("character", CONTROLS + BIDI + ["\ud800", "\udfff"], ids=ascii)
def test_hidden_characters_are_replaced(character):
    """Control characters, direction changes and lone surrogates are shown as the replacement character."""
    assert escape(f"a{character}b") == "a\ufffdb"
    assert character not in plain(f"a{character}b")


def test_line_ends_are_one_kind():
    """The line ends of every system become a line feed."""
    assert escape("a\r\nb\rc\nd") == "a\nb\nc\nd"


def test_anything_can_be_escaped():
    """An object is shown as its `str`."""
    assert escape(None) == "None"
    assert escape(6) == "6"


@pytest.mark.parametrize(
    "href",
    [
        "https://example.com/a?b=c&d=%20",
        "https://[2606:2800::1]:8443/x",
        "videos/kite.mp4",
        "../a%20b/%E7%89%9B.mp4",
        "a/b:c.mp4",
    ],
)
def test_safe_links_become_links(href):
    """An https link and a relative path become a link to that address."""
    assert dict(tags(link(href, "file"))[0][1])["href"] == href


@pytest.mark.parametrize(
    "href",
    [
        "",
        "http://example.com",
        "javascript:alert(1)",
        "JaVaScRiPt:x",
        "java\nscript:x",
        "\x01javascript:x",
        " https://x.com",
        "data:text/html,x",
        "file:///etc/passwd",
        "//example.com/x",
        "/etc/passwd",
        "https:example.com",
        "https://",
        "https://user@example.com",
        "https://[::1",
        'https://x.com/"onclick=',
        "https://x.com/<b>",
        "https://x.com\\@y.com",
        "a b.mp4",
        "vbscript:x",
        "牛.mp4",
        "x?y",
        "x#y",
    ],
)
def test_unsafe_links_become_their_label(href):
    """Any other address is left out, and only the label is shown."""
    assert link(href, "file") == "<bdi>file</bdi>"


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_link_has_our_attributes_only(payload):
    """Neither the address nor the label of a link adds a tag or an attribute."""
    ours = [("a", ("href", "style", "target", "rel")), ("bdi", ())]
    assert skeleton(link("videos/x.mp4", payload)) == ours
    assert skeleton(link(payload, "x")) in ([("bdi", ())], ours)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]8;;http://x\x07link\x1b]8;;\x07", "link"),
        ("\x9b2Jx", "x"),
        ("a\r\n  b\tc ", "a b c"),
        ("a\x00b\x1b", "ab"),
        ("\ud800", "\ufffd"),
        ("a\u2028b", "a b"),
        ("\u202eabc", "abc"),
        ("", ""),
        (" ", ""),
    ],
)
def test_plain_text_is_one_line_without_controls(given, expected):
    """A terminal gets one line without colours, cursor movements or links."""
    assert plain(given) == expected


def test_plain_is_quick_on_long_text():
    """Hundreds of thousands of broken terminal codes are handled in linear time."""
    started = time.process_time()
    assert plain("\x1b]" * 200_000) == ""
    assert plain("\x1b[;" * 200_000) == "[;" * 200_000
    assert time.process_time() - started < 2
