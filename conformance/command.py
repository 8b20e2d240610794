"""The command `conformance`: the suite under pytest, with settings of its own that none of a user's can bend.

It takes the options of the plugin and says in one sentence what is wrong with them, with exit code 2. Of what lies in
the current folder it takes `conftest.py`, which carries the hooks of a backend, and the kit's own file of settings.
"""

from __future__ import annotations

import importlib.util
import os
import re
import sys
import traceback
import warnings
from collections import defaultdict
from collections.abc import Generator, Mapping, MutableMapping, Sequence
from contextlib import suppress
from dataclasses import Field, dataclass
from pathlib import Path
from typing import Any

import click

from conformance.options import OPTIONS, flag, help_text, is_switch, kind
from conformance.settings import FILE, TABLE, UsageError, settings_from

_INI = Path(__file__).parent / "run.ini"
_SUITE = Path(__file__).parent / "suite"
_CONFTEST = "conftest.py"

_PLUGINS = ("conformance.plugin", "pytest_base_url.plugin", "pytest_timeout")
_XDIST = "xdist.plugin"

_KEPT_OF_PYTEST = {
    "PYTEST_BASE_URL",
    "PYTEST_DEBUG_TEMPROOT",
    "PYTEST_THEME",
    "PYTEST_THEME_MODE",
    "PYTEST_XDIST_AUTO_NUM_WORKERS",
}
"""The variables of pytest and its plugins that change where the run goes or how it looks, but not what it finds."""

_BENDING = {"PYTHONWARNINGS", "SCHEMATHESIS_HOOKS", "VERIFY_BASE_URL"}

WRONG_USE, INCOMPLETE, FAULT = 2, 3, 5

_EXIT_CODES = [
    ("0", "It conforms."),
    ("1", "It does not conform."),
    ("2", "Wrong use: a sentence says what is wrong."),
    ("3", "No verdict: a clause that counts could not be verified."),
    ("4", "Nothing there to judge: unreachable, wrong credentials, another API."),
    ("5", "A fault of the kit."),
]

_EXAMPLES = [
    "CONFORMANCE_API_TOKEN=demo@demo conformance http://127.0.0.1:8080",
    "conformance https://staging.example.com/chat --llm-budget 15 --conformance-report report.html",
    "conformance http://127.0.0.1:8080 --clause 'LCK-*' --gate should",
    "conformance --list-clauses",
]


@dataclass(frozen=True)
class Call:
    """What the command was told."""

    flags: Mapping[str, Sequence[str]]
    """The texts of each option that was given, by the name of its setting."""
    processes: str | None = None
    verbosity: int = 0


class _Help(click.Command):
    """A command whose options stand under headings, with examples and exit codes after them."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Click's, once per heading."""
        groups: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None and isinstance(parameter, click.Option):
                groups[getattr(parameter, "group", "This command")].append(record)
        for title, records in groups.items():
            with formatter.section(title):
                formatter.write_dl(records)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The examples as they are typed, and the exit codes."""
        with formatter.section("Settings in files and variables"):
            formatter.write_text(
                f"Each option is also a key in {FILE}, or under {TABLE} in pyproject.toml, and the variable in its "
                "brackets. A variable holds several values between commas, and several headers or reasons on lines "
                "of their own or between ;;. An option counts before a variable, a variable before a file."
            )
        with formatter.section("Examples"):
            for line in _EXAMPLES:
                formatter.write(f"{'':{formatter.current_indent}}{line}\n")
        with formatter.section("Exit codes"):
            formatter.write_dl(_EXIT_CODES)


class _GroupedOption(click.Option):
    """An option that knows the heading under which `--help` shows it."""

    def __init__(self, *args: Any, group: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.group = group


def _as_option(option: Field[Any]) -> click.Option:
    """The command-line option of a setting. Its values stay texts: they are judged where those of files are."""
    shared: dict[str, Any] = {"group": option.metadata["group"], "help": help_text(option)}
    if is_switch(option):
        return _GroupedOption([flag(option), option.name], is_flag=True, flag_value="true", default=None, **shared)
    metavar = option.metadata["metavar"]
    return _GroupedOption([flag(option), option.name], metavar=metavar, multiple=kind(option).many, **shared)


@click.command(
    cls=_Help,
    params=[_as_option(option) for option in OPTIONS],
    context_settings={"max_content_width": 110, "help_option_names": ["-h", "--help"]},
)
@click.argument("url", required=False, metavar="[URL]")
@click.option("-n", "--numprocesses", metavar="N", help="Judge in so many processes, or auto (needs pytest-xdist).")
@click.option("-v", "--verbose", count=True, help="A line for each test.")
@click.option("-q", "--quiet", count=True, help="Less.")
@click.version_option(package_name="conversations-mock", prog_name="conformance")
def _parse(url: str | None, numprocesses: str | None, verbose: int, quiet: int, **options: Any) -> Call:
    """Judge the implementation of the Conversations API at URL, which is short for --base-url URL."""
    if url is not None and options["base_url"] is not None:
        raise click.UsageError(f"The address is given twice, as {url} and with --base-url. Give it once.")
    if numprocesses is not None and not re.fullmatch(r"[0-9]{1,3}|auto|logical", numprocesses):
        raise click.UsageError(f"-n: {numprocesses!r} is no number of processes. Give one, or auto.")
    given = {**options, "base_url": url if options["base_url"] is None else options["base_url"]}
    texts = {name: [value] if isinstance(value, str) else list(value or ()) for name, value in given.items()}
    processes = None if numprocesses is None or numprocesses.strip("0") == "" else numprocesses
    return Call({name: said for name, said in texts.items() if said}, processes, verbose - quiet)


def run() -> None:
    """The console script."""
    sys.exit(main(sys.argv[1:]))


def main(arguments: Sequence[str]) -> int:
    """The whole command; answers its exit code."""
    try:
        call = _parse.main(list(arguments), prog_name="conformance", standalone_mode=False)
    except click.UsageError as error:
        return _wrong_use(f"{error.format_message()} See conformance --help.")
    if not isinstance(call, Call):
        return int(call or 0)  # --help and --version have been answered
    try:
        # The plugin says it too, but later and with more around it.
        settings = settings_from(call.flags, os.environ, Path.cwd())
    except UsageError as error:
        return _wrong_use(str(error))
    if not (settings.base_url or settings.list_clauses or os.environ.get("PYTEST_BASE_URL")):
        return _wrong_use("There is no backend to judge: say where it is, as in conformance http://127.0.0.1:8080.")
    if call.processes is not None and importlib.util.find_spec("xdist") is None:
        return _wrong_use("-n needs pytest-xdist, which is not installed. Run: pip install pytest-xdist")
    set_apart(os.environ)
    return _judge(pytest_arguments(call, Path.cwd(), listing=settings.list_clauses))


def pytest_arguments(call: Call, cwd: Path, *, listing: bool = False) -> list[str]:
    """What pytest is told. Workers of xdist are told the same. Of a listing pytest shows nothing of its own."""
    root = _SUITE.parents[1]  # tests are called conformance/suite/...
    arguments = [f"--config-file={_INI}", f"--rootdir={root}", "--disable-plugin-autoload"]
    plugins = [*_PLUGINS, "no:cacheprovider"]
    if call.processes is not None:
        plugins.append(_XDIST)
        arguments += [f"--numprocesses={call.processes}", "--dist=loadgroup"]
    for plugin in plugins:
        arguments += ["-p", plugin]
    verbosity = -2 if listing else call.verbosity
    if verbosity <= 0:
        arguments.append("--no-header")
    arguments += ["-v"] * verbosity + ["-q"] * -verbosity
    for option in OPTIONS:
        for text in call.flags.get(option.name, ()):
            # In one piece: a value may begin with a dash.
            arguments.append(flag(option) if is_switch(option) else f"{flag(option)}={text}")
    # Brackets in an argument have a meaning to pytest; those above the folder need not stand in it.
    arguments.append(os.path.relpath(_SUITE, cwd) if "[" in str(_SUITE) else str(_SUITE))
    # The folder is where conftest.py stops being looked for, and by its own name it is the only one that is found:
    # told of a folder, or of nothing that exists, pytest loads those of `test*` below it as well, with all that they
    # do to tests. It is no test itself.
    arguments.append(f"--confcutdir={cwd}")
    if (cwd / _CONFTEST).is_file():
        arguments += [_CONFTEST, f"--ignore={_CONFTEST}"]
    return arguments


def set_apart(environ: MutableMapping[str, str]) -> None:
    """Take out what would change what the run finds: in this process, and from what its workers inherit."""
    for name in list(environ):
        if name in _BENDING or (name.startswith("PYTEST_") and name not in _KEPT_OF_PYTEST):
            del environ[name]
    sys.warnoptions.clear()
    warnings.resetwarnings()


def _judge(arguments: list[str]) -> int:
    import pluggy  # not at the top: --help needs none of it
    import pytest

    class Watch:
        """What the session ended with when every plugin had its say. None: there was no session."""

        ended: int | None = None

        @pytest.hookimpl(wrapper=True, tryfirst=True)
        def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, None, None]:
            with suppress(ValueError):  # pytest's own zero is a plain number, too
                session.exitstatus = pytest.ExitCode(session.exitstatus)
            try:
                yield
            finally:
                self.ended = session.exitstatus

    watch = Watch()
    try:
        returned = pytest.main(arguments, plugins=[watch])
    except KeyboardInterrupt:
        return INCOMPLETE
    except pluggy.PluginValidationError as wrong:  # a hook that wants what it is not given
        return _wrong_use(f"{' '.join(str(wrong).split())}.")
    except BrokenPipeError:
        # Whoever read has gone, as in `conformance --list-clauses | head`. Python would complain of it at its end, too.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return INCOMPLETE if watch.ended is None else exit_code(watch.ended, watch.ended)
    except Exception:
        traceback.print_exc()
        click.echo("conformance: this is a fault of the kit, and says nothing of the backend.", err=True)
        return FAULT
    code = exit_code(returned, watch.ended)
    if code == FAULT and isinstance(watch.ended, pytest.ExitCode):
        click.echo(f"conformance: pytest ended ({watch.ended.name}) without a verdict: a fault of the kit.", err=True)
    return code


def exit_code(returned: int, ended: int | None) -> int:
    """The command's own, of what `pytest.main` returned and of what the session ended with.

    The plugin puts a plain number there, its verdict. An `ExitCode` is pytest's own: the plugin had no say, and no
    run is green for that.
    """
    import pytest

    code = pytest.ExitCode
    if ended is None:
        before_a_session: dict[int, int] = {
            code.OK: 0,
            code.USAGE_ERROR: WRONG_USE,  # a conftest.py that cannot be imported is one, too
            code.INTERRUPTED: WRONG_USE,  # `pytest.exit` of whoever checks settings
        }
        return before_a_session.get(returned, FAULT)
    if not isinstance(ended, code):
        return ended if ended in range(6) else FAULT
    without_a_verdict: dict[int, int] = {
        code.USAGE_ERROR: WRONG_USE,
        code.INTERRUPTED: INCOMPLETE,
        code.NO_TESTS_COLLECTED: INCOMPLETE,  # nothing was judged: no verdict, but nothing wrong was typed either
    }
    return without_a_verdict.get(ended, FAULT)


def _wrong_use(message: str) -> int:
    click.echo(f"conformance: {message}", err=True)
    return WRONG_USE
