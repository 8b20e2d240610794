"""Makes of a request that is not valid one that is, for demos: `--lenient`. What was mended is said in the log.

A value of another type is written as the right one where that is plain (`"7"` for 7), a number is moved to its limits,
what cannot be put right is left out. What has to be there and is not is made up: an id that is fresh, the contract's
example, or an empty text.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import count
from typing import Any, Final

from mockserver import wire
from mockserver.ids import make_id
from mockserver.rules.errors import BodyMalformed
from mockserver.schemas import BODY, Schema, compile_schema, find_problems, name_value, nearest_unknown

logger = logging.getLogger("mockserver")

MENDED: Final = "mockserver.mended"
"""The extension of the ASGI scope that holds, as sentences, what was mended of this request."""

_MAX_TOLD = 20
"""Mendings of one part of a request that are told; of more, their number."""

_INTEGER = re.compile(r"-?[0-9]{1,4300}\Z", re.ASCII)


class _Gone(Enum):
    GONE = "gone"


_GONE: Final = _Gone.GONE
"""In place of a value that could not be put right."""


@dataclass(frozen=True, slots=True)
class Mending:
    """What was wrong with a field, by a code for programs, and what was taken instead; the log has no values."""

    field: str
    type: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


def tell(scope: MutableMapping[str, Any], mendings: Sequence[Mending]) -> None:
    """Log what was mended, and put it where the answer's headers are made."""
    if not mendings:
        return
    scope.setdefault("extensions", {}).setdefault(MENDED, []).extend(map(str, mendings))
    told = ", ".join(f"{mending.field} ({mending.type})" for mending in mendings)
    logger.warning("%s %r is not valid and was mended: %s", scope["method"], scope["path"], ascii(told)[1:-1])


def parse_value(text: str) -> int | str:
    """A value of a query: an integer where it is one.

    Stricter than Python's `int`, which takes `+1`, `1_0` and digits of other scripts.
    """
    return int(text) if _INTEGER.match(text) else text


class Mender:
    """Mends the requests of one server; the ids that it makes up follow from their order."""

    def __init__(self) -> None:
        self._made_up = count(1)

    def mend_body(
        self, schema: Schema, raw: bytes, *, required: bool, path: str
    ) -> tuple[dict[str, Any], list[Mending]]:
        """A body that the schema allows, so far as can be, and what was mended."""
        mendings: list[Mending] = []
        value: Any = {}
        if raw:
            try:
                value = wire.loads(raw)
            except BodyMalformed as error:
                mendings.append(Mending(BODY, "malformed", f"{str(error).rstrip('.')}; taken for {{}}"))
        elif required:
            mendings.append(Mending(BODY, "missing", "a JSON body is required; taken for {}"))
        if not isinstance(value, dict):
            mendings.append(Mending(BODY, "wrongType", f"expected an object, got {name_value(value)}; taken for {{}}"))
            value = {}
        body = self._mend_properties(schema, value, "", mendings)
        for name in schema.get("required", ()):
            if name not in body:
                body[name] = self._make_up(schema, value, name, (path, raw), mendings)
        for problem in find_problems(compile_schema(schema), body, first_only=True):
            mendings.append(Mending(problem.field, problem.type, f"{problem.message}; taken as it is"))
        return body, _shorten(mendings)

    def mend_query(
        self, schemas: Mapping[str, Schema], given: Sequence[tuple[str, str]]
    ) -> tuple[list[tuple[str, str]], list[Mending]]:
        """The parameters of a query, mended by the schema of their name, and what was mended."""
        mendings: list[Mending] = []
        query = []
        for name, text in given:
            schema = schemas.get(name)
            value = text if schema is None else self._mend(schema, parse_value(text), name, mendings)
            if value is not _GONE:
                query.append((name, str(value)))
        return query, _shorten(mendings)

    def _mend(self, schema: Schema, value: Any, field: str, mendings: list[Mending]) -> Any:
        problem = next(find_problems(compile_schema(schema), value, field, first_only=True), None)
        if problem is None:
            return value
        if isinstance(value, list) and schema.get("type") == "array":
            entries = [self._mend(schema["items"], v, f"{field}[{n}]", mendings) for n, v in enumerate(value)]
            return [entry for entry in entries if entry is not _GONE]
        put_right = value
        if isinstance(value, dict) and schema.get("type") == "object":
            put_right = self._mend_properties(schema, value, f"{field}.", mendings)
        elif schema.get("type") == "integer":
            put_right = _as_integer(schema, value)
        elif schema.get("type") == "string" and isinstance(value, bool | int | float):
            put_right = json.dumps(value)
        problem_left = next(find_problems(compile_schema(schema), put_right, field, first_only=True), None)
        taken = "left out" if problem_left else f"taken for {name_value(put_right)}"
        if problem_left or not isinstance(value, dict):
            mendings.append(
                Mending(field, (problem_left or problem).type, f"{(problem_left or problem).message}; {taken}")
            )
        return _GONE if problem_left else put_right

    def _mend_properties(
        self, schema: Schema, value: Mapping[str, Any], prefix: str, mendings: list[Mending]
    ) -> dict[str, Any]:
        """The object without the properties that cannot be put right."""
        known = schema.get("properties", {})
        mended = {
            name: self._mend(known[name], entry, prefix + name, mendings) if name in known else entry
            for name, entry in value.items()
        }
        return {name: entry for name, entry in mended.items() if entry is not _GONE}

    def _make_up(
        self, schema: Schema, given: Mapping[str, Any], name: str, request: tuple[str, bytes], mendings: list[Mending]
    ) -> Any:
        """A value for a property that has to be there."""
        wanted = schema["properties"][name]
        meant = nearest_unknown(schema, given, name)
        if meant is not None and not list(find_problems(compile_schema(wanted), given[meant], first_only=True)):
            mendings.append(Mending(name, "missing", f"required, but not there; taken from {meant[:40]}"))
            return given[meant]
        if name == "id":
            path, raw = request
            value = make_id(0, "mended", path, raw.decode("latin-1"), str(next(self._made_up)))
        else:
            value = wanted.get("example", "")
        mendings.append(Mending(name, "missing", f"required, but not there; taken for {name_value(value)}"))
        return value


def _as_integer(schema: Schema, value: Any) -> Any:
    """An integer within the schema's limits, if it is one at all."""
    number = parse_value(value) if isinstance(value, str) else value
    if not isinstance(number, int) or isinstance(number, bool):
        return value
    raised = max(number, schema.get("minimum", number))
    return min(raised, schema.get("maximum", raised))


def _shorten(mendings: list[Mending]) -> list[Mending]:
    more = len(mendings) - _MAX_TOLD
    return [*mendings[:_MAX_TOLD], Mending("others", "more", f"{more} more were mended")] if more > 0 else mendings
