"""Connexion's seam for the contract's bearer scheme. What a token says, `mockserver.tokens` knows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from connexion.lifecycle import ConnexionRequest
from connexion.security import AbstractSecurityHandler

from mockserver.logs import note
from mockserver.tokens import Tokens


class BearerSecurity(AbstractSecurityHandler):
    """Connexion's seam for the contract's bearer scheme: judges the token before anything else (AUT-1, AUT-2)."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    def get_fn(
        self, security_scheme: Mapping[str, Any], required_scopes: list[str]
    ) -> Callable[[ConnexionRequest], Awaitable[dict[str, Any]]]:
        """What Connexion calls for each request; its answer reaches handlers as `token_info`."""

        async def verify(request: ConnexionRequest) -> dict[str, Any]:
            caller = self._tokens.read(request.headers.get("Authorization"), request.path_params["workspaceId"])
            note(request.scope, caller=f"{caller.author}@{caller.workspace}")
            return {"sub": caller.author, "caller": caller}

        return verify
