"""The caller of each request, told to Connexion. What a token says, `mockserver.opening` has found out by then."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from connexion.lifecycle import ConnexionRequest
from connexion.security import AbstractSecurityHandler

from mockserver.exchange import current
from mockserver.lane import identify


class BearerSecurity(AbstractSecurityHandler):
    """Connexion's seam for the contract's bearer scheme: judges the token before anything else (AUT-1, AUT-2)."""

    def get_fn(
        self, security_scheme: Mapping[str, Any], required_scopes: list[str]
    ) -> Callable[[ConnexionRequest], Awaitable[dict[str, Any]]]:
        """What Connexion calls for each request; its answer reaches handlers as `token_info`."""

        async def verify(request: ConnexionRequest) -> dict[str, Any]:
            return identify(current(request.scope), request.scope, request.path_params["workspaceId"])

        return verify
