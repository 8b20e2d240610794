"""Each kind of bad token is refused with its status and says why; some tokens die on cue."""

from __future__ import annotations

import pytest

from mockserver.tokens import BAD_TOKENS

from .given import DELTAS, FAULT_HEADER, Scene, assert_error, assert_healthy

REFUSALS = {
    "expired": (401, "unauthenticated", "The token has expired."),
    "not-yet-valid": (401, "unauthenticated", "not yet valid"),
    "wrong-workspace": (403, "forbidden", "elsewhere"),
    "no-workspace": (403, "forbidden", "workspace"),
    "tampered": (401, "unauthenticated", "its signature is wrong"),
    "wrong-key": (401, "unauthenticated", "its signature is wrong"),
    "no-signature": (401, "unauthenticated", "The token is not valid"),
    "malformed": (401, "unauthenticated", "it is no JWT"),
}


def test_every_kind_is_here() -> None:
    """A new kind needs a line in the table."""
    assert set(REFUSALS) == set(BAD_TOKENS)


@pytest.mark.parametrize("kind", REFUSALS)
def test_a_bad_token_is_refused(scene: Scene, kind: str) -> None:
    """By every operation alike; nothing is kept of the call, and a good token is good as ever."""
    status, code, said = REFUSALS[kind]
    bad = scene.sandbox.bad_token(kind, caller="alice")
    for wire, operation in (
        (scene.list_conversations(token=bad), "listConversations"),
        (scene.send(token=bad), "sendMessage"),
        (scene.stream(token=bad).read(), "openMessageStream"),
    ):
        assert said in assert_error(wire, status, code, operation)
        assert bad not in wire.raw.decode()
        assert ("www-authenticate" in wire.headers) == (status == 401)
    assert scene.messages() == []
    assert_healthy(scene.stream())


@pytest.mark.parametrize("calls", [0, 1, 3])
def test_one_dies_after_calls(scene: Scene, calls: int) -> None:
    """Dead is dead, and another one of the same caller lives."""
    token = scene.sandbox.token("alice", dies_after_calls=calls)
    assert [scene.list_conversations(token=token).status for _ in range(calls)] == [200] * calls
    for _ in range(2):
        refused = assert_error(scene.list_conversations(token=token), 401, "unauthenticated", "listConversations")
        assert refused == "The token has expired."
    assert scene.list_conversations(token=scene.sandbox.token("alice", dies_after_calls=1)).status == 200
    assert_healthy(scene.stream())


@pytest.mark.parametrize("deltas", [0, 4])
def test_one_dies_in_mid_stream(scene: Scene, deltas: int) -> None:
    """Good for any other call until then."""
    token = scene.sandbox.token("alice", dies_mid_stream=deltas)
    assert scene.list_conversations(token=token).status == 200
    wire = scene.stream(token=token).read()
    assert (wire.deltas, wire.names) == (DELTAS[:deltas], ["delta"] * deltas + ["error"])
    assert wire.data(-1) == {"error": "The token has expired.", "code": "unauthenticated"}
    assert wire.headers[FAULT_HEADER] == f"token-expires; after={deltas}"
    assert scene.newest()["faults"][0]["source"] == "token"
    assert_error(scene.list_conversations(token=token), 401, "unauthenticated", "listConversations")
    assert_healthy(scene.stream())


def test_a_new_token_is_alive_at_once(scene: Scene) -> None:
    """One that is minted for the same caller in the same second is not the one that died."""
    scene.sandbox.arm("token-expires", after=1)
    scene.stream().read()
    assert scene.list_conversations().status == 401
    assert scene.list_conversations(token=scene.sandbox.token("alice")).status == 200
