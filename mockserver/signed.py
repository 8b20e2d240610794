"""JWTs: signs them, reads them, and tells why one is refused.

Imported when the first of them is met: PyJWT brings an HTTP client along, and most runs see development tokens alone.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any, Final

import jwt
from jwt.utils import base64url_decode, base64url_encode

_ALGORITHM = "HS256"

_ALL_BUT_THE_TIME: Final[Any] = {"verify_aud": False, "verify_exp": False, "verify_iat": False, "verify_nbf": False}
"""What PyJWT checks: the time is the workspace's own."""


class Refused(Exception):
    """A JWT is not good; the text says why.

    Attributes:
        expired: its time is over.
        strange: it is no JWT, or none of ours.
    """

    def __init__(self, why: str, *, expired: bool = False, strange: bool = False) -> None:
        super().__init__(why)
        self.expired = expired
        self.strange = strange


def sign(claims: Mapping[str, Any], secret: str) -> str:
    """A JWT with these claims."""
    return jwt.encode(dict(claims), secret, _ALGORITHM)


def without_signature(claims: Mapping[str, Any]) -> str:
    """One that says of itself that nobody has signed it."""
    return jwt.encode(dict(claims), None, "none")


def tamper(token: str) -> str:
    """The token with another caller in its payload, and the signature of before."""
    header, payload, signature = token.split(".")
    claims = json.loads(base64url_decode(payload))
    changed = json.dumps({**claims, "sub": f"not-{claims['sub']}"}).encode()
    return ".".join([header, base64url_encode(changed).decode(), signature])


def verify(token: str, secret: str, now: float) -> dict[str, Any]:
    """The claims of a token that is good at that time, in seconds since the epoch.

    Raises:
        Refused: it is not.
    """
    try:
        claims: dict[str, Any] = jwt.decode(token, secret, [_ALGORITHM], options=_ALL_BUT_THE_TIME)
        _check_time(claims, now)
    except jwt.ExpiredSignatureError:
        raise Refused("The token has expired.", expired=True) from None
    except jwt.DecodeError as error:
        why = "its signature is wrong" if isinstance(error, jwt.InvalidSignatureError) else "it is no JWT"
        raise Refused(f"The token is not valid: {why}.", strange=True) from None
    except jwt.InvalidTokenError as error:
        raise Refused(f"The token is not valid: {error}.") from None
    return claims


def peek(token: str) -> Mapping[str, Any]:
    """The claims of a token that nobody checks; none where it cannot be read."""
    try:
        claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    except jwt.InvalidTokenError:
        return {}
    return claims


def _check_time(claims: Mapping[str, Any], now: float) -> None:
    """What PyJWT would say of a token's times at that time."""
    latest = max(now, time.time())
    if "iat" in claims and _second(claims["iat"], jwt.InvalidIssuedAtError("Issued At claim (iat)")) > latest:
        raise jwt.ImmatureSignatureError("The token is not yet valid (iat)")
    if "nbf" in claims and _second(claims["nbf"], jwt.DecodeError("Not Before claim (nbf)")) > latest:
        raise jwt.ImmatureSignatureError("The token is not yet valid (nbf)")
    if "exp" in claims and _second(claims["exp"], jwt.DecodeError("Expiration Time claim (exp)")) <= now:
        raise jwt.ExpiredSignatureError("Signature has expired")


def _second(claim: Any, refusal: jwt.InvalidTokenError) -> int:
    try:
        return int(claim)
    except (ValueError, TypeError, OverflowError):
        raise type(refusal)(f"{refusal} must be an integer.") from None
