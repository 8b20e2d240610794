"""What an exploration plays: steps, plain values that no answer of a backend changes. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum


class Given(Enum):
    """How a part of the steering stands in a patch."""

    OMITTED = "omitted"
    NULL = "null"
    VALUE = "a value"


@dataclass(frozen=True)
class Create:
    """Create a conversation, unless there are two. Steps that need one create it too."""


@dataclass(frozen=True)
class Say:
    """Take a turn with a new message. `chat` is the first (0) or the second (1) conversation, here and below."""

    chat: int = 0
    stream: bool = False


@dataclass(frozen=True)
class Replay:
    """Send an answered message again, in the same words or in others."""

    chat: int = 0
    stream: bool = False
    which: int = 0
    reworded: bool = False


@dataclass(frozen=True)
class Hold:
    """Open a stream with a long reply, try what is asked for beside it, and cancel it."""

    chat: int = 0
    second: bool = False
    message: bool = False
    replay: bool = False


@dataclass(frozen=True)
class CancelIdle:
    """Cancel where no stream is active."""

    chat: int = 0


@dataclass(frozen=True)
class Patch:
    """Change the steering; with all three omitted it has to be refused."""

    chat: int = 0
    personality: Given = Given.OMITTED
    brand_voice: Given = Given.OMITTED
    target_audience: Given = Given.OMITTED


@dataclass(frozen=True)
class Refuse:
    """Send a message without its text; then as it should be, with the same id."""

    chat: int = 0
    stream: bool = False
    then_stream: bool = False


@dataclass(frozen=True)
class Walk:
    """Walk the list of messages by pages of this size."""

    chat: int = 0
    size: int = 2


@dataclass(frozen=True)
class WalkConversations:
    """Walk the list of conversations by pages of this size until ours have been seen."""

    size: int = 2


Step = Create | Say | Replay | Hold | CancelIdle | Patch | Refuse | Walk | WalkConversations

GRAND_TOUR: Sequence[Step] = (
    Create(),
    Refuse(),
    Replay(),
    Replay(stream=True, reworded=True),
    Say(stream=True),
    Replay(which=1),
    Replay(which=0, reworded=True),
    Patch(personality=Given.VALUE, brand_voice=Given.NULL),
    Patch(),
    CancelIdle(),
    Hold(second=True),
    Walk(size=2),
    WalkConversations(size=20),
)
"""Each transition once, for three replies; a fourth where the held stream is over before its second is answered."""


TOSSES = 12


def read_step(tosses: Sequence[bool]) -> Step | None:
    """A step, or none, off twelve tosses of a coin.

    Coins, because Hypothesis draws numbers in part from the constants of whatever modules are imported, and the
    same seed has to give the same steps everywhere. Twelve for each, so that a step can change its kind while those
    after it stay: shrinking turns heads to tails one by one, from each kind to a simpler one and at last to none.
    """
    kind = int("".join(str(int(toss)) for toss in tosses[:4]), 2)
    chat = int(tosses[4] and tosses[5])
    a, b, c, d, e, f = tosses[6:]
    first = a * 2 + b
    personality = (Given.OMITTED, Given.NULL, Given.VALUE, Given.VALUE)[first]
    voice, audience = ((Given.NULL, Given.VALUE)[how] if there else Given.OMITTED for there, how in ((c, d), (e, f)))
    steps: dict[int, Step | None] = {
        0b0000: None,
        **dict.fromkeys((0b0001, 0b0010, 0b0100), Say(chat, a)),
        0b1000: Create(),
        **dict.fromkeys((0b0011, 0b1011, 0b1100), Patch(chat, personality, voice, audience)),
        0b0101: Refuse(chat, a, b),
        0b0110: CancelIdle(chat),
        0b1001: Walk(chat, (2, 1, 3, 5)[first]),
        0b1010: WalkConversations((2, 1, 3, 20)[first]),
        0b1111: Hold(chat, a, b, c),
    }
    return steps.get(kind, Replay(chat, a, b * 2 + c, d))
