"""Tokens, and what keeps them out of all that is shown. Pure."""

import re
from dataclasses import dataclass
from functools import cached_property
from threading import Lock

STAND_INS = {
    "caller": "$TOKEN",
    "second": "$SECOND_TOKEN",
    "foreign": "$FOREIGN_TOKEN",
    "expired": "$EXPIRED_TOKEN",
}
"""What stands where the token of a caller was."""

TOKEN_STAND_IN = STAND_INS["caller"]

_SHORTEST_SECRET = 8
_ENTITIES = {'"': "quot", "&": "amp", "'": "apos", "<": "lt", ">": "gt"}


class Secret(str):
    """A token that no traceback shows: pytest prints the arguments of the functions that an error passed through."""

    __slots__ = ()

    def __repr__(self) -> str:
        return TOKEN_STAND_IN


@dataclass(frozen=True)
class _Hidden:
    """A secret, and what stands in its place."""

    secret: str
    stand_in: str

    @cached_property
    def anchor(self) -> str:
        """The longest part of it that all ways of writing it have in common: most texts do not have it."""
        common: list[str] = re.findall("[0-9A-Za-z]*", self.secret)
        return max(common, key=len)

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """As it may be written: any of its characters as in a URL, in JSON, in HTML, or in one within another."""
        return re.compile("".join(map(_written, self.secret)))

    def sub(self, text: str) -> str:
        """`text` without it."""
        return self.pattern.sub(lambda _: self.stand_in, text) if self.anchor in text else text


class Redactor:
    """What must not be shown, and what stands in its place: `$TOKEN`, `$SECOND_TOKEN`.

    A secret of fewer than 8 characters is left: it guards nothing, and replacing it would spoil the record
    (a token `1` would break every number of a body).
    """

    def __init__(self) -> None:
        self._hidden: tuple[_Hidden, ...] = ()
        self._lock = Lock()

    def hide(self, secret: str, stand_in: str = TOKEN_STAND_IN) -> None:
        """From now on `stand_in` stands where `secret` would, in whatever way it is written."""
        hidden = _Hidden(str(secret), stand_in)
        if len(secret) < _SHORTEST_SECRET or hidden in self._hidden:
            return
        with self._lock:
            others = [each for each in self._hidden if each.secret != secret]
            # The longest first: one secret may be the beginning of another.
            self._hidden = tuple(sorted([*others, hidden], key=lambda each: -len(each.secret)))

    def __call__(self, text: str) -> str:
        """`text` without secrets."""
        for hidden in self._hidden:
            text = hidden.sub(text)
        return text


def _written(character: str) -> str:
    """A pattern of the ways in which a character is written. Letters and digits are the same everywhere."""
    if character.isascii() and character.isalnum():
        return character
    code = ord(character)
    ways = [
        rf"\\*{re.escape(character)}",
        rf"%(?:25)*{code:02x}",
        rf"\\+(?:u00|x){code:02x}",
        rf"&(?:amp;)*(?:#0*{code}|#x0*{code:x}|{_ENTITIES.get(character, '#')});",
    ]
    return f"(?i:{'|'.join(ways)})"
