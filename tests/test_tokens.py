"""Tokens: who a good one names, what is wrong with a bad one, and those that are made to go wrong."""

from __future__ import annotations

import time
from typing import Any

import jwt
import pytest

from mockserver.rules.errors import NotAuthenticated, WorkspaceForbidden
from mockserver.tokens import BAD_TOKENS, Caller, Identity, Tokens, digest_of

SECRET = "a secret of more than thirty-two bytes"
TOKENS = Tokens(SECRET, "dev")
HOUR_S = 3600.0


def bearer(token: str) -> str:
    """The value of `Authorization`."""
    return f"Bearer {token}"


def sign(**claims: Any) -> str:
    """A token with these claims beside the usual ones."""
    return jwt.encode({"sub": "alice", "workspaceId": "acme", **claims}, SECRET, "HS256")


def refusal(token: str, now: float | None = None) -> tuple[str, str]:
    """Why a token is refused, for programs and for people."""
    with pytest.raises(NotAuthenticated) as caught:
        TOKENS.identify(bearer(token), now)
    return caught.value.reason, str(caught.value)


HINT = "Send 'Authorization: Bearer demo@demo'."
REFUSED = {
    "expired": ("expired", "The token has expired."),
    "not-yet-valid": ("invalid", "The token is not valid: The token is not yet valid (nbf)."),
    "tampered": ("invalid", f"The token is not valid: its signature is wrong. {HINT}"),
    "wrong-key": ("invalid", f"The token is not valid: its signature is wrong. {HINT}"),
    "no-signature": ("invalid", "The token is not valid: The specified alg value is not allowed."),
    "malformed": ("invalid", f"The token is not valid: it is no JWT. {HINT}"),
}
FORBIDDEN = {
    "wrong-workspace": "The token is for the workspace elsewhere, the path names acme.",
    "no-workspace": "The token is for the workspace (none), the path names acme.",
}


@pytest.mark.clause("AUT-1", "AUT-4")
@pytest.mark.parametrize("kind", REFUSED)
def test_a_bad_token_is_refused_for_what_is_bad_about_it(kind: str) -> None:
    """Each for its own reason, by the API's own words."""
    assert refusal(TOKENS.mint_bad(kind, "acme", caller="alice")) == REFUSED[kind]
    assert BAD_TOKENS[kind].endswith("401.")


@pytest.mark.clause("AUT-1")
@pytest.mark.parametrize(("asked_for", "shown"), [("acme", "demo@acme"), ("a'b\n", "demo@demo"), (None, "demo@demo")])
def test_who_has_no_token_is_shown_one_that_fits(asked_for: str | None, shown: str) -> None:
    """Of the workspace that the path names, if that can be pasted."""
    with pytest.raises(NotAuthenticated, match=f"Bearer {shown}'"):
        TOKENS.identify("", asked_for=asked_for)


@pytest.mark.clause("AUT-2")
@pytest.mark.parametrize("kind", FORBIDDEN)
def test_a_token_of_another_workspace_says_who_calls(kind: str) -> None:
    """It is good, and not for this path."""
    token = bearer(TOKENS.mint_bad(kind, "acme", caller="alice"))
    assert TOKENS.identify(token).caller.author == "alice"
    with pytest.raises(WorkspaceForbidden) as caught:
        TOKENS.read(token, "acme")
    assert str(caught.value) == FORBIDDEN[kind]
    assert BAD_TOKENS[kind].endswith("403.")


def test_every_kind_of_bad_token_is_accounted_for() -> None:
    """In the table for people, and here."""
    assert set(BAD_TOKENS) == {*REFUSED, *FORBIDDEN}
    other = TOKENS.mint_bad("wrong-workspace", "elsewhere")
    assert TOKENS.identify(bearer(other)).caller.workspace == "somewhere"


def test_an_unknown_kind_of_bad_token_is_named() -> None:
    """With the one that was meant, and all that there are."""
    with pytest.raises(ValueError, match=r"'expird' .*did you mean expired\?.*not-yet-valid") as caught:
        TOKENS.mint_bad("expird", "acme")
    assert "malformed" in str(caught.value)


def test_a_token_tells_its_caller_and_its_end() -> None:
    """`read` gives the caller alone."""
    token = bearer(TOKENS.mint("acme", caller="alice", customer=42, expires_in_s=60, now=1e9))
    identity = TOKENS.identify(token, 1e9 + 59)
    assert identity == Identity(Caller("acme", "alice", 42), digest_of(token), expires_at=1e9 + 60)
    fresh = bearer(TOKENS.mint("acme", caller="alice", customer=42))
    assert TOKENS.read(fresh, "acme") == Caller("acme", "alice", 42)


def test_a_token_can_be_made_to_die() -> None:
    """It says when; two that were minted alike are two."""
    tokens = [bearer(TOKENS.mint("acme", dies_after_calls=0, dies_mid_stream=3)) for _ in range(2)]
    identities = [TOKENS.identify(token) for token in tokens]
    assert [(each.dies_after_calls, each.dies_mid_stream) for each in identities] == [(0, 3)] * 2
    assert identities[0].digest != identities[1].digest
    healthy = TOKENS.identify(bearer(TOKENS.mint("acme")))
    assert (healthy.dies_after_calls, healthy.dies_mid_stream) == (None, None)


@pytest.mark.parametrize("claim", [True, "3", -1, None, 1.5])
def test_a_token_that_dies_at_no_number_lives(claim: Any) -> None:
    """Whoever signs tokens of their own may put anything in."""
    assert TOKENS.identify(bearer(sign(mockDiesAfterCalls=claim, mockDiesMidStream=claim))).dies_after_calls is None


@pytest.mark.clause("AUT-4")
def test_a_token_expires_by_the_clock_that_is_asked() -> None:
    """That of a workspace may be ahead, or stand: then nothing that was minted meanwhile is too new for it."""
    token = TOKENS.mint("acme", expires_in_s=60)
    now = time.time()
    assert refusal(token, now + HOUR_S) == ("expired", "The token has expired.")
    assert TOKENS.identify(bearer(token), now - HOUR_S).caller.workspace == "acme"
    ahead = TOKENS.mint("acme", expires_in_s=60, now=now + HOUR_S)
    assert TOKENS.identify(bearer(ahead), now + HOUR_S).caller.workspace == "acme"
    early = TOKENS.mint_bad("not-yet-valid", "acme")
    assert TOKENS.identify(bearer(early), now + HOUR_S + 60).caller.workspace == "acme"


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"exp": "soon"}, "it is no JWT"),
        ({"nbf": []}, "it is no JWT"),
        ({"iat": "now"}, "Issued At claim (iat) must be an integer."),
        ({"sub": 5}, "Subject must be a string"),
    ],
)
def test_claims_that_are_none(claims: dict[str, Any], reason: str) -> None:
    """AUT-1: refused, never a failure."""
    assert refusal(sign(**claims))[0] == "invalid"
    assert reason in refusal(sign(**claims))[1]


def test_a_token_without_an_end() -> None:
    """Is good for ever; so is one whose end no number of seconds reaches."""
    assert TOKENS.identify(bearer(sign())).expires_at is None
    assert TOKENS.identify(bearer(sign(exp=10**400))).expires_at == float("inf")


@pytest.mark.parametrize("authorization", ["", "Bearer", "Basic YTpi", "alice@acme"])
def test_no_bearer_token_at_all(authorization: str) -> None:
    """AUT-1: another reason than a token that is wrong."""
    with pytest.raises(NotAuthenticated, match=r"A bearer token is needed\.") as caught:
        TOKENS.identify(authorization)
    assert caught.value.reason == "none"


def test_a_digest_tells_tokens_apart() -> None:
    """However they are sent; and says nothing of them."""
    assert digest_of("Bearer alice@acme") == digest_of("bearer   alice@acme ") != digest_of("Bearer bob@acme")
    assert "alice" not in str(digest_of("Bearer alice@acme"))
    assert (digest_of(""), digest_of("Bearer")) == (None, None)


def test_open_believes_whoever_calls() -> None:
    """In the workspace that is asked for, else in the token's, else in the default one."""
    tokens = Tokens(SECRET, "open")
    forged = bearer(jwt.encode({"sub": "eve", "workspaceId": "w", "mockDiesAfterCalls": 2}, "x" * 32, "HS256"))
    identity = tokens.identify(forged, asked_for="acme")
    assert (identity.caller.workspace, identity.caller.author, identity.dies_after_calls) == ("acme", "eve", 2)
    assert tokens.identify(forged).caller.workspace == "w"
    assert tokens.identify("").caller == Caller("demo", "demo", tokens.read("", "x").legacy_customer_id)


@pytest.mark.clause("AUT-2")
@pytest.mark.parametrize(
    ("claimed", "requested", "hint"),
    [
        ("demo", "dmeo", " Did you mean demo?"),
        ("Demo", "demo", " Did you mean Demo?"),
        ("demo", "acme", ""),
        ("demo", "x" * 10_000, ""),
    ],
)
def test_a_misspelt_workspace(claimed: str, requested: str, hint: str) -> None:
    """The token knows which one was meant."""
    with pytest.raises(WorkspaceForbidden) as caught:
        TOKENS.read(f"Bearer alice@{claimed}", requested)
    assert str(caught.value) == f"The token is for the workspace {claimed}, the path names {requested}.{hint}"
