"""How the kit reads an event of a reply stream."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.events import Delta, Failed, Final, StreamEvent, Unreadable, read_event
from conformance.sse import Event


@pytest.mark.parametrize(
    ("event", "reading"),
    [
        (Event("delta", '{"delta": "Hel"}'), Delta("Hel")),
        (Event("delta", '{"delta": "", "index": 3}'), Delta("")),
        (Event("message", '{"message": {"id": "m"}}'), Final({"id": "m"})),
        (Event("error", '{"error": "too long", "code": "generationFailed"}'), Failed("too long", "generationFailed")),
        (Event("error", '{"error": "too long"}'), Failed("too long", None)),
    ],
)
def test_the_three_kinds_are_read(event: Event, reading: StreamEvent) -> None:
    """STR-2: a delta, the final message or an error; extra fields are nobody's concern."""
    assert read_event(event) == reading


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (Event("delta", "Hel"), "not JSON"),
        (Event("delta", "[" * 100_000), "not JSON"),
        (Event("delta", '["delta"]'), "none of"),
        (Event("delta", '{"text": "Hel"}'), "none of"),
        (Event("delta", '{"delta": "a", "message": {}}'), "delta and message"),
        (Event("message", '{"delta": "a"}'), "'message' with delta"),
        (Event("done", '{"message": {}}'), "'done' with message"),
        (Event("delta", '{"delta": 3}'), "wrong type"),
        (Event("message", '{"message": "text"}'), "wrong type"),
    ],
)
def test_anything_else_is_unreadable_with_a_reason(event: Event, reason: str) -> None:
    """The reason is what a verdict on STR-2 shows."""
    reading = read_event(event)
    assert isinstance(reading, Unreadable)
    assert reason in reading.reason


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["delta", "message", "error", "code"]) | st.text(max_size=5), inner, max_size=3
        )
    ),
)


@given(st.sampled_from(["delta", "message", "error", "other"]), json_values.map(json.dumps) | st.text(max_size=20))
def test_reading_never_raises(name: str, data: str) -> None:
    """Whatever a backend sends is its own fault, not the kit's."""
    assert isinstance(read_event(Event(name, data)), Delta | Final | Failed | Unreadable)
