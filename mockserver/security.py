"""The caller of each request, told to Connexion. What a token says, `mockserver.tokens` knows."""

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
            # Header values reach us as Latin-1; a development token may have any letter, and clients send UTF-8.
            authorization = (request.headers.get("Authorization") or "").encode("latin-1").decode("utf-8", "replace")
            caller = self._tokens.read(authorization, request.path_params["workspaceId"])
            note(request.scope, caller=caller.author)
            return {"sub": caller.author, "caller": caller}

        return verify
