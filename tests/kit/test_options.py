"""What the kit is told: every option once, from the command line, the environment and a file, and judged alike."""

from __future__ import annotations

import pickle
import re
from pathlib import Path
from typing import Any

import pytest

from conformance.contract import clauses
from conformance.options import (
    OPTIONS,
    Settings,
    add_options,
    default,
    flag,
    help_text,
    is_switch,
    kind,
    variable,
)
from conformance.settings import FILE, UsageError, settings_from

TOKEN = "a-token-of-some-length"
NAMES = [option.name for option in OPTIONS]

# What can be said of each option: the texts of a flag, of a variable, the line of a file, and what they mean.
SAID: dict[str, tuple[list[str], str, str, Any]] = {
    "base_url": (["http://h:1/p/"], "http://h:1/p/", 'base-url = "http://h:1/p/"', "http://h:1/p"),
    "workspace_id": (["w"], "w", 'workspace-id = "w"', "w"),
    "header": (
        ["X-A: 1", "X-B: a=b; c, d"],
        "X-A: 1;;X-B: a=b; c, d",
        'header = { "X-A" = "1", X-B = "a=b; c, d" }',
        {"X-A": "1", "X-B": "a=b; c, d"},
    ),
    "api_token": ([TOKEN], TOKEN, f'api-token = "{TOKEN}"', TOKEN),
    "api_token_command": (["get | tr a b"], "get | tr a b", 'api-token-command = "get | tr a b"', "get | tr a b"),
    "api_second_token": ([TOKEN], TOKEN, f'api-second-token = "{TOKEN}"', TOKEN),
    "api_foreign_token": ([TOKEN], TOKEN, f'api-foreign-token = "{TOKEN}"', TOKEN),
    "foreign_workspace_id": (["w"], "w", 'foreign-workspace-id = "w"', "w"),
    "api_expired_token": ([TOKEN], TOKEN, f'api-expired-token = "{TOKEN}"', TOKEN),
    "model_name": (["m"], "m", 'model-name = "m"', "m"),
    "brand_voice_id": (["7"], "7", 'brand-voice-id = "7"', "7"),
    "target_audience_id": (["7"], "7", 'target-audience-id = "7"', "7"),
    "gate": (["should"], "should", 'gate = "should"', "should"),
    "clause": (["LCK-*", "pag-1"], "LCK-*, pag-1", 'clause = ["LCK-*", "pag-1"]', ("LCK-*", "PAG-1")),
    "skip_clause": (
        ["LCK-8=our proxy, old", "PAG-1 = a=b"],
        "LCK-8=our proxy, old\nPAG-1 = a=b",
        'skip-clause = { LCK-8 = "our proxy, old", "PAG-1" = "a=b" }',
        {"LCK-8": "our proxy, old", "PAG-1": "a=b"},
    ),
    "allow_unverified": (["AUT-3,AUT-4"], "AUT-3,AUT-4", 'allow-unverified = ["AUT-3", "AUT-4"]', {"AUT-3", "AUT-4"}),
    "known_failures": (["k.toml"], "k.toml", 'known-failures = "k.toml"', "k.toml"),
    "conformance_report": (["a.html", "b/c.JSON"], "a.html,b/c.JSON", 'conformance-report = ["a.html", "b/c.JSON"]', 2),
    "list_clauses": (["true"], "1", "list-clauses = true", True),
    "llm_budget": (["0"], "0", "llm-budget = 0", 0),
    "max_rps": (["2.5"], "2.5", "max-rps = 2.5", 2.5),
    "request_timeout_s": (["3"], "3", "request-timeout = 3", 3.0),
    "reply_timeout_s": (["90.5"], "90.5", "reply-timeout = 90.5", 90.5),
    "steering_probe": (["off"], "off", 'steering-probe = "off"', "off"),
    "seed": (["7"], "7", "seed = 7", 7),
}


def meaning(name: str, folder: Path) -> Any:
    """What `SAID` means, for paths of that folder."""
    if name == "known_failures":
        return folder / "k.toml"
    if name == "conformance_report":
        return (folder / "a.html", folder / "b" / "c.JSON")
    return SAID[name][3]


def problem(tmp_path: Path, flags: dict[str, list[str]] | None = None, file: str = "", **environ: str) -> str:
    """The sentence that says what is wrong."""
    if file:
        (tmp_path / FILE).write_text(file, "utf-8")
    with pytest.raises(UsageError) as raised:
        settings_from(flags or {}, environ, tmp_path)
    return str(raised.value)


def test_this_page_speaks_of_every_option() -> None:
    """A new option has a line above."""
    assert list(SAID) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_each_option_is_a_flag_a_variable_and_a_key(name: str, tmp_path: Path) -> None:
    """Whichever says it, the setting is the same, of the same type."""
    texts, variable_text, line, _ = SAID[name]
    (option,) = (option for option in OPTIONS if option.name == name)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / FILE).write_text(line, "utf-8")
    by_flag = settings_from({name: texts}, {}, tmp_path)
    by_variable = settings_from({}, {variable(option): variable_text}, tmp_path)
    by_key = settings_from({}, {}, tmp_path / "folder")
    assert getattr(by_flag, name) == meaning(name, tmp_path)
    assert by_variable == by_flag
    assert getattr(by_key, name) == meaning(name, tmp_path / "folder")
    assert type(getattr(by_key, name)) is type(getattr(by_flag, name))


@pytest.mark.parametrize("option", OPTIONS, ids=NAMES)
def test_each_option_says_what_it_is_for(option: Any) -> None:
    """With its variable, and its default where it has one."""
    assert re.match(r"[A-Z]", help_text(option))
    assert variable(option) in help_text(option)
    assert option.metadata["group"]
    assert is_switch(option) or option.metadata["metavar"]


def test_nothing_told_is_the_defaults(tmp_path: Path) -> None:
    """As they are made in Python; an empty variable says nothing."""
    empty = {variable(option): "" for option in OPTIONS}
    assert settings_from({}, empty, tmp_path) == Settings()
    assert Settings().described() == {}
    assert (Settings().base_url, Settings().workspace_id, Settings().chosen) == ("", "demo", frozenset(clauses()))


def test_a_flag_counts_before_a_variable_and_a_variable_before_the_file(tmp_path: Path) -> None:
    """Value by value, not as a whole."""
    (tmp_path / FILE).write_text('workspace-id = "file"\ngate = "should"\nseed = 3', "utf-8")
    environ = {"CONFORMANCE_WORKSPACE_ID": "variable", "CONFORMANCE_SEED": "4"}
    settings = settings_from({"seed": ["5"]}, environ, tmp_path)
    assert (settings.workspace_id, settings.gate, settings.seed) == ("variable", "should", 5)


def test_of_a_flag_that_cannot_be_repeated_the_last_counts(tmp_path: Path) -> None:
    """As everywhere."""
    assert settings_from({"seed": ["1", "2"]}, {}, tmp_path).seed == 2


# Files


def test_the_file_is_looked_for_here_and_then_in_the_root(tmp_path: Path) -> None:
    """Its own file or a table in `pyproject.toml`; paths in it are those of its folder."""
    here = tmp_path / "here"
    here.mkdir()
    (tmp_path / "pyproject.toml").write_text('[tool.conformance]\nknown-failures = "known.toml"', "utf-8")
    assert settings_from({}, {}, here).known_failures is None
    assert settings_from({}, {}, here, rootdir=tmp_path).known_failures == tmp_path / "known.toml"
    (here / "pyproject.toml").write_text("[tool.other]\nx = 1", "utf-8")
    assert settings_from({}, {}, here, rootdir=tmp_path).known_failures == tmp_path / "known.toml"
    (here / FILE).write_text("", "utf-8")
    assert settings_from({}, {}, here, rootdir=tmp_path).known_failures is None


def test_two_files_in_one_folder_are_refused(tmp_path: Path) -> None:
    """One of them would be ignored, silently."""
    (tmp_path / "pyproject.toml").write_text("[tool.conformance]\nseed = 1", "utf-8")
    assert problem(tmp_path, file="seed = 2").endswith("both have settings. Keep one of them.")


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("base_url = 'http://h'", "has a key base_url, which there is not. Did you mean base-url?"),
        ("zzz = 1", "has a key zzz, which there is not. conformance --help names those that there are."),
        ("seed = ", "is no TOML: Invalid value (at end of document)."),
        ("seed = '7'", "seed in {file}: it takes a whole number from 0 to 4294967295, not a string."),
        ("seed = 7.5", "seed in {file}: it takes a whole number from 0 to 4294967295, not a fraction."),
        ("seed = true", "seed in {file}: it takes a whole number from 0 to 4294967295, not true."),
        ("reply-timeout = nan", "reply-timeout in {file}: 'nan' is out of range. Give 0.1 to 3600."),
        ("list-clauses = 1", "list-clauses in {file}: it takes true or false, not a number."),
        ("gate = ['must']", 'gate in {file}: it takes "must" or "should", not an array.'),
        ("steering-probe = true", 'steering-probe in {file}: it takes "auto", "on" or "off", not true.'),
        ("workspace-id = 2027-01-01", "workspace-id in {file}: it takes a string, not a date or a time."),
        ("clause = 1", 'clause in {file}: it takes a string or an array of strings, such as ["..."], not a number.'),
        ("allow-unverified = [1]", 'it takes a string or an array of strings, such as ["..."], not an array.'),
        (
            "header = ['X-A: 1']",
            'header in {file}: it takes a table of strings, such as { "X-Env" = "ci" }, not an array.',
        ),
        ("header = { 'X:Y' = '1' }", "header in {file}: the name 'X:Y' must not have a ':' in it."),
        ("skip-clause = { LCK-8 = 1 }", "it takes a table of strings, such as"),
    ],
)
def test_what_is_wrong_in_a_file_is_said_with_its_key(file: str, said: str, tmp_path: Path) -> None:
    """And with what is right."""
    assert said.replace("{file}", str(tmp_path / FILE)) in problem(tmp_path, file=file)


def test_a_pyproject_is_judged_alike(tmp_path: Path) -> None:
    """Its own keys, and that the table is one."""
    project = tmp_path / "pyproject.toml"
    project.write_text("[tool.conformance]\nseeds = 1", "utf-8")
    assert f"[tool.conformance] of {project} has a key seeds" in problem(tmp_path)
    project.write_text("[tool]\nconformance = 1", "utf-8")
    assert "tool.conformance is a number. Make it a table" in problem(tmp_path)
    project.write_bytes(b"\xff")
    assert "cannot be read" in problem(tmp_path)


def test_all_unverified_can_be_allowed_in_a_word(tmp_path: Path) -> None:
    """In every source; the value has the ids."""
    (tmp_path / FILE).write_text('allow-unverified = "all"', "utf-8")
    assert settings_from({}, {}, tmp_path).allow_unverified == set(clauses())
    assert settings_from({"allow_unverified": ["AUT-*"]}, {}, tmp_path).allow_unverified == {
        clause for clause in clauses() if clause.startswith("AUT-")
    }


def test_a_list_of_one_can_be_written_as_that_one(tmp_path: Path) -> None:
    """Who writes a single clause thinks of no array."""
    (tmp_path / FILE).write_text('clause = "CRE-*"\nconformance-report = "a,b.html"', "utf-8")
    settings = settings_from({}, {}, tmp_path)
    assert settings.clause == ("CRE-*",)
    assert settings.conformance_report == (tmp_path / "a,b.html",)


# Environment


def test_a_misspelt_variable_is_refused(tmp_path: Path) -> None:
    """It would do nothing, silently. What Kubernetes says of a service of this name is no option."""
    assert problem(tmp_path, CONFORMANCE_TOKEN="x") == (
        "There is no environment variable CONFORMANCE_TOKEN. Did you mean CONFORMANCE_API_TOKEN?"
    )
    assert "--help" in problem(tmp_path, CONFORMANCE_="x")
    settings_from({}, {"CONFORMANCE_SERVICE_HOST": "h", "CONFORMANCE_PORT": "tcp://h", "CONFORM": "1"}, tmp_path)


def test_a_variable_is_named_when_its_value_is_wrong(tmp_path: Path) -> None:
    """Not the flag, which was not given."""
    said = "CONFORMANCE_GATE: 'may' is none of its values. Give must or should."
    assert problem(tmp_path, CONFORMANCE_GATE="may") == said


# Values


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("base_url", "127.0.0.1:80", "127.0.0.1:80 is no URL that begins with .* Did you mean http://127.0.0.1:80\\?"),
        ("base_url", "ftp://h", "ftp://h is no URL that begins with http:// or https:// and a host\\.$"),
        ("base_url", "http://", "and a host"),
        ("base_url", "http://h:port", "http://h:port is no URL"),
        ("base_url", "http://h:99999", "is no URL"),
        ("base_url", "http://[h", "is no URL"),
        ("base_url", "http://h/a b", "characters that no URL has"),
        ("base_url", "http://h/?", "a query or a fragment"),
        ("base_url", "http://h/#x", "a query or a fragment"),
        ("workspace_id", " ", "it is empty"),
        ("gate", "shuld", "none of its values. Give must or should"),
        ("steering_probe", "yes", "Give auto, on or off"),
        ("list_clauses", "maybe", "'maybe' is neither true nor false"),
        ("seed", "-1", "'-1' is out of range. Give a whole number from 0 to"),
        ("seed", "1.5", "'1.5' is no number. Give a whole number"),
        ("seed", "9" * 5000, r"^--seed: '9{60}\.\.\.' is no number"),
        ("llm_budget", "many", "'many' is no number"),
        ("max_rps", "0", "out of range"),
        ("max_rps", "inf", "out of range"),
        ("reply_timeout_s", "nan", "out of range"),
        ("request_timeout_s", "0", "Give 0.1 to 3600"),
        ("clause", "LKC-1", "there is no clause LKC-1. Did you mean LCK-1"),
        ("clause", "LKC-*", "no clause matches LKC-"),
        ("clause", "Q", "there is no clause Q. --list-clauses names those that there are"),
        ("clause", "", "there is no clause"),
        ("allow_unverified", "LCK-1,,LCK-2", "there is no clause"),
        ("skip_clause", "LCK-8", "'LCK-8' has no reason. Write one after a =, such as LCK-8=our proxy"),
        ("skip_clause", "LCK-8= ", "has no reason"),
        ("skip_clause", "LCK-99=x", "there is no clause LCK-99"),
        ("conformance_report", "r.pdf", r"r.pdf has no ending of a report. Use .html, .json, .md or .xml\.$"),
        ("conformance_report", "report", "has no ending"),
        ("conformance_report", "", "it is empty"),
        ("known_failures", "", "it is empty. Name a file"),
        ("known_failures", "~nobody-of-this-name/k.toml", "the home of somebody unknown"),
        ("header", "X-Env", "a header has no colon"),
        ("header", "X Env: ci", "'X Env' is no name of a header"),
        ("header", "X-Env: a\r\nX: b", "the value of X-Env is empty or has characters"),
        ("header", "X-Env: \u00fc", "has characters that no header can carry"),
        ("header", "X-Env:", "is empty"),
        ("header", "authorization: x", "Give the token with --api-token or CONFORMANCE_API_TOKEN"),
        ("header", "Content-Type: x", "Content-Type is the kit's own"),
        ("api_token", "two words", "characters that no HTTP header can carry"),
        ("api_token", "Bearer x", "without 'Bearer' before it"),
        ("api_token", "t\x00", "characters"),
    ],
)
def test_a_bad_value_is_named_with_its_flag(name: str, text: str, said: str, tmp_path: Path) -> None:
    """In one sentence or two, in one line."""
    (option,) = (option for option in OPTIONS if option.name == name)
    told = problem(tmp_path, {name: [text]})
    assert told.startswith(f"{flag(option)}: ")
    assert re.search(said, told), told
    assert "\n" not in told


def test_a_password_in_the_url_is_refused_and_not_repeated(tmp_path: Path) -> None:
    """Logs would show it with every call."""
    for url in ("http://me:s3cret@h", "http://me:s3cret@h:port", "ftp://me:s3cret@h"):
        told = problem(tmp_path, {"base_url": [url]})
        assert "s3cret" not in told
    assert "user name or a password" in problem(tmp_path, {"base_url": ["https://me@h/p"]})


def test_a_header_is_given_once(tmp_path: Path) -> None:
    """Names have no case."""
    assert "given twice" in problem(tmp_path, {"header": ["X-A: 1", "x-a: 2"]})


def test_an_id_overrules_a_pattern_where_clauses_are_skipped(tmp_path: Path) -> None:
    """In whatever order they stand."""
    reasons = settings_from({"skip_clause": ["LCK-8=mine", "LCK-*=all of them"]}, {}, tmp_path).skip_clause
    assert (reasons["LCK-8"], reasons["LCK-1"]) == ("mine", "all of them")
    assert set(reasons) == {clause for clause in clauses() if clause.startswith("LCK-")}


def test_the_chosen_clauses_are_those_that_match(tmp_path: Path) -> None:
    """Ids and patterns together."""
    chosen = settings_from({"clause": ["CAN-?", "MOD-1", "CAN-1"]}, {}, tmp_path).chosen
    assert chosen == {"CAN-1", "CAN-2", "CAN-3", "CAN-4", "CAN-5", "MOD-1"}


# Tokens


def test_an_empty_token_is_as_not_given(tmp_path: Path) -> None:
    """A pipeline that lacks a secret here passes it empty."""
    settings = settings_from({"api_token": [""]}, {"CONFORMANCE_API_TOKEN": " t ", "CONFORMANCE_GATE": ""}, tmp_path)
    assert (settings.api_token, settings.gate) == ("t", "must")
    (tmp_path / FILE).write_text('api-token = ""', "utf-8")
    assert settings_from({"base_url": [""]}, {}, tmp_path) == Settings()


def test_a_token_and_a_command_for_it_exclude_each_other(tmp_path: Path) -> None:
    """In one place they are refused; in two, the one that counts more is meant."""
    told = problem(tmp_path, CONFORMANCE_API_TOKEN="t", CONFORMANCE_API_TOKEN_COMMAND="c")
    assert told.startswith("CONFORMANCE_API_TOKEN and CONFORMANCE_API_TOKEN_COMMAND both say where the token")
    (tmp_path / FILE).write_text('api-token-command = "c"', "utf-8")
    settings = settings_from({}, {"CONFORMANCE_API_TOKEN": "t"}, tmp_path)
    assert (settings.api_token, settings.api_token_command) == ("t", None)
    settings = settings_from({"api_token_command": ["d"]}, {"CONFORMANCE_API_TOKEN": "t"}, tmp_path)
    assert (settings.api_token, settings.api_token_command) == (None, "d")


def test_one_token_is_not_two_callers(tmp_path: Path) -> None:
    """A correct backend would show each of them the other's conversations."""
    told = problem(tmp_path, {"api_token": [TOKEN], "api_second_token": [TOKEN]})
    assert told.startswith("--api-second-token is the same token as --api-token.")
    assert TOKEN not in told
    assert "which is the workspace itself" in problem(tmp_path, {"foreign_workspace_id": ["demo"]})


def test_no_secret_is_shown(tmp_path: Path) -> None:
    """Neither by `repr` nor in a report; what was given is told."""
    secrets = [f"secret-number-{number}" for number in range(5)]
    flags = {
        "api_token_command": [f"echo {secrets[0]}"],
        "api_second_token": [secrets[1]],
        "api_foreign_token": [secrets[2]],
        "api_expired_token": [secrets[3]],
        "header": [f"X-Key: {secrets[4]}"],
        "seed": ["3"],
        "reply_timeout_s": ["90"],
        "skip_clause": ["LCK-8=our proxy"],
        "allow_unverified": ["all"],
        "conformance_report": ["r.html"],
    }
    settings = settings_from(flags, {}, tmp_path)
    assert settings.described() == {
        "--header": "X-Key: ...",
        "--api-token-command": "given",
        "--api-second-token": "given",
        "--api-foreign-token": "given",
        "--api-expired-token": "given",
        "--skip-clause": "LCK-8 (our proxy)",
        "--allow-unverified": "all",
        "--conformance-report": str(tmp_path / "r.html"),
        "--reply-timeout": "90",
        "--seed": "3",
    }
    assert not [secret for secret in secrets if secret in repr(settings)]
    assert pickle.loads(pickle.dumps(settings)) == settings  # noqa: S301 - our own


# Under pytest

PLUGIN = """
import os
import pytest
from conformance.options import add_options
from conformance.settings import read_settings

@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(parser):
    yield
    add_options(parser.getgroup("kit"))

@pytest.fixture
def settings(pytestconfig):
    return read_settings(pytestconfig, os.environ, pytestconfig.invocation_params.dir)
"""

TEST = """
import json
from pathlib import Path

def test_it(settings):
    shown = settings.described() | {"token": settings.api_token}
    Path(%r).write_text(json.dumps(shown))
"""

OTHER_PLUGINS = ("conformance", "schemathesis", "faker", "hypothesispytest", "mockserver", "cacheprovider")


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of whoever runs these tests."""
    for name in ("PYTEST_BASE_URL", *(variable(option) for option in OPTIONS)):
        monkeypatch.delenv(name, raising=False)


def run(pytester: pytest.Pytester, *options: str) -> str:
    """A run of its own of a test that writes down its settings; what it wrote."""
    wrote = pytester.path / "settings.json"
    pytester.makepyfile(kit_under_test=PLUGIN, test_it=TEST % str(wrote))
    pytester.syspathinsert()
    without = [f"-pno:{plugin}" for plugin in OTHER_PLUGINS]
    result = pytester.runpytest_subprocess("-pkit_under_test", *without, *options, timeout=30)
    result.assert_outcomes(passed=1)
    return wrote.read_text("utf-8")


def test_a_pytest_run_is_told_as_the_command_is(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also its workers, to whom pytest-base-url says nothing of its ini key."""
    pytester.makeini("[pytest]\nbase_url = http://ini/")
    pytester.path.joinpath(FILE).write_text("seed = 5", "utf-8")
    monkeypatch.setenv("CONFORMANCE_API_TOKEN", TOKEN)
    options = ["--header=X-A: 1", "--header=X-B: 2", "--list-clauses", "--known-failures=k.toml", "--gate=should"]
    alone = run(pytester, *options)
    for text in (TOKEN, "http://ini", "X-A: ..., X-B: ...", str(pytester.path / "k.toml"), '"--seed": "5"'):
        assert text in alone
    assert run(pytester, *options, "-n1") == alone


def test_a_flag_that_another_plugin_has_is_left_to_it(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever was first, and with what is given to it; the variable is left to us."""
    adds = """
        def pytest_addoption(parser):
            parser.%s("--%s", type=int, default=9)
        """
    pytester.makepyfile(somebody=adds % ("addoption", "seed"))
    pytester.makeconftest(adds % ("getgroup('other').addoption", "gate"))
    monkeypatch.setenv("CONFORMANCE_SEED", "4")
    wrote = run(pytester, "-psomebody", "--seed=1", "--gate=1")
    assert '"--seed": "4"' in wrote
    assert "--gate" not in wrote


def test_bad_values_end_no_run_that_is_none_of_the_kits(pytester: pytest.Pytester) -> None:
    """They are judged when the settings are read, not when pytest parses its arguments."""
    pytester.makepyfile(kit_under_test=PLUGIN, test_mine="def test_mine(): pass")
    pytester.syspathinsert()
    without = [f"-pno:{plugin}" for plugin in OTHER_PLUGINS]
    result = pytester.runpytest_subprocess("-pkit_under_test", *without, "--seed=soon", "--gate=x", timeout=30)
    result.assert_outcomes(passed=1)


def test_the_flags_are_pytests_as_texts() -> None:
    """`--base-url` belongs to pytest-base-url."""
    seen: dict[str, dict[str, Any]] = {}

    class Group:
        def addoption(self, *opts: str, **attrs: Any) -> None:
            seen[opts[0]] = attrs

    add_options(Group())
    assert list(seen) == [flag(option) for option in OPTIONS if option.name != "base_url"]
    assert not [attrs for attrs in seen.values() if {"type", "choices"} & set(attrs) or attrs["default"] is not None]
    assert [default(option) for option in OPTIONS if kind(option).many] == [{}, (), {}, frozenset(), ()]
