"""The body of a reply: a function per form, from a scene and a wish to Markdown blocks."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from mockserver.replies.code_samples import CODE_SAMPLES, FITS_ANY_TOPIC
from mockserver.replies.phrases.bank import Bank
from mockserver.replies.scene import Scene
from mockserver.replies.tokens import count_tokens
from mockserver.replies.wishes import Form, Length, Wish

Blocks = list[str]
"""Markdown paragraphs, lists, tables and so on, to be joined by blank lines. Never empty, and no block is."""

LONG_TOKENS: Final = 260
COUNT_LIMIT: Final = 200
"""Lines of counting at most."""

_EMOJI: Final = ("✨", "🙂", "🎯", "☕", "🌱", "📌")
_UNASKED: Final = {
    Form.PARAGRAPHS: 30, Form.BULLETS: 16, Form.ONE_LINER: 14, Form.DRAFT: 11, Form.STEPS: 8, Form.SECTIONS: 6,
    Form.COMPARISON: 5, Form.QUESTIONS: 4, Form.TABLE: 3, Form.LINKS: 2, Form.CODE: 1,
}  # fmt: skip
"""How often a form comes when none is asked for, in percent."""


def write_body(scene: Scene, wish: Wish, opening: Bank) -> Blocks:
    """The reply to the wish. `opening` holds the first sentences that suit the message, with the slot `{topic}`."""
    form = wish.form or _choose_form(scene, wish.length)
    if wish.length is Length.SHORT and form in (Form.PARAGRAPHS, Form.SECTIONS):
        form = Form.ONE_LINER
    blocks = _WRITERS[form](scene, wish, opening)
    if wish.length is Length.LONG:
        while count_tokens("\n\n".join(blocks)) < LONG_TOKENS:
            blocks += _write_section(scene)
    if wish.length is not Length.SHORT and form in _UNASKED and form is not Form.ONE_LINER and scene.rng.random() < 0.5:
        blocks.append(_write_closing(scene))
    return blocks


def _choose_form(scene: Scene, length: Length) -> Form:
    if length is Length.NORMAL:
        return scene.rng.choices(list(_UNASKED), list(_UNASKED.values()))[0]
    return Form.SECTIONS if length is Length.LONG else Form.ONE_LINER


def _write_closing(scene: Scene) -> str:
    emoji = f" {scene.rng.choice(_EMOJI)}" if scene.rng.random() < 0.2 else ""
    return scene.pick(scene.phrases.closings) + emoji


def _introduce(scene: Scene, wish: Wish, opening: Bank, intros: Bank) -> str:
    """What leads to a list and the like; without the opening where things have to be short."""
    intro = scene.pick(intros)
    return intro if wish.length is Length.SHORT else f"{scene.pick(opening)} {intro}"


def _count_items(scene: Scene, wish: Wish) -> int:
    return wish.items or (3 if wish.length is Length.SHORT else scene.rng.randint(3, 5))


def _write_paragraphs(scene: Scene, _: Wish, opening: Bank) -> Blocks:
    first = f"{scene.pick(opening)} {scene.say(scene.rng.randint(1, 2))}"
    rest = [scene.say(scene.rng.randint(1, 3)) for _ in range(scene.rng.randint(0, 2))]
    return [first, *rest]


def _write_tips(scene: Scene, count: int) -> str:
    mark = scene.rng.choice(("**{}.**", "**{}:**", "*{}*:"))
    tips = scene.some(scene.phrases.tips, count)
    return "\n".join(f"- {mark.format(tip.lead)} {scene.fill(tip.text)}" for tip in tips)


def _write_bullets(scene: Scene, wish: Wish, opening: Bank) -> Blocks:
    intro = _introduce(scene, wish, opening, scene.phrases.list_intros)
    return [intro, _write_tips(scene, _count_items(scene, wish))]


def _write_steps(scene: Scene, wish: Wish, opening: Bank) -> Blocks:
    intro = _introduce(scene, wish, opening, scene.phrases.step_intros)
    chosen = set(scene.some(scene.phrases.steps, max(_count_items(scene, wish), 3)))
    steps = [step for step in scene.phrases.steps if step in chosen]  # a later step never comes first
    return [intro, "\n".join(f"{number}. {scene.fill(step)}" for number, step in enumerate(steps, 1))]


def _write_draft(scene: Scene, wish: Wish, opening: Bank) -> Blocks:
    draft = scene.rng.choice(scene.phrases.drafts)
    quoted = f"> **{scene.fill(draft.headline)}**\n>\n> {scene.fill(draft.body)}\n>\n> *{scene.fill(draft.call)}* →"
    blocks = [_introduce(scene, wish, opening, scene.phrases.draft_intros), quoted]
    return blocks if wish.length is Length.SHORT else [*blocks, scene.say(scene.rng.randint(1, 2))]


def _write_taglines(scene: Scene, wish: Wish, opening: Bank) -> Blocks:
    intro = _introduce(scene, wish, opening, scene.phrases.tagline_intros)
    lines = [scene.fill(line) for line in scene.some(scene.phrases.taglines, _count_items(scene, wish))]
    return [intro, "\n".join(f"{number}. {line}" for number, line in enumerate(lines, 1))]


def _write_table(scene: Scene, wish: Wish, opening: Bank) -> Blocks:
    table = scene.rng.choice(scene.phrases.tables)
    rows = table.rows[: 3 if wish.length is Length.SHORT else scene.rng.randint(4, len(table.rows))]
    lines = [table.header, ("---",) * len(table.header), *([scene.fill(cell) for cell in row] for row in rows)]
    drawn = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    blocks = [_introduce(scene, wish, opening, scene.phrases.table_intros), drawn]
    return blocks if wish.length is Length.SHORT else [*blocks, scene.say(1)]


def _write_code(scene: Scene, wish: Wish, opening: Bank) -> Blocks:
    languages = ("python", "javascript") if wish.form is Form.CODE else FITS_ANY_TOPIC
    language = wish.language or scene.rng.choice(languages)
    label = " ".join(re.sub(r"[^\w\s-]", "", scene.topic.key).split()) or scene.topic.slug
    sample = max(scene.some(CODE_SAMPLES[language], 9), key=lambda sample: _count_mentions(scene.topic.phrase, sample))
    code = sample.replace("LABEL", label).replace("SLUG", scene.topic.slug)
    blocks = [_introduce(scene, wish, opening, scene.phrases.code_intros), f"```{language}\n{code}\n```"]
    return blocks if wish.length is Length.SHORT else [*blocks, scene.pick(scene.phrases.code_outros)]


def _count_mentions(phrase: str, sample: str) -> int:
    """How many words of the phrase the sample has, going by their first five letters: "slugifies" finds `slugify`."""
    return sum(word[:5] in sample.lower() for word in phrase.lower().split() if len(word) > 3)


def _write_links(scene: Scene, wish: Wish, opening: Bank) -> Blocks:
    intro = _introduce(scene, wish, opening, scene.phrases.link_intros)
    links = scene.some(scene.phrases.links, _count_items(scene, wish))
    hosts = ("example.com", "example.org")
    lines = [f"- [{scene.fill(title)}](https://{scene.rng.choice(hosts)}/{scene.fill(path)})" for title, path in links]
    return [intro, "\n".join(lines)]


def _write_comparison(scene: Scene, wish: Wish, opening: Bank) -> Blocks:
    phrases = scene.phrases
    blocks = [_introduce(scene, wish, opening, phrases.compare_intros)]
    for label, bank, mark in ((phrases.pros_label, phrases.pros, "✅"), (phrases.cons_label, phrases.cons, "⚠️")):
        lines = [scene.fill(line) for line in scene.some(bank, 2 if wish.length is Length.SHORT else 3)]
        blocks.append(f"**{label}**\n\n" + "\n".join(f"- {mark} {line}" for line in lines))
    return blocks if wish.length is Length.SHORT else [*blocks, scene.say(1)]


def _write_section(scene: Scene) -> Blocks:
    return [f"### {scene.deal(scene.phrases.headings, 1)[0]}", scene.say(scene.rng.randint(2, 4))]


def _write_sections(scene: Scene, _: Wish, opening: Bank) -> Blocks:
    first, second = scene.deal(scene.phrases.headings, 2)
    return [
        scene.fill("## {Key}"),
        f"{scene.pick(opening)} {scene.say(1)}",
        f"### {first}",
        scene.say(2),
        f"### {second}",
        _write_tips(scene, 3),
        *(_write_section(scene) if scene.rng.random() < 0.5 else ()),
    ]


def _write_questions(scene: Scene, wish: Wish, opening: Bank) -> Blocks:
    asks = [scene.fill(ask) for ask in scene.some(scene.phrases.asks, 3)]
    intro = _introduce(scene, wish, opening, scene.phrases.ask_intros)
    return [intro, "\n".join(f"{number}. {ask}" for number, ask in enumerate(asks, 1))]


def _write_one_liner(scene: Scene, _: Wish, __: Bank) -> Blocks:
    return [scene.pick(scene.phrases.one_liners)]


def _write_story(scene: Scene, wish: Wish, _: Bank) -> Blocks:
    scene.cast()
    phrases = scene.phrases
    middles = phrases.story_middles[: 1 if wish.length is Length.SHORT else None]
    story = [scene.pick(phrases.story_openings), *(scene.fill(middle) for middle in middles)]
    return [*story, scene.pick(phrases.story_endings)]


def _write_greeting(scene: Scene, _: Wish, __: Bank) -> Blocks:
    return [scene.pick(scene.phrases.greetings)]


def _write_welcome(scene: Scene, _: Wish, __: Bank) -> Blocks:
    return [scene.pick(scene.phrases.welcomes)]


def _write_echo(scene: Scene, wish: Wish, _: Bank) -> Blocks:
    return [wish.word if wish.only_word else scene.pick(scene.phrases.echoes, word=wish.word)]


def _write_count(scene: Scene, wish: Wish, _: Bank) -> Blocks:
    first, last = wish.count
    step = 1 if first <= last else -1
    numbers = range(first, last + step, step)[:COUNT_LIMIT]
    blocks = ["\n".join(map(str, numbers))]
    if numbers[-1] != last:
        blocks.append(scene.phrases.count_capped.format(shown=COUNT_LIMIT, end=last))
    return blocks


_WRITERS: Final[dict[Form, Callable[[Scene, Wish, Bank], Blocks]]] = {
    Form.PARAGRAPHS: _write_paragraphs,
    Form.BULLETS: _write_bullets,
    Form.STEPS: _write_steps,
    Form.DRAFT: _write_draft,
    Form.TAGLINES: _write_taglines,
    Form.TABLE: _write_table,
    Form.CODE: _write_code,
    Form.LINKS: _write_links,
    Form.COMPARISON: _write_comparison,
    Form.SECTIONS: _write_sections,
    Form.QUESTIONS: _write_questions,
    Form.ONE_LINER: _write_one_liner,
    Form.STORY: _write_story,
    Form.GREETING: _write_greeting,
    Form.THANKS: _write_welcome,
    Form.ECHO: _write_echo,
    Form.COUNT: _write_count,
}
