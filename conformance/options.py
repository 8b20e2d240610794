"""Every option of the kit once: its flag, environment variable, key in the file, default, range and help text.

Of the setting `reply_timeout_s` the flag is `--reply-timeout`, the variable `CONFORMANCE_REPLY_TIMEOUT` and the key
`reply-timeout`, in `conformance.toml` or under `[tool.conformance]` in `pyproject.toml`. `conformance.settings` reads
them there.

The plugin imports this in every pytest run of whoever installed the kit: what is costly is imported where it is used.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, Protocol

from conformance import contract
from conformance.option_kinds import (
    ENVIRONMENT_PREFIX,
    BaseUrl,
    Choice,
    Clauses,
    ClausesOrAll,
    Command,
    File,
    Flag,
    Headers,
    Kind,
    Number,
    Reasons,
    Reports,
    Text,
    Token,
    matching,
)
from conformance.redaction import Secret


def _about(kind: Kind, group: str, text: str, metavar: str | None = None) -> dict[str, Any]:
    return {"kind": kind, "group": group, "help": text, "metavar": metavar}


_WHERE, _CALLERS, _VALUES = "Implementation", "Callers", "Values that the backend accepts"
_VERDICT, _COST = "Verdict", "Cost and pace"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the kit was told. Its `repr` shows no secret. Paths are absolute, ids of clauses are the contract's."""

    base_url: str = field(
        default="",
        metadata=_about(BaseUrl(), _WHERE, "All that stands before /api/v1; a path prefix is kept.", "URL"),
    )
    """Without a slash at its end; "" where none was given."""
    workspace_id: str = field(default="demo", metadata=_about(Text(), _WHERE, "The workspace of the callers.", "ID"))
    header: Mapping[str, str] = field(
        default_factory=dict,
        repr=False,
        metadata=_about(Headers(), _WHERE, "A header for every call; can be repeated.", "'K: V'"),
    )

    api_token: Secret | None = field(
        default=None,
        repr=False,
        metadata=_about(Token(), _CALLERS, "The caller's bearer token; best set by the environment.", "TOKEN"),
    )
    api_token_command: str | None = field(
        default=None,
        repr=False,
        metadata=_about(Command(), _CALLERS, "A shell command that prints it, run again when it expires.", "CMD"),
    )
    api_second_token: Secret | None = field(
        default=None,
        repr=False,
        metadata=_about(Token(), _CALLERS, "The token of another caller of the same workspace.", "TOKEN"),
    )
    api_foreign_token: Secret | None = field(
        default=None,
        repr=False,
        metadata=_about(Token(), _CALLERS, "The token of a caller of another workspace.", "TOKEN"),
    )
    foreign_workspace_id: str | None = field(
        default=None, metadata=_about(Text(), _CALLERS, "That other workspace.", "ID")
    )
    api_expired_token: Secret | None = field(
        default=None, repr=False, metadata=_about(Token(), _CALLERS, "A token that has expired.", "TOKEN")
    )

    model_name: str = field(default="gpt-4", metadata=_about(Text(), _VALUES, "A modelName.", "NAME"))
    brand_voice_id: str | None = field(default=None, metadata=_about(Text(), _VALUES, "A brandVoiceId.", "ID"))
    target_audience_id: str | None = field(default=None, metadata=_about(Text(), _VALUES, "A targetAudienceId.", "ID"))

    gate: Literal["must", "should"] = field(
        default="must",
        metadata=_about(Choice(("must", "should")), _VERDICT, "Fail on a broken must, or on a should too.", "LEVEL"),
    )
    clause: tuple[str, ...] = field(
        default=(),
        metadata=_about(Clauses(), _VERDICT, "Judge this clause alone; LCK-* works; can be repeated.", "ID"),
    )
    """Ids and patterns; empty means all. `chosen` has the ids."""
    skip_clause: Mapping[str, str] = field(
        default_factory=dict,
        metadata=_about(Reasons(), _VERDICT, "Leave this clause out; can be repeated.", "ID=REASON"),
    )
    """The reason by the id of the clause."""
    allow_unverified: frozenset[str] = field(
        default=frozenset(),
        metadata=_about(ClausesOrAll(), _VERDICT, "Clauses that the verdict need not wait for.", "IDS|all"),
    )
    """Their ids."""
    known_failures: Path | None = field(
        default=None, metadata=_about(File(), _VERDICT, "A TOML file of clauses that may fail.", "FILE")
    )
    conformance_report: tuple[Path, ...] = field(
        default=(),
        metadata=_about(Reports(), _VERDICT, "Write .html, .json, .md or .xml; can be repeated.", "FILE"),
    )
    list_clauses: bool = field(
        default=False, metadata=_about(Flag(), _VERDICT, "List the clauses and what each needs; run nothing.")
    )

    llm_budget: int | None = field(
        default=None,
        metadata=_about(Number(0, 1_000_000, whole=True), _COST, "Generate at most so many replies.", "N"),
    )
    max_rps: float | None = field(
        default=None, metadata=_about(Number(0.01, 100_000), _COST, "Send at most so many calls a second.", "RATE")
    )
    request_timeout_s: float = field(
        default=10.0, metadata=_about(Number(0.1, 3600), _COST, "For a call that waits for no reply.", "SECONDS")
    )
    reply_timeout_s: float = field(
        default=60.0, metadata=_about(Number(0.1, 3600), _COST, "For a reply, and between two events.", "SECONDS")
    )
    steering_probe: Literal["auto", "on", "off"] = field(
        default="auto",
        metadata=_about(Choice(("auto", "on", "off")), _COST, "See in replies what PATCH has changed.", "WHEN"),
    )
    seed: int = field(
        default=0, metadata=_about(Number(0, 2**32 - 1, whole=True), _COST, "Same seed: same made-up data.", "N")
    )

    @property
    def chosen(self) -> frozenset[str]:
        """The ids that `clause` names; all of the contract where it names none. `skip_clause` is not looked at."""
        if not self.clause:
            return frozenset(contract.clauses())
        return frozenset(clause_id for pattern in self.clause for clause_id in matching(pattern))

    def described(self) -> dict[str, str]:
        """What is not as it would be untold, by its flag, for a report: of a secret only that it was given."""
        given = ((option, getattr(self, option.name)) for option in OPTIONS)
        return {flag(option): kind(option).show(value) for option, value in given if value != default(option)}


OPTIONS: tuple[Field[Any], ...] = fields(Settings)
"""In the order in which the help shows them."""


def flag(option: Field[Any]) -> str:
    """`--reply-timeout`, of the setting `reply_timeout_s`."""
    return f"--{key(option)}"


def variable(option: Field[Any]) -> str:
    """`CONFORMANCE_REPLY_TIMEOUT`, of the setting `reply_timeout_s`; `CONFORMANCE_REPORT`, which says it once."""
    return f"{ENVIRONMENT_PREFIX}_{key(option).removeprefix('conformance-').replace('-', '_').upper()}"


def kind(option: Field[Any]) -> Kind:
    """How its values are read."""
    found: Kind = option.metadata["kind"]
    return found


def is_switch(option: Field[Any]) -> bool:
    """It is said, and takes no value."""
    return isinstance(option.metadata["kind"], Flag)


def default(option: Field[Any]) -> Any:
    """The value where nothing was told."""
    return option.default if option.default_factory is MISSING else option.default_factory()


def _shown_default(option: Field[Any]) -> str | None:
    """The default as the help shows it; None where there is nothing to show."""
    value = default(option)
    shown = value is not None and (bool(value) or isinstance(kind(option), Number))
    return kind(option).show(value) if shown else None


def key(option: Field[Any]) -> str:
    """`reply-timeout`, of the setting `reply_timeout_s`."""
    return option.name.removesuffix("_s").replace("_", "-")


def destination(option: Field[Any]) -> str:
    """Where pytest keeps the value; not where it would by itself, for another plugin may have a flag of this name."""
    return f"conformance_{option.name}"


class _OptionGroup(Protocol):
    """What both a group of pytest's options and its parser can do."""

    def addoption(self, *opts: str, **attrs: Any) -> None: ...


def add_options(group: _OptionGroup) -> None:
    """Add the flags to pytest's, as plain text: a bad value must not end a run that is none of the kit's.

    `--base-url` is not among them: it belongs to pytest-base-url. A flag that somebody else's plugin has already is
    left to it, which is no reason to break all of their tests; the variable and the file are left to us. For a plugin
    that adds such a flag later pytest knows no such mercy: call this when all have added theirs, that is, after
    `pytest_load_initial_conftests`.
    """
    for option in OPTIONS:
        if option.name == "base_url":
            continue
        attributes: dict[str, Any] = {"dest": destination(option), "default": None, "help": help_text(option)}
        if is_switch(option):
            attributes |= {"action": "store_const", "const": "true"}
        else:
            attributes |= {"action": "append", "metavar": option.metadata["metavar"]}
        with suppress(ValueError, argparse.ArgumentError):  # the second where it stands in another group
            group.addoption(flag(option), **attributes)


def help_text(option: Field[Any]) -> str:
    """What the option is for, its variable and its default."""
    value = _shown_default(option)
    rest = variable(option) if value is None else f"{variable(option)}; default {value}"
    return f"{option.metadata['help'].removesuffix('.')} ({rest})."
