"""JSON and events: what goes over the wire is strict where it comes in and whole where it goes out."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from conformance.sse import SseParser
from mockserver import wire
from mockserver.rules.errors import BodyMalformed
from mockserver.rules.values import OMITTED, Message, Source

any_text = st.text(st.characters())  # with lone surrogates
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | any_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(any_text, inner, max_size=3),
    max_leaves=10,
)


@given(json_values)
def test_json_goes_out_and_comes_back(value: Any) -> None:
    """Whatever the text: a lone surrogate, which UTF-8 cannot hold, travels as its escape."""
    assert wire.loads(wire.dumps(value)) == value


@given(
    st.lists(
        st.sampled_from(
            [
                *'{}[],:"-+.eE0159',
                "\\ud800",
                "\\udc00",
                "\\n",
                "true",
                "null",
                "NaN",
                "1e999",
                "12345678901234567890",
                '"a":',
                "é",
            ]
        ),
        max_size=12,
    ).map("".join)
)
@example("[" * 2000 + "]" * 2000)
@example("-0")
@example("-0.0")
@example("18446744073709551615")
@example("-9223372036854775808")
@example("0.1234567890123456789012345678901234567890")
@example('{"a":1,"a":2}')
@example("\ufeff1")
@example('"\x7f\x00"')
def test_the_fast_library_reads_what_the_strict_one_reads(text: str) -> None:
    """The same values of the same types; what the one refuses the other does."""
    body = text.encode()
    try:
        wanted = wire._decode(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        with pytest.raises(BodyMalformed):
            wire.loads(body)
    else:
        assert repr(wire.loads(body)) == repr(wanted)


@given(st.text(st.characters(), min_size=1))
def test_a_delta_event_carries_its_text_in_one_event(fragment: str) -> None:
    """STR-1: line ends of every kind inside the text do not end the event."""
    (event,) = SseParser().feed(wire.delta_event(fragment))
    assert event.name == "delta"
    assert json.loads(event.data) == {"delta": fragment}


@pytest.mark.clause("STR-2")
def test_the_three_kinds_of_event() -> None:
    """Each has exactly one of the keys; an error is the error body of plain answers."""
    reply = Message("r", "Hi", Source.ASSISTANT, datetime(2026, 5, 1, 9, 0, 1, 250_000))
    stream = (
        wire.delta_event("Hi")
        + wire.KEEP_ALIVE
        + wire.message_event(reply)
        + wire.error_event("Broken.", "generationFailed")
    )
    events = [(event.name, json.loads(event.data)) for event in SseParser().feed(stream)]
    assert events == [
        ("delta", {"delta": "Hi"}),
        (
            "message",
            {"message": {"id": "r", "text": "Hi", "source": "assistant", "createdAt": "2026-05-01T09:00:01.250000"}},
        ),
        ("error", {"error": "Broken.", "code": "generationFailed"}),
    ]


@pytest.mark.clause("ERR-3")
@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b'{"a": }', "line 1, column 7"),
        (b"\xff", "byte 0 is not UTF-8"),
        (b'{"a": NaN}', "NaN is not a JSON number"),
        (b"-Infinity", "Infinity is not a JSON number"),
        (b"1e999", "a number is too large"),
        (b"[" * 100_000, "nested too deeply"),
        (b"9" * 10_000, "more than 4300 digits"),
    ],
)
def test_what_is_not_json_is_refused_with_a_reason(body: bytes, says: str) -> None:
    """Also what Python's parser takes and JSON does not have."""
    with pytest.raises(BodyMalformed, match=says):
        wire.loads(body)


def test_a_byte_order_mark_is_no_error() -> None:
    """RFC 8259 lets a reader ignore it."""
    assert wire.loads(b'\xef\xbb\xbf{"a":1}') == {"a": 1}


@pytest.mark.clause("PAT-4", "PAT-5")
def test_a_patch_tells_null_from_omitted() -> None:
    """The one difference that a dictionary's `get` loses."""
    patch = wire.decode_patch({"personality": None, "brandVoiceId": "warm"})
    assert (patch.personality, patch.brand_voice_id, patch.target_audience_id) == (None, "warm", OMITTED)


@pytest.mark.clause("MSG-8")
def test_the_context_size_is_16000_unless_given() -> None:
    """And an integer however JSON writes it."""
    body = {"id": "m", "text": "t", "createdAt": "2026-05-01T09:00:00"}
    assert wire.decode_prompt(body).context_size == 16_000
    assert wire.decode_prompt({**body, "contextSize": 5.0}).context_size == 5


def test_a_fraction_of_zero_is_not_written() -> None:
    """Timestamps come with and without a fraction, as the API's do, and never with an offset."""
    whole, half = datetime(2026, 5, 1, 9, 0, 0), datetime(2026, 5, 1, 9, 0, 0, 500_000)
    for text in "t", "\ud800":  # which another encoder has to write
        shown = [
            json.loads(wire.dumps(wire.encode_message(Message("m", text, Source.USER, at)))) for at in (whole, half)
        ]
        assert [message["createdAt"] for message in shown] == ["2026-05-01T09:00:00", "2026-05-01T09:00:00.500000"]
