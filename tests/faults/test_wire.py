"""The torture pack changes bytes and pieces, and nothing that a correct parser reads."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.sse import SseParser
from mockserver import wire
from mockserver.faults.catalogue import KINDS, Stage, make_fault
from mockserver.faults.wire import make_framing

WIRE_KINDS = [name for name, kind in KINDS.items() if kind.stage is Stage.WIRE]
fragments = st.lists(
    st.text(st.characters() | st.sampled_from('\r\n\u2028\u0085"\\{,:} 🙂é'), min_size=1, max_size=12), max_size=8
)
ENGLISH = [wire.delta_event(text) for text in ("How", " abo☕ut", ' {"a": 1},', " this?")]


def frame(kinds: list[str], events: list[bytes], seed: int, together: int = 1) -> list[bytes]:
    """The pieces of all events, which come some at a time."""
    framing = make_framing([make_fault(kind) for kind in kinds], random.Random(seed))
    assert framing is not None
    batches = [events[start : start + together] for start in range(0, len(events), together)]
    return [piece for batch in batches for piece in framing.frame(batch)] + framing.finish()


def read(pieces: list[bytes]) -> tuple[str, list[tuple[str, object]]]:
    """The text of the deltas and all other events, as a correct client reads them."""
    parser = SseParser()
    events = [event for piece in pieces for event in parser.feed(piece)]
    assert parser.close() == ""
    assert not parser.invalid_utf8
    values = [(event.name, json.loads(event.data)) for event in events]
    text = "".join(value["delta"] for name, value in values if name == "delta")
    return text, [(name, value) for name, value in values if name != "delta"]


@given(fragments, st.integers(0, 99), st.integers(1, 4), st.lists(st.sampled_from(WIRE_KINDS), min_size=1, max_size=4))
def test_any_mix_renders_the_same(texts: list[str], seed: int, together: int, kinds: list[str]) -> None:
    """Whatever the text and the mix, and however many events come at once."""
    events = [event for text in texts for event in (wire.delta_event(text), wire.KEEP_ALIVE)]
    final = wire.error_event("Déjà vu 🙂.", "generationFailed")
    assert read(frame(kinds, [*events, final], seed, together)) == read([*events, final])


@pytest.mark.parametrize("kind", WIRE_KINDS)
@given(texts=fragments, seed=st.integers(0, 99))
def test_each_kind_renders_the_same(kind: str, texts: list[str], seed: int) -> None:
    """Each kind alone, on any text."""
    events = [wire.delta_event(text) for text in texts]
    assert read(frame([kind], events, seed)) == read(events)


@pytest.mark.parametrize("kind", WIRE_KINDS)
def test_each_kind_changes_what_is_sent(kind: str) -> None:
    """Other pieces than the events, and the same from the same seed."""
    pieces = frame([kind], ENGLISH, 1)
    assert pieces != ENGLISH
    assert all(pieces)
    assert pieces == frame([kind], ENGLISH, 1)


def test_what_is_particular_to_a_kind() -> None:
    """Seen on the bytes."""
    whole = {kind: b"".join(frame([kind], ENGLISH, 1)) for kind in WIRE_KINDS}
    assert all(len(piece) == 1 for piece in frame(["bytes"], ENGLISH, 1))
    assert any(piece.endswith("☕".encode()[:1]) for piece in frame(["split-characters"], ENGLISH, 1))
    assert b"\n" not in whole["cr"]
    assert whole["crlf"].count(b"\r\n") == whole["crlf"].count(b"\n") == whole["crlf"].count(b"\r")
    assert any(piece.endswith(b"\r") for piece in frame(["crlf"], ENGLISH, 1))
    assert all(piece.endswith(b"\n") for piece in frame(["lf"], ENGLISH, 1))
    assert whole["multi-line"].count(b"data: ") > len(ENGLISH)
    assert whole["comments"].count(b"\n:") >= len(ENGLISH)
    assert whole["bom"].startswith(b"\xef\xbb\xbf")
    assert whole["bom"].count(b"\xef\xbb\xbf") == 1
    assert len(frame(["glued"], ENGLISH, 1)) < len(ENGLISH)
    assert whole["huge"].count(b"event: delta") == 1
    assert frame(["buffered"], ENGLISH, 1) == [b"".join(ENGLISH)]
    assert b"id: 4" in whole["ids-and-retry"]
    assert b"data:{" in whole["no-space"]


def test_without_a_fault_of_the_wire_there_is_no_framing() -> None:
    """Faults of other stages are not its business."""
    assert make_framing([make_fault("truncate")], random.Random(1)) is None
