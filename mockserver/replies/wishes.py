"""What a message asks for: a form, a length, a number of items, something to count or to repeat.

English, German, French and Spanish words are understood whatever the locale. Only the beginning of a message is read.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from typing import Final

from mockserver.repeats import remember_short
from mockserver.replies.quoting import clean


class Form(enum.Enum):
    """What a reply looks like."""

    PARAGRAPHS = enum.auto()
    BULLETS = enum.auto()
    STEPS = enum.auto()
    DRAFT = enum.auto()
    TAGLINES = enum.auto()
    TABLE = enum.auto()
    CODE = enum.auto()
    LINKS = enum.auto()
    COMPARISON = enum.auto()
    SECTIONS = enum.auto()
    QUESTIONS = enum.auto()
    ONE_LINER = enum.auto()
    STORY = enum.auto()
    GREETING = enum.auto()
    THANKS = enum.auto()
    RECALL = enum.auto()
    ECHO = enum.auto()
    COUNT = enum.auto()


class Length(enum.Enum):
    """`LONG` is 250 tokens and more, `SHORT` a sentence or three items."""

    SHORT = enum.auto()
    NORMAL = enum.auto()
    LONG = enum.auto()


@dataclass(frozen=True, slots=True)
class Wish:
    """`None` stands for: the message does not say."""

    form: Form | None = None
    length: Length = Length.NORMAL
    items: int | None = None
    """2 to 20."""
    language: str | None = None
    """A programming language, lower case."""
    word: str = ""
    """What to repeat; not empty with `Form.ECHO`."""
    only_word: bool = False
    count: tuple[int, int] = (1, 1)
    """First and last number, up or down."""


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE)


_LANGUAGES: Final = {"js": "javascript", "shell": "bash"}
_LANGUAGE: Final = _words(r"python|javascript|js|typescript|sql|html|css|bash|shell|json")

_FORMS: Final = (
    (Form.RECALL, _words(
        r"what (?:did|have|was) (?:i|we|my)\b.{0,20}(?:say|said|ask|asked|write|wrote|written|discuss(?:ed)?|"
        r"talk(?:ed)?|message|question)|(?:remember|recall) what (?:i|we)|"
        r"was habe ich\b.{0,20}(?:gesagt|gefragt|geschrieben)|"
        r"qu'ai-je (?:dit|écrit|demandé)|qué (?:dije|pregunté|escribí)"
    )),
    (Form.TABLE, _words(r"tables?|spreadsheet|tabelle|tableau|tabla")),
    (Form.CODE, re.compile(
        rf"(?<!promo )(?<!discount )(?<!dress )(?<!zip )(?<!qr )\bcode\b|{_LANGUAGE.pattern}|"
        r"\b(?:coding|functions?|regex|algorithm|funktion|fonction|función|código)\b", re.IGNORECASE,
    )),
    (Form.LINKS, _words(r"links?|sources|references|urls?|quellen|liens?|enlaces?|fuentes")),
    (Form.STORY, _words(r"story|tale|geschichte|histoire|cuento")),
    (Form.COMPARISON, _words(
        r"compare|comparison|versus|vs|pros and cons|vergleich(?:e|en)?|compare[zr]|compara(?:r|ción)?"
    )),
    (Form.STEPS, _words(r"steps?|step-by-step|how (?:do|can|to|should)|guide|tutorial|plan|schritte?|étapes?|pasos?")),
    (Form.TAGLINES, _words(
        r"taglines?|slogans?|headlines?|titles?|subject lines?|titres?|titulares?|eslóganes|eslogan"
    )),
    (Form.BULLETS, _words(
        r"lists?|bullets?|bullet points?|ideas?|tips|suggestions|examples|liste|ideen|tipps|beispiele|idées|conseils|"
        r"lista|consejos"
    )),
    (Form.DRAFT, _words(
        r"ad|ads|advert|caption|e-?mail|(?<!to )(?<!i )(?<!we )post|tweet|newsletter|"
        r"copy|blurb|announcement|landing page|product description|"
        r"anzeige|beitrag|produktbeschreibung|annonce|publication|anuncio|publicación"
    )),
)  # fmt: skip
"""The first that matches wins: a list of links is links, a table of ideas a table."""

_SHORT: Final = _words(
    r"short|shorter|brief|briefly|concise|(?:in |just )?(?:one|a single) (?:sentence|line|word)|one-liner|tl;?dr|"
    r"kurz\w*|in einem satz|court[es]?|bref|brève(?:ment)?|en une phrase|cort[oa]s?|breve(?:mente)?|en una frase"
)
_LONG: Final = re.compile(
    r"(?<!how )(?<!as )(?<!so )(?<!no )\blong(?:er|ue)?\b(?![ -]term)|"
    r"\b(?:detailed|details?|in depth|in-depth|essay|article|comprehensive|thorough|ausführlich\w*|aufsatz|"
    r"détaillée?s?|detallad[oa]s?|larg[oa]s?|story|geschichte|histoire|cuento)\b",
    re.IGNORECASE,
)

_GREETING: Final = re.compile(
    r"(?:hi|hiya|hello|hey|howdy|good (?:morning|afternoon|evening|day)|hallo|moin|servus|guten (?:tag|morgen|abend)|"
    r"bonjour|bonsoir|salut|hola|buen[oa]s (?:días|tardes|noches))\b(?:\W+\w+){0,2}\W*",
    re.IGNORECASE,
)
_THANKS: Final = re.compile(
    r"(?:many )?(?:thanks|thank you|thx|danke|vielen dank|merci|gracias)\b(?:\W+\w+){0,3}\W*", re.IGNORECASE
)

_COUNT: Final = re.compile(
    r"\b(?:count|zähle?|compte[zr]?|cuenta)\b(?P<down> (?:back|down|backwards?|rückwärts))?(?: \w+){0,2}? "
    r"(?:from|to|von|bis|de|à|jusqu'à|desde|del|hasta) (?P<first>-?\d{1,18})"
    r"(?:\s*(?:down to|up to|to|until|till|through|bis|à|jusqu'à|al|a|hasta|-|\u2013|\.\.+|…)\s*(?P<last>-?\d{1,18}))?",
    re.IGNORECASE,
)
_ECHO: Final = re.compile(
    r"(?:(?:please|just|only|can you|could you|now|bitte|por favor)[ ,]+)*"
    r"(?:(?:say|repeat|sag|sage|wiederhole|dis|répète|di|repite)|"
    r"(?:reply|respond|answer|antworte|réponds|répondez|responde)"
    r"(?=:| with| only| just| mit| nur| par| avec| con| solo))"
    r"(?: (?:with|only|just|exactly|back|the|single|one|word|words|phrase|after me|mit|nur|dem|das|wort|par|avec|le|"
    r"mot|con|la|solo|palabra)\b)*:? (?P<rest>.+)",
    re.IGNORECASE,
)
_QUOTED: Final = re.compile(r"""["“„«'](?P<inside>[^"”“»']{1,80})["”“»']""")
_ECHO_ENDS: Final = re.compile(
    r"[.!?;,\n].*|\s+(?:and|und|et|y)\b.*|\s+(?:only|please|exactly|bitte)\b.*", re.IGNORECASE
)
_NOT_A_WORD: Final = _words(
    r"an?|some|something|anything|more|your|my|about|why|how|what|which|ein\w*|etwas|une?|un[ao]?|algo"
)
_ECHO_WORDS: Final = 3
_ONLY: Final = _words(r"only|just|exactly|nothing else|single|one word|nur|seulement|solo")

_NUMBER: Final = re.compile(r"\b(?:[2-9]|1\d|20)\b|\b(?:two|three|four|five|six|seven|eight|nine|ten)\b", re.IGNORECASE)
_REMEMBERED: Final = 256
_SHORT_TEXT: Final = 400
"""So many messages are remembered with what they ask for, and so many characters has each: tests repeat themselves."""

_NUMBER_WORDS: Final = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
}  # fmt: skip


def read_wish(text: str) -> Wish:
    """What the message asks for; nothing in particular if its words are none of those known here."""
    return _read(text)


def _read_anew(text: str) -> Wish:
    line = clean(text).replace("\u2019", "'")
    return _read_count(line) or _read_echo(line) or _read_courtesy(line) or _read_form(line)


_read = remember_short(_read_anew, most=_REMEMBERED, longest=_SHORT_TEXT)


def _read_count(line: str) -> Wish | None:
    match = _COUNT.search(line)
    if not match:
        return None
    if match["last"] is not None:
        return Wish(Form.COUNT, count=(int(match["first"]), int(match["last"])))
    end = int(match["first"])
    return Wish(Form.COUNT, count=(end, 1) if match["down"] else (1, end))


def _read_echo(line: str) -> Wish | None:
    match = _ECHO.match(line)
    if not match:
        return None
    quoted = _QUOTED.match(match["rest"])
    word = quoted["inside"] if quoted else _ECHO_ENDS.sub("", match["rest"])
    if not word.strip() or (not quoted and (len(word.split()) > _ECHO_WORDS or _NOT_A_WORD.match(word))):
        return None
    return Wish(Form.ECHO, word=word.strip(), only_word=_ONLY.search(line) is not None)


def _read_courtesy(line: str) -> Wish | None:
    if _GREETING.fullmatch(line):
        return Wish(Form.GREETING)
    return Wish(Form.THANKS) if _THANKS.fullmatch(line) else None


def _read_form(line: str) -> Wish:
    form = next((form for form, pattern in _FORMS if pattern.search(line)), None)
    length = Length.SHORT if _SHORT.search(line) else Length.LONG if _LONG.search(line) else Length.NORMAL
    language = _LANGUAGE.search(line)
    number = _NUMBER.search(line)
    return Wish(
        form=form,
        length=length,
        items=_read_number(number[0]) if number else None,
        language=_LANGUAGES.get(language[0].lower(), language[0].lower()) if language else None,
    )


def _read_number(word: str) -> int:
    return _NUMBER_WORDS[word.lower()] if word.lower() in _NUMBER_WORDS else int(word)
