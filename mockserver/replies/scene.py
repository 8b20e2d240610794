"""What the forms of a reply draw from: the random numbers, the phrases, the stock and the topic of one reply."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from itertools import cycle, islice
from typing import Final, TypeVar

from mockserver.replies.phrases import Phrases
from mockserver.replies.phrases.bank import Bank
from mockserver.replies.stock import Stock
from mockserver.replies.topics import Topic

_T = TypeVar("_T")

_MINUTES: Final = ("10", "15", "20", "30", "45")


class Scene:
    """Serves one reply and is used up by it: each draw changes the next one.

    Args:
        find_topic: finds what the reply is about; asked once, and not at all where the reply names no topic.
    """

    def __init__(self, rng: random.Random, phrases: Phrases, stock: Stock, find_topic: Callable[[], Topic]) -> None:
        self.rng: Final = rng
        self.phrases: Final = phrases
        self.stock: Final = stock
        self._find_topic = find_topic
        self._cast: dict[str, str] = {}
        self._decks: dict[Bank, Iterator[str]] = {}

    @cached_property
    def topic(self) -> Topic:
        """What the reply is about."""
        return self._find_topic()

    def fill(self, template: str, **more: str) -> str:
        """The template with its slots filled. A slot that occurs twice in it says the same twice."""
        return template.format_map(_Slots(self, {**self._fixed, **self._cast, **more}))

    @cached_property
    def _fixed(self) -> dict[str, str]:
        topic = self.topic
        return {
            "topic": topic.phrase,
            "key": topic.key,
            "Key": topic.key[0].upper() + topic.key[1:],
            "slug": topic.slug,
        }

    def pick(self, bank: Bank, **more: str) -> str:
        """One of the bank, filled."""
        return self.fill(self.rng.choice(bank), **more)

    def some(self, bank: tuple[_T, ...], count: int) -> list[_T]:
        """`count` different ones of the bank in any order, or all."""
        return self.rng.sample(bank, min(count, len(bank)))

    def cast(self) -> None:
        """From now on the same person, company and place in every sentence, as a story needs it."""
        self._cast = {slot: self.draw(slot) for slot in ("name", "company", "city")}

    def deal(self, bank: Bank, count: int) -> list[str]:
        """The next `count` of the bank, filled; in the whole reply none comes twice before all have come."""
        if bank not in self._decks:
            self._decks[bank] = cycle(self.some(bank, len(bank)))
        return [self.fill(template) for template in islice(self._decks[bank], count)]

    def say(self, count: int) -> str:
        """A paragraph of `count` sentences."""
        return " ".join(self.deal(self.phrases.sentences, count))

    def draw(self, slot: str) -> str:
        """A new filling for a slot that is not about the topic. Raises `KeyError` for an unknown slot."""
        if slot in ("n", "percent"):
            return str(self.rng.randint(3, 9) if slot == "n" else self.rng.randint(11, 48))
        bank = {
            "name": self.stock.names,
            "company": self.stock.companies,
            "city": self.stock.cities,
            "day": self.phrases.days,
            "minutes": _MINUTES,
        }[slot]
        return self.rng.choice(bank)


class _Slots(dict[str, str]):
    def __init__(self, scene: Scene, filled: Mapping[str, str]) -> None:
        super().__init__(filled)
        self._scene = scene

    def __missing__(self, slot: str) -> str:
        self[slot] = self._scene.draw(slot)
        return self[slot]
