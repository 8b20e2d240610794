"""What the contract knows: operations, their paths, parameters, fields and statuses, and the kinds of events. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from typing import Any

_METHODS = ("get", "post", "put", "patch", "delete")

_ALSO_KNOWN = frozenset({"additionalContext[].source"})
"""The API's reference speaks of it in a sentence and has it in no table: nobody is blamed for it."""

_LONGEST_NAME = 100
"""Characters of a name for which a near one is looked up."""

_SHORTEST_SLIP = 4


@dataclass(frozen=True, slots=True)
class Range:
    """What an integer parameter may be; None is no limit."""

    minimum: int | None = None
    maximum: int | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the contract.

    Attributes:
        path: with its placeholders in braces.
        parameters: those of the query.
        fields: the body's, nested ones as `additionalContext[].id`; none where it takes no body.
        nullable: those of `fields` that may be null.
        statuses: what it may answer, in the contract's order.
    """

    id: str
    method: str
    path: str
    parameters: Mapping[str, Range]
    fields: frozenset[str]
    nullable: frozenset[str]
    takes_body: bool
    statuses: tuple[int, ...]

    @property
    def is_list(self) -> bool:
        """It answers page by page."""
        return "page" in self.parameters


@dataclass(frozen=True)
class Vocabulary:
    """All that the contract knows, for those who judge what a client says.

    Attributes:
        operations: by operationId.
        events: the kinds of a stream's events.
    """

    operations: Mapping[str, Operation]
    events: tuple[str, ...]

    @cached_property
    def _shapes(self) -> dict[str, list[Operation]]:
        shapes: dict[str, list[Operation]] = {}
        for operation in self.operations.values():
            shapes.setdefault(operation.path, []).append(operation)
        return shapes

    def methods_of(self, path: str) -> list[str]:
        """The methods that a path has; none for one that is not there."""
        for shape, operations in self._shapes.items():
            if re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(shape)), path):
                return [operation.method for operation in operations]
        return []

    def nearest_path(self, path: str) -> str | None:
        """The path of the contract that was meant, as far as can be told, with the ids that were given."""
        given = path[: 10 * _LONGEST_NAME].strip("/").split("/")
        filled = [self._fill(shape.strip("/").split("/"), given) for shape in self._shapes]
        near = get_close_matches("/" + "/".join(given), filled, n=1, cutoff=0.75)
        return near[0] if near and near[0] != path else None

    @staticmethod
    def _fill(shape: list[str], given: list[str]) -> str:
        """A path of the contract with the segments given, at the same places, for its placeholders."""
        pairs = [(name, given[at] if at < len(given) else name) for at, name in enumerate(shape)]
        return "/" + "/".join(value if name.startswith("{") else name for name, value in pairs)


def nearest_name(name: str, known: Mapping[str, Any] | frozenset[str]) -> str | None:
    """The known name that was meant, whatever its case and underscores; None if none is near."""

    def plain(text: str) -> str:
        return text.replace("_", "").replace("-", "").casefold()

    by_plain = {plain(other): other for other in sorted(known)}
    if len(name) > _LONGEST_NAME:
        return None
    given = plain(name)
    near = get_close_matches(given, by_plain, n=1, cutoff=0.8)
    near = near or [other for other in by_plain if _is_one_slip(given, other)]
    return by_plain[near[0]] if near else None


def _is_one_slip(given: str, meant: str) -> bool:
    """One letter is another, or two neighbours changed places; of a few letters alone anything is near."""
    if len(given) != len(meant) or len(meant) < _SHORTEST_SLIP:
        return False
    wrong = [at for at, pair in enumerate(zip(given, meant, strict=True)) if pair[0] != pair[1]]
    if len(wrong) == 2:
        one, two = wrong
        return two == one + 1 and given[one] == meant[two] and given[two] == meant[one]
    return len(wrong) == 1


def build_vocabulary(contract: Mapping[str, Any]) -> Vocabulary:
    """From the contract, parsed."""
    operations = {operation.id: operation for operation in _operations(contract)}
    events = contract["components"]["schemas"]["StreamEvent"]["oneOf"]
    kinds = [_resolve(contract, event)["properties"]["event"]["enum"][0] for event in events]
    return Vocabulary(operations, tuple(kinds))


def _operations(contract: Mapping[str, Any]) -> Iterator[Operation]:
    for path, item in contract["paths"].items():
        for method in _METHODS:
            if method in item:
                yield _operation(contract, path, method, item)


def _operation(contract: Mapping[str, Any], path: str, method: str, item: Mapping[str, Any]) -> Operation:
    operation = item[method]
    declared = [_resolve(contract, p) for p in (*item.get("parameters", ()), *operation.get("parameters", ()))]
    query = {p["name"]: _resolve(contract, p["schema"]) for p in declared if p["in"] == "query"}
    schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    fields = dict(_fields(contract, schema)) if schema else {}
    return Operation(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        parameters={name: Range(s.get("minimum"), s.get("maximum")) for name, s in query.items()},
        fields=frozenset(fields) | _ALSO_KNOWN if "additionalContext" in fields else frozenset(fields),
        nullable=frozenset(name for name, nullable in fields.items() if nullable),
        takes_body=schema is not None,
        statuses=tuple(int(status) for status in operation["responses"] if status.isdigit()),
    )


def _fields(contract: Mapping[str, Any], schema: Any, prefix: str = "") -> Iterator[tuple[str, bool]]:
    """Every field that a schema has, with whether it may be null."""
    for name, value in _resolve(contract, schema).get("properties", {}).items():
        inner = _resolve(contract, value)
        yield prefix + name, bool(inner.get("nullable"))
        if inner.get("type") == "array":
            yield from _fields(contract, inner["items"], f"{prefix}{name}[].")
        elif inner.get("type") == "object":
            yield from _fields(contract, inner, f"{prefix}{name}.")


def _resolve(contract: Mapping[str, Any], value: Any) -> Any:
    while "$ref" in value:
        found: Any = contract
        for step in value["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        value = found
    return value
