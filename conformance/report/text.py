"""Makes foreign text fit to be shown: nothing in it stays invisible, and nothing in it is longer than it may be.

Bodies come from the judged backend. A NUL, an escape sequence or a mark that turns the direction of writing must
neither act in a terminal or a page nor hide what stands there. Pure, and it knows nothing of any report.
"""

import json
import re

_INVISIBLE = re.compile(
    r"["
    r"\x00-\x08\x0b-\x1f\x7f-\x9f"  # controls but for tab and line feed; a CR is worth seeing
    r"\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # no width, or a direction
    r"\ud800-\udfff\ufffe\uffff"  # what neither UTF-8 nor XML can hold
    r"\U000e0000-\U000e007f"  # tags: letters that nobody sees
    r"]+"
)
_JSON_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')
_DEEPEST_INDENT = 40
_LONGEST_PRETTY = 100_000


def visible(text: str) -> str:
    r"""`text` with each character that cannot be seen, or must not be sent, written out: `\u202e`."""
    return _INVISIBLE.sub(lambda found: _escaped(found[0]), text)


def split_invisible(text: str) -> list[tuple[str, bool]]:
    """The pieces of `visible(text)`, and of each whether it stands for an invisible character."""
    pieces: list[tuple[str, bool]] = []
    end = 0
    for found in _INVISIBLE.finditer(text):
        pieces += [(text[end : found.start()], False), (_escaped(found[0]), True)]
        end = found.end()
    pieces.append((text[end:], False))
    return [piece for piece in pieces if piece[0]]


def escape_json(text: str) -> str:
    """A JSON text with its invisible characters as escapes. It says the same, and UTF-8 can hold it."""
    return visible(text)  # outside its strings a JSON text has none of them: `json` writes line feeds and spaces only


def one_line(text: str, limit: int = 300) -> str:
    """`text` as one line of at most `limit` characters, to stand in a table, a heading or an attribute."""
    joined = visible(" ".join(text[: 4 * limit].split()))
    return joined if len(joined) <= limit and len(text) <= 4 * limit else f"{joined[: limit - 3]}..."


def cut(text: str, limit: int) -> str:
    """`text`, cut with a note where it is longer than `limit`."""
    return text if len(text) <= limit else f"{text[:limit]}\n... (cut here, {len(text):,} characters in all)"


def code_spans(text: str) -> list[tuple[str, bool]]:
    """The pieces of a text with `code` in backticks, and of each whether it is code. An odd backtick is text."""
    pieces = text.split("`")
    if len(pieces) % 2 == 0:
        return [(text, False)]
    return [(piece, index % 2 == 1) for index, piece in enumerate(pieces) if piece]


def pretty_json(text: str) -> str | None:
    """The JSON object or array `text`, indented; None of anything else.

    Each token stays as it was sent: parsing and writing it again would hide a key that is there twice, or a 1.0.
    """
    if len(text) > _LONGEST_PRETTY or not text.lstrip().startswith(("{", "[")):
        return None
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return None
    return _indented(_JSON_TOKEN.findall(text))


def _escaped(characters: str) -> str:
    return json.dumps(characters)[1:-1].replace("\x7f", r"\u007f")


def _indented(pieces: list[str]) -> str:
    written: list[str] = []
    depth = 0
    previous = ""
    for piece in pieces:
        opens = previous in ("{", "[")
        if piece in ("}", "]"):
            depth -= 1
            if not opens:
                written.append(_new_line(depth))
        elif opens or previous == ",":
            written.append(_new_line(depth))
        written.append(": " if piece == ":" else piece)
        depth += piece in ("{", "[")
        previous = piece
    return "".join(written)


def _new_line(depth: int) -> str:
    # Deeper than this the indentation alone would be megabytes.
    return "\n" + "  " * min(depth, _DEEPEST_INDENT)
