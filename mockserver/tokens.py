"""Who calls: reads bearer tokens and mints them.

Two kinds of token are known. `caller@workspace` is a development token that says what it is. A JWT is verified
(signature, expiry) and its claims are obeyed. Which kinds are taken is the setting `auth`.

Clauses: AUT-1, AUT-2, AUT-4, CRE-5. The reference says that a token has a workspace claim and names the author;
what the claims are called it leaves open, so the names below are the mock's choice.
"""

from __future__ import annotations

import hashlib
import math
import re
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final

from mockserver.ids import digest
from mockserver.rules.errors import NO_WORKSPACE, NotAuthenticated, WorkspaceForbidden

DEFAULT_CALLER = "demo"
DEFAULT_WORKSPACE = "demo"

TOKEN_LIFETIME_S = 14_399
"""How long a token of the vendor's identity provider lives, in seconds."""

WORKSPACE_CLAIM = "workspaceId"
CUSTOMER_CLAIM = "legacyCustomerId"
DIES_AFTER_CALLS_CLAIM = "mockDiesAfterCalls"
DIES_MID_STREAM_CLAIM = "mockDiesMidStream"

BAD_TOKENS: Final[Mapping[str, str]] = {
    "expired": "It expired an hour ago: 401.",
    "not-yet-valid": "It is good in an hour only (`nbf`): 401.",
    "wrong-workspace": "It is good, for another workspace: 403.",
    "no-workspace": "It is good, and has no workspace claim: 403.",
    "tampered": "Its payload was changed after it was signed, to another caller: 401.",
    "wrong-key": "It is signed with another secret: 401.",
    "no-signature": "It has no signature (`alg: none`): 401.",
    "malformed": "It is no JWT: 401.",
}
"""The ready-made tokens that are refused, by the name that `Tokens.mint_bad` takes."""

_HOUR_S = 3600
_REMEMBERED = 1000
_SHORT = 200
"""So many tokens are remembered, and none that is longer."""

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,127}")
"""Workspaces that an example can be made for."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: the workspace and the author that the token names, and the number that conversations show (CRE-5)."""

    workspace: str
    author: str
    legacy_customer_id: int | None


@dataclass(frozen=True, slots=True)
class Identity:
    """What a token that is good says of itself.

    Attributes:
        digest: tells this token from others and says nothing of it; None where there is none (`auth` is `open`).
        dies_after_calls: it is to be refused after so many calls.
        dies_mid_stream: it is to be refused as soon as a stream opened with it has sent so many deltas.
        expires_at: in seconds since the epoch; None where it never expires.
    """

    caller: Caller
    digest: str | None = None
    dies_after_calls: int | None = None
    dies_mid_stream: int | None = None
    expires_at: float | None = None


def digest_of(authorization: str) -> str | None:
    """A short hash of the credential in an `Authorization` header, whatever its scheme; None where there is none."""
    token = _credential(authorization)[1]
    return hashlib.blake2b(token.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest() if token else None


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
        self._developers: dict[str, Identity] = {}
        """Who is behind a development token, by the header that it came in: it says the same every time."""

    def mint(
        self,
        workspace: str,
        *,
        caller: str | None = None,
        customer: int | None = None,
        expires_in_s: int = TOKEN_LIFETIME_S,
        dies_after_calls: int | None = None,
        dies_mid_stream: int | None = None,
        now: float | None = None,
    ) -> str:
        """A signed JWT that is good for `expires_in_s` seconds; below zero it has expired already.

        A caller of whom only the customer number is given is called after that. No two tokens are alike, not even of
        one caller in one second: one may die (see `Identity`), and the other live.

        Args:
            now: when it is minted, in seconds since the epoch, for a workspace whose clock is ahead; else the real
                time.
        """
        from mockserver import signed

        claims = self._claims(workspace, caller, customer, expires_in_s, now) | {"jti": str(uuid.uuid4())}
        deaths = {DIES_AFTER_CALLS_CLAIM: dies_after_calls, DIES_MID_STREAM_CLAIM: dies_mid_stream}
        claims |= {claim: value for claim, value in deaths.items() if value is not None}
        return signed.sign(claims, self._secret)

    def mint_bad(self, kind: str, workspace: str, *, caller: str | None = None, now: float | None = None) -> str:
        """A token that is refused, in one of the ways of `BAD_TOKENS`.

        Raises:
            ValueError: there is no such kind; names those that there are.
        """
        from mockserver import signed

        if kind not in BAD_TOKENS:
            near = get_close_matches(kind[:100], BAD_TOKENS, n=1)
            hint = f" (did you mean {near[0]}?)" if near else ""
            raise ValueError(f"{kind!r} is no kind of bad token{hint}. Take one of {', '.join(BAD_TOKENS)}.")
        expires_in_s = -_HOUR_S if kind == "expired" else TOKEN_LIFETIME_S
        claims = self._claims(workspace, caller, None, expires_in_s, now)
        secret = self._secret
        match kind:
            case "not-yet-valid":
                claims["nbf"] = claims["iat"] + _HOUR_S
            case "wrong-workspace":
                claims[WORKSPACE_CLAIM] = "elsewhere" if workspace != "elsewhere" else "somewhere"
            case "no-workspace":
                del claims[WORKSPACE_CLAIM]
            case "wrong-key":
                secret = hashlib.sha256(secret.encode()).hexdigest()
            case "no-signature":
                return signed.without_signature(claims)
            case "malformed":
                return "not-a-token"
        token = signed.sign(claims, secret)
        return signed.tamper(token) if kind == "tampered" else token

    def _claims(
        self, workspace: str, caller: str | None, customer: int | None, expires_in_s: int, now: float | None
    ) -> dict[str, Any]:
        if caller is None:
            caller = DEFAULT_CALLER if customer is None else f"customer-{customer}"
        second = int(time.time() if now is None else now)
        return {
            "sub": caller,
            WORKSPACE_CLAIM: workspace,
            CUSTOMER_CLAIM: customer_number(caller) if customer is None else customer,
            "iat": min(second, second + expires_in_s, int(time.time())),
            "exp": second + expires_in_s,
        }

    def identify(self, authorization: str, now: float | None = None, *, asked_for: str | None = None) -> Identity:
        """What the token of an `Authorization` header says.

        Args:
            now: by which it may have expired, in seconds since the epoch; else the real time. A clock that is behind
                makes no token too new.
            asked_for: the workspace of the path, which whoever calls is taken to be of where `auth` is `open`.

        Raises:
            NotAuthenticated: AUT-1, AUT-4; says what is wrong with the token, never what it is.
        """
        scheme, token = _credential(authorization)
        if self._mode == "open":
            claims = self._peek(token)
            workspace = asked_for or str(claims.get(WORKSPACE_CLAIM) or DEFAULT_WORKSPACE)
            return _identity(claims, workspace, digest_of(authorization))
        if not token or scheme.lower() != "bearer":
            raise NotAuthenticated(f"A bearer token is needed. {self._hint(asked_for)}", "none")
        if self._mode == "dev" and "@" in token:
            known = self._developers.get(authorization)
            if known is None:
                known = Identity(self._read_development(token, asked_for), digest_of(authorization))
                if len(self._developers) < _REMEMBERED and len(authorization) < _SHORT:
                    self._developers[authorization] = known
            return known
        claims = self._verify(token, time.time() if now is None else now, asked_for)
        expires_at = int(claims["exp"]) if "exp" in claims else None
        return _identity(claims, str(claims.get(WORKSPACE_CLAIM) or ""), digest_of(authorization), expires_at)

    def read(self, authorization: str, workspace: str) -> Caller:
        """The caller behind an `Authorization` header, who asks for a workspace.

        Raises:
            NotAuthenticated: AUT-1, AUT-4; says what is wrong with the token, never what it is.
            WorkspaceForbidden: AUT-2.
        """
        caller = self.identify(authorization, asked_for=workspace).caller
        check_workspace(caller, workspace)
        return caller

    def _hint(self, workspace: str | None) -> str:
        named = workspace if workspace and _PLAIN.fullmatch(workspace) else DEFAULT_WORKSPACE
        example = f"{DEFAULT_CALLER}@{named}" if self._mode == "dev" else "<a JWT: see mockserver token>"
        return f"Send 'Authorization: Bearer {example}'."

    def _read_development(self, token: str, asked_for: str | None) -> Caller:
        name, _, workspace = token.rpartition("@")
        if not name or not workspace or any(character.isspace() for character in token):
            raise NotAuthenticated(f"A development token is caller@workspace. {self._hint(asked_for)}")
        return Caller(workspace, name, customer_number(name))

    def _verify(self, token: str, now: float, asked_for: str | None) -> Mapping[str, Any]:
        from mockserver import signed

        try:
            return signed.verify(token, self._secret, now)
        except signed.Refused as refused:
            hint = f" {self._hint(asked_for)}" if refused.strange else ""
            raise NotAuthenticated(f"{refused}{hint}", "expired" if refused.expired else "invalid") from None

    def _peek(self, token: str) -> Mapping[str, Any]:
        """What an unchecked token says of its caller, so far as it can be read."""
        if "@" in token:
            return {"sub": token.rpartition("@")[0]}
        from mockserver import signed

        return signed.peek(token)


def check_workspace(caller: Caller, requested: str) -> None:
    """AUT-2: the token is for the workspace that the path names.

    Raises:
        WorkspaceForbidden: it is not.
    """
    if caller.workspace != requested:
        raise WorkspaceForbidden(caller.workspace or NO_WORKSPACE, requested)


def _credential(authorization: str) -> tuple[str, str]:
    """The scheme and what comes after it."""
    scheme, _, token = authorization.strip().partition(" ")
    return scheme, token.strip()


def _identity(
    claims: Mapping[str, Any], workspace: str, token_digest: str | None, expires_at: int | None = None
) -> Identity:
    return Identity(
        _caller(claims, workspace),
        token_digest,
        _count(claims.get(DIES_AFTER_CALLS_CLAIM)),
        _count(claims.get(DIES_MID_STREAM_CLAIM)),
        None if expires_at is None else _as_float(expires_at),
    )


def _as_float(number: int) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf  # far below zero it has expired


def _count(claim: Any) -> int | None:
    return claim if isinstance(claim, int) and not isinstance(claim, bool) and claim >= 0 else None


def _caller(claims: Mapping[str, Any], workspace: str) -> Caller:
    customer = claims.get(CUSTOMER_CLAIM)
    customer = customer if isinstance(customer, int) and not isinstance(customer, bool) else None
    default = DEFAULT_CALLER if customer is None else f"customer-{customer}"
    name = str(claims.get("sub") or default)
    return Caller(workspace, name, customer_number(name) if customer is None else customer)
