"""The life of a turn and the lock of a conversation, as two tables that can be read aloud.

A *turn* is a user's message and the reply to it, known by the message's id: that is what makes a repeated call
a replay. The *lock* is the conversation's: one stream at a time. What is not in a table cannot happen: asking for
it raises `IllegalStep` and changes nothing.

Clauses: IDM-1, IDM-5 to IDM-8, IDM-11 (`Decision`), LCK-1 to LCK-10 (`Lock`), CAN-1 to CAN-3, CAN-5 (`Turn`).
"""

from __future__ import annotations

import enum
from typing import Final

from mockserver.rules.errors import ConversationLocked


class IllegalStep(RuntimeError):
    """A step that no table has: a fault of the caller, never of a client."""


class Channel(enum.Enum):
    """How a client asks for a reply."""

    SYNC = "messages"
    STREAM = "message-streams"


class Lock(enum.Enum):
    """Whether a stream is active in the conversation."""

    FREE = "free"
    STREAMING = "streaming"


class LockEvent(enum.Enum):
    """What happens to a lock: a stream opens, or ends in one of the ways of `Ending`."""

    OPEN = "open"
    END = "end"
    CANCEL = "cancel"


LOCK: Final[dict[tuple[Lock, LockEvent], Lock]] = {
    (Lock.FREE, LockEvent.OPEN): Lock.STREAMING,
    (Lock.FREE, LockEvent.CANCEL): Lock.FREE,  # CAN-1: nothing to cancel is no error
    (Lock.STREAMING, LockEvent.END): Lock.FREE,  # LCK-4, LCK-7 to LCK-9
    (Lock.STREAMING, LockEvent.CANCEL): Lock.FREE,  # LCK-5
    # (STREAMING, OPEN) is refused before it comes to this: see DECISION and LCK-1.
}


class Turn(enum.Enum):
    """How far the turn of one message id has come."""

    NEW = "new"
    GENERATING = "generating"
    ANSWERED = "answered"
    UNANSWERED = "unanswered"
    """The user's message is there, its reply failed or was ended before the first word: the id may be used again."""


class Ending(enum.Enum):
    """How the generation of a reply ends."""

    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"
    CLIENT_GONE = "client gone"
    SHUTDOWN = "shutdown"


class Decision(enum.Enum):
    """What is to be done with a message that a client sends."""

    GENERATE = "generate"
    REPLAY = "replay"
    WAIT = "wait"
    """Another call is generating this very reply: wait for it and decide again (IDM-7)."""
    REFUSE = "refuse"


DECISION: Final[dict[tuple[Channel, Lock, Turn], Decision]] = {
    (Channel.SYNC, Lock.FREE, Turn.NEW): Decision.GENERATE,
    (Channel.SYNC, Lock.FREE, Turn.UNANSWERED): Decision.GENERATE,
    (Channel.SYNC, Lock.FREE, Turn.GENERATING): Decision.WAIT,
    (Channel.SYNC, Lock.FREE, Turn.ANSWERED): Decision.REPLAY,
    (Channel.SYNC, Lock.STREAMING, Turn.NEW): Decision.REFUSE,  # LCK-10
    (Channel.SYNC, Lock.STREAMING, Turn.UNANSWERED): Decision.REFUSE,  # LCK-10
    (Channel.SYNC, Lock.STREAMING, Turn.GENERATING): Decision.WAIT,
    (Channel.SYNC, Lock.STREAMING, Turn.ANSWERED): Decision.REPLAY,  # IDM-11
    (Channel.STREAM, Lock.FREE, Turn.NEW): Decision.GENERATE,
    (Channel.STREAM, Lock.FREE, Turn.UNANSWERED): Decision.GENERATE,
    (Channel.STREAM, Lock.FREE, Turn.GENERATING): Decision.WAIT,
    (Channel.STREAM, Lock.FREE, Turn.ANSWERED): Decision.REPLAY,  # IDM-5
    (Channel.STREAM, Lock.STREAMING, Turn.NEW): Decision.REFUSE,  # LCK-1
    (Channel.STREAM, Lock.STREAMING, Turn.UNANSWERED): Decision.REFUSE,  # LCK-1
    (Channel.STREAM, Lock.STREAMING, Turn.GENERATING): Decision.REFUSE,  # LCK-1
    (Channel.STREAM, Lock.STREAMING, Turn.ANSWERED): Decision.REFUSE,  # LCK-1, IDM-11
}


TURN_ENDS: Final[dict[tuple[Ending, bool], Turn]] = {
    # (how it ends, whether any text was produced)
    (Ending.FINISHED, True): Turn.ANSWERED,
    (Ending.FAILED, True): Turn.UNANSWERED,  # a failed reply is none: the client may try again under the same id
    (Ending.FAILED, False): Turn.UNANSWERED,
    (Ending.CANCELLED, True): Turn.ANSWERED,  # CAN-3, CAN-5: the part produced is the reply
    (Ending.CANCELLED, False): Turn.UNANSWERED,
    (Ending.CLIENT_GONE, True): Turn.ANSWERED,
    (Ending.CLIENT_GONE, False): Turn.UNANSWERED,
    (Ending.SHUTDOWN, True): Turn.ANSWERED,
    (Ending.SHUTDOWN, False): Turn.UNANSWERED,
}


def step_lock(lock: Lock, event: LockEvent) -> Lock:
    """The lock after the event.

    Raises:
        IllegalStep: the table has no such step.
    """
    try:
        return LOCK[lock, event]
    except KeyError:
        raise IllegalStep(f"{event} on a lock that is {lock}") from None


def decide(channel: Channel, lock: Lock, turn: Turn) -> Decision:
    """What to do with a message that comes in by `channel`: generate, replay or wait.

    Raises:
        ConversationLocked: LCK-1, LCK-10, IDM-11.
    """
    decision = DECISION[channel, lock, turn]
    if decision is Decision.REFUSE:
        raise ConversationLocked
    return decision


def end_turn(ending: Ending, *, produced: bool) -> Turn:
    """What a turn that was generating becomes; `produced`: some text of the reply was there.

    Raises:
        IllegalStep: finished without any text, which MSG-1 rules out.
    """
    try:
        return TURN_ENDS[ending, produced]
    except KeyError:
        raise IllegalStep(f"a turn that is {ending} without a text") from None
