"""Messages that are refused, at both endpoints, and then put right; and what follows in their conversations."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from conformance.client import Body, Client, new_message
from conformance.exchange import Exchange
from conformance.expect import expect_message, once_unlocked
from conformance.run import SHORT_PROMPT, Run
from conformance.scene import scene
from conformance.suite.scenes.holding import Freed, opened
from conformance.suite.scenes.tools import attempted, list_all, listed, settled, streamed
from conformance.suite.scenes.turns import Turn
from conformance.verdict import NoAnswer, Unverified

__all__ = [
    "bad_messages",
    "bad_streams",
    "more_turns",
    "refused_then_right",
    "refused_then_right_plain",
    "reused_id",
]

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


# At `/messages`: every flaw, one message put right, and many turns after it


@scene(early=True)
def bad_messages(run: Run, api: Client) -> BadRequests:
    """Every flaw once, each in a message of its own."""
    conversation_id = run.make_conversation()
    conversations = api.list_conversations(size=100)
    requests = _send_flawed(run, FLAWS, lambda body: api.send_message(conversation_id, body))
    return BadRequests(conversation_id, requests, list_all(api, conversation_id), conversations=conversations)


@scene(replies=1, early=True)
def refused_then_right_plain(api: Client, bad_messages: BadRequests) -> Turn:
    """The message whose text was missing, with its text."""
    conversation_id, message = bad_messages.conversation_id, dict(bad_messages.of("no text").message)
    answer = api.send_message(conversation_id, message)
    return Turn(conversation_id, message, answer, listed(api, conversation_id, message, answer))


@scene(replies=1, early=True)
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


# At `/message-streams`: some flaws, one message put right, and an id of another conversation


@scene()
def bad_streams(run: Run, api: Client) -> BadRequests:
    """Some flaws once, each in a message of its own; the one without a text at `/messages` too."""
    conversation_id = run.make_conversation()
    flaws = [flaw for flaw in FLAWS if flaw.name in STREAM_FLAWS]
    requests = _send_flawed(run, flaws, lambda body: streamed(api, conversation_id, body).exchange)
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
