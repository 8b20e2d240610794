"""A stock Connexion application over the same contract: its own validation, handlers that answer what was recorded.

python -m bench.apps.stock PORT ANSWERS
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvicorn
from connexion import AsyncApp
from connexion.resolver import Resolver

_CONTRACT = Path(__file__).parent.parent.parent / "openapi.yaml"
_CALLS = {
    "listConversations": ("list", 200),
    "createConversation": ("create", 201),
    "updateConversation": ("patch", 200),
    "sendMessage": ("message", 200),
}


def bearer(token: str) -> dict[str, str]:
    """Who calls: any token is right."""
    return {"sub": token}


def make_app(answers: dict[str, str]) -> AsyncApp:
    """The application, as the first page of Connexion's documentation has it."""

    def handler(operation_id: str) -> Callable[..., Any]:
        call, status = _CALLS.get(operation_id, ("patch", 200))
        value = json.loads(answers[call])

        async def answer(**_arguments: Any) -> tuple[Any, int]:
            return value, status

        return answer

    os.environ["BEARERINFO_FUNC"] = "bench.apps.stock.bearer"  # where Connexion looks for it
    app = AsyncApp("stock")
    app.add_api(_CONTRACT, resolver=Resolver(handler))
    return app


if __name__ == "__main__":
    uvicorn.run(
        make_app(json.loads(Path(sys.argv[2]).read_text())),
        port=int(sys.argv[1]),
        http="httptools",
        log_config=None,
        access_log=False,
        server_header=False,
    )
