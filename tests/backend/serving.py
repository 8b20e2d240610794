"""Serves a backend over HTTP, on threads.

With waitress, which sends each piece of a generator at once, and closes the generator when a piece cannot be sent any
more: so a client that went away is noticed at the next delta or the one after it.
"""

from __future__ import annotations

import logging
import threading

import waitress  # type: ignore[import-untyped]
from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

THREADS = 100  # a stream occupies one while it is open


class _ClosingRequestHandler(WSGIRequestHandler):
    protocol_version = "HTTP/1.0"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing: a test has enough to read."""


def serve_in_background(app: Flask, port: int, *, http_1_0: bool = False, idle_s: int = 120) -> int:
    """Serve in threads that end with the process. Gives the port, once it listens.

    With `http_1_0` each answer closes its connection, and a stream ends with nothing but that. Otherwise connections
    on which nothing happens for `idle_s` seconds are closed.
    """
    logging.getLogger("waitress").setLevel(logging.ERROR)  # "task queue depth" is no news here
    if http_1_0:
        closing_server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_ClosingRequestHandler)
        threading.Thread(target=closing_server.serve_forever, daemon=True).start()
        return int(closing_server.port)
    server = waitress.create_server(
        app,
        host="127.0.0.1",
        port=port,
        threads=THREADS,
        connection_limit=1000,
        channel_timeout=idle_s,
        cleanup_interval=min(idle_s, 30),
    )
    threading.Thread(target=server.run, daemon=True).start()
    return int(server.effective_port)
