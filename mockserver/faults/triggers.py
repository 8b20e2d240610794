"""Faults that one call asks for: in its `Prefer` header, its query, or the text of its message. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote_plus

from mockserver.faults.catalogue import find_kind, make_fault, shown
from mockserver.faults.spelling import did_you_mean
from mockserver.faults.values import Fault, FaultError
from mockserver.replies.on_cue import FORMS

FAILING_MESSAGE: Final = "!fault error after=3"
"""At this text a stream ends in its `error` event after three deltas."""

RESERVED: Final = "__"
"""Names of query parameters that begin so are the mock's own."""

_WANTED: Final = ("fault", "code", "delay")
"""What can be asked for by `Prefer`, and with `__` before it by the query."""

_WORDS: Final = ("!fault", "!code", "!reply", "!help")
_LONGEST_CUE: Final = 2000
_TOKEN: Final = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",;=]+))\s*')


@dataclass(frozen=True, slots=True)
class Cue:
    """What the text of a message asks for; `reply` is a form of `mockserver.replies.on_cue`."""

    faults: list[Fault] = field(default_factory=list)
    reply: str | None = None
    help: bool = False


def from_prefer(values: Sequence[str]) -> list[Fault]:
    """The faults that `Prefer` headers ask for (RFC 7240): `code=503; retry_after=7`, `fault=truncate; after=3`.

    Preferences of others are passed over, and so is a code below 400, which asks for nothing out of order.

    Raises:
        FaultError: a preference of ours cannot be.
    """
    faults: list[Fault] = []
    for value in values:
        for preference in _split(value, ","):
            first, *others = _split(preference, ";") or [""]
            name, wanted = _read_pair(first)
            if name.lower() in _WANTED:
                faults += _make(name.lower(), wanted, dict(map(_read_pair, filter(str.strip, others))), "Prefer")
    return faults


def from_query(query_string: str | bytes) -> list[Fault]:
    """The faults that a query asks for: `__fault=truncate;after=3`, `__code=429`, `__delay=500`.

    Raises:
        FaultError: a reserved name is unknown, or its value cannot be.
    """
    faults: list[Fault] = []
    for part in _query_parts(query_string):
        name, _, value = (unquote_plus(half) for half in part.partition("="))
        if name.startswith(RESERVED):
            if name.removeprefix(RESERVED) not in _WANTED:
                known = [RESERVED + wanted for wanted in _WANTED]
                raise FaultError(
                    name, f"there is no such trigger; there are {', '.join(known)}{did_you_mean(name, known)}"
                )
            wanted, *others = _split(value, ";") or [""]
            pairs = dict(map(_read_pair, filter(str.strip, others)))
            faults += _make(name.removeprefix(RESERVED), wanted.strip(), pairs, name)
    return faults


def strip_query(query_string: str | bytes) -> str:
    """The query without the reserved names, the rest as it was."""
    return "&".join(part for part in _query_parts(query_string) if not unquote_plus(part).startswith(RESERVED))


def read_text(text: str) -> Cue | None:
    """What a message asks for that has nothing but our words, one to a line; None for any other message.

    Raises:
        FaultError: it begins like one of ours, and cannot be.
    """
    written = [line for line in text[: _LONGEST_CUE + 1].split("\n") if line.strip()]
    if not written or len(text) > _LONGEST_CUE or not all(line.lstrip().startswith("!") for line in written):
        return None
    lines = [re.findall(r"[^\s;,]+", line) for line in written]  # as it is written in headers and queries, too
    if lines[0][0] not in _WORDS and not did_you_mean(lines[0][0], _WORDS):
        return None  # an exclamation, not a misspelt word of ours
    faults: list[Fault] = []
    reply, wants_help = None, False
    for word, *arguments in lines:
        if word == "!help" and not arguments:
            wants_help = True
        elif word == "!reply":
            reply = _read_form(arguments)
        elif word in {"!fault", "!code"}:
            wanted, *others = arguments or [""]
            faults += _make(word[1:], wanted, dict(map(_read_pair, others)), word, strict=True)
        else:
            hint = did_you_mean(word, _WORDS) if word not in _WORDS else ""
            raise FaultError(word, f"there is no such word here; there are {', '.join(_WORDS)}, one to a line{hint}")
    return Cue(faults, reply, wants_help)


def _make(
    name: str, wanted: str, parameters: Mapping[str, str], where: str, *, strict: bool = False
) -> Iterator[Fault]:
    """The fault of `fault=KIND`, `code=STATUS` or `delay=MS`; none for a code below 400, unless `strict`."""
    if not wanted:
        example = {"fault": "truncate", "code": "429", "delay": "500"}[name]
        raise FaultError(where, f"{name} needs a value, such as {example}")
    if name == "fault":
        if find_kind(wanted).needs_rule:
            raise FaultError(where, f"{wanted} counts calls; arm it as a rule over the control API")
        yield make_fault(wanted, parameters)
    elif name == "delay":
        yield make_fault("delay", {**parameters, "ms": wanted})
    elif strict or not re.fullmatch("[123][0-9][0-9]", wanted, re.ASCII):
        yield make_fault("status", {**parameters, "code": wanted})


def _read_form(arguments: Sequence[str]) -> str:
    if len(arguments) != 1 or arguments[0] not in FORMS:
        given = " ".join(arguments)
        raise FaultError("!reply", f"expected {', '.join(FORMS)}, got {shown(given)}{did_you_mean(given, FORMS)}")
    return arguments[0]


def _read_pair(text: str) -> tuple[str, str]:
    """`name=value`, `name="a value"`; a name alone has no value."""
    name, equals, value = text.partition("=")
    read = _TOKEN.fullmatch(value) if equals else None
    if equals and value.strip() and read is None:
        raise FaultError(name.strip() or "parameter", f"{shown(value)} is neither a word nor in quotes")
    if read is None:
        return name.strip(), ""
    return name.strip(), re.sub(r"\\(.)", r"\1", read[1]) if read[1] is not None else read[2]


def _split(text: str, separator: str) -> list[str]:
    """The parts between separators that are not in quotes; blank ones are left out."""
    parts = re.findall(rf'(?:"(?:[^"\\]|\\.)*"|[^{separator}])+', text)
    return [part for part in parts if part.strip()]


def _query_parts(query_string: str | bytes) -> list[str]:
    text = query_string.decode("latin-1") if isinstance(query_string, bytes) else query_string
    return [part for part in text.removeprefix("?").split("&") if part]
