"""A backend that answers whatever a test tells it to, over a real socket on the loopback."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOKEN = "alice@demo-5f1c9a"
EVENT_STREAM = {"Content-Type": "text/event-stream"}


@dataclass(frozen=True)
class Request:
    """What the backend was sent. Header names as they came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What it answers: the pieces of the body are sent one by one, as they are made."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    pieces: Iterable[bytes] = ()


class Backend:
    """Set `answer` to a function of the request. `client_left` is set when a client closed before the end."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.answer: Callable[[Request], Answer] = lambda request: Answer(pieces=[b"{}"])
        self.requests: list[Request] = []
        self.client_left = threading.Event()


@contextmanager
def running_backend() -> Iterator[Backend]:
    """The backend, on a free port of the loopback."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # it would hold each answer back for 40 ms

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except ConnectionError:
                made.client_left.set()
                self.close_connection = True

        def respond(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            request = Request(self.command, self.path, dict(self.headers), self.rfile.read(length))
            made.requests.append(request)
            answer = made.answer(request)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for piece in answer.pieces:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.write(b"0\r\n\r\n")

        do_GET = do_POST = do_PATCH = do_DELETE = respond  # noqa: N815 - the names that the base class calls

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    made = Backend(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
