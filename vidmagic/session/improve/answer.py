"""Read the prompt out of a language model's answer: remove what is certainly wrapping, refuse what is not a prompt."""

from __future__ import annotations

import re

from vidmagic.errors import NotImproved
from vidmagic.escaping import shorten
from vidmagic.providers.chat.completions import Answer
from vidmagic.session.improve.marks import placeholders
from vidmagic.spec.models import Mode, Model
from vidmagic.spec.params import listing

_ADJECTIVE = r"(?:(?:improved|rewritten|revised|enhanced|optimi[sz]ed|new|final|video) )*"
# "Here is the improved prompt:", with or without a line of its own; without the word, only with one.
_POLITE = (
    r"(?:(?:sure|certainly|of course|okay|ok|absolutely)\b[,.!]? ?)?(?:here(?:['’]s| is)|below is|this is)\b"
    r"[^\n:：]{0,80}(?:[:：]\**[ \t]*\n|\b(?:prompt|version|rewrite)[^\n:：]{0,40}[:：]\**\s*)"
)
_LABEL = rf"[#*\s]*(?:the )?{_ADJECTIVE}prompt[*\s]*[:：]\**\s*"
_CHINESE_LABEL = (
    r"[#*\s]*(?:以下是[^\n:：]{0,30}|(?:改写|优化|改进|润色)后的[^\n:：]{0,12}|(?:新的?)?提示词)[*\s]*[:：]\**\s*"
)
_HEADING = re.compile(f"(?:{_POLITE})|(?:{_LABEL})|(?:{_CHINESE_LABEL})", re.IGNORECASE)
_FENCE = re.compile(r"(`{3,}|~{3,})[\w-]*[ \t]*\n(.*?)\n?\1", re.DOTALL)
_BOLD = re.compile(r"\*\*((?:(?!\*\*).)+)\*\*", re.DOTALL)
_OUTLINE = re.compile(
    r"^(?:#{1,6} |(?:\*\*)?(?:option|version|variant|方案|版本) ?[1a一][*.:：)]+)", re.IGNORECASE | re.MULTILINE
)
_TAGS = re.compile(r"<prompt>(.*)</prompt>", re.DOTALL | re.IGNORECASE)
_THOUGHT = re.compile(r"<think>.*?</think>", re.DOTALL)
_QUOTES = {'"': '"', "'": "'", "“": "”", "‘": "’", "「": "」", "『": "』", "«": "»", "`": "`"}
_REFUSAL = re.compile(
    r"(?:i['’]?m |i am )?(?:very |so )?sorry\b|i (?:cannot|can['’]t|can not|won['’]t|am unable|am not able)\b"
    r"|i['’]m (?:unable|not able)\b|as an ai\b|(?:很|非常)?抱歉|对不起|我(?:无法|不能)|作为一?个?(?:AI|人工智能)",
    re.IGNORECASE,
)
_REMARK = re.compile(
    r"\n\s*(?:[*_#>(-]+\s*)?(?:(?:notes?|explanation|changes(?: made)?|what (?:i )?changed|说明|注意?|解释|修改)"
    r"[*_]*[:：]"
    r"|(?:why this works|let me know|feel free|this (?:version|prompt)|i (?:have |['’]ve )?(?:added|changed))\b)[^\n]*",
    re.IGNORECASE,
)
_ENDED = {"", "stop", "end_turn", "eos", "stop_sequence"}
_CUT = {"length", "max_tokens"}


def read_prompt(answer: Answer, prompt: str, model: Model, mode: Mode) -> str:
    """Return the new prompt in *answer*, which rewrites *prompt*. Raises NotImproved, which holds the text."""
    text = unwrapped(answer.text, prompt)
    if problem := _problem(answer, text, prompt, model.prompt_limit(mode), model.short):
        raise NotImproved(problem, text=answer.text or answer.refusal)
    return text


def unwrapped(text: str, prompt: str) -> str:
    """Return *text* without what is certainly not the prompt: thoughts, a heading, a fence, tags, quotation marks."""
    text = _THOUGHT.sub("", text.strip(), count=1).strip() if text.strip().startswith("<think>") else text.strip()
    while (inner := _without_layer(text, prompt.strip())) != text:
        text = inner
    return text


def _without_layer(text: str, prompt: str) -> str:
    """Remove one layer, unless the person's own prompt has it too."""
    heading = _HEADING.match(text)
    if heading is not None and heading.end() < len(text) and _HEADING.match(prompt) is None:
        return text[heading.end() :].strip()
    for whole in (_FENCE.fullmatch(text), _TAGS.fullmatch(text)):
        if whole is not None:
            return whole[whole.re.groups].strip()
    bold = _BOLD.fullmatch(text)
    if bold is not None and not prompt.startswith("**"):
        return bold[1].strip()
    closing = _QUOTES.get(text[:1], "")
    inner = text[1:-1]
    is_quoted = len(text) > 1 and closing == text[-1] and text[0] not in inner and closing not in inner
    return inner.strip() if is_quoted and prompt[:1] != text[0] else text


def _problem(answer: Answer, text: str, prompt: str, longest: int | None, short: str) -> str:
    """Return why *text* cannot be the new prompt, "" where it can."""
    if answer.finish in _CUT:
        return "the language model's answer was cut at its length limit, so the end of the prompt is missing"
    if answer.refusal or answer.finish == "content_filter":
        return f"the language model refused: {shorten(answer.refusal or text)}"
    if answer.finish not in _ENDED:
        return f"the language model's answer ended with {shorten(answer.finish, 40)!r}, not as a text does"
    if not text:
        return "the language model's answer is empty"
    if _REFUSAL.match(text) and not _REFUSAL.match(prompt):
        return f"the language model refused: {shorten(text)}"
    return _shape_problem(text, prompt) or _length_problem(text, longest, short)


def _shape_problem(text: str, prompt: str) -> str:
    """Return what stands in *text* beside a prompt, or would change what is bought."""
    if ("```" in text and "```" not in prompt) or (_OUTLINE.search(text) and not _OUTLINE.search(prompt)):
        return f"the language model wrote more than a prompt: {shorten(text)}"
    if (remark := _REMARK.search(text)) and not _REMARK.search(prompt):
        return f"the language model wrote more than a prompt: {shorten(remark[0].strip(), 120)}"
    if added := placeholders(text) - placeholders(prompt):
        return f"the language model added {listing(added, 'and')}, which would be replaced or make several videos"
    bad = next((character for character in text if character < " " and character not in "\t\r\n"), None)
    return f"the language model's answer holds the control character {bad!a}" if bad is not None else ""


def _length_problem(text: str, longest: int | None, short: str) -> str:
    if longest is None or len(text) <= longest:
        return ""
    return f"the language model's prompt has {len(text):,} characters; {short} takes at most {longest:,}"
