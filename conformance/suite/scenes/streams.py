"""Streams: one that ends by itself, one that is contested, cancelled, abandoned, and several at once."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

from conformance.canary import new_word
from conformance.client import Client
from conformance.exchange import Exchange
from conformance.run import Run
from conformance.scene import scene
from conformance.stream import Recording, Stream
from conformance.suite.scenes.holding import LINES, Freed, Room, lasting, opened
from conformance.suite.scenes.tools import list_all, listed_with, streamed
from conformance.verdict import Unverified

__all__ = [
    "abandoned_and_cancelled_stream",
    "abandoned_stream",
    "cancelled_again",
    "cancelled_stream",
    "contested_stream",
    "crowd",
    "failed_stream",
    "freed_by_its_end",
    "namesakes",
    "neighbours",
    "races",
    "streamed_turn",
]

# What is not in UTF-8 shows only where there is more than ASCII; and to some libraries U+2028 ends a line.
_CHARACTERS = "Crème brûlée für\u2028東京, Привет 🙂"
# One line, whose event is longer than the 4,096 bytes of many a buffer: 1,410 characters of three bytes.
_LONG_LINE = 30 * "いろはにほへとちりぬるをわかよたれそつねならむうゐのおくやまけふこえてあさきゆめみしゑひもせす"
_ABANDONED_WITHIN_S = 60.0
_RACERS = 6
_RACERS_APART_S = (0.0, 0.0, 0.004, 0.02, 0.1)
_CROWD = 6
_RAN_ON_S = 1.0
_OVERLAP_S = 0.25
_CONTESTS_AFTER_S = (0.0, 0.0, 0.7, 0.7)


@dataclass(frozen=True)
class StreamedTurn:
    """A stream that ran to its end, and the list of messages afterwards."""

    stream: Recording
    listing: Exchange


@dataclass(frozen=True)
class Contested:
    """A stream, others that were asked for while it was surely active, and the list afterwards."""

    active: Recording
    others: tuple[Recording, ...]
    listing: Exchange
    meanwhile: Exchange
    """The list while it was active."""

    @property
    def second(self) -> Recording:
        """The first of the others."""
        return self.others[0]


@dataclass(frozen=True)
class FreedByItsEnd:
    """After a contested stream: a message that was refused, again; where it was refused still, first a new one.

    Then one more, which asks for a long line.
    """

    first: Freed
    """The message that was refused, sent again as soon as the stream had ended."""
    new: Freed | None
    """Another one, where the lock seemed to be there still."""
    again: Freed
    """The message that was refused, when the other one had got through: by now no lock can be in its way."""
    later: Freed
    """The one that asks for a long line."""

    @property
    def freed(self) -> Freed:
        """What tells whether the lock has ended."""
        return self.new or self.first


@dataclass(frozen=True)
class Cancelled:
    """A stream that was cancelled while it was surely active, what follows, and then idle cancels and one more."""

    stream: Recording
    cancel: Exchange
    following: Freed
    listing: Exchange
    idle: tuple[Exchange, ...]
    after_idle: Freed


@dataclass(frozen=True)
class CancelledAgain:
    """Another stream of the same conversation, cancelled while it was surely active."""

    stream: Recording
    cancel: Exchange


@dataclass(frozen=True)
class Abandoned:
    """A stream whose client went away, the cancel that came after, if one did, and what comes next."""

    stream: Recording
    cancel: Exchange | None
    following: Freed


@dataclass(frozen=True)
class Neighbours:
    """Streams of two conversations, open at once; the first was then cancelled, twice, and the other ran on."""

    cancelled: Recording
    cancel: Exchange
    idle: Exchange
    other: Recording


@dataclass(frozen=True)
class Race:
    """The answers to streams that were opened in one conversation at once."""

    entries: tuple[Recording, ...]


@scene(replies=1)
def streamed_turn(run: Run, api: Client) -> StreamedTurn:
    """The first turn of a conversation, as a stream of some length, in characters of one to four bytes."""
    conversation_id = run.make_conversation()
    prompt = _beginning_with(_CHARACTERS, run.long_prompt(LINES[0]))
    recording = streamed(api, conversation_id, run.message(prompt))
    return StreamedTurn(recording, listed_with(api, recording))


@scene(replies=1)
def contested_stream(run: Run, api: Client, streamed_turn: StreamedTurn) -> Contested:
    """Other streams are asked for, one after the other, while one is active; that one runs on to its end."""
    room = Room(run, api)
    waited: list[Contested] = []
    for lines in lasting(streamed_turn.stream, sum(_CONTESTS_AFTER_S) + 0.4):
        with room.held(lines) as active:
            meanwhile = list_all(api, room.conversation_id)
            others = list(_contest(run, api, active))
            recording = active.finish()
        counting = [other for other in others if _was_in_time(recording, other)]
        if recording.deltas and counting:
            return Contested(recording, tuple(counting), listed_with(api, recording), meanwhile)
        if recording.deltas and others and _has_waited(run, recording, others[0]):
            waited.append(Contested(recording, tuple(others), listed_with(api, recording), meanwhile))
    if len(waited) > 1:
        # Again and again the answer was kept back until the first stream was over: that is how it was refused.
        return waited[-1]
    raise _never_held()


def _beginning_with(line: str, prompt: str) -> str:
    return f"Begin with this line, as it stands: {line}\n{prompt}"


def _contest(run: Run, api: Client, active: Stream) -> Iterator[Recording]:
    """Ask for another stream at once, once more, and then again while the first goes on; until one gets through."""
    for pause_s in _CONTESTS_AFTER_S:
        if active.wait_until_ended(pause_s):
            return
        with api.open_stream(active.conversation_id, run.message()) as other:
            # One that was let through is read to its end: going away from it would leave a lock of its own.
            answer = other.finish() if other.exchange.status == 200 else other.record()
        yield answer
        if answer.status == 200:
            return


def _was_in_time(active: Recording, other: Recording) -> bool:
    """Whether the other one was judged while the first was surely active. A refusal says itself that it was."""
    refused_in_time = other.status == 409 and active.was_open_at(other.exchange.started)
    return refused_in_time or active.was_surely_active_during(other.exchange)


def _has_waited(run: Run, active: Recording, other: Recording) -> bool:
    """Whether the other one was let through only when the first was over, long after it had been asked for.

    A backend that is merely slow is slow with the deltas of the first one, too.
    """
    arrived = [arrival.at for arrival in active.deltas if arrival.at > other.exchange.started]
    went_on_s = arrived[-1] - other.exchange.started if arrived else 0.0
    return other.status == 200 and len(arrived) > 5 and went_on_s > max(0.4, 5 * run.calibration.call_s)


@scene(replies=2)
def freed_by_its_end(run: Run, api: Client, contested_stream: Contested) -> FreedByItsEnd:
    """After the contested stream, a message that was refused; if need be a new one before; in the end a long one."""
    conversation_id, refused = contested_stream.active.conversation_id, dict(contested_stream.second.message)
    again = first = opened(run, api, conversation_id, message=refused)
    new = None
    if first.last.status != 200:
        new = opened(run, api, conversation_id)
        again = opened(run, api, conversation_id, message=refused)
    long = run.message(_beginning_with(_LONG_LINE, "Then say no more."))
    return FreedByItsEnd(first, new, again, later=opened(run, api, conversation_id, message=long))


@scene(replies=3)
def cancelled_stream(run: Run, api: Client, streamed_turn: StreamedTurn) -> Cancelled:
    """A stream is cancelled after some deltas; then comes a short one; then idle cancels, and one more."""
    room = Room(run, api)
    conversation_id = room.conversation_id
    recording, cancel = _cancel(run, api, room, streamed_turn)
    # Asked for at once: a lock ends with the cancel. The list may take its moment.
    following = opened(run, api, conversation_id)
    listing = listed_with(api, recording)
    idle = (api.cancel_stream(conversation_id), api.cancel_stream(conversation_id))
    return Cancelled(recording, cancel, following, listing, idle, opened(run, api, conversation_id))


@scene(replies=1)
def cancelled_again(run: Run, api: Client, streamed_turn: StreamedTurn, cancelled_stream: Cancelled) -> CancelledAgain:
    """Where one was cancelled and others have ended, one more stream is cancelled."""
    room = Room(run, api, cancelled_stream.stream.conversation_id)
    return CancelledAgain(*_cancel(run, api, room, streamed_turn))


def _cancel(run: Run, api: Client, room: Room, streamed_turn: StreamedTurn) -> tuple[Recording, Exchange]:
    # So long that a cancel which is ignored does not pass as a stream that has just ended.
    for lines in lasting(streamed_turn.stream, run.closes_within_s + 3):
        with room.held(lines) as stream:
            stream.wait_for_deltas(3)
            cancel = api.cancel_stream(room.conversation_id)
            stream.wait_until_ended(run.closes_within_s)
            recording = stream.record()
        if recording.deltas and recording.was_open_at(cancel.started) and not _ran_on(recording, cancel):
            return recording, cancel
    raise _never_held()


def _ran_on(stream: Recording, cancel: Exchange) -> bool:
    """Whether the stream ended by itself a good while after the cancel: it may have been ignored, or was too late."""
    late = [arrival for arrival in stream.deltas if arrival.at > cancel.finished + _RAN_ON_S]
    return bool(late) and stream.ran_to_its_end


@scene(replies=2)
def abandoned_and_cancelled_stream(run: Run, api: Client) -> Abandoned:
    """The client of an active stream goes away; then a cancel."""
    room = Room(run, api)
    recording = _abandon(room)
    cancel = api.cancel_stream(room.conversation_id)
    return Abandoned(recording, cancel, opened(run, api, room.conversation_id))


@scene(replies=2)
def abandoned_stream(run: Run, api: Client) -> Abandoned:
    """The client of an active stream goes away, and nobody cancels."""
    room = Room(run, api)
    recording = _abandon(room)
    return Abandoned(recording, None, opened(run, api, room.conversation_id, within_s=_ABANDONED_WITHIN_S))


@scene(replies=2, early=True)
def neighbours(run: Run, api: Client) -> Neighbours:
    """Two conversations stream at once; the first is cancelled, also when it is idle, and the other runs on."""
    for lines in LINES:
        first, second = Room(run, api), Room(run, api)  # new ones: no lock of their own can linger
        with first.held(lines) as one, second.held(lines, within_s=0) as other:
            cancel = api.cancel_stream(first.conversation_id)
            one.wait_until_ended(run.closes_within_s)
            idle = api.cancel_stream(first.conversation_id)
            cancelled, ran_on = one.record(), other.finish()
        overlapped = cancelled.was_open_at(ran_on.exchange.started) and ran_on.was_open_at(cancel.started)
        if cancelled.deltas and overlapped and cancelled.was_open_at(cancel.started):
            return Neighbours(cancelled, cancel, idle, ran_on)
    raise _never_held()


@scene(early=True)
def namesakes(run: Run, api: Client) -> tuple[Neighbours, ...]:
    """One message id streams in two conversations at once, where replies are free and ids are a conversation's own.

    The second reply is to begin with a word of its own: one that does not may be the first one's (IDM-9).
    """
    if run.pays:
        return ()
    first, second, word = run.make_conversation(), run.make_conversation(), new_word()
    message = run.message(run.long_prompt(LINES[1]))
    same_id = {**message, "text": _beginning_with(word, message["text"])}
    with api.open_stream(first, message) as one, api.open_stream(second, same_id) as other:
        if not (one.wait_for_deltas(1) and any(word in other.text for _ in other)):
            return ()
        cancel = api.cancel_stream(first)
        one.wait_until_ended(run.closes_within_s)
        idle = api.cancel_stream(first)
        return (Neighbours(one.record(), cancel, idle, other.finish()),)


@scene()
def crowd(run: Run, api: Client) -> tuple[Recording, ...]:
    """Several conversations stream at once, where replies are free: a lock may be shared by some only."""
    if run.pays:
        return ()
    with ExitStack() as opened_streams:
        streams = []
        for conversation_id in [run.make_conversation() for _ in range(_CROWD)]:
            message = run.message(run.long_prompt(LINES[0]))
            streams.append(opened_streams.enter_context(api.open_stream(conversation_id, message)))
        answers = [stream.record() for stream in streams if stream.exchange.status != 200 or stream.wait_for_deltas(1)]
        for stream in streams:
            if stream.ending is None:
                api.cancel_stream(stream.conversation_id)
    return tuple(answers)


@scene(replies=1)
def races(run: Run, api: Client) -> tuple[Race, ...]:
    """Streams are opened in one conversation at the same moment; where that is free, also one shortly after the other.

    Between the check of a lock and its taking there may be a gap of any length.
    """
    apart_s = _RACERS_APART_S[:1] if run.pays else _RACERS_APART_S
    return tuple(_race(run, api, apart) for apart in apart_s)


@scene(replies=2, early=True)
def failed_stream(run: Run, api: Client) -> Abandoned:
    """A stream whose generation fails, and what comes next."""
    prompt = run.failing_prompt()
    conversation_id = run.make_conversation()
    recording = streamed(api, conversation_id, {**run.message(), "text": prompt})
    return Abandoned(recording, None, opened(run, api, conversation_id))


def _abandon(room: Room) -> Recording:
    for lines in LINES:
        with room.open(lines) as stream:
            stream.wait_for_deltas(1)
            was_active = stream.ending is None and bool(stream.record().deltas)
        if was_active:
            return stream.record()
    raise _never_held()


def _race(run: Run, api: Client, apart_s: float) -> Race:
    conversation_id = run.make_conversation()  # of its own: the lock of an earlier race may linger
    api.warm_up(_RACERS)
    barrier = threading.Barrier(_RACERS)
    streams: list[Stream] = []
    problems: list[Exception] = []

    def enter(number: int) -> None:
        message = run.message(run.long_prompt(LINES[0]))
        try:
            barrier.wait(timeout=30)
            time.sleep(number * apart_s)
            stream = api.open_stream(conversation_id, message)
            streams.append(stream)
            stream.wait_for_deltas(2)
        except Exception as problem:  # the thread has nobody to raise it to
            problems.append(problem)

    threads = [threading.Thread(target=enter, args=[number], daemon=True) for number in range(_RACERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    try:
        # Late enough for the streams that were let through to have overlapped for sure, if there are several.
        for stream in streams:
            if stream.exchange.status == 200:
                stream.wait_until_ended(_OVERLAP_S)
                break
        api.cancel_stream(conversation_id)
        for stream in streams:
            stream.wait_until_ended(run.closes_within_s)
        entries = tuple(stream.record() for stream in streams)
    finally:
        for stream in streams:
            stream.close()
    if problems:
        raise problems[0]
    return Race(entries)


def _never_held() -> Unverified:
    return Unverified(
        "of three streams none was active long enough: too short, too fast, in one piece, or without a readable delta"
    )
