"""One question to a language model is one request, whatever becomes of the answer; its key is nowhere to be read."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import CANARY
from tests.faults.answers import (
    Answer,
    broken_chunks,
    damaged_gzip,
    gzipped,
    half_headers,
    no_answer,
    redirect,
    reset_after_reading,
)
from tests.faults.server import FaultServer
from tests.faults.systems import STREAM, events
from tests.faults.test_secrets import ECHO, ENDS, FORMS, leaks, verbose
from tests.faults.toxics import limit_body, slicer
from tests.quick import QUICK, SHORT_TIMEOUTS
from vidmagic.errors import Failed, NotImproved, NotSent, OutcomeUnknown, Refused, VidmagicError
from vidmagic.session.improve.improve import Rewrite
from vidmagic.session.session import Session

NEW = "A red kite over the sea, in strong wind"


def piece(text: str, finish: str | None = None) -> dict[str, Any]:
    """Return a chunk of a stream."""
    return {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}]}


USAGE = {"choices": [], "usage": {"prompt_tokens": 100, "completion_tokens": 12, "total_tokens": 112}}
END = Answer(body=b"data: [DONE]\n\n")
WHOLE = events(piece(NEW[:20]), piece(NEW[20:]), piece("", "stop"), USAGE)
ERROR = {"error": {"message": "upstream failed", "type": "upstream_error"}}
PLAIN = {"choices": [{"message": {"content": NEW}, "finish_reason": "stop"}], "usage": USAGE["usage"]}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Serve an endpoint of one's own, with a key that must not leak."""
    serving = FaultServer()
    monkeypatch.setenv("VIDMAGIC_CHAT_URL", f"{serving.url}/v1")
    monkeypatch.setenv("VIDMAGIC_CHAT_KEY", CANARY)
    monkeypatch.setenv("DMXAPI_API_KEY", "the-gateways-key")
    yield serving
    serving.down()


@pytest.fixture
def ask(make_session: Callable[..., Session], server: FaultServer) -> Callable[[Answer], Rewrite]:
    """Improve a prompt at the server, which gives an answer."""
    import dataclasses

    session = make_session(dataclasses.replace(QUICK, timeouts=SHORT_TIMEOUTS))
    session.settings.chat_model = "a-writer"

    def improve(answer: Answer) -> Rewrite:
        server.then(answer)
        hailuo = session.catalog.find_model("hailuo")[1]
        return session.improver.answer(session.improver.question("a red kite over the sea", hailuo))

    return improve


GOOD = {
    "a stream": WHOLE,
    "in one piece": Answer(body=json.dumps(PLAIN).encode()),
    "compressed": gzipped(WHOLE),
    "a byte at a time": WHOLE.but(slicer(7)),
    "without blank lines": WHOLE.but(body=WHOLE.body.replace(b"\n\n", b"\n")),
    "no usage": events(piece(NEW, "stop")),
    "only [DONE]": Answer(body=events(piece(NEW)).body + END.body, headers=STREAM),
    "cut after its end": WHOLE.but(limit_body(len(events(piece(NEW[:20]), piece(NEW[20:]), piece("", "stop")).body))),
    "thoughts first": events({"choices": [{"delta": {"reasoning_content": "hm"}}]}, piece(NEW, "stop")),
    "null choices": events({"choices": None}, {"choices": [None]}, piece(NEW, "stop"), {"usage": None}),
    "garbage between": Answer(body=b"data: garbage {\n\n: ping\n\n" + WHOLE.body + END.body, headers=STREAM),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_whole_answer_is_read(name: str, ask: Callable[[Answer], Rewrite], server: FaultServer) -> None:
    """In whatever form it comes; the request has the endpoint's own key and path."""
    assert ask(GOOD[name]).new == NEW
    (seen,) = server.seen
    assert (seen.method, seen.target) == ("POST", "/v1/chat/completions")
    assert seen.headers["authorization"] == f"Bearer {CANARY}"


def test_the_usage_is_that_of_the_answer(ask: Callable[[Answer], Rewrite]) -> None:
    """Tokens stand as they were reported; what was not reported is not shown as 0."""
    assert ask(WHOLE).price == "112 tokens (100 sent, 12 written) · price unknown"


def test_no_usage_is_not_nothing(ask: Callable[[Answer], Rewrite]) -> None:
    """An answer without usage says so."""
    assert ask(GOOD["no usage"]).price == "tokens not reported · price unknown"


LOST = {
    "no answer": no_answer(),
    "half the head": half_headers(),
    "reset": reset_after_reading(),
    "nothing in the stream": Answer(headers=STREAM),
    "first byte only": WHOLE.but(limit_body(1)),
    "cut in the middle": WHOLE.but(limit_body(80)),
    "ended in the middle": events(piece(NEW[:20])),
    "broken chunks": broken_chunks(events(piece(NEW[:20])).body),
    "damaged gzip": damaged_gzip(WHOLE.body),
    "cut gzip": gzipped(WHOLE, left=120),
    "garbage": Answer(body=b"\x00\xff" * 200),
    "a page": Answer(body=b"<html>Bad gateway</html>"),
    "too long": events(*[piece("x" * 9000)] * 12),
    "500": Answer(500, b'{"error": {"message": "fault"}}'),
    "502": Answer(502, b"<html>"),
    "503 busy": Answer(503, b"{}"),
    "504": Answer(504),
    "408": Answer(408),
}


@pytest.mark.parametrize("name", LOST)
def test_a_lost_answer_is_not_asked_for_again(name: str, ask: Callable[[Answer], Rewrite], server: FaultServer) -> None:
    """After the first byte there is one request and one error, which says that it may be charged."""
    with pytest.raises(OutcomeUnknown) as lost:
        ask(LOST[name])
    assert lost.value.charged == "unknown"
    assert "not sent again by itself" in lost.value.hint
    assert server.count("POST") == 1


REFUSED = {
    "400": Answer(400, b'{"error": {"message": "stream_options is unknown"}}'),
    "401": Answer(401, b'{"error": {"message": "bad key", "code": "invalid_api_key"}}'),
    "403": Answer(403, b'{"error": {"code": "insufficient_user_quota", "message": "empty"}}'),
    "404": Answer(404, b"no such page"),
    "413": Answer(413),
    "429": Answer(429, b'{"error": {"message": "slow down", "code": "rate_limit_exceeded"}}', {"Retry-After": "1"}),
    "503 no model": Answer(503, b'{"error": {"code": "model_not_found", "message": "no channel"}}'),
    "redirect": redirect(307, "https://elsewhere.example/v1/chat/completions"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_costs_nothing_and_is_not_repeated(
    name: str, ask: Callable[[Answer], Rewrite], server: FaultServer
) -> None:
    """A rate limit too is the person's to try again; no redirect gets the key."""
    with pytest.raises(Refused) as refused:
        ask(REFUSED[name])
    assert refused.value.charged == "no"
    assert server.count("POST") == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (events(piece(NEW[:20]), ERROR), Failed),
        (events(ERROR), Failed),
        (events(piece(NEW[:20], "length"), USAGE), NotImproved),
        (events(piece("", "stop")), NotImproved),
        (END, NotImproved),
    ],
)
def test_an_unusable_answer_is_an_error(
    answer: Answer, error: type[VidmagicError], ask: Callable[[Answer], Rewrite], server: FaultServer
) -> None:
    """It is one request too."""
    with pytest.raises(error):
        ask(answer)
    assert server.count("POST") == 1


def test_a_connection_that_never_was_has_cost_nothing(ask: Callable[[Answer], Rewrite], server: FaultServer) -> None:
    """Nothing was sent, and it says so."""
    server.down()
    with pytest.raises(NotSent) as lost:
        ask(WHOLE)
    assert lost.value.charged == "no"


def test_a_prompt_beyond_a_rule_of_the_model_is_refused(
    make_session: Callable[..., Session], server: FaultServer
) -> None:
    """Kling's limit stands in no table but in a rule: a longer prompt is refused all the same, and not cut."""
    session = make_session()
    session.settings.chat_model = "a-writer"
    server.then(events(piece("k" * 2501, "stop")))
    kling = session.catalog.find_model("kling")[1]
    with pytest.raises(NotImproved, match="2,501"):
        session.improver.answer(session.improver.question("a kite", kling))


def test_advice_on_the_new_prompt_is_shown(make_session: Callable[..., Session], server: FaultServer) -> None:
    """A camera move that the model's document does not name is pointed out before it is paid for."""
    session = make_session()
    session.settings.chat_model = "a-writer"
    server.then(events(piece("A kite [Fly away]", "stop")))
    hailuo = session.catalog.find_model("hailuo")[1]
    rewrite = session.improver.answer(session.improver.question("a kite [Push in]", hailuo))
    assert any("[Fly away] is not a camera move" in note for note in rewrite.notes)


ECHOES = {
    "refused": Answer(401, json.dumps({"error": {"message": ECHO}}).encode()),
    "upstream": Answer(502, ECHO.encode()),
    "error in the stream": events({"error": {"message": ECHO}}),
    "the text": events(piece(f"A kite. {ECHO}", "stop")),
    "in two pieces": events(piece(f"A kite. {ECHO[:40]}"), piece(ECHO[40:], "stop")),
    "an empty refusal": events({"choices": [{"delta": {"refusal": ECHO}, "finish_reason": "stop"}]}),
    "lost": no_answer(),
}


def texts_of(call: Callable[[], Rewrite]) -> list[str]:
    """Return all that can be read of an improvement, or of its error."""
    try:
        rewrite = call()
    except VidmagicError as error:
        lines = [*error.lines(), *traceback.format_exception(error)]
        frames = error.__traceback__
        while frames is not None and not frames.tb_frame.f_globals["__name__"].startswith("vidmagic."):
            frames = frames.tb_next  # the tests' own variables hold the key
        error.__traceback__ = frames
        return [*lines, repr(error), str(vars(error)), verbose(error)]
    return [repr(rewrite), rewrite.new]


@pytest.mark.parametrize("name", ECHOES)
def test_the_key_is_nowhere_to_be_read(
    name: str, ask: Callable[[Answer], Rewrite], caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever the endpoint echoes: in no text, error, traceback or DEBUG log."""
    caplog.set_level(logging.DEBUG)
    texts = [*texts_of(lambda: ask(ECHOES[name])), caplog.text]
    secrets = FORMS if name == "in two pieces" else FORMS | ENDS  # neither piece tells that it is one
    assert leaks(*texts, secrets=secrets) == []
