"""The token endpoint of the vendor's identity provider, so that a client's whole login works against the mock.

The OAuth 2.0 client-credentials grant at `/oauth/v2/token` (RFC 6749, sections 4.4 and 5). It is another service
than the Conversations API, hence not in `openapi.yaml`. Any secret is right: `client_id` says who logs in, as
`caller` (in the workspace `demo`) or `caller@workspace`.
"""

from __future__ import annotations

import base64
import binascii
from urllib.parse import unquote_plus

from starlette.requests import Request
from starlette.responses import JSONResponse

from mockserver.tokens import DEFAULT_WORKSPACE, TOKEN_LIFETIME_S, Tokens

TOKEN_PATH = "/oauth/v2/token"  # noqa: S105 - a path


class TokenEndpoint:
    """Answers the grant."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    async def grant(self, request: Request) -> JSONResponse:
        """A token, or an error of RFC 6749: `invalid_request`, `unsupported_grant_type`, `invalid_client`."""
        if not request.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded"):
            return _refuse("invalid_request", "Send a form body (application/x-www-form-urlencoded).")
        form = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
        grant = form.get("grant_type")
        if grant is None:
            return _refuse("invalid_request", "grant_type is missing. Send grant_type=client_credentials.")
        if grant != "client_credentials":
            return _refuse("unsupported_grant_type", "Only client_credentials is supported.")
        client_id, secret = _basic_credentials(request) or (form.get("client_id"), form.get("client_secret"))
        if not client_id or not secret:
            return _refuse("invalid_client", "client_id and client_secret are needed; any secret will do.", 401)
        caller, _, workspace = client_id.rpartition("@") if "@" in client_id else (client_id, "", DEFAULT_WORKSPACE)
        if not caller or not workspace:
            return _refuse("invalid_client", "client_id is a caller's name, or caller@workspace.", 401)
        token = self._tokens.mint(workspace, caller=caller)
        body = {"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_LIFETIME_S}
        return JSONResponse(body, headers={"Cache-Control": "no-store"})


def _basic_credentials(request: Request) -> tuple[str, str] | None:
    """The client's credentials from HTTP Basic, which RFC 6749 lets clients use instead of the form (section 2.3.1)."""
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return unquote_plus(client_id), unquote_plus(secret)


def _refuse(error: str, description: str, status: int = 400) -> JSONResponse:
    headers = {"Cache-Control": "no-store"} | ({"WWW-Authenticate": "Basic"} if status == 401 else {})
    return JSONResponse({"error": error, "error_description": description}, status, headers)
