"""What pytest loads in every run of whoever installed the kit: options, hooks and the marker, and nothing else.

It must be inert where the suite is not collected: it collects and prints nothing, and what is costly to import is
imported by `conformance.session` once the suite is among what was collected.
"""

from collections.abc import Generator

import pytest

from conformance.session import KitSession


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(parser: pytest.Parser) -> Generator[None]:
    """Add what the kit must be told beside `--base-url`, which belongs to pytest-base-url.

    After all others have added theirs: pytest has no mercy with a plugin whose option is there already, and the kit,
    which is in every run of its users, gives way.
    """
    from conformance.options import add_options

    result = yield
    add_options(parser.getgroup("conformance", "conformance kit for the Conversations API (with --base-url)"))
    return result


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Add what a backend's conftest can implement."""
    from conformance import hooks

    pluginmanager.add_hookspecs(hooks)


def pytest_plugin_registered(plugin: object, manager: pytest.PytestPluginManager) -> None:
    """Refuse a misspelt hook as soon as its conftest is loaded: pytest would, too, but with a traceback of its own."""
    from conformance.hooks import unknown_hook

    if wrong := unknown_hook(plugin, manager.hook):
        raise pytest.UsageError(wrong)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """The table of contents is drawn by the process that collects, without workers, and is all that is shown."""
    if not getattr(config.option, "conformance_list_clauses", None):
        return
    if hasattr(config.option, "numprocesses"):
        config.option.numprocesses, config.option.tx, config.option.dist = None, [], "no"
    config.option.verbose = -2


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker by which a test names its clauses, and what follows a session."""
    config.addinivalue_line(
        "markers",
        "clause(id, ..., replies=0, essential=False): the clauses of the contract that a test judges, and the replies"
        " that it needs beside those of its scenes",
    )
    config.pluginmanager.register(KitSession(config), "conformance-session")
