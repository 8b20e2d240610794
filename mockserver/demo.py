"""What a fresh server holds: conversations to look at, with what is unusual among them near the top of the list.

Its replies are written when somebody reads them: a start waits for none, and they follow from the seed alone.

All belong to `demo@demo`, so that the token in the start-up message sees them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import cycle, islice
from typing import Any

from mockserver.clock import STEP
from mockserver.ids import make_id, make_random
from mockserver.replies.request import ReplyRequest
from mockserver.rules.values import Conversation, Message, Owner, Prompt, Source, Steering
from mockserver.service import Writer
from mockserver.store.memory import MemoryStore
from mockserver.tokens import DEFAULT_CALLER, DEFAULT_WORKSPACE, customer_number

OWNER = Owner(DEFAULT_WORKSPACE, DEFAULT_CALLER)

RETIRED_MODEL = "text-davinci-003"
"""A model that was accepted once: reads still show it (CRE-4)."""

LONG_CONVERSATION_TURNS = 160

_HISTORY = 8
_MODELS = ["gpt-4", "gpt-4o", "claude-sonnet-4-5", "gemini-2.5-pro", "mistral-large-latest"]
_QUESTIONS = [
    "What's a catchy headline for a sustainable shoe brand?",
    "Give me a list of ideas for our spring newsletter",
    "Write a short product description for a cordless lamp",
    "How do I explain our refund policy in a friendly way?",
    "Show me a table of our three plans",
    "Can you write a Python function that slugifies a title?",
    "Which tone fits a message to customers after an outage?",
    "Suggest subject lines for a webinar about bookkeeping",
    "Summarise the benefits of cold brew coffee",
    "Write a detailed launch post for a bicycle courier app",
    "What would make this sentence sound less stiff?",
    "Where can I find sources on colour psychology? Some links, please",
]
_FOLLOW_UPS = [
    "Shorter, please",
    "And for a younger audience?",
    "Make it a list",
    "Can you add an example?",
    "Now in one sentence",
    "Thank you! What would you test first?",
]
_MANY_QUESTIONS = list(islice(cycle(_QUESTIONS + _FOLLOW_UPS), LONG_CONVERSATION_TURNS))
_RIGHT_TO_LEFT = ["مرحبا، اكتب شعارًا لمخبز صغير", "שלום, כתוב כותרת קצרה למסעדה טבעונית"]
_EMOJI = ["Plan a launch party 🎉🧁 for the team 👩🏽‍💻👨‍👩‍👧‍👦", "Mehr davon 🚀🇩🇪, s'il te plaît — e\u0301te\u0301 ☀️"]


@dataclass(frozen=True, slots=True)
class _Plan:
    """What makes one conversation of the demo: what the user says in it, and its model."""

    questions: list[str]
    model_name: str | None


class DemoData:
    """The conversations of a fresh server: made once, put into a store as often as it is reset.

    Args:
        before: the instant that all of them are older than.
    """

    def __init__(self, count: int, seed: int, writer: Writer, before: datetime) -> None:
        self._before = before
        self._seed = seed
        self._writer = writer
        self._conversations = [self._make(age, count) for age in reversed(range(count))]

    def load(self, store: MemoryStore) -> None:
        """Put them in, the newest last."""
        for conversation, messages in self._conversations:
            store.insert(conversation, messages)

    def write_out(self) -> None:
        """Write all replies that nobody has read yet."""
        for _, messages in self._conversations:
            if messages:
                _ = messages[-1].text  # those before it come first

    def _make(self, age: int, count: int) -> tuple[Conversation, list[Message]]:
        plan = self._plan(age)
        rng = make_random(self._seed, "demo", str(age))
        seconds = rng.choice([rng.randrange(3600), rng.random() * 3600])
        is_older_than_the_field = age >= count - count // 10
        conversation = Conversation(
            id=make_id(self._seed, "demo", str(age)),
            owner=OWNER,
            created_at=self._before - timedelta(hours=5 * (age + 1), seconds=seconds),
            model_name=plan.model_name,
            legacy_customer_id=None if is_older_than_the_field else customer_number(OWNER.author),
            steering=Steering(),
        )
        return conversation, self._write(conversation, plan.questions)

    def _plan(self, age: int) -> _Plan:
        """The plan of a conversation by its age; 0 is the newest, and the unusual ones follow it."""
        rng = make_random(self._seed, "plan", str(age))
        first = rng.choice(_QUESTIONS)
        usual = [first, *rng.sample(_FOLLOW_UPS, rng.randrange(3))]
        model = rng.choice(_MODELS)
        questions = {1: _MANY_QUESTIONS, 2: [], 3: _RIGHT_TO_LEFT, 4: _EMOJI}.get(age, usual)
        return _Plan(questions, {5: RETIRED_MODEL, 6: None}.get(age, model))

    def _write(self, conversation: Conversation, questions: list[str]) -> list[Message]:
        written: list[Message] = []
        for question in questions:
            message_id = make_id(self._seed, "question", conversation.id, str(len(written)))
            reply_id = make_id(self._seed, "reply", conversation.id, message_id)
            asked_at, replied_at = (conversation.created_at + (len(written) + place) * STEP for place in (1, 2))
            written.append(Message(message_id, question, Source.USER, asked_at))
            written.append(_Reply(reply_id, replied_at, _Chat(conversation, written, self._writer)))
        return written


@dataclass(frozen=True, slots=True)
class _Chat:
    """A conversation whose replies have yet to be written."""

    conversation: Conversation
    messages: list[Message]
    writer: Writer

    def write_up_to(self, last: Message) -> None:
        """Write a reply, and those before it, which it may look back on. Twice gives the same: in two threads, too."""
        for place in range(1, len(self.messages), 2):
            question, reply = self.messages[place - 1 : place + 1]
            if isinstance(reply, _Reply) and not reply.is_written:
                reply.write(self.writer.write(self._ask(question, place)))
            if reply is last:
                return

    def _ask(self, question: Message, place: int) -> ReplyRequest:
        return ReplyRequest(
            conversation_id=self.conversation.id,
            model_name=self.conversation.model_name,
            steering=self.conversation.steering,
            history=self.messages[max(0, place - 1 - _HISTORY) : place - 1],
            prompt=Prompt(question.id, question.text),
        )


class _Reply(Message):
    """A message whose text is written when it is first read: until then its slot is empty."""

    __slots__ = ("_chat",)

    def __init__(self, id: str, created_at: datetime, chat: _Chat) -> None:
        for name, value in (("id", id), ("source", Source.ASSISTANT), ("created_at", created_at), ("_chat", chat)):
            object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> Any:
        """Asked for what is not there, as the text is at first."""
        if name != "text":
            raise AttributeError(name)
        self._chat.write_up_to(self)
        return self.text

    @property
    def is_written(self) -> bool:
        """Whether its text is there."""
        try:
            object.__getattribute__(self, "text")
        except AttributeError:
            return False
        return True

    def write(self, text: str) -> None:
        """Set its text, which is its own from now on."""
        object.__setattr__(self, "text", text)
