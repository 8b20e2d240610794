"""The command as a developer meets it: a process of its own, its output, its exit codes, its signals."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import httpx
import jwt
import pytest

from conformance.client import Client, new_message
from mockserver.settings import DEVELOPMENT_SECRET

ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("MOCKSERVER_")}
ENVIRONMENT["MOCKSERVER_PORT"] = "0"  # the default may be taken, by the mock that a developer has running


class Command:
    """A running `mockserver`, with its output line by line."""

    def __init__(self, *arguments: str, **environment: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mockserver", "--port", "0", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=ENVIRONMENT | environment,
        )
        self.lines: list[str] = []
        self._queue: queue.Queue[str | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.url = self.wait_for(r"API +(http://\S+?)/api/").group(1)
        self.wait_for("curl")

    def wait_for(self, pattern: str) -> re.Match[str]:
        """The first line, from here on, that has the pattern."""
        while (line := self._queue.get(timeout=20)) is not None:
            self.lines.append(line)
            if match := re.search(pattern, line):
                return match
        raise AssertionError(f"no {pattern!r} in {self.lines}")

    def everything(self) -> list[str]:
        """All lines of a command that has ended."""
        rest = iter(self._queue.get_nowait, None)
        self.lines += [line for line in rest if line is not None]
        return self.lines

    def stop(self, number: int = signal.SIGINT) -> float:
        """Send the signal; answers the seconds that it took to end."""
        begun = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(timeout=20)
        return time.monotonic() - begun

    def close(self) -> None:
        """End it, if it has not ended."""
        self.process.kill()
        self.process.wait(timeout=20)
        self._reader.join(timeout=20)
        assert self.process.stdout is not None
        self.process.stdout.close()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._queue.put(line)
        self._queue.put(None)


@contextlib.contextmanager
def command(*arguments: str, **environment: str) -> Iterator[Command]:
    """A running `mockserver` that ends with the test."""
    running = Command(*arguments, **environment)
    try:
        yield running
    finally:
        running.close()


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A `mockserver` that is expected to end by itself."""
    return subprocess.run(
        [sys.executable, "-m", "mockserver", *arguments],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
        env=ENVIRONMENT | environment,
    )


@pytest.mark.parametrize(
    ("arguments", "environment", "says"),
    [
        (["--port", "99999"], {}, "port"),
        (["--sped", "instant"], {}, "No such option '--sped'"),
        (["--speed", "fast"], {}, "speed"),
        (["--locale", "xx_XX"], {}, "locale"),
        (["--jwt-secret", "short"], {}, "jwt_secret"),
        (["--host", "203.0.113.7", "--port", "0"], {}, "Cannot listen"),
        ([], {"MOCKSERVER_PROT": "1"}, "Did you mean MOCKSERVER_PORT?"),
        ([], {"MOCKSERVER_PORT": "many"}, "MOCKSERVER_PORT"),
        (["--cors-origin", "nonsense"], {}, "cors_origin"),
        (["--jitter", "nan"], {}, "jitter"),
        (["tokens"], {}, "No such command 'tokens'"),
        (["token", "--workspace", ""], {}, "workspace"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence_with_exit_code_2(
    arguments: list[str], environment: dict[str, str], says: str
) -> None:
    """No traceback, and nothing is served."""
    ended = run(*arguments, **environment)
    assert ended.returncode == 2
    assert says in ended.stderr
    assert ended.stderr.startswith("mockserver: ")
    assert len(ended.stderr.splitlines()) == 1
    assert ended.stdout == ""


def test_a_taken_port_is_said_with_its_remedy() -> None:
    """The commonest of all."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = run("--port", str(port))
    assert ended.returncode == 2
    assert f"127.0.0.1:{port}" in ended.stderr
    assert "--port" in ended.stderr


def test_the_start_message_has_a_curl_line_that_works_as_pasted() -> None:
    """Base URL, docs page, token, curl line."""
    with command() as mock:
        pasted = next(line for line in mock.lines if "curl" in line)
        answer = subprocess.run(
            ["bash", "-c", f"{pasted.strip()} -s"], capture_output=True, text=True, timeout=20, check=True
        )
        assert json.loads(answer.stdout)["page"]["totalElements"] == 137
        docs = next(line for line in mock.lines if "Docs" in line).split()[-1]
        assert httpx.get(docs).status_code == 200


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_at_once_also_with_streams_open(number: int) -> None:
    """The stream is closed, the process gone well within two seconds."""
    with command("--tokens-per-second", "5") as mock:
        client = Client(mock.url, token="a@demo", workspace_id="demo")
        conversation = client.create_conversation().json()["id"]
        with client.open_stream(conversation, new_message("Tell me a long story")) as stream:
            assert stream.wait_for_deltas(1)
            took = mock.stop(number)
            assert stream.wait_until_ended(5)
        client.close()
    assert took < 2
    assert mock.process.returncode in {0, -number, 128 + number}


def test_a_line_a_request() -> None:
    """Method, path, status, time, caller; of a stream how it ended."""
    with command("--speed", "instant") as mock:
        client = Client(mock.url, token="alice@demo", workspace_id="demo")
        conversation = client.create_conversation().json()["id"]
        mock.wait_for(r" 201 .*ms  POST   /api/v1/workspaces/demo/conversations  alice$")
        with client.open_stream(conversation, new_message("Hello!")) as stream:
            assert stream.wait_until_ended(5)
        mock.wait_for(r" 200 .* POST .*message-streams  alice  stream finished, (\d+) of \1 deltas$")
        client.close()


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_neither_bodies_nor_tokens_are_logged(log_format: str) -> None:
    """In no format and at no level, also where a request is refused."""
    token = run("token", "--caller", "alice").stdout.strip()
    with command("--log-format", log_format, "--log-level", "debug", "--speed", "instant") as mock:
        client = Client(mock.url, token=token, workspace_id="demo")
        conversation = client.create_conversation({"personality": "a secret agent"}).json()["id"]
        client.send_message(conversation, new_message("the secret word"))
        client.send_message(conversation, {"text": "the secret word"})
        client.with_authorization(f"Basic {token}").list_conversations()
        mock.wait_for(r"\b401\b")
        client.close()
        mock.stop()
        mock.close()
    shown = "".join(mock.everything())
    assert "alice" in shown
    assert "secret" not in shown
    assert token not in shown
    assert token.split(".")[1] not in shown


def test_json_lines_for_machines_and_fewer_of_them() -> None:
    """`--log-format json` is one object a line, `--log-level warning` leaves requests out."""
    with command(MOCKSERVER_LOG_FORMAT="json") as mock:
        httpx.get(f"{mock.url}/healthz")
        facts = json.loads(mock.wait_for(r"^\{.*$").group(0))
    assert {"method": "GET", "path": "/healthz", "status": 200, "level": "info"}.items() <= facts.items()
    with command("--log-level", "warning") as mock:
        httpx.get(f"{mock.url}/healthz")
        mock.stop()
    assert not [line for line in mock.lines if "/healthz" in line]


def test_a_path_cannot_command_the_terminal_or_fake_a_line() -> None:
    """Control characters of a request are shown, not printed."""
    with command() as mock:
        httpx.get(f"{mock.url}/%1b%5b31mred%0a12:00:00 200")
        line = mock.wait_for(r" 404 .*").group(0)
    assert "\\x1b[31mred\\x0a12" in line


def test_a_minted_token_is_a_jwt_with_the_claims_asked_for() -> None:
    """`mockserver token --workspace W --customer N --expires-in S`."""
    token = run("token", "--workspace", "acme", "--customer", "42", "--expires-in", "60").stdout.strip()
    claims = jwt.decode(token, DEVELOPMENT_SECRET, ["HS256"])
    assert (claims["workspaceId"], claims["legacyCustomerId"]) == ("acme", 42)
    assert 50 < claims["exp"] - time.time() <= 60


def test_strict_servers_announce_a_token_that_they_take() -> None:
    """`--auth strict` takes no development token, so the start message has a JWT."""
    with command("--auth", "strict") as mock:
        token = next(line for line in mock.lines if "Token" in line).split()[-1]
        conversations = f"{mock.url}/api/v1/workspaces/demo/conversations"
        assert httpx.get(conversations, headers={"Authorization": f"Bearer {token}"}).status_code == 200
        assert httpx.get(conversations, headers={"Authorization": "Bearer demo@demo"}).status_code == 401


def test_it_is_ready_in_about_a_second_or_two() -> None:
    """Not a benchmark: a start that takes five seconds is broken whatever the machine does meanwhile."""
    begun = time.monotonic()
    with command():
        assert time.monotonic() - begun < 5


def test_version_and_help_are_there() -> None:
    """Quickly, and grouped."""
    assert re.match(r"mockserver, version \d", run("--version").stdout)
    shown = run("--help").stdout
    assert shown.index("Server:") < shown.index("Replies:") < shown.index("Log:")
