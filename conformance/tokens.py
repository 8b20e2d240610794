"""Where a caller's token comes from: it was given, or a command prints it. No HTTP, and no token in any error.

A token is opaque to the kit but for one thing: of a JWT the time of its expiry is read, unverified, so that a
command is asked for the next one before this one fails.
"""

import base64
import json
import math
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from conformance.redaction import Secret

_COMMAND_LIMIT_S = 30.0
_RENEWALS_APART_S = 1.0
_RENEWED_BEFORE_S = 30.0
_LONGEST_READ, _LONGEST_SHOWN = 2000, 200
_SHORTEST_SECRET = 8

_TOKEN = re.compile(r"[!-~]+")
"""What an HTTP header can carry after `Bearer `: printable ASCII without spaces."""

_JWT = re.compile(r"[\w-]+\.(?P<claims>[\w-]+)\.[\w-]*", re.ASCII)

_SECRET_PARTS = re.compile(
    r"""
    (?P<kept> // ) [^/@\s]+ @                                  # user:password@ of a URL
    | (?P<name>
        (?:token|secret|pass\w*|pwd|key|credentials?|authorization) ["']? \s* [=:] \s* ["']? (?:bearer\s+)?
        | bearer \s+
      ) [^\s"'&,;]{8,}
    | \b eyJ [\w.-]+                                          # a JWT
    | (?=[\w+/~-]*\d) (?=[\w+/~-]*[a-z]) [\w+/~-]{20,} =*    # letters and digits without end
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""What may be a secret in somebody's error message. Rather too much is hidden than too little."""


class TokenError(Exception):
    """There is no token to be had. The text says why in one sentence, without any token."""


class TokenSource(Protocol):
    """Where the calls of one caller get their token. Safe to use from several threads."""

    def current(self) -> Secret:
        """The token for the next call.

        Raises:
            TokenError: there is none.
        """

    def renew(self) -> bool:
        """Get another token, after one was refused; True when `current` is worth another try.

        Raises:
            TokenError: it failed.
        """


def read_token(text: str) -> Secret:
    """The token that was written, without the white space around it.

    Raises:
        ValueError: no HTTP header can carry it. The text does not show it.
    """
    token = text.strip()
    if not token:
        raise ValueError("the token is empty.")
    if token[:7].lower() == "bearer ":
        raise ValueError("give the token alone, without 'Bearer' before it.")
    if not _TOKEN.fullmatch(token):
        raise ValueError("the token has characters that no HTTP header can carry; printable ASCII without spaces can.")
    return Secret(token)


def expires_at(token: str) -> float | None:
    """When a JWT expires, in seconds of `time.time()`; None when that cannot be told. No signature is looked at."""
    match = _JWT.fullmatch(token)
    if match is None:
        return None
    written = match["claims"]
    try:
        claims: Any = json.loads(base64.urlsafe_b64decode(written + "=" * (-len(written) % 4)))
        expiry = claims["exp"]
        seconds = float(expiry) if isinstance(expiry, int | float) and not isinstance(expiry, bool) else math.nan
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, RecursionError):
        return None
    return seconds if math.isfinite(seconds) else None


@dataclass(frozen=True, slots=True)
class FixedToken:
    """A token that was given. There is no other."""

    token: Secret

    def current(self) -> Secret:
        """That token."""
        return self.token

    def renew(self) -> bool:
        """Never."""
        return False


class CommandToken:
    """A token that a shell command prints; the command is run when one is first needed, and again before it expires.

    Args:
        command: for the shell. What it prints on standard output is the token, but for white space around it.
        limit_s: how long it may take.
        wall: the time of day, which expiry is told in.
        clock: a time that only goes forward.
    """

    def __init__(
        self,
        command: str,
        *,
        limit_s: float = _COMMAND_LIMIT_S,
        wall: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._command = command
        self._limit_s = limit_s
        self._wall = wall
        self._clock = clock
        self._lock = threading.Lock()
        self._token: Secret | None = None
        self._problem: TokenError | None = None
        self._ended: float | None = None
        self._renew_at = math.inf

    def __repr__(self) -> str:
        return "CommandToken(...)"  # a command may have a password in it

    def current(self) -> Secret:
        """The token of the last run, or of a new one where there was none yet or the token is about to expire."""
        with self._lock:
            if self._token is None:
                self._run_unless_just_run()
            elif self._wall() >= self._renew_at:
                try:
                    self._run_unless_just_run()
                except TokenError:
                    if self._wall() >= (expires_at(self._token) or 0.0):
                        raise  # until then the old one does
            assert self._token is not None
            return self._token

    def renew(self) -> bool:
        """Run the command again, at most once a second: of many calls that were refused at once, one runs it."""
        with self._lock:
            self._run_unless_just_run()
            return True

    def _run_unless_just_run(self) -> None:
        if self._ended is None or self._clock() - self._ended >= _RENEWALS_APART_S:
            try:
                self._token, self._problem = read_output(_run(self._command, self._limit_s)), None
                self._renew_at = self._when_to_renew(self._token)
            except TokenError as problem:
                self._problem = problem
            finally:
                self._ended = self._clock()
        if self._problem is not None:
            raise TokenError(str(self._problem))  # a new one each time: an exception collects tracebacks

    def _when_to_renew(self, token: Secret) -> float:
        """Half a minute before it expires; a token that lives for less than five minutes, in the last tenth."""
        expiry = expires_at(token)
        left = 0.0 if expiry is None else expiry - self._wall()
        if expiry is None or left <= 0:
            return math.inf  # expired as it came: our clock may be wrong, so let the backend judge
        return expiry - min(_RENEWED_BEFORE_S, left / 10)


def read_output(output: str) -> Secret:
    """The token that a command has printed.

    Raises:
        TokenError: it is none.
    """
    try:
        return read_token(output)
    except ValueError as problem:
        printed = "nothing" if not output.strip() else "no token"
        raise TokenError(
            f"The command of --api-token-command printed {printed}: {problem} "
            "Let it print the token alone, on standard output."
        ) from None


def without_secrets(line: str) -> str:
    """An error message of somebody else's program, with `...` for all that may be a secret, and not too long."""
    if len(line) > _LONGEST_READ:
        line = line[:_LONGEST_READ].rpartition(" ")[0]  # no half of a secret, which might not look like one
    printable = "".join(letter if letter.isprintable() else " " for letter in line)
    shown = _SECRET_PARTS.sub(lambda part: f"{part['kept'] or part['name'] or ''}...", printable).strip()
    return shown if len(shown) <= _LONGEST_SHOWN else f"{shown[:_LONGEST_SHOWN]}..."


def _run(command: str, limit_s: float) -> str:
    """What the command prints."""
    try:
        process = subprocess.Popen(  # noqa: S602 - a shell, for pipes and variables are what one wants in it
            command,
            shell=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except (OSError, ValueError) as problem:
        raise TokenError(f"The command of --api-token-command could not be started: {problem}.") from None
    with process:
        try:
            output, errors = (text.decode(errors="replace") for text in process.communicate(timeout=limit_s))
        except subprocess.TimeoutExpired:
            raise TokenError(
                f"The command of --api-token-command took more than {limit_s:g} s. "
                "It must end by itself and cannot ask for anything: its standard input is closed."
            ) from None
        finally:
            _kill(process)
    if process.returncode != 0:
        last_line = next((line for line in reversed(errors.splitlines()) if line.strip()), "it said nothing")
        for word in output.split():  # it may have printed the token before it failed
            last_line = last_line.replace(word, "...") if len(word) >= _SHORTEST_SECRET else last_line
        shown = without_secrets(last_line)
        raise TokenError(f"The command of --api-token-command ended with exit code {process.returncode}: {shown}")
    return output


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """End it with all that it has started: a child that still holds its output open would hold us, too."""
    if process.returncode is not None:
        return
    if os.name == "posix":
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
