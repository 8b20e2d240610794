"""Streams in another form: the same events in other bytes, or more events around them."""

# ruff: noqa: D102 - each class says what its methods do otherwise

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from flask import Response

from tests.backend.app import Backend
from tests.backend.changes import variant
from tests.backend.model import Model
from tests.backend.store import Message


@variant()
class ReplayAsDeltas(Backend):
    """A replay comes in deltas again, then as the final event."""

    def replayed_events(self, reply: Message) -> Iterable[bytes]:
        for piece in self.model.tokens(reply.text):
            yield self.event("delta", {"delta": piece})
            time.sleep(0.002)
        yield from super().replayed_events(reply)


@variant()
class ReplayAsOneDelta(Backend):
    """A replay comes as one delta, then as the final event."""

    def replayed_events(self, reply: Message) -> Iterable[bytes]:
        yield self.event("delta", {"delta": reply.text})
        yield from super().replayed_events(reply)


@variant()
class PingsAsComments(Backend):
    """Comments at the start, between events and inside them."""

    def event(self, name: str, data: object) -> bytes:
        return super().event(name, data).replace(b"\n", b"\n: inside\n", 1)

    def event_stream(self, events: Iterable[bytes]) -> Response:
        return super().event_stream(itertools.chain([b": welcome\n\n"], _between(events, b":\n\n")))


@variant()
class PingsAsEvents(Backend):
    """`event: ping` at the start and between events."""

    def event_stream(self, events: Iterable[bytes]) -> Response:
        ping = b"event: ping\ndata: {}\n\n"
        return super().event_stream(itertools.chain([ping], _between(events, ping)))


def _between(events: Iterable[bytes], ping: bytes) -> Iterator[bytes]:
    for number, event in enumerate(events):
        yield ping + event if number % 5 == 4 else event


@variant()
class Crlf(Backend):
    """Lines end with CRLF."""

    def event(self, name: str, data: object) -> bytes:
        return super().event(name, data).replace(b"\n", b"\r\n")


@variant()
class EventIdsAndRetry(Backend):
    """Events have an `id` and a `retry`, and no space after the colon; `data` comes before `event`."""

    counter = itertools.count(1)

    def event(self, name: str, data: object) -> bytes:
        fields = (b"retry:3000", b"id:%d" % next(self.counter), b"data:" + self.encode(data), b"event:" + name.encode())
        return b"\n".join(fields) + b"\n\n"


@variant()
class EventDataOverLines(Backend):
    """The JSON of an event is indented, and stands in several `data` lines."""

    def event(self, name: str, data: object) -> bytes:
        lines = json.dumps(json.loads(self.encode(data)), indent=1, ensure_ascii=True).splitlines()
        return "\n".join([f"event: {name}", *(f"data: {line}" for line in lines), "", ""]).encode()


@variant()
class BytesCutAnywhere(Backend):
    """The bytes of a stream arrive in pieces of seven, cut inside lines and inside characters."""

    def event_stream(self, events: Iterable[bytes]) -> Response:
        return super().event_stream(event[start : start + 7] for event in events for start in range(0, len(event), 7))


@variant("STR-4")
class BufferedStreams(Backend):
    """A proxy holds a stream back until it has all of it, even its headers."""

    def event_stream(self, events: Iterable[bytes]) -> Response:
        return super().event_stream(b"".join(each) for each in [events])


@variant("STR-4")
class BufferedAfterHeaders(Backend):
    """The headers of a stream come at once, with a comment; the events all together at the end."""

    def event_stream(self, events: Iterable[bytes]) -> Response:
        return super().event_stream(b"".join(each) for each in ([b": buffering\n\n"], events))


@variant("STR-4")
class NoDeltas(Backend):
    """A stream is its final event and some comments."""

    def event(self, name: str, data: object) -> bytes:
        return b": working\n\n" if name == "delta" else super().event(name, data)


@variant()
class ByteOrderMark(Backend):
    """A stream begins with a byte order mark."""

    def event_stream(self, events: Iterable[bytes]) -> Response:
        return super().event_stream(
            (b"\xef\xbb\xbf" if number == 0 else b"") + event for number, event in enumerate(events)
        )


@variant()
class EmptyDeltas(Model):
    """Some deltas are empty, the first one always."""

    def tokens(self, reply: str) -> list[str]:
        return ["", *itertools.chain.from_iterable((token, "") for token in super().tokens(reply))]


@variant()
class SingleCharacters(Model):
    """Each delta is one character."""

    def __init__(self, tokens_per_second: float = 150.0) -> None:
        super().__init__(tokens_per_second * 6)

    def tokens(self, reply: str) -> list[str]:
        return list(reply)


@variant()
class LargeDeltas(Model):
    """Each delta is a dozen words."""

    def __init__(self, tokens_per_second: float = 150.0) -> None:
        super().__init__(tokens_per_second / 12)

    def tokens(self, reply: str) -> list[str]:
        small = super().tokens(reply)
        return ["".join(small[start : start + 12]) for start in range(0, len(small), 12)]


@variant()
class InstantModel(Model):
    """A model too fast to be interrupted."""

    def __init__(self, tokens_per_second: float = 150.0) -> None:
        super().__init__(tokens_per_second * 1e6)


@variant()
class OddWhitespace(Model):
    """Replies begin with a line break, end with spaces, and have tabs and line separators between."""

    def content(self, text: str) -> str:
        return "\n\n\t" + super().content(text).replace(" ", " \u2028", 1) + "\r\n\u00a0  \n"


@variant()
class TerseModel(Model):
    """A model that never says more than a few words, whatever is asked."""

    def content(self, text: str) -> str:
        return super().content("")


@variant()
class ModelDisobeys(Model):
    """A model that does not care what steers it."""

    def manner(self, steering: object) -> list[str]:
        return []


@variant()
class ModelRepeatsHistory(Model):
    """A model that repeats the first line of everything that was said before."""

    def reply(self, text: str, steering: object, history: Sequence[str]) -> str:
        said = dict.fromkeys(line[:300] for earlier in history for line in earlier.splitlines()[:1])
        return super().reply(text, steering, history) + "".join(f"\nAs was said: {line}" for line in said)  # type: ignore[arg-type]


@variant()
class ModelGoesOnAsItBegan(Model):
    """A model that begins each reply as it began its first, whatever it is steered by now."""

    def reply(self, text: str, steering: Mapping[str, Any], history: Sequence[str]) -> str:
        if len(history) < 2:
            return super().reply(text, steering, history)
        return f"{history[1].splitlines()[0][:200]}\n{self.content(text)}"
