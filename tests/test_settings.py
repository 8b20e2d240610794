"""Every option once: its environment variable, its range, its place in the help."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
from click.testing import CliRunner

from mockserver.cli import check_environment, environment_name, main
from mockserver.pacing import INSTANT, Pace
from mockserver.settings import SettingError, Settings

HELP = CliRunner().invoke(main, ["--help"], env={}).output


@pytest.mark.parametrize("setting", fields(Settings), ids=lambda setting: setting.name)
def test_each_setting_is_an_option_with_a_heading_and_a_help_text(setting: Any) -> None:
    """Nothing can be set that the help does not explain."""
    assert f"--{setting.name.replace('_', '-')}" in HELP
    assert f"{setting.metadata['group']}:" in HELP
    assert setting.metadata["help"].endswith((".", "..."))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", 70_000),
        ("tokens_per_second", 0),
        ("jitter", 1.5),
        ("speed", "ludicrous"),
        ("auth", "none"),
        ("demo_conversations", -1),
        ("log_level", "loud"),
        ("jwt_secret", "short"),
        ("first_token_ms", "soon"),
        ("first_token_ms", 10**400),
        ("jitter", float("nan")),
        ("tokens_per_second", float("inf")),
        ("tokens_per_second", 1e-320),
        ("keep_alive_s", float("nan")),
        ("keep_alive_s", 1e-9),
        ("cors_origin", ("nonsense",)),
        ("cors_origin", ("http://a.example/",)),
        ("cors_origin", ("http://A.example",)),
    ],
)
def test_a_bad_value_is_named(name: str, value: Any) -> None:
    """In Python as on the command line."""
    with pytest.raises(SettingError, match=f"^{name}: "):
        Settings(**{name: value})


def test_the_pace_follows_from_the_settings() -> None:
    """Milliseconds and rates as options, seconds inside."""
    assert Settings().pace == Pace(0.3, 40.0, 0.5)
    assert Settings(speed="instant").pace == INSTANT


def test_environment_variables_are_known_by_name() -> None:
    """A misspelt one would do nothing, silently."""
    check_environment({environment_name(setting): "1" for setting in fields(Settings)} | {"HOME": "/", "MOCK": "1"})
    with pytest.raises(SettingError, match=r"MOCKSERVER_PROT\. Did you mean MOCKSERVER_PORT\?"):
        check_environment({"MOCKSERVER_PROT": "9"})


def test_what_kubernetes_says_is_no_option() -> None:
    """Of a service that is called mockserver it tells every container."""
    check_environment({"MOCKSERVER_SERVICE_HOST": "10.0.0.1", "MOCKSERVER_PORT_8080_TCP": "tcp://10.0.0.1:8080"})


def test_an_environment_variable_sets_its_option() -> None:
    """And a flag overrides it."""
    seen: list[Settings] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mockserver.cli._serve", seen.append)
        environment = {"MOCKSERVER_SEED": "7", "MOCKSERVER_EMPTY": "1", "MOCKSERVER_CORS_ORIGIN": "http://a http://b"}
        result = CliRunner().invoke(main, ["--port", "0"], env=environment)
        assert result.exit_code == 0, result.output
        CliRunner().invoke(main, ["--seed", "8"], env=environment)
    assert (seen[0].seed, seen[0].empty, seen[0].port, seen[0].cors_origin) == (7, True, 0, ("http://a", "http://b"))
    assert seen[1].seed == 8
