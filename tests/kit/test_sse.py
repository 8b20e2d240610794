"""The parser of Server-Sent Events, rule by rule of the WHATWG standard."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from conformance.sse import Event, SseParser

FRAGMENTS = [b"data: x", b"data:y", b"data", b"event: e", b"id: 1", b"id:\0", b"retry: 5", b": c", b":", b" ", b"z"]
FRAGMENTS += [b"\r", b"\n", b"\r\n", b"\n\n", b"\r\n\r\n", b"\xef\xbb\xbf", b"\xef", b"\xff", b"\xf0\x9f"]
FRAGMENTS += ["é".encode(), "😀".encode(), "\u2028".encode(), "\x85".encode(), "\ufffd".encode()]
streams = st.lists(st.sampled_from(FRAGMENTS), max_size=30).map(b"".join)


def parse(*chunks: bytes) -> tuple[list[Event], str, SseParser]:
    """The events and the tail of the chunks, and the parser that read them."""
    parser = SseParser()
    events = [event for chunk in chunks for event in parser.feed(chunk)]
    return events, parser.close(), parser


def facts(*chunks: bytes) -> tuple[object, ...]:
    """All that a parser says of the chunks."""
    events, tail, parser = parse(*chunks)
    return events, tail, parser.comments, parser.retry_ms, parser.invalid_utf8


@given(streams, st.lists(st.integers(0, 200), max_size=10))
@example(b"data: a\r\n\r\n", [8])
@example(b"\xef\xbb\xbfdata: a\n\n", [1, 2])
@example(b"data: \xf0\x9f\x98\xff\n\n", [7, 8, 9])
def test_any_chunking_gives_the_same_events(stream: bytes, cuts: list[int]) -> None:
    """Wherever the bytes are cut: within a line end, a BOM, a character."""
    edges = [0, *sorted(cut for cut in cuts if cut < len(stream)), len(stream)]
    chunks = [stream[start:end] for start, end in pairwise(edges)]
    single_bytes = [stream[index : index + 1] for index in range(len(stream))]
    assert facts(*chunks) == facts(stream) == facts(*single_bytes)


line_text = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=20)


@given(
    st.lists(st.tuples(line_text.filter(bool), st.lists(line_text, min_size=1, max_size=3)), max_size=5),
    st.sampled_from(["\n", "\r", "\r\n"]),
)
def test_what_was_written_is_read(written: list[tuple[str, list[str]]], line_end: str) -> None:
    """Events written after the standard come out as they went in, whichever line end the writer uses."""
    blocks = [
        line_end.join([f"event: {name}", *(f"data: {line}" for line in lines), "", ""]) for name, lines in written
    ]
    events, tail, parser = parse("".join(blocks).encode())
    assert events == [Event(name, "\n".join(lines)) for name, lines in written]
    assert (tail, parser.invalid_utf8) == ("", False)


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        pytest.param("data: a\n\n", [Event("message", "a")], id="the name is message unless said"),
        pytest.param("event: delta\ndata: a\n\n", [Event("delta", "a")], id="a name"),
        pytest.param("event: delta\ndata: a\n\ndata: b\n\n", [Event("delta", "a"), Event("message", "b")], id="once"),
        pytest.param(
            "event: x\n\ndata: a\n\n", [Event("message", "a")], id="a block without data takes its name along"
        ),
        pytest.param("event:\ndata: a\n\n", [Event("message", "a")], id="an empty name is none"),
        pytest.param("data: a\ndata: b\n\n", [Event("message", "a\nb")], id="data is joined by line feeds"),
        pytest.param("data\n\n", [Event("message", "")], id="a field without a colon is empty"),
        pytest.param("data:\ndata\n\n", [Event("message", "\n")], id="empty lines of data count"),
        pytest.param("data:  a \n\n", [Event("message", " a ")], id="one space is stripped, and only before"),
        pytest.param("data:\ta\n\n", [Event("message", "\ta")], id="a tab is not"),
        pytest.param("data: a:b\n\n", [Event("message", "a:b")], id="only the first colon parts"),
        pytest.param(" data: a\n\n", [], id="a name with a space is unknown"),
        pytest.param("Data: a\n\n", [], id="names are case-sensitive"),
        pytest.param(": c\ndata: a\n: c\ndata: b\n\n", [Event("message", "a\nb")], id="comments part nothing"),
        pytest.param("\n\n\ndata: a\n\n\n\n", [Event("message", "a")], id="blank lines alone are nothing"),
        pytest.param("data: a\u2028b\x85c\x0bd\n\n", [Event("message", "a\u2028b\x85c\x0bd")], id="no line ends"),
        pytest.param(
            "data: a\r\rdata: b\r\n\r\n", [Event("message", "a"), Event("message", "b")], id="mixed line ends"
        ),
        pytest.param("\ufeffdata: a\n\n", [Event("message", "a")], id="one byte order mark is dropped"),
        pytest.param("\ufeff\ufeffdata: a\n\n", [], id="a second is part of the name"),
        pytest.param("data: a\n\n\ufeffdata: b\n\n", [Event("message", "a")], id="and so is a later one"),
        pytest.param(
            "id: 1\ndata: a\n\ndata: b\n\n", [Event("message", "a", "1"), Event("message", "b", "1")], id="id"
        ),
        pytest.param("id: 1\n\ndata: a\n\n", [Event("message", "a", "1")], id="an id without data stays"),
        pytest.param("id: 1\nid\ndata: a\n\n", [Event("message", "a")], id="an empty id resets it"),
        pytest.param("id: 1\nid: 2\0\ndata: a\n\n", [Event("message", "a", "1")], id="an id with NUL is ignored"),
        pytest.param("data: a\0\n\n", [Event("message", "a\0")], id="data with NUL is not"),
        pytest.param("data: a", [], id="an unfinished line is no event"),
        pytest.param("data: a\n", [], id="nor is an unfinished block"),
    ],
)
def test_a_rule_of_the_standard(stream: str, events: list[Event]) -> None:
    """Each row is one rule."""
    assert parse(stream.encode())[0] == events


@pytest.mark.parametrize(
    ("field", "retry_ms"),
    [("retry: 50", 50), ("retry:0", 0), ("retry: 5s", 7), ("retry: -5", 7), ("retry:", 7), ("retry: \u0665", 7)],
)
def test_retry_is_ascii_digits_or_ignored(field: str, retry_ms: int) -> None:
    """A bad `retry` leaves the one before."""
    assert parse(f"retry: 7\n{field}\n\n".encode())[2].retry_ms == retry_ms


@pytest.mark.parametrize(
    ("stream", "tail"),
    [
        ("data: a\n\n", ""),
        ("data: a\n\ndata: b", "data: b"),
        ("event: delta\ndata: b\n", "event: delta\ndata: b"),
        (": bye", ""),
        (": bye\n", ""),
        ("data: a\r\n\r", ""),
    ],
)
def test_what_no_blank_line_ended_is_the_tail(stream: str, tail: str) -> None:
    """The unfinished event is not dispatched, but told; a comment is no event."""
    assert parse(stream.encode())[1] == tail


def test_comments_are_counted() -> None:
    """Keep-alives are nothing to the standard, but the record has them."""
    assert parse(b": ping\n\n:\n\ndata: a\n\n: pi")[2].comments == 2


def test_an_event_comes_with_its_carriage_return() -> None:
    """An event that a CR ends does not wait for the byte after it, which might be an LF."""
    parser = SseParser()
    assert parser.feed(b"data: a\r\r") == [Event("message", "a")]
    assert parser.feed(b"\ndata: b\r\n\r\n") == [Event("message", "b")]


@pytest.mark.parametrize(
    ("stream", "data", "invalid"),
    [
        (b"data: \xff\n\n", "\ufffd", True),
        (b"data: \xe2\x82\n\n", "\ufffd", True),
        (b"data: \xe2\x82\xac \xff\n\n", "€ \ufffd", True),
        ("data: \ufffd\n\n".encode(), "\ufffd", False),
    ],
)
def test_bytes_that_are_not_utf_8_are_replaced_and_told(stream: bytes, data: str, invalid: bool) -> None:
    """A U+FFFD that was sent is not mistaken for a replaced byte."""
    events, _, parser = parse(stream)
    assert [event.data for event in events] == [data]
    assert parser.invalid_utf8 is invalid


def test_a_character_cut_off_by_the_end_is_invalid() -> None:
    """The end of the stream ends the decoding too."""
    events, tail, parser = parse(b"data: a\n\ndata: \xe2\x82")
    assert (len(events), tail, parser.invalid_utf8) == (1, "data: \ufffd", True)


@pytest.mark.timeout(10)
def test_a_long_line_in_small_pieces_takes_linear_time() -> None:
    """Half a million bytes one by one: what copied the line for each would run into the timeout."""
    parser = SseParser()
    for byte in (b"data: ", *(b"x" for _ in range(500_000)), b"\n"):
        assert parser.feed(byte) == []
    assert len(parser.feed(b"\n")[0].data) == 500_000
