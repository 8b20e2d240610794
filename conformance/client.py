"""A thin HTTP client for the seven operations: it sends what it is told, judges nothing and records every call.

Each method answers with an `Exchange` (`open_stream` with a `Stream`), whatever the status. Safe to use from
several threads: each call that runs beside another has a connection of its own.
"""

import copy
import json
import ssl
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from urllib.parse import quote

import httpx

from conformance import events, sse
from conformance.exchange import TOKEN_STAND_IN, Exchange, curl_line, redact
from conformance.stream import Opened, Stream
from conformance.verdict import NoAnswer, Unverified

_STREAMS = "message-streams"
_SECRET_HEADERS = ("set-cookie",)


def new_message(text: str) -> dict[str, Any]:
    """A user message as a client makes it: a fresh UUID as its id, and a timestamp with neither fraction nor offset."""
    created_at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return {"id": str(uuid.uuid4()), "text": text, "createdAt": created_at}


class Client:
    """One caller of one workspace. A path prefix in `base_url` is kept; `exchanges` are all calls, as they ended.

    A 429 is waited out as its `Retry-After` says, and the call sent again.

    Raises:
        NoAnswer: from every method, when the backend is silent for `reply_timeout_s` or the connection fails.
        Unverified: from every method, when 429 is all there is for that long.
    """

    def __init__(
        self,
        base_url: str,
        *,
        token: str,
        workspace_id: str,
        reply_timeout_s: float = 60.0,
        read_event: Callable[[sse.Event], events.StreamEvent] = events.read_event,
    ) -> None:
        self.exchanges: list[Exchange] = []
        self._root = f"{base_url.rstrip('/')}/api/v1/workspaces/{quote(workspace_id, safe='')}"
        self._secrets = (token,)
        self._authorization: str | None = f"Bearer {token}"
        self._shown_authorization: str | None = f"Bearer {TOKEN_STAND_IN}"
        self._reply_timeout_s = reply_timeout_s
        self._read_event = read_event
        self._http = httpx.Client(
            verify=_tls(),
            timeout=httpx.Timeout(reply_timeout_s, connect=min(10.0, reply_timeout_s)),
            # A server closes idle connections too. Giving them up first avoids sending on one that is just closing,
            # which would look like a backend that does not answer.
            limits=httpx.Limits(max_connections=None, keepalive_expiry=1.0),
            # Each call stands for itself: a cookie could let a call without a token in.
            cookies=CookieJar(policy=DefaultCookiePolicy(allowed_domains=[])),
            headers={"Accept-Encoding": "identity"},  # a compressed stream may arrive in other pieces than it was sent
        )

    def with_authorization(self, authorization: str | None) -> "Client":
        """The same client sending this `Authorization` header, or none. For refused calls: it is recorded as it is."""
        other = copy.copy(self)
        other._authorization = other._shown_authorization = authorization
        return other

    def close(self) -> None:
        """Close the idle connections. Open streams are closed by whoever opened them."""
        self._http.close()

    def create_conversation(self, body: Mapping[str, Any] | None = None) -> Exchange:
        """`POST /conversations`, without any body for None."""
        return self._call("POST", "/conversations", body=body)

    def list_conversations(self, page: int | None = None, size: int | None = None) -> Exchange:
        """`GET /conversations`; None leaves a parameter out."""
        return self._call("GET", "/conversations" + _query(page, size))

    def patch_conversation(self, conversation_id: str, body: Mapping[str, Any]) -> Exchange:
        """`PATCH /conversations/{conversationId}`."""
        return self._call("PATCH", _path(conversation_id), body=body)

    def send_message(self, conversation_id: str, message: Mapping[str, Any]) -> Exchange:
        """`POST /conversations/{conversationId}/messages`: answers when the reply is complete."""
        return self._call("POST", _path(conversation_id, "messages"), body=message)

    def list_messages(self, conversation_id: str, page: int | None = None, size: int | None = None) -> Exchange:
        """`GET /conversations/{conversationId}/messages`; None leaves a parameter out."""
        return self._call("GET", _path(conversation_id, "messages") + _query(page, size))

    def open_stream(self, conversation_id: str, message: Mapping[str, Any]) -> Stream:
        """`POST /conversations/{conversationId}/message-streams`: answers when the headers are there.

        Use the stream as a context manager, or close it. An answer other than 200 is a stream without events.
        """
        request, response, sent = self._send("POST", _path(conversation_id, _STREAMS), body=message)
        return Stream(
            Opened(conversation_id, message, response, self._record(request, sent, response)),
            read_event=self._read_event,
            idle_timeout_s=self._reply_timeout_s,
            redact=self._redact,
            on_close=self.exchanges.append,
        )

    def cancel_stream(self, conversation_id: str) -> Exchange:
        """`DELETE /conversations/{conversationId}/message-streams`."""
        return self._call("DELETE", _path(conversation_id, _STREAMS))

    def _call(self, method: str, path: str, *, body: Mapping[str, Any] | None = None) -> Exchange:
        return self._finish(*self._send(method, path, body=body))

    def _send(
        self, method: str, path: str, *, body: Mapping[str, Any] | None
    ) -> tuple[httpx.Request, httpx.Response, float]:
        """Send until the answer is something other than 429; the body of the answer is still to be read."""
        headers = httpx.Headers()  # not a dict, which would show the token in a traceback
        if self._authorization is not None:
            headers["Authorization"] = self._authorization
        if _opens_stream(method, path):
            # A stream's connection is its own: closing it at any moment must not hit a later call on it.
            headers["Connection"] = "close"
        content = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            content = json.dumps(body)
        give_up = time.monotonic() + self._reply_timeout_s
        while True:
            request = self._http.build_request(method, self._root + path, headers=headers, content=content)
            sent = time.monotonic()
            try:
                response = self._http.send(request, stream=True)
            except httpx.HTTPError as problem:
                raise self._no_answer(request, sent, problem) from None
            if response.status_code != 429:
                return request, response, sent
            refused = self._finish(request, response, sent)
            wait_s = _retry_after_s(refused)
            if time.monotonic() + wait_s > give_up:
                raise Unverified(f"the backend kept its limit of calls up: {refused}")
            time.sleep(max(wait_s, 0.1))  # some say 0

    def _finish(self, request: httpx.Request, response: httpx.Response, sent: float) -> Exchange:
        try:
            response.read()
        except httpx.HTTPError as problem:
            raise self._no_answer(request, sent, problem) from None
        finally:
            response.close()
        body = response.content.decode("utf-8", "replace")
        exchange = self._record(request, sent, response, body=body)
        self.exchanges.append(exchange)
        return exchange

    def _no_answer(self, request: httpx.Request, sent: float, problem: Exception) -> NoAnswer:
        exchange = self._record(request, sent, note=f"{type(problem).__name__}: {problem}".rstrip(": "))
        self.exchanges.append(exchange)
        return NoAnswer(exchange)

    def _record(
        self,
        request: httpx.Request,
        sent: float,
        response: httpx.Response | None = None,
        *,
        body: str = "",
        note: str = "",
    ) -> Exchange:
        url = self._redact(str(request.url))
        request_body = self._redact(request.content.decode()) or None
        return Exchange(
            method=request.method,
            url=url,
            request_body=request_body,
            status=response.status_code if response else None,
            headers={
                name: "(not recorded)" if name in _SECRET_HEADERS else self._redact(value)
                for name, value in (response.headers if response else {}).items()
            },
            body=self._redact(body),
            started=sent,
            elapsed=time.monotonic() - sent,
            curl=curl_line(
                request.method,
                url,
                authorization=self._shown_authorization,
                body=request_body,
                stream=_opens_stream(request.method, request.url.path),
            ),
            note=self._redact(note),
        )

    def _redact(self, text: str) -> str:
        return redact(text, self._secrets)


@cache
def _tls() -> ssl.SSLContext:
    """What httpx trusts, loaded once: it takes 25 ms, and a run may have many clients."""
    return httpx.create_ssl_context()


def _path(conversation_id: str, *rest: str) -> str:
    return "/".join(["/conversations", quote(conversation_id, safe=""), *rest])


def _opens_stream(method: str, path: str) -> bool:
    return method == "POST" and path.endswith(f"/{_STREAMS}")


def _query(page: int | None, size: int | None) -> str:
    given = [f"{name}={value}" for name, value in (("page", page), ("size", size)) if value is not None]
    return "?" + "&".join(given) if given else ""


def _retry_after_s(exchange: Exchange) -> float:
    """The seconds that `Retry-After` asks for; 1 where it is missing or a date."""
    value = exchange.headers.get("retry-after", "")
    return float(value) if value.isascii() and value.isdigit() else 1.0
