"""The fingerprint identifies a request: equal requests share it, different requests never do."""

from __future__ import annotations

import base64
import dataclasses
import json

import pytest

from vidmagic.spec.request import FIRST, LAST, REFERENCE, MediaInput, Request

KITE = MediaInput(FIRST, data=b"kite", content_type="image/png", width=2, height=3, name="kite.png")
SEA = MediaInput(LAST, data=b"sea", content_type="image/jpeg", name="sea.jpg")
LINK = MediaInput(FIRST, url="https://example.com/kite.png?sig=secret", name="kite")
ASKED = Request("dmxapi/m-1", "a red kite", {"duration": 6, "resolution": "768P"}, (KITE, SEA), "frames", "m-1")


def but(**changes: object) -> Request:
    """Return the request with changes."""
    return dataclasses.replace(ASKED, **changes)


OTHERS = {
    "service": but(model="apiyi/m-1"),
    "model": but(model="dmxapi/m-2", wire_name="m-2"),
    "prompt": but(prompt="a blue kite"),
    "space in the prompt": but(prompt="a red kite "),
    "unicode form of the prompt": but(prompt="a red kité"),
    "composed differently": but(prompt="a red kite\u0301"),
    "duration": but(params={"duration": 10, "resolution": "768P"}),
    "kind of a value": but(params={"duration": "6", "resolution": "768P"}),
    "resolution": but(params={"duration": 6, "resolution": "1080P"}),
    "seed 0": but(params={"duration": 6, "resolution": "768P", "seed": 0}),
    "seed 1": but(params={"duration": 6, "resolution": "768P", "seed": 1}),
    "bgm false": but(params={"duration": 6, "resolution": "768P", "bgm": False}),
    "no images": but(inputs=()),
    "one image": but(inputs=(KITE,)),
    "image bytes": but(inputs=(dataclasses.replace(KITE, data=b"kites"), SEA)),
    "image link": but(inputs=(LINK, SEA)),
    "another link": but(inputs=(dataclasses.replace(LINK, url=LINK.url + "2"), SEA)),
    "images the other way round": but(
        inputs=(dataclasses.replace(KITE, role=LAST), dataclasses.replace(SEA, role=FIRST))
    ),
    "order of references": but(
        inputs=(dataclasses.replace(SEA, role=REFERENCE), dataclasses.replace(KITE, role=REFERENCE))
    ),
    "references": but(inputs=(dataclasses.replace(KITE, role=REFERENCE), dataclasses.replace(SEA, role=REFERENCE))),
}


def test_every_part_of_a_request_changes_its_fingerprint() -> None:
    """Requests that differ in anything that is sent differ in the fingerprint; so do a sandbox job and a paid one."""
    prints = [
        ASKED.fingerprint(),
        ASKED.fingerprint(in_sandbox=True),
        *(other.fingerprint() for other in OTHERS.values()),
    ]
    assert len(set(prints)) == len(OTHERS) + 2


SAME = {
    "itself": but(),
    "order of the parameters": but(params={"resolution": "768P", "duration": 6}),
    "name of an image": but(inputs=(dataclasses.replace(KITE, name="other.png"), SEA)),
    "another id for the same wire name": but(model="dmxapi/alias"),
    "mode, which the images decide": but(mode=""),
}


@pytest.mark.parametrize("same", SAME.values(), ids=SAME.keys())
def test_the_same_request_has_the_same_fingerprint(same: Request) -> None:
    """A difference that does not change what is sent does not make another, paid request."""
    assert same.fingerprint() == ASKED.fingerprint()


def test_a_fingerprint_does_not_change_with_time() -> None:
    """The fingerprints in an old journal stay valid: this value is fixed."""
    assert Request("dmxapi/m", "红色的风筝 🪁", {"seed": 0}).fingerprint() == (
        "c1e68cb89e1971db5415f63eee5470ef0661203433975bb752ad0eec80bf1f1e"
    )


def test_seed_0_is_a_seed() -> None:
    """Seed 0 and no seed are two requests."""
    assert but(params={"seed": 0}).fingerprint() != but(params={}).fingerprint()


def test_a_lone_surrogate_in_the_prompt_has_a_fingerprint() -> None:
    """A prompt that cannot be encoded does not crash here; it is refused elsewhere with a message."""
    assert len(but(prompt="\ud83e").fingerprint()) == 64


def test_the_service_is_the_first_half_of_the_id() -> None:
    """An id with more slashes still names its service first."""
    assert Request("dmxapi/org/m", "").service == "dmxapi"


def test_an_input_by_its_role() -> None:
    """The first image of a role, or None."""
    assert ASKED.input(LAST) is SEA
    assert ASKED.input(REFERENCE) is None


def test_an_image_is_sent_as_its_link_or_its_very_bytes() -> None:
    """A link is sent unchanged; bytes are sent in a data URI of their own type."""
    assert LINK.link() == LINK.url
    head, _, data = KITE.link().partition(",")
    assert head == "data:image/png;base64"
    assert base64.b64decode(data) == b"kite"


def test_an_image_in_the_journal_holds_neither_bytes_nor_link() -> None:
    """The journal stores the digest of an image, never its content or a signed link; its repr shows no bytes."""
    for image in (KITE, LINK):
        stored = json.dumps(image.to_json())
        assert image.digest in stored
        assert "secret" not in stored
        assert base64.b64encode(b"kite").decode() not in stored
    assert "b'kite'" not in repr(KITE)
