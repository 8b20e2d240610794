"""What scenes do time and again: read streams to their end and lists until they are complete, try what may fail."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, ParamSpec, TypeVar

import pytest

from conformance.client import Body, Client
from conformance.exchange import Exchange
from conformance.expect import LOCK_LINGERS_S
from conformance.stream import Recording
from conformance.verdict import Unverified, Violation

_POLL_EVERY_S = 0.05

P = ParamSpec("P")
A = TypeVar("A", Exchange, Recording)


def streamed(api: Client, conversation_id: str, message: Body) -> Recording:
    """Open a stream, and read it to its end."""
    with api.open_stream(conversation_id, message) as stream:
        return stream.finish()


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


def listed_with(api: Client, stream: Recording) -> Exchange:
    """The list of messages, once it has the stream's user message and its final reply; the last one if it never has."""
    wanted = {stream.message["id"]} | ({stream.reply["id"]} if stream.reply and "id" in stream.reply else set())
    return settled(lambda: api.list_messages(stream.conversation_id, size=100), wanted)


def settled(read: Callable[[], Exchange], wanted: set[object]) -> Exchange:
    """The list as it is once it has these ids, or after a second."""
    deadline = time.monotonic() + LOCK_LINGERS_S
    while True:
        listing = read()
        if all(f'"{id_}"' in listing.body for id_ in wanted) or time.monotonic() >= deadline:
            return listing
        time.sleep(_POLL_EVERY_S)


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
