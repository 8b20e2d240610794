"""The operations of the contract, compiled: for each a route that judges a request and calls its handler.

All that follows from the contract alone is done once, when a route is made: which arguments the handler takes, what the
query may be and what its defaults are, the schema of the body. `mockserver.lane` serves requests by it.
"""

from __future__ import annotations

import builtins
import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from keyword import iskeyword
from typing import Any

import inflection
from starlette.responses import Response
from starlette.types import Receive

from mockserver.judging import BodyJudge, QueryJudge, read_body
from mockserver.mending import Mender, Mending, tell
from mockserver.operations import METHODS, integer_parameters
from mockserver.rules.errors import MediaTypeUnsupported
from mockserver.schemas import inline_refs

Handler = Callable[..., Awaitable[Response]]

_JSON = "application/json"
_PAYLOAD = ""
"""Stands for the body among the names of parameters."""


@dataclass(frozen=True, slots=True)
class Route:
    """One operation.

    Attributes:
        names: what the handler calls each parameter of the path and of the query that it takes.
        integers: those of the path that are integers.
        secured: the caller has to be known.
        body: None where the operation takes none.
        any_media_type: a body of any media type is taken for JSON.
    """

    operation: str
    handler: Handler
    names: Mapping[str, str]
    integers: frozenset[str]
    secured: bool
    query: QueryJudge
    body: BodyJudge | None
    max_body_kib: int
    any_media_type: bool

    async def arguments(
        self, scope: MutableMapping[str, Any], receive: Receive, path_parameters: Mapping[str, str]
    ) -> dict[str, Any]:
        """What the handler is called with, the caller aside.

        Raises:
            RuleError: the request is not what the contract wants.
        """
        names = self.names
        lenient = self.any_media_type
        media_type = canonical_media_type(scope, lenient=lenient) if self.body or lenient else None
        arguments: dict[str, Any] = {}
        for name, text in path_parameters.items():
            if name in names:
                arguments[names[name]] = int(text) if name in self.integers else text
        for name, value in self.query.judge(scope).items():
            if name in names:
                arguments[names[name]] = value
        if self.body is not None:
            if media_type is not None and media_type != b"application/json":
                given = next(value for name, value in scope["headers"] if name == b"content-type")
                raise MediaTypeUnsupported(given.decode("latin-1") or "of no media type", [_JSON])
            payload = self.body.judge(await read_body(receive, self.max_body_kib), scope)
            if _PAYLOAD in names:
                arguments["payload"] = payload
        return arguments


def compile_routes(
    contract: Mapping[str, Any],
    handler_of: Callable[[str], Handler],
    *,
    max_body_kib: int,
    mender: Mender | None = None,
    any_media_type: bool = False,
) -> dict[str, Route]:
    """The routes of a contract, by operationId.

    Args:
        handler_of: finds the handler of an operationId.
        mender: mends requests that are not valid, rather than that they are refused.
        any_media_type: a body of any media type is taken for JSON.
    """
    routes = {}
    for item in contract["paths"].values():
        shared = item.get("parameters", [])
        for method in METHODS:
            if method not in item:
                continue
            operation = item[method]
            parameters = inline_refs(contract, [*operation.get("parameters", []), *shared])
            body = inline_refs(contract, operation.get("requestBody"))
            name = operation["operationId"]
            handler = handler_of(name)
            routes[name] = Route(
                operation=name,
                handler=handler,
                names=_names(handler, [p["name"] for p in parameters]),
                integers=integer_parameters(contract, item),
                secured=bool(operation.get("security", contract.get("security"))),
                query=QueryJudge(parameters, mender=mender),
                body=_judge_of(body, mender) if body else None,
                max_body_kib=max_body_kib,
                any_media_type=any_media_type,
            )
    return routes


def _names(handler: Handler, parameters: Iterable[str]) -> dict[str, str]:
    """What the handler calls those that it takes: in Python's way, as Connexion has it with `pythonic_params`."""
    taken = inspect.signature(handler).parameters
    written = {name: inflection.underscore(name) for name in parameters}
    shadowing = {name: f"{own}_" if own in vars(builtins) or iskeyword(own) else own for name, own in written.items()}
    return {name: own for name, own in (shadowing | {_PAYLOAD: "payload"}).items() if own in taken}


def _judge_of(body: Mapping[str, Any], mender: Mender | None) -> BodyJudge:
    return BodyJudge(body["content"][_JSON]["schema"], required=body.get("required", False), mender=mender)


def canonical_media_type(scope: MutableMapping[str, Any], *, lenient: bool = False) -> bytes | None:
    """The media type of a body as the contract writes it; None where there is no body, or nothing is said of it.

    It is one in capitals too, and with blanks before its parameters (RFC 9110, section 8.3.1). The parameters go: JSON
    has none, and is UTF-8 whatever they say. Without a body there is no media type to judge (CRE-2), whatever the
    header says.
    """
    given = dict(scope["headers"])
    said: bytes | None = given.get(b"content-type")
    if said is None or (b"transfer-encoding" not in given and given.get(b"content-length", b"0") == b"0"):
        return None
    if said == b"application/json":
        return said
    media_type = said.partition(b";")[0].strip().lower()
    if lenient and media_type != b"application/json":
        told = media_type.decode("latin-1") or "of no media type"
        tell(scope, [Mending("body", "mediaType", f"it is {told[:100]}; taken for application/json")])
        media_type = b"application/json"
    return media_type
