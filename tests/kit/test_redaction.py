"""Redaction: no way of writing a token lets it through, and nothing else is changed."""

from __future__ import annotations

import html
import json
import string
import urllib.parse

import pytest

from conformance.redaction import Redactor

TOKEN = 'al/ice+x=@demo"&\\<-_.~end'

WRITTEN = {
    "as it is": TOKEN,
    "in a path": urllib.parse.quote(TOKEN, safe=""),
    "in a path that keeps slashes": urllib.parse.quote(TOKEN),
    "in a query": urllib.parse.quote_plus(TOKEN).lower(),
    "in JSON": json.dumps(TOKEN)[1:-1],
    "in JSON of PHP": json.dumps(TOKEN)[1:-1].replace("/", "\\/"),
    "in JSON of .NET": "".join(c if c.isalnum() else f"\\u{ord(c):04X}" for c in TOKEN),
    "in JSON in JSON": json.dumps(json.dumps(TOKEN))[3:-3],
    "in HTML": html.escape(TOKEN),
    "in HTML by numbers": "".join(c if c.isalnum() else f"&#{ord(c)};" for c in TOKEN),
    "in a URL in a URL": urllib.parse.quote(urllib.parse.quote(TOKEN, safe=""), safe=""),
    "in bytes": repr(TOKEN.encode())[2:-1],
}


@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN)
def test_a_secret_is_found_however_it_is_written(written: str) -> None:
    """A backend may quote it in a link, a message or a page of its own."""
    redact = Redactor()
    redact.hide(TOKEN)
    assert redact(f"<{written}> {written}") == "<$TOKEN> $TOKEN"


def test_what_is_no_secret_stays() -> None:
    """Also what is near to one."""
    redact = Redactor()
    redact.hide(TOKEN)
    redact.hide("$hort")
    for text in (TOKEN[:-1], TOKEN.upper(), string.printable, "$hort", ""):
        assert redact(text) == text


def test_the_longer_secret_comes_first() -> None:
    """One may be the beginning of another; hidden again, it has the latest name."""
    redact = Redactor()
    redact.hide("12345678", "$A")
    redact.hide("12345678-9", "$B")
    redact.hide("12345678", "$C")
    assert redact("12345678-9 12345678") == "$B $C"


def test_a_secret_without_letters_is_one() -> None:
    """All of it may be written in other ways."""
    redact = Redactor()
    redact.hide("/+/+/+/+")
    assert redact("%2F%2b%2F%2B%2F%2B%2F%2B") == "$TOKEN"
