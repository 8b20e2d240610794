"""The language model: random words at a model's pace, never the same twice."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from threading import Event
from typing import Any

WORDS = tuple(
    """
    amber anchor autumn basket beacon birch brisk candle canyon cedar cinder cobalt copper coral crème dapple drift
    ember falcon fathom fern fjörd flint garnet glade harbor hazel heron indigo island ivory jasper juniper kestrel
    lantern linen lunar maple marble meadow mistral naïve nectar nimbus ochre olive opal orchard pebble pepper quartz
    quill raven ripple saffron sierra silver thistle timber tundra umbra velvet violet walnut willow zephyr 東京 мост
    """.split()  # noqa: SIM905 - seventy quoted strings read worse
)
SYMBOLS = "☕🙂🚀→é🌊"
LONGEST = 5000  # words, or numbers

_WORDS_WANTED = re.compile(r"at least (\d{1,9}) words", re.IGNORECASE)
_LINE_WANTED = re.compile(r"begin with this line, as it stands: (.+)", re.IGNORECASE)
_NUMBERS_WANTED = re.compile(r"count from (-?\d{1,9}) to (-?\d{1,9})", re.IGNORECASE)


class Model:
    """Makes replies and paces them."""

    def __init__(self, tokens_per_second: float = 150.0) -> None:
        self.random = random.SystemRandom()
        self.tokens_per_second = tokens_per_second

    def reply(self, text: str, steering: Mapping[str, Any], history: Sequence[str]) -> str:
        """A new reply: it quotes what steers it, so that steering can be seen from outside, and forgets the history."""
        return "\n".join([*self.manner(steering), *_LINE_WANTED.findall(text), self.content(text)])

    def manner(self, steering: Mapping[str, Any]) -> list[str]:
        """The steering, quoted. A personality given in words wins over a brand voice (PAT-8)."""
        quoted = []
        if steering.get("personality") is not None:
            quoted.append(str(steering["personality"]))
        elif steering.get("brandVoiceId") is not None:
            quoted.append(f"voice {steering['brandVoiceId']}")
        if steering.get("targetAudienceId") is not None:
            quoted.append(f"audience {steering['targetAudienceId']}")
        return quoted

    def content(self, text: str) -> str:
        """What was asked for, where this model understands it, else some words; with a new ending each time."""
        ending = f"{self.words(2)} {self.random.randrange(10**6)} {self.random.choice(SYMBOLS)}"
        if numbers := _NUMBERS_WANTED.search(text):
            first, last = (int(number) for number in numbers.groups())
            counted = list(range(first, last + 1) if first <= last else range(first, last - 1, -1))
            return "\n".join([*map(str, counted[:LONGEST]), ending])
        if wanted := _WORDS_WANTED.search(text):
            return f"{self.words(min(int(wanted[1]), LONGEST))} {ending}"
        return f"OK, {ending}" if "OK" in text else f"{self.words(self.random.randint(4, 16))} {ending}"

    def words(self, count: int) -> str:
        """Some words."""
        return " ".join(self.random.choices(WORDS, k=count))

    def tokens(self, reply: str) -> list[str]:
        """The pieces that a reply is produced in. Joined they are the reply."""
        return re.findall(r"\S{1,8}\s*|\s+", reply)

    def think(self) -> None:
        """The time that a plain reply takes."""
        time.sleep(self.random.uniform(0.02, 0.06))

    def produce(self, reply: str, stopped: Event) -> Iterator[str]:
        """The tokens at their pace: some time before the first and after each, until stopped."""
        stopped.wait(self.random.uniform(0.03, 0.08))
        for token in self.tokens(reply):
            if stopped.is_set():
                return
            yield token
            stopped.wait(self.random.uniform(0.5, 1.5) / self.tokens_per_second)
