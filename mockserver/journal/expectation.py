"""What a test expects to have been called: read from JSON, every mistake named. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from mockserver.journal.masking import is_secret_header
from mockserver.journal.matching import ABSENT, check_matchers, did_you_mean, is_matcher, tell
from mockserver.journal.query import is_status

_TEXTS = ("operation", "method", "path", "caller", "conversation", "fault")
_COUNTS = ("times", "atLeast", "atMost")
_FIELDS = (*_TEXTS, "status", "query", "headers", "body", *_COUNTS, "inOrder")


class ExpectationError(ValueError):
    """An expectation that cannot be: `field` names what is wrong, `message` says what it takes."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """Calls that fit all that is given, and how many of them: one or more unless told otherwise.

    Attributes:
        path: exact, or with `*` for any characters.
        status: a number, or a class such as "4xx".
        query: parameters that have to be there, by name; others may be.
        headers: the same of headers, their names in lower case.
        body: what the JSON body has to have (see `mockserver.journal.matching`); `ABSENT` where that is no matter.
        in_order: calls of which each has to come after the one before it; then nothing else is given.
    """

    operation: str | None = None
    method: str | None = None
    path: str | None = None
    caller: str | None = None
    conversation: str | None = None
    status: int | str | None = None
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, Any] = field(default_factory=dict)
    body: Any = ABSENT
    fault: str | None = None
    at_least: int = 1
    at_most: int | None = None
    in_order: tuple[Expectation, ...] = ()

    def __str__(self) -> str:
        """`sendMessage by alice with body.text "hi", once or more`."""
        if self.in_order:
            return ", then ".join(each.describe_call() for each in self.in_order)
        return f"{self.describe_call()}, {self._describe_count()}"

    def describe_call(self) -> str:
        """The calls that are meant, without how many."""
        words = [self.operation or ("a call" if self.method or self.path else "any call")]
        target = [word for word in (self.method, self.path) if word]
        words += [f"({' '.join(target)})"] if target else []
        words += [f"by {self.caller}"] if self.caller else []
        words += [f"in conversation {self.conversation}"] if self.conversation else []
        wanted = [f"query.{name} {tell(value)}" for name, value in self.query.items()]
        wanted += [f"headers.{name} {tell(value)}" for name, value in self.headers.items()]
        wanted += [] if self.body is ABSENT else [f"body {tell(self.body)}"]
        words += [f"with {', '.join(wanted)}"] if wanted else []
        words += [f"hit by the fault {self.fault}"] if self.fault else []
        words += [f"answered {self.status}"] if self.status is not None else []
        return " ".join(words)

    def _describe_count(self) -> str:
        if self.at_most is None:
            return "once or more" if self.at_least == 1 else f"{times(self.at_least)} or more"
        if self.at_least == self.at_most:
            return times(self.at_least)
        return (
            f"{times(self.at_most)} at the most" if self.at_least == 0 else f"{self.at_least} to {self.at_most} times"
        )


def times(count: int) -> str:
    """`never`, `once`, `2 times`."""
    return {0: "never", 1: "once"}.get(count, f"{count} times")


def parse_expectation(
    data: Any, *, operations: Collection[str] = (), faults: Collection[str] = (), prefix: str = ""
) -> Expectation:
    """The expectation in a JSON value.

    Args:
        operations: all there are, to name misspelt ones; where none are given any is taken.
        faults: all kinds there are, likewise.
        prefix: of the fields' names in errors.

    Raises:
        ExpectationError: names the first field that is wrong.
    """
    if not isinstance(data, dict):
        raise ExpectationError(prefix.rstrip(".") or "expectation", "It takes an object.")
    for name in data:
        if name not in _FIELDS:
            known = f"There are {', '.join(_FIELDS)}."
            raise ExpectationError(f"{prefix}{name}", f"There is no such field.{did_you_mean(name, _FIELDS)} {known}")
    if "inOrder" in data:
        return Expectation(in_order=_parse_in_order(data, operations, faults, prefix))
    for name in _TEXTS:
        if data.get(name) is not None and (not isinstance(data[name], str) or not data[name]):
            raise ExpectationError(f"{prefix}{name}", "It takes a text that is not empty.")
    for name, known_names in (("operation", operations), ("fault", faults)):
        if known_names and data.get(name) is not None and data[name] not in known_names:
            hint = did_you_mean(data[name], sorted(known_names)) or f" There are {', '.join(sorted(known_names))}."
            raise ExpectationError(f"{prefix}{name}", f"{data[name]!r} is not known.{hint}")
    status = data.get("status")
    if status is not None and not is_status(status):
        raise ExpectationError(
            f"{prefix}status", f"{status!r} is no status. Give a number such as 409, or a class: 4xx."
        )
    body = data.get("body", ABSENT)
    for where, problem in check_matchers(body, f"{prefix}body"):
        raise ExpectationError(where, problem)
    at_least, at_most = _parse_counts(data, prefix)
    return Expectation(
        operation=data.get("operation"),
        method=data.get("method"),
        path=data.get("path"),
        caller=data.get("caller"),
        conversation=data.get("conversation"),
        fault=data.get("fault"),
        status=status,
        query=_parse_parameters(data.get("query"), f"{prefix}query"),
        headers=_parse_headers(data.get("headers"), f"{prefix}headers"),
        body=body,
        at_least=at_least,
        at_most=at_most,
    )


def _parse_in_order(
    data: Mapping[str, Any], operations: Collection[str], faults: Collection[str], prefix: str
) -> tuple[Expectation, ...]:
    if len(data) > 1:
        other = next(name for name in data if name != "inOrder")
        raise ExpectationError(
            f"{prefix}{other}", "It cannot stand beside inOrder: put it into the calls of that list."
        )
    calls = data["inOrder"]
    if not isinstance(calls, list) or not calls:
        raise ExpectationError(f"{prefix}inOrder", "It takes a list of expectations that is not empty.")
    parsed = []
    for index, call in enumerate(calls):
        where = f"{prefix}inOrder[{index}]."
        for name in ("inOrder", *_COUNTS):
            if isinstance(call, dict) and name in call:
                raise ExpectationError(
                    f"{where}{name}", "In inOrder each entry is one call: write it as often as meant."
                )
        parsed.append(parse_expectation(call, operations=operations, faults=faults, prefix=where))
    return tuple(parsed)


def _parse_counts(data: Mapping[str, Any], prefix: str) -> tuple[int, int | None]:
    for name in _COUNTS:
        value = data.get(name)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
            raise ExpectationError(f"{prefix}{name}", f"{value!r} is no count. Give 0 or more.")
    exact, at_least, at_most = (data.get(name) for name in _COUNTS)
    if exact is not None:
        if at_least is not None or at_most is not None:
            raise ExpectationError(f"{prefix}times", "It cannot stand beside atLeast or atMost: give one or the other.")
        return exact, exact
    if at_least is None:
        at_least = 1 if at_most is None else 0
    if at_most is not None and at_most < at_least:
        raise ExpectationError(f"{prefix}atMost", f"{at_most} is below atLeast, {at_least}.")
    return at_least, at_most


def _parse_parameters(value: Any, name: str) -> dict[str, Any]:
    """Parameters are texts: a number or a boolean is taken for how it is written."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ExpectationError(name, "It takes an object of names and values.")
    parsed: dict[str, Any] = {}
    for key, wanted in value.items():
        where = f"{name}.{key}"
        for at, problem in check_matchers(wanted, where):
            raise ExpectationError(at, problem)
        if not (is_matcher(wanted) or isinstance(wanted, str | int | float)):
            raise ExpectationError(where, 'It takes a text or a matcher such as {"$any": true}.')
        scalar = not is_matcher(wanted) and not isinstance(wanted, str)
        parsed[key] = str(wanted).lower() if scalar else wanted
    return parsed


def _parse_headers(value: Any, name: str) -> dict[str, Any]:
    parsed = {key.lower(): wanted for key, wanted in _parse_parameters(value, name).items()}
    for key, wanted in parsed.items():
        if is_secret_header(key) and wanted not in ({"$any": True}, {"$absent": True}):
            message = 'Its value is masked in the journal. Give caller, or {"$any": true}, or {"$absent": true}.'
            raise ExpectationError(f"{name}.{key}", message)
    return parsed
