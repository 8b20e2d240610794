"""What a fresh server holds: conversations to look at, with what is unusual among them near the top of the list.

All belong to `demo@demo`, so that the token in the start-up message sees them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import cycle, islice

from mockserver.clock import STEP
from mockserver.ids import make_id, make_random
from mockserver.replies import ReplyRequest, ReplyWriter
from mockserver.rules.values import Conversation, Message, Owner, Prompt, Source, Steering
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

    def __init__(self, count: int, seed: int, writer: ReplyWriter, before: datetime) -> None:
        self._before = before
        self._seed = seed
        self._writer = writer
        self._conversations = [self._make(age, count) for age in reversed(range(count))]

    def load(self, store: MemoryStore) -> None:
        """Put them in, the newest last."""
        for conversation, messages in self._conversations:
            store.insert(conversation, messages)

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
        special = {
            1: _Plan(list(islice(cycle(_QUESTIONS + _FOLLOW_UPS), LONG_CONVERSATION_TURNS)), model),
            2: _Plan([], model),
            3: _Plan(_RIGHT_TO_LEFT, model),
            4: _Plan(_EMOJI, model),
            5: _Plan(usual, RETIRED_MODEL),
            6: _Plan(usual, None),
        }
        return special.get(age, _Plan(usual, model))

    def _write(self, conversation: Conversation, questions: list[str]) -> list[Message]:
        written: list[Message] = []
        for question in questions:
            message_id = make_id(self._seed, "question", conversation.id, str(len(written)))
            request = ReplyRequest(
                conversation_id=conversation.id,
                model_name=conversation.model_name,
                steering=conversation.steering,
                history=written[-_HISTORY:],
                prompt=Prompt(message_id, question),
            )
            reply_id = make_id(self._seed, "reply", conversation.id, message_id)
            for id_, text, source in (
                (message_id, question, Source.USER),
                (reply_id, self._writer.write(request), Source.ASSISTANT),
            ):
                written.append(Message(id_, text, source, conversation.created_at + (len(written) + 1) * STEP))
        return written
