"""One recorded call: what was sent, what came back, when, and how to send it again. No I/O, and no secrets."""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit


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
    events: tuple[tuple[float, str, str], ...] = ()
    """Of a stream: when each event came (seconds of `time.monotonic()`), its name and its data."""
    repeated: bool = False
    """An earlier try of this call may have been carried out although its answer was lost: it proves nothing."""

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


def curl_line(
    method: str,
    url: str,
    *,
    authorization: str | None,
    body: str | None,
    stream: bool = False,
    content_type: str | None = "application/json",
    headers: Mapping[str, str] | None = None,
) -> str:
    """The call as a line for a shell in which `TOKEN` is set. No argument may hold a secret itself.

    A header value that begins with `$` is a variable of that shell.
    """
    words = ["curl"]
    if stream:
        words.append("-N")  # show each event as it comes
    words += ["-X", method, shlex.quote(url)]
    given = {**({} if authorization is None else {"Authorization": authorization}), **(headers or {})}
    for name, value in given.items():
        header = f"{name}: {value}"
        words += ["-H", f'"{header}"' if value.removeprefix("Bearer ").startswith("$") else shlex.quote(header)]
    if body is not None:
        if content_type is not None:
            words += ["-H", shlex.quote(f"Content-Type: {content_type}")]
        words += ["--data-binary" if "\n" in body else "-d", shlex.quote(body)]
    return " ".join(words)
