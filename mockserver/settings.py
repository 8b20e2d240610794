"""Every option once: its flag, environment variable, default, range and help text.

The command line is built from these fields (`mockserver.cli`), a Python caller makes a `Settings` directly, and
both are judged alike. The environment variable of `first_token_ms` is `MOCKSERVER_FIRST_TOKEN_MS`, its flag
`--first-token-ms`.
"""

from __future__ import annotations

import math
import re
from dataclasses import Field, dataclass, field, fields
from typing import Any

import click

from mockserver.pacing import INSTANT, SHORTEST_KEEP_ALIVE_S, Pace

ENVIRONMENT_PREFIX = "MOCKSERVER"

DEVELOPMENT_SECRET = "mockserver-development-secret-known-to-everyone"  # noqa: S105
"""What JWTs are signed with unless told otherwise. It is public on purpose: a mock has nothing to protect."""

_ORIGIN = re.compile(r"\*|null|[a-z][a-z0-9+.-]*://[^/,\sA-Z]+")
"""As browsers send it: in lower case, without a path and without a slash at its end."""


REPLAYED_SETTINGS = (
    "auth",
    "clock",
    "first_token_ms",
    "journal_entries",
    "jitter",
    "keep_alive_s",
    "lenient",
    "locale",
    "max_body_kib",
    "seed",
    "speed",
    "tokens_per_second",
    "triggers",
)
"""What a bug report has of the settings: those that change answers. What they made of a workspace, its snapshot has."""


class SettingError(ValueError):
    """A setting has a value that it cannot have; the text names it and says what it takes."""


def _option(default: Any, kind: click.ParamType[Any], group: str, text: str, metavar: str | None = None) -> Any:
    return field(default=default, metadata={"kind": kind, "group": group, "help": text, "metavar": metavar})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a mock server behaves.

    Raises:
        SettingError: a value is out of its range.
    """

    host: str = _option("127.0.0.1", click.STRING, "Server", "Address to listen on.")
    port: int = _option(8080, click.IntRange(0, 65535), "Server", "Port to listen on; 0 takes a free one.")
    max_body_kib: int = _option(4096, click.IntRange(1), "Server", "Largest request body taken, in KiB.", "KIB")

    seed: int = _option(0, click.INT, "Replies", "Same seed and same requests: same answers, byte for byte.")
    clock: str = _option(
        "logical",
        click.Choice(["logical", "wall"]),
        "Replies",
        "Timestamps from a clock that advances with each write, or the real time.",
    )
    locale: str = _option(
        "en_US", click.STRING, "Replies", "Names in replies; sentences are German, French, Spanish or else English."
    )

    speed: str = _option(
        "model", click.Choice(["model", "instant"]), "Pace", "Reply as slowly as a model, or at once (for tests)."
    )
    first_token_ms: int = _option(
        300, click.IntRange(0, 3_600_000), "Pace", "Time to the first piece of a reply.", "MS"
    )
    tokens_per_second: float = _option(
        40.0, click.FloatRange(0.01, 1e6), "Pace", "Pieces of a reply a second after that.", "RATE"
    )
    jitter: float = _option(0.5, click.FloatRange(0, 1), "Pace", "How uneven that is: 0 even, 1 from none to double.")
    keep_alive_s: float = _option(15.0, click.FloatRange(0), "Pace", "A comment line in streams so often; 0 none.", "S")

    auth: str = _option(
        "dev",
        click.Choice(["dev", "strict", "open"]),
        "Callers",
        "dev takes caller@workspace and JWTs, strict JWTs only, open anything.",
    )
    jwt_secret: str = _option(
        DEVELOPMENT_SECRET,
        click.STRING,
        "Callers",
        "Secret of JWTs (HS256), at least 32 bytes; best set by the environment.",
    )

    demo_conversations: int = _option(
        137, click.IntRange(0), "Data", "Conversations of demo@demo that a fresh server has.", "N"
    )
    empty: bool = _option(False, click.BOOL, "Data", "Start with no conversations.")

    scenario: tuple[str, ...] = _option(
        (),
        click.STRING,
        "Faults",
        "A scenario by name, or a file of them, for every workspace; repeat it.",
        "NAME|FILE",
    )
    triggers: bool = _option(True, click.BOOL, "Faults", "Headers, queries and messages may ask for faults.")

    load: str = _option("", click.STRING, "Data", "Start with a snapshot or a bug report.", "FILE")
    save: str = _option("", click.STRING, "Data", "Write a snapshot of everything there when the server stops.", "FILE")
    journal_entries: int = _option(
        1000,
        click.IntRange(1, 1_000_000),
        "Data",
        "Exchanges that the journal of each workspace keeps, of 16 MiB together at the most.",
        "N",
    )

    check_answers: bool = _option(False, click.BOOL, "Contract", "Hold every answer of the mock against the contract.")
    lenient: bool = _option(
        False, click.BOOL, "Contract", "Answer bad requests as well as can be instead of refusing them (for demos)."
    )

    cors_origin: tuple[str, ...] = _option(
        ("*",), click.STRING, "Browser", "Origin whose pages may call; repeat it for several, * is any.", "ORIGIN"
    )

    log_format: str = _option(
        "text", click.Choice(["text", "json"]), "Log", "A line a request, for people or machines."
    )
    log_level: str = _option(
        "info", click.Choice(["debug", "info", "warning", "error"]), "Log", "warning leaves the requests out."
    )

    def __post_init__(self) -> None:
        for option in fields(self):
            values = getattr(self, option.name)
            for value in values if isinstance(values, tuple) else [values]:
                _check(option, value)
        for origin in self.cors_origin:
            if not _ORIGIN.fullmatch(origin):
                raise SettingError(
                    f"cors_origin: {origin} is no origin. Give *, null or one such as http://localhost:3000"
                )
        if not (self.keep_alive_s == 0 or self.keep_alive_s >= SHORTEST_KEEP_ALIVE_S):
            raise SettingError(f"keep_alive_s: {self.keep_alive_s} is below {SHORTEST_KEEP_ALIVE_S}. Give more, or 0.")
        if len(self.jwt_secret.encode()) < 32:
            raise SettingError("jwt_secret: it has fewer than 32 bytes, too few for HS256. Give a longer one.")

    @property
    def pace(self) -> Pace:
        """How fast replies come."""
        if self.speed == "instant":
            return INSTANT
        return Pace(self.first_token_ms / 1000, self.tokens_per_second, self.jitter)


def _check(option: Field[Any], value: Any) -> None:
    kind: click.ParamType[Any] = option.metadata["kind"]
    try:
        kind.convert(value, None, None)
    except click.BadParameter as error:
        raise SettingError(f"{option.name}: {error.message}") from None
    # No range refuses nan: it is neither more nor less.
    if isinstance(value, float) and not math.isfinite(value):
        raise SettingError(f"{option.name}: {value} is not a number that it can have")
