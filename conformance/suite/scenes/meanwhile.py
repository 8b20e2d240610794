"""The same at once, something beside an active stream, and ids that somebody else has used."""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from conformance.client import Client
from conformance.exchange import Exchange
from conformance.expect import expect_conversation, expect_message
from conformance.run import Run
from conformance.scene import scene
from conformance.stream import Recording
from conformance.suite.scenes.holding import LINES, Room
from conformance.suite.scenes.steering import Replaced
from conformance.suite.scenes.streams import StreamedTurn
from conformance.suite.scenes.tools import attempted, let_first, list_all, listed, streamed
from conformance.verdict import Unverified

__all__ = [
    "busy_conversation",
    "colleague_in_mine",
    "colleague_with_my_ids",
    "twins",
]

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
class Busy:
    """What else was asked for while a stream was active, if it was: a replay at both endpoints, a new message."""

    active: Recording
    first: Exchange
    plain_replay: Exchange | Unverified
    stream_replay: Recording | Unverified
    new_message: Exchange | Unverified
    fetched: Exchange | Unverified
    """What a GET was answered."""


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
def busy_conversation(run: Run, api: Client) -> Busy:
    """A turn; then a long stream, and while it is active the turn's id again and a new message."""
    room = Room(run, api)
    conversation_id, message = room.conversation_id, run.message()
    first = api.send_message(conversation_id, message)
    expect_message("MSG-1", first)
    for lines in LINES:
        with room.held(lines) as active:
            plain = attempted(api.send_message, conversation_id, message)
            replay = attempted(streamed, api, conversation_id, message)
            new = attempted(api.send_message, conversation_id, run.message())
            fetched = attempted(_fetched, api, conversation_id)
            still_active = active.ending is None
            with suppress(Unverified):
                api.cancel_stream(conversation_id)
            active.wait_until_ended(run.closes_within_s)
            recording = active.record()
        if still_active:
            break
    return Busy(recording, first, plain, replay, new, fetched)


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
