"""The writer of replies: what is said follows from the seed and the request, and from nothing else."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from typing import Final

from mockserver.ids import digest, make_random
from mockserver.jwts import mask_jwts, may_have_jwts
from mockserver.replies.forms import write_body
from mockserver.replies.framing import SNIPPETS_CITED, Direction, cite, find_earlier, frame, recall, refer_back
from mockserver.replies.phrases import find_phrases
from mockserver.replies.phrases.bank import Bank
from mockserver.replies.quoting import HEAD, clean, make_encodable
from mockserver.replies.request import ReplyRequest
from mockserver.replies.scene import Scene
from mockserver.replies.stock import order_stock
from mockserver.replies.tokens import newest_first
from mockserver.replies.topics import find_topic
from mockserver.replies.wishes import Form, Wish, read_wish
from mockserver.rules.values import Steering

_SELF_CONTAINED: Final = (Form.COUNT, Form.ECHO, Form.GREETING, Form.THANKS, Form.RECALL)
"""Forms that an opening, or a reference to earlier messages, would spoil."""

_REQUEST: Final = re.compile(
    r"(?:can|could|would|will) you|(?:kannst|könntest) du|(?:peux|pourrais)-tu|pouvez-vous|pourriez-vous|"
    r"¿?(?:puedes|podrías)|¿?(?:and|und|et|y)\b",
    re.IGNORECASE,
)
"""What begins a request in the form of a question, or takes up an earlier one."""


class ReplyWriter:
    """Writes replies in one locale.

    The same seed, locale and request give the same text: in any order, in any process, in any thread. `locale` is one
    of Faker's, as in `de_DE`; replies are in its language if that is English, French, German or Spanish, else in
    English with names from the locale. Raises `ValueError` for a locale that Faker does not know.
    """

    def __init__(self, seed: int, locale: str = "en_US") -> None:
        self._seed = seed
        self._locale = locale
        self._phrases = find_phrases(locale)
        self._stock = order_stock(seed, locale)

    def write(self, request: ReplyRequest) -> str:
        """The reply: Markdown, never empty, always encodable as UTF-8, whatever the request holds.

        It follows from the conversation's id, the model's name, the steering in force (PAT-8), what the user said
        within the prompt's `context_size` (MSG-8), and the prompt's id, text and context. Of each text the first 400
        characters and the length count; of what the user said the newest five messages, of the context its first
        three snippets and their number. Of a JWT in a text nothing but its length counts, and it is never quoted.
        """
        request = _without_jwts(request)
        direction = self._direct(request.steering)
        earlier = find_earlier(newest_first(request.history, request.prompt.context_size))
        text = request.prompt.text
        scene = Scene(
            make_random(self._seed, "reply", *self._name_parts(request, direction, earlier)),
            self._phrases,
            self._stock,
            lambda: find_topic([text, *earlier], self._phrases),
        )
        blocks = self._answer(scene, read_wish(text), text, earlier)
        if request.prompt.context:
            blocks.append(cite(scene, request.prompt.context))
        return make_encodable("\n\n".join(frame(scene, blocks, direction)))

    def brand_voice(self, brand_voice_id: str) -> str:
        """The voice that the id stands for, such as "warm and plain-spoken, with short sentences and dry humour".

        The id and the seed choose it; the locale has a say in the language only.
        """
        return ", ".join(self._resolve("voice", brand_voice_id, self._phrases.manners, self._phrases.habits))

    def target_audience(self, target_audience_id: str) -> str:
        """Whom the id stands for, such as "busy parents who want proof before promises"; chosen like a brand voice."""
        return " ".join(self._resolve("audience", target_audience_id, self._phrases.readers, self._phrases.traits))

    def _resolve(self, kind: str, id_: str, first: Bank, second: Bank) -> tuple[str, str]:
        number = int.from_bytes(digest(self._seed, kind, id_))
        return first[number % len(first)], second[number // len(first) % len(second)]

    def _direct(self, steering: Steering) -> Direction:
        """What of the steering is in force: a personality silences the voice, and what is blank counts as not set."""
        personality, voice, audience = map(
            _unless_blank, (steering.personality, steering.brand_voice_id, steering.target_audience_id)
        )
        return Direction(
            personality=personality,
            voice=None if personality or not voice else self.brand_voice(voice),
            audience=audience and self.target_audience(audience),
        )

    def _name_parts(self, request: ReplyRequest, direction: Direction, earlier: list[str]) -> list[str]:
        """All that the reply follows from, besides the seed. Bounded, whatever the length of the texts."""
        context = request.prompt.context
        cited = [part for snippet in context[:SNIPPETS_CITED] for part in (snippet.content, snippet.category_name)]
        parts = [
            self._locale,
            request.conversation_id,
            request.model_name,
            direction.personality,
            direction.voice,
            direction.audience,
            request.prompt.id,
            request.prompt.text,
            str(len(context)),
            *cited,
            *earlier,
        ]
        return ["" if part is None else f"{len(part)} {part[:HEAD]}" for part in parts]

    def _answer(self, scene: Scene, wish: Wish, text: str, earlier: list[str]) -> list[str]:
        if wish.form is Form.RECALL:
            return recall(scene, earlier)
        if wish.form in _SELF_CONTAINED:
            return write_body(scene, wish, scene.phrases.openings)
        blocks = write_body(scene, wish, _choose_opening(scene, wish, clean(text)))
        if earlier:
            blocks.insert(0, refer_back(scene, earlier))
        return blocks


def _without_jwts(request: ReplyRequest) -> ReplyRequest:
    prompt, steering = request.prompt, request.steering
    texts = [prompt.text, steering.personality or "", *(snippet.content for snippet in prompt.context)]
    if not any(map(may_have_jwts, texts)):
        return request
    context = tuple(replace(snippet, content=mask_jwts(snippet.content)) for snippet in prompt.context)
    personality = None if steering.personality is None else mask_jwts(steering.personality)
    return replace(
        request,
        steering=replace(steering, personality=personality),
        prompt=replace(prompt, text=mask_jwts(prompt.text), context=context),
    )


def _unless_blank(text: str | None) -> str | None:
    return text if text and not text.isspace() else None


def _choose_opening(scene: Scene, wish: Wish, line: str) -> Bank:
    """First sentences for a question, for one that yes or no answers, or for anything else."""
    phrases = scene.phrases
    if _compile_question(phrases.question_words).search(line):
        return phrases.answers
    is_verdict_due = line.endswith("?") and wish.form is None and not _REQUEST.match(line)
    if is_verdict_due:
        return phrases.verdicts
    return phrases.quoted_openings if scene.topic.is_quoted else phrases.openings


@cache
def _compile_question(question_words: str) -> re.Pattern[str]:
    """A question word at the beginning of a sentence."""
    return re.compile(rf"(?:^|[.!?,] ){question_words}", re.IGNORECASE)
