"""Replies: what shows in them, what must not, and that they are the same again."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime
from math import ceil
from pathlib import Path
from string import Formatter

import faker
import pytest
from faker.config import AVAILABLE_LOCALES
from hypothesis import given, settings
from hypothesis import strategies as st

from mockserver.replies import ReplyRequest, ReplyWriter, count_tokens, trim_history
from mockserver.replies.code_samples import CODE_SAMPLES
from mockserver.replies.phrases import find_phrases
from mockserver.replies.stock import check_locale, order_stock
from mockserver.rules.values import DEFAULT_CONTEXT_SIZE, ContextSnippet, Message, Prompt, Source, Steering

ROOT = Path(__file__).parent.parent
CANARY = "zyzzyva"
FORMS = [
    "My cat knocked over my coffee this morning.", "Give me five ideas for my bakery", "Show me a table of our plans",
    "Write a python function", "Some links on tea, please", "Tell me a story about tea", "How do I bake bread?",
    "Pros and cons: compare tea and coffee", "Write a tagline for my shop", "Write an email to customers",
    "Count from 1 to 5", "Reply with OK", "Hello!", "Thank you!", "What did I ask before?",
    "Summarise this in one sentence", "A detailed essay on tea", "", "   ", "🎉🧁", "مرحبا، اكتب شعارًا لمخبز صغير",
    "新しいカフェのキャッチコピーを書いてください。",
]  # fmt: skip
"""Messages that bring out every form of reply."""

anything = st.one_of(
    st.text(), st.sampled_from(FORMS), st.sampled_from(["\ud800", "\0", "# *x*\n\n```\n|", "say " * 99])
)
UNSTEERED = Steering()
WRITER = ReplyWriter(7)


def say(text: str, source: Source = Source.USER) -> Message:
    """An earlier message."""
    return Message("m", text, source, datetime(2024, 5, 1))


def ask(
    text: str = "My cat knocked over my coffee this morning.",
    *,
    steering: Steering = UNSTEERED,
    history: Sequence[Message] = (),
    context: Sequence[ContextSnippet] = (),
    context_size: int = DEFAULT_CONTEXT_SIZE,
    prompt_id: str = "p-1",
    writer: ReplyWriter = WRITER,
) -> str:
    """The reply of one turn."""
    prompt = Prompt(prompt_id, text, tuple(context), context_size)
    return writer.write(ReplyRequest("c-1", "gpt-4", steering, history, prompt))


class TestTheSameAgain:
    """Same seed, locale and request: same text."""

    def test_in_any_order_and_from_any_writer(self) -> None:
        """What was written before leaves no trace."""
        forwards = [ask(text) for text in FORMS]
        other = ReplyWriter(7)
        assert [ask(text, writer=other) for text in reversed(FORMS)] == forwards[::-1]

    def test_in_another_process(self) -> None:
        """Nothing depends on the hash seed of the process."""
        script = "from tests.test_replies import ask; import sys; sys.stdout.buffer.write(ask().encode())"
        run = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, cwd=ROOT)
        assert run.stdout.decode() == ask()

    def test_everything_named_has_a_say(self) -> None:
        """Seed, locale, conversation, model, steering and prompt each lead to another text."""
        request = ReplyRequest("c-1", "gpt-4", Steering(), (), Prompt("p-1", FORMS[0]))
        others = [
            ReplyRequest("c-2", "gpt-4", Steering(), (), Prompt("p-1", FORMS[0])),
            ReplyRequest("c-1", None, Steering(), (), Prompt("p-1", FORMS[0])),
            ReplyRequest("c-1", "gpt-4", Steering(target_audience_id="t"), (), Prompt("p-1", FORMS[0])),
            ReplyRequest("c-1", "gpt-4", Steering(), (say("Tea"),), Prompt("p-1", FORMS[0])),
            ReplyRequest("c-1", "gpt-4", Steering(), (), Prompt("p-2", FORMS[0])),
        ]
        replies = [WRITER.write(each) for each in (request, *others)]
        replies += [
            ReplyWriter(seed, locale).write(request) for seed, locale in ((8, "en_US"), (7, "en_GB"), (7, "de_DE"))
        ]
        assert len(set(replies)) == len(replies)

    def test_ids_and_times_of_earlier_messages_have_none(self) -> None:
        """They are the server's, and differ between two runs that said the same."""
        later = Message("other", "Tea", Source.USER, datetime(2025, 1, 1))
        assert ask(history=[later]) == ask(history=[say("Tea")])


class TestPersonality:
    """What the kit's canary tests see (PAT-3 to PAT-8)."""

    @pytest.mark.parametrize("text", FORMS)
    def test_it_shows_word_for_word_in_every_form(self, text: str) -> None:
        """PAT-3: a personality that asks for a rare word shows in the reply."""
        personality = f"You are a pirate. Always say {CANARY}."
        assert personality in ask(text, steering=Steering(personality=personality))

    @given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8000))
    def test_whatever_it_is(self, personality: str) -> None:
        """Line breaks and Markdown are kept too; only what is blank counts as none."""
        reply = ask(steering=Steering(personality=personality))
        assert personality in reply if personality.strip() else reply == ask()

    def test_a_long_one_is_shortened(self) -> None:
        """Its first 8000 characters are in the reply, and no more."""
        personality = CANARY + "é" * 9000
        reply = ask(steering=Steering(personality=personality))
        assert personality[:8000] + "…" in reply
        assert personality[:8001] not in reply

    def test_it_does_not_leak_from_an_old_reply(self) -> None:
        """PAT-5: once cleared, it is not quoted from what the assistant said under it."""
        history = [say("Tell me about tea"), say(f"Tea, says {CANARY}", Source.ASSISTANT)] * 3
        for number in range(50):
            assert CANARY not in ask(history=history, prompt_id=str(number))

    def test_it_wins_over_a_brand_voice(self) -> None:
        """PAT-8: the voice does not show, nor does it change anything."""
        both = Steering(personality="A pirate", brand_voice_id="bv")
        assert ask(steering=both) == ask(steering=Steering(personality="A pirate"))

    def test_its_id_steers_nothing(self) -> None:
        """PAT-8: `personalityId` is a back-reference only."""
        assert ask(steering=Steering(personality_id=3)) == ask()


class TestVoiceAndAudience:
    """What the ids stand for is said in the reply."""

    @pytest.mark.parametrize("text", FORMS)
    def test_both_show_in_every_form(self, text: str) -> None:
        """PAT-3: a brand voice and a target audience show."""
        reply = ask(text, steering=Steering(brand_voice_id="bv", target_audience_id="ta"))
        assert WRITER.brand_voice("bv") in reply
        assert WRITER.target_audience("ta") in reply

    def test_an_audience_shows_beside_a_personality(self) -> None:
        """Only the voice gives way."""
        reply = ask(steering=Steering(personality=CANARY, target_audience_id="ta"))
        assert CANARY in reply
        assert WRITER.target_audience("ta") in reply

    def test_ids_stand_for_different_ones(self) -> None:
        """The description follows from the id and the seed."""
        assert len({WRITER.brand_voice(str(number)) for number in range(50)}) > 25
        assert len({WRITER.target_audience(str(number)) for number in range(50)}) > 25
        assert ReplyWriter(7).brand_voice("bv") == WRITER.brand_voice("bv")


class TestContext:
    """MSG-7: snippets are cited."""

    @pytest.mark.parametrize("text", FORMS)
    def test_content_and_category_show(self, text: str) -> None:
        """With a marker."""
        reply = ask(
            text, context=[ContextSnippet(1, "Open from 7 to 3", "Hours"), ContextSnippet(2, "Closed on Sundays")]
        )
        assert "[1] **Hours:** “Open from 7 to 3”" in reply
        assert "[2] “Closed on Sundays”" in reply

    def test_of_many_the_first_show_and_the_rest_is_counted(self) -> None:
        """However large their ids."""
        reply = ask(context=[ContextSnippet(10**5000, f"snippet {number}") for number in range(10_000)])
        assert "snippet 2" in reply
        assert "snippet 3" not in reply
        assert "9997 more" in reply


class TestHistory:
    """MSG-8: a reply looks back as far as the budget reaches."""

    @given(st.lists(st.integers(0, 40)), st.integers(-5, 60))
    def test_trimming_keeps_the_newest_that_fit(self, sizes: list[int], budget: int) -> None:
        """What is kept fits, and one message more would not."""
        history = [say("x" * size) for size in sizes]
        kept = trim_history(history, budget)
        start = len(history) - len(kept)
        assert list(kept) == history[start:]
        assert sum(count_tokens(message.text) for message in kept) <= max(budget, 0)
        assert start == 0 or sum(count_tokens(message.text) for message in history[start - 1 :]) > budget

    @pytest.mark.parametrize("text", ["", "x", "xxxx", "xxxxx", "é" * 9])
    def test_a_token_is_four_characters(self, text: str) -> None:
        """Begun ones count, and there is always one."""
        assert count_tokens(text) == max(1, ceil(len(text) / 4))

    @given(st.lists(anything, max_size=4), anything, st.integers(0, 30))
    def test_what_is_outside_the_budget_changes_nothing(self, old: list[str], text: str, budget: int) -> None:
        """Neither quoted nor of any influence."""
        recent = [say("Tea is nice"), say("x" * 40, Source.ASSISTANT)]
        kept = trim_history(recent, budget)
        history = [*map(say, old), say("x" * 200), *recent]
        assert ask(text, history=history, context_size=budget) == ask(text, history=kept, context_size=budget)

    def test_an_earlier_message_is_quoted(self) -> None:
        """One of the user's."""
        assert f"“Tell me about {CANARY}”" in ask(history=[say(f"Tell me about {CANARY}.")])

    def test_the_edge_is_exact(self) -> None:
        """At its size in tokens a message is quoted, below it is not."""
        question = say(f"Tell me about {CANARY}.")
        size = count_tokens(question.text)
        assert CANARY in ask(history=[question], context_size=size)
        assert CANARY not in ask(history=[question], context_size=size - 1)

    def test_a_follow_up_is_about_what_was_asked_before(self) -> None:
        """A message of stop words has no topic of its own."""
        assert "green tea" in ask("Shorter, please", history=[say("Write a tagline for green tea"), say("Hi")])

    def test_what_was_said_is_recalled(self) -> None:
        """Oldest first, on request."""
        reply = ask("What did I ask before?", history=[say("One tea"), say("No!", Source.ASSISTANT), say("Two teas")])
        assert "- “One tea”\n- “Two teas”" in reply
        assert "No!" not in reply


class TestWishes:
    """What is asked for is what comes."""

    @pytest.mark.parametrize("prompt_id", ["a", "b", "c"])
    @pytest.mark.parametrize(
        ("text", "pattern"),
        [
            ("Show me a table of our three plans", r"\n\| --- \|"),
            ("Can you write a Python function?", r"```python\n[\s\S]+\n```"),
            ("Some JavaScript code, please", r"```javascript\n"),
            ("Give me a list of ideas for spring", r"\n- .+\n- .+\n- "),
            ("Five tips on tea", r"(\n- .+){5}"),
            ("Suggest 4 taglines for my tea house", r"(\n\d\. .+){4}"),
            ("What are the steps to open a shop?", r"\n1\. .+\n2\. "),
            ("Links to sources on tea", r"\]\(https://example\.(com|org)/"),
            ("Compare tea and coffee", r"\*\*In favour\*\*[\s\S]+\*\*Against\*\*"),
            ("Write an email to my customers", r"\n> \*\*"),
            ("Count from 3 to 6", r"^3\n4\n5\n6$"),
            ("count down from 3", r"^3\n2\n1$"),
            ("Count from 1 to 1000", r"\n200\n\n… and so on up to 1000"),
            ("Reply with OK", r"^.{0,8}OK.{0,4}$"),
            ("Please say only “blue moon”", r"^blue moon$"),
            ("Good morning!", r"^(Hello|Hi|Hey)"),
        ],
    )
    def test_forms_are_honoured(self, text: str, pattern: str, prompt_id: str) -> None:
        """Tables, code, lists, links and so on come when they are asked for."""
        assert re.search(pattern, ask(text, prompt_id=prompt_id))

    @pytest.mark.parametrize("locale", ["en_US", "de_DE", "fr_FR", "es_ES"])
    @pytest.mark.parametrize("text", ["A detailed essay on tea", "A long list of ideas", "Tell me a story"])
    def test_long_ones_have_250_tokens(self, text: str, locale: str) -> None:
        """In every language."""
        assert count_tokens(ask(text, writer=ReplyWriter(1, locale))) >= 250

    @pytest.mark.parametrize("locale", ["de_DE", "fr_FR", "es_ES"])
    def test_a_story_is_long_without_headings(self, locale: str) -> None:
        """Every language has enough to tell."""
        assert "###" not in ask("Tell me a story", writer=ReplyWriter(1, locale))

    @pytest.mark.parametrize(
        "text", ["Summarise tea in one sentence", "Be brief: what is tea?", "A short answer, please"]
    )
    def test_short_ones_are_short(self, text: str) -> None:
        """Forty tokens at most."""
        assert all(count_tokens(ask(text, prompt_id=str(number))) <= 40 for number in range(20))

    def test_the_words_of_the_user_come_back(self) -> None:
        """Seen from the other side where the sentence allows, quoted where it does not."""
        replies = [ask("Could you write a tagline for my coffee shop?", prompt_id=str(number)) for number in range(20)]
        assert all("coffee shop" in reply.lower() for reply in replies)
        assert not any("my coffee shop" in reply for reply in replies)
        assert all("coffee" in ask(prompt_id=str(number)).lower() for number in range(20))


class TestAnyText:
    """ERR-1: no input makes the writer fail."""

    @settings(max_examples=300)
    @given(anything, anything, anything, anything, st.integers())
    def test_a_reply_is_text_that_can_be_sent(self, text: str, old: str, steer: str, snippet: str, size: int) -> None:
        """MSG-1: never empty, and always UTF-8."""
        reply = ask(
            text,
            steering=Steering(personality=steer, brand_voice_id=old, target_audience_id=steer),
            history=[say(old), say(steer), say(text, Source.ASSISTANT)],
            context=[ContextSnippet(size, snippet, old)],
            context_size=size,
        )
        assert reply.strip()
        assert reply.encode()

    @pytest.mark.parametrize("unit", ["lorem ipsum ", "\ud800", "\u0301", "🇩🇪", " ", "please ", "漢", "a_"])
    def test_only_the_beginning_of_a_megabyte_is_read(self, unit: str) -> None:
        """What is said stays short."""
        text = unit * 100_000
        reply = ask(text, history=[say(text)], context=[ContextSnippet(1, text, text)], context_size=10**30)
        assert len(reply) < 5_000

    @given(anything)
    def test_a_quotation_breaks_no_markdown(self, text: str) -> None:
        """The user's text comes on one line, without what would start a block, a link or emphasis."""
        reply = ask(history=[say(text)] if text.strip() else [])
        assert reply.count("```") % 2 == 0
        assert not re.search(r"\[[^]]*\]\((?!https://example\.)", reply)


class TestVariety:
    """Pleasant to read, and not always the same."""

    def test_forms_and_lengths_vary(self) -> None:
        """Of 200 replies to one message nearly all differ; they come in many forms and mostly in 20 to 200 tokens."""
        replies = [ask(prompt_id=str(number)) for number in range(200)]
        assert len(set(replies)) > 180
        marks = [r"^- ", r"^\d\. ", r"^> ", r"^\| ", r"^## ", r"^```", r"\]\(", "✅"]
        shapes = {tuple(bool(re.search(mark, reply, re.MULTILINE)) for mark in marks) for reply in replies}
        assert len(shapes) >= 7
        sizes = sorted(count_tokens(reply) for reply in replies)
        assert sizes[10] < 40
        assert sizes[-10] > 140
        assert sizes[-1] < 450

    @pytest.mark.parametrize("locale", ["en_US", "de_DE", "fr_FR", "es_ES"])
    def test_every_phrase_can_be_filled(self, locale: str) -> None:
        """No slot is misspelt, and none is left open."""
        slots = {"topic", "key", "Key", "slug", "name", "company", "city", "n", "percent", "minutes", "day"}
        slots |= {"word", "shown", "end", "earlier", "voice", "audience", "marks", "count", ""}

        def texts(value: object) -> list[str]:
            return (
                [value]
                if isinstance(value, str)
                else [t for v in value for t in texts(v)]
                if isinstance(value, tuple)
                else []
            )

        phrases = find_phrases(locale)
        patterns = {"lead_ins", "question_words", "about_words"}
        for field in set(phrases.__slots__) - patterns:
            for text in texts(getattr(phrases, field)):
                assert {name for _, name, _, _ in Formatter().parse(text) if name is not None} <= slots

    @pytest.mark.parametrize("sample", CODE_SAMPLES["python"])
    def test_the_python_is_python(self, sample: str) -> None:
        """Code that is shown compiles."""
        ast.parse(sample)


class TestLocales:
    """Languages and Faker's names."""

    @pytest.mark.parametrize(
        ("locale", "word"), [("de_AT", "Hallo|Guten Tag"), ("fr_CA", "Bonjour"), ("es_MX", "¡Hola!"), ("ja_JP", "H")]
    )
    def test_a_locale_speaks_its_language(self, locale: str, word: str) -> None:
        """English where there is no bank of phrases."""
        assert re.match(word, ask("Hello", writer=ReplyWriter(1, locale)))

    def test_the_locales_are_known_without_an_import_of_faker(self) -> None:
        """By its folders: those that it finds itself, when it is imported."""
        known = set(AVAILABLE_LOCALES)
        folders = {path.name for path in Path(faker.__file__).parent.glob("providers/*/*") if path.is_dir()}
        for locale in folders - known:
            with pytest.raises(ValueError, match="Faker knows no locale"):
                check_locale(locale)
        for locale in known:
            check_locale(locale)

    def test_a_stock_that_was_kept_is_the_one_that_was_drawn(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """And that of another seed or locale is never taken for it."""
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        drawn = [order_stock(seed, locale) for seed, locale in ((1, "en_US"), (1, "de_DE"), (2, "de_DE"))]
        assert order_stock(2, "de_DE") == drawn[2]
        assert len(set(drawn)) == len(drawn)
        monkeypatch.setattr("mockserver.replies.stock.remember", lambda _name, _of, make: make())
        assert [order_stock(seed, locale) for seed, locale in ((1, "en_US"), (1, "de_DE"), (2, "de_DE"))] == drawn

    @pytest.mark.parametrize("locale", ["", "xx_YY", "../x", "english", "\ud800"])
    def test_an_unknown_locale_is_refused(self, locale: str) -> None:
        """With a sentence that says what there is."""
        with pytest.raises(ValueError, match="Faker knows no locale"):
            ReplyWriter(1, locale)
