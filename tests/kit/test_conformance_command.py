"""The command `conformance`: its options, what it tells pytest, and that nothing in a user's folder bends a verdict."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from click.testing import CliRunner

from conformance import command
from conformance.command import Call, exit_code, main, pytest_arguments, set_apart
from conformance.options import OPTIONS, flag, variable

ENVIRONMENT = {
    name: value for name, value in os.environ.items() if not name.startswith(("CONFORMANCE_", "PYTEST_", "PYTHON"))
}
HELP = CliRunner(env={"COLUMNS": "120"}).invoke(command._parse, ["--help"]).output


def conformance(*arguments: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command as a user meets it, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "conformance", *arguments],
        cwd=folder,
        env=ENVIRONMENT | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of whoever runs these tests, in a folder of its own."""
    for option in OPTIONS:
        monkeypatch.delenv(variable(option), raising=False)
    monkeypatch.chdir(tmp_path)


# What it says


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_the_help_tells_every_option_with_its_variable(option: object) -> None:
    """Under its heading."""
    (found,) = (known for known in OPTIONS if known is option)
    assert re.search(rf"^  {flag(found)}\b", HELP, re.MULTILINE)
    assert variable(found) in HELP
    assert f"\n{found.metadata['group']}:\n" in HELP


def test_the_help_is_the_kits_own() -> None:
    """Defaults, examples, exit codes; nothing of pytest's many options."""
    for text in ("default demo", "Examples:", "--llm-budget 15", "Exit codes:", "4  Nothing there to judge", "-n, "):
        assert text in HELP
    assert "--maxfail" not in HELP


def test_it_answers_without_a_backend(tmp_path: Path) -> None:
    """Its version and its help."""
    version = conformance("--version", folder=tmp_path)
    assert (version.returncode, version.stderr) == (0, "")
    assert re.fullmatch(r"conformance, version \d\S+\n", version.stdout)
    helped = conformance("-h", folder=tmp_path)
    assert (helped.returncode, helped.stderr) == (0, "")
    assert helped.stdout.startswith("Usage: conformance [OPTIONS] [URL]\n")


def test_the_list_of_clauses_is_the_list_alone(tmp_path: Path) -> None:
    """From its first line to its last: nothing of pytest's stands around it, whoever asks for it."""
    listed = conformance("--list-clauses", folder=tmp_path)
    assert (listed.returncode, listed.stderr) == (0, "")
    first, *_, last, end = listed.stdout.split("\n")
    assert first.startswith("CRE-1   must    ")
    assert re.fullmatch(r" {16}test_model.py::\w+  \[replies: \d+\]", last)
    assert end == ""
    assert conformance(folder=tmp_path, CONFORMANCE_LIST_CLAUSES="1").stdout.startswith("CRE-1   must    ")


def test_the_address_may_be_in_the_variable_of_pytest_base_url(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Which the plugin of that name reads."""
    monkeypatch.setenv("PYTEST_BASE_URL", "http://h")
    monkeypatch.setattr(command, "_judge", lambda arguments: 0)
    monkeypatch.setattr(command, "set_apart", lambda environ: None)
    assert main([]) == 0


def test_an_unknown_option_is_said_in_one_sentence(tmp_path: Path) -> None:
    """With the one that was meant."""
    result = conformance("--bas-url", "http://h", folder=tmp_path)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == (
        "conformance: No such option '--bas-url'. Did you mean '--base-url'? See conformance --help.\n"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--gate"], "Option '--gate' requires an argument"),
        (["http://h", "other"], "unexpected extra argument (other)"),
        (["http://h", "--base-url", "http://i"], "given twice, as http://h and with --base-url"),
        ([], "There is no backend to judge: say where it is, as in conformance http://127.0.0.1:8080."),
        (["http://h", "--model-name", ""], "--model-name: it is empty."),
        (["http://h", "-n", "x"], "-n: 'x' is no number of processes. Give one, or auto."),
        (["h:80"], "--base-url: h:80 is no URL that begins with http://"),
        (["--clause", "LKC-1"], "--clause: there is no clause LKC-1. Did you mean LCK-1"),
        (["-k", "lock"], "No such option '-k'"),
    ],
)
def test_wrong_use_is_said_in_one_line(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With exit code 2, before pytest is started."""
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("conformance: ")
    assert said in err
    assert err.count("\n") == 1


def test_without_xdist_it_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is no part of what the kit needs."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert main(["http://h", "-n2"]) == 2
    assert "pip install pytest-xdist" in capsys.readouterr().err


# What it tells pytest


def told(*arguments: str) -> list[str]:
    """What pytest is told when these are typed."""
    call = command._parse.main(list(arguments), standalone_mode=False)
    assert isinstance(call, Call)
    return pytest_arguments(call, Path.cwd())


def test_the_options_go_on_to_the_plugin() -> None:
    """Each in one piece, in any order and as often as it stands there."""
    arguments = told("--header", "-X: 1", "--header=Y: a b", "--list-clauses", "http://h/p", "--seed", "-1")
    assert [text for text in arguments if text.startswith("--header")] == ["--header=-X: 1", "--header=Y: a b"]
    assert {"--base-url=http://h/p", "--list-clauses", "--seed=-1"} <= set(arguments)


def test_pytest_has_the_kits_settings_and_plugins_alone() -> None:
    """Its own ini, no cache, no plugin that happens to be installed; the suite, where it lies."""
    arguments = told()
    plugins = [arguments[place + 1] for place, text in enumerate(arguments) if text == "-p"]
    assert plugins == ["conformance.plugin", "pytest_base_url.plugin", "pytest_timeout", "no:cacheprovider"]
    assert "--disable-plugin-autoload" in arguments
    ini = Path(command.__file__).parent / "run.ini"
    assert ini.is_file()
    assert f"--config-file={ini}" in arguments
    assert str(Path(command.__file__).parent / "suite") in arguments
    assert "conftest.py" not in arguments


def test_the_conftest_of_the_folder_is_named_where_there_is_one(tmp_path: Path) -> None:
    """It carries the hooks of a backend."""
    (tmp_path / "conftest.py").touch()
    assert told()[-3:] == [f"--confcutdir={tmp_path}", "conftest.py", "--ignore=conftest.py"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["-n2"], {"--numprocesses=2", "--dist=loadgroup", "xdist.plugin", "--no-header"}),
        (["-n", "auto"], {"--numprocesses=auto"}),
        (["-v"], {"-v"}),
        (["-qq"], {"-q", "--no-header"}),
    ],
)
def test_its_own_options_are_pytests(arguments: list[str], expected: set[str]) -> None:
    """And xdist is a plugin only where it is asked for."""
    assert expected <= set(told(*arguments))
    assert not {"xdist.plugin", "-v", "-q"} & set(told("-n0", "-vq"))


def test_variables_of_pytest_and_python_are_taken_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the kit stay, and those that only say where and how it looks."""
    monkeypatch.setattr(sys, "warnoptions", ["error"])
    bending = dict.fromkeys(("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_TIMEOUT", "PYTHONWARNINGS"), "x")
    stays = dict.fromkeys(("PYTEST_BASE_URL", "PYTEST_THEME", "CONFORMANCE_GATE", "PATH"), "x")
    environ = bending | stays
    with warnings.catch_warnings():
        set_apart(environ)
        assert warnings.filters == []
    assert environ == stays
    assert sys.warnoptions == []


# How it ends


@pytest.mark.parametrize("verdict", range(6))
def test_the_exit_code_is_the_plugins_verdict(verdict: int) -> None:
    """Whatever pytest returns after it."""
    assert exit_code(pytest.ExitCode(verdict), verdict) == verdict
    assert exit_code(pytest.ExitCode.USAGE_ERROR, verdict) == verdict
    assert exit_code(42, 42) == 5


def test_pytests_own_codes_are_translated() -> None:
    """They are numbers of other things; none of them is green, but for a question that was answered."""
    codes = pytest.ExitCode
    assert {code.name: exit_code(code, None) for code in codes} == {
        "OK": 0,  # --list-clauses
        "TESTS_FAILED": 5,
        "INTERRUPTED": 2,
        "INTERNAL_ERROR": 5,
        "USAGE_ERROR": 2,
        "NO_TESTS_COLLECTED": 5,
        "MAX_WARNINGS_ERROR": 5,
    }
    assert {code.name: exit_code(code, code) for code in codes} == {
        "OK": 5,
        "TESTS_FAILED": 5,
        "INTERRUPTED": 3,
        "INTERNAL_ERROR": 5,
        "USAGE_ERROR": 2,
        "NO_TESTS_COLLECTED": 3,
        "MAX_WARNINGS_ERROR": 5,
    }


# In a hostile folder: the same command, with a suite and a plugin of the test's own in place of the kit's.

STAND_IN = """
import sys
from pathlib import Path
import conformance.command as command

command._SUITE = Path({suite!r})
command._PLUGINS = ("stand_in", *command._PLUGINS[1:])
command.run()
"""

PLUGIN = """
import os
import pytest
from conformance.options import add_options
from conformance.settings import read_settings

class Hooks:
    @pytest.hookspec(firstresult=True)
    def pytest_conformance_word(self):
        ...

def pytest_addhooks(pluginmanager):
    pluginmanager.add_hookspecs(Hooks)

@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(parser):
    yield
    add_options(parser.getgroup("kit"))

@pytest.fixture
def settings(pytestconfig):
    return read_settings(pytestconfig, os.environ, pytestconfig.invocation_params.dir)

@pytest.fixture
def word(pytestconfig):
    return pytestconfig.hook.pytest_conformance_word()

@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    if not hasattr(session.config, "workerinput") and os.environ.get("VERDICT"):
        session.exitstatus = int(os.environ["VERDICT"])
"""

SUITE = """
import os
import warnings
from pathlib import Path

def test_what_it_is_told(settings, word, request):
    warnings.warn("old", DeprecationWarning)
    lines = [settings.base_url, settings.known_failures, os.getcwd(), word, request.fixturenames, request.node.nodeid]
    Path(os.environ["WROTE"]).write_text("\\n".join(map(str, lines)))

def test_other():
    pass
"""

HOSTILE = {
    "pytest.ini": "[pytest]\naddopts = --bogus -W error\npython_files = nothing\nbase_url = http://ini\n",
    "setup.cfg": "[tool:pytest]\naddopts = --bogus\n",
    "tox.ini": "[pytest]\naddopts = --bogus\n",
    "tests/conftest.py": "raise RuntimeError('none of the kit\\'s business')\n",
    "tests/test_mine.py": "def test_mine():\n    assert False\n",
    "conftest.py": "def pytest_conformance_word():\n    return 'from the folder'\n",
}


class Folder:
    """A user's folder, and beside it a suite that stands in for the kit's."""

    def __init__(self, path: Path) -> None:
        self.path = path / "a [user]'s folder"
        self.wrote = path / "wrote"
        self.stand_in = path / "stand_in"
        for name, text in {"stand_in.py": PLUGIN, "conformance/suite/test_stand_in.py": SUITE}.items():
            self._write(self.stand_in / name, text)
        for name, text in HOSTILE.items():
            self._write(self.path / name, text)

    @staticmethod
    def _write(path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    def judge(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run the command in it."""
        program = STAND_IN.format(suite=str(self.stand_in / "conformance" / "suite"))
        root = Path(command.__file__).parents[1]
        return subprocess.run(
            [sys.executable, "-W", "error", "-c", program, *arguments],
            cwd=self.path,
            env=ENVIRONMENT
            | {"PYTHONPATH": f"{self.stand_in}{os.pathsep}{root}", "WROTE": str(self.wrote), "VERDICT": "0"}
            | environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """With everything in it that would change a pytest run."""
    return Folder(tmp_path)


@pytest.mark.parametrize("processes", ["-n0", "-n2"])
def test_nothing_in_the_folder_bends_the_verdict(folder: Folder, processes: str) -> None:
    """Neither ini files, nor variables, nor other tests and their conftest; the folder's own conftest is taken."""
    result = folder.judge(
        "http://h/prefix",
        "--known-failures=known.toml",
        processes,
        PYTEST_ADDOPTS="--bogus",
        PYTEST_PLUGINS="no_such_plugin",
        PYTEST_TIMEOUT="0.001",
        PYTHONWARNINGS="error",
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert "2 passed" in result.stdout
    url, known, cwd, word, fixtures, node = folder.wrote.read_text("utf-8").splitlines()
    assert (url, known, cwd) == ("http://h/prefix", str(folder.path / "known.toml"), str(folder.path))
    assert word == "from the folder"
    assert "settings" in fixtures
    assert node == "conformance/suite/test_stand_in.py::test_what_it_is_told"


def test_the_folder_may_be_empty(folder: Folder) -> None:
    """Without a conftest of its own those below it are still none of the kit's."""
    (folder.path / "conftest.py").unlink()
    result = folder.judge("http://h")
    assert (result.returncode, result.stderr) == (0, "")
    assert "None" in folder.wrote.read_text("utf-8").splitlines()


def test_the_kit_may_lie_below_the_folder(folder: Folder) -> None:
    """As in a `.venv` of the project: its conftest is taken all the same."""
    below = folder.path / ".venv" / "stand_in"
    below.parent.mkdir()
    folder.stand_in.rename(below)
    folder.stand_in = below
    assert folder.judge("http://h").returncode == 0
    assert "from the folder" in folder.wrote.read_text("utf-8").splitlines()


@pytest.mark.parametrize(("verdict", "code"), [("4", 4), ("1", 1), ("", 5)])
def test_the_verdict_is_the_exit_code(folder: Folder, verdict: str, code: int) -> None:
    """A session that ends without one is a fault, be it as green as it may."""
    result = folder.judge("http://h", VERDICT=verdict)
    assert result.returncode == code
    assert ("pytest ended (OK) without a verdict: a fault of the kit." in result.stderr) == (code == 5)


def in_folder(folder: Path, conftest: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The real command, beside this conftest. Nothing listens where it is sent."""
    (folder / "conftest.py").write_text(conftest, "utf-8")
    return conformance("http://127.0.0.1:9", "--api-token", "some-token", *arguments, folder=folder)


def test_an_unknown_hook_is_wrong_use(tmp_path: Path) -> None:
    """It would never be asked. With the one that was meant, and no traceback."""
    result = in_folder(tmp_path, "def pytest_conformance_tokn(caller):\n    return 'x'\n")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.strip() == (
        f"ERROR: There is no hook pytest_conformance_tokn, which {tmp_path / 'conftest.py'} has. "
        "Did you mean pytest_conformance_token?"
    )


def test_a_hook_that_wants_what_it_is_not_given_is_wrong_use(tmp_path: Path) -> None:
    """Pytest says which argument it is."""
    result = in_folder(tmp_path, "def pytest_conformance_token(who):\n    return 'x'\n")
    assert result.returncode == 2
    assert re.fullmatch(r"conformance: Plugin .*pytest_conformance_token.*'who'.*\.\n", result.stderr)


@pytest.mark.parametrize("processes", ["-n0", "-n2"])
def test_a_hook_that_answers_with_another_type_is_wrong_use(tmp_path: Path, processes: str) -> None:
    """Said before anything is sent, where it is asked by then."""
    (tmp_path / "conftest.py").write_text("def pytest_conformance_token(caller):\n    return 7\n", "utf-8")
    result = conformance("http://127.0.0.1:9", processes, folder=tmp_path)
    assert result.returncode == 2
    assert "The hook pytest_conformance_token answers with int. Let it answer with a text" in result.stdout
    assert "Traceback" not in result.stdout + result.stderr


@pytest.mark.parametrize(
    ("hook", "said"),
    [
        ("pytest_collection(session)", "pytest ended (INTERNAL_ERROR) without a verdict: a fault of the kit."),
        ("pytest_runtestloop(session)", "no verdict: a fault of the kit: pytest ended with an error of its own"),
        ("pytest_sessionfinish(session)", "this is a fault of the kit, and says nothing of the backend."),
    ],
)
def test_an_internal_error_of_pytest_is_a_fault(tmp_path: Path, hook: str, said: str) -> None:
    """Before the tests, among them and after them: no verdict, and what it was is shown."""
    result = in_folder(tmp_path, f'def {hook}:\n    raise RuntimeError("somebody\'s slip")\n')
    shown = result.stdout + result.stderr
    assert result.returncode == 5
    assert said in shown
    assert "somebody's slip" in shown


def test_an_end_by_hand_is_no_verdict(tmp_path: Path) -> None:
    """As by Ctrl-C: neither green nor red."""
    result = in_folder(tmp_path, "def pytest_runtestloop():\n    raise KeyboardInterrupt\n")
    assert result.returncode == 3
    assert "no verdict: the run was interrupted" in result.stdout


def test_a_conftest_that_cannot_be_imported_is_wrong_use(folder: Folder) -> None:
    """It is shown where it fails."""
    (folder.path / "conftest.py").write_text("import no_such_module", "utf-8")
    result = folder.judge("http://h")
    assert result.returncode == 2
    assert "no_such_module" in result.stderr
