"""What a client sees of each kind of fault on a stream: the table that says so exactly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pytest

from mockserver.faults.answers import GARBAGE

from .given import ALL_EVENTS, DELTAS, REPLY, Scene, assert_error, wait_until
from .observing import STREAM, Observation, final, freeze, opened
from .wire_client import Wire
from .wire_forms import (
    same_text,
    see_bom,
    see_bytes,
    see_comments,
    see_cr,
    see_crlf,
    see_glued,
    see_huge,
    see_ids,
    see_lf,
    see_mixed,
    see_multi_line,
    see_no_space,
    see_split,
    see_torture,
    waits_for_the_end,
)


def _error(code: int, name: str, **headers: str) -> Callable[[Scene, Wire], None]:
    def expect(_: Scene, wire: Wire) -> None:
        assert_error(wire.read(), code, name, "openMessageStream")
        for header, value in headers.items():
            assert wire.headers[header.replace("_", "-")] == value
        assert not wire.ended

    return expect


def _expired(scene: Scene, wire: Wire) -> None:
    assert assert_error(wire.read(), 401, "unauthenticated", "openMessageStream") == "The token has expired."
    assert wire.headers["www-authenticate"].startswith("Bearer")
    assert scene.list_conversations().status == 200, "the same token is good for the next call"


def _delay(scene: Scene, wire: Wire) -> None:
    wait_until(lambda: scene.sandbox.journal(operation="openMessageStream"))
    scene.sandbox.advance(0.7)
    assert scene.newest()["status"] is None
    assert wire.is_silent()
    scene.sandbox.advance(0.2)
    wire.read(lambda: wire.status > 0)
    assert scene.newest()["firstByteS"] == pytest.approx(0.9, abs=0.05)
    scene.sandbox.advance(0.9)
    assert scene.live_events() == 0, "the reply takes its time beside the delay"
    scene.sandbox.advance(60)
    assert wire.read().names == ALL_EVENTS


def _reset_before(_: Scene, wire: Wire) -> None:
    wire.read_to_the_close()
    assert (bytes(wire.raw), wire.ended) == (b"", "reset")


def _reset_after(_: Scene, wire: Wire) -> None:
    wire.read_to_the_close()
    assert (wire.status, wire.headers["content-type"]) == (200, STREAM)
    assert (wire.pieces, wire.complete, wire.ended) == ([], False, "reset")
    assert wire.raw.endswith(b"\r\n\r\n")


def _empty(_: Scene, wire: Wire) -> None:
    wire.read_to_the_close()
    assert (bytes(wire.raw), wire.ended) == (b"", "closed")


def _garbage(_: Scene, wire: Wire) -> None:
    wire.read_to_the_close()
    assert (bytes(wire.raw), wire.status, wire.ended) == (GARBAGE, 0, "closed")


def _html(_: Scene, wire: Wire) -> None:
    wire.read()
    assert (wire.status, wire.headers["content-type"]) == (504, "text/html; charset=utf-8")
    assert b"<h1>504 Gateway Timeout</h1>" in wire.body


def _fails(scene: Scene, wire: Wire) -> None:
    assert opened(wire).complete
    assert wire.deltas == DELTAS[:3]
    assert wire.names == ["delta"] * 3 + ["error"]
    assert wire.data(-1)["code"] == "generationFailed"
    assert scene.texts() == []


def _breaks(complete: bool, ended: str) -> Callable[[Scene, Wire], None]:
    def expect(scene: Scene, wire: Wire) -> None:
        opened(wire)
        assert wire.names == ["delta"] * 3
        assert (wire.complete, wire.ended) == (complete, ended)
        assert wire.deltas == DELTAS[:3]
        wait_until(lambda: not scene.sandbox.streams())
        assert scene.texts() == ["".join(DELTAS[:3])], "what had come is kept"

    return expect


def _stalls_for_ever(scene: Scene, wire: Wire) -> None:
    scene.sandbox.wait_for_stream()
    scene.sandbox.advance(60)
    assert wire.read_events(3).deltas == DELTAS[:3]
    scene.sandbox.advance(9_000)
    assert scene.live_events() == 3
    assert wire.is_silent()
    assert scene.cancel().status == 200
    assert wire.read().complete
    assert len(wire.events) == 3


def _stalls(scene: Scene, wire: Wire) -> None:
    scene.sandbox.wait_for_stream()
    scene.sandbox.advance(3)
    wire.read_events(3)
    scene.sandbox.advance(20.9)
    assert scene.live_events() == 3
    assert wire.is_silent()
    scene.sandbox.advance(0.2)
    assert wire.read_events(4).deltas == DELTAS[:4]
    scene.sandbox.advance(60)
    assert wire.read().names == ALL_EVENTS
    assert scene.newest()["events"][3]["atS"] == pytest.approx(24.1, abs=0.05)


def _duplicate_final(scene: Scene, wire: Wire) -> None:
    assert opened(wire).complete
    assert wire.names == [*ALL_EVENTS, "message"]
    assert wire.data(-1)["message"] == wire.data(-2)["message"] == final(scene)


def _missing_final(scene: Scene, wire: Wire) -> None:
    assert opened(wire).complete
    assert wire.names == ["delta"] * len(DELTAS)
    assert scene.texts() == [REPLY]


def _early_final(scene: Scene, wire: Wire) -> None:
    assert opened(wire).complete
    assert wire.names == ["delta"] * (len(DELTAS) - 2) + ["message", "delta", "delta"]
    assert wire.deltas == DELTAS
    assert wire.data(-3)["message"] == final(scene)
    assert scene.texts() == [REPLY]


def _swapped(scene: Scene, wire: Wire) -> None:
    assert opened(wire).complete
    assert wire.names == ALL_EVENTS
    assert wire.deltas == [*DELTAS[:3], DELTAS[4], DELTAS[3], *DELTAS[5:]]
    assert wire.data(-1)["message"] == final(scene)
    assert scene.texts() == [REPLY]


def _twice(scene: Scene, wire: Wire) -> None:
    assert opened(wire).complete
    assert wire.deltas == [*DELTAS[:4], DELTAS[3], *DELTAS[4:]]
    assert wire.data(-1)["message"] == final(scene)
    assert scene.texts() == [REPLY]


def _wrong_id(scene: Scene, wire: Wire) -> None:
    assert opened(wire).names == ALL_EVENTS
    sent, kept = wire.data(-1)["message"], final(scene)
    assert sent["id"] != kept["id"]
    assert {**sent, "id": kept["id"]} == kept


def _token_expires(scene: Scene, wire: Wire) -> None:
    assert opened(wire).complete
    assert wire.names == ["delta"] * 3 + ["error"]
    assert wire.data(-1) == {"error": "The token has expired.", "code": "unauthenticated"}
    assert (
        assert_error(scene.list_conversations(), 401, "unauthenticated", "listConversations")
        == "The token has expired."
    )
    scene.token = scene.sandbox.token("alice", expires_in_s=999)


def _unknown_event(_: Scene, wire: Wire) -> None:
    assert opened(wire).complete
    assert wire.names == ["delta"] * 3 + ["notice", *ALL_EVENTS[3:]]
    assert wire.deltas == DELTAS


def _slow(scene: Scene, wire: Wire) -> None:
    scene.sandbox.wait_for_stream()
    scene.sandbox.advance(1)
    assert wire.read_events(1).deltas == DELTAS[:1]
    scene.sandbox.advance(9.9)
    assert scene.live_events() == 1
    scene.sandbox.advance(0.2)
    assert wire.read_events(2).deltas == DELTAS[:2]
    scene.sandbox.advance(10 * len(DELTAS))
    assert wire.read().names == ALL_EVENTS


def _late(scene: Scene, wire: Wire) -> None:
    scene.sandbox.wait_for_stream()
    scene.sandbox.advance(5.9)
    assert scene.live_events() == 0
    scene.sandbox.advance(0.2)
    assert wire.read_events(1).deltas == DELTAS[:1]
    assert scene.live_events() == 1
    scene.sandbox.advance(60)
    assert wire.read().names == ALL_EVENTS


AFTER: Final = {"after": 3}
OBSERVATIONS: Final = [
    Observation("status", _error(503, "internalError", retry_after="7"), {"code": 503, "retry_after": 7}),
    Observation("status", _error(429, "rateLimited", retry_after="1"), {"code": 429}),
    Observation("status", _error(409, "conversationLocked"), {"code": 409}),
    Observation("status", _error(500, "internalError"), {"code": 500}),
    Observation("expired-token", _expired),
    Observation("delay", _delay, {"ms": 800}, freeze),
    Observation("reset-before-headers", _reset_before, headers=False),
    Observation("reset-after-headers", _reset_after),
    Observation("empty-reply", _empty, headers=False),
    Observation("lost-answer", _empty, headers=False),
    Observation("garbage", _garbage, headers=False),
    Observation("html-error", _html, {"code": 504}),
    Observation("error", _fails, AFTER),
    Observation("truncate", _breaks(complete=False, ended="closed"), AFTER),
    Observation("end-early", _breaks(complete=True, ended=""), AFTER),
    Observation("stall", _stalls_for_ever, AFTER, freeze),
    Observation("stall", _stalls, {"after": 3, "seconds": 20}, freeze),
    Observation("reset", _breaks(complete=False, ended="reset"), AFTER),
    Observation("duplicate-final", _duplicate_final),
    Observation("missing-final", _missing_final),
    Observation("early-final", _early_final, {"deltas": 2}),
    Observation("swap-deltas", _swapped, AFTER),
    Observation("duplicate-delta", _twice, AFTER),
    Observation("wrong-id", _wrong_id),
    Observation("token-expires", _token_expires, AFTER),
    Observation("unknown-event", _unknown_event, AFTER),
    Observation("slow", _slow, {"factor": 10}, freeze),
    Observation("first-token", _late, {"ms": 5000}, freeze),
    Observation("bytes", same_text(see_bytes)),
    Observation("split-characters", same_text(see_split)),
    Observation("cr", same_text(see_cr)),
    Observation("crlf", same_text(see_crlf)),
    Observation("lf", same_text(see_lf)),
    Observation("mixed-lines", same_text(see_mixed)),
    Observation("multi-line", same_text(see_multi_line)),
    Observation("comments", same_text(see_comments)),
    Observation("bom", same_text(see_bom)),
    Observation("glued", same_text(see_glued)),
    Observation("huge", same_text(see_huge, ["delta", "message"])),
    Observation("buffered", waits_for_the_end, prepare=freeze),
    Observation("ids-and-retry", same_text(see_ids)),
    Observation("no-space", same_text(see_no_space)),
    Observation("torture", same_text(see_torture, [])),
]
"""Every kind at the least once; `quota`, which counts calls, has tests of its own."""
