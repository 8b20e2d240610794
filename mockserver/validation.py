"""Judges requests by the contract's schemas, through the seams that Connexion has for it.

Says everything that is wrong with a request at once, each with its field's path, what was expected and what came.
Validators are compiled once per schema; Connexion makes its validator objects anew for each request.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any
from urllib.parse import parse_qsl, urlencode

from connexion.datastructures import MediaTypeDict
from connexion.validators import AbstractRequestBodyValidator
from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver import wire
from mockserver.mending import MENDED, Mender, Mending, parse_value, tell
from mockserver.rules.errors import BodyMalformed, BodyTooLarge, FieldsInvalid
from mockserver.schemas import BODY, compile_schema, find_problems, name_path, name_value, to_json_schema

__all__ = [
    "BODY",
    "MENDED",
    "CanonicalMediaType",
    "compile_schema",
    "find_problems",
    "name_path",
    "name_value",
    "to_json_schema",
    "validator_map",
]

_EXPLAINED_KIB = 16
_MAX_PROBLEMS = 100
"""Of a larger body the first problem is told, of a smaller one a hundred at most: each costs time."""


def validator_map(max_body_kib: int, *, lenient: bool = False) -> dict[str, Any]:
    """What Connexion's `validator_map` takes: the validators of this module for parameters and JSON bodies.

    Args:
        lenient: what is wrong is mended (`mockserver.mending`) rather than refused.
    """
    mender = Mender() if lenient else None
    body = partial(JsonBody, max_body_kib=max_body_kib, mender=mender)
    return {"parameter": partial(QueryParameters, mender=mender), "body": MediaTypeDict({"*/*json": body})}


class CanonicalMediaType:
    """ASGI middleware: writes the media type of a body as the contract does.

    It is one in capitals too, and with blanks before its parameters (RFC 9110, section 8.3.1); Connexion compares
    letter by letter. The parameters go: JSON has none, and is UTF-8 whatever they say. Without a body there is no
    media type to judge (CRE-2), whatever the header says.

    Args:
        lenient: a body of any media type is taken for JSON.
    """

    def __init__(self, app: ASGIApp, *, lenient: bool = False) -> None:
        self._app = app
        self._lenient = lenient

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application."""
        if scope["type"] == "http":
            given = dict(scope["headers"])
            empty = b"transfer-encoding" not in given and given.get(b"content-length", b"0") == b"0"
            headers = [(name, value) for name, value in scope["headers"] if name != b"content-type"]
            if b"content-type" in given and not empty:
                media_type = given[b"content-type"].partition(b";")[0].strip().lower()
                if self._lenient and media_type != b"application/json":
                    said = media_type.decode("latin-1") or "of no media type"
                    tell(scope, [Mending("body", "mediaType", f"it is {said[:100]}; taken for application/json")])
                    media_type = b"application/json"
                headers.append((b"content-type", media_type))
            scope = {**scope, "headers": headers}
        await self._app(scope, receive, send)


class JsonBody(AbstractRequestBodyValidator):
    """Reads a body once, judges it, and hands the parsed value on as the handler's `payload`.

    An empty body is one that is not there, however it was sent: a chunked request has no length to go by.
    """

    def __init__(self, *, max_body_kib: int, mender: Mender | None = None, **options: Any) -> None:
        super().__init__(**options)
        self._max_body_kib = max_body_kib
        self._mender = mender

    async def wrap_receive(self, receive: Receive, *, scope: Scope) -> tuple[Receive, Scope]:
        """Connexion's entry.

        Raises:
            BodyMalformed: 400; not JSON, or required and not there.
            BodyTooLarge: 413.
            FieldsInvalid: 422.
        """
        raw = await self._read(receive)
        if self._mender is not None:
            body, mended = self._mender.mend_body(self._schema, raw, required=self._required, path=scope["path"])
            tell(scope, mended)
        elif raw:
            body = wire.loads(raw)
            schema = compile_schema(self._schema)
            found = find_problems(schema, body, first_only=len(raw) > _EXPLAINED_KIB * 1024)
            problems = list(islice(found, _MAX_PROBLEMS))
            if problems:
                raise FieldsInvalid(problems)
        elif self._required:
            raise BodyMalformed("A JSON body is required.")
        else:
            body = {}
        # Where a token is needed, it has made the context.
        scope["extensions"].setdefault("connexion_context", {})["payload"] = body
        return receive, scope

    async def _read(self, receive: Receive) -> bytes:
        chunks, size, more = [], 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise BodyMalformed("The client went away before the body was complete.")
            chunks.append(message.get("body", b""))
            size += len(chunks[-1])
            if size > self._max_body_kib * 1024:
                raise BodyTooLarge(self._max_body_kib)
            more = message.get("more_body", False)
        return b"".join(chunks)


class QueryParameters:
    """Judges the query: path parameters are strings, and the token is judged elsewhere.

    Stricter than Python's `int`, which takes `+1`, `1_0` and digits of other scripts.
    """

    def __init__(
        self, parameters: Sequence[Mapping[str, Any]], *, mender: Mender | None = None, **_options: Any
    ) -> None:
        self._parameters = [parameter for parameter in parameters if parameter["in"] == "query"]
        self._mender = mender

    def validate(self, scope: Scope) -> None:
        """Connexion's entry.

        Raises:
            FieldsInvalid: 422.
        """
        given = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        if self._mender is not None:
            schemas = {parameter["name"]: parameter["schema"] for parameter in self._parameters}
            query, mended = self._mender.mend_query(schemas, given)
            if mended:
                scope["query_string"] = urlencode(query).encode("latin-1")
                tell(scope, mended)
            return
        problems = [
            problem
            for parameter in self._parameters
            for name, value in given  # one that is given twice counts as it stands last, and is judged each time
            if name == parameter["name"]
            for problem in find_problems(compile_schema(parameter["schema"]), _read(parameter["schema"], value), name)
        ]
        if problems:
            raise FieldsInvalid(problems)


def _read(schema: Mapping[str, Any], text: str) -> int | str:
    """What a query says: a text stays one, also if it has digits alone, where texts are asked for."""
    return text if schema.get("type") == "string" else parse_value(text)
