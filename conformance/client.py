"""A thin HTTP client for the seven operations: it sends what it is told, judges nothing and records every call.

Each method answers with an `Exchange` (`open_stream` with a `Stream`), whatever the status. Safe to use from
several threads: each call that runs beside another has a connection of its own.

`Client._send` is the one function that every call passes: the budget of replies, the limit of calls a second and
what is sent again are enforced there and nowhere else.
"""

import copy
import json
import re
import ssl
import time
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, NamedTuple
from urllib.parse import quote

import httpx

from conformance import events, sse
from conformance.exchange import Exchange, curl_line
from conformance.ledger import Ledger
from conformance.redaction import TOKEN_STAND_IN, Redactor, Secret
from conformance.stream import Opened, Stream
from conformance.tokens import FixedToken, TokenError, TokenSource
from conformance.verdict import NoAnswer, Unverified

_STREAMS = "message-streams"
_SECRET_HEADERS = ("set-cookie",)
_MOST_TRIES = 3
_TRY_AGAIN = (502, 503, 504)
_GENERATING = ("messages", _STREAMS)

Body = Mapping[str, Any] | bytes | None


def new_message(text: str) -> dict[str, Any]:
    """A user message as a client makes it: a fresh UUID as its id, and a timestamp with neither fraction nor offset."""
    created_at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return {"id": str(uuid.uuid4()), "text": text, "createdAt": created_at}


@dataclass(frozen=True)
class Conduct:
    """How the kit behaves towards a backend: the same for all its callers. Times are seconds."""

    request_timeout_s: float = 10.0
    """How long a call may take that needs no model."""
    reply_timeout_s: float = 60.0
    """How long a reply may take, and the gap between two events of a stream."""
    max_rps: float | None = None
    """Calls a second that all processes of the run together may send."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Sent with each call."""
    user_agent: str = "conversations-conformance"
    read_event: Callable[[sse.Event], events.StreamEvent] = events.read_event

    @property
    def stream_timeout_s(self) -> float:
        """How long a stream may run in all, so that one without an end does not hold the run."""
        return max(3 * self.reply_timeout_s, 60.0)


class Call(NamedTuple):
    """One call as it is asked for: `path` follows the workspace, `query` has no `?`."""

    method: str
    path: str
    body: Body = None
    query: str = ""
    content_type: str | None = "application/json"
    accept: str | None = None

    @property
    def opens_stream(self) -> bool:
        """Whether a good answer to it is a stream."""
        return self.method == "POST" and self.path.endswith(f"/{_STREAMS}")

    @property
    def generates(self) -> bool:
        """Whether it may make the backend generate a reply."""
        return self.method == "POST" and self.path.rpartition("/")[2] in _GENERATING

    @property
    def content(self) -> bytes | None:
        """The body as it is sent."""
        if self.body is None or isinstance(self.body, bytes):
            return self.body
        return json.dumps(self.body).encode()

    @property
    def ids(self) -> tuple[str, str]:
        """The conversation and the message that it is about; "" for what it does not have."""
        parts = self.path.split("/")
        message = self.body.get("id") if isinstance(self.body, Mapping) else None
        return parts[2] if len(parts) > 2 else "", message if isinstance(message, str) else ""


class _Answered(NamedTuple):
    """An answer whose body is still to be read."""

    call: Call
    request: httpx.Request
    response: httpx.Response
    sent: float
    repeated: bool


class Client:
    """One caller of one workspace. A path prefix in `base_url` is kept; `exchanges` are all calls, as they ended.

    A 429 is waited out as its `Retry-After` says. A connection that breaks and a 502, 503 or 504 are tried again,
    twice at most and with the same body, thus with the same message id; the exchange then says `repeated`.

    Raises:
        NoAnswer: from every method, when the backend is silent for too long or the connection fails.
        Unaffordable: from the methods that make a reply, when the budget is spent.
        Unverified: from every method, when 429 is all there is for as long as a reply may take.
    """

    def __init__(
        self,
        base_url: str,
        *,
        token: str | TokenSource,
        workspace_id: str,
        conduct: Conduct | None = None,
        ledger: Ledger | None = None,
        redactor: Redactor | None = None,
        stand_in: str = TOKEN_STAND_IN,
        exchanges: list[Exchange] | None = None,
    ) -> None:
        self.exchanges: list[Exchange] = [] if exchanges is None else exchanges
        self.workspace_id = workspace_id
        self.conduct = conduct or Conduct()
        self.redact = redactor or Redactor()
        for name, value in self.conduct.headers.items():
            if _may_be_secret(name):
                self.redact.hide(value, _variable(name))
        self._base = base_url.rstrip("/")
        self._ledger = ledger
        self._token: TokenSource | None = FixedToken(Secret(token)) if isinstance(token, str) else token
        self._authorization: str | None = None  # what is sent in place of the token's
        self._stand_in = stand_in
        self._lists = False  # whether this caller was let in once
        self._http = httpx.Client(
            verify=_tls(),
            # A server closes idle connections too. Giving them up first avoids sending on one that is just closing,
            # which would look like a backend that does not answer.
            limits=httpx.Limits(max_connections=None, keepalive_expiry=1.0),
            # Each call stands for itself: a cookie could let a call without a token in.
            cookies=CookieJar(policy=DefaultCookiePolicy(allowed_domains=[])),
            headers={
                "User-Agent": self.conduct.user_agent,
                "Accept-Encoding": "identity",  # a compressed stream may arrive in other pieces than it was sent
                **self.conduct.headers,
            },
        )

    def with_authorization(self, authorization: str | None) -> "Client":
        """The same client sending this `Authorization` header, or none. For refused calls: it is recorded as it is."""
        other = copy.copy(self)
        other._token, other._authorization = None, authorization
        return other

    def in_workspace(self, workspace_id: str) -> "Client":
        """The same caller on the paths of another workspace."""
        other = copy.copy(self)
        other.workspace_id = workspace_id
        other._lists = False  # a 401 there says nothing of the token
        return other

    def patient(self, **changes: Any) -> "Client":
        """The same client with another conduct, such as `request_timeout_s=5`."""
        other = copy.copy(self)
        other.conduct = replace(self.conduct, **changes)
        return other

    def close(self) -> None:
        """Close the idle connections. Open streams are closed by whoever opened them."""
        self._http.close()

    def create_conversation(self, body: Body = None) -> Exchange:
        """`POST /conversations`, without any body for None."""
        return self.call(Call("POST", "/conversations", body))

    def list_conversations(self, page: int | str | None = None, size: int | str | None = None) -> Exchange:
        """`GET /conversations`; None leaves a parameter out."""
        return self.call(Call("GET", "/conversations", query=_query(page, size)))

    def patch_conversation(self, conversation_id: str, body: Body) -> Exchange:
        """`PATCH /conversations/{conversationId}`."""
        return self.call(Call("PATCH", conversation_path(conversation_id), body))

    def send_message(self, conversation_id: str, message: Body) -> Exchange:
        """`POST /conversations/{conversationId}/messages`: answers when the reply is complete."""
        return self.call(Call("POST", conversation_path(conversation_id, "messages"), message))

    def list_messages(
        self, conversation_id: str, page: int | str | None = None, size: int | str | None = None
    ) -> Exchange:
        """`GET /conversations/{conversationId}/messages`; None leaves a parameter out."""
        return self.call(Call("GET", conversation_path(conversation_id, "messages"), query=_query(page, size)))

    def open_stream(self, conversation_id: str, message: Body) -> Stream:
        """`POST /conversations/{conversationId}/message-streams`: answers when the headers are there.

        Use the stream as a context manager, or close it. An answer other than 200 is a stream without events.
        """
        return self._open(conversation_id, Call("POST", conversation_path(conversation_id, _STREAMS), message))

    def fetch_stream(self, conversation_id: str) -> Stream:
        """`GET /conversations/{conversationId}/message-streams`, which there is not: if it is answered, maybe for ever.

        Use it as `open_stream`.
        """
        return self._open(conversation_id, Call("GET", conversation_path(conversation_id, _STREAMS)))

    def _open(self, conversation_id: str, call: Call) -> Stream:
        answered = self._send(call)
        return Stream(
            Opened(
                conversation_id,
                call.body if isinstance(call.body, Mapping) else {},
                answered.response,
                self._record(answered.call, answered.request, answered.sent, answered.response, answered.repeated),
            ),
            read_event=self.conduct.read_event,
            idle_timeout_s=self.conduct.reply_timeout_s,
            total_timeout_s=self.conduct.stream_timeout_s,
            redact=self.redact,
            on_close=lambda exchange: self._note_stream(answered.call, exchange),
        )

    def _note_stream(self, call: Call, exchange: Exchange) -> None:
        """Record a stream that is over. Where it had its final message, the same id again costs nothing."""
        self.exchanges.append(exchange)
        if self._ledger and any(name == "message" for _, name, _ in exchange.events):
            self._ledger.note_answered(*call.ids)

    def cancel_stream(self, conversation_id: str) -> Exchange:
        """`DELETE /conversations/{conversationId}/message-streams`."""
        return self.call(Call("DELETE", conversation_path(conversation_id, _STREAMS)))

    def call(self, call: Call) -> Exchange:
        """Any call, answered in one piece."""
        return self._finish(self._send(call))

    @property
    def token(self) -> Secret | None:
        """The token that the next call sends, if it sends one."""
        return None if self._token is None else self._token.current()

    @property
    def _shown_authorization(self) -> str | None:
        return None if self._authorization is None else self.redact(self._authorization)

    def warm_up(self, connections: int) -> None:
        """Have so many idle connections, so that calls of a race begin together instead of with a handshake."""
        with ThreadPoolExecutor(connections) as pool:
            list(pool.map(lambda _: self.list_conversations(size=1), range(connections)))

    def _send(self, call: Call) -> _Answered:
        """Send until there is an answer that counts; its body is still to be read."""
        spends = self._spends_a_reply(call)
        if spends and self._ledger:
            self._ledger.spend_reply()
        try:
            answered = self._try(call)
        except NoAnswer:
            raise  # it may have been carried out: the reply stays spent
        except (Unverified, httpx.InvalidURL):
            if spends and self._ledger:
                self._ledger.refund_reply()
            raise
        if call.generates and self._ledger:
            if answered.response.is_success and not call.opens_stream:
                self._ledger.note_answered(*call.ids)
            elif spends and answered.response.is_client_error and not answered.repeated:
                self._ledger.refund_reply()
        return answered

    def _spends_a_reply(self, call: Call) -> bool:
        return call.generates and not (self._ledger and all(call.ids) and self._ledger.is_answered(*call.ids))

    def _try(self, call: Call) -> _Answered:
        patience_s = self.conduct.reply_timeout_s if call.generates else self.conduct.request_timeout_s
        give_up = time.monotonic() + max(patience_s, self.conduct.reply_timeout_s)
        repeated = renewed = False
        tries = 1
        while True:
            request = self._request(call, patience_s)
            if self.conduct.max_rps and self._ledger:
                self._ledger.wait_for_slot(self.conduct.max_rps)
            sent = time.monotonic()
            try:
                response = self._http.send(request, stream=True)
            except httpx.HTTPError as problem:
                if tries >= _MOST_TRIES or isinstance(problem, httpx.TimeoutException):
                    raise self._no_answer(call, request, sent, problem) from None
                # A connection that was never made carried nothing out.
                repeated = repeated or not isinstance(problem, httpx.ConnectError)
                wait_s = 0.2 * tries
                self._note_try(call, request, sent, note=_told(problem))
            else:
                answered = _Answered(call, request, response, sent, repeated)
                if response.status_code == 401 and not renewed and self._token and self._token.renew():
                    renewed, wait_s = True, 0.0
                elif response.status_code == 401 and self._has_lost_its_token():
                    refused = self._finish(answered)
                    raise Unverified(
                        f"the token is taken no more ({refused}): give a fresh one, or --api-token-command, "
                        "which is run again when a token has expired"
                    )
                elif response.status_code == 429:
                    wait_s = max(_retry_after_s(response, 1.0), 0.1)  # some say 0
                    if time.monotonic() + wait_s > give_up:
                        raise Unverified(f"the backend kept its limit of calls up: {self._finish(answered)}")
                    tries -= 1  # it is asked for, and no failure
                elif response.status_code in _TRY_AGAIN and tries < _MOST_TRIES:
                    repeated, wait_s = True, min(_retry_after_s(response, 0.5 * tries), 10.0)
                else:
                    self._lists = self._lists or (call.path == "/conversations" and response.is_success)
                    return answered
                self._finish(answered, note="sent again")
            tries += 1
            if self._ledger:
                self._ledger.note_repeated()
            time.sleep(wait_s)

    def _shown_headers(self) -> dict[str, str]:
        """The user's own headers as a shell takes them."""
        return {
            name: _variable(name) if _may_be_secret(name) else value for name, value in self.conduct.headers.items()
        }

    def _has_lost_its_token(self) -> bool:
        """Whether even the list, which this caller could read, is refused by now."""
        if self._token is None or not self._lists:
            return False
        listing = Call("GET", "/conversations", query="size=1")
        try:
            response = self._http.send(self._request(listing, self.conduct.request_timeout_s))
        except httpx.HTTPError:
            return False
        return response.status_code == 401

    def _request(self, call: Call, patience_s: float) -> httpx.Request:
        headers = httpx.Headers()  # not a dict, which would show the token in a traceback
        if self._token is not None:
            token = self._current_token(self._token)
            self.redact.hide(token, self._stand_in)
            headers["Authorization"] = f"Bearer {token}"
        elif self._authorization is not None:
            headers["Authorization"] = self._authorization
        if call.opens_stream:
            # A stream's connection is its own: closing it at any moment must not hit a later call on it.
            headers["Connection"] = "close"
        if call.body is not None and call.content_type is not None:
            headers["Content-Type"] = call.content_type
        if call.accept is not None:
            headers["Accept"] = call.accept
        return self._http.build_request(
            call.method,
            self._url(call),
            headers=headers,
            content=call.content,
            timeout=httpx.Timeout(patience_s, connect=min(10.0, patience_s)),
        )

    @staticmethod
    def _current_token(source: TokenSource) -> str:
        try:
            return source.current()
        except TokenError as problem:
            raise Unverified(str(problem)) from None

    def _url(self, call: Call) -> str:
        root = f"{self._base}/api/v1/workspaces/{quote(self.workspace_id, safe='')}{call.path}"
        return f"{root}?{call.query}" if call.query else root

    def _finish(self, answered: _Answered, note: str = "") -> Exchange:
        call, request, response, sent, repeated = answered
        # The timeout of httpx is for each read; a body that trickles in must not hold the run either.
        patience_s = self.conduct.reply_timeout_s if call.generates else self.conduct.request_timeout_s
        give_up = sent + 2 * patience_s
        pieces = []
        try:
            for piece in response.iter_bytes():
                pieces.append(piece)
                if time.monotonic() > give_up:
                    raise httpx.ReadTimeout("the body did not come to an end")
        except httpx.HTTPError as problem:
            raise self._no_answer(call, request, sent, problem) from None
        finally:
            response.close()
        body = b"".join(pieces).decode("utf-8", "replace")
        exchange = self._record(call, request, sent, response, repeated, body=body, note=note)
        self.exchanges.append(exchange)
        return exchange

    def _no_answer(self, call: Call, request: httpx.Request, sent: float, problem: Exception) -> NoAnswer:
        return NoAnswer(self._note_try(call, request, sent, note=_told(problem)))

    def _note_try(self, call: Call, request: httpx.Request, sent: float, note: str) -> Exchange:
        exchange = self._record(call, request, sent, None, False, note=note)
        self.exchanges.append(exchange)
        return exchange

    def _record(
        self,
        call: Call,
        request: httpx.Request,
        sent: float,
        response: httpx.Response | None,
        repeated: bool,
        *,
        body: str = "",
        note: str = "",
    ) -> Exchange:
        url = self.redact(str(request.url))
        request_body = None if call.content is None else self.redact(call.content.decode("utf-8", "backslashreplace"))
        return Exchange(
            method=request.method,
            url=url,
            request_body=request_body,
            status=response.status_code if response else None,
            headers={
                name: "(not recorded)" if name in _SECRET_HEADERS else self.redact(value)
                for name, value in (response.headers if response else {}).items()
            },
            body=self.redact(body),
            started=sent,
            elapsed=time.monotonic() - sent,
            curl=curl_line(
                request.method,
                url,
                authorization=f"Bearer {self._stand_in}" if self._token is not None else self._shown_authorization,
                body=request_body,
                stream=call.opens_stream,
                content_type=call.content_type,
                headers=self._shown_headers() | ({} if call.accept is None else {"Accept": call.accept}),
            ),
            note=self.redact(note),
            repeated=repeated,
        )


def conversation_path(conversation_id: str, *rest: str) -> str:
    """The path of a conversation, or of what is below it, after the workspace."""
    return "/".join(["/conversations", quote(conversation_id, safe=""), *rest])


@cache
def _tls() -> ssl.SSLContext:
    """What httpx trusts, loaded once: it takes 25 ms, and a run may have many clients."""
    return httpx.create_ssl_context()


def _query(page: int | str | None, size: int | str | None) -> str:
    given = [f"{name}={value}" for name, value in (("page", page), ("size", size)) if value is not None]
    return "&".join(given)


def _retry_after_s(response: httpx.Response, otherwise: float) -> float:
    """The seconds that `Retry-After` asks for; `otherwise` where it is missing or a date."""
    value = response.headers.get("retry-after", "")
    return float(value) if value.isascii() and value.isdigit() else otherwise


def _told(problem: Exception) -> str:
    return f"{type(problem).__name__}: {problem}".rstrip(": ")


def _may_be_secret(header: str) -> bool:
    """By its name. Any other value stays as it is: hiding it would change the answers that are judged."""
    return re.search(r"auth|key|token|secret|cookie|passw|credential|signature", header, re.IGNORECASE) is not None


def _variable(header: str) -> str:
    """`X-Env` as a variable of a shell: `$X_ENV`."""
    return "$" + "".join(letter if letter.isalnum() else "_" for letter in header.upper())
