"""Workspaces over the control plane: made, listed, reset, deleted; their tokens; what their conversations are at."""

from __future__ import annotations

import httpx
import pytest

from mockserver.control.client import ControlClient, ControlFailed, WorkspaceHandle
from mockserver.server import BackgroundServer
from mockserver.tokens import BAD_TOKENS

from .given import Api, Call


def test_a_workspace_comes_with_tokens(control: ControlClient, call: Call) -> None:
    """One for each caller who is named, and the address of its API; they work."""
    created = control.call("POST", "/workspaces", {"callers": ["alice", "bob"]})
    assert [entry["caller"] for entry in created["tokens"]] == ["alice", "bob"]
    for entry in created["tokens"]:
        headers = {"Authorization": f"Bearer {entry['token']}"}
        assert httpx.get(f"{created['url']}/conversations", headers=headers, trust_env=False).status_code == 200
    control.call("DELETE", f"/workspaces/{created['name']}")


def test_creating_what_is_there_changes_nothing(
    control: ControlClient, sandbox: WorkspaceHandle, api: Api, call: Call
) -> None:
    """It is answered with 200, and its conversations stay."""
    api.create()
    again = control._http.post("/workspaces", json={"name": sandbox.name, "callers": ["bob"]})
    assert (again.status_code, len(again.json()["tokens"])) == (200, 1)
    assert control.call("GET", f"/workspaces/{sandbox.name}")["conversations"] == 1


def test_fresh_workspaces_differ(control: ControlClient, sandbox: WorkspaceHandle) -> None:
    """Two tests never get the same."""
    other = control.workspace()
    assert other.name != sandbox.name
    other.delete()


def test_the_list_has_every_workspace_once(control: ControlClient, sandbox: WorkspaceHandle, call: Call) -> None:
    """By name, page after page; also those that only demo data or calls have made."""
    names = [entry["name"] for entry in control.all_pages("/workspaces")]
    assert names == sorted(set(names))
    assert {"demo", sandbox.name} <= set(names)
    page = control.call("GET", "/workspaces", page=2, size=1)
    assert [entry["name"] for entry in page["data"]] == names[1:2]


def test_calls_of_no_workspace_make_none(control: ControlClient, controlled_server: BackgroundServer) -> None:
    """A path that names none, without a token, leaves no nameless entry in the list."""
    before = control.workspaces()
    assert httpx.get(f"{controlled_server.url}/api/v1/nothing", trust_env=False).status_code in {401, 404}
    assert control.workspaces() == before
    assert "" not in before


def test_a_workspace_at_a_glance(control: ControlClient, sandbox: WorkspaceHandle, api: Api, call: Call) -> None:
    """Counts calls and conversations; asking counts for nothing."""
    api.create()
    api.create()
    seen = control.call("GET", f"/workspaces/{sandbox.name}")
    counts = {key: seen[key] for key in ("conversations", "calls", "liveStreams", "armedFaults", "findings")}
    assert counts == {"conversations": 2, "calls": 2, "liveStreams": 0, "armedFaults": 0, "findings": 0}
    assert seen["url"] == sandbox.url


def test_a_reset_leaves_other_workspaces_alone(
    control: ControlClient, sandbox: WorkspaceHandle, api: Api, call: Call
) -> None:
    """The one is empty as at first, with all tokens good; the other has what it had."""
    other = control.workspace()
    call(workspace=other).create()
    api.create()
    sandbox.reset()
    assert api.http.get("/conversations").json()["data"] == []
    assert control.call("GET", f"/workspaces/{other.name}")["conversations"] == 1
    other.delete()


def test_a_deleted_workspace_is_unknown(control: ControlClient, sandbox: WorkspaceHandle, call: Call) -> None:
    """And its token makes it anew, empty."""
    token = sandbox.token("alice")
    sandbox.delete()
    with pytest.raises(ControlFailed) as failed:
        sandbox.armed()
    assert failed.value.status == 404
    assert call(token=token).http.get("/conversations").json()["data"] == []
    assert sandbox.name in control.workspaces()


def test_an_unknown_workspace_is_told_its_neighbour(
    control: ControlClient, sandbox: WorkspaceHandle, call: Call
) -> None:
    """Did you mean the one that is spelt alike, or else how to create it."""
    with pytest.raises(ControlFailed, match=f"did you mean {sandbox.name}"):
        control.call("GET", f"/workspaces/{sandbox.name[:-1]}/faults")
    with pytest.raises(ControlFailed, match="Create it with POST /_mock/workspaces"):
        control.call("GET", "/workspaces/%20/faults")


@pytest.mark.parametrize(
    ("body", "field", "says"),
    [
        ({"name": "a b"}, "name", "checkout-7"),
        ({"nmae": "x"}, "nmae", "did you mean name"),
        ({"callers": []}, "callers", ""),
        ({"tokens": -1}, "tokens", "0 or more"),
    ],
)
def test_wrong_bodies_are_told_their_field(control: ControlClient, body: object, field: str, says: str) -> None:
    """422, by the same validators as the API, and nothing is created."""
    refused = control._http.post("/workspaces", json=body)
    assert refused.status_code == 422
    [problem] = refused.json()["errors"]
    assert problem["field"] == field
    assert says in problem["message"]


@pytest.mark.parametrize("kind", BAD_TOKENS)
def test_bad_tokens_are_refused(sandbox: WorkspaceHandle, kind: str, call: Call) -> None:
    """Each kind, as the list of them says; the next token is good."""
    answer = call(token=sandbox.bad_token(kind)).http.get("/conversations")
    assert f"{answer.status_code}." in BAD_TOKENS[kind]
    assert call().http.get("/conversations").status_code == 200


def test_a_kind_of_bad_token_that_is_misspelt(control: ControlClient, sandbox: WorkspaceHandle, call: Call) -> None:
    """Is told the right one; the list has all."""
    with pytest.raises(ControlFailed, match="did you mean expired"):
        sandbox.bad_token("expird")
    assert [entry["kind"] for entry in control.call("GET", "/tokens")["kinds"]] == list(BAD_TOKENS)


def test_a_token_may_die_after_some_calls(sandbox: WorkspaceHandle, call: Call) -> None:
    """It is good for so many calls, and then a 401."""
    api = call(token=sandbox.token("alice", dies_after_calls=2))
    assert [api.http.get("/conversations").status_code for _ in range(3)] == [200, 200, 401]


def test_a_token_expires_by_the_clock_of_its_workspace(sandbox: WorkspaceHandle, call: Call) -> None:
    """A minute of it is over as soon as the clock is put forward."""
    api = call(token=sandbox.token("alice", expires_in_s=60))
    assert api.http.get("/conversations").status_code == 200
    sandbox.advance(61)
    assert api.http.get("/conversations").status_code == 401
    assert call().http.get("/conversations").status_code == 200


def test_a_conversation_shows_what_the_last_patch_said(sandbox: WorkspaceHandle, api: Api) -> None:
    """Per field: omitted, null or set; before the first patch, that there was none."""
    conversation = api.create({"personality": "calm", "brandVoiceId": "b-1"})
    state = sandbox.conversation(conversation)
    assert set(state["lastPatch"].values()) == {"neverPatched"}
    patch = api.http.patch(f"/conversations/{conversation}", json={"personality": None, "personalityId": 5})
    assert patch.status_code == 200
    state = sandbox.conversation(conversation)
    assert state["lastPatch"] == {
        "personality": "null",
        "personalityId": "set",
        "brandVoiceId": "omitted",
        "targetAudienceId": "omitted",
    }
    assert state["steering"] == {
        "personality": None,
        "personalityId": 5,
        "brandVoiceId": "b-1",
        "targetAudienceId": None,
    }


def test_a_conversation_shows_turns_and_messages(sandbox: WorkspaceHandle, api: Api) -> None:
    """Whoever's it is; the lock is free when nothing streams."""
    conversation = api.create()
    reply = api.send(conversation, "Hi").json()
    state = sandbox.conversation(conversation)
    assert (state["caller"], state["lock"], state["messageCount"]) == ("alice", "free", 2)
    assert state["turns"] == [{"messageId": "m-1", "state": "answered", "replyId": reply["id"]}]
    assert [message["text"] for message in state["messages"]["data"]] == ["Hi", reply["text"]]


def test_all_conversations_of_all_callers(
    control: ControlClient, sandbox: WorkspaceHandle, api: Api, call: Call
) -> None:
    """Newest first, each with whose it is."""
    call("bob").create()
    api.create()
    listed = control.call("GET", f"/workspaces/{sandbox.name}/conversations")["data"]
    assert [entry["caller"] for entry in listed] == ["alice", "bob"]


def test_an_unknown_conversation_is_a_404(sandbox: WorkspaceHandle, api: Api) -> None:
    """With the one that is spelt alike."""
    conversation = api.create()
    with pytest.raises(ControlFailed, match=f"did you mean {conversation}"):
        sandbox.conversation(conversation[:-1])


def test_calls_of_the_control_plane_leave_no_trace(
    sandbox: WorkspaceHandle, controlled_server: BackgroundServer
) -> None:
    """They are not journaled, and no fault hits them."""
    sandbox.arm("status", code=503, times=None)
    assert len(sandbox.armed()) == 1
    assert httpx.get(f"{controlled_server.url}/_mock", trust_env=False).status_code == 200
    assert sandbox.journal() == []
