"""The tables of the lock and of the turn: complete, and safe where a step is not in them."""

from __future__ import annotations

from itertools import product

import pytest

from mockserver.rules.errors import ConversationLocked
from mockserver.rules.turn import (
    DECISION,
    LOCK,
    Channel,
    Decision,
    Ending,
    IllegalStep,
    Lock,
    LockEvent,
    Turn,
    decide,
    end_turn,
    step_lock,
)

SITUATIONS = list(product(Channel, Lock, Turn))


def test_every_situation_is_decided() -> None:
    """There is no channel, lock and turn for which the mock has no answer."""
    assert set(DECISION) == set(SITUATIONS)


@pytest.mark.clause("LCK-1", "IDM-11")
@pytest.mark.parametrize("turn", Turn)
def test_a_second_stream_is_refused_whatever_its_message(turn: Turn) -> None:
    """A new id, a replayed one, the very one that streams: all are refused while a stream is active."""
    with pytest.raises(ConversationLocked):
        decide(Channel.STREAM, Lock.STREAMING, turn)


@pytest.mark.clause("IDM-1", "IDM-5", "IDM-6", "IDM-11")
@pytest.mark.parametrize(
    ("channel", "lock"), [(Channel.SYNC, Lock.FREE), (Channel.SYNC, Lock.STREAMING), (Channel.STREAM, Lock.FREE)]
)
def test_an_answered_message_is_replayed(channel: Channel, lock: Lock) -> None:
    """By whichever way it comes again; at `/messages` also while a stream is active."""
    assert decide(channel, lock, Turn.ANSWERED) is Decision.REPLAY


@pytest.mark.clause("LCK-10")
@pytest.mark.parametrize("turn", [Turn.NEW, Turn.UNANSWERED])
def test_nothing_new_is_generated_while_a_stream_is_active(turn: Turn) -> None:
    """At `/messages` neither."""
    with pytest.raises(ConversationLocked):
        decide(Channel.SYNC, Lock.STREAMING, turn)


@pytest.mark.clause("IDM-7")
@pytest.mark.parametrize(
    ("channel", "lock"), [(Channel.SYNC, Lock.FREE), (Channel.SYNC, Lock.STREAMING), (Channel.STREAM, Lock.FREE)]
)
def test_a_message_that_is_being_answered_is_waited_for(channel: Channel, lock: Lock) -> None:
    """One turn, however many ask; at `/messages` also where it is a stream that answers it."""
    assert decide(channel, lock, Turn.GENERATING) is Decision.WAIT


@pytest.mark.clause("LCK-4", "LCK-5")
@pytest.mark.parametrize("event", [LockEvent.END, LockEvent.CANCEL])
def test_whatever_ends_a_stream_frees_the_lock(event: LockEvent) -> None:
    """By its end and by a cancel."""
    assert step_lock(Lock.STREAMING, event) is Lock.FREE


@pytest.mark.clause("CAN-1")
def test_a_cancel_without_a_stream_changes_nothing() -> None:
    """However often."""
    assert step_lock(Lock.FREE, LockEvent.CANCEL) is Lock.FREE


@pytest.mark.clause("LCK-1")
@pytest.mark.parametrize(("lock", "event"), [step for step in product(Lock, LockEvent) if step not in LOCK])
def test_a_step_that_is_not_in_the_table_raises(lock: Lock, event: LockEvent) -> None:
    """To open what is open, or to end what has ended, is a fault of ours and never silent."""
    with pytest.raises(IllegalStep):
        step_lock(lock, event)


@pytest.mark.clause("CAN-3", "CAN-5")
@pytest.mark.parametrize("ending", [Ending.CANCELLED, Ending.CLIENT_GONE, Ending.SHUTDOWN])
def test_the_part_that_was_produced_is_the_reply(ending: Ending) -> None:
    """A stream that was ended early has answered with what it had; before the first word it has not answered."""
    assert end_turn(ending, produced=True) is Turn.ANSWERED
    assert end_turn(ending, produced=False) is Turn.UNANSWERED


@pytest.mark.clause("LCK-9", "IDM-8")
@pytest.mark.parametrize("produced", [True, False])
def test_a_failed_reply_is_none(produced: bool) -> None:
    """The id may be used again, and generates."""
    turn = end_turn(Ending.FAILED, produced=produced)
    assert decide(Channel.SYNC, Lock.FREE, turn) is Decision.GENERATE


@pytest.mark.clause("MSG-1")
def test_a_reply_cannot_finish_empty() -> None:
    """A writer that writes nothing has failed."""
    with pytest.raises(IllegalStep):
        end_turn(Ending.FINISHED, produced=False)
