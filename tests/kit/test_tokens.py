"""Where a token comes from: a command is run when it must be, never more often, and no error shows what it printed."""

from __future__ import annotations

import base64
import json
import shlex
import sys
import threading
import time
from pathlib import Path

import pytest

from conformance.tokens import (
    CommandToken,
    FixedToken,
    TokenError,
    TokenSource,
    expires_at,
    read_output,
    read_token,
    without_secrets,
)

NOW = 1_800_000_000.0


def token_until(expiry: object) -> str:
    """A JWT with that claim; its signature is none."""
    claims = base64.urlsafe_b64encode(json.dumps({"exp": expiry}).encode()).decode().rstrip("=")
    return f"eyJhbGciOiJub25lIn0.{claims}.c2lnbmF0dXJl"


class Script:
    """A command that prints the lines of a file, one a run, and the last one for ever."""

    def __init__(self, folder: Path, *tokens: str) -> None:
        self.runs = folder / "runs"
        self.runs.write_text("", "utf-8")
        tokens_file = folder / "tokens"
        tokens_file.write_text("\n".join(tokens), "utf-8")
        runs, lines = shlex.quote(str(self.runs)), shlex.quote(str(tokens_file))
        self.command = f"echo >> {runs}; sed -n $(wc -l < {runs})p {lines} | grep . || tail -n 1 {lines}"

    def count(self) -> int:
        """How often it was run."""
        return len(self.runs.read_text("utf-8"))


class Clock:
    """A time that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.seconds = NOW

    def __call__(self) -> float:
        """Where it stands."""
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    """Both the time of day and the one that only goes forward."""
    return Clock()


def source(script: Script, clock: Clock) -> CommandToken:
    """The source that runs the script, by that clock."""
    return CommandToken(script.command, wall=clock, clock=clock)


def failure(command: str, limit_s: float = 30.0) -> str:
    """What is said when there is no token to be had."""
    with pytest.raises(TokenError) as raised:
        CommandToken(command, limit_s=limit_s).current()
    return str(raised.value)


def test_a_given_token_is_all_there_is() -> None:
    """It cannot be renewed, and its `repr` does not show it."""
    fixed: TokenSource = FixedToken(read_token(" t-1\n"))
    assert (fixed.current(), fixed.renew()) == ("t-1", False)
    assert "t-1" not in repr(fixed)


@pytest.mark.parametrize("text", ["", " ", "a b", "Bearer x", "a\nb", "a\tb", "\u00fc", "a\x7f", "a\x00b"])
def test_what_no_header_can_carry_is_no_token(text: str) -> None:
    """The error does not repeat it."""
    with pytest.raises(ValueError, match="token") as raised:
        read_token(text)
    assert not text.strip() or repr(text) not in str(raised.value)


# Expiry


def test_the_expiry_of_a_jwt_is_read() -> None:
    """Whole seconds or not."""
    assert expires_at(token_until(1_900_000_000)) == 1_900_000_000
    assert expires_at(token_until(1.5)) == 1.5


@pytest.mark.parametrize(
    "token",
    [
        "opaque",
        "a.b.c",
        "a.b",
        "a.b.c.d",
        "..",
        "",
        "demo@demo",
        *(token_until(expiry) for expiry in ("soon", None, True, "", 10**400)),
        f"a.{base64.urlsafe_b64encode(b'[1]').decode()}.b".replace("=", ""),
        f"a.{base64.urlsafe_b64encode(b'{}').decode()}.b".replace("=", ""),
        f"a.{base64.urlsafe_b64encode(b'[' * 100_000).decode()}.b".replace("=", ""),
        f"a.{base64.urlsafe_b64encode(bytes([255, 254, 253])).decode()}.b".replace("=", ""),
    ],
    ids=lambda token: token[:20],
)
def test_of_any_other_token_no_expiry_is_known(token: str) -> None:
    """And none of them is an error: the kit does not judge tokens."""
    assert expires_at(token) is None


# The command


def test_the_command_is_run_once(tmp_path: Path, clock: Clock) -> None:
    """Not before a token is needed; what it prints is the token, without the line's end."""
    script = Script(tmp_path, "t-1", "t-2")
    token = source(script, clock)
    assert script.count() == 0
    assert [token.current() for _ in range(3)] == ["t-1"] * 3
    clock.seconds += 1e6
    assert (token.current(), script.count()) == ("t-1", 1)


def test_a_token_is_renewed_before_it_expires(tmp_path: Path, clock: Clock) -> None:
    """Half a minute before; one that lives for a minute, when a tenth is left."""
    long, short, last = token_until(NOW + 3600), token_until(NOW + 3640), token_until(NOW + 99_999)
    script = Script(tmp_path, long, short, last)
    token = source(script, clock)
    assert token.current() == long
    clock.seconds = NOW + 3569
    assert token.current() == long
    clock.seconds = NOW + 3570
    assert token.current() == short
    clock.seconds = NOW + 3632
    assert token.current() == short
    clock.seconds = NOW + 3633
    assert (token.current(), script.count()) == (last, 3)


def test_a_token_that_comes_expired_is_taken(tmp_path: Path, clock: Clock) -> None:
    """Our clock may be wrong: the backend says. The command is not run for every call."""
    script = Script(tmp_path, token_until(NOW - 5))
    token = source(script, clock)
    for _ in range(3):
        clock.seconds += 10
        assert token.current() == token_until(NOW - 5)
    assert script.count() == 1


def test_the_command_is_not_asked_for_the_same_token_all_the_time(tmp_path: Path, clock: Clock) -> None:
    """One that keeps its token until it expires is asked less than once a second."""
    script = Script(tmp_path, token_until(NOW + 40))
    token = source(script, clock)
    for _ in range(400):
        token.current()
        clock.seconds += 0.1
    assert script.count() < 10


def test_it_is_renewed_when_it_was_refused(tmp_path: Path, clock: Clock) -> None:
    """At most once a second: of many calls that were refused at once, one runs the command."""
    script = Script(tmp_path, "t-1", "t-2", "t-3")
    token = source(script, clock)
    assert token.current() == "t-1"
    clock.seconds += 1
    threads = [threading.Thread(target=token.renew) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert (token.current(), script.count()) == ("t-2", 2)
    clock.seconds += 0.9
    assert (token.renew(), token.current()) == (True, "t-2")
    clock.seconds += 0.1
    assert (token.renew(), token.current()) == (True, "t-3")


def test_a_renewal_that_fails_leaves_a_token_that_is_still_good(tmp_path: Path, clock: Clock) -> None:
    """A backend is not accused because somebody's identity provider was away for a moment."""
    once = tmp_path / "once"
    good = token_until(NOW + 3600)
    token = CommandToken(f"mkdir {shlex.quote(str(once))} 2>&- && echo {good}", wall=clock, clock=clock)
    assert token.current() == good
    clock.seconds = NOW + 3580
    assert token.current() == good
    with pytest.raises(TokenError):
        token.renew()
    assert token.current() == good
    clock.seconds = NOW + 3600
    with pytest.raises(TokenError, match="exit code 1: it said nothing"):
        token.current()


def test_a_command_that_fails_is_not_run_for_every_call(tmp_path: Path, clock: Clock) -> None:
    """The same sentence again, for a second."""
    script = Script(tmp_path, "")
    token = CommandToken(f"{script.command}; exit 3", wall=clock, clock=clock)
    for _ in range(3):
        with pytest.raises(TokenError, match="exit code 3"):
            token.current()
    assert script.count() == 1


def test_the_error_says_how_it_ended_and_its_last_words() -> None:
    """The command itself is not shown: it may have a password in it."""
    said = failure("echo first >&2; echo 'cannot reach idp.example:443' >&2; echo >&2; exit 7")
    assert said == "The command of --api-token-command ended with exit code 7: cannot reach idp.example:443"
    assert failure("exit 1").endswith("exit code 1: it said nothing")
    assert "exit code 127: " in failure("no-such-command-anywhere")
    assert repr(CommandToken("echo s3cret")) == "CommandToken(...)"


def test_a_token_that_was_printed_before_the_failure_is_not_shown() -> None:
    """Neither is anything in the last words that may be a secret."""
    said = failure("echo Tok.en-value; echo 'got Tok.en-value but no scope' >&2; exit 1")
    assert said.endswith("exit code 1: got ... but no scope")


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("curl: (6) Could not resolve host: idp.example", None),
        ("curl: (22) The requested URL returned error: 401", None),
        ("/bin/sh: 1: get-token: not found", None),
        ("fetch https://me:s3cretpw@idp.example/x failed", "fetch https://...idp.example/x failed"),
        (f"refused {token_until(5)}", "refused ..."),
        ("sent Authorization: Bearer short-tok", "sent Authorization: Bearer ..."),
        ("client_secret=hunter2hunter2&grant=x", "client_secret=...&grant=x"),
        ('{"access_token": "abcdefgh"}', '{"access_token": "..."}'),
        ("key 0123456789abcdef0123456789abcdef is bad", "key ... is bad"),
        ("bell \x07 and\x1b[31m", "bell   and [31m"),
        ("x " * 300, f"{('x ' * 300)[:200]}..."),
        (f"refused {'x' * 1_000_000}", "refused"),
    ],
    ids=lambda text: str(text)[:20],
)
def test_what_may_be_a_secret_is_hidden(line: str, shown: str | None) -> None:
    """What says what is wrong stays."""
    assert without_secrets(line) == (line if shown is None else shown)


@pytest.mark.parametrize(
    ("output", "said"),
    [("", "printed nothing: the token is empty."), ("two words-of-it", "printed no token: the token has characters")],
)
def test_what_it_prints_must_be_a_token(output: str, said: str) -> None:
    """Alone, and not repeated when it is none."""
    with pytest.raises(TokenError) as raised:
        read_output(output)
    assert said in str(raised.value)
    assert "words" not in str(raised.value)


def test_a_command_that_hangs_is_ended_with_all_that_it_started() -> None:
    """A child that holds its output open would hold us, too."""
    began = time.monotonic()
    said = failure("sleep 30 & sleep 30", limit_s=0.2)
    assert said.startswith("The command of --api-token-command took more than 0.2 s. ")
    assert time.monotonic() - began < 10


def test_a_command_cannot_ask() -> None:
    """Its standard input is closed: it ends, instead of waiting for somebody who is not there."""
    program = "import sys; print('read', len(sys.stdin.read()), file=sys.stderr); sys.exit(2)"
    assert failure(f"{shlex.quote(sys.executable)} -c {shlex.quote(program)}").endswith("exit code 2: read 0")


def test_a_command_that_cannot_be_started_is_said() -> None:
    """As what no operating system takes."""
    assert "could not be started" in failure("echo \x00")
