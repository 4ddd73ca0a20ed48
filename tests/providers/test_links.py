"""One extractor of links for all providers: what gateways write round a link does not become part of it."""

from __future__ import annotations

import json

import pytest

from vidmagic.errors import Failed, OutcomeUnknown
from vidmagic.http.sse import frames
from vidmagic.providers.links import find_links, without_links
from vidmagic.providers.responses.stream import Query
from vidmagic.providers.sora_stream import interpret
from vidmagic.spec.events import Ready

URL = "https://cdn.example.com/v/video.mp4?sig=a%2Fb&e=1"
TEXTS = {
    "plain": URL,
    "Markdown": f"[点击这里]({URL}) 查看视频~~~",
    "Markdown without a label": f"![]({URL})",
    "autolink": f"<{URL}>",
    "tag, single quotes": f"<video src='{URL}'></video>",
    "tag, double quotes": f'<video controls src="{URL}" width=300>',
    "tag without quotes": f"<video src={URL} controls>",
    "tag, escaped ampersand": f"<video src='{URL.replace('&', '&amp;')}'></video>",
    "link in a tag": f'<a href="{URL}">下载</a>',
    "tag in a fenced block": f"完成：\n```html\n<video src='{URL}'></video>\n```\n",
    "fenced block": f"```\n{URL}\n```",
    "code": f"`{URL}`",
    "bold": f"**{URL}**",
    "bold with words": f"**视频**: **{URL}**。",
    "bold label": f"**视频：{URL}**",
    "italic": f"*{URL}*",
    "underlined": f"__{URL}__",
    "struck through": f"~~{URL}~~",
    "table": f"| 视频 | {URL} |",
    "Chinese quotes": f"“{URL}”，请下载",
    "Chinese brackets": f"（{URL}）完",
    "JSON": json.dumps({"url": URL}),
    "JSON with a unicode escape": f'{{"url": "{URL}"}}'.replace("&", "\\u0026"),
    "JSON in upper case": f'{{"url": "{URL}"}}'.replace("=", "\\u003D"),
    "JSON with escaped slashes": f'{{"url": "{URL}"}}'.replace("/", "\\/"),
    "escaped line break": f"{URL}\\n完成",
    "full stop": f"see {URL}.",
    "semicolon": f"{URL};",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_the_link_is_cut_out_byte_for_byte(text: str) -> None:
    """In Markdown, HTML, JSON and Chinese: the same link, for the extractor and for both dialects that write text."""
    assert {link.url for link in find_links(text)} == {URL}
    chunk = {"choices": [{"delta": {"content": text}}]}
    assert list(interpret(iter([chunk])))[-1] == Ready((URL,))
    event = {"delta": f"✅ 完成\n{text}", "type": "response.completed"}
    assert list(Query("vidu-get", {}).interpret(iter([event])))[-1] == Ready((URL,))


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_a_text_without_its_links_holds_no_secret(text: str) -> None:
    """However a link is written, nothing of its query is left."""
    left = without_links(text)
    assert "(link)" in left
    assert "sig" not in left
    assert "cdn.example" not in left


@pytest.mark.parametrize("end", ["\\", "\\u", "\\u0", "\\u00", "\\u002"])
def test_a_link_that_breaks_off_in_an_escape_has_broken_off(end: str) -> None:
    """The half of an escape at the end of a text may be the middle of a link."""
    (link,) = find_links(f"{URL}{end}")
    assert link.at_end


POLICY = "该任务的输入或者输出可能违反了OpenAI的相关服务政策，请调整提示词后进行重试"


@pytest.mark.parametrize(
    "text",
    [POLICY, f"> ❗ {POLICY}\n", "This request violates our usage policies.", f"{POLICY} https://help.example/p"],
)
def test_the_policy_sentence_is_a_refusal_of_the_prompt(text: str) -> None:
    """The gateway's sentence ends the job as failed, with the hint to reword the prompt."""
    with pytest.raises(Failed) as failed:
        list(interpret(frames([f"data: {json.dumps({'choices': [{'delta': {'content': text}}]})}\n\n".encode()])))
    assert failed.value.reason == "prompt"
    assert "https://" not in failed.value.message


@pytest.mark.parametrize("text", [f"生成失败 {URL.replace('.mp4', '.html')}", f"再见 {URL.replace('.mp4', '.png')}"])
def test_no_raw_link_stands_in_an_error(text: str) -> None:
    """What a stream says without a video is shown without its links."""
    with pytest.raises((Failed, OutcomeUnknown)) as ended:
        list(interpret(iter([{"choices": [{"delta": {"content": text}}]}])))
    assert "(link)" in ended.value.message
    assert "sig=" not in ended.value.message
