"""Requests that must be refused, and requests that are odd but must not bring a backend down; and one odd turn."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from conformance.canary import new_word, personality
from conformance.client import Client, new_message
from conformance.exchange import Exchange
from conformance.expect import expect_conversation
from conformance.run import Run
from conformance.scene import scene
from conformance.suite.scenes.collections import Own
from conformance.verdict import NoAnswer

__all__ = ["hostile_turn", "refused_creates"]

# Creates that are refused

_NO_STRINGS: tuple[Any, ...] = (5, 1.5, True, [], ["a"], {}, {"text": "a"})
WRONG_TYPES: dict[str, tuple[Any, ...]] = {
    "personality": _NO_STRINGS,
    "personalityId": ("7", "seven", "", 1.5, True, [], [7], {}),
    "brandVoiceId": _NO_STRINGS,
    "targetAudienceId": _NO_STRINGS,
    "modelName": _NO_STRINGS,
}
NO_OBJECTS = (b"[]", b"[{}]", b'"text"', b"5", b"true")
UNKNOWN_MODELS = ("no-such-model", "no such model at all")


@dataclass(frozen=True)
class RefusedCreates:
    """Creates with something wrong, by what it is; and the first page of the list before and after all of them."""

    before: Exchange
    wrong_fields: tuple[tuple[str, tuple[Exchange, ...]], ...]
    no_objects: tuple[Exchange, ...]
    unknown_models: tuple[Exchange, ...]
    after: Exchange

    def of_field(self, name: str) -> tuple[Exchange, ...]:
        """Those in which this field has a wrong type."""
        return dict(self.wrong_fields)[name]


@scene()
def refused_creates(run: Run, api: Client, own: Own) -> RefusedCreates:
    """Every kind of create that is refused."""

    def tried(bodies: Iterable[dict[str, Any] | bytes]) -> tuple[Exchange, ...]:
        return tuple(api.create_conversation(body) for body in bodies)

    before = api.list_conversations(size=100)
    wrong_fields = tuple((name, tried({name: value} for value in values)) for name, values in WRONG_TYPES.items())
    unknown_models = tried({"modelName": f"{name} {run.id}"} for name in UNKNOWN_MODELS)
    return RefusedCreates(before, wrong_fields, tried(NO_OBJECTS), unknown_models, api.list_conversations(size=100))


# Odd texts

ODD_TEXTS = {
    "quotes": """ ' " ` \\ '' "" \\' \\" ; -- /* */ """,
    "control characters": "".join(map(chr, range(1, 32))) + "\x7f\x80\x9f",
    "NUL": "before\0after",
    "a lone surrogate": "before\ud83dafter",
    "surrogates the wrong way round": "\ude00\ud83d",
    "no characters": "\ufffe\uffff\U0001ffff",
    "emoji": "\U0001f469\u200d\U0001f469\u200d\U0001f467 \U0001f1ea\U0001f1fa \U0001f44d\U0001f3fd 1\ufe0f\u20e3",
    "right to left": "\u202eabc\u202c \u0645\u0631\u062d\u0628\u0627 \u2067\u05e9\u05dc\u05d5\u05dd\u2069",
    "combining": "e" + "\u0301\u0489\u20dd" * 100,
    "white space": " \t\r\n\v\f\u00a0\u2028\u2029\u3000\ufeff",
    "SQL": "'; DROP TABLE conversations; -- ' OR '1'='1",
    "wildcards": "%_*?[a-z]{1,2}(.*)+$^|",
    "formats": "%s%s%n%d%99999d {0} {0.__class__} {} {{7*7}} ${7*7} #{7*7} <%= 7*7 %> $(id) `id`",
    "markup": "<script>alert(1)</script>&amp;&#0;<!--]]><![CDATA[ <?xml version='1.0'?>",
    "paths": "../../../../etc/passwd\0.txt file:///etc/passwd \\\\host\\share",
    "headers": "a\r\nSet-Cookie: a=b\r\n\r\n<html>",
    "JSON": '{"a": [1, null], "__proto__": {"b": 1}, "$ref": "#", "$where": "1"}',
    "special tokens": "<|endoftext|><|im_start|>system\n[INST] <<SYS>> </s><bos>",
    "a number": "1e999",
    "nothing": "",
    "no value": "null",
    "100,000 characters": "a" * 100_000,
    "100,000 characters of four bytes": "\U0001f600" * 100_000,
}

# Odd bodies, as bytes. No backend can take one of them for a message.

_DEEP = 5_000
ODD_JSON = {
    "an array": b"[]",
    "a string": b'"text"',
    "a number": b"-0.0e-999",
    "a huge number": b"9" * 5_000,
    "NaN": b"NaN",
    "half an object": b'{"personality": "a',
    "an open brace": b"{",
    "text after the object": b"{} {}",
    "a comment": b'{"personality": "a" /* why */}',
    "a trailing comma": b'{"personality": "a",}',
    "single quotes": b"{'personality': 'a'}",
    "no UTF-8": b'{"personality": "\xff\xfe\xc3\x28"}',
    "UTF-16": '{"personality": "a"}'.encode("utf-16"),
    "a zero byte": b'{"personality": "a\0b"}',
    "a bad escape": b'{"personality": "\\u12"}',
    "deep arrays": b"[" * 100_000,
    "deep arrays that are closed": b"[" * _DEEP + b"]" * _DEEP,
}

# A create may take some of these, if it likes; nothing else may.
ODD_OBJECTS = {
    "nothing": b"",
    "white space": b" \r\n\t ",
    "null": b"null",
    "a byte order mark": b"\xef\xbb\xbf{}",
    "a deep unknown property": b'{"deep": ' + b'{"a":' * _DEEP + b"1" + b"}" * (_DEEP + 1),
    "many properties": json.dumps({f"property{number}": number for number in range(5_000)}).encode(),
    "an unknown property without a name": b'{"": ""}',
    "properties of a prototype": b'{"__proto__": {"a": 1}, "constructor": {"prototype": {"a": 1}}, "__class__": "a"}',
}

ODD_PATCHES = {
    "a key twice": b'{"personality": "a", "personality": "b"}',
    "a key twice, of another type": b'{"personality": "a", "personality": {}}',
    "a huge personalityId": b'{"personality": "a", "personalityId": 99999999999999999999999999999999}',
    "a personalityId beyond all bounds": b'{"personality": "a", "personalityId": ' + b"9" * 5_000 + b"}",
    "a negative personalityId": b'{"personality": "a", "personalityId": -9223372036854775809}',
    "a personalityId with an exponent": b'{"personality": "a", "personalityId": 1e400}',
    "a deep unknown property": b'{"personality": "a", "deep": ' + b"[" * _DEEP + b"]" * _DEEP + b"}",
    "Infinity in an unknown property": b'{"personality": "a", "unknown": Infinity}',
    "a huge unknown number": b'{"personality": "a", "unknown": 1e999999999}',
    "a lone surrogate as a name": b'{"personality": "a", "\\ud800": 1}',
    "NUL in a name": b'{"personality": "a", "a\\u0000b": 1}',
    "all null": b'{"personality": null, "brandVoiceId": null, "targetAudienceId": null, "personalityId": null}',
    "odd ids": b'{"brandVoiceId": "\\u0000", "targetAudienceId": "\\ud800\' OR 1=1"}',
    "empty ids": b'{"brandVoiceId": "", "targetAudienceId": ""}',
}

_CONTEXT = {"id": 0, "content": "The bakery opens at six."}

# None of them is a message: each lacks what one must have.
ODD_MESSAGES: dict[str, dict[str, Any]] = {
    "an id with NUL": {"id": "a\0b", "text": "a"},
    "an id with a lone surrogate": {"id": "\ud800", "text": "a"},
    "a very long id": {"id": "a" * 10_000, "text": "a"},
    "an empty id": {"id": "", "text": None, "createdAt": ""},
    "an id that is an object": {"id": {"$ne": ""}, "text": "a", "createdAt": "2026-05-01T09:00:00"},
    "an id that is a huge number": {"id": 10**400, "text": "a", "createdAt": "2026-05-01T09:00:00"},
    "a text that is deep": {"id": "a", "text": [[[[[[[{}]]]]]]], "createdAt": "2026-05-01T09:00:00"},
    "no text, and an odd time": {"id": "a", "createdAt": "0000-99-99T99:99:99.999999999999+99:99"},
    "no text, and a time beyond all": {"id": "a", "createdAt": "+999999999-12-31T23:59:60Z"},
    "a huge contextSize": {"id": "a", "text": "a", "contextSize": 10**400},
    "a contextSize with a fraction": {"id": "a", "text": "a", "contextSize": 1e308},
    "context that is no list": {"id": "a", "text": "a", "additionalContext": {"0": {}}},
    "context of all sorts": {"id": "a", "text": "a", "additionalContext": [None, 1, "a", [], {}, {"id": 10**30}]},
    "much context": {"id": "a", "text": "a", "additionalContext": [{"id": 1, "content": "a\0"}] * 2_000},
    "100,000 characters": {"id": "a", "text": "a" * 100_000},
}

# These are messages, and may be refused all the same: some backends cannot keep the one, or make sense of the other.
UNLIKELY_MESSAGES: tuple[dict[str, Any], ...] = (
    {"text": "Reply with OK. \0 \ud83d"},
    {"text": "Reply with OK. <|endoftext|>"},
    {"contextSize": -1, "additionalContext": [{"id": 10**30, "content": "\0"}]},
)

# Such messages are sent with the id of one that has its reply, so that what comes of them costs nothing.

UNLIKELY_AGAIN: tuple[dict[str, Any], ...] = (
    *({"createdAt": odd} for odd in ("soon", "", "0000-99-99T99:99:99", "20260501", "9" * 400)),
    {"text": ODD_TEXTS["special tokens"]},
    {"additionalContext": [{"id": 1, "content": "It opens at six."}, {"id": 1, "content": "It closes at noon."}]},
)

ALLOWED_AGAIN: tuple[dict[str, Any], ...] = (
    {"text": " "},
    {"text": "\n \t\n"},
    {"additionalContext": [{"id": number, "content": f"Fact {number}."} for number in range(1, 12)]},
    *({"createdAt": time} for time in ("2026-05-01T09:00:00Z", "2026-05-01T09:00:00.250Z", "2999-12-31T23:59:59")),
)

# At the edge of what is allowed: the contract has no bounds for these.

EDGES: dict[str, list[dict[str, Any]]] = {
    "createConversation": [{"personality": "", "personalityId": -1, "notInTheContract": None}],
    "updateConversation": [
        {"personality": ""},
        {"personality": "Be brief. " * 200},
        {"personality": "Be brief.\n\tBe kind. \U0001f600 \u00e9 \u6771\u4eac"},
        {"personality": "Be brief.", "personalityId": 0},
        {"personality": "Be brief.", "personalityId": -1},
        {"personality": "Be brief.", "personalityId": 2**31 - 1},
        {"personality": "Be brief.", "notInTheContract": {"deep": [None, 1.5, "a"]}, "id": 5, "modelName": None},
        {"brandVoiceId": None, "targetAudienceId": None, "personality": None},
    ],
    "sendMessage": [
        {"text": "", "additionalContext": []},
        # The same words as those of an earlier message.
        {"contextSize": 1, "additionalContext": [{"id": -3, "content": "", "category_name": "", "more": 1}, _CONTEXT]},
    ],
}

# Odd ids in the path, as they are sent

ODD_IDS = {
    "NUL": "%00",
    "a path": "..%2f..%2fetc%2fpasswd",
    "backslashes": "..%5c..%5c",
    "a percent sign": "%25",
    "half an escape": "%25zz",
    "no UTF-8": "%ff%fe",
    "a surrogate": "%ed%a0%80",
    "a line break": "a%0d%0ab",
    "a blank": "%20",
    "SQL": "'%20OR%20'1'='1",
    "a format": "%25s%25n%7B0%7D%7B%7B7*7%7D%7D",
    "emoji": "%F0%9F%98%80" * 20,
    "markup": "%3Cscript%3E",
    "a semicolon": "a;b=c",
    "a star": "*",
    "null": "null",
    "a negative number": "-1",
    "a huge number": "9" * 400,
    "3,000 characters": "a" * 3_000,
    "a UUID that is too long": "3d9a1c52-7c0e-4a55-9d0e-2f1b6c8a4e17-0",
    "zeros": "00000000-0000-0000-0000-000000000000",
}

ODD_WORKSPACES = ("'", '"', "\0", "%", "../../etc", " ", "a\r\nb", "\U0001f600", "{{7*7}}", "%s%n", "*", "a" * 3_000)
ODD_AUTHORIZATIONS = (
    *("", "x", "Bearer", "Bearer a b c", "Bearer a.b.c", "Bearer eyJ.eyJ.x", "Bearer ..", "Bearer {}", "Bearer null"),
    *(
        "Bearer @",
        "Bearer '",
        "Bearer %00",
        "Bearer a@b@c",
        "Bearer \u00e4",
        "Basic",
        "Basic !",
        "Basic Og==",
        'Digest username="a"',
    ),
    *(
        "Negotiate YQ==",
        "Bearer eyJhbGciOiJub25lIn0.e30.",
        "Bearer eyJhbGciOiJIUzI1NiJ9.bnVsbA.AA",
        "Bearer " + "a" * 3_000,
    ),
)

# Odd queries of a list

ODD_QUERIES = (
    *(f"page={number}" for number in (2**31 - 1, 2**31, 2**63 - 1, 2**63, 10**30, 10**400)),
    *(f"page={number}&size=100" for number in (2**31, 92233720368547759, 2**63)),
    *(f"{name}={'9' * 5_000}" for name in ("page", "size")),
    *(f"size={number}" for number in (2**31, 2**63, 10**400, -(2**63))),
    *("page=1&page=2", "size=1&size=abc", "page[]=1", "page[a]=1", "page=1,2", "page=1;size=2"),
    *("page=%00", "page=%ff", "page=%D9%A1", "page=1%20", "page=+1", "page=1e400", "page=0x1", "page=1_0"),
    *("page=NaN", "page=Infinity", "page=null", "page=true", "page=[]", "page={}", "page='", "page=%27%20OR%201=1"),
    *("page=", "page", "=", "&&&", "?", "%", "%zz=1", "%ff=1", "page=1&%00=1"),
    *("sort=id;DROP", "sort=-createdAt&filter[a]=b", "unknown=" + "a" * 3_000, "&".join(["a=b"] * 800)),
)

# Odd media types

ODD_MEDIA_TYPES = (
    *("", ";", "/", "application", "application/", "text/html", "application/xml", "application/octet-stream"),
    *("application/json; charset=nonsense", "application/json; charset=utf-16", 'application/json; charset="'),
    *("application/json;;;", "application/json, text/plain", "APPLICATION/JSON", "application/vnd.api+json"),
    *("multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=a"),
    *("application/x-www-form-urlencoded; charset=nonsense", "a" * 2_000),
)
ODD_ACCEPTS = (
    *("", "*", "text/html", "application/xml;q=nonsense", "nonsense", "a/b;q=2", ",;,", "image/*;q=0"),
    *("application/json;version=9", "text/event-stream", "*/*;" * 300),
)


# An odd turn

_ODD_BUT_HONEST = (
    "\t Reply with OK, and leave the rest of this text alone. (conformance run {run})\n\n"
    "Quotes: \" ' ` \u201c \u201d \u00ab \u00bb \\ and \\n, \\u0041, \\\\.\r\n"
    "Markup: <b>bold</b> &amp; &lt; &#39; **bold** [a](b) <br/>\n"
    "Formats: %s %d 100% {0} {name} {{double}} ${dollar} #{hash} $1 \\1\n"
    "Spaces:  two,   three,\ttab,\u00a0no-break,\u2003em,\u200bzero,\u2028line,\u3000wide, trailing: \n"
    "Letters: \u00e9 (one) e\u0301 (two), \ufb01, \u00df, \u0130\u0131, \u00c5 \u212b, \u6771\u4eac, \u043c\u043e\n"
    "Right to left: \u05e9\u05dc\u05d5\u05dd, \u0645\u0631\u062d\u0628\u0627\n"
    "Emoji: \U0001f600 \U0001f469\u200d\U0001f469\u200d\U0001f467 \U0001f44d\U0001f3fd \U0001f1ea\U0001f1fa\n"
    "Words: null, NULL, None, true, NaN, -0, 1e3, 00, 0x10\n"
)
_CHARACTERS = 5_000


def odd_text(run_id: str) -> str:
    """A text of which every character counts: with white space at both ends, and 5,000 characters long."""
    begin = _ODD_BUT_HONEST.replace("{run}", run_id)
    end = "\n  the end \n\t "
    middle = "All work and no play makes a long text. " * (_CHARACTERS // 40)
    return begin + middle[: _CHARACTERS - len(begin) - len(end)] + end


@dataclass(frozen=True)
class HostileTurn:
    """A message with an odd text, its answer and the list of messages. And more that costs no reply.

    `unlikely` may be refused, but must not bring a backend down; `afterwards` is the list after them. What is `allowed`
    must be accepted. Some have an id of their own, where replies are free; the others that of the odd text.
    `made` created the conversation, without a body, when `steered` had created one whose replies show the `word`.
    """

    message: dict[str, Any]
    answer: Exchange
    listing: Exchange
    unlikely: tuple[Exchange, ...]
    allowed: tuple[Exchange, ...]
    afterwards: Exchange
    word: str
    steered: Exchange
    made: Exchange


@scene(replies=1)
def hostile_turn(run: Run, api: Client) -> HostileTurn:
    """A message whose text is odd in many ways, and is to be stored as it is; then others, as far as that is free."""
    word = new_word()
    steered, made = api.create_conversation(personality(word)), api.create_conversation()
    # Where a body is asked for, a conversation that has one will do.
    is_made = made.status in (200, 201)
    conversation_id = str(expect_conversation("CRE-1", made)["id"]) if is_made else run.make_conversation()

    def said(message: dict[str, Any], *changes: dict[str, Any]) -> list[Exchange]:
        bodies = [message | each for each in changes]
        return [answer_or_silence(partial(api.send_message, conversation_id, body)) for body in bodies]

    message = new_message(odd_text(run.id)) | {"notInTheContract": "ignored"}
    (answer,) = said(message, {})
    listing = api.list_messages(conversation_id, size=100)
    unlikely, allowed = [], []
    if _reply_id(answer) and _reply_id(answer) == _reply_id(*said(message, {})):  # or they would be generated anew
        unlikely += said(message, *UNLIKELY_AGAIN)
        allowed += said(message, *ALLOWED_AGAIN)
    if not run.pays:
        for found, messages in (unlikely, UNLIKELY_MESSAGES), (allowed, EDGES["sendMessage"]):
            found += [one for changes in messages for one in said(run.message(), changes)]
    afterwards = answer_or_silence(lambda: api.list_messages(conversation_id, size=100))
    return HostileTurn(message, answer, listing, tuple(unlikely), tuple(allowed), afterwards, word, steered, made)


def answer_or_silence(call: Callable[[], Exchange]) -> Exchange:
    """What the call was answered, or the record of its not being answered."""
    try:
        return call()
    except NoAnswer as silence:
        return silence.exchange


def _reply_id(answer: Exchange) -> object:
    """The id of the reply; None where there is none."""
    try:
        return answer.json()["id"] if answer.status == 200 else None
    except (ValueError, KeyError, TypeError):
        return None
