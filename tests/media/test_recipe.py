"""The recipe in a file: what is written is read back, and what anybody else wrote harms nothing."""

from __future__ import annotations

import dataclasses
import io
import json
import random
import struct
from pathlib import Path

import av
import pytest

from tests.media.videos import write
from vidmagic.media.boxes import check_whole
from vidmagic.media.probe import probe
from vidmagic.media.recipe import LONGEST, Recipe, RecipeInput, Unreadable, file_name_of, from_json, to_json
from vidmagic.media.recipe import without_secrets as shared
from vidmagic.media.recipe_box import CONTENT_CREDENTIALS, OURS, box_of, media_size, read_recipe, recipe_in, refusal

RECIPE = Recipe(
    model="dmxapi/MiniMax-Hailuo-2.3",
    prompt="一只鹭 lands\non a “mirror-still” pond 🪶",
    params={"duration": 6, "resolution": "768P", "prompt_optimizer": False, "scale": 0.5},
    mode="text",
    seed=0,
    inputs=(RecipeInput("image", "鹭.png", "a" * 64), RecipeInput("reference", "", "")),
    shot="pond",
    take=4,
    job="k3j2abcd",
    parent="00000000",
    in_sandbox=True,
    left_out=("callback_url",),
)


@pytest.fixture(scope="module")
def mp4(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return a small MP4 with picture and sound."""
    return write(tmp_path_factory.mktemp("video") / "v.mp4", frames=12, rate=12, size=(64, 48)).read_bytes()


def read(data: bytes) -> Recipe | None:
    """Return the recipe in *data*."""
    return recipe_in(io.BytesIO(data))


def ours(payload: bytes) -> bytes:
    """Return a box of our type with any content."""
    return struct.pack(">I4s16s", 24 + len(payload), b"uuid", OURS) + payload


def test_what_is_written_is_read_back(mp4: bytes, tmp_path: Path) -> None:
    """Each field survives, in any language, and the video in front of it plays as before."""
    path = tmp_path / "v.mp4"
    path.write_bytes(mp4 + box_of(RECIPE))
    assert read_recipe(path) == RECIPE
    check_whole(io.BytesIO(path.read_bytes()))
    assert media_size(io.BytesIO(path.read_bytes())) == len(mp4)
    (tmp_path / "before.mp4").write_bytes(mp4)
    assert dataclasses.replace(probe(path), size=len(mp4)) == probe(tmp_path / "before.mp4")
    with av.open(str(path)) as container:
        assert sum(1 for _ in container.decode(video=0)) == 12


def test_a_file_without_one(mp4: bytes, tmp_path: Path) -> None:
    """A video without a recipe, a WebM, a text and an empty file have none, and nothing is raised."""
    webm = write(tmp_path / "v.webm", frames=6, codec="libvpx-vp9").read_bytes()
    for data in (mp4, webm, webm + box_of(RECIPE), b"", b"text", box_of(RECIPE), mp4[:-7]):
        assert read(data) is None
        assert media_size(io.BytesIO(data)) == len(data)


def test_a_box_of_somebody_else_is_not_ours(mp4: bytes) -> None:
    """A `uuid` box of another type, and one of ours that is not the last, are part of the media."""
    other = struct.pack(">I4s16s", 30, b"uuid", b"x" * 16) + b"{}    "
    assert read(mp4 + other) is None
    assert read(mp4 + box_of(RECIPE) + other) is None
    assert read(mp4 + other + box_of(RECIPE)) == RECIPE
    assert media_size(io.BytesIO(mp4 + other + box_of(RECIPE))) == len(mp4 + other)


@pytest.mark.parametrize(
    ("ending", "word"),
    [
        (b"\0\0\0\0free" + b"x" * 9, "reaches to the end"),
        (b"\0\0\0\0mdat", "reaches to the end"),
        (struct.pack(">I4s16s", 28, b"uuid", CONTENT_CREDENTIALS) + b"sign", "signature"),
        (struct.pack(">I4sQ16s", 1, b"uuid", 36, CONTENT_CREDENTIALS) + b"sign", "signature"),
        (struct.pack(">I4s", 8, b"mfra"), "mfra"),
    ],
)
def test_what_must_not_get_one(mp4: bytes, ending: bytes, word: str) -> None:
    """A last box without a size, a signature over the file and an index at the very end forbid a recipe."""
    assert word in refusal(io.BytesIO(mp4 + ending))
    assert refusal(io.BytesIO(mp4)) == ""
    assert refusal(io.BytesIO(mp4 + struct.pack(">IQ", 1, 16)[:4] + b"free" + struct.pack(">Q", 16))) == ""


@pytest.mark.parametrize(
    "payload",
    [
        b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"vidmagic": 1}', b'{"vidmagic": "1", "model": "a/b", "prompt": ""}',
        b'{"vidmagic": 0, "model": "a/b", "prompt": ""}', b'{"vidmagic": true, "model": "a/b", "prompt": ""}',
        b"[" * 100_000, b'{"a":' * 50_000, b'{"vidmagic": 1, "model": ' + b"1" * 5000 + b"}",
    ],
)  # fmt: skip
def test_a_damaged_one_is_refused(mp4: bytes, payload: bytes) -> None:
    """What is not JSON of ours is one clear error."""
    with pytest.raises(Unreadable):
        read(mp4 + ours(payload))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("model", "hailuo\n%%bash"), ("model", 3), ("model", "a b"), ("prompt", None), ("prompt", ["x"]),
        ("params", []), ("params", {"a b": 1}), ("params", {"x": None}), ("params", {"x": [1]}),
        ("params", {"callback_url": "https://evil.example/"}), ("params", {"x": "/etc/passwd"}),
        ("params", {"x": "~/.ssh/id"}), ("params", {"x": "C:\\keys"}), ("params", {"x": 2**70}),
        ("params", {f"p{n}": n for n in range(300)}), ("params", {"x": "y" * 20_000}),
        ("seed", "7"), ("seed", True), ("seed", 1.5), ("seed", 2**64), ("seed", [1]),
        ("inputs", {}), ("inputs", [{"role": "key", "name": "", "sha256": ""}]), ("inputs", [7]),
        ("inputs", [{"role": "image", "name": "../../secret.png", "sha256": ""}]),
        ("inputs", [{"role": "image", "name": "a\\b.png", "sha256": ""}]),
        ("inputs", [{"role": "image", "name": "a.png", "sha256": "xyz"}]), ("inputs", [{"role": ["image"]}]),
        ("shot", "a b"), ("shot", "x; rm"), ("take", -1), ("take", "4"), ("take", True), ("job", "../x"),
        ("parent", "$(x)"), ("left_out", "x"), ("left_out", ["a b"]), ("mode", 1),
    ],
)  # fmt: skip
def test_a_field_of_another_kind_is_refused(name: str, value: object) -> None:
    """A value that is not of its field's kind makes the recipe unreadable: no link, path or line break comes in."""
    document = json.loads(to_json(RECIPE)) | {name: value}
    with pytest.raises(Unreadable):
        from_json(json.dumps(document).encode())


def test_fields_of_a_later_version_are_passed_over() -> None:
    """A recipe of a later version is read as far as it is known."""
    document = json.loads(to_json(RECIPE)) | {"vidmagic": 9, "mood": {"calm": [1, 2]}}
    assert from_json(json.dumps(document).encode()) == RECIPE


def test_a_large_one_is_neither_written_nor_read(mp4: bytes) -> None:
    """A recipe has an upper bound, which no prompt of a service reaches."""
    assert box_of(dataclasses.replace(RECIPE, prompt="x" * LONGEST)) == b""
    with pytest.raises(Unreadable, match="at most"):
        read(mp4 + ours(b'{"vidmagic": 1}' + b" " * LONGEST))
    assert box_of(dataclasses.replace(RECIPE, prompt="鹭" * 10_000))


def test_halves_of_surrogate_pairs_are_written_and_read() -> None:
    """A prompt that UTF-8 cannot hold does not stop a paid video from being stored."""
    recipe = from_json(to_json(dataclasses.replace(RECIPE, prompt="a \ud83d b")))
    assert recipe.prompt.encode()


def test_a_key_is_taken_out() -> None:
    """A key that somebody typed into a prompt, a parameter or the name of a file does not travel."""
    secret = dataclasses.replace(
        RECIPE, prompt="sk-1 x", params={"style": "sk-1"}, inputs=(RecipeInput("image", "sk-1.png", ""),)
    )
    data = to_json(secret, lambda text: text.replace("sk-1", "***"))
    assert b"sk-1" not in data
    assert from_json(data).prompt == "*** x"


def test_links_and_paths_stay_out() -> None:
    """Parameters that lead somewhere are left out by name."""
    given = {
        "duration": 6, "aspect_ratio": "16:9", "callback_url": "https://me.example/?token=s", "wm_url": "HTTP://x/y",
        "style": "general", "to": "/home/me/x", "empty": None, "many": ["x"], "nan": float("nan"), "data": "data:x",
    }  # fmt: skip
    params, left_out = shared(given)
    assert params == {"duration": 6, "aspect_ratio": "16:9", "style": "general"}
    assert left_out == ("callback_url", "wm_url", "to", "many", "nan", "data")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("kite.png", "kite.png"), ("/home/me/kite.png", "kite.png"), ("C:\\Users\\me\\kite.png", "kite.png"),
        ("https://a.example/b/kite.png?sig=1", "kite.png"), ("https://a.example", "a.example"), ("", ""),
        ("kite.png (a link to /home/me/secret/k.png)", "kite.png"), ("../..", ".."), ("the image", "the image"),
        ("pictures/鹭.png", "鹭.png"), ("x" * 300, "x" * 200), ("a/b/", "b"),
    ],
)  # fmt: skip
def test_an_input_is_named_without_its_folder(name: str, shown: str) -> None:
    """Of a path or a link its last part is left."""
    assert file_name_of(name) == shown
    assert file_name_of(shown) == shown


@pytest.mark.parametrize("seed", range(20))
def test_any_damage_is_none_a_recipe_or_an_error(mp4: bytes, seed: int) -> None:
    """Whatever bytes change, are cut or are added, the reader ends: with a recipe, with none, or with its own error."""
    random_ = random.Random(seed)
    whole = mp4 + box_of(RECIPE)
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(random_.randint(1, 6)):
            at = random_.randrange(len(mp4) - 64, len(data)) if random_.random() < 0.8 else random_.randrange(len(data))
            change = random_.choice(("set", "cut", "add", "size"))
            if change == "set":
                data[at] = random_.randrange(256)
            elif change == "cut":
                del data[at : at + random_.randint(1, 40)]
            elif change == "add":
                data[at:at] = random_.randbytes(random_.randint(1, 40))
            else:
                data[len(mp4) : len(mp4) + 4] = random_.randbytes(4)
            if len(data) <= len(mp4):
                break
        try:
            recipe = read(bytes(data))
        except Unreadable:
            continue
        assert recipe is None or isinstance(recipe, Recipe)
        assert 0 <= media_size(io.BytesIO(data)) <= len(data)


def test_a_file_of_countless_boxes_is_given_up(mp4: bytes) -> None:
    """The reader does not walk for ever through a file of tiny boxes."""
    data = mp4 + b"\0\0\0\x08free" * 210_000 + box_of(RECIPE)
    assert read(data) is None
    assert "more than" in refusal(io.BytesIO(data))
