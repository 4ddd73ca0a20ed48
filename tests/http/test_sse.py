"""Event streams are read completely, whatever their line ends, their layout and their pieces."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator

import pytest

from vidmagic.http import sse
from vidmagic.http.sse import StreamTooLong, frames, lines

GOLDEN = """\
: keep-alive
event: response.created
id: 1
data: {"type": "response.created", "title": "红色的风筝 🪁"}

data:{"n": 2}
data: {"n": 3}
retry: 3000
data: {"a": 1}{"b": {"c": "} {"}}

data: {
data:   "many": "lines",
data:   "seed": 0
data: }

data: first line
data: second line

data:  two spaces
:

data: [DONE]

"""
EXPECTED = [
    {"type": "response.created", "title": "红色的风筝 🪁"},
    {"n": 2},
    {"n": 3},
    {"a": 1},
    {"b": {"c": "} {"}},
    {"many": "lines", "seed": 0},
    "first line\nsecond line",
    " two spaces",
    "[DONE]",
]
ENDS = {"LF": "\n", "CR": "\r", "CRLF": "\r\n"}


def golden(end: str) -> bytes:
    """Return the golden stream with other line ends."""
    return GOLDEN.replace("\n", ENDS[end]).encode()


@pytest.mark.parametrize("end", ENDS)
def test_every_split_position_gives_the_same_frames(end: str) -> None:
    """Where the network cuts a stream in two changes nothing, not even inside a character or a CRLF."""
    data = golden(end)
    for at in range(len(data) + 1):
        assert list(frames([data[:at], data[at:]])) == EXPECTED, f"cut at {at}"


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_small_pieces_give_the_same_frames(end: str, size: int) -> None:
    """A stream that arrives byte by byte, with empty pieces between, gives the same frames."""
    data = golden(end)
    pieces = [piece for at in range(0, len(data), size) for piece in (data[at : at + size], b"")]
    assert list(frames(pieces)) == EXPECTED


def test_a_blank_line_after_a_split_crlf_counts() -> None:
    """Only the first line feed after a CR belongs to it; the next one is a blank line."""
    assert list(lines([b"a\r", b"\n", b"\nb"])) == [b"a", b"", b"b"]
    assert list(frames([b"data: one\r", b"\n", b"\n", b"data: two\n\n"])) == ["one", "two"]


def test_a_line_is_given_as_soon_as_its_end_has_arrived() -> None:
    """Reading does not wait for what comes after a line."""
    asked: list[int] = []

    def chunks() -> Iterator[bytes]:
        for number in range(3):
            asked.append(number)
            yield b'data: {"n": %d}\r' % number

    stream = frames(chunks())
    assert next(stream) == {"n": 0}
    assert asked == [0]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(b'data: {"n": 1}\ndata: {"n": 2}', [{"n": 1}, {"n": 2}], id="no blank lines, last unterminated"),
        pytest.param(b'\xef\xbb\xbfdata: {"n": 1}\n\n', [{"n": 1}], id="BOM"),
        pytest.param(b'\n\n\n\ndata: {"n": 1}\n\n\n', [{"n": 1}], id="blank lines only"),
        pytest.param(b": ping\n: ping\n:\n", [], id="comments only"),
        pytest.param(b"", [], id="nothing"),
        pytest.param(b'data:{"n": 1}\n\n', [{"n": 1}], id="no space"),
        pytest.param(b"data:  x\n\n", [" x"], id="one space of two is taken"),
        pytest.param(b"data:\tx\n\n", ["\tx"], id="a tab is data"),
        pytest.param(b'data: {"a": 1} {"b": 2}\n', [{"a": 1}, {"b": 2}], id="two objects on a line"),
        pytest.param(b'data: {"a": "\xff"}\n', [{"a": "�"}], id="broken UTF-8 in JSON"),
        pytest.param(b"data: \xe7\xba\n\n", ["�"], id="half a character"),
        pytest.param("data: a\u2028b\x85c\x0bd\n\n".encode(), ["a\u2028b\x85c\x0bd"], id="no other line ends"),
        pytest.param(b'{"error": {"code": 401}}', [{"error": {"code": 401}}], id="plain JSON"),
        pytest.param(b'{\n  "error": {\n    "code": 401\n  }\n}\n', [{"error": {"code": 401}}], id="pretty JSON"),
        pytest.param(b"<html>\n<p>502</p>\n</html>", ["<html>\n<p>502</p>\n</html>"], id="HTML"),
        pytest.param(b"data: [DONE]\ndata: [DONE]\n\n", ["[DONE]\n[DONE]"], id="joined as the standard says"),
        pytest.param(b'data: {"n": 1}\ndata: [DONE]', [{"n": 1}, "[DONE]"], id="DONE without blank lines"),
        pytest.param(b'data: [DONE]\ndata: {"n": 1}\n', ["[DONE]", {"n": 1}], id="data after DONE"),
        pytest.param(b'data: {"n": 1\n\ndata: {"n": 2}\n\n', ['{"n": 1', {"n": 2}], id="a cut object stays text"),
        pytest.param(b'data: {"a": 1} tail\n\n', ['{"a": 1} tail'], id="text after an object"),
        pytest.param(b"data: 7\n\n", ["7"], id="a number is no object"),
        pytest.param(b'data: {"id": 12345678901234567890}\n', [{"id": 12345678901234567890}], id="long numbers"),
        pytest.param(b'data: {"seed": 0, "url": null}\n', [{"seed": 0, "url": None}], id="zero and null"),
        pytest.param(b'data: {"a": "}",\ndata: "b": "{"}\n\n', [{"a": "}", "b": "{"}], id="braces in texts"),
        pytest.param(b'data: {"a": "}}",\ndata: "b": 1}\n\n', [{"a": "}}", "b": 1}], id="uneven braces in texts"),
        pytest.param(b'data: {"a": "}}",\ndata: "b": 1}', [{"a": "}}", "b": 1}], id="the same, unterminated"),
    ],
)
def test_a_layout_is_read(data: bytes, expected: list[object]) -> None:
    """Nothing that arrived is dropped, whatever the layout of a gateway's stream."""
    assert list(frames([data])) == expected


def test_a_value_nested_too_deeply_stays_text() -> None:
    """JSON that is too deep for the parser is passed on as text."""
    text = '{"a":' * 100_000
    assert list(frames([b"data: " + text.encode() + b"\n\n"])) == [text]


def test_a_line_has_a_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading an endless line stops before it fills the memory."""
    monkeypatch.setattr(sse, "LINE_CAP", 100)
    assert list(lines([b"x" * 100])) == [b"x" * 100]
    with pytest.raises(StreamTooLong):
        list(lines([b"x" * 60, b"x" * 41]))


def test_a_stream_has_a_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading an endless stream stops at the cap; the lines before it are given."""
    monkeypatch.setattr(sse, "STREAM_CAP", 100)
    got: list[bytes] = []
    with pytest.raises(StreamTooLong):
        got.extend(line for line in lines([b"x\n" * 50, b"y"]))
    assert list(lines([b"x\n" * 50])) == [b"x"] * 50


@pytest.mark.parametrize(
    "line",
    [b"data: x\n", b"data: {\n", b'data: "a": {}, \n', b"data: {}}\n", b"plain text\n", b'data: {"a": "}"\n', b"}\n"],
    ids=repr,
)
def test_reading_is_linear(line: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many lines are joined, each character is parsed a fixed number of times."""
    parsed = 0
    real = sse._objects

    def counting(text: str) -> list[sse.Frame] | None:
        nonlocal parsed
        parsed += len(text)
        return real(text)

    monkeypatch.setattr(sse, "_objects", counting)
    stream = b"data: {\n" + line * 5_000
    list(frames([stream]))
    assert parsed <= 4 * len(stream)


def test_a_link_in_any_stream_arrives() -> None:
    """Thousands of random streams, in random layouts and pieces: the paid link is in what is read."""
    for seed in range(4_000):
        rng = random.Random(seed)
        stream, link = damaged_stream(rng)
        cuts = sorted(rng.randrange(len(stream) + 1) for _ in range(rng.randrange(12)))
        pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
        got = list(frames(pieces))
        texts = [frame if isinstance(frame, str) else str(frame.get("delta", "")) for frame in got]
        assert link in "".join(texts), f"seed {seed}"
        assert got == list(frames([stream])), f"seed {seed}"


def damaged_stream(rng: random.Random) -> tuple[bytes, str]:
    """Return a stream in a random bad layout, and the link that its deltas or its one JSON line spell."""
    link = f"https://files.example.com/{rng.randrange(10**9)}.mp4?sig=%E4%BD&x=({rng.random()})"
    end = rng.choice(["\n", "\r", "\r\n"])
    parts = [link] if rng.random() < 0.5 else [link[:20], link[20:]]
    out: list[bytes] = [b"\xef\xbb\xbf"] if rng.random() < 0.1 else []
    for delta in ["🪁 进度 50%", *parts]:
        if rng.random() < 0.3:
            out.append(rng.choice([": ping", "event: message", "id: 3", "retry: 1"]).encode() + end.encode())
        indent = rng.choice([None, None, None, 1])
        event = json.dumps({"delta": delta, "n": {"seed": 0}}, ensure_ascii=rng.random() < 0.5, indent=indent)
        space = rng.choice(["", " "])
        out += [f"data:{space}{line}{end}".encode() for line in event.split("\n")]
        out.append(end.encode() * (rng.choice([0, 1, 2]) if indent is None else 1))
    if rng.random() < 0.5:
        out.append(f"data: [DONE]{rng.choice(['', end, end * 2])}".encode())
    elif rng.random() < 0.5:
        out[-1] = out[-1].rstrip(b"\r\n")
    return b"".join(out), link
