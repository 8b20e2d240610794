"""What the torture pack looks like on the wire: odd bytes in odd pieces that a correct parser renders as ever."""

from __future__ import annotations

import json
from collections.abc import Callable

from mockserver.faults.wire import BOM

from .given import ALL_EVENTS, DELTAS, REPLY, Scene
from .observing import final, opened
from .wire_client import Wire


def same_text(look: Callable[[Wire], None], names: list[str] = ALL_EVENTS) -> Callable[[Scene, Wire], None]:
    """A correct parser renders what it always renders; only the bytes look otherwise."""

    def expect(scene: Scene, wire: Wire) -> None:
        assert opened(wire).complete
        assert "".join(wire.deltas) == wire.data(-1)["message"]["text"] == REPLY
        assert wire.data(-1)["message"] == final(scene)
        assert not wire.parser.invalid_utf8
        if names:
            assert wire.names == names
        if names == ALL_EVENTS:
            assert wire.deltas == DELTAS
        look(wire)

    return expect


def see_bytes(wire: Wire) -> None:
    """One at a time."""
    assert {len(piece) for piece in wire.pieces} == {1}


def _continues(byte: int) -> bool:
    return byte & 0xC0 == 0x80


def see_split(wire: Wire) -> None:
    """Every character of more than a byte is cut wherever it can be."""
    split = sum(_continues(piece[0]) for piece in wire.pieces)
    assert split == sum(map(_continues, wire.body)) > 10


def see_cr(wire: Wire) -> None:
    """CR alone."""
    assert b"\n" not in wire.body
    assert wire.body.endswith(b"\r\r")


def _cut_in_line_end(wire: Wire) -> bool:
    ends = zip(wire.pieces, wire.pieces[1:], strict=False)
    return any(left.endswith(b"\r") and right.startswith(b"\n") for left, right in ends)


def see_crlf(wire: Wire) -> None:
    """CR LF alone, cut between the two now and then."""
    assert b"\r" not in wire.body.replace(b"\r\n", b"")
    assert b"\n" not in wire.body.replace(b"\r\n", b"")
    assert _cut_in_line_end(wire)


def see_lf(wire: Wire) -> None:
    """LF alone, a line to a piece."""
    assert b"\r" not in wire.body
    assert {piece.count(b"\n") for piece in wire.pieces} == {1}
    assert all(piece.endswith(b"\n") for piece in wire.pieces)


def see_mixed(wire: Wire) -> None:
    """All three."""
    alone = wire.body.replace(b"\r\n", b"")
    assert b"\r\n" in wire.body
    assert b"\r" in alone
    assert b"\n" in alone
    assert _cut_in_line_end(wire)


def _blocks(wire: Wire) -> list[list[bytes]]:
    return [block.split(b"\n") for block in wire.body.removesuffix(b"\n\n").split(b"\n\n")]


def see_multi_line(wire: Wire) -> None:
    """Every event has several lines of data."""
    for block in _blocks(wire):
        assert sum(line.startswith(b"data: ") for line in block) >= 2


def see_comments(wire: Wire) -> None:
    """Between events and inside of them."""
    for block in _blocks(wire):
        named = [line.startswith(b":") for line in block]
        assert named[0], "between events"
        assert True in named[named.index(False) :], "inside of events"
    assert wire.parser.comments >= 2 * len(ALL_EVENTS)


def see_bom(wire: Wire) -> None:
    """Once, at the beginning."""
    assert wire.body.startswith(BOM)
    assert wire.body.count(BOM) == 1


def see_glued(wire: Wire) -> None:
    """No piece but the last has only one event."""
    counts = [piece.count(b"\n\n") for piece in wire.pieces]
    assert min(counts[:-1]) >= 2
    assert sum(counts) == len(ALL_EVENTS)


def see_huge(wire: Wire) -> None:
    """One delta with everything."""
    assert wire.deltas == [REPLY]


def see_buffered(wire: Wire) -> None:
    """One piece."""
    assert len(wire.pieces) == 1


def waits_for_the_end(scene: Scene, wire: Wire) -> None:
    """Nothing comes until all is there."""
    scene.sandbox.wait_for_stream()
    scene.sandbox.advance(len(DELTAS) - 0.5)
    wire.read(lambda: wire.status > 0)
    assert scene.live_events() == len(DELTAS) - 1, "as the proxy gets them"
    assert wire.is_silent()
    scene.sandbox.advance(1)
    same_text(see_buffered)(scene, wire)


def see_ids(wire: Wire) -> None:
    """Each event has its number, and fields that nobody knows."""
    assert [event.id for event in wire.events] == [str(n + 1) for n in range(len(ALL_EVENTS))]
    assert wire.parser.retry_ms == 3000
    assert all({b"mood: good", b"unknown"} <= set(block) for block in _blocks(wire))


def see_no_space(wire: Wire) -> None:
    """No blank after any colon of a field."""
    assert b"data: " not in wire.body
    assert wire.body.count(b'data:{"') == len(ALL_EVENTS)


def see_torture(wire: Wire) -> None:
    """Odd from the first bytes on."""
    plain = b"".join(b"event: delta\ndata: " + _json(delta) + b"\n\n" for delta in DELTAS)
    assert not wire.body.startswith(plain[:40])
    assert b"\r" in wire.body


def _json(delta: str) -> bytes:
    return json.dumps({"delta": delta}, ensure_ascii=False, separators=(",", ":")).encode()
