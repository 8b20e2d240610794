"""A reply stream: open and read by a thread of its own, so that arrival times are true; and what was recorded of it."""

import dataclasses
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx

from conformance import sse
from conformance.events import Delta, Failed, Final, StreamEvent
from conformance.exchange import Exchange

ENDED = "it ended"
"""The `ending` of a stream that its server ended."""

# Threads may be late by this much on a busy machine: an arrival counts as "later" only beyond it.
CLOCK_MARGIN_S = 0.05


@dataclass(frozen=True)
class Arrival:
    """One event, when it arrived (seconds of `time.monotonic()`), and what it says."""

    at: float
    event: sse.Event
    reading: StreamEvent


@dataclass(frozen=True)
class Opened:
    """A call that was answered with a stream: what was asked, and the answer up to its headers."""

    conversation_id: str
    message: Mapping[str, Any]
    response: httpx.Response
    exchange: Exchange


@dataclass(frozen=True)
class Recording:
    """What had come of a stream when the recording was taken. Plain values: scenes carry it to other processes.

    `ending` says how the stream ended, None while it has not; `tail` is the text after the last whole event.
    """

    conversation_id: str
    message: Mapping[str, Any]
    """The user's, as it was sent."""
    exchange: Exchange
    arrivals: tuple[Arrival, ...]
    ending: str | None
    ended_at: float | None
    tail: str
    invalid_utf8: bool

    @property
    def status(self) -> int | None:
        """Of the answer."""
        return self.exchange.status

    @property
    def ran_to_its_end(self) -> bool:
        """Whether the server ended it."""
        return self.ending == ENDED

    @property
    def deltas(self) -> list[Arrival]:
        """The arrivals that are deltas."""
        return [arrival for arrival in self.arrivals if isinstance(arrival.reading, Delta)]

    @property
    def finals(self) -> list[Final | Failed]:
        """The final events. One, if all is well."""
        return [arrival.reading for arrival in self.arrivals if isinstance(arrival.reading, Final | Failed)]

    @property
    def text(self) -> str:
        """The deltas joined."""
        return "".join(arrival.reading.text for arrival in self.arrivals if isinstance(arrival.reading, Delta))

    @property
    def reply(self) -> dict[str, Any] | None:
        """The reply of the one final message; None where there is no such event."""
        match self.finals:
            case [Final(message)]:
                return message
        return None

    def was_open_at(self, moment: float) -> bool:
        """Whether the stream, as far as had arrived, had neither ended nor had its final event at `moment`."""
        finals = [arrival.at for arrival in self.arrivals if isinstance(arrival.reading, Final | Failed)]
        ends = finals if self.ended_at is None else [*finals, self.ended_at]
        return all(end > moment for end in ends)

    def was_surely_active_during(self, call: Exchange) -> bool:
        """Whether nothing explains what arrived but that the stream was active when `call` was judged.

        Two things prove it: a delta that came clearly after the call's answer, and an end after its start without
        a final event, because what ends so was cut. A final event proves nothing: it may have been on its way.
        """
        if any(arrival.at > call.finished + CLOCK_MARGIN_S for arrival in self.deltas):
            return True
        return self.ending == ENDED and not self.finals and self.was_open_at(call.started)


class Stream:
    """The answer to `POST .../message-streams`, event by event as it arrives; without events when it is no 200.

    Iterating gives every arrival from the first on, waits for those to come and stops with the stream; it can be
    done again. `ending` says how the stream ended, None while it has not: at its end, broken, silent for
    `idle_timeout_s` (keep-alives do not count), or still running after `total_timeout_s`. Closing it before its
    end is a client that goes away.
    """

    def __init__(
        self,
        opened: Opened,
        *,
        read_event: Callable[[sse.Event], StreamEvent],
        idle_timeout_s: float,
        total_timeout_s: float,
        redact: Callable[[str], str],
        on_close: Callable[[Exchange], None],
    ) -> None:
        self.conversation_id = opened.conversation_id
        self.message = opened.message  # the user's, as it was sent
        self.parser = sse.SseParser()
        self.tail = ""
        self.ending: str | None = None
        self.ended_at: float | None = None
        self._response = opened.response
        self._opened = opened.exchange
        self._read_event = read_event
        self._idle_timeout_s = idle_timeout_s
        self._total_timeout_s = total_timeout_s
        self._redact = redact
        self._on_close = on_close
        self._arrived: list[tuple[float, sse.Event]] = []
        self._body = bytearray()
        self._closed = False
        self._changed = threading.Condition()  # guards all that the reader writes; may be taken again by its owner
        self._reader = threading.Thread(target=self._read, name="conformance-stream", daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __iter__(self) -> Iterator[Arrival]:
        index = 0
        while arrival := self._await_arrival(index):
            yield arrival
            index += 1

    @property
    def arrivals(self) -> list[Arrival]:
        """What has arrived so far."""
        with self._changed:
            return [self._arrival(index) for index in range(len(self._arrived))]

    @property
    def text(self) -> str:
        """The deltas that have arrived so far, joined."""
        return self._redact(self.record().text)

    @property
    def exchange(self) -> Exchange:
        """The call as it stands now. Of an answer other than 200 the whole body is awaited first."""
        if self._opened.status != 200:
            self.wait_until_ended()
        with self._changed:
            note = f"events read: {len(self._arrived)}, {self.ending or 'still open'}"
            return dataclasses.replace(
                self._opened,
                body=self._redact(self._body.decode("utf-8", "replace")),
                elapsed=(self.ended_at or time.monotonic()) - self._opened.started,
                note=note if self._opened.status == 200 else "",
                events=tuple((at, self._redact(event.name), self._redact(event.data)) for at, event in self._arrived),
            )

    def wait_for_deltas(self, count: int) -> bool:
        """Wait until `count` deltas have come. False when the stream ended with fewer."""
        for arrival in self:
            count -= isinstance(arrival.reading, Delta)
            if count <= 0:
                return True
        return False

    def wait_until_ended(self, within_s: float | None = None) -> bool:
        """Wait until the stream has ended. False when it has not `within_s` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self.ending is not None, within_s)

    def record(self) -> Recording:
        """What has come so far."""
        with self._changed:
            return Recording(
                conversation_id=self.conversation_id,
                message=self.message,
                exchange=self.exchange,
                arrivals=tuple(self.arrivals),
                ending=self.ending,
                ended_at=self.ended_at,
                tail=self._redact(self.tail),
                invalid_utf8=self.parser.invalid_utf8,
            )

    def finish(self) -> Recording:
        """Wait until the stream has ended, however long that may take it, and give all of it."""
        self.wait_until_ended()
        return self.record()

    def was_open_at(self, moment: float) -> bool:
        """See `Recording.was_open_at`: as far as has arrived by now."""
        return self.record().was_open_at(moment)

    def was_surely_active_during(self, call: Exchange) -> bool:
        """See `Recording.was_surely_active_during`; waits until it is known."""
        for arrival in self:
            if isinstance(arrival.reading, Delta) and arrival.at > call.finished + CLOCK_MARGIN_S:
                return True
        return self.record().was_surely_active_during(call)

    def close(self) -> None:
        """Close the connection, whether the stream has ended or not, and record the call."""
        if self._closed:
            return
        self._closed = True
        self._end("closed by the kit")
        # A reader that waits for bytes is not woken by close() of its socket, but is by shutdown(). The plain
        # socket's shutdown, because that of a TLS socket takes its state away from under the reader.
        connection: socket.socket = self._response.extensions["network_stream"].get_extra_info("socket")
        with suppress(OSError):  # it is closed already
            socket.socket.shutdown(connection, socket.SHUT_RDWR)
        self._reader.join()
        self._on_close(self.exchange)

    def _await_arrival(self, index: int) -> Arrival | None:
        with self._changed:
            self._changed.wait_for(lambda: len(self._arrived) > index or self.ending is not None)
            return self._arrival(index) if len(self._arrived) > index else None

    def _arrival(self, index: int) -> Arrival:
        # Read here and not as it arrives: an error in a backend's own `read_event` belongs into the test's thread.
        at, event = self._arrived[index]
        event = sse.Event(*map(self._redact, (event.name, event.data, event.id)))
        return Arrival(at, event, self._read_event(event))

    def _read(self) -> None:
        ending = "the reader failed"
        began = last_event_at = time.monotonic()
        try:
            for chunk in self._response.iter_bytes():
                now = time.monotonic()
                if self._take(chunk, now):
                    last_event_at = now
                elif now - last_event_at > self._idle_timeout_s:
                    ending = f"no event came for {self._idle_timeout_s:g} s"
                    break
                if now - began > self._total_timeout_s:
                    ending = f"it still ran after {self._total_timeout_s:g} s"
                    break
            else:
                ending = ENDED
        except httpx.TimeoutException:
            ending = f"nothing came for {self._idle_timeout_s:g} s"
        except httpx.HTTPError as problem:
            ending = f"the connection broke ({type(problem).__name__})"
        finally:
            self._end(ending)
            self._response.close()

    def _take(self, chunk: bytes, now: float) -> bool:
        with self._changed:
            if self.ending is not None:  # closed while these bytes were on their way
                return False
            self._body += chunk
            events = self.parser.feed(chunk) if self._opened.status == 200 else []
            self._arrived += [(now, event) for event in events]
            self._changed.notify_all()
            return bool(events)

    def _end(self, ending: str) -> None:
        with self._changed:
            if self.ending is None:
                self.tail = self.parser.close()
                self.ending = ending
                self.ended_at = time.monotonic()
                self._changed.notify_all()
