"""An open stream: its events as they arrive, while other calls are made, until it ends or is closed."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from conformance.client import Client, Conduct, new_message
from conformance.events import Delta, Final, StreamEvent, Unreadable
from conformance.sse import Event

from .backend import EVENT_STREAM, TOKEN, Answer, Backend

REPLY = {"id": "r", "text": "Hello you", "source": "assistant", "createdAt": "2026-05-01T09:00:00"}


def written(name: str, value: Any) -> bytes:
    """An event of the contract's shape."""
    return f"event: {name}\ndata: {json.dumps({name: value})}\n\n".encode()


class Script:
    """The pieces of a stream, of which those after a `None` wait for `go_on`."""

    def __init__(self, *pieces: bytes | None) -> None:
        self._pieces = pieces
        self.go_on = threading.Event()

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            if piece is None:
                assert self.go_on.wait(10)
            else:
                yield piece


def streams(backend: Backend, *pieces: bytes | None) -> Script:
    """Let the backend answer a POST with these pieces as an event stream, and anything else with `{}`."""
    script = Script(*pieces)
    backend.answer = lambda request: (
        Answer(200, EVENT_STREAM, script) if request.method == "POST" else Answer(pieces=[b"{}"])
    )
    return script


def test_a_stream_is_read_to_its_end(backend: Backend, client: Client) -> None:
    """Every event in order, what it says, and how it ended; again as often as one likes."""
    streams(backend, written("delta", "Hello"), b": ping\n\n", written("delta", " you"), written("message", REPLY))
    message = new_message("Hi")
    with client.open_stream("c", message) as stream:
        expected: list[StreamEvent] = [Delta("Hello"), Delta(" you"), Final(REPLY)]
        assert [arrival.reading for arrival in stream] == expected
        assert [arrival.reading for arrival in stream] == expected
        assert (stream.text, stream.ending, stream.parser.comments) == ("Hello you", "it ended", 1)
        assert json.loads(backend.requests[0].body) == stream.message == message
    [exchange] = client.exchanges
    assert exchange.note == "events read: 3, it ended"
    assert exchange.body.startswith("event: delta\n")
    assert exchange.curl.startswith("curl -N -X POST ")


def test_a_stream_is_held_while_other_calls_are_made(backend: Backend, client: Client) -> None:
    """On connections of their own; the stream goes on to its end."""
    script = streams(backend, written("delta", "Hello"), None, written("message", REPLY))
    with client.open_stream("c", new_message("Hi")) as stream:
        assert stream.wait_for_deltas(1)
        during = client.list_messages("c")
        assert (during.status, stream.ending, stream.exchange.note) == (200, None, "events read: 1, still open")
        script.go_on.set()
        assert not stream.wait_for_deltas(2)
        assert stream.was_open_at(during.finished)
        first, last = stream.arrivals
        assert first.at < during.started < during.finished < last.at


def test_events_are_timed_as_they_arrive(backend: Backend, client: Client) -> None:
    """Not as they are read: nobody reads here until all have come."""
    script = streams(backend, written("delta", "Hello"), None, written("message", REPLY))
    with client.open_stream("c", new_message("Hi")) as stream:
        assert stream.wait_for_deltas(1)
        between = time.monotonic()
        script.go_on.set()
        assert stream.wait_until_ended(5)
        first, last = stream
        assert first.at < between < last.at


@pytest.mark.parametrize(
    ("rest", "active"),
    [
        pytest.param([b""], True, id="a cut"),
        pytest.param([written("message", REPLY)], False, id="a final event"),
    ],
)
def test_an_end_proves_that_a_stream_was_active_only_if_it_was_cut(
    backend: Backend, client: Client, rest: list[bytes], active: bool
) -> None:
    """What ended with its final event may have ended before the other call was judged."""
    script = streams(backend, written("delta", "Hello"), None, *(piece for piece in rest if piece))
    with client.open_stream("c", new_message("Hi")) as stream:
        assert stream.wait_for_deltas(1)
        other = client.list_messages("c")
        script.go_on.set()
        assert stream.was_surely_active_during(other) is active


def test_a_later_delta_proves_that_a_stream_was_active(backend: Backend, client: Client) -> None:
    """And one that came before the answer does not."""
    script = streams(backend, written("delta", "Hello"), None, written("delta", " you"), written("message", REPLY))
    with client.open_stream("c", new_message("Hi")) as stream:
        assert stream.wait_for_deltas(1)
        other = client.list_messages("c")
        threading.Timer(0.2, script.go_on.set).start()
        assert stream.was_surely_active_during(other)
        assert not stream.was_surely_active_during(client.list_messages("c"))


def test_closing_a_stream_is_a_client_that_goes_away(backend: Backend, client: Client) -> None:
    """At once, also while nothing arrives, and the backend notices."""
    script = streams(backend, written("delta", "Hello"), None, *[written("delta", "x" * 1000)] * 1000)
    with client.open_stream("c", new_message("Hi")) as stream:
        assert stream.wait_for_deltas(1)
        started = time.monotonic()
    assert time.monotonic() - started < 1
    script.go_on.set()
    assert backend.client_left.wait(5)
    assert [exchange.note for exchange in client.exchanges] == ["events read: 1, closed by the kit"]
    assert client.list_messages("c").status == 200


def test_an_answer_that_is_no_stream_has_its_body(backend: Backend, client: Client) -> None:
    """A 409 is an exchange like any other."""
    backend.answer = lambda request: Answer(409, {"Content-Type": "application/json"}, [b'{"code":', b'"locked"}'])
    with client.open_stream("c", new_message("Hi")) as stream:
        assert (stream.exchange.status, stream.exchange.json()) == (409, {"code": "locked"})
        assert list(stream) == []
    assert [exchange.note for exchange in client.exchanges] == [""]


def test_a_stream_that_says_nothing_more_is_over(backend: Backend) -> None:
    """After the time that the backend has for a reply."""
    script = streams(backend, written("delta", "Hello"), None)
    client = Client(backend.url, token=TOKEN, workspace_id="demo", conduct=Conduct(reply_timeout_s=0.2))
    with client.open_stream("c", new_message("Hi")) as stream:
        assert [arrival.reading for arrival in stream] == [Delta("Hello")]
        assert stream.ending == "nothing came for 0.2 s"
    script.go_on.set()
    client.close()


def test_keep_alives_do_not_keep_a_stream_alive_for_ever(backend: Backend) -> None:
    """A stream of pings alone would hang a run."""

    def pings() -> Iterator[bytes]:
        while not backend.client_left.wait(0.02):
            yield b": ping\n\n"

    backend.answer = lambda request: Answer(200, EVENT_STREAM, pings())
    client = Client(backend.url, token=TOKEN, workspace_id="demo", conduct=Conduct(reply_timeout_s=0.3))
    with client.open_stream("c", new_message("Hi")) as stream:
        assert stream.wait_until_ended(5)
        assert stream.ending == "no event came for 0.3 s"
    client.close()


def test_a_stream_that_breaks_says_so(backend: Backend, client: Client) -> None:
    """What had come by then stays, the unfinished event as the tail."""

    def pieces() -> Iterator[bytes]:
        yield written("delta", "Hello")
        yield b"event: mess"
        raise ConnectionAbortedError

    backend.answer = lambda request: Answer(200, EVENT_STREAM, pieces())
    with client.open_stream("c", new_message("Hi")) as stream:
        assert [arrival.reading for arrival in stream] == [Delta("Hello")]
        assert stream.ending == "the connection broke (RemoteProtocolError)"
        assert stream.tail == "event: mess"


def test_events_of_another_shape_are_read_by_the_backends_own_reader(backend: Backend) -> None:
    """And an error of that reader reaches the test, instead of leaving it waiting."""

    def read_other(event: Event) -> StreamEvent:
        return Delta(event.data) if event.name == "token" else Unreadable(str(1 / 0))

    streams(backend, b"event: token\ndata: Hello\n\n", b"event: other\ndata: x\n\n")
    client = Client(backend.url, token=TOKEN, workspace_id="demo", conduct=Conduct(read_event=read_other))
    with client.open_stream("c", new_message("Hi")) as stream, pytest.raises(ZeroDivisionError):
        list(stream)
    client.close()


def test_a_stream_is_closed_and_recorded_once(backend: Backend, client: Client) -> None:
    """However often it is closed; what it was when it was closed stays."""
    streams(backend, written("delta", "Hello"), written("message", REPLY))
    with client.open_stream("c", new_message("Hi")) as stream:
        began = time.monotonic()
        recording = stream.finish()
        stream.close()
        stream.close()
    assert len(client.exchanges) == 1
    assert (recording.ending, recording.tail, recording.invalid_utf8) == ("it ended", "", False)
    assert recording.ended_at is not None
    assert recording.arrivals[-1].at <= recording.ended_at < began + 5
    assert stream.record().ended_at == recording.ended_at


def test_what_is_finished_has_all_that_comes(backend: Backend, client: Client) -> None:
    """However long it takes; what is recorded before has what came before."""
    script = streams(backend, written("delta", "Hello"), None, written("message", REPLY))
    with client.open_stream("c", new_message("Hi")) as stream:
        assert stream.wait_for_deltas(1)
        early = stream.record()
        assert (early.ending, early.ended_at, early.tail, early.reply) == (None, None, "", None)
        threading.Timer(0.2, script.go_on.set).start()
        assert stream.finish().reply == REPLY


def test_deltas_are_counted_and_nothing_else(backend: Backend, client: Client) -> None:
    """A final event is none."""
    streams(backend, written("delta", "Hello"), written("delta", " you"), written("message", REPLY))
    with client.open_stream("c", new_message("Hi")) as stream:
        assert stream.wait_for_deltas(2)
        assert not stream.wait_for_deltas(3)


@pytest.mark.parametrize("status", [201, 202, 404])
def test_what_is_no_200_has_no_events(backend: Backend, client: Client, status: int) -> None:
    """Whatever its body looks like, which is awaited and kept."""
    backend.answer = lambda request: Answer(status, EVENT_STREAM, [written("delta", "Hello")])
    with client.open_stream("c", new_message("Hi")) as stream:
        assert stream.exchange.body == written("delta", "Hello").decode()
        assert (list(stream), stream.exchange.note, stream.exchange.events) == ([], "", ())


def test_a_stream_without_an_end_is_given_up(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that says something all the time would hang a run as well."""

    def deltas() -> Iterator[bytes]:
        while not backend.client_left.wait(0.02):
            yield written("delta", "more")

    backend.answer = lambda request: Answer(200, EVENT_STREAM, deltas())
    monkeypatch.setattr(Conduct, "stream_timeout_s", 0.3)
    client = Client(backend.url, token=TOKEN, workspace_id="demo")
    with client.open_stream("c", new_message("Hi")) as stream:
        assert stream.wait_until_ended(5)
        assert stream.ending == "it still ran after 0.3 s"
        assert len(stream.arrivals) > 3
    client.close()
