"""Turns at `/messages`, replays at both endpoints, and requests that are refused and then put right.

Scenes of one conversation are played one after the other. Where a later one is not about what an earlier one shows, it
lets the earlier one come first (`let_first`) and goes on whatever has come of that.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, ParamSpec, TypeVar

import pytest

from conformance.client import Body, Client, new_message
from conformance.exchange import Exchange
from conformance.expect import expect_conversation, expect_message, once_unlocked
from conformance.run import SHORT_PROMPT, Run
from conformance.scene import scene
from conformance.stream import Recording
from conformance.suite.scenes.steering import Replaced
from conformance.suite.scenes.streams import (
    LINES,
    Freed,
    StreamedTurn,
    held,
    opened,
    settled,
)
from conformance.verdict import NoAnswer, Unverified, Violation

__all__ = [
    "bad_messages",
    "bad_streams",
    "busy_conversation",
    "colleague_in_mine",
    "colleague_with_my_ids",
    "late_replay",
    "more_turns",
    "plain_replay",
    "plain_turn",
    "refused_then_right",
    "refused_then_right_plain",
    "reused_id",
    "reworded_replay",
    "second_turn",
    "stream_replay",
    "streamed_replay",
    "twins",
]

CONTEXT: Final = [
    {"id": 7, "content": "The bakery opens at six.", "category_name": "Opening hours"},
    {"id": -3, "content": "It is closed on Mondays."},
]
CONTEXT_SIZE: Final = 20_000
"""More than where nothing is said."""

ODD_DATE: Final = "2019-02-03T04:05:06"
"""A client's clock that is far off."""

_EXACT_TEXT: Final = (
    " \t Reply with OK. \r\nThis <b>must</b> stay as it is: &amp; \"quoted\" 'single' \\n %s {{0}} 100 % sure\n\n"
    "cafe\u0301 \u212b \ufb01ne na\u00efve \u00df\u0130 \u6771\u4eac \u043c\u0438\u0440 \u0634\u0643\u0631 "
    "\u200d\u200b\u00a0 \U0001f469\u200d\U0001f680\U0001f1e9\U0001f1ea \U00020bb7 https://example.com/?a=1&b=%20#c\n"
    + "".join(f"Line {number} says nothing.\n" for number in range(1, 121))
    + "Reply with OK. (conformance run {run_id})  \n\n"
)
"""Whatever storing does to a text shows in this one: trim, escape, normalise, cut, convert. Some 3,000 characters."""

_TURNS_THAT_ARE_FREE = 12
_WITH_NUL = 1
_TWINS_THAT_ARE_FREE = 3

Said = tuple[Mapping[str, Any], Mapping[str, Any]]
"""A message of the user and the reply to it."""

P = ParamSpec("P")
A = TypeVar("A", Exchange, Recording)


@dataclass(frozen=True)
class Turn:
    """A message that was sent, the call that answered it, and the list of messages afterwards."""

    conversation_id: str
    message: dict[str, Any]
    answer: Exchange
    listing: Exchange

    @property
    def reply(self) -> dict[str, Any]:
        """The assistant's reply."""
        return expect_message("MSG-1", self.answer)


@dataclass(frozen=True)
class SecondTurn(Turn):
    """A turn with all that a message may have; where that was refused, with as much of it as was taken."""

    before: Exchange
    """The list just before it."""
    tries: tuple[tuple[Mapping[str, Any], Exchange], ...]

    def with_field(self, name: str) -> Exchange:
        """The answer that tells whether a message with this field is taken."""
        return [answer for message, answer in self.tries if name in message][-1]


@dataclass(frozen=True)
class Replays:
    """The same id sent again to `/messages`, and the list of messages before and after."""

    before: Exchange
    answers: tuple[Exchange, ...]
    after: Exchange


@dataclass(frozen=True)
class StreamReplays:
    """An id that has a reply, sent to `/message-streams`: as it was, once more, and reworded; then the list."""

    first: Recording
    second: Recording
    reworded: Recording
    listing: Exchange


@dataclass(frozen=True)
class LateReplay:
    """The first turn's id again at both endpoints, after another turn; then the list."""

    plain: Exchange
    stream: Recording
    listing: Exchange


@dataclass(frozen=True)
class StreamedReplay:
    """The id of a streamed turn at both endpoints; then the list."""

    plain: Exchange
    stream: Recording
    listing: Exchange


@dataclass(frozen=True)
class Flaw:
    """What is wrong with a message: fields that are changed (`MISSING`: taken out), or a body in its place."""

    clause: str
    name: str
    changes: Mapping[str, Any]
    body: bytes | None = None

    def applied(self, message: Mapping[str, Any]) -> Body:
        """The message with this flaw."""
        if not self.changes:
            return self.body
        changed = {**message, **self.changes}
        return {name: value for name, value in changed.items() if value is not MISSING}


MISSING: Final = object()


def _context(*entries: object) -> dict[str, Any]:
    return {"additionalContext": list(entries)}


FLAWS: Final = (
    Flaw("MSG-4", "no text", {"text": MISSING}),
    Flaw("MSG-4", "text is null", {"text": None}),
    Flaw("MSG-4", "text is a number", {"text": 5}),
    Flaw("MSG-4", "no id", {"id": MISSING}),
    Flaw("MSG-4", "id is null", {"id": None}),
    Flaw("MSG-4", "id is a number", {"id": 5}),
    Flaw("MSG-4", "no createdAt", {"createdAt": MISSING}),
    Flaw("MSG-4", "createdAt is null", {"createdAt": None}),
    Flaw("MSG-4", "createdAt is a number", {"createdAt": 1_777_777_777}),
    Flaw("MSG-4", "no body", {}),
    Flaw("MSG-4", "body is an array", {}, b"[]"),
    Flaw("MSG-4", "body is null", {}, b"null"),
    Flaw("MSG-7", "entry without id", _context({"content": "Six."})),
    Flaw("MSG-7", "entry id is a string", _context({"id": "7", "content": "Six."})),
    Flaw("MSG-7", "entry id is null", _context({"id": None, "content": "Six."})),
    Flaw("MSG-7", "entry id is a fraction", _context({"id": 1.5, "content": "Six."})),
    Flaw("MSG-7", "entry id is true", _context({"id": True, "content": "Six."})),
    Flaw("MSG-7", "entry without content", _context({"id": 7})),
    Flaw("MSG-7", "entry content is null", _context({"id": 7, "content": None})),
    Flaw("MSG-7", "entry content is a number", _context({"id": 7, "content": 6})),
    Flaw("MSG-7", "category_name is a number", _context({"id": 7, "content": "Six.", "category_name": 5})),
    Flaw("MSG-7", "second entry without content", _context({"id": 7, "content": "Six."}, {"id": 8})),
    Flaw("MSG-7", "entry is a string", _context("Six.")),
    Flaw("MSG-7", "entry is null", _context(None)),
    Flaw("MSG-7", "entry is an array", _context([7, "Six."])),
    Flaw("MSG-7", "additionalContext is an object", {"additionalContext": {"id": 7, "content": "Six."}}),
    Flaw("MSG-7", "additionalContext is a string", {"additionalContext": "Six."}),
    Flaw("MSG-8", "contextSize is a string", {"contextSize": "16000"}),
    Flaw("MSG-8", "contextSize is a word", {"contextSize": "all"}),
    Flaw("MSG-8", "contextSize is a fraction", {"contextSize": 1.5}),
    Flaw("MSG-8", "contextSize is true", {"contextSize": True}),
    Flaw("MSG-8", "contextSize is an array", {"contextSize": [16000]}),
)
"""Of numbers those with a point and no fraction are left out: whether 1.0 is an integer is a matter of opinion."""

STREAM_FLAWS: Final = (
    "no text",
    "text is null",
    "text is a number",
    "no id",
    "id is a number",
    "no createdAt",
    "no body",
    "body is an array",
    "entry without content",
    "second entry without content",
    "additionalContext is a string",
    "contextSize is a word",
)
"""The names of those that are tried in streams too."""


@dataclass(frozen=True)
class BadRequest:
    """A message that was sent with a flaw, as it would have been without, and the answer."""

    flaw: str
    message: Mapping[str, Any]
    answer: Exchange | Unverified


@dataclass(frozen=True)
class BadRequests:
    """All bad requests of one endpoint, sent in a conversation in which nothing was said, and its list afterwards."""

    conversation_id: str
    requests: tuple[BadRequest, ...]
    listing: Exchange
    elsewhere: BadRequest | None = None
    """One that was sent to `/messages` as well."""
    conversations: Exchange | None = None
    """The first page of conversations when this one had just been made."""

    def of(self, flaw: str) -> BadRequest:
        """The one with this flaw."""
        return next(request for request in self.requests if request.flaw == flaw)


@dataclass(frozen=True)
class PutRight:
    """A message that was refused at first, then sent as a good stream; a new one where that failed; the list."""

    right: Freed
    new: Freed | None
    listing: Exchange


@dataclass(frozen=True)
class MoreTurns:
    """Messages that were sent one after the other, their answers, the list, and the same messages again."""

    messages: tuple[Mapping[str, Any], ...]
    answers: tuple[Exchange, ...]
    listing: Exchange
    replays: tuple[Exchange, ...]
    """Of those that were answered with 200."""
    may_be_refused: int | None
    """The place of one that some stores cannot keep: whether it has to be taken is not judged here."""

    @property
    def answered(self) -> list[tuple[Mapping[str, Any], dict[str, Any]]]:
        """The messages that were answered with 200, each with its reply."""
        pairs = zip(self.messages, self.answers, strict=True)
        return [(message, expect_message("MSG-1", answer)) for message, answer in pairs if answer.status == 200]


@dataclass(frozen=True)
class Twins:
    """A new message that was sent twice at the same moment, and the list before and after."""

    message: Mapping[str, Any]
    answers: tuple[Exchange | Unverified, ...]
    before: Exchange
    after: Exchange
    both_plain: bool
    """Both were sent to `/messages`; otherwise the second was sent to `/message-streams`."""


@dataclass(frozen=True)
class Busy:
    """What else was asked for while a stream was active, if it was: a replay at both endpoints, a new message."""

    active: Recording
    first: Exchange
    plain_replay: Exchange | Unverified
    stream_replay: Recording | Unverified
    new_message: Exchange | Unverified


@dataclass(frozen=True)
class Colleague:
    """What a colleague got who sent ids of mine: at `/messages`, and as a stream."""

    mine: Mapping[str, Any]
    """My reply to what was then sent to `/messages`."""
    mine_streamed: Mapping[str, Any]
    word: str | None
    """What `mine` says, and a reply in a conversation of the colleague's own does not."""
    own_list: Exchange
    """The list of the conversation, as far as the colleague may see it."""
    plain: Exchange | Unverified
    stream: Recording | Unverified


# One conversation: a plain turn, its replays, a second turn, and late replays


@scene(replies=1)
def plain_turn(run: Run, api: Client) -> Turn:
    """The first turn of a conversation: the one by which the smoke pass has measured how long a reply takes."""
    first = run.calibration.first_turn
    if first is None:
        raise Unverified("the smoke pass could not send a message")
    listing = listed(api, first.conversation_id, first.message, first.answer)
    return Turn(first.conversation_id, first.message, first.answer, listing)


@scene()
def plain_replay(api: Client, plain_turn: Turn) -> Replays:
    """The same message again, twice."""
    answers = [api.send_message(plain_turn.conversation_id, plain_turn.message) for _ in range(2)]
    return Replays(plain_turn.listing, tuple(answers), list_all(api, plain_turn.conversation_id))


@scene()
def reworded_replay(api: Client, plain_turn: Turn, request: pytest.FixtureRequest) -> Replays:
    """The same id again with another time, with context, and with another text."""
    let_first(request, "plain_replay")
    conversation_id = plain_turn.conversation_id
    before = list_all(api, conversation_id)
    answers = [api.send_message(conversation_id, reworded) for reworded in _reworded(plain_turn.message)]
    return Replays(before, tuple(answers), list_all(api, conversation_id))


@scene()
def stream_replay(run: Run, api: Client, plain_turn: Turn, request: pytest.FixtureRequest) -> StreamReplays:
    """The id as a stream, three times."""
    let_first(request, "reworded_replay")
    conversation_id, message = plain_turn.conversation_id, plain_turn.message
    *_, reworded = _reworded(message)
    first, second, third = (
        opened(run, api, conversation_id, message=body).last for body in (message, message, reworded)
    )
    return StreamReplays(first, second, third, list_all(api, conversation_id))


@scene(replies=1)
def second_turn(run: Run, api: Client, plain_turn: Turn, request: pytest.FixtureRequest) -> SecondTurn:
    """A new message with all that a message may have, by a client whose clock is far off."""
    let_first(request, "stream_replay")
    conversation_id = plain_turn.conversation_id
    size, context = {"contextSize": CONTEXT_SIZE}, {"additionalContext": CONTEXT}
    before = list_all(api, conversation_id)
    tries: list[tuple[dict[str, Any], Exchange]] = []
    for fields in ({**context, **size}, size, context, {}):
        message = {**run.message(), "createdAt": ODD_DATE, **fields}
        tries.append((message, once_unlocked(partial(api.send_message, conversation_id, message))))
        if tries[-1][1].status == 200:
            break
    message, answer = tries[-1]
    listing = listed(api, conversation_id, message, answer)
    return SecondTurn(conversation_id, message, answer, listing, before, tuple(tries))


@scene()
def late_replay(run: Run, api: Client, plain_turn: Turn, second_turn: Turn) -> LateReplay:
    """The first id again, now that it is not the newest any more. Nothing comes after this."""
    conversation_id = second_turn.conversation_id
    plain = once_unlocked(lambda: api.send_message(conversation_id, plain_turn.message))
    stream = opened(run, api, conversation_id, message=plain_turn.message).last
    return LateReplay(plain, stream, list_all(api, conversation_id))


def _reworded(message: Mapping[str, Any]) -> tuple[dict[str, Any], ...]:
    """Valid messages with this one's id: each of the other parts changed, then all."""
    time = {"createdAt": ODD_DATE}
    context = {"additionalContext": CONTEXT[:1], "contextSize": 4000}
    text = {"text": "Say hello."}
    return tuple({**message, **changes} for changes in (time, context, text, {**time, **context, **text}))


# The conversation of a streamed turn


@scene()
def streamed_replay(run: Run, api: Client, streamed_turn: StreamedTurn) -> StreamedReplay:
    """The id of the streamed turn at `/messages`, then as a stream again."""
    first = streamed_turn.stream
    plain = once_unlocked(lambda: api.send_message(first.conversation_id, first.message))
    stream = opened(run, api, first.conversation_id, message=dict(first.message)).last
    return StreamedReplay(plain, stream, list_all(api, first.conversation_id))


# Bad requests to `/messages`, one of them put right, and many turns after it


@scene()
def bad_messages(run: Run, api: Client) -> BadRequests:
    """Every flaw once, each in a message of its own."""
    conversation_id = run.make_conversation()
    conversations = api.list_conversations(size=100)
    requests = _send_flawed(run, FLAWS, lambda body: api.send_message(conversation_id, body))
    return BadRequests(conversation_id, requests, list_all(api, conversation_id), conversations=conversations)


@scene(replies=1)
def refused_then_right_plain(api: Client, bad_messages: BadRequests) -> Turn:
    """The message whose text was missing, with its text."""
    conversation_id, message = bad_messages.conversation_id, dict(bad_messages.of("no text").message)
    answer = api.send_message(conversation_id, message)
    return Turn(conversation_id, message, answer, listed(api, conversation_id, message, answer))


@scene(replies=1)
def more_turns(run: Run, api: Client, refused_then_right_plain: Turn) -> MoreTurns:
    """A message whose text is hard to keep; where replies are free, others after it; then all of them again."""
    conversation_id = refused_then_right_plain.conversation_id
    messages = [new_message(_EXACT_TEXT.format(run_id=run.id))]
    if not run.pays:
        messages.insert(_WITH_NUL, run.message("Reply with OK.\0 Nothing ends here."))
        messages += [run.message() for _ in range(_TURNS_THAT_ARE_FREE - len(messages))]
    answers = [api.send_message(conversation_id, message) for message in messages]
    listing = listed(api, conversation_id, messages[-1], answers[-1])
    answered = [message for message, answer in zip(messages, answers, strict=True) if answer.status == 200]
    replays = [api.send_message(conversation_id, message) for message in answered]
    may_be_refused = None if run.pays else _WITH_NUL
    return MoreTurns(tuple(messages), tuple(answers), listing, tuple(replays), may_be_refused)


# Bad requests to `/message-streams`, one of them put right, and an id of another conversation


@scene()
def bad_streams(run: Run, api: Client) -> BadRequests:
    """Some flaws once, each in a message of its own; the one without a text at `/messages` too."""
    conversation_id = run.make_conversation()
    flaws = [flaw for flaw in FLAWS if flaw.name in STREAM_FLAWS]
    requests = _send_flawed(run, flaws, lambda body: _streamed(api, conversation_id, body).exchange)
    message = requests[0].message
    plain = attempted(api.send_message, conversation_id, flaws[0].applied(message))
    return BadRequests(
        conversation_id, requests, list_all(api, conversation_id), BadRequest(flaws[0].name, message, plain)
    )


@scene(replies=1)
def refused_then_right(run: Run, api: Client, bad_streams: BadRequests) -> PutRight:
    """The message whose text was missing, with its text, as a stream; a new one where that is refused."""
    conversation_id = bad_streams.conversation_id
    right = opened(run, api, conversation_id, message=dict(bad_streams.of("no text").message))
    new = opened(run, api, conversation_id) if right.last.status != 200 else None
    reply = right.last.reply or {}
    wanted = {right.last.message["id"], reply.get("id", right.last.message["id"])}
    return PutRight(right, new, settled(lambda: list_all(api, conversation_id), wanted))


@scene(replies=1)
def reused_id(run: Run, api: Client, plain_turn: Turn, refused_then_right: PutRight) -> Exchange:
    """The id of the plain turn, with another text, in another conversation of the same caller."""
    conversation_id = refused_then_right.right.last.conversation_id
    message = {**run.message("Say hello."), "id": plain_turn.message["id"]}
    return once_unlocked(lambda: api.send_message(conversation_id, message))


# The same at once, something beside a stream, and somebody else


@scene(replies=2)
def twins(run: Run, api: Client) -> tuple[Twins, ...]:
    """A new message twice at once: at `/messages`; where replies are free more than once, and at both endpoints too."""
    conversation_id = run.make_conversation()
    if run.pays:
        return (_send_twice(run, api, conversation_id, both_plain=True),)
    kinds = [True] * _TWINS_THAT_ARE_FREE + [False]
    return tuple(_send_twice(run, api, conversation_id, both_plain=both_plain) for both_plain in kinds)


@scene(replies=2)
def busy_conversation(run: Run, api: Client) -> Busy:
    """A turn; then a long stream, and while it is active the turn's id again and a new message."""
    conversation_id = run.make_conversation()
    message = run.message()
    first = api.send_message(conversation_id, message)
    expect_message("MSG-1", first)
    for lines in LINES:
        with held(run, api, conversation_id, lines) as active:
            plain = attempted(api.send_message, conversation_id, message)
            streamed = attempted(_streamed, api, conversation_id, message)
            new = attempted(api.send_message, conversation_id, run.message())
            still_active = active.ending is None
            with suppress(Unverified):
                api.cancel_stream(conversation_id)
            active.wait_until_ended(run.closes_within_s)
            recording = active.record()
        if still_active:
            break
    return Busy(recording, first, plain, streamed, new)


@scene(replies=2)
def colleague_with_my_ids(
    run: Run, second: Client, replaced_personality: Replaced, streamed_turn: StreamedTurn
) -> Colleague:
    """A colleague sends two ids of mine in a conversation of his own: one at `/messages`, one as a stream."""
    own = str(expect_conversation("CRE-1", second.create_conversation({}))["id"])
    probe, stream = replaced_personality.probe, streamed_turn.stream
    turns = (probe.message, probe.reply), (stream.message, stream.reply or {})
    return _send_as_colleague(run, second, own, *turns, word=replaced_personality.new)


@scene()
def colleague_in_mine(
    run: Run, second: Client, replaced_personality: Replaced, request: pytest.FixtureRequest
) -> Colleague:
    """A colleague sends an id of mine where I have sent it: at `/messages`, and as a stream."""
    let_first(request, "patched_later")
    probe = replaced_personality.probe
    turn = (probe.message, probe.reply)
    return _send_as_colleague(run, second, probe.conversation_id, turn, turn)


def _send_as_colleague(
    run: Run, second: Client, conversation_id: str, plain: Said, streamed: Said, *, word: str | None = None
) -> Colleague:
    """Send the ids of these turns of mine, the one at `/messages`, the other as a stream."""
    messages = [{**run.message("Say hello."), "id": message["id"]} for message, _ in (plain, streamed)]
    return Colleague(
        mine=plain[1],
        mine_streamed=streamed[1],
        word=word,
        own_list=list_all(second, conversation_id),
        plain=attempted(second.send_message, conversation_id, messages[0]),
        stream=attempted(_streamed, second, conversation_id, messages[1]),
    )


# Steps


def list_all(api: Client, conversation_id: str) -> Exchange:
    """The list of messages, on one page."""
    return api.list_messages(conversation_id, size=100)


def listed(api: Client, conversation_id: str, message: Mapping[str, Any], answer: Exchange) -> Exchange:
    """The list of messages once it has this message and the reply that the answer has, or after a second."""
    try:
        reply_id = answer.json()["id"]
    except (ValueError, KeyError, TypeError):
        return list_all(api, conversation_id)
    return settled(lambda: list_all(api, conversation_id), {message["id"], reply_id})


def attempted(call: Callable[P, A], *args: P.args, **kwargs: P.kwargs) -> A | Unverified:
    """The answer, or why there is none: what else a scene records is not lost with it."""
    try:
        return call(*args, **kwargs)
    except Unverified as problem:
        return problem


def answer_of(attempt: A | Unverified) -> A:
    """The answer.

    Raises:
        Unverified: there was none.
    """
    if isinstance(attempt, Unverified):
        raise attempt
    return attempt


def let_first(request: pytest.FixtureRequest, scene_name: str) -> None:
    """Let a scene of the same conversation come first, whatever comes of it."""
    with suppress(Unverified, Violation):
        request.getfixturevalue(scene_name)


def _send_flawed(run: Run, flaws: Sequence[Flaw], send: Callable[[Body], Exchange]) -> tuple[BadRequest, ...]:
    """Send a message with each flaw. After one that was not answered at all the others are not tried."""
    requests: list[BadRequest] = []
    silence: NoAnswer | None = None
    for flaw in flaws:
        message = run.message(f"{SHORT_PROMPT} This one was sent with a flaw before: {flaw.name}.")
        body = flaw.applied(message)
        answer = silence or attempted(send, body)
        silence = answer if isinstance(answer, NoAnswer) else None
        requests.append(BadRequest(flaw.name, message, answer))
    return tuple(requests)


def _streamed(api: Client, conversation_id: str, message: Body) -> Recording:
    with api.open_stream(conversation_id, message) as stream:
        return stream.finish()


def _send_twice(run: Run, api: Client, conversation_id: str, *, both_plain: bool) -> Twins:
    message = run.message()
    before = list_all(api, conversation_id)
    api.warm_up(2)
    together = threading.Barrier(2)

    def enter(send: Callable[[], Exchange]) -> Exchange | Unverified:
        together.wait(timeout=30)
        return attempted(send)

    plain = partial(api.send_message, conversation_id, message)
    other = plain if both_plain else lambda: _streamed(api, conversation_id, message).exchange
    with ThreadPoolExecutor(2) as pool:
        answers = tuple(pool.map(enter, (plain, other)))
    good = [answer for answer in answers if isinstance(answer, Exchange) and answer.status == 200]
    after = listed(api, conversation_id, message, good[0]) if good else list_all(api, conversation_id)
    return Twins(message, answers, before, after, both_plain)
