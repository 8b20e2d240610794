"""Journal and verdict over the control plane."""

from __future__ import annotations

import pytest

from mockserver.control.client import ControlClient, ControlFailed, WorkspaceHandle

from .given import Api, Call


@pytest.fixture
def conversation(api: Api) -> str:
    """A conversation of Alice's with one turn: the exchanges 1 and 2."""
    created = api.create()
    assert api.send(created, "Hi").status_code == 200
    return created


def test_exchanges_are_found(sandbox: WorkspaceHandle, api: Api, conversation: str) -> None:
    """By operation, status, conversation, caller, number; newest first."""
    api.http.get("/conversations", params={"page": 0})
    assert [entry["number"] for entry in sandbox.journal()] == [3, 2, 1]
    assert [entry["number"] for entry in sandbox.journal(operation="sendMessage")] == [2]
    assert [entry["number"] for entry in sandbox.journal(status="4xx")] == [3]
    assert [entry["number"] for entry in sandbox.journal(status=201)] == [1]
    assert [entry["number"] for entry in sandbox.journal(conversation=conversation)] == [2]
    assert [entry["number"] for entry in sandbox.journal(since=1, method="POST")] == [2]
    assert sandbox.journal(caller="bob") == []


def test_a_status_that_is_none(sandbox: WorkspaceHandle) -> None:
    """Is refused with its field."""
    with pytest.raises(ControlFailed, match="status: 'good' is no status"):
        sandbox.journal(status="good")


def test_an_exchange_has_all_of_it_but_credentials(sandbox: WorkspaceHandle, conversation: str) -> None:
    """Headers, bodies, fate; the token is masked."""
    exchange = sandbox.exchange(2)
    assert exchange["request"]["body"]["text"] == "Hi"
    assert exchange["request"]["headers"]["authorization"] == "Bearer ***"
    assert exchange["response"]["body"]["source"] == "assistant"
    assert (exchange["status"], exchange["conversation"]) == (200, conversation)


def test_a_stream_is_kept_with_its_events(sandbox: WorkspaceHandle, api: Api, conversation: str) -> None:
    """Each with its kind."""
    names = api.stream(conversation, "Hello", "m-2").finish()
    assert [event["kind"] for event in sandbox.exchange(3)["events"]] == names


def test_an_exchange_is_repeated_by_curl(sandbox: WorkspaceHandle, conversation: str) -> None:
    """The line has its address, and no token."""
    line = sandbox._call("GET", "/journal/2/curl")
    assert line.startswith("curl ")
    assert f"{sandbox.url}/conversations/{conversation}/messages" in line
    assert "$TOKEN" in line


@pytest.mark.usefixtures("conversation")
def test_the_journal_as_har(sandbox: WorkspaceHandle) -> None:
    """A file with an entry for each exchange."""
    har = sandbox._call("GET", "/journal.har")
    assert [entry["response"]["status"] for entry in har["log"]["entries"]] == [201, 200]


@pytest.mark.usefixtures("conversation")
def test_a_journal_is_cleared(sandbox: WorkspaceHandle, api: Api) -> None:
    """Its numbers are not used again."""
    sandbox._call("DELETE", "/journal")
    assert sandbox.journal() == []
    with pytest.raises(ControlFailed, match=r"no exchange 1 .*It is empty"):
        sandbox.exchange(1)
    api.create()
    assert [entry["number"] for entry in sandbox.journal()] == [3]


@pytest.mark.usefixtures("conversation")
def test_calls_are_verified(sandbox: WorkspaceHandle) -> None:
    """What holds passes; what does not fails with the nearest miss."""
    sandbox.verify("sendMessage", times=1, body={"text": "Hi"})
    sandbox.verify("cancelMessageStream", times=0)
    sandbox.verify_in_order({"operation": "createConversation"}, {"operation": "sendMessage"})
    with pytest.raises(AssertionError, match=r"nearest: #2[\s\S]*body.text"):
        sandbox.verify("sendMessage", body={"text": "Ho"})
    with pytest.raises(AssertionError, match="sendMessage"):
        sandbox.verify_in_order({"operation": "sendMessage"}, {"operation": "createConversation"})


@pytest.mark.parametrize(
    ("expectation", "says"),
    [
        ({"operation": "sendMesage"}, "Did you mean sendMessage"),
        ({"opration": "sendMessage"}, "did you mean operation"),
        ({"inOrder": []}, "inOrder"),
        ({"times": 1, "atLeast": 2}, "atLeast"),
    ],
)
def test_an_expectation_that_cannot_be(sandbox: WorkspaceHandle, expectation: object, says: str) -> None:
    """Is refused with its field."""
    with pytest.raises(ControlFailed, match=f"(?i){says}"):
        sandbox._call("POST", "/journal/verify", expectation)


@pytest.mark.usefixtures("conversation")
def test_a_good_client_is_clean(sandbox: WorkspaceHandle) -> None:
    """And the verdict says what it has met."""
    verdict = sandbox.verdict()
    verdict.assert_clean()
    assert verdict.findings == []
    assert verdict.coverage


def test_a_bad_client_is_told(control: ControlClient, sandbox: WorkspaceHandle, api: Api, call: Call) -> None:
    """With code, exchange and hint; of another caller it says nothing; what is allowed passes."""
    api.http.get("/conversations", params={"page": 0})
    call("bob").create()
    with pytest.raises(AssertionError, match=r"page-below-one, alice, exchanges 1:"):
        sandbox.verdict().assert_clean()
    sandbox.verdict().assert_clean(allow=["page-below-one"])
    sandbox.verdict("bob").assert_clean()
    everybody = {entry["workspace"]: entry["clean"] for entry in control.call("GET", "/verdict")["workspaces"]}
    assert everybody[sandbox.name] is False
    sandbox._call("DELETE", "/verdict")
    sandbox.verdict().assert_clean()
