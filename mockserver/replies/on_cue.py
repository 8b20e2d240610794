"""Replies of a form that a test or a designer asks for by name. Pure; the same for ever."""

from __future__ import annotations

from typing import Final

from mockserver.faults.catalogue import KINDS, STATUSES, Kind

_SENTENCE: Final = "A good headline says one thing, says it plainly, and leaves the reader curious about the next line."
_CODE: Final = (
    'Here it is:\n\n```python\ndef greet(name: str) -> str:\n    """Say hello."""\n'
    '    return f"Hello, {name}! <b>&amp;</b>"\n```\n\nCall it with `greet("Ada")`.'
)
_TABLE: Final = (
    "| Channel | Readers | Share |\n|:---|---:|:---:|\n| Email | 1 204 | **41 %** |\n"
    "| Web \\| app | 987 | 33 % |\n| Social | 760 | 26 % |"
)
_LIST: Final = "1. First\n   - inside\n     - deeper\n2. Second\n\n- [x] done\n- [ ] open\n- last"
_LINKS: Final = (
    "See [the guide](https://example.com/guide?a=1&b=2), <https://example.com>, "
    '[a title](https://example.com "With a title"), ![a picture](https://example.com/picture.png) '
    "and [one that a client must not follow](javascript:alert(1))."
)
_RTL: Final = (
    "مرحبا! هذه **فقرة** من اليمين إلى اليسار مع English في الوسط و 123.\n\n"
    "שלום! זו שורה בעברית, עם `code` באמצע.\n\n- بند أول\n- בנד שני"
)
_EMOJI: Final = "👍🏽 👩‍👩‍👧‍👦 🏳️‍🌈 🇩🇪🇫🇷 ❤️‍🔥 1️⃣ ☕ 🙂 and plain text after it: é é \U0001d4b3"
_HTML: Final = (
    "<script>alert(\"not run\")</script>\n\n<img src=x onerror=\"alert(1)\">\n\n"
    "<a href=\"javascript:alert(1)\">a link</a> &lt;b&gt; &amp; </div></body><!-- a comment -->"
)  # fmt: skip
_MARKDOWN: Final = (
    "# One\n\n## Two\n\n**Bold**, *slanted*, ~~struck~~, `code` and a  \nhard break."
    "\n\n> A quote\n> > inside a quote\n\n---"
)
_LONG: Final = "\n\n".join(f"## Part {number}\n\n" + " ".join([_SENTENCE] * 4) for number in range(1, 16))

_REPLIES: Final[dict[str, str]] = {
    "long": _LONG,
    "short": "Yes.",
    "code": _CODE,
    "table": _TABLE,
    "list": _LIST,
    "links": _LINKS,
    "rtl": _RTL,
    "emoji": _EMOJI,
    "markdown": "\n\n".join([_MARKDOWN, _LIST, _TABLE, _CODE, _LINKS, _EMOJI]),
    "html": _HTML,
    "unbroken": "abcdefghij" * 200,
    "empty-lines": "\n\n\nBetween empty lines.\n\n\n\n\n   \n\nThe last one.\n\n\n",
}

FORMS: Final = tuple(_REPLIES)
"""The forms that there are."""


def write_on_cue(form: str) -> str:
    """The reply of one of `FORMS`."""
    return _REPLIES[form]


def help_text() -> str:
    """All reserved words of a message, as Markdown for the chat itself."""
    faults = [f"- `!fault {' '.join([kind.name, *_given(kind)])}`: {kind.summary}" for kind in _askable()]
    return "\n".join(
        [
            "**Words that this mock listens to.** A message has to have nothing else in it, one word to a line.",
            "",
            "- `!help`: this list.",
            f"- `!reply FORM`: a reply of that form: {', '.join(f'`{form}`' for form in FORMS)}.",
            f"- `!code STATUS`: that error instead of an answer: {', '.join(map(str, STATUSES))}.",
            *faults,
        ]
    )


def _askable() -> list[Kind]:
    return [kind for kind in KINDS.values() if not kind.needs_rule]


def _given(kind: Kind) -> list[str]:
    return [f"{p.name}={p.name.upper() if p.default is None else p.default}" for p in kind.parameters]
