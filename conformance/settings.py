"""Where the settings are read: the flag counts before the environment variable, the variable before the file.

The plugin and the command read all of them here, and judge them alike.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import Field, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.option_kinds import ENVIRONMENT_PREFIX, BaseUrl, Token, hint, type_name
from conformance.options import OPTIONS, Settings, destination, flag, key, kind, variable

if TYPE_CHECKING:
    import pytest

FILE = "conformance.toml"
TABLE = "[tool.conformance]"

_OF_KUBERNETES = re.compile(rf"{ENVIRONMENT_PREFIX}_(SERVICE|PORT)(_|$)")
"""What Kubernetes tells every container of a service that is called conformance."""


class UsageError(Exception):
    """The kit was told something that it cannot do. One sentence or two: what is wrong where, and the remedy."""


def read_settings(config: pytest.Config, environ: Mapping[str, str], cwd: Path) -> Settings:
    """The settings of a pytest run, whose workers get the same ones: they have its arguments and environment.

    Raises:
        UsageError: something that was told cannot be.
    """
    told: dict[str, list[str]] = {}
    for option in OPTIONS:
        given = _base_url(config) if option.name == "base_url" else config.getoption(destination(option), None)
        if given:
            told[option.name] = [given] if isinstance(given, str) else given
    return settings_from(told, environ, cwd, config.rootpath)


def _base_url(config: pytest.Config) -> str | None:
    """As pytest-base-url has it: its flag, `PYTEST_BASE_URL`, its ini key. It tells workers nothing of the last."""
    with suppress(ValueError):  # where its plugin was switched off there is neither
        given: str | None = config.getoption("base_url") or config.getini("base_url")
        return given
    return None


def settings_from(
    flags: Mapping[str, Sequence[str]], environ: Mapping[str, str], cwd: Path, rootdir: Path | None = None
) -> Settings:
    """The settings that flags, environment and file make, each judged where it was written.

    Args:
        flags: what the command line says, by the name of the setting.
        environ: the environment.
        cwd: whose paths the command line and the environment speak of; the file is looked for here,
        rootdir: and then here.

    Raises:
        UsageError: something that was told cannot be.
    """
    _check_environment(environ)
    file = _read_file(cwd, rootdir)
    told = {option.name: _told(option, flags, environ, cwd, file) for option in OPTIONS}
    _choose_between_tokens(told)
    values = {name: given.read() for name, given in told.items() if given is not None}
    settings = Settings(**values)
    _check_callers(settings)
    return settings


@dataclass(frozen=True)
class _Told:
    """What one option was told, and where."""

    option: Field[Any]
    texts: Sequence[str]
    rank: int
    where: str
    folder: Path

    def read(self) -> Any:
        return _judged(self.where, lambda: kind(self.option).read(self.texts, self.folder))


def _judged(where: str, read: Callable[[], Any]) -> Any:
    try:
        return read()
    except ValueError as problem:
        raise UsageError(f"{where}: {problem}") from None


def _told(
    option: Field[Any],
    flags: Mapping[str, Sequence[str]],
    environ: Mapping[str, str],
    cwd: Path,
    file: tuple[Path, str, Mapping[str, Any]] | None,
) -> _Told | None:
    # `--api-token "$TOKEN"`, or a secret that a pipeline does not have here: empty is not given.
    may_be_empty = isinstance(kind(option), Token | BaseUrl)
    if texts := [text for text in flags.get(option.name, ()) if text.strip() or not may_be_empty]:
        return _Told(option, texts, 0, flag(option), cwd)
    text = environ.get(variable(option), "")
    if text.strip():
        return _Told(option, kind(option).split(text), 1, variable(option), cwd)
    if file is not None and key(option) in file[2]:
        path, shown, table = file
        where = f"{key(option)} in {shown}"
        texts = _judged(where, lambda: kind(option).from_toml(table[key(option)]))
        if texts and not (may_be_empty and not texts[0].strip()):
            return _Told(option, texts, 2, where, path.parent)
    return None


def _choose_between_tokens(told: dict[str, _Told | None]) -> None:
    """A token and a command for it exclude each other; said in two places, the one that counts more is meant."""
    token, command = told["api_token"], told["api_token_command"]
    if token is None or command is None:
        return
    if token.rank == command.rank:
        raise UsageError(f"{token.where} and {command.where} both say where the token comes from. Give one of them.")
    told["api_token" if token.rank > command.rank else "api_token_command"] = None


def _check_callers(settings: Settings) -> None:
    """Two callers that are one would make a correct backend look broken."""
    names = [option for option in OPTIONS if isinstance(kind(option), Token)]
    seen: dict[str, str] = {}
    for option in names:
        token = getattr(settings, option.name)
        if token is not None and token in seen:
            raise UsageError(f"{flag(option)} is the same token as {seen[token]}. Give one of another caller, or none.")
        if token is not None:
            seen[token] = flag(option)
    if settings.foreign_workspace_id == settings.workspace_id:
        raise UsageError(
            f"--foreign-workspace-id is {settings.workspace_id}, which is the workspace itself. Give another, or none."
        )


def _check_environment(environ: Mapping[str, str]) -> None:
    """Refuse a variable `CONFORMANCE_...` that is none of ours: a misspelt one would do nothing, silently."""
    prefix = f"{ENVIRONMENT_PREFIX}_"
    known = [variable(option).removeprefix(prefix) for option in OPTIONS]
    for name in sorted(environ):
        told = name.removeprefix(prefix)  # what all have in common would make all near
        if told != name and told not in known and not _OF_KUBERNETES.match(name):
            near = hint(told, known, "conformance --help", prefix)
            raise UsageError(f"There is no environment variable {name}. {near}")


def _read_file(cwd: Path, rootdir: Path | None) -> tuple[Path, str, Mapping[str, Any]] | None:
    """The first file that speaks of the kit: its path, what to call it, what it says."""
    for folder in dict.fromkeys([cwd, rootdir or cwd]):
        own, project = folder / FILE, folder / "pyproject.toml"
        table = _table_of(project)
        if own.is_file():
            if table is not None:
                raise UsageError(f"{own} and {TABLE} in {project} both have settings. Keep one of them.")
            return own, str(own), _checked(_parse(own), str(own))
        if table is not None:
            shown = f"{TABLE} of {project}"
            return project, shown, _checked(table, shown)
    return None


def _table_of(project: Path) -> Mapping[str, Any] | None:
    if not project.is_file():
        return None
    tools = _parse(project).get("tool", {})
    table = tools.get("conformance") if isinstance(tools, dict) else None
    if table is not None and not isinstance(table, dict):
        raise UsageError(f"{project}: tool.conformance is {type_name(table)}. Make it a table: {TABLE}.")
    return table


def _checked(table: Mapping[str, Any], shown: str) -> Mapping[str, Any]:
    known = [key(option) for option in OPTIONS]
    for name in table:
        if name not in known:
            raise UsageError(f"{shown} has a key {name}, which there is not. {hint(name, known, 'conformance --help')}")
    return table


def _parse(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as problem:
        raise UsageError(f"{path} cannot be read: {problem}.") from None
    except tomllib.TOMLDecodeError as problem:
        raise UsageError(f"{path} is no TOML: {problem}.") from None
