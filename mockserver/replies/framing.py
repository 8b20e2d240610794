"""What stands around the body of a reply and shows what steered it: role, voice, audience, context, history."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from mockserver.jwts import mask_jwts
from mockserver.replies.phrases import Phrases
from mockserver.replies.quoting import clean, cut, shorten
from mockserver.replies.scene import Scene
from mockserver.replies.topics import quote
from mockserver.rules.values import ContextSnippet, Message, Source

PERSONALITY_LIMIT: Final = 8000
"""Characters of a personality that stand in a reply: all of what people write, and no megabyte."""

SNIPPETS_CITED: Final = 3
EARLIER_SEEN: Final = 5
"""How many of the user's messages a reply knows of, the newest."""

_SNIPPET_LIMIT: Final = 140
_CATEGORY_LIMIT: Final = 40

# What would end or outgrow the emphasis around a personality, or swallow the text after it.
_BREAKS_EMPHASIS: Final = re.compile(r"[\n\r*`<\[\\~]")


@dataclass(frozen=True, slots=True)
class Direction:
    """The steering of one reply as texts: what is not in force is `None`. Never a personality and a voice (PAT-8)."""

    personality: str | None
    voice: str | None
    audience: str | None


def find_earlier(newest_first: Iterable[Message]) -> list[str]:
    """The newest texts of the user that say anything, newest first, `EARLIER_SEEN` at most; without their JWTs.

    Never the assistant's: an old reply shows the personality of its day, which may have been cleared since (PAT-5).
    """
    spoken = (mask_jwts(message.text) for message in newest_first if message.source is Source.USER)
    return list(islice(filter(clean, spoken), EARLIER_SEEN))


def refer_back(scene: Scene, earlier: list[str]) -> str:
    """A sentence about something that the user said before. `earlier` is not empty."""
    text = scene.rng.choice(earlier)
    return scene.pick(scene.phrases.earlier, earlier=quote(text, scene.phrases))


def recall(scene: Scene, earlier: list[str]) -> list[str]:
    """All that the user said before, as far as it is remembered, oldest first."""
    if not earlier:
        return [scene.pick(scene.phrases.nothing_to_recall)]
    lines = "\n".join(f"- {quote(text, scene.phrases)}" for text in reversed(earlier))
    return [scene.pick(scene.phrases.recalls), lines]


def cite(scene: Scene, context: Sequence[ContextSnippet]) -> str:
    """The first snippets, each with its marker and category, and how many more there are. `context` is not empty."""
    cited = context[:SNIPPETS_CITED]
    marks = "".join(f"[{number}]" for number in range(1, len(cited) + 1))
    lines = [f"- [{number}] {_cite_one(snippet, scene.phrases)}" for number, snippet in enumerate(cited, 1)]
    if len(context) > len(cited):
        lines.append("- " + scene.phrases.more_cited.format(count=len(context) - len(cited)))
    return "\n".join([scene.pick(scene.phrases.cited, marks=marks), "", *lines])


def _cite_one(snippet: ContextSnippet, phrases: Phrases) -> str:
    content = phrases.quote.format(shorten(clean(snippet.content), _SNIPPET_LIMIT) or "…")
    category = shorten(clean(snippet.category_name or ""), _CATEGORY_LIMIT)
    return f"**{category}:** {content}" if category else content


def frame(scene: Scene, blocks: list[str], direction: Direction) -> list[str]:
    """The blocks with what steered them before and after."""
    before: list[str] = []
    after: list[str] = []
    if direction.personality is not None:
        line, at_the_top = _speak_as(scene, direction.personality)
        (before if at_the_top else after).append(line)
    signature = _sign(scene, direction)
    if signature:
        after.insert(0, f"*{signature}*")
    return [*before, *blocks, *after]


def _speak_as(scene: Scene, personality: str) -> tuple[str, bool]:
    """The personality word for word, and whether it may stand above the reply.

    One that brings lines or Markdown of its own stands below, where nothing is left that it could disturb.
    """
    text = cut(personality, PERSONALITY_LIMIT)
    text += "…" if len(text) < len(personality) else ""
    label = scene.pick(scene.phrases.speaking_as)
    if _BREAKS_EMPHASIS.search(text):
        return f"---\n\n{label}: {text}", False
    return f"*({label}: {text})*", scene.rng.random() < 0.6


def _sign(scene: Scene, direction: Direction) -> str:
    lines = []
    if direction.voice is not None:
        lines.append(scene.pick(scene.phrases.in_the_voice, voice=direction.voice))
    if direction.audience is not None:
        lines.append(scene.pick(scene.phrases.written_for, audience=direction.audience))
    return " ".join(lines)
