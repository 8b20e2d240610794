"""What an exploration plays: every step can be drawn, and shrinking comes to an end."""

from __future__ import annotations

from collections import Counter
from itertools import product

from conformance.steps import (
    GRAND_TOUR,
    TOSSES,
    CancelIdle,
    Create,
    Given,
    Hold,
    Patch,
    Refuse,
    Replay,
    Say,
    Step,
    Walk,
    WalkConversations,
    read_step,
)

CHATS, COIN = (0, 1), (False, True)
STEPS: set[Step | None] = {
    None,
    Create(),
    *(Say(*choice) for choice in product(CHATS, COIN)),
    *(Replay(*choice) for choice in product(CHATS, COIN, range(4), COIN)),
    *(Hold(*choice) for choice in product(CHATS, COIN, COIN, COIN)),
    *(CancelIdle(chat) for chat in CHATS),
    *(Patch(*choice) for choice in product(CHATS, Given, Given, Given)),
    *(Refuse(*choice) for choice in product(CHATS, COIN, COIN)),
    *(Walk(*choice) for choice in product(CHATS, (1, 2, 3, 5))),
    *(WalkConversations(size) for size in (1, 2, 3, 20)),
}


def test_every_step_can_be_drawn_and_no_other() -> None:
    """Each with all that can be chosen of it."""
    assert {read_step(tosses) for tosses in product(COIN, repeat=TOSSES)} == STEPS


def test_what_changes_a_conversation_is_drawn_most() -> None:
    """Turns, replays and patches in nine of sixteen; the first conversation in three of four, so that it grows."""
    drawn = [read_step(tosses) for tosses in product(COIN, repeat=TOSSES)]
    each = len(drawn) // 16
    shares = {kind: count // each for kind, count in Counter(type(step) for step in drawn).items()}
    often: tuple[type, ...] = (Say, Replay, Patch)
    seldom: tuple[type, ...] = (Create, Hold, CancelIdle, Refuse, Walk, WalkConversations, type(None))
    assert shares == {**dict.fromkeys(often, 3), **dict.fromkeys(seldom, 1)}
    chats = Counter(getattr(step, "chat", None) for step in drawn)
    assert chats[0] == 3 * chats[1]
    assert sum(isinstance(step, Patch) and step.personality is Given.VALUE for step in drawn) == 3 * each // 2


def test_tails_alone_are_no_step() -> None:
    """To which shrinking comes at last."""
    assert read_step([False] * TOSSES) is None


def test_a_step_is_simplest_with_tails() -> None:
    """Of each kind: the first conversation, `/messages`, nothing beside it."""
    kinds = {read_step([*kind, *[False] * (TOSSES - 4)]) for kind in product(COIN, repeat=4)}
    omitted = Given.OMITTED
    assert kinds == {
        None,
        Create(),
        Say(0, False),
        Replay(0, False, 0, False),
        Hold(0, False, False, False),
        CancelIdle(0),
        Patch(0, omitted, omitted, omitted),
        Refuse(0, False, False),
        Walk(0, 2),
        WalkConversations(2),
    }
    assert kinds == {
        None,
        Create(),
        Say(),
        Replay(),
        Hold(),
        CancelIdle(),
        Patch(),
        Refuse(),
        Walk(),
        WalkConversations(),
    }


def test_a_turn_can_be_shrunk_to_nothing() -> None:
    """From each kind head by head, by way of a simpler one: a turn, a new conversation, none."""
    simple = {read_step([*(at == head for at in range(4)), *[False] * 8]) for head in range(4)}
    assert simple == {Say(), Create()}


def test_the_grand_tour_has_every_kind_of_step() -> None:
    """So that one example of each is played in the shortest run."""
    assert {type(step) for step in GRAND_TOUR} == {type(step) for step in STEPS if step is not None}
    assert {type(step) for step in GRAND_TOUR if getattr(step, "stream", False)} == {Say, Replay}
    patches = [step for step in GRAND_TOUR if isinstance(step, Patch)]
    assert {given for step in patches for given in (step.personality, step.brand_voice)} == set(Given)
    assert Patch() in patches  # which has to be refused
    assert Hold(second=True) in GRAND_TOUR
    replays = [step for step in GRAND_TOUR if isinstance(step, Replay)]
    assert {step.which for step in replays} == {0, 1}
    assert {(step.stream, step.reworded) for step in replays} == {(False, False), (True, True), (False, True)}
