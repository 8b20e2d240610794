"""The configuration of a workspace as JSON. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from mockserver.pacing import INSTANT, Pace
from mockserver.sandbox import Configuration

JsonObject = dict[str, Any]
T = TypeVar("T")


def encode_configuration(configuration: Configuration) -> JsonObject:
    """All of it; `tokensPerSecond` is null where pieces come all at once."""
    pace = configuration.pace
    rate = pace.tokens_per_second
    return {
        "speed": "instant" if pace == INSTANT else "model",
        "firstTokenMs": pace.first_token_s * 1000,
        "tokensPerSecond": None if math.isinf(rate) else rate,
        "jitter": pace.jitter,
        "keepAliveS": configuration.keep_alive_s,
        "holdAfter": configuration.hold_after,
    }


def change_configuration(configuration: Configuration, changes: Mapping[str, Any], usual: Pace) -> Configuration:
    """The configuration with changes as `encode_configuration` writes them; what is left out stays.

    Args:
        usual: the pace of `speed: model` where nothing more is said.
    """
    pace = configuration.pace
    match changes.get("speed"):
        case "instant":
            pace = INSTANT
        case "model" if pace == INSTANT:
            pace = usual
    if "firstTokenMs" in changes:
        pace = replace(pace, first_token_s=changes["firstTokenMs"] / 1000)
    if "tokensPerSecond" in changes:
        rate = changes["tokensPerSecond"]
        pace = replace(pace, tokens_per_second=math.inf if rate is None else float(rate))
    if "jitter" in changes:
        pace = replace(pace, jitter=float(changes["jitter"]))
    hold_after = changes.get("holdAfter", configuration.hold_after)
    return Configuration(
        pace=pace,
        keep_alive_s=float(changes.get("keepAliveS", configuration.keep_alive_s)),
        hold_after=None if hold_after is None else int(hold_after),
    )


def undo_changes(configuration: Configuration, applied: Configuration, before: Configuration) -> Configuration:
    """The configuration with each part as it was `before`, unless it is not as it was `applied` any more."""
    now, then, old = configuration, applied, before
    return Configuration(
        pace=Pace(
            _undo(now.pace.first_token_s, then.pace.first_token_s, old.pace.first_token_s),
            _undo(now.pace.tokens_per_second, then.pace.tokens_per_second, old.pace.tokens_per_second),
            _undo(now.pace.jitter, then.pace.jitter, old.pace.jitter),
        ),
        keep_alive_s=_undo(now.keep_alive_s, then.keep_alive_s, old.keep_alive_s),
        hold_after=_undo(now.hold_after, then.hold_after, old.hold_after),
    )


def _undo(now: T, applied: T, before: T) -> T:
    return before if now == applied else now


SCENARIO_NAMES = {
    "first_token_ms": "firstTokenMs",
    "tokens_per_second": "tokensPerSecond",
    "jitter": "jitter",
    "keep_alive_s": "keepAliveS",
}
"""What a scenario calls the parts of a configuration."""


def encode_scenario_pace(pace: Mapping[str, float] | None) -> JsonObject:
    """What a scenario changes, under the names of the control plane."""
    return {SCENARIO_NAMES[name]: value for name, value in (pace or {}).items()}
