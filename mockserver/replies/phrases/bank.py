"""What a language has to bring: whole sentences with slots.

A slot is a name in braces. `{topic}` is what the user wrote about, fit for the middle of a sentence; `{key}` and
`{Key}` are the one to three words of it that serve as a label. `{name}`, `{company}` and `{city}` are Faker's, in the
locale; `{n}` is 3 to 9, `{percent}` 11 to 48, `{minutes}` a round number, `{day}` one of `days`. No paragraph begins
with `{topic}`: a line that begins with the user's words could turn into a heading or a list.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

Bank = tuple[str, ...]
"""Sentences of one purpose, of which a reply picks. Never empty."""


class Tip(NamedTuple):
    """A list item: a few words in bold, and the sentence they stand for."""

    lead: str
    text: str


class Draft(NamedTuple):
    """A piece of copy."""

    headline: str
    body: str
    call: str


class Table(NamedTuple):
    """A table of at least four rows, each as wide as the header."""

    header: Bank
    rows: tuple[Bank, ...]


def words(text: str) -> frozenset[str]:
    """The words of a text, for the sets of words that read better as one."""
    return frozenset(text.split())


@dataclass(frozen=True, slots=True, eq=False)
class Phrases:
    """Everything that replies in one language are made of."""

    quote: str
    """How this language quotes: `“{}”`."""
    stopwords: frozenset[str]
    """Lower-case words that never label a topic."""
    lead_ins: tuple[tuple[str, str | None], ...]
    """Patterns that begin a request, and what stands for them in front of the topic: `how do I` becomes `how to`.

    `None` where no topic follows yet, but a verb: `could you`.
    """
    swaps: dict[str, str]
    """Lower-case words that change when the assistant repeats them: `my` becomes `your`."""
    about_words: str
    """A pattern: words that the subject of a text follows, as in "a slogan *for* my shop"."""
    no_topic: str
    """Stands for the topic of a message without words."""
    no_key: str
    question_words: str
    """A pattern: what begins a question that yes and no do not answer."""
    days: Bank

    openings: Bank
    """First sentences of an answer to a request, with a bare topic: "your coffee shop"."""
    quoted_openings: Bank
    """The same with a quotation for a topic: "“My cat is ill”"."""
    answers: Bank
    """First sentences of an answer, with either kind of topic."""
    verdicts: Bank
    """The same for a question that yes or no answers."""
    one_liners: Bank
    """With either kind of topic."""
    sentences: Bank
    closings: Bank
    headings: Bank

    list_intros: Bank
    tips: tuple[Tip, ...]
    step_intros: Bank
    steps: Bank
    draft_intros: Bank
    drafts: tuple[Draft, ...]
    tagline_intros: Bank
    taglines: Bank
    table_intros: Bank
    tables: tuple[Table, ...]
    code_intros: Bank
    code_outros: Bank
    link_intros: Bank
    links: tuple[tuple[str, str], ...]
    """Title and path."""
    compare_intros: Bank
    pros_label: str
    pros: Bank
    cons_label: str
    cons: Bank
    ask_intros: Bank
    asks: Bank
    story_openings: Bank
    """A story is an opening, all middles in their order and an ending: at least 250 tokens."""
    story_middles: Bank
    story_endings: Bank

    greetings: Bank
    welcomes: Bank
    echoes: Bank
    """With the slot `{word}`."""
    count_capped: str
    """With the slots `{shown}` and `{end}`."""
    recalls: Bank
    nothing_to_recall: Bank
    earlier: Bank
    """With the slot `{earlier}`, a quotation."""

    speaking_as: Bank
    """A label for the personality."""
    in_the_voice: Bank
    """With the slot `{voice}`."""
    written_for: Bank
    """With the slot `{audience}`."""
    cited: Bank
    """With the slot `{marks}`."""
    more_cited: str
    """With the slot `{count}`."""
    manners: Bank
    habits: Bank
    readers: Bank
    traits: Bank
