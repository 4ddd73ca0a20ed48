"""A prompt is improved by one request to a language model, which gets the prompt, the wish and facts of the model."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import CANARY
from vidmagic.errors import Failed, InvalidRequest, MissingKey, NotImproved, OutcomeUnknown, Refused, TooExpensive
from vidmagic.sandbox import Sandbox
from vidmagic.session.improve.improve import AS_BEFORE, NO_KEY, Rewrite
from vidmagic.session.improve.question import Question
from vidmagic.session.session import Session
from vidmagic.spec.models import Model


def model(session: Session, name: str) -> Model:
    """Return a model by its name."""
    return session.catalog.find_model(name)[1]


def improved(session: Session, prompt: str, name: str = "hailuo", *, again: bool = False, **more: Any) -> Rewrite:
    """Improve *prompt* for the model called *name*."""
    improver = session.improver
    return improver.answer(improver.question(prompt, model(session, name), **more), again=again)


def chats(sandbox: Sandbox) -> list[Any]:
    """Return the calls of the chat endpoint."""
    return [call for call in sandbox.ledger if call.path.endswith("/chat/completions")]


def test_a_prompt_is_rewritten_for_its_model(session: Session, sandbox: Sandbox) -> None:
    """The wish is in the new prompt, a camera word of the model too, and the line on usage is what was reported."""
    rewrite = improved(session, "a red kite over the sea", wish="more wind")
    assert rewrite.old == "a red kite over the sea"
    assert rewrite.new.startswith("A red kite over the sea, more wind")
    assert "[Push in]" in rewrite.new
    assert rewrite.price.endswith("written) · price unknown")
    assert rewrite.problems == rewrite.notes == ()
    assert rewrite.writer == "deepseek-v4-flash at DMXAPI"
    assert [call.path for call in sandbox.ledger] == ["/v1/chat/completions"]


def test_the_request_holds_nothing_else(session: Session, sandbox: Sandbox) -> None:
    """Prompt, wish and facts of the model are sent, as a stream that ends with the usage; no other field."""
    improved(session, "a red kite", "viduq3", wish="more wind")
    (call,) = chats(sandbox)
    assert call.body.keys() == {"model", "messages", "stream", "stream_options"}
    system, user = call.body["messages"]
    assert user == {"role": "user", "content": "<wish>more wind</wish>\n<prompt>\na red kite\n</prompt>"}
    assert "at most 5,000 characters" in system["content"]
    assert "Say in plain words what the camera does" in system["content"]


def test_the_facts_are_those_of_the_mode(session: Session, sandbox: Sandbox) -> None:
    """A first frame, camera words in the prompt's language and what must stay are in the rules."""
    hailuo = model(session, "hailuo")
    mode = next(mode for mode in hailuo.modes if mode.inputs)
    improved(session, "一只{{颜色}}风筝 @ref1", mode=mode)
    rules = chats(sandbox)[0].body["messages"][0]["content"]
    assert "An image is given as the first frame" in rules
    assert "[左移]" in rules
    assert "[Truck left]" not in rules
    assert "{{颜色}}  @ref1" in rules


def test_the_same_question_is_not_asked_twice(session: Session, sandbox: Sandbox) -> None:
    """The answer there is comes again free of charge, until another one is asked for."""
    first = improved(session, "a red kite")
    again = improved(session, "a red kite")
    assert again.new == first.new
    assert again.notes == (AS_BEFORE,)
    assert again.price == f"nothing was used now; then it was {first.price}"
    assert len(chats(sandbox)) == 1
    assert improved(session, "a red kite", again=True).notes == ()
    improved(session, "a red kite", wish="dusk")
    improved(session, "a red kite", "kling")
    assert len(chats(sandbox)) == 4


@pytest.mark.parametrize(
    ("directive", "error", "charged", "message"),
    [
        ("refuse", Refused, "no", "content policy"),
        ("balance", Refused, "no", "额度不足"),
        ("rate", Refused, "no", "上游负载"),
        ("error500", OutcomeUnknown, "unknown", "HTTP 500 without an answer"),
        ("drop", OutcomeUnknown, "unknown", "the stream broke"),
        ("fail", Failed, "unknown", "the upstream model failed"),
        ("cancel", NotImproved, "yes", "was cut at its length limit"),
    ],
)
def test_an_error_is_reported_and_not_repeated(
    directive: str, error: type[Exception], *, charged: str, message: str, session: Session, sandbox: Sandbox
) -> None:
    """Each directive of the sandbox is one request, one error, and says what it may have cost."""
    with pytest.raises(error, match=message) as failed:
        improved(session, f"a red kite [[sandbox: {directive}]]")
    assert getattr(failed.value, "charged", "") == charged
    assert len(chats(sandbox)) == 1


def test_an_unusable_answer_names_its_usage(session: Session) -> None:
    """The tokens of an answer that was cut are reported, for they are billed."""
    with pytest.raises(NotImproved) as refused:
        improved(session, "a red kite [[sandbox: cancel]]")
    assert "tokens" in refused.value.hint
    assert "price unknown" in refused.value.hint


def test_marks_survive_or_are_reported(session: Session) -> None:
    """Placeholders, shots and times stay; a rewrite that loses one says so."""
    prompt = "[3 s] a {{colour}} kite rises\n---\n[4 s] it lands [[sandbox: seconds=1]]"
    rewrite = improved(session, prompt, "kling")
    assert rewrite.problems == ()
    assert "{{colour}}" in rewrite.new
    assert "\n---\n[4 s]" in rewrite.new


@pytest.mark.parametrize(
    ("prompt", "more", "message"),
    [
        ("", {}, "the prompt is empty"),
        ("  \u200b\n", {}, "the prompt is empty"),
        ("a \x07 kite", {}, "the prompt holds the control character"),
        ("a kite", {"wish": "w" * 1001}, "the wish has 1,001 characters"),
        ("a kite", {"wish": "\x1b[31m"}, "the wish holds the control character"),
        (7, {}, "the prompt is not text but int"),
    ],
)
def test_a_bad_question_is_refused_before_it_is_sent(
    prompt: Any, more: dict[str, str], message: str, session: Session, sandbox: Sandbox
) -> None:
    """What cannot be sent is refused here."""
    with pytest.raises(InvalidRequest, match=message):
        improved(session, prompt, **more)
    assert sandbox.ledger == []


def test_a_model_without_a_prompt_is_refused(session: Session) -> None:
    """An upscale has no prompt to improve."""
    with pytest.raises(InvalidRequest, match="takes no prompt"):
        improved(session, "a kite", "vidu-upscale")


def test_a_limit_of_nothing_holds(session: Session, sandbox: Sandbox) -> None:
    """With a limit of 0 only the sandbox may be asked; any other limit is for videos."""
    session.settings.max_cost = "0CNY"
    hailuo = model(session, "hailuo")
    with pytest.MonkeyPatch.context() as elsewhere:
        elsewhere.setenv("VIDMAGIC_DMXAPI_URL", "https://dmxapi.example")
        with pytest.raises(TooExpensive, match="not known beforehand"):
            session.improver.question("a kite", hailuo)
        assert session.improver.question("a kite", hailuo, max_cost="1CNY").endpoint.model == "deepseek-v4-flash"
    assert session.improver.question("a kite", hailuo, sandbox=True).endpoint.in_sandbox
    assert sandbox.ledger == []
    session.sandbox.close()


@pytest.fixture
def keyless(make_session: Any) -> Session:
    """Return a session without any key."""
    made: Session = make_session()
    return made


def test_without_a_key_the_sandbox_rewrites_it(keyless: Session) -> None:
    """It says so, and that it is free of charge."""
    rewrite = improved(keyless, "a red kite", wish="at dusk")
    assert "at dusk" in rewrite.new
    assert rewrite.notes == (NO_KEY,)
    assert rewrite.price.endswith("free (sandbox)")


def asked(session: Session, name: str = "hailuo") -> Question:
    """Return what would be asked."""
    return session.improver.question("a kite", model(session, name))


def test_the_gateway_of_the_video_model_goes_first(keyless: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two gateways with keys that of the model is asked, if its language model is known."""
    monkeypatch.setenv("APIYI_API_KEY", "apiyi-key")
    with pytest.raises(InvalidRequest, match="apiyi's document names no language model"):
        asked(keyless)
    keyless.settings.chat_model = "a-writer"
    assert str(asked(keyless).endpoint) == "a-writer at apiyi"
    monkeypatch.setenv("DMXAPI_API_KEY", "dmxapi-key")
    assert str(asked(keyless).endpoint) == "a-writer at DMXAPI"
    assert str(asked(keyless, "sora").endpoint) == "a-writer at apiyi"
    keyless.settings.chat_model = ""
    assert str(asked(keyless, "sora").endpoint) == "deepseek-v4-flash at DMXAPI"


@pytest.mark.parametrize(
    ("variables", "setting", "error", "message"),
    [
        ({"URL": "https://api.example/v1"}, "m", MissingKey, "VIDMAGIC_CHAT_KEY"),
        ({"URL": "https://api.example/v1", "KEY": CANARY}, "", InvalidRequest, "no language model is named"),
        ({"URL": "http://api.example/v1", "KEY": CANARY}, "m", InvalidRequest, "VIDMAGIC_CHAT_URL: .* https link"),
        ({"URL": "https://u:p@api.example/v1", "KEY": CANARY}, "m", InvalidRequest, "without a login"),
        ({"URL": "https://api.example", "KEY": CANARY}, "m", InvalidRequest, "must end in /v1"),
        ({"URL": "https://api.example/v1/chat/completions", "KEY": CANARY}, "m", InvalidRequest, "must end in /v1"),
        ({"URL": "https://api.example/v1?key=1", "KEY": CANARY}, "m", InvalidRequest, "must end in /v1"),
        ({"KEY": CANARY}, "m", InvalidRequest, "VIDMAGIC_CHAT_KEY is set and VIDMAGIC_CHAT_URL is not"),
    ],
)
def test_a_bad_endpoint_is_refused(
    variables: dict[str, str], setting: str, error: type[Exception], *, message: str,
    keyless: Session, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """The message names the variable, never the key."""
    for name, value in variables.items():
        monkeypatch.setenv(f"VIDMAGIC_CHAT_{name}", value)
    keyless.settings.chat_model = setting
    with pytest.raises(error, match=message) as refused:
        asked(keyless)
    assert CANARY not in " ".join(getattr(refused.value, "lines", list)())


@pytest.mark.parametrize("url", ["https://api.example/v1", "https://api.example/v1/", "https://x.example/api/v4"])
def test_an_endpoint_of_ones_own_goes_first(url: str, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked whatever other keys are set, with its own key."""
    monkeypatch.setenv("VIDMAGIC_CHAT_URL", url)
    monkeypatch.setenv("VIDMAGIC_CHAT_KEY", "its-own-key")
    session.settings.chat_model = "a-writer"
    endpoint = asked(session).endpoint
    assert endpoint.origin + endpoint.path == f"{url.rstrip('/')}/chat/completions"
    headers = endpoint.transport(session.timing.timeouts).endpoint.key_headers()
    assert headers == {"Authorization": "Bearer its-own-key"}


def test_a_local_endpoint_needs_no_key(session: Session, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """On this machine no key is needed, and no other service's key is sent there."""
    monkeypatch.setenv("VIDMAGIC_CHAT_URL", f"{sandbox.url}/v1")
    session.settings.chat_model = "a-writer"
    endpoint = asked(session).endpoint
    assert endpoint.transport(session.timing.timeouts).endpoint.key_headers() == {}
    with pytest.raises(Refused):  # the sandbox wants any key
        improved(session, "a kite")
    assert all("Authorization" not in call.headers for call in chats(sandbox))


def test_the_sandbox_variable_goes_before_every_key(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """With VIDMAGIC_SANDBOX nothing is sent to a service, without a note, for it was asked for."""
    monkeypatch.setenv("VIDMAGIC_SANDBOX", "1")
    monkeypatch.setenv("VIDMAGIC_CHAT_URL", "https://api.example/v1")
    question = asked(session)
    assert question.endpoint.in_sandbox
    assert question.notes == ()
