"""Who calls: reads bearer tokens and mints them.

Two kinds of token are known. `caller@workspace` is a development token that says what it is. A JWT is verified
(signature, expiry) and its claims are obeyed. Which kinds are taken is the setting `auth`.

Clauses: AUT-1, AUT-2, AUT-4, CRE-5. The reference says that a token has a workspace claim and names the author;
what the claims are called it leaves open, so the names below are the mock's choice.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt

from mockserver.ids import digest
from mockserver.rules.errors import NotAuthenticated, WorkspaceForbidden

DEFAULT_CALLER = "demo"
DEFAULT_WORKSPACE = "demo"

TOKEN_LIFETIME_S = 14_399
"""How long a token of the vendor's identity provider lives, in seconds."""

WORKSPACE_CLAIM = "workspaceId"
CUSTOMER_CLAIM = "legacyCustomerId"

_ALGORITHM = "HS256"
_HINT = "Send 'Authorization: Bearer {}'."


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: the workspace and the author that the token names, and the number that conversations show (CRE-5)."""

    workspace: str
    author: str
    legacy_customer_id: int | None


def customer_number(caller: str) -> int:
    """The customer number of a caller who is known by a name: that in `customer-42`, else one that follows from it."""
    if match := re.fullmatch(r"customer-([0-9]{1,18})", caller, re.ASCII):
        return int(match[1])
    return 100_000 + int.from_bytes(digest(0, "customer", caller)) % 900_000


class Tokens:
    """Mints tokens and reads them.

    Args:
        secret: what JWTs are signed with (HS256).
        mode: `dev` takes development tokens and JWTs, `strict` JWTs only, `open` anything, nothing too.
    """

    def __init__(self, secret: str, mode: str) -> None:
        self._secret = secret
        self._mode = mode

    def mint(
        self,
        workspace: str,
        *,
        caller: str | None = None,
        customer: int | None = None,
        expires_in_s: int = TOKEN_LIFETIME_S,
    ) -> str:
        """A signed JWT that is good for `expires_in_s` seconds; below zero it has expired already.

        A caller of whom only the customer number is given is called after that.
        """
        if caller is None:
            caller = DEFAULT_CALLER if customer is None else f"customer-{customer}"
        now = int(time.time())
        claims = {
            "sub": caller,
            WORKSPACE_CLAIM: workspace,
            CUSTOMER_CLAIM: customer_number(caller) if customer is None else customer,
            "iat": min(now, now + expires_in_s),
            "exp": now + expires_in_s,
        }
        return jwt.encode(claims, self._secret, _ALGORITHM)

    def read(self, authorization: str, workspace: str) -> Caller:
        """The caller behind an `Authorization` header, who asks for a workspace.

        Raises:
            NotAuthenticated: AUT-1, AUT-4; says what is wrong with the token, never what it is.
            WorkspaceForbidden: AUT-2.
        """
        scheme, _, token = authorization.strip().partition(" ")
        token = token.strip()
        if self._mode == "open":
            return _caller(self._peek(token), workspace)
        if not token or scheme.lower() != "bearer":
            raise NotAuthenticated(f"A bearer token is needed. {_HINT.format(self._example)}")
        caller = self._read_development(token) if self._mode == "dev" and "@" in token else self._verify(token)
        if caller.workspace != workspace:
            raise WorkspaceForbidden(caller.workspace or "(none)", workspace)
        return caller

    @property
    def _example(self) -> str:
        return f"{DEFAULT_CALLER}@{DEFAULT_WORKSPACE}" if self._mode == "dev" else "<a JWT: see mockserver token>"

    def _read_development(self, token: str) -> Caller:
        name, _, workspace = token.rpartition("@")
        if not name or not workspace or any(character.isspace() for character in token):
            raise NotAuthenticated(f"A development token is caller@workspace. {_HINT.format(self._example)}")
        return Caller(workspace, name, customer_number(name))

    def _verify(self, token: str) -> Caller:
        try:
            claims = jwt.decode(token, self._secret, [_ALGORITHM], options={"verify_aud": False})
        except jwt.ExpiredSignatureError:
            raise NotAuthenticated("The token has expired.") from None
        except jwt.DecodeError as error:
            reason = "its signature is wrong" if isinstance(error, jwt.InvalidSignatureError) else "it is no JWT"
            raise NotAuthenticated(f"The token is not valid: {reason}. {_HINT.format(self._example)}") from None
        except jwt.InvalidTokenError as error:
            raise NotAuthenticated(f"The token is not valid: {error}.") from None
        return _caller(claims, str(claims.get(WORKSPACE_CLAIM) or ""))

    def _peek(self, token: str) -> Mapping[str, Any]:
        """What an unchecked token says of its caller, so far as it can be read."""
        if "@" in token:
            return {"sub": token.rpartition("@")[0]}
        try:
            claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
        except jwt.InvalidTokenError:
            return {}
        return claims


def _caller(claims: Mapping[str, Any], workspace: str) -> Caller:
    customer = claims.get(CUSTOMER_CLAIM)
    customer = customer if isinstance(customer, int) and not isinstance(customer, bool) else None
    default = DEFAULT_CALLER if customer is None else f"customer-{customer}"
    name = str(claims.get("sub") or default)
    return Caller(workspace, name, customer_number(name) if customer is None else customer)
