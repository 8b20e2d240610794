"""Judges requests by the contract's schemas, compiled once.

Says everything that is wrong with a request at once, each with its field's path, what was expected and what came. Knows
no framework. `mockserver.routes` asks it for each request; `mockserver.validation` is how Connexion does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from itertools import islice
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.types import Receive

from mockserver import wire
from mockserver.mending import Mender, parse_value, tell
from mockserver.repeats import remember_short
from mockserver.rules.errors import BodyMalformed, BodyTooLarge, FieldsInvalid
from mockserver.schemas import CompiledSchema, Schema, compile_schema, find_problems

_REMEMBERED = 256
_SHORT = 100
"""So many queries are remembered, and so many bytes has each of them at the most: clients repeat themselves."""

_EXPLAINED_KIB = 16
_MAX_PROBLEMS = 100
"""Of a larger body the first problem is told, of a smaller one a hundred at most: each costs time."""


async def read_body(receive: Receive, max_body_kib: int) -> bytes:
    """The whole body of a request.

    Raises:
        BodyMalformed: 400; the client went away.
        BodyTooLarge: 413.
    """
    chunks, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise BodyMalformed("The client went away before the body was complete.")
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > max_body_kib * 1024:
            raise BodyTooLarge(max_body_kib)
        more = message.get("more_body", False)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


class BodyJudge:
    """Judges the JSON bodies of one operation.

    An empty body is one that is not there, however it was sent: a chunked request has no length to go by.

    Args:
        mender: what is wrong is mended (`mockserver.mending`) rather than refused.
    """

    def __init__(self, schema: Schema, *, required: bool, mender: Mender | None = None) -> None:
        self._schema = schema
        self._required = required
        self._mender = mender
        self._compiled: CompiledSchema | None = None

    def judge(self, raw: bytes, scope: MutableMapping[str, Any]) -> Any:
        """The value of a body.

        Raises:
            BodyMalformed: 400; not JSON, or required and not there.
            FieldsInvalid: 422.
        """
        if self._mender is not None:
            body, mended = self._mender.mend_body(self._schema, raw, required=self._required, path=scope["path"])
            tell(scope, mended)
            return body
        if not raw:
            if self._required:
                raise BodyMalformed("A JSON body is required.")
            return {}
        body = wire.loads(raw)
        compiled = self._compiled = self._compiled or compile_schema(self._schema)
        if not compiled.allows(body):
            found = find_problems(compiled, body, first_only=len(raw) > _EXPLAINED_KIB * 1024)
            problems = list(islice(found, _MAX_PROBLEMS))
            if problems:
                raise FieldsInvalid(problems)
        return body


class QueryJudge:
    """Judges and reads the queries of one operation. Parameters are texts and integers.

    Stricter than Python's `int`, which takes `+1`, `1_0` and digits of other scripts.

    Args:
        parameters: Parameter objects of OpenAPI; those that are not in the query are none of its business.
        mender: what is wrong is mended rather than refused.
    """

    def __init__(self, parameters: Iterable[Mapping[str, Any]], *, mender: Mender | None = None) -> None:
        self._schemas = {p["name"]: p["schema"] for p in parameters if p["in"] == "query"}
        self._defaults = {name: s["default"] for name, s in self._schemas.items() if "default" in s}
        self._mender = mender
        self._judge_valid = remember_short(self._judge, most=_REMEMBERED, longest=_SHORT)

    def judge(self, scope: MutableMapping[str, Any]) -> Mapping[str, Any]:
        """The values of those parameters that are there or have a default.

        One that is given twice counts as it stands last, and is judged each time. A query that is mended takes the
        place of the one that was sent.

        Raises:
            FieldsInvalid: 422.
        """
        query = scope["query_string"]
        if not query:
            return self._defaults
        if self._mender is not None:
            return self._mend(self._mender, scope)
        return self._judge_valid(query)

    def _judge(self, query: bytes) -> Mapping[str, Any]:
        values = self._values(_parse(query))
        if not all(self._compiled(name).allows(value) for name, value in values):
            self._refuse(values)
        return self._defaults | dict(values)

    def _mend(self, mender: Mender, scope: MutableMapping[str, Any]) -> Mapping[str, Any]:
        given, mended = mender.mend_query(self._schemas, _parse(scope["query_string"]))
        if mended:
            scope["query_string"] = urlencode(given).encode("latin-1")
            tell(scope, mended)
        return self._defaults | dict(self._values(given))

    def _values(self, given: Iterable[tuple[str, str]]) -> list[tuple[str, Any]]:
        return [(name, _read(self._schemas[name], text)) for name, text in given if name in self._schemas]

    def _compiled(self, name: str) -> CompiledSchema:
        return compile_schema(self._schemas[name])

    def _refuse(self, values: Sequence[tuple[str, Any]]) -> None:
        problems = [
            problem
            for wanted in self._schemas
            for name, value in values
            if name == wanted
            for problem in find_problems(self._compiled(name), value, name)
        ]
        if problems:
            raise FieldsInvalid(problems)


def _parse(query: bytes) -> list[tuple[str, str]]:
    return parse_qsl(query.decode("latin-1"), keep_blank_values=True)


def _read(schema: Mapping[str, Any], text: str) -> int | str:
    """What a query says: a text stays one, also if it has digits alone, where texts are asked for."""
    return text if schema.get("type") == "string" else parse_value(text)
