"""Turns at `/messages`, and replays at both endpoints.

Scenes of one conversation are played one after the other. Where a later one is not about what an earlier one shows, it
lets the earlier one come first (`let_first`) and goes on whatever has come of that.
"""

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import pytest

from conformance.client import Client
from conformance.exchange import Exchange
from conformance.expect import expect_message, once_unlocked
from conformance.run import Run
from conformance.scene import scene
from conformance.stream import Recording
from conformance.suite.scenes.holding import opened
from conformance.suite.scenes.meanwhile import Twins
from conformance.suite.scenes.streams import StreamedTurn
from conformance.suite.scenes.tools import attempted, let_first, list_all, listed, listed_with, streamed
from conformance.verdict import Unverified

__all__ = [
    "late_replay",
    "long_stream",
    "old_replay",
    "overtaken",
    "plain_replay",
    "plain_turn",
    "reworded_replay",
    "second_turn",
    "stream_replay",
    "streamed_replay",
]

CONTEXT: Final = [
    {"id": 7, "content": "The bakery opens at six.", "category_name": "Opening hours"},
    {"id": -3, "content": "It is closed on Mondays."},
]
CONTEXT_SIZE: Final = 20_000
"""More than where nothing is said."""

ODD_DATE: Final = "2019-02-03T04:05:06"
"""A client's clock that is far off."""

DIGITS: Final = "007"
"""A text that is another one where it is taken for a number."""

_OLD_S: Final = 4.0
_LONG: Final = 200
"""Lines of a reply, which make some 700 characters."""

_OVERTAKEN_AFTER: Final = (0.1, 0.25, 0.4, 0.55, 0.7)
"""Of the time that a reply takes: when its message is sent as a stream as well."""


@dataclass(frozen=True)
class Turn:
    """A message that was sent, the call that answered it, and the list of messages afterwards."""

    conversation_id: str
    message: dict[str, Any]
    answer: Exchange
    listing: Exchange

    @property
    def reply(self) -> dict[str, Any]:
        """The assistant's reply."""
        return expect_message("MSG-1", self.answer)


@dataclass(frozen=True)
class SecondTurn(Turn):
    """A turn with all that a message may have; where that was refused, with as much of it as was taken."""

    before: Exchange
    """The list just before it."""
    tries: tuple[tuple[Mapping[str, Any], Exchange], ...]

    def with_field(self, name: str) -> Exchange:
        """The answer that tells whether a message with this field is taken."""
        return [answer for message, answer in self.tries if name in message][-1]


@dataclass(frozen=True)
class Replays:
    """The same id sent again to `/messages`, and the list of messages before and after."""

    before: Exchange
    answers: tuple[Exchange, ...]
    after: Exchange


@dataclass(frozen=True)
class StreamReplays:
    """An id that has a reply, sent to `/message-streams`: as it was, once more, and reworded; then the list."""

    first: Recording
    second: Recording
    reworded: Recording
    listing: Exchange


@dataclass(frozen=True)
class LateReplay:
    """The first turn's id again at both endpoints, after another turn; then the list."""

    plain: Exchange
    stream: Recording
    listing: Exchange


@dataclass(frozen=True)
class StreamedReplay:
    """The id of a streamed turn at both endpoints; then the list."""

    plain: Exchange
    stream: Recording
    listing: Exchange


@dataclass(frozen=True)
class LongStream(StreamedTurn):
    """A stream with a long reply, to a text with white space around it; then the same message at `/messages`."""

    plain: Exchange


@scene(replies=1)
def plain_turn(run: Run, api: Client) -> Turn:
    """The first turn of a conversation: the one by which the smoke pass has measured how long a reply takes."""
    first = run.calibration.first_turn
    if first is None:
        raise Unverified("the smoke pass could not send a message")
    listing = listed(api, first.conversation_id, first.message, first.answer)
    return Turn(first.conversation_id, first.message, first.answer, listing)


@scene()
def plain_replay(api: Client, plain_turn: Turn) -> Replays:
    """The same message again, twice."""
    answers = [api.send_message(plain_turn.conversation_id, plain_turn.message) for _ in range(2)]
    return Replays(plain_turn.listing, tuple(answers), list_all(api, plain_turn.conversation_id))


@scene()
def reworded_replay(api: Client, plain_turn: Turn, request: pytest.FixtureRequest) -> Replays:
    """The same id again with another time, with context, and with another text."""
    let_first(request, "plain_replay")
    conversation_id = plain_turn.conversation_id
    before = list_all(api, conversation_id)
    answers = [api.send_message(conversation_id, reworded) for reworded in _reworded(plain_turn.message)]
    return Replays(before, tuple(answers), list_all(api, conversation_id))


@scene()
def stream_replay(run: Run, api: Client, plain_turn: Turn, request: pytest.FixtureRequest) -> StreamReplays:
    """The id as a stream, three times."""
    let_first(request, "reworded_replay")
    conversation_id, message = plain_turn.conversation_id, plain_turn.message
    *_, reworded = _reworded(message)
    first, second, third = (
        opened(run, api, conversation_id, message=body).last for body in (message, message, reworded)
    )
    return StreamReplays(first, second, third, list_all(api, conversation_id))


@scene(replies=1)
def second_turn(run: Run, api: Client, plain_turn: Turn, request: pytest.FixtureRequest) -> SecondTurn:
    """A new message with all that a message may have, by a client whose clock is far off.

    Its text is digits, and its id differs from that of the first one in nothing but its end.
    """
    let_first(request, "stream_replay")
    conversation_id = plain_turn.conversation_id
    size: dict[str, Any] = {"contextSize": CONTEXT_SIZE}
    context: dict[str, Any] = {"additionalContext": CONTEXT}
    before = list_all(api, conversation_id)
    tries: list[tuple[dict[str, Any], Exchange]] = []
    for number, fields in enumerate(({**context, **size}, size, context, {}), start=1):
        own = {"id": _next_id(plain_turn.message["id"], number), "text": DIGITS, "createdAt": ODD_DATE}
        message = {**own, **fields}
        tries.append((message, once_unlocked(partial(api.send_message, conversation_id, message))))
        if tries[-1][1].status == 200:
            break
    message, answer = tries[-1]
    listing = listed(api, conversation_id, message, answer)
    return SecondTurn(conversation_id, message, answer, listing, before, tuple(tries))


@scene()
def late_replay(run: Run, api: Client, plain_turn: Turn, second_turn: Turn) -> LateReplay:
    """The first id again, now that it is not the newest any more. Nothing comes after this."""
    conversation_id = second_turn.conversation_id
    plain = once_unlocked(lambda: api.send_message(conversation_id, plain_turn.message))
    stream = opened(run, api, conversation_id, message=plain_turn.message).last
    return LateReplay(plain, stream, list_all(api, conversation_id))


@scene()
def old_replay(
    api: Client, plain_turn: Turn, second_turn: Turn, more_turns: object, request: pytest.FixtureRequest
) -> Exchange:
    """The first id once more: after some seconds, and after all turns of another conversation."""
    let_first(request, "late_replay")
    time.sleep(max(plain_turn.answer.finished + _OLD_S - time.monotonic(), 0.0))
    return once_unlocked(lambda: api.send_message(second_turn.conversation_id, plain_turn.message))


def _next_id(message_id: str, number: int) -> str:
    """A UUID with the same beginning, as those have that are made from the clock."""
    end = (int(message_id[-4:], 16) + number) % 0x10000
    return f"{message_id[:-4]}{end:04x}"


def _reworded(message: Mapping[str, Any]) -> tuple[dict[str, Any], ...]:
    """Valid messages with this one's id: each of the other parts changed, then all."""
    time = {"createdAt": ODD_DATE}
    context = {"additionalContext": CONTEXT[:1], "contextSize": 4000}
    text = {"text": "Say hello."}
    return tuple({**message, **changes} for changes in (time, context, text, {**time, **context, **text}))


@scene()
def streamed_replay(run: Run, api: Client, streamed_turn: StreamedTurn) -> StreamedReplay:
    """The id of the streamed turn at `/messages`, then as a stream again."""
    first = streamed_turn.stream
    plain = once_unlocked(lambda: api.send_message(first.conversation_id, first.message))
    stream = opened(run, api, first.conversation_id, message=dict(first.message)).last
    return StreamedReplay(plain, stream, list_all(api, first.conversation_id))


@scene(replies=1, early=True)
def long_stream(run: Run, api: Client) -> LongStream:
    """A stream with a long reply, to a text with white space around it; then the same message at `/messages`."""
    message = run.message(run.long_prompt(_LONG))
    message["text"] = f" \t{message['text']} \r\n"
    stream = streamed(api, run.make_conversation(), message)
    listing = listed_with(api, stream)
    return LongStream(stream, listing, once_unlocked(lambda: api.send_message(stream.conversation_id, message)))


@scene()
def overtaken(run: Run, api: Client) -> tuple[Twins, ...]:
    """A new message at `/messages`, and as a stream while it is being answered: where replies are free."""
    if run.pays:
        return ()
    reply_s = run.calibration.reply_s or 0.0
    return tuple(_overtake(run, api, part * reply_s) for part in _OVERTAKEN_AFTER)


def _overtake(run: Run, api: Client, after_s: float) -> Twins:
    conversation_id, message = run.make_conversation(), run.message()
    before = list_all(api, conversation_id)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(attempted, api.send_message, conversation_id, message)
        time.sleep(after_s)
        second = attempted(streamed, api, conversation_id, message)
    plain = first.result()
    if isinstance(second, Unverified):
        return Twins(message, (plain, second), before, before, both_plain=False)
    if isinstance(plain, Exchange) and plain.status == 200:
        after = listed(api, conversation_id, message, plain)
    else:  # the stream was sooner, and the message got a 409
        after = listed_with(api, second)
    return Twins(message, (plain, second.exchange), before, after, both_plain=False)
