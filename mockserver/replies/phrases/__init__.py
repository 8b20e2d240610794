"""What replies say, a module per language; English where a language has none."""

from __future__ import annotations

from typing import Final

from mockserver.replies.phrases.bank import Draft, Phrases, Table, Tip
from mockserver.replies.phrases.english import ENGLISH
from mockserver.replies.phrases.french import FRENCH
from mockserver.replies.phrases.german import GERMAN
from mockserver.replies.phrases.spanish import SPANISH

_BY_LANGUAGE: Final = {"de": GERMAN, "en": ENGLISH, "es": SPANISH, "fr": FRENCH}


def find_phrases(locale: str) -> Phrases:
    """The phrases of the locale's language: `de_AT` has the German ones, `ja_JP` the English ones."""
    return _BY_LANGUAGE.get(locale[:2], ENGLISH)


__all__ = ["ENGLISH", "Draft", "Phrases", "Table", "Tip", "find_phrases"]
