"""Compressed answers, which nobody asked for: their content is read, within bounds."""

from __future__ import annotations

import gzip
import json
import zlib

import brotli
import pytest

from tests.faults.answers import Answer, gzipped, json_answer
from tests.faults.server import FaultServer
from tests.faults.toxics import slicer
from tests.http.calls import BODY, PATH, TASK, calling, stream
from vidmagic.errors import Unreachable
from vidmagic.http.exchange import REPLY_CAP

DOCUMENT = b'{"task_id": "task-1", "text": "' + b"x" * 5000 + b'"}'


def raw_deflate(data: bytes) -> bytes:
    """Return *data* as servers send it that take "deflate" literally."""
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(data) + compressor.flush()


ENCODED = {
    "gzip": ("gzip", gzip.compress(DOCUMENT)),
    "two members": ("gzip", gzip.compress(DOCUMENT[:9]) + gzip.compress(DOCUMENT[9:])),
    "bytes after the end": ("X-GZIP", gzip.compress(DOCUMENT) + b"\0" * 20),
    "zlib": ("deflate", zlib.compress(DOCUMENT)),
    "raw deflate": ("deflate", raw_deflate(DOCUMENT)),
    "twice": ("gzip, gzip", gzip.compress(gzip.compress(DOCUMENT))),
    "called gzip and plain": ("gzip", DOCUMENT),
    "called deflate and plain": ("deflate", DOCUMENT),
    "called br and plain": ("br", DOCUMENT),
    "identity": ("identity", DOCUMENT),
    "unknown": ("aws-chunked", DOCUMENT),
}


@pytest.mark.parametrize("encoding", ENCODED)
@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_an_encoded_answer_is_decoded(server: FaultServer, encoding: str, size: int) -> None:
    """The id of a paid job is read however the answer is encoded and cut into pieces, and a poll as well."""
    name, body = ENCODED[encoding]
    toxics = (slicer(size),) if size < 10_000 else ()
    http = calling(server.then(Answer(body=body, headers={"Content-Encoding": name}).but(*toxics)))
    for reply in (http.paid.submit(PATH, BODY), http.service.get("/poll"), http.service.post("/poll", BODY)):
        assert (reply.cut, reply.json) == (False, json.loads(DOCUMENT))


def test_brotli_is_decoded_where_its_package_is_installed(server: FaultServer) -> None:
    """Nobody needs the package; with it an answer in Brotli is read, a cut one is cut, and a bomb ends at the cap."""
    coded = brotli.compress(DOCUMENT)
    for name, body, cut in (
        ("whole", coded, False),
        ("cut", coded[:-3], True),
        ("bomb", brotli.compress(b" " * 2**25), True),
    ):
        server.on(f"/{name}", Answer(body=body, headers={"Content-Encoding": "br"}).but(slicer(9)))
        reply = calling(server).paid.submit(f"/{name}", BODY)
        assert reply.cut == cut
        assert len(reply.body) < 2 * REPLY_CAP
        assert cut or reply.json == json.loads(DOCUMENT)


def test_every_call_asks_for_no_encoding(server: FaultServer) -> None:
    """Submits, polls and streams ask for the plain answer."""
    http = calling(server.then(TASK))
    http.paid.submit(PATH, BODY)
    http.service.get("/poll")
    stream(http)
    assert {seen.headers["accept-encoding"] for seen in server.seen} == {"identity"}


def test_an_encoded_stream_is_read_as_it_arrives(server: FaultServer) -> None:
    """The frames of a compressed stream are read; one that breaks off is a broken stream, after its frames."""
    answer = gzipped(Answer(body=b'data: {"n": 1}\n\ndata: {"n": 2}\n\n'))
    assert stream(calling(server.then(answer))) == [200, {"n": 1}, {"n": 2}]
    frames: list[object] = []
    cut = answer.but(body=answer.body[:-4], headers={**answer.headers, "Content-Length": ""})
    with pytest.raises(Unreachable), calling(server.on("/cut", cut)).service.stream("/cut", BODY) as (_, arriving):
        frames.extend(arriving)
    assert frames == [{"n": 1}, {"n": 2}]


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_bomb_ends_at_the_cap(server: FaultServer, encoding: str) -> None:
    """A small answer that decodes to 256 MB is cut at the cap, and a poll calls it no answer."""
    piece = b" " * 2**24
    compressor = zlib.compressobj(wbits=31 if encoding == "gzip" else 15)
    bomb = b"".join(compressor.compress(piece) for _ in range(16)) + compressor.flush()
    http = calling(server.then(Answer(body=bomb, headers={"Content-Encoding": encoding})))
    reply = http.paid.submit(PATH, BODY)
    assert reply.cut
    assert len(reply.body) < 2 * REPLY_CAP
    with pytest.raises(Unreachable):
        http.service.get("/poll")


def test_an_error_page_is_decoded_too(server: FaultServer) -> None:
    """What a service says when it refuses is readable, also where a stream was expected."""
    http = calling(server.then(gzipped(json_answer({"error": "bad key"}, status=401))))
    assert http.paid.submit(PATH, BODY).json == {"error": "bad key"}
    with http.paid.submit_stream(PATH, BODY) as (reply, _):
        assert reply.json == {"error": "bad key"}
