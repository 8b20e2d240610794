"""How Connexion judges requests: `mockserver.judging`, put into the seams that it has for validators.

Connexion makes its validator objects anew for each request; what is compiled stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from connexion.datastructures import MediaTypeDict
from connexion.validators import AbstractRequestBodyValidator
from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.judging import BodyJudge, QueryJudge, read_body
from mockserver.mending import MENDED, Mender
from mockserver.routes import canonical_media_type
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


def validator_map(max_body_kib: int, *, lenient: bool = False) -> dict[str, Any]:
    """What Connexion's `validator_map` takes: the validators of this module for parameters and JSON bodies.

    Args:
        lenient: what is wrong is mended (`mockserver.mending`) rather than refused.
    """
    mender = Mender() if lenient else None
    body = partial(JsonBody, max_body_kib=max_body_kib, mender=mender)
    return {"parameter": partial(QueryParameters, mender=mender), "body": MediaTypeDict({"*/*json": body})}


class CanonicalMediaType:
    """ASGI middleware: writes the media type of a body as the contract does, for Connexion compares letter by letter.

    Args:
        lenient: a body of any media type is taken for JSON.
    """

    def __init__(self, app: ASGIApp, *, lenient: bool = False) -> None:
        self._app = app
        self._lenient = lenient

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application."""
        if scope["type"] == "http":
            media_type = canonical_media_type(scope, lenient=self._lenient)
            headers = [(name, value) for name, value in scope["headers"] if name != b"content-type"]
            if media_type is not None:
                headers.append((b"content-type", media_type))
            scope = {**scope, "headers": headers}
        await self._app(scope, receive, send)


class JsonBody(AbstractRequestBodyValidator):
    """Reads a body once, judges it, and hands the parsed value on as the handler's `payload`."""

    def __init__(self, *, max_body_kib: int, mender: Mender | None = None, **options: Any) -> None:
        super().__init__(**options)
        self._max_body_kib = max_body_kib
        self._judge = BodyJudge(self._schema, required=self._required, mender=mender)

    async def wrap_receive(self, receive: Receive, *, scope: Scope) -> tuple[Receive, Scope]:
        """Connexion's entry; raises what `BodyJudge.judge` and `read_body` do."""
        raw = await read_body(receive, self._max_body_kib)
        # Where a token is needed, it has made the context.
        scope["extensions"].setdefault("connexion_context", {})["payload"] = self._judge.judge(raw, scope)
        return receive, scope


class QueryParameters:
    """Judges the query: path parameters are strings, and the token is judged elsewhere."""

    def __init__(
        self, parameters: Sequence[Mapping[str, Any]], *, mender: Mender | None = None, **_options: Any
    ) -> None:
        self._judge = QueryJudge(parameters, mender=mender)

    def validate(self, scope: Scope) -> None:
        """Connexion's entry; raises what `QueryJudge.judge` does."""
        self._judge.judge(scope)
