"""ASGI middleware: serves the operations of the contract by compiled routes, and hands on all else.

The framework behind it (`mockserver.framework`) would serve them too, and answer the same; it looks each of them up
anew, and makes validators, signatures and requests for every call. Docs, control plane, and what the contract does not
have are the framework's.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mockserver.eager import Waiting, begin
from mockserver.errors import JsonAnswer, answer_error, serve
from mockserver.exchange import EXCHANGE, Exchange
from mockserver.logs import note
from mockserver.routes import Route
from mockserver.rules.errors import ConversationLocked, NotAuthenticated
from mockserver.tokens import check_workspace


class FastLane:
    """The middleware. `mockserver.opening` has found out by then which operation is meant, and who calls."""

    def __init__(self, app: ASGIApp, routes: Mapping[str, Route]) -> None:
        self._app = app
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application."""
        exchange: Exchange | None = scope.get("extensions", {}).get(EXCHANGE)
        route = self._routes.get(exchange.found.operation or "") if exchange else None
        if exchange is None or route is None:
            await self._app(scope, receive, send)
            return
        answer = exchange.waiting or self._call(route, exchange, scope, receive)
        await serve(answer, scope, receive, send)

    def answer_at_once(self, exchange: Exchange, scope: Scope, body: bytes) -> JsonAnswer | None:
        """The answer to a whole request; None if it has to wait for something, or has none that is ready.

        What was begun goes on when the application is called for this exchange.
        """
        route = self._routes.get(exchange.found.operation or "")
        if route is None:
            return None
        try:
            answer = begin(self._call(route, exchange, scope, _at_hand(body)))
        except ConversationLocked:
            return None  # by a stream whose client may have left just now: look again in a moment
        except Exception as error:
            return answer_error(error, scope)
        if isinstance(answer, JsonAnswer):
            return answer
        exchange.waiting = answer if isinstance(answer, Waiting) else _there(answer)
        return None

    async def _call(self, route: Route, exchange: Exchange, scope: Scope, receive: Receive) -> ASGIApp:
        """The answer of the handler."""
        parameters = exchange.found.parameters
        token_info = identify(exchange, scope, parameters["workspaceId"]) if route.secured else None
        arguments = await route.arguments(scope, receive, parameters)
        if token_info is not None:
            arguments["token_info"] = token_info
        return await route.handler(**arguments)


def _at_hand(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body}

    return receive


async def _there(answer: ASGIApp) -> ASGIApp:
    return answer


def identify(exchange: Exchange, scope: MutableMapping[str, Any], workspace: str) -> dict[str, Any]:
    """What handlers are told of the caller, who is judged before anything else (AUT-1, AUT-2).

    Raises:
        NotAuthenticated: the token is none, or good no more.
        WorkspaceForbidden: it is for another workspace.
    """
    identity = exchange.identity
    if isinstance(identity, NotAuthenticated):
        raise identity
    caller = identity.caller
    note(scope, caller=caller.author)
    check_workspace(caller, workspace)
    return {"sub": caller.author, "caller": caller}
