"""The bare framework: Starlette on uvicorn as the mock has it, sending recorded bytes. It validates nothing.

    python -m bench.apps.bare PORT ANSWERS

It reads the bodies of requests, as anything does that means to use them, and never looks into them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from bench.calls import COLLECTION, WORKSPACE

_PATH = COLLECTION.replace(WORKSPACE, "{workspace_id}", 1)
_ONE = _PATH + "/{conversation_id}"


class Events:
    """An ASGI application that sends a stream: an event a message, or, asked with `?joined`, all in one."""

    def __init__(self, stream: bytes) -> None:
        self._joined = [stream]
        self._events = [event + b"\n\n" for event in stream.split(b"\n\n") if event]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application."""
        while (await receive()).get("more_body"):
            pass
        head = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        for event in self._joined if scope["query_string"] == b"joined" else self._events:
            await send({"type": "http.response.body", "body": event, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def make_app(answers: dict[str, str]) -> Starlette:
    """The application."""

    def route(path: str, call: str, method: str, status: int = 200) -> Route:
        body = answers[call].encode()

        async def answer(request: Request) -> Response:
            if method != "GET":
                await request.body()
            return Response(body, status, media_type="application/json")

        return Route(path, answer, methods=[method])

    return Starlette(
        routes=[
            route(_PATH, "list", "GET"),
            route(_PATH, "create", "POST", 201),
            route(_ONE, "patch", "PATCH"),
            route(f"{_ONE}/messages", "message", "POST"),
            Route(f"{_ONE}/message-streams", Events(answers["stream"].encode())),
        ]
    )


if __name__ == "__main__":
    uvicorn.run(
        make_app(json.loads(Path(sys.argv[2]).read_text())),
        port=int(sys.argv[1]),
        http="httptools",
        log_config=None,
        access_log=False,
        server_header=False,
    )
