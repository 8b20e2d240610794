"""The same seed and the same requests: the same answers, byte for byte."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from mockserver.server import BackgroundServer

from .given import make_client, make_http, make_server, new_conversation, say, together

Answer = tuple[int, dict[str, str], bytes]
STEERED = {"personality": "a patient teacher", "targetAudienceId": "a-1", "modelName": "gpt-4"}


def message(number: int, text: str) -> dict[str, Any]:
    """A message with an id that follows from its number: what is told has to be the same."""
    return {"id": f"message-{number}", "text": text, "createdAt": "2026-05-01T09:00:00"}


def play(server: BackgroundServer, between: Callable[[], object] = lambda: None) -> list[Answer]:
    """The answers to a scenario of every operation, errors too; `between` is called before each request."""
    with make_http(server, "demo") as http:

        def call(method: str, path: str, body: object = None) -> httpx.Response:
            between()
            answers.append(http.request(method, path, json=body))
            return answers[-1]

        answers: list[httpx.Response] = []
        chat = f"/conversations/{call('POST', '/conversations', STEERED).json()['id']}"
        call("POST", "/conversations")
        call("POST", f"{chat}/messages", message(1, "What's a catchy headline for a shoe brand?"))
        call("POST", f"{chat}/message-streams", message(2, "Make it a list, please, with emoji 🎉"))
        call("PATCH", chat, {"brandVoiceId": "v-1", "personality": None})
        call("POST", f"{chat}/message-streams", message(3, "And as a table?"))
        call("POST", f"{chat}/message-streams", message(1, "again"))
        call("POST", f"{chat}/messages", message(4, "What did I say first?") | {"contextSize": "x"})
        call("DELETE", f"{chat}/message-streams")
        call("GET", f"{chat}/messages")
        call("GET", "/conversations?size=1&page=2")
    return [(answer.status_code, _headers(answer), answer.content) for answer in answers]


def _headers(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name != "date"}


def played(seed: int = 0, **settings: Any) -> list[Answer]:
    """The scenario on a fresh server."""
    with make_server(seed=seed, speed="instant", **settings) as server:
        return play(server)


@pytest.fixture(scope="module")
def plain() -> list[Answer]:
    """The scenario's answers by the default seed, with nobody else there."""
    return played()


def test_two_servers_answer_the_same(plain: list[Answer]) -> None:
    """Two fresh servers with one seed, told the same, answer the same: ids, timestamps, replies, a stream's bytes."""
    assert played() == plain
    assert played(-7) == played(-7)


def test_another_seed_answers_otherwise(plain: list[Answer]) -> None:
    """Another seed gives other ids and other replies, in answers of the same kinds."""
    other = played(seed=1)
    assert [status for status, _, _ in other] == [status for status, _, _ in plain]
    assert other[0][2] != plain[0][2]
    assert other[2][2] != plain[2][2]


def test_what_says_nothing_of_replies_changes_none(plain: list[Answer]) -> None:
    """Settings of something else leave the answers as they are."""
    assert played(empty=False, auth="open", keep_alive_s=1, max_body_kib=10) == plain


def test_pace_changes_when_and_not_what(plain: list[Answer]) -> None:
    """A paced server says what an instant one says, but for how a stream's deltas are spread over time."""
    with make_server(first_token_ms=5, tokens_per_second=5000) as server:
        paced = play(server)
    assert paced == plain


def test_others_who_are_busy_change_nothing(plain: list[Answer]) -> None:
    """Requests of other workspaces in between, and other conversations of one's own afterwards, show nowhere."""
    with make_server(speed="instant") as server:
        carol = make_client(server, "carol", "elsewhere")
        theirs = new_conversation(carol)

        def disturb() -> None:
            new_conversation(carol)
            say(carol, theirs, "I am here as well.")

        disturbed = play(server, disturb)
        carol.close()
    assert disturbed == plain


def test_conversations_at_the_same_time_keep_to_themselves() -> None:
    """Ten conversations that go on at once in one workspace have the timestamps and replies of ten in a row."""
    assert _ten_conversations(at_once=True) == _ten_conversations(at_once=False)


def _ten_conversations(*, at_once: bool) -> list[list[str]]:
    with make_server(speed="instant") as server:
        alice = make_client(server)
        ids = [new_conversation(alice) for _ in range(10)]

        def talk(number: int) -> list[str]:
            turns = [message(turn, f"Tell me about number {number}, part {turn}.") for turn in range(5)]
            return [alice.send_message(ids[number], turn).body for turn in turns]

        answers = together(10, talk) if at_once else [talk(number) for number in range(10)]
        alice.close()
    return answers


def test_reset_makes_it_fresh_again() -> None:
    """`reset()` brings a fresh server's data back: the same requests then get the same answers again."""
    with make_server(speed="instant", empty=False, demo_conversations=12) as server:
        demo = make_client(server, "demo")
        fresh = demo.list_conversations(size=100).body
        first = play(server)
        new_conversation(demo)
        server.reset()
        assert demo.list_conversations(size=100).body == fresh
        assert play(server) == first
        demo.close()


def test_reset_ends_streams() -> None:
    """`reset()` in the midst of a stream closes it, forgets its conversation, and the server goes on."""
    with make_server(first_token_ms=60_000) as server:
        alice = make_client(server)
        conversation_id = new_conversation(alice)
        with alice.open_stream(conversation_id, message(1, "Hello!")) as stream:
            server.reset()
            assert stream.wait_until_ended(within_s=5)
        assert alice.list_messages(conversation_id).status == 404
        assert new_conversation(alice) == conversation_id
        alice.close()
