"""Read HTML as a browser would and keep what a stranger's text must never change."""

from __future__ import annotations

from html.parser import HTMLParser

VOID = {"br", "img", "source", "wbr", "input", "hr", "meta"}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []
        self.open: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, tuple(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    def handle_comment(self, data):
        raise AssertionError(f"a comment: {data}")

    def handle_decl(self, decl):
        raise AssertionError(f"a declaration: {decl}")

    def handle_pi(self, data):
        raise AssertionError(f"an instruction: {data}")


def tags(html: str) -> list[tuple[str, tuple[tuple[str, str | None], ...]]]:
    """Return the tags in order with their attributes; every one must be closed."""
    return _read(html).tags


def skeleton(html: str) -> list[tuple[str, tuple[str, ...]]]:
    """Return the tags in order with the names of their attributes."""
    return [(tag, tuple(name for name, _ in attrs)) for tag, attrs in tags(html)]


def text(html: str) -> str:
    """Return what a reader sees."""
    return "".join(_read(html).words)


def _read(html: str) -> _Reader:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    return reader


PAYLOADS = [
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "'><svg/onload=alert(1)>",
    '" onmouseover="alert(1)',
    "' onfocus='alert(1)' autofocus='",
    "</bdi><script>1</script>",
    "</figure><h1>",
    "</details></figure>",
    "</video><iframe src=//x>",
    "<!--",
    "-->",
    "<!-- x --><b>",
    "]]>",
    "<![CDATA[x]]>",
    "<?xml version='1'?>",
    "<!DOCTYPE html>",
    "&lt;script&gt;",
    "&#60;script&#62;",
    "&amp;lt;b&amp;gt;",
    "&notanentity;",
    "&#x0;",
    "&quot; onclick=&quot;x",
    "javascript:alert(1)",
    "data:text/html,<b>",
    "vbscript:x",
    "{{constructor}}",
    "${7*7}",
    "$x^2$",
    r"\(x\)",
    "$$\\href{javascript:1}{x}$$",
    "`onload`",
    "<a href='javascript:1'>x</a>",
    "<style>*{display:none}</style>",
    "</style><b>",
    "<base href=//x>",
    "<form action=//x>",
    "<input onfocus=1>",
    "<math><mi xlink:href=x>",
    "<template><b>",
    "<plaintext>",
    "<textarea>",
    "<title>",
    "<xmp>",
    "<noscript><p title='</noscript><b>'>",
    "<b",
    "<",
    ">",
    "<b/onclick=1",
    "a\x00b",
    "\x1b[31mred\x1b[0m",
    "\x1b]8;;http://x\x07y\x1b]8;;\x07",
    "\x9b31m",
    "\u202eevil\u202c",
    "\u2066x\u2069\u2069",
    "\ud800",
    "x\udfffy",
    "\u2028</p>",
    "\uff1cscript\uff1e",
    "\r\n<b>\r",
    "😀" * 50,
    "a\u0301" * 100,
]
