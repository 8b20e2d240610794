"""The command `mockserver`: options to `Settings`, then serve.

What is wrong is said in one sentence, with exit code 2.
"""

from __future__ import annotations

import gc
import os
import re
import signal
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import Field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click
from click.core import ParameterSource

from mockserver.settings import ENVIRONMENT_PREFIX, SettingError, Settings
from mockserver.tokens import DEFAULT_CALLER, DEFAULT_WORKSPACE, TOKEN_LIFETIME_S, Tokens

if TYPE_CHECKING:
    from mockserver.app import MockServer

_OF_KUBERNETES = re.compile(rf"{ENVIRONMENT_PREFIX}_(SERVICE|PORT)_")
"""What Kubernetes tells every container of a service that is called mockserver."""


class _GroupedOption(click.Option):
    """An option that knows the heading under which `--help` shows it."""

    def __init__(self, *args: Any, group: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.group = group


class _GroupedHelp(click.Group):
    """A command whose options stand under headings."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Click's, once per heading."""
        groups: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                groups[getattr(parameter, "group", "Other")].append(record)
        for title, records in groups.items():
            with formatter.section(title):
                formatter.write_dl(records)
        self.format_commands(ctx, formatter)


def _as_option(setting: Field[Any]) -> click.Option:
    """The command-line option of a setting."""
    many, flag = isinstance(setting.default, tuple), setting.metadata["kind"] is click.BOOL
    name = setting.name.replace("_", "-")
    return _GroupedOption(
        [f"--{name}/--no-{name}" if setting.default is True else f"--{name}"],
        group=setting.metadata["group"],
        help=setting.metadata["help"],
        metavar=setting.metadata["metavar"],
        type=setting.metadata["kind"],
        default=setting.default,
        # The default secret is public, but a line of it helps nobody.
        show_default=setting.name != "jwt_secret" and setting.default != "" and not flag,
        is_flag=flag,
        multiple=many,
        envvar=environment_name(setting),
        show_envvar=False,
    )


def environment_name(setting: Field[Any]) -> str:
    """`MOCKSERVER_FIRST_TOKEN_MS`, of the setting `first_token_ms`."""
    return f"{ENVIRONMENT_PREFIX}_{setting.name.upper()}"


def check_environment(environment: Mapping[str, str]) -> None:
    """Refuse a variable `MOCKSERVER_…` that is none of ours: a misspelt one would do nothing, silently.

    Raises:
        SettingError: names it, and the one that was meant, if one is near.
    """
    known = [environment_name(setting) for setting in fields(Settings)]
    for name in environment:
        if name.startswith(f"{ENVIRONMENT_PREFIX}_") and name not in known and not _OF_KUBERNETES.match(name):
            near = get_close_matches(name, known, n=1)
            hint = f"Did you mean {near[0]}?" if near else "mockserver --help names the options."
            raise SettingError(f"There is no environment variable {name}. {hint}")


def run() -> None:
    """The console script: `main`, with click's own complaints in one sentence too."""
    try:
        sys.exit(main.main(standalone_mode=False))
    except click.UsageError as error:
        parameter = getattr(error, "param", None)
        source = error.ctx.get_parameter_source(parameter.name) if error.ctx and parameter else None
        variable = f" (from {parameter.envvar})" if parameter and source is ParameterSource.ENVIRONMENT else ""
        _fail(f"{error.format_message()}{variable} See mockserver --help.")
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)


def _fail(message: str) -> NoReturn:
    click.echo(f"mockserver: {message}", err=True)
    sys.exit(2)


@click.group(
    cls=_GroupedHelp,
    invoke_without_command=True,
    params=[_as_option(setting) for setting in fields(Settings)],
    context_settings={"max_content_width": 110, "help_option_names": ["-h", "--help"]},
    epilog="Each option is also an environment variable: --first-token-ms is MOCKSERVER_FIRST_TOKEN_MS.",
    subcommand_metavar="[COMMAND]",
)
@click.version_option(package_name="conversations-mock", prog_name="mockserver")
@click.pass_context
def main(context: click.Context, /, **options: Any) -> None:
    """Serve a mock of the Conversations API: it behaves as the real backend does, with made-up replies."""
    try:
        check_environment(os.environ)
        settings = Settings(**options)
    except SettingError as error:
        _fail(str(error))
    context.obj = settings
    if context.invoked_subcommand is None:
        _serve(settings)


@main.command()
@click.option("--workspace", default=DEFAULT_WORKSPACE, show_default=True, help="The workspace that the token is for.")
@click.option("--caller", help=f"The caller's name (default: after the customer, else {DEFAULT_CALLER}).")
@click.option("--customer", type=int, help="The caller's number, which legacyCustomerId shows.")
@click.option(
    "--expires-in",
    type=int,
    metavar="S",
    default=TOKEN_LIFETIME_S,
    show_default=True,
    help="Seconds until it expires; below 0 it has already.",
)
@click.pass_obj
def token(settings: Settings, workspace: str, caller: str | None, customer: int | None, expires_in: int) -> None:
    """Print a signed token (a JWT) that the server takes."""
    if not workspace:
        _fail("workspace: a token for none would be refused everywhere. Name one.")
    tokens = Tokens(settings.jwt_secret, settings.auth)
    click.echo(tokens.mint(workspace, caller=caller, customer=customer, expires_in_s=expires_in))


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--url", metavar="URL", help="A running mock to replay it on (default: a fresh one of its own).")
def replay(file: Path, url: str | None) -> None:
    """Play a bug report again, and tell which answers differ: exit code 0 if none does, 1 if some do.

    FILE is what GET /_mock/workspaces/NAME/bug-report gave. On a running mock the workspace of that name is reset.
    """
    from mockserver.journal.recording import RecordingError, parse_recording
    from mockserver.logs import set_up_logging
    from mockserver.replay import ReplayError, replay_fresh, replay_on

    set_up_logging("error", "text")
    try:
        recording = parse_recording(file.read_bytes())
        report = replay_fresh(recording) if url is None else replay_on(recording, url)
    except OSError as error:
        _fail(f"{file} cannot be read: {error.strerror}.")
    except (RecordingError, ReplayError, SettingError) as error:
        _fail(f"{file}: {error}")
    for line in report.lines():
        click.echo(line)
    sys.exit(0 if report.same else 1)


@contextmanager
def _without_collections() -> Iterator[None]:
    """Nearly all that a start makes stays: collections of garbage would walk it again and again, and find nothing."""
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        gc.enable()


def _serve(settings: Settings) -> None:
    with _without_collections():
        from mockserver import create_app  # not at the top: --help and token need none of it
        from mockserver.contract import ContractUnreadable
        from mockserver.logs import set_up_logging
        from mockserver.server import CannotListen, base_url, open_socket, serve
        from mockserver.snapshots import SnapshotError

        set_up_logging(settings.log_level, settings.log_format)
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: or else it ends before it has summed up
        if settings.save and not Path(settings.save).absolute().parent.is_dir():
            _fail(f"save: there is no folder {Path(settings.save).absolute().parent}. Make it, or name another file.")
        try:
            listening = open_socket(settings.host, settings.port)
            app = create_app(settings)
            if settings.load:
                app.load(Path(settings.load))
        except (CannotListen, ContractUnreadable, SettingError, SnapshotError) as error:
            _fail(str(error))
        url = base_url(listening)
    serve(app, listening, on_ready=lambda: _announce(settings, url))
    _sum_up(app)
    if settings.save:
        try:
            app.save(Path(settings.save))
        except SnapshotError as error:
            _fail(f"save: {error}")
    if app.breaches:
        sys.exit(1)


def _sum_up(app: MockServer) -> None:
    """What became of it: the verdict on the clients of each workspace, and where the mock itself was wrong."""
    from mockserver.verdict.encode import summary_lines

    for sandbox in app.sandboxes:
        if sandbox.watch.callers:
            first, *others = summary_lines(sandbox.watch)
            click.echo("\n".join([f"{click.style(sandbox.name, bold=True)}  {first}", *others]))
    if app.breaches:
        click.echo(click.style(f"The mock broke its own contract {len(app.breaches)} times:", fg="red"), err=True)
        for breach in app.breaches[:20]:
            click.echo(f"  {breach}", err=True)


def _announce(settings: Settings, url: str) -> None:
    """What a developer needs next; on standard output, for the log goes to standard error."""
    bearer = f"{DEFAULT_CALLER}@{DEFAULT_WORKSPACE}"
    if settings.auth == "strict":
        bearer = Tokens(settings.jwt_secret, settings.auth).mint(DEFAULT_WORKSPACE)
    conversations = f"{url}/api/v1/workspaces/{DEFAULT_WORKSPACE}/conversations"
    from mockserver.pages import CONSOLE_PATH  # it brings the web framework along, which `--help` does without

    rows = {
        "API": f"{url}/api/v1/workspaces/{DEFAULT_WORKSPACE}",
        "Console": f"{url}{CONSOLE_PATH}",
        "Docs": f"{url}/docs/",
        "Control": f"{url}/_mock/docs/",
        "Token": bearer,
    }
    head = click.style("mockserver", bold=True) + " is ready. Ctrl-C stops it.\n"
    table = "".join(f"  {click.style(f'{name:<8}', fg='cyan')}{value}\n" for name, value in rows.items())
    curl = f"  curl -H 'Authorization: Bearer {bearer}' '{conversations}?size=3'\n"
    click.echo(f"\n{head}\n{table}\nTry it:\n{curl}")
