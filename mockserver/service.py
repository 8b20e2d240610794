"""The use cases: what each operation of the API does, in terms of the store, the replies and the pace.

Knows no HTTP and no JSON; raises the errors of `mockserver.rules.errors`.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Protocol

from mockserver.alarms import Alarms
from mockserver.codes import GENERATION_FAILED
from mockserver.faults.triggers import read_text
from mockserver.ids import make_random
from mockserver.pacing import INSTANT, Pace, due_offsets
from mockserver.replies import ReplyRequest, split_deltas
from mockserver.replies.on_cue import help_text, write_on_cue
from mockserver.rules.errors import ConversationNotFound, GenerationFailed
from mockserver.rules.turn import Channel, Ending
from mockserver.rules.values import Conversation, Message, Owner, Page, Prompt, SteeringPatch
from mockserver.sandbox import Sandboxes
from mockserver.script import Fail, Script, Timed, healthy
from mockserver.store.base import Generation, InProgress, NewConversation, Replay, Store
from mockserver.streaming import OpenedStream

logger = logging.getLogger("mockserver")


class Writer(Protocol):
    """What writes replies: `mockserver.replies.ReplyWriter`, or what a test puts in its place."""

    def write(self, request: ReplyRequest) -> str:
        """The text of a reply, not empty."""


class Service:
    """One coroutine per operation of the API.

    Args:
        cues: words in a message may ask for a certain reply (`!reply table`).
    """

    def __init__(self, *, store: Store, writer: Writer, sandboxes: Sandboxes, seed: int, cues: bool = True) -> None:
        self.store = store
        self.alarms = Alarms()
        self._writer = writer
        self.sandboxes = sandboxes
        self._seed = seed
        self._cues = cues

    async def create_conversation(self, new: NewConversation) -> Conversation:
        """CRE-1: a new conversation."""
        return await self.store.create_conversation(new)

    async def list_conversations(self, owner: Owner, number: int, size: int) -> Page[Conversation]:
        """LST-1, LST-2: the caller's own, newest first."""
        return await self.store.list_conversations(owner, number, size)

    async def update_conversation(self, owner: Owner, conversation_id: str, patch: SteeringPatch) -> None:
        """PAT-3 to PAT-5: a value replaces, null clears, what is left out stays."""
        await self.store.patch_conversation(owner, conversation_id, patch)

    async def list_messages(self, owner: Owner, conversation_id: str, number: int, size: int) -> Page[Message]:
        """MSG-3: oldest first."""
        return await self.store.list_messages(owner, conversation_id, number, size)

    async def send_message(self, owner: Owner, conversation_id: str, prompt: Prompt) -> Message:
        """MSG-1: the reply, after as long as a model would take; IDM-1: the same one for the same id.

        Raises:
            ConversationNotFound: MSG-9; also if the workspace was reset meanwhile.
            ConversationLocked: LCK-10.
            GenerationFailed: the writer failed.
        """
        begun = await self._begin(owner, conversation_id, prompt, Channel.SYNC)
        if isinstance(begun, Replay):
            return begun.reply
        ending = Ending.FAILED
        try:
            text = self._write(begun, prompt)
            if self._pace(owner) != INSTANT:
                await self._pause(owner, self._plan(begun, prompt, text)[1][-1])
            await self.store.produce(begun.lease, [text])
            ending = Ending.FINISHED
        except asyncio.CancelledError:
            ending = Ending.SHUTDOWN
            raise
        finally:
            reply = await self.store.end_turn(begun.lease, ending)
        if reply is None:  # the workspace was reset meanwhile
            raise ConversationNotFound
        return reply

    async def open_stream(self, owner: Owner, conversation_id: str, prompt: Prompt) -> OpenedStream:
        """LCK-1: take the lock, or refuse; IDM-5: a reply that is there is replayed, without the model's pauses.

        Raises:
            ConversationNotFound: MSG-9.
            ConversationLocked: LCK-1, IDM-11.
        """
        begun = await self._begin(owner, conversation_id, prompt, Channel.STREAM)
        if isinstance(begun, Replay):
            assert begun.lease is not None
            fragments = split_deltas(begun.reply.text)
            return OpenedStream(begun.lease, healthy(fragments, [0.0] * len(fragments)), replayed=True)
        try:
            fragments, due = self._plan(begun, prompt, self._write(begun, prompt))
        except GenerationFailed:
            return OpenedStream(begun.lease, Script.of([Timed(0.0, Fail(*GENERATION_FAILED))]))
        return OpenedStream(begun.lease, healthy(fragments, due))

    async def cancel_stream(self, owner: Owner, conversation_id: str) -> None:
        """CAN-1 to CAN-3: end the active stream, keep its part; without one do nothing."""
        await self.store.cancel_stream(owner, conversation_id)

    def shut_down(self) -> None:
        """End all streams and pauses, keeping what was produced. For good: later ones end at once."""
        self.alarms.ring_all()

    async def _begin(self, owner: Owner, conversation_id: str, prompt: Prompt, channel: Channel) -> Generation | Replay:
        """Begin the turn; while another call generates this very reply, wait for that (IDM-7)."""
        while True:
            begun = await self.store.begin_turn(owner, conversation_id, prompt, channel)
            if not isinstance(begun, InProgress):
                return begun
            await self.store.wait(begun.lease)

    def _write(self, begun: Generation, prompt: Prompt) -> str:
        """The reply."""
        conversation = begun.conversation
        request = ReplyRequest(
            conversation_id=conversation.id,
            model_name=conversation.model_name,
            steering=conversation.steering,
            history=begun.history,
            prompt=prompt,
        )
        try:
            text = self._write_on_cue(prompt.text) or self._writer.write(request)
            if not isinstance(text, str) or not text:
                raise ValueError("the writer wrote an empty reply")  # MSG-1
            return text
        except Exception as error:  # whatever it is: the lease is held, and has to be ended as failed
            logger.exception("the reply to message %r could not be written", prompt.id)
            raise GenerationFailed from error

    def _plan(self, begun: Generation, prompt: Prompt, text: str) -> tuple[list[str], list[float]]:
        """The deltas of a reply, and when each of them is due."""
        fragments = split_deltas(text)
        pace = self._pace(begun.conversation.owner)
        if pace == INSTANT:
            return fragments, [0.0] * len(fragments)
        rng = make_random(self._seed, "pace", begun.conversation.id, prompt.id) if pace.jitter else None
        return fragments, due_offsets(pace, len(fragments), rng)

    def _pace(self, owner: Owner) -> Pace:
        return self.sandboxes.of(owner.workspace).configuration.pace

    def _write_on_cue(self, text: str) -> str | None:
        """The reply that the words of a message ask for, if they do."""
        cue = read_text(text) if self._cues and "!" in text else None
        if cue is None:
            return None
        if cue.help:
            return help_text()
        return write_on_cue(cue.reply) if cue.reply else None

    async def _pause(self, owner: Owner, seconds: float) -> None:
        clock = self.sandboxes.of(owner.workspace).clock
        alarm = self.alarms.new(clock)
        try:
            await alarm.wait_until(clock.now() + seconds)
        finally:
            self.alarms.discard(alarm)
