"""What was measured: samples by what they tell and of which server, their medians, and what could not be had."""

from __future__ import annotations

import statistics
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any


class Unmeasured(Exception):
    """Something could not be measured; the text is a sentence that says why."""


@dataclass
class Results:
    """The samples of one run.

    Attributes:
        samples: by what was measured (`rate list`) and the server's key (`prism`).
        titles: what people call each server.
        missing: why a server could not be had, by its key.
        failures: why something could not be measured, by what it is.
        about: the machine, the versions, the plan.
    """

    samples: dict[tuple[str, str], list[float]] = field(default_factory=lambda: defaultdict(list))
    titles: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    about: dict[str, Any] = field(default_factory=dict)

    def add(self, what: str, server: str, value: float) -> None:
        """One more sample."""
        self.samples[what, server].append(value)

    def of(self, what: str, server: str) -> list[float]:
        """All samples, in the order in which they were taken."""
        return self.samples.get((what, server), [])

    def median(self, what: str, server: str) -> float | None:
        """The median; None where nothing was measured."""
        samples = self.of(what, server)
        return statistics.median(samples) if samples else None

    def ratio(self, what: str, server: str, other: str) -> float | None:
        """The median of one server divided by that of another; None where one of them is not there."""
        ours, theirs = self.median(what, server), self.median(what, other)
        return ours / theirs if ours is not None and theirs else None

    def as_json(self) -> dict[str, Any]:
        """All of it, for a file."""
        return {
            "about": self.about,
            "servers": {key: {"title": title} for key, title in self.titles.items()},
            "missing": self.missing,
            "failures": self.failures,
            "measures": [
                {"what": what, "server": server, "median": statistics.median(samples), "samples": samples}
                for (what, server), samples in self.samples.items()
            ],
        }


def percentile(values: list[float], share: float) -> float:
    """The value that `share` (0 to 1) of them do not exceed, by the nearest rank."""
    ranked = sorted(values)
    return ranked[max(0, min(len(ranked) - 1, int(share * len(ranked) + 0.999999) - 1))]
