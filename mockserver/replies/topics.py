"""What a message is about: a phrase to repeat in a sentence, and a label of one to three words."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Final

import regex

from mockserver.repeats import remember_short
from mockserver.replies.phrases import ENGLISH, Phrases
from mockserver.replies.quoting import clean, shorten

PHRASE_LIMIT: Final = 64
"""Characters of the user's words in a sentence of ours."""

_REMEMBERED: Final = 1024
_SHORT: Final = 400
"""So many texts are remembered with what they are about, and so many characters has each: a turn looks at those of
the turns before."""

_KEY_LIMIT: Final = 28
_KEY_WORDS: Final = 3
_WORD: Final = regex.compile(r"[\p{L}\p{N}][\p{L}\p{N}\p{M}'_-]*")
_SENTENCE_END: Final = re.compile("(?<=[.!?\u2026])\\s+|(?<=[\u3002\uff01\uff1f])")
_POINTS_ELSEWHERE: Final = re.compile(r"(?:it|this|that|these|those|them)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Topic:
    """`phrase` fits into the middle of a sentence, quoted where it has to be; `key` is a label. Both on one line."""

    phrase: str
    key: str
    is_quoted: bool

    @property
    def slug(self) -> str:
        """The label as a part of a URL or a name in code: `coffee-shop`. ASCII, never empty."""
        plain = unicodedata.normalize("NFKD", self.key).encode("ascii", "ignore").decode()
        return "-".join(re.findall(r"[a-z0-9]+", plain.lower())) or "campaign"


def find_topic(texts: list[str], phrases: Phrases) -> Topic:
    """The topic of the first text that has one, so that "Shorter, please" is about what was asked before.

    A text whose words are all stop words has none. If no text has a topic, the first one is quoted as it is.
    """
    for text in texts:
        topic = _read_topic(text, phrases)
        if topic:
            return topic
    line = clean(texts[0])
    return Topic(quote(line, phrases) if line else phrases.no_topic, phrases.no_key, is_quoted=bool(line))


def quote(text: str, phrases: Phrases) -> str:
    """The text as a quotation: cleaned, on one line, shortened, without a full stop that would end our sentence."""
    return phrases.quote.format(shorten(clean(text).removesuffix("."), PHRASE_LIMIT))


def _read_topic_anew(text: str, phrases: Phrases) -> Topic | None:
    for sentence in _SENTENCE_END.split(clean(text).replace("\u2019", "'")):
        key = _find_key(sentence, phrases)
        if key:
            phrase = _find_phrase(sentence, phrases)
            return Topic(phrase or quote(sentence, phrases), key, is_quoted=phrase is None)
    return None


_read_topic = remember_short(_read_topic_anew, most=_REMEMBERED, longest=_SHORT)


def _find_key(sentence: str, phrases: Phrases) -> str | None:
    """The longest run of words that say something, its last three: the head of a noun phrase comes last.

    If anything follows a word such as "for" or "about", only that is looked at.
    """
    about = _compile(phrases.about_words).search(sentence)
    key = _find_longest_run(sentence[about.end() :], phrases) if about else ""
    return shorten(key or _find_longest_run(sentence, phrases), _KEY_LIMIT) or None


def _find_longest_run(sentence: str, phrases: Phrases) -> str:
    runs: list[list[str]] = [[]]
    end = -1
    for match in _WORD.finditer(sentence):
        word = match[0].lower()
        if word in phrases.stopwords or word in ENGLISH.stopwords or word.isdecimal():
            continue
        if sentence[end : match.start()] != " ":
            runs.append([])
        runs[-1].append(match[0])
        end = match.end()
    return max((" ".join(run[-_KEY_WORDS:]) for run in runs), key=len)


def _find_phrase(sentence: str, phrases: Phrases) -> str | None:
    """What follows "Could you write me …", seen from the other side; `None` where a quotation is the safer choice."""
    rest, start, complete = sentence, "", False
    while (step := _strip_lead_in(rest, phrases)) is not None:
        rest, replacement = step
        start, complete = replacement or "", replacement is not None
    rest = rest.strip(" .!?…,;:\"'()-#+=")
    if not complete or not _WORD.match(rest) or _POINTS_ELSEWHERE.match(rest):
        return None
    swapped = _WORD.sub(lambda word: phrases.swaps.get(word[0].lower(), word[0]), rest)
    return start + shorten(swapped, PHRASE_LIMIT)


def _strip_lead_in(text: str, phrases: Phrases) -> tuple[str, str | None] | None:
    """The text after the first lead-in that it begins with, and what stands for that."""
    for pattern, replacement in phrases.lead_ins:
        match = _compile(pattern).match(text)
        if match:
            return text[match.end() :], replacement
    return None


@cache
def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)
