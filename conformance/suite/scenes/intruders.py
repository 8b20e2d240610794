"""Callers who may not call: everything is tried on a conversation while a stream is active in it."""

import base64
import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

from conformance.canary import new_word, personality
from conformance.client import Client, new_message
from conformance.events import Ping
from conformance.exchange import Exchange
from conformance.run import SHORT_PROMPT, Run
from conformance.scene import scene
from conformance.stream import CLOCK_MARGIN_S, Recording, Stream
from conformance.suite.scenes.collections import at_home, foreign_workspace
from conformance.suite.scenes.holding import LINES, Room, opened
from conformance.suite.scenes.tools import listed_with
from conformance.verdict import Unverified

__all__ = ["intruders"]

Kind = Literal["nobody", "foreigner", "stray", "foreigner at home"]
"""Who intrudes: nobody with a token; a foreign token on our path; ours on a foreign path; a foreign one on its own."""

_LATER_S = 2.0

_INTRUDING = {"personality": "Be an intruder."}

Operation = Callable[[Client, str, dict[str, Any]], Exchange]


def _open_stream(client: Client, conversation_id: str, message: dict[str, Any]) -> Exchange:
    with client.open_stream(conversation_id, message) as stream:
        return stream.exchange


OPERATIONS: dict[str, Operation] = {
    "createConversation": lambda client, _id, _message: client.create_conversation({}),
    "listConversations": lambda client, _id, _message: client.list_conversations(),
    "updateConversation": lambda client, id_, _message: client.patch_conversation(id_, _INTRUDING),
    "sendMessage": lambda client, id_, message: client.send_message(id_, message),
    "listMessages": lambda client, id_, _message: client.list_messages(id_),
    "openMessageStream": _open_stream,
    "cancelMessageStream": lambda client, id_, _message: client.cancel_stream(id_),
}
"""Each in a form that is answered with a 2xx when its caller may call."""

OF_A_CONVERSATION = [name for name in OPERATIONS if name not in ("createConversation", "listConversations")]

BAD_REQUESTS: dict[str, Operation] = {
    "createConversation": lambda client, _id, _message: client.create_conversation({"personality": 5}),
    "listConversations": lambda client, _id, _message: client.list_conversations(page=0),
    "updateConversation": lambda client, id_, _message: client.patch_conversation(id_, b"{"),
    "sendMessage": lambda client, id_, _message: client.send_message(id_, {}),
    "listMessages": lambda client, id_, _message: client.list_messages(id_, size="none"),
    "openMessageStream": lambda client, id_, _message: _open_stream(client, id_, {}),
}
"""Each in a form that is refused to everybody."""

UNKNOWN_ID = "3d9a1c52-7c0e-4a55-9d0e-2f1b6c8a4e17"


@dataclass(frozen=True)
class Attempt:
    """A call that should have come to nothing, by an intruder who calls in this way."""

    kind: Kind
    way: str
    operation: str
    message_id: str
    exchange: Exchange


@dataclass(frozen=True)
class Patched:
    """The patches of a kind of intruder, before the stream was opened, and the word that they asked replies to show."""

    kind: Kind
    word: str
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True)
class Reopened:
    """Streams that a kind of intruder asked for where none was active, and then the caller's own: a replay."""

    kind: Kind
    attempts: tuple[Attempt, ...]
    own: Recording


@dataclass(frozen=True)
class Intrusion:
    """All attempts on a conversation, the caller's own stream in it, and the list of messages afterwards.

    `cancels` came while the stream was held, nobody's before the others'; `missing` says why a kind of intruder is not
    here. `seen_from_home` is what the foreign caller sees of this conversation on their own path, afterwards.
    """

    patches: tuple[Patched, ...]
    rounds: tuple[Recording, ...]
    """The caller's own streams, of which the last one counts."""
    cancels: tuple[Attempt, ...]
    attempts: tuple[Attempt, ...]
    listing: Exchange
    missing: dict[Kind, Unverified]
    seen_from_home: Exchange | None
    reopened: tuple[Reopened, ...]
    """The last that happened, for each kind whose requests were refused, until one was in the caller's way."""

    @property
    def stream(self) -> Recording:
        """The caller's own stream, on which the cancels were tried."""
        return self.rounds[-1]

    def of(self, kind: Kind, operation: str | None = None) -> list[Attempt]:
        """The attempts of a kind of intruder; on one operation.

        Raises:
            Unverified: there is no such intruder.
        """
        if kind in self.missing:
            raise self.missing[kind]
        patches = [attempt for patched in self.patches for attempt in patched.attempts]
        every = [*patches, *self.cancels, *self.attempts]
        return [attempt for attempt in every if attempt.kind == kind and operation in (None, attempt.operation)]

    def was_cut_by(self, kind: Kind) -> bool:
        """Whether the stream ended without a final event, and after a cancel of this kind of intruder.

        Raises:
            Unverified: there is no such intruder, or it had ended by itself before anybody cancelled it.
        """
        if kind in self.missing:
            raise self.missing[kind]
        own = [attempt for attempt in self.cancels if attempt.kind == kind]
        if not any(_outlived(self.stream, attempt.exchange) for attempt in own):
            raise Unverified("of three streams none was active long enough for somebody else to cancel it")
        if not _was_cut(self.stream):
            return False
        before = [attempt for attempt in self.cancels if attempt.exchange.started < (self.stream.ended_at or 0.0)]
        return bool(before) and before[-1].kind == kind


@dataclass(frozen=True)
class _Intruder:
    kind: Kind
    way: str
    client: Client


@scene(replies=1)
def intruders(run: Run, api: Client) -> Intrusion:
    """All who may not patch a conversation; while a long stream is active in it, they try to cancel it, then the rest.

    When it is over they ask for streams of their own.
    """
    room = Room(run, api)
    conversation_id = room.conversation_id
    present, missing = _present(run, api)
    patches = tuple(_patched(present, conversation_id))
    rounds: list[Recording] = []
    attempts: list[Attempt] = []
    for lines in LINES:
        with room.active(lines) as stream:
            cancels = _cancelled(present, conversation_id, stream)
            if not attempts:
                attempts = [attempt for intruder in present for attempt in _tried(intruder, conversation_id)]
            recording = stream.finish()
        # A lock that a request for a stream may have left now is not told from this stream's own. See `_reopened`.
        api.cancel_stream(conversation_id)
        rounds.append(recording)
        if _was_cut(recording) or all(_outlived(recording, cancel.exchange) for cancel in cancels):
            break
    listing = listed_with(api, recording)
    seen = None
    if "foreigner at home" not in missing:
        seen = run.client("foreign").list_messages(conversation_id, size=100)
    reopened = tuple(_reopened(run, api, present, attempts, recording))
    return Intrusion(patches, tuple(rounds), tuple(cancels), tuple(attempts), listing, missing, seen, reopened)


def _present(run: Run, api: Client) -> tuple[list[_Intruder], dict[Kind, Unverified]]:
    """The intruders that there are, those without a token first, and why others are not there."""
    present = [_Intruder("nobody", way, client) for way, client in _nobody(api)]
    missing: dict[Kind, Unverified] = {}

    def enter(kind: Kind, way: str, find: Callable[[], Client]) -> None:
        try:
            present.append(_Intruder(kind, way, find()))
        except Unverified as why:
            missing[kind] = why

    enter("foreigner", "a foreign token", lambda: run.client("foreign").in_workspace(run.settings.workspace_id))
    enter("stray", "a foreign path", lambda: api.in_workspace(foreign_workspace(run)))
    enter("foreigner at home", "a foreign token on its own path", lambda: at_home(run))
    return present, missing


def _nobody(api: Client) -> Iterator[tuple[str, Client]]:
    """Clients without a token, or with something that is none, by what they send."""
    yield "no Authorization", api.with_authorization(None)
    yield "a word for a token", api.with_authorization("Bearer not-a-token")
    yield "another scheme", api.with_authorization("Basic dXNlcjpwYXNz")
    yield "an empty token", api.with_authorization("Bearer")
    for way, token in _forged(api.token or ""):
        api.redact.hide(token, "$FORGED_TOKEN")
        yield way, api.with_authorization(f"Bearer {token}")


def _forged(token: str) -> Iterator[tuple[str, str]]:
    """Of a JWT, such as its server has not signed."""
    parts = token.split(".")
    if len(parts) != 3 or not parts[0].startswith("eyJ") or not parts[2]:
        return
    header, claims, signature = parts
    # The first character: of the last one some bits may count for nothing.
    yield "another signature", f"{header}.{claims}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"
    yield "no signature", f"{_base64({'alg': 'none', 'typ': 'JWT'})}.{claims}."
    with suppress(ValueError):
        changed = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4))) | {"conformance": True}
        yield "other claims", f"{header}.{_base64(changed)}.{signature}"


def _base64(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _outlived(stream: Recording, call: Exchange) -> bool:
    """Whether something came clearly after this call was answered; or the stream was cut, which may be its doing."""
    said = [arrival.at for arrival in stream.arrivals if not isinstance(arrival.reading, Ping)]
    if any(at > call.finished + CLOCK_MARGIN_S for at in said):
        return True
    return _was_cut(stream) and stream.was_open_at(call.started)


def _was_cut(stream: Recording) -> bool:
    return stream.ran_to_its_end and not stream.finals


def _patched(present: Iterable[_Intruder], conversation_id: str) -> Iterator[Patched]:
    """Each patches: the stream that comes next would show it. At home this may be a conversation of their own."""
    for kind, some in _by_kind(present):
        word = new_word()

        def patch(client: Client, id_: str, _message: object, word: str = word) -> Exchange:
            return client.patch_conversation(id_, personality(word))

        attempts = [_try(intruder, "updateConversation", conversation_id, patch) for intruder in some]
        yield Patched(kind, word, tuple(attempts))


def _reopened(
    run: Run, api: Client, present: Iterable[_Intruder], attempts: Iterable[Attempt], done: Recording
) -> Iterator[Reopened]:
    """Each asks for a stream; after each kind, whether that of the caller gets through. It costs no reply: a replay."""

    def replayed() -> Recording:
        return opened(run, api, done.conversation_id, message=dict(done.message)).last

    streams = [attempt for attempt in attempts if attempt.operation == "openMessageStream"]
    let_in = {attempt.kind for attempt in streams if attempt.exchange.status not in (401, 403, 404)}
    with suppress(Unverified):  # such as a budget that is spent: what was recorded before is not lost with it
        if not done.reply or replayed().status != 200:
            return
        for kind, some in _by_kind(present):
            if kind in let_in:  # which says all, and might cost replies
                continue
            tried = [_try(intruder, "openMessageStream", done.conversation_id) for intruder in some]
            yield (found := Reopened(kind, tuple(tried), replayed()))
            if found.own.status != 200:
                return


def _by_kind(present: Iterable[_Intruder]) -> Iterator[tuple[Kind, list[_Intruder]]]:
    """The intruders on the path of the caller's conversation, and the caller's strays, by their kind."""
    kinds: tuple[Kind, ...] = ("nobody", "foreigner", "stray")
    for kind in kinds:
        if some := [intruder for intruder in present if intruder.kind == kind]:
            yield kind, some


def _cancelled(present: Iterable[_Intruder], conversation_id: str, stream: Stream) -> list[Attempt]:
    """Each tries to cancel the stream. After nobody's tries it has time to end, to tell who ended it."""
    cancels: list[Attempt] = []
    for intruder in present:
        if intruder.kind != "nobody" and cancels[-1].kind == "nobody":
            _wait_for_more(stream, cancels[-1].exchange.finished)
        cancels.append(_try(intruder, "cancelMessageStream", conversation_id))
    return cancels


def _wait_for_more(stream: Stream, moment: float) -> None:
    """Of a stream that has deltas, wait for one that came clearly after the moment, or for the stream's end."""
    deadline = time.monotonic() + _LATER_S
    while (deltas := stream.record().deltas) and time.monotonic() < deadline and stream.ending is None:
        if deltas[-1].at > moment + CLOCK_MARGIN_S:
            return
        time.sleep(CLOCK_MARGIN_S / 5)


def _tried(intruder: _Intruder, conversation_id: str) -> Iterator[Attempt]:
    """Everything but a cancel; without a token also in bad form, since that is judged later, if at all."""
    if intruder.kind == "foreigner at home":
        first = _try(intruder, "listMessages", conversation_id)
        yield first
        if first.exchange.status is not None and 200 <= first.exchange.status < 300:
            return  # it may be a conversation of theirs, where each workspace has its own ids
        operations = [name for name in OF_A_CONVERSATION if name != "listMessages"]
    else:
        operations = list(OPERATIONS)
    for operation in operations:
        if operation != "cancelMessageStream":
            yield _try(intruder, operation, conversation_id)
    if intruder.kind == "nobody":
        for operation, send in BAD_REQUESTS.items():
            yield _try(intruder, operation, conversation_id, send, "a bad request")
        for operation in OF_A_CONVERSATION:
            yield _try(intruder, operation, UNKNOWN_ID, OPERATIONS[operation], "an unknown conversation")


def _try(
    intruder: _Intruder, operation: str, conversation_id: str, send: Operation | None = None, form: str = ""
) -> Attempt:
    message = new_message(SHORT_PROMPT)
    exchange = (send or OPERATIONS[operation])(intruder.client, conversation_id, message)
    way = f"{intruder.way}, {form}" if form else intruder.way
    return Attempt(intruder.kind, way, operation, message["id"], exchange)
