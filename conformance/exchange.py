"""One recorded call: what was sent, what came back, when, and how to send it again. No I/O, and no secrets."""

import json
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

TOKEN_STAND_IN = "$TOKEN"  # noqa: S105 - what stands where a token was
_SHORTEST_SECRET = 8


class Secret(str):
    """A token that no traceback shows: pytest prints the arguments of the functions that an error passed through."""

    __slots__ = ()

    def __repr__(self) -> str:
        return TOKEN_STAND_IN


@dataclass(frozen=True)
class Exchange:
    """One call, as a verdict and a report show it. The token is in none of its fields: `$TOKEN` stands for it.

    `status` is None when no answer came; `note` then says why. Header names are lower-case. `started` and
    `elapsed` are seconds of `time.monotonic()`, up to the last byte of the body that was read.
    """

    method: str
    url: str
    request_body: str | None
    status: int | None
    headers: Mapping[str, str]
    body: str
    started: float
    elapsed: float
    curl: str
    note: str = ""

    @property
    def finished(self) -> float:
        """When the last byte was read, in seconds of `time.monotonic()`."""
        return self.started + self.elapsed

    @property
    def media_type(self) -> str:
        """The media type of the answer without its parameters, in lower case; "" when there is none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def json(self) -> Any:
        """The body as JSON.

        Raises:
            ValueError: it is none.
        """
        return json.loads(self.body)

    def __str__(self) -> str:
        """One line: `POST .../messages -> 200 in 12 ms`, the note in brackets."""
        parts = urlsplit(self.url)
        target = f".../{parts.path.rpartition('/')[2]}" + (f"?{parts.query}" if parts.query else "")
        answer = "no answer" if self.status is None else str(self.status)
        note = f" ({self.note})" if self.note else ""
        return f"{self.method} {target} -> {answer} in {self.elapsed * 1000:.0f} ms{note}"


def redact(text: str, secrets: Iterable[str]) -> str:
    """`text` with `$TOKEN` in place of every secret.

    A secret of fewer than 8 characters is left: it guards nothing, and replacing it would spoil the record
    (a token `1` would break every number of a body).
    """
    for secret in secrets:
        if len(secret) >= _SHORTEST_SECRET:
            text = text.replace(secret, TOKEN_STAND_IN)
    return text


def curl_line(method: str, url: str, *, authorization: str | None, body: str | None, stream: bool) -> str:
    """The call as a line for a shell in which `TOKEN` is set. `authorization` must not hold the token itself."""
    words = ["curl"]
    if stream:
        words.append("-N")  # show each event as it comes
    words += ["-X", method, shlex.quote(url)]
    if authorization is not None:
        header = f"Authorization: {authorization}"
        words += ["-H", f'"{header}"' if TOKEN_STAND_IN in header else shlex.quote(header)]
    if body is not None:
        words += ["-H", "'Content-Type: application/json'", "-d", shlex.quote(body)]
    return " ".join(words)
