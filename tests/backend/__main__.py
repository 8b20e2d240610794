"""`python -m tests.backend`: prints its address once it listens, and runs until SIGTERM or SIGINT."""

from __future__ import annotations

import os
import signal
import sys
import threading
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.backend.app import create_flask
from tests.backend.changes import assemble
from tests.backend.defects import DEFECTS
from tests.backend.serving import serve_in_background
from tests.backend.variants import BUNDLES, VARIANTS, named_variants


def main(arguments: Sequence[str], announce: Callable[[str], object] = print) -> None:
    """Serve, or list what there is. The address is announced once it listens."""
    options = _options(arguments)
    if options.list:
        _list()
        return
    changes = named_variants(options.variant) + [DEFECTS[name] for name in options.defect]
    stopped = threading.Event()
    for signal_number in signal.SIGTERM, signal.SIGINT:
        signal.signal(signal_number, lambda *_: stopped.set())
    parent = os.getppid()
    with TemporaryDirectory(prefix="backend-", ignore_cleanup_errors=True) as folder:
        backend = assemble(changes, Path(folder) / "conversations.db", options.tokens_per_second)
        app = create_flask(backend)
        port = serve_in_background(app, options.port, http_1_0=backend.http_1_0, idle_s=backend.idle_s)
        announce(f"http://127.0.0.1:{port}")
        sys.stdout.flush()
        while not stopped.wait(0.5):
            if options.end_with_parent and os.getppid() != parent:
                break


def _options(arguments: Sequence[str]) -> Namespace:
    parser = ArgumentParser(prog="python -m tests.backend", description="An independent backend, right or wrong.")
    parser.add_argument("--port", type=int, default=0, help="0, the default, takes a free one")
    parser.add_argument("--variant", action="append", default=[], choices=[*VARIANTS, *BUNDLES], metavar="NAME")
    parser.add_argument("--defect", action="append", default=[], choices=DEFECTS, metavar="NAME")
    parser.add_argument("--list", action="store_true", help="name all variants and defects")
    default_speed = float(os.environ.get("BACKEND_TOKENS_PER_SECOND", "150"))
    parser.add_argument("--tokens-per-second", type=float, default=default_speed, help="of a stream (default: 150)")
    parser.add_argument("--end-with-parent", action="store_true", help="end when the starting process is gone")
    return parser.parse_args(arguments)


def _list() -> None:
    for title, changes in (("Variants", VARIANTS), ("Defects", DEFECTS)):
        sys.stdout.write(f"{title} ({len(changes)})\n")
        for change in changes.values():
            clauses = f" [{', '.join(change.clauses)}]" if change.clauses else ""
            sys.stdout.write(f"  {change.name}{clauses}: {change.about}\n")
    sys.stdout.write(f"Bundles of variants ({len(BUNDLES)})\n")
    for name, members in BUNDLES.items():
        sys.stdout.write(f"  {name}: {', '.join(members)}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
