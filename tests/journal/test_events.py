"""Events of a stream, kept together and read one by one."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver import wire
from mockserver.faults.catalogue import make_fault
from mockserver.journal.entries import KEPT_BYTES
from mockserver.journal.events import SentEvent, SentEvents, data_length

from ..sandboxes import make_exchange, make_sandboxes

fragments = st.lists(st.text(min_size=1) | st.sampled_from(["\n\n", "\ud800", '"', "é\u2028", ": x"]), max_size=8)


def together(*pieces: list[str]) -> SentEvents:
    """Deltas that went out in these pieces, an order number each."""
    events, order = SentEvents(), 1
    for place, piece in enumerate(pieces):
        events.append_deltas(place / 10, order, len(piece), wire.delta_events(piece))
        order += len(piece)
    return events


def one_by_one(*pieces: list[str]) -> SentEvents:
    """The same, each kept by itself."""
    at = [(place / 10, wire.delta_event(fragment)) for place, piece in enumerate(pieces) for fragment in piece]
    return SentEvents(SentEvent(at_s, order, *wire.read_event(event)) for order, (at_s, event) in enumerate(at, 1))


@given(st.lists(fragments.filter(bool), max_size=4))
def test_nothing_shows_that_they_were_kept_together(pieces: list[list[str]]) -> None:
    """Neither in what they say, nor in how many there are, nor in what they take."""
    kept, single = together(*pieces), one_by_one(*pieces)
    assert kept == single
    assert (len(kept), kept.kinds, kept.bytes) == (len(single), single.kinds, single.bytes)
    assert kept.of_kind("delta") == list(single)


@given(fragments)
def test_their_length_is_that_of_their_data(piece: list[str]) -> None:
    """In characters, as the bound of an exchange counts them."""
    events = wire.delta_events(piece)
    assert data_length(events, len(piece)) == sum(len(wire.read_event(event)[1]) for event in wire.split_events(events))


def test_the_newest_are_those_of_the_last_piece() -> None:
    """Which is what followers are told."""
    events = together(["a"], ["b", "c"])
    assert [event.order for event in events.newest] == [2, 3]
    events.append(SentEvent(0.5, 4, "message", "{}"))
    assert [event.kind for event in events.newest] == ["message"]
    assert [event.order for event in events.of_kind("message")] == [4]
    events.clear()
    assert (events.newest, len(events), list(events), events.bytes, list(events.kinds)) == ([], 0, [], 0, [])


@pytest.mark.parametrize("together", [1, 7, 256])
def test_an_exchange_keeps_so_much_of_a_stream_and_counts_the_rest(together: int) -> None:
    """However it went out, the same events are kept."""
    exchange = make_exchange(make_sandboxes().of("demo"))
    fragment = "x" * 89  # a hundred characters of data
    sent = 0
    while sent < 1000:
        count = min(together, 1000 - sent)
        exchange.sent_deltas(wire.delta_events([fragment] * count), count)
        sent += count
    kept = KEPT_BYTES // 101 + 1
    assert (len(exchange.entry.events), exchange.entry.events_dropped) == (kept, 1000 - kept)
    assert [event.order for event in exchange.entry.events] == list(range(2, kept + 2))
    assert exchange.sandbox.journal.next_order() == 1002


def test_what_must_not_be_kept_is_masked() -> None:
    """Before it is kept, in each event, with the length that it had."""
    exchange = make_exchange(make_sandboxes().of("demo"), make_fault("stall", {"after": 1}))
    token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2ln"
    exchange.sent_deltas(wire.delta_events([f"see {token}", "b"]), 2)
    data = [json.loads(event.data)["delta"] for event in exchange.entry.events]
    assert data == ["see eyJ" + "*" * (len(token) - 3), "b"]
