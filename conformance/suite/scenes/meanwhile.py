"""The same at once, something beside an active stream, and ids that somebody else has used."""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from conformance.client import Call, Client, conversation_path
from conformance.exchange import Exchange
from conformance.expect import expect_conversation, expect_message
from conformance.run import Run
from conformance.scene import scene
from conformance.stream import Recording
from conformance.suite.scenes.holding import Room, lasting
from conformance.suite.scenes.steering import Replaced
from conformance.suite.scenes.streams import StreamedTurn
from conformance.suite.scenes.tools import A, attempted, let_first, list_all, listed, streamed
from conformance.verdict import Unverified

__all__ = [
    "busy_conversation",
    "colleague_in_mine",
    "colleague_with_my_ids",
    "twins",
]

BESIDE = ("stream replay", "patch", "bad request", "replay", "message")
"""What is tried beside an active stream."""

_TWINS_THAT_ARE_FREE = 3

Said = tuple[Mapping[str, Any], Mapping[str, Any]]
"""A message of the user and the reply to it."""


@dataclass(frozen=True)
class Twins:
    """A new message that was sent twice at the same moment, and the list before and after."""

    message: Mapping[str, Any]
    answers: tuple[Exchange | Unverified, ...]
    before: Exchange
    after: Exchange
    both_plain: bool
    """Both were sent to `/messages`; otherwise the second was sent to `/message-streams`."""


@dataclass(frozen=True)
class Second:
    """Another stream that was asked for while one was active, after some other call."""

    after: Exchange
    stream: Recording


@dataclass(frozen=True)
class Busy:
    """What else was asked for while a stream was active, if it was, and another stream after each call."""

    active: Recording
    first: Exchange
    plain_replay: Exchange | Unverified
    stream_replay: Recording | Unverified
    new_message: Exchange | Unverified
    fetched: Exchange | Unverified
    """What a GET was answered."""
    patch: Exchange | Unverified
    events_only: Exchange | Unverified
    """What another stream was answered that said it takes `text/event-stream` and nothing else."""
    seconds: Mapping[str, Second]
    """After which of these calls: see `BESIDE`."""


@dataclass(frozen=True)
class Colleague:
    """What a colleague got who sent ids of mine: at `/messages`, and as a stream."""

    mine: Mapping[str, Any]
    """My reply to what was then sent to `/messages`."""
    mine_streamed: Mapping[str, Any]
    word: str | None
    """What `mine` says, and a reply in a conversation of the colleague's own does not."""
    own_list: Exchange
    """The list of the conversation, as far as the colleague may see it."""
    plain: Exchange | Unverified
    stream: Recording | Unverified


@scene(replies=2)
def twins(run: Run, api: Client) -> tuple[Twins, ...]:
    """A new message twice at once: at `/messages`; where replies are free more than once, and at both endpoints too."""
    conversation_id = run.make_conversation()
    if run.pays:
        return (_send_twice(run, api, conversation_id, both_plain=True),)
    kinds = [True] * _TWINS_THAT_ARE_FREE + [False]
    return tuple(_send_twice(run, api, conversation_id, both_plain=both_plain) for both_plain in kinds)


@scene(replies=2)
def busy_conversation(run: Run, api: Client, streamed_turn: StreamedTurn) -> Busy:
    """A turn; then a long stream, and while it is active all kinds of other calls, with another stream after each."""
    room = Room(run, api)
    conversation_id, message = room.conversation_id, run.message()
    first = api.send_message(conversation_id, message)
    expect_message("MSG-1", first)
    path = conversation_path(conversation_id, "message-streams")
    bad = {name: value for name, value in run.message().items() if name != "text"}
    for lines in lasting(streamed_turn.stream, 15 * run.calibration.call_s + 1):
        with room.held(lines) as active:
            asides = _Asides(run, api, conversation_id)
            events_only = attempted(api.call, Call("POST", path, run.message(), accept="text/event-stream"))
            stream_replay = asides.make("stream replay", lambda: streamed(api, conversation_id, message))
            patch = asides.make("patch", lambda: api.patch_conversation(conversation_id, {"personality": None}))
            asides.make("bad request", lambda: streamed(api, conversation_id, bad))
            plain_replay = asides.make("replay", lambda: api.send_message(conversation_id, message))
            fetched = attempted(_fetched, api, conversation_id)
            lasted = active.ending is None
            new = asides.make("message", lambda: api.send_message(conversation_id, run.message()))  # may wait for it
            with suppress(Unverified):
                api.cancel_stream(conversation_id)
            active.wait_until_ended(run.closes_within_s)
            recording = active.record()
        if lasted:
            break
    return Busy(recording, first, plain_replay, stream_replay, new, fetched, patch, events_only, asides.seconds)


class _Asides:
    """Calls beside an active stream, after each of which another stream is asked for, until one is let through."""

    def __init__(self, run: Run, api: Client, conversation_id: str) -> None:
        self.seconds: dict[str, Second] = {}
        self._ask = lambda: streamed(api, conversation_id, run.message())

    def make(self, name: str, call: Callable[[], A]) -> A | Unverified:
        answer = attempted(call)
        if isinstance(answer, Unverified) or any(second.stream.status == 200 for second in self.seconds.values()):
            return answer
        stream = attempted(self._ask)
        if not isinstance(stream, Unverified):
            exchange = answer if isinstance(answer, Exchange) else answer.exchange
            self.seconds[name] = Second(exchange, stream)
        return answer


def _fetched(api: Client, conversation_id: str) -> Exchange:
    with api.fetch_stream(conversation_id) as stream:
        return stream.exchange


@scene(replies=2)
def colleague_with_my_ids(
    run: Run, second: Client, replaced_personality: Replaced, streamed_turn: StreamedTurn
) -> Colleague:
    """A colleague sends two ids of mine in a conversation of his own: one at `/messages`, one as a stream."""
    own = str(expect_conversation("CRE-1", second.create_conversation({}))["id"])
    probe, stream = replaced_personality.probe, streamed_turn.stream
    turns = (probe.message, probe.reply), (stream.message, stream.reply or {})
    return _send_as_colleague(run, second, own, *turns, word=replaced_personality.new)


@scene()
def colleague_in_mine(
    run: Run, second: Client, replaced_personality: Replaced, request: pytest.FixtureRequest
) -> Colleague:
    """A colleague sends an id of mine where I have sent it: at `/messages`, and as a stream."""
    let_first(request, "patched_later")
    probe = replaced_personality.probe
    turn = (probe.message, probe.reply)
    return _send_as_colleague(run, second, probe.conversation_id, turn, turn)


def _send_as_colleague(
    run: Run, second: Client, conversation_id: str, plain: Said, as_stream: Said, *, word: str | None = None
) -> Colleague:
    """Send the ids of these turns of mine, the one at `/messages`, the other as a stream."""
    messages = [{**run.message("Say hello."), "id": message["id"]} for message, _ in (plain, as_stream)]
    return Colleague(
        mine=plain[1],
        mine_streamed=as_stream[1],
        word=word,
        own_list=list_all(second, conversation_id),
        plain=attempted(second.send_message, conversation_id, messages[0]),
        stream=attempted(streamed, second, conversation_id, messages[1]),
    )


def _send_twice(run: Run, api: Client, conversation_id: str, *, both_plain: bool) -> Twins:
    message = run.message()
    before = list_all(api, conversation_id)
    api.warm_up(2)
    together = threading.Barrier(2)

    def enter(send: Callable[[], Exchange]) -> Exchange | Unverified:
        together.wait(timeout=30)
        return attempted(send)

    plain = partial(api.send_message, conversation_id, message)
    other = plain if both_plain else lambda: streamed(api, conversation_id, message).exchange
    with ThreadPoolExecutor(2) as pool:
        answers = tuple(pool.map(enter, (plain, other)))
    good = [answer for answer in answers if isinstance(answer, Exchange) and answer.status == 200]
    after = listed(api, conversation_id, message, good[0]) if good else list_all(api, conversation_id)
    return Twins(message, answers, before, after, both_plain)
