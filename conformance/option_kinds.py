"""How the values of options are read, whether a flag, an environment variable or a file has them.

Every source gives texts. A kind turns them into a value, or says in a `ValueError` why not and what to give.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import SplitResult, urlsplit

from conformance import contract
from conformance.redaction import Secret
from conformance.tokens import read_token

ENVIRONMENT_PREFIX = "CONFORMANCE"

REPORT_ENDINGS = (".html", ".json", ".md", ".xml")

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_OUR_HEADERS = {
    *("accept", "accept-encoding", "authorization", "connection"),
    *("content-length", "content-type", "transfer-encoding"),
}

_YES, _NO = ("1", "true", "yes", "on"), ("0", "false", "no", "off")

_LONGEST_ECHO = 60


class Kind(Protocol):
    """How the values of an option are read. Every source gives texts: a flag, each time it stands there, gives one."""

    many: bool
    """The flag can be repeated, the file has a list or a table."""

    def split(self, text: str) -> list[str]:
        """The texts in an environment variable."""

    def from_toml(self, value: Any) -> list[str]:
        """The texts in a value of the file.

        Raises:
            ValueError: it has the wrong type; says which is right.
        """

    def read(self, texts: Sequence[str], folder: Path) -> Any:
        """The value that the texts write. Relative paths are those of the folder.

        Raises:
            ValueError: they write none; says why and what to give.
        """

    def show(self, value: Any) -> str:
        """The value as a report shows it."""


class _Single:
    """A value that is written as one text."""

    many = False

    @property
    def takes(self) -> str:
        return "a string"

    def split(self, text: str) -> list[str]:
        return [text]

    def from_toml(self, value: Any) -> list[str]:
        if not isinstance(value, str):
            raise ValueError(f"it takes {self.takes}, not {type_name(value)}.")
        return [value]

    def read(self, texts: Sequence[str], folder: Path) -> Any:
        return self.read_one(texts[-1], folder)

    def read_one(self, text: str, folder: Path) -> Any:
        raise NotImplementedError

    def show(self, value: Any) -> str:
        return str(value)


class Text(_Single):
    """Any text."""

    def read_one(self, text: str, folder: Path) -> str:
        if not text.strip():
            raise ValueError("it is empty.")
        return text.strip()


class Command(Text):
    """A shell command. It may have a password in it."""

    def show(self, value: Any) -> str:
        return "given"


class Token(_Single):
    """A bearer token."""

    def read_one(self, text: str, folder: Path) -> Secret:
        return read_token(text)

    def show(self, value: Any) -> str:
        return "given"


class Flag(_Single):
    """Yes or no."""

    def from_toml(self, value: Any) -> list[str]:
        if not isinstance(value, bool):
            raise ValueError(f"it takes true or false, not {type_name(value)}.")
        return ["true" if value else "false"]

    def read_one(self, text: str, folder: Path) -> bool:
        word = text.strip().lower()
        if word not in {*_YES, *_NO}:
            raise ValueError(f"{_echo(text)} is neither true nor false.")
        return word in _YES

    def show(self, value: Any) -> str:
        return "yes" if value else "no"


@dataclass(frozen=True)
class Choice(_Single):
    """One of some words."""

    words: tuple[str, ...]

    @property
    def takes(self) -> str:
        return _either([f'"{word}"' for word in self.words])

    def read_one(self, text: str, folder: Path) -> str:
        if text.strip() not in self.words:
            raise ValueError(f"{_echo(text)} is none of its values. Give {_either(self.words)}.")
        return text.strip()


@dataclass(frozen=True)
class Number(_Single):
    """A number in a range, the ends with it."""

    least: float
    most: float
    whole: bool = False

    def from_toml(self, value: Any) -> list[str]:
        if isinstance(value, bool) or not isinstance(value, int if self.whole else int | float):
            raise ValueError(f"it takes {self.takes}, not {type_name(value)}.")
        return [str(value)]

    def read_one(self, text: str, folder: Path) -> float:
        try:
            number = int(text) if self.whole else float(text)
        except ValueError:
            raise ValueError(f"{_echo(text)} is no number. Give {self.takes}.") from None
        if not self.least <= number <= self.most:  # nor is nan
            raise ValueError(f"{_echo(text)} is out of range. Give {self.takes}.")
        return number

    @property
    def takes(self) -> str:
        return f"a whole number from {self.least} to {self.most}" if self.whole else f"{self.least} to {self.most}"

    def show(self, value: Any) -> str:
        return f"{value:g}" if isinstance(value, float) else str(value)


class BaseUrl(_Single):
    """All that stands before `/api/v1`."""

    def read_one(self, text: str, folder: Path) -> str:
        url = text.strip()
        if not url.isprintable() or " " in url:
            raise ValueError("it has characters that no URL has. Give one such as http://127.0.0.1:8080.")
        try:
            parts = urlsplit(url)
            _ = parts.port  # judged when it is read
        except ValueError:
            raise ValueError(f"{_without_user(url)} is no URL. Give one such as http://127.0.0.1:8080.") from None
        _check_url(url, parts)
        return url.rstrip("/")


def _check_url(url: str, parts: SplitResult) -> None:
    if parts.scheme not in ("http", "https") or not parts.hostname:
        meant = f" Did you mean http://{url}?" if re.fullmatch(r"[\w.-]+(:\d+)?(/[^?#@]*)?", url) else ""
        raise ValueError(f"{_without_user(url)} is no URL that begins with http:// or https:// and a host.{meant}")
    if "@" in parts.netloc:
        raise ValueError(
            "it has a user name or a password in it, which logs would show. Leave them out: the token is given with "
            f"{ENVIRONMENT_PREFIX}_API_TOKEN, what a proxy wants with --header."
        )
    if "?" in url or "#" in url:
        raise ValueError("it has a query or a fragment. Give all that stands before /api/v1, and no more.")


class _Many:
    """A value that is written as several texts: in a variable between commas, in the file as an array."""

    many = True

    def split(self, text: str) -> list[str]:
        return [part for part in re.split(r"[,\n]", text) if part.strip()]

    def from_toml(self, value: Any) -> list[str]:
        parts = [value] if isinstance(value, str) else value
        if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
            raise ValueError(f'it takes a string or an array of strings, such as ["..."], not {type_name(value)}.')
        return list(parts)


class Clauses(_Many):
    """Clauses: ids, and patterns of them such as `LCK-*`. The value has them as they were written."""

    def read(self, texts: Sequence[str], folder: Path) -> Any:
        patterns = [part.strip().upper() for text in texts for part in text.split(",")]
        for pattern in patterns:
            matching(pattern)
        return tuple(dict.fromkeys(patterns))

    def show(self, value: Any) -> str:
        return ", ".join(value)


class ClausesOrAll(Clauses):
    """Clauses, or the word `all`. The value has the ids of all that match."""

    def read(self, texts: Sequence[str], folder: Path) -> Any:
        if any(text.strip().lower() == "all" for text in texts):
            return frozenset(contract.clauses())
        return frozenset(clause_id for pattern in super().read(texts, folder) for clause_id in matching(pattern))

    def show(self, value: Any) -> str:
        every = list(contract.clauses())
        return "all" if len(value) == len(every) else ", ".join(sorted(value, key=every.index))


class _Table:
    """Values with a name each: in a variable on lines of their own or between `;;`, in the file as a table."""

    many = True
    separator: str
    example: str

    def split(self, text: str) -> list[str]:
        return [part for part in re.split(r";;|\n", text) if part.strip()]

    def from_toml(self, value: Any) -> list[str]:
        if not isinstance(value, dict) or not all(isinstance(part, str) for part in value.values()):
            raise ValueError(f"it takes a table of strings, such as {self.example}, not {type_name(value)}.")
        if ambiguous := [name for name in value if self.separator in name]:
            raise ValueError(f"the name {_echo(ambiguous[0])} must not have a {self.separator!r} in it.")
        return [f"{name}{self.separator}{part}" for name, part in value.items()]


class Reasons(_Table):
    """A reason for each clause that is left out: `LCK-8=our proxy`. The value has the ids of all that match."""

    separator = "="
    example = '{ "LCK-8" = "our proxy" }'

    def read(self, texts: Sequence[str], folder: Path) -> Any:
        by_pattern: dict[str, str] = {}
        for text in texts:
            pattern, _, reason = (part.strip() for part in text.partition(self.separator))
            if not reason:
                raise ValueError(f"{_echo(text)} has no reason. Write one after a =, such as LCK-8=our proxy.")
            by_pattern[pattern.upper()] = reason
        reasons: dict[str, str] = {}
        # The more is meant, the less it counts: an id overrules a pattern.
        for pattern in sorted(by_pattern, key=lambda pattern: -len(matching(pattern))):
            reasons |= dict.fromkeys(matching(pattern), by_pattern[pattern])
        return {clause: reasons[clause] for clause in contract.clauses() if clause in reasons}

    def show(self, value: Any) -> str:
        return ", ".join(f"{clause} ({reason})" for clause, reason in value.items())


class Headers(_Table):
    """Headers that go with every call: `X-Env: ci`."""

    separator = ":"
    example = '{ "X-Env" = "ci" }'

    def read(self, texts: Sequence[str], folder: Path) -> Any:
        headers: dict[str, str] = {}
        for text in texts:
            name, colon, value = text.partition(self.separator)
            name, value = name.strip(), value.strip()
            _check_header(name if colon else None, value)
            if name.lower() in (other.lower() for other in headers):
                raise ValueError(f"the header {name} is given twice. Give it once.")
            headers[name] = value
        return headers

    def show(self, value: Any) -> str:
        return ", ".join(f"{name}: ..." for name in value)


def _check_header(name: str | None, value: str) -> None:
    """The value is in no message: it may be a secret."""
    if name is None:
        raise ValueError("a header has no colon. Write it as in 'X-Env: ci'.")
    if not _HEADER_NAME.fullmatch(name):
        raise ValueError(f"{_echo(name)} is no name of a header. Write it as in 'X-Env: ci'.")
    if name.lower() == "authorization":
        raise ValueError(
            f"Authorization is the kit's own, which sends it as each clause needs it. "
            f"Give the token with --api-token or {ENVIRONMENT_PREFIX}_API_TOKEN."
        )
    if name.lower() in _OUR_HEADERS:
        raise ValueError(f"{name} is the kit's own, which sends it as each clause needs it. Leave it out.")
    if not (value and value.isascii() and value.replace("\t", " ").isprintable()):
        raise ValueError(f"the value of {name} is empty or has characters that no header can carry.")


class Reports(_Many):
    """Files to write, whose endings say what."""

    def read(self, texts: Sequence[str], folder: Path) -> Any:
        paths = [_path(text, folder) for text in texts]
        for path in paths:
            if path.suffix.lower() not in REPORT_ENDINGS:
                raise ValueError(f"{path.name} has no ending of a report. Use {_either(REPORT_ENDINGS)}.")
            if path.is_dir():
                raise ValueError(f"{path} is a folder. Name a file.")
        return tuple(dict.fromkeys(paths))

    def show(self, value: Any) -> str:
        return ", ".join(str(path) for path in value)


class File(_Single):
    """A file to read."""

    def read_one(self, text: str, folder: Path) -> Path:
        return _path(text, folder)


def _path(text: str, folder: Path) -> Path:
    """Absolute: a run may change its folder, and its workers are processes of their own."""
    if not text.strip():
        raise ValueError("it is empty. Name a file.")
    try:
        return (folder / Path(text.strip()).expanduser()).absolute()
    except RuntimeError:
        raise ValueError(f"{_echo(text)} begins with the home of somebody unknown. Name a file.") from None


def matching(pattern: str) -> list[str]:
    """The ids that a pattern such as `LCK-*` matches, in the contract's order.

    Raises:
        ValueError: there is none; names those that are near.
    """
    known = list(contract.clauses())
    found = [clause_id for clause_id in known if fnmatchcase(clause_id, pattern)]
    if not found:
        there_is = "no clause matches" if set(pattern) & set("*?[") else "there is no clause"
        raise ValueError(f"{there_is} {_echo(pattern, quote=False)}. {hint(pattern, known, '--list-clauses')}")
    return found


def hint(word: str, known: Iterable[str], listing: str, prefix: str = "") -> str:
    """A sentence that helps whoever misspelt `word`; `listing` names what is known where nothing is near."""
    near = [f"{prefix}{found}" for found in get_close_matches(word, known, n=3)]
    return f"Did you mean {_either(near)}?" if near else f"{listing} names those that there are."


def _either(words: Sequence[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]


def _echo(text: str, *, quote: bool = True) -> str:
    shown = text if len(text) <= _LONGEST_ECHO else f"{text[:_LONGEST_ECHO]}..."
    return repr(shown) if quote or not shown.isprintable() else shown


def _without_user(url: str) -> str:
    return _echo(re.sub(r"[^/]*@", "...@", url), quote=False)


def type_name(value: Any) -> str:
    """What a value of TOML is, in words."""
    if isinstance(value, bool):
        return "true" if value else "false"
    names = {str: "a string", int: "a number", float: "a fraction", list: "an array", dict: "a table"}
    return names.get(type(value), "a date or a time")
