"""A client for what is not measured: it prepares servers, and looks whether their answers are right."""

from __future__ import annotations

import http.client
import json
import uuid
from dataclasses import dataclass
from typing import Any

from bench.calls import FRESH_ID, Request, create
from bench.results import Unmeasured

_PATIENCE_S = 120
"""The first request to a big workspace takes long, and is none of those that are measured."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that was a 2xx."""

    status: int
    media_type: str
    body: bytes

    @property
    def json(self) -> Any:
        """The body's value."""
        return json.loads(self.body)


class Client:
    """One connection to a server on this machine; a context manager."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE_S)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def ask(self, request: Request) -> Answer:
        """The answer to a request.

        Raises:
            Unmeasured: it was no 2xx, or none came.
        """
        headers = {"Authorization": f"Bearer {request.token}"}
        if request.body:
            headers["Content-Type"] = "application/json"
        body = request.body.replace(FRESH_ID, str(uuid.uuid4()))
        try:
            self._connection.request(request.method, request.path, body or None, headers)
            response = self._connection.getresponse()
            answer = Answer(response.status, response.getheader("Content-Type", ""), response.read())
        except (OSError, http.client.HTTPException) as error:
            raise Unmeasured(f"{request.method} {request.path} was not answered: {error!r}.") from None
        if not 200 <= answer.status < 300:
            shown = answer.body[:200].decode(errors="replace")
            raise Unmeasured(f"{request.method} {request.path} was answered {answer.status}: {shown}")
        return answer

    def new_conversations(self, count: int) -> list[str]:
        """The ids of that many new conversations; of a server that answers the same again and again, that one."""
        return [str(self.ask(create()).json["id"]) for _ in range(count)]
