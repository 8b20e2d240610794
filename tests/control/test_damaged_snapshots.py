"""A snapshot that is damaged anywhere is refused by name and changes nothing, or it loads and the workspace works."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mockserver import Settings, create_app
from mockserver.control.client import WorkspaceHandle
from mockserver.control.keeping import bring_back, keep_workspace
from mockserver.server import BackgroundServer
from mockserver.snapshots import Part, SnapshotError

from .given import Api, make_control, make_message

JsonObject = dict[str, Any]
Path = tuple[str | int, ...]

NAME = "whole"


class Scene:
    """A server with a workspace that has something of everything, and the snapshot of it."""

    def __init__(self, url: str) -> None:
        self.http = httpx.Client(base_url=f"{url}/_mock", timeout=20, trust_env=False)
        self.own = f"/workspaces/{NAME}"
        with make_control(url) as control:
            self._fill(control.workspace(NAME))
        self.http.post(f"{self.own}/snapshots/sound")
        self.snapshot: JsonObject = self.http.get("/snapshots/sound").json()

    def _fill(self, workspace: WorkspaceHandle) -> None:
        alice, dying = Api(workspace), Api(workspace, "bob", workspace.token("bob", dies_after_calls=1))
        conversation = alice.create({"personality": "dry"})
        alice.http.patch(f"/conversations/{conversation}", json={"personality": None})
        alice.send(conversation)
        quota = {"fault": "quota", "parameters": {"limit": 3, "per_s": 20}, "seconds": 1000}
        self.http.post(f"{self.own}/faults", json={**quota, "where": {"operation": "listConversations"}})
        workspace.arm("truncate", after=3, where={"text": "x+", "caller": "bob", "nth": 2}, times=None, rate=0.5)
        assert alice.http.get("/conversations").status_code == 200
        assert [dying.http.get("/conversations").status_code for _ in range(2)] == [200, 401]
        workspace.configure(jitter=0.25, hold_after=7)
        workspace.advance(3)
        self.http.patch(f"{self.own}/clock", json={"rate": 0})
        for api in (alice, dying):
            api.http.close()

    def state(self) -> JsonObject:
        """All that a snapshot has of the workspace now, whose clock stands; and which others there are."""
        found = self.http.get("/snapshot").json()["workspaces"]
        return {"own": found[NAME], "names": list(found)}

    def restore(self) -> None:
        """As it was at first."""
        assert self.http.post(f"{self.own}/snapshots/sound/load").status_code == 200


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    """On a server of its own."""
    with BackgroundServer(create_app(Settings(port=0, empty=True, speed="instant"))) as server:
        made = Scene(server.url)
        yield made
        made.http.close()


def paths_in(value: Any, path: Path = ()) -> Iterator[Path]:
    """Every place in a JSON value."""
    if path:
        yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from paths_in(child, (*path, key))


def value_at(value: Any, path: Path) -> Any:
    """What is at a place."""
    for step in path:
        value = value[step]
    return value


DEEP: Any = []
for _ in range(400):
    DEEP = [DEEP]

JUNK = st.one_of(
    st.sampled_from(
        [None, True, 0, -1, 1, 0.5, 5e-324, 1e-9, 86_401, 10**16, 1e308, -1e308, 10**400, -(10**400), float("nan"),
         float("inf"), "", "x", "\ud800", "eyJ", "9999-12-31T23:59:59", "0001-01-01T00:00:00", "(" * 50, "a" * 3000,
         [], {}, [None], {"id": None}, [[]], DEEP]
    ),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
        max_leaves=4,
    ),
)  # fmt: skip
PLACE = st.integers(0, 10**6)


def damaged(snapshot: JsonObject, place: int, how: str, junk: Any, other: int) -> JsonObject:
    """The snapshot with another value at one place: junk, what stands elsewhere in it, or nothing at all."""
    paths = list(paths_in(snapshot["workspaces"]))
    changed = deepcopy(snapshot)
    *steps, last = paths[place % len(paths)]
    parent = value_at(changed["workspaces"], tuple(steps))
    if how == "gone":
        del parent[last]
    else:
        parent[last] = junk if how == "junk" else deepcopy(value_at(snapshot["workspaces"], paths[other % len(paths)]))
    return changed


@pytest.mark.whole
@settings(
    max_examples=200, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(place=PLACE, how=st.sampled_from(["junk", "junk", "junk", "moved", "gone"]), junk=JUNK, other=PLACE)
def test_damage_anywhere(scene: Scene, place: int, how: str, junk: Any, other: int) -> None:
    """Refused with 422 (400 where it is no JSON) and nothing has changed; or taken, and then all works."""
    scene.restore()
    before = scene.state()
    body = json.dumps(damaged(scene.snapshot, place, how, junk, other)).encode()
    put = scene.http.put("/snapshots/damaged", content=body, headers={"Content-Type": "application/json"})
    assert put.status_code in {201, 400, 422}, put.text
    if put.status_code != 201:
        whole = scene.http.put("/snapshot", content=body, headers={"Content-Type": "application/json"})
        assert (whole.status_code, whole.json()) == (put.status_code, put.json())
        assert scene.state() == before
        return
    loaded = scene.http.post(f"{scene.own}/snapshots/damaged/load")
    if loaded.status_code != 200:  # it holds no workspace, or none of the name
        assert loaded.status_code == 422, loaded.text
        assert scene.state() == before
        return
    works(scene)


def works(scene: Scene) -> None:
    """What was loaded is shown, saved and loaded again, and calls are answered."""
    for shown in ("", "/faults", "/clock", "/configuration", "/tokens", "/conversations", "/journal", "/verdict"):
        answer = scene.http.get(f"{scene.own}{shown}")
        assert answer.status_code == 200, (shown, answer.text)
    again = scene.http.put("/snapshots/again", content=scene.http.get("/snapshot").content,
                           headers={"Content-Type": "application/json"})  # fmt: skip
    assert again.status_code == 201, again.text
    for conversation in scene.http.get(f"{scene.own}/conversations").json()["data"]:
        if conversation["id"].isalnum():
            found = scene.http.get(f"{scene.own}/conversations/{conversation['id']}")
            assert found.status_code == 200, found.text
    assert scene.http.delete(f"{scene.own}/faults").status_code == 204
    calm = {"speed": "instant", "holdAfter": None}
    assert scene.http.patch(f"{scene.own}/configuration", json=calm).status_code == 200
    assert scene.http.post(f"{scene.own}/clock/advance", json={"seconds": 1}).status_code == 200
    headers = {"Authorization": f"Bearer alice@{NAME}"}
    url = str(scene.http.base_url).replace("/_mock/", f"/api/v1/workspaces/{NAME}/conversations")
    with httpx.Client(headers=headers, timeout=20, trust_env=False) as api:
        listed = api.get(url)
        assert listed.status_code == 200, listed.text
        made = api.post(url, json={})
        assert made.status_code == 201, made.text
        ids = [made.json()["id"], *(each["id"] for each in listed.json()["data"] if each["id"].isalnum())]
        for number, id in enumerate(ids):
            sent = api.post(f"{url}/{id}/messages", json=make_message(f"new-{number}", "Hello"))
            assert sent.status_code == 200, sent.text
            assert api.get(f"{url}/{id}/messages").status_code == 200


@pytest.mark.parametrize(
    ("path", "junk", "field", "message"),
    [
        (("clock", "rate"), "fast", "clock.rate", 'expected a number, got the string "fast"'),
        (("clock", "rate"), -1, "clock.rate", "expected 0 or more"),
        (("clock", "rate"), 10_001, "clock.rate", "expected 10000"),
        (("clock", "nowS"), 10**400, "clock.nowS", "or less"),
        (("clock", "shiftS"), 1e308, "clock.shiftS", "or less"),
        (("clock",), [], "clock", "expected an object, got an array"),
        (("configuration", "pace", "jitter"), None, "configuration.pace.jitter", "expected a number, got null"),
        (("configuration", "pace", "first_token_s"), 3601, "configuration.pace.first_token_s", "expected 3600"),
        (("configuration", "keep_alive_s"), 1e-9, "configuration.keep_alive_s", "expected 0.01 or more, or 0"),
        (("configuration", "hold_after"), 1.5, "configuration.hold_after", "expected an integer"),
        (("faults", "rules", 0, "rule", "fault"), "quotta", "faults.rules[0].rule.fault", "did you mean quota?"),
        (("faults", "rules", 1, "rule", "where", "text"), "(", "faults.rules[1].rule.where.text", "no regular"),
        (("faults", "rules", 1, "id"), "f-1", "faults.rules[1].id", "another rule before it has the same"),
        (("faults", "rules", 0, "serial"), 99, "faults.rules[0].serial", "beyond"),
        (("faults", "rules", 0, "bucket", "left"), -1, "faults.rules[0].bucket.left", "expected 0 or more"),
        (("faults", "rules", 1, "bucket"), {"left": 1, "ago": 1}, "faults.rules[1].bucket", "expected null"),
        (("tokens", "dead", 0, "byFault"), "no", "tokens.dead[0].byFault", "expected a boolean"),
        (("tokens", "uses"), {"x": -1}, "tokens.uses.x", "expected 0 or more"),
        (("store", "created"), 10**400, "store.created", "expected 1000000000 or less"),
    ],
)
def test_what_is_wrong_is_named(scene: Scene, path: Path, junk: Any, field: str, message: str) -> None:
    """By the field, in words."""
    changed = deepcopy(scene.snapshot)
    value_at(changed["workspaces"][NAME], path[:-1])[path[-1]] = junk
    refused = scene.http.put("/snapshots/damaged", json=changed)
    assert refused.status_code == 422
    (problem,) = refused.json()["errors"]
    assert problem["field"] == f"workspaces.{NAME}.{field}"
    assert message in problem["message"]


def test_no_more_faults_than_can_be_armed(scene: Scene) -> None:
    """Each call asks every one of them."""
    changed = deepcopy(scene.snapshot)
    faults = changed["workspaces"][NAME]["faults"]
    faults["rules"] = [{**faults["rules"][1], "id": f"f-{n}"} for n in range(201)]
    refused = scene.http.put("/snapshots/damaged", json=changed)
    assert refused.status_code == 422
    assert "200 at the most" in refused.text
    faults["rules"].pop()
    assert scene.http.put("/snapshots/full", json=changed).status_code == 201


def test_nothing_is_loaded_of_a_part_that_nobody_judged() -> None:
    """Whoever made it: all or nothing."""
    app = create_app(Settings(port=0, empty=True))
    sandbox = app.sandboxes.of("w")
    sandbox.clock.run(0)
    before = keep_workspace(sandbox, app.store)
    empty = {"created": 5, "conversations": []}
    for part in (
        Part(empty, clock={"nowS": 9, "rate": 1, "shiftS": 0}, tokens={"uses": {}, "dead": [{}], "callers": {}}),
        Part({"created": 5, "conversations": [{}]}, clock={"nowS": 9, "rate": 1, "shiftS": 0}),
    ):
        with pytest.raises(SnapshotError, match="damaged"):
            bring_back(sandbox, app.store, part)
        assert keep_workspace(sandbox, app.store) == before


def test_a_keep_alive_that_leaves_room_for_nothing_else_is_refused(scene: Scene) -> None:
    """What cannot be set, no snapshot has to bring back."""
    refused = scene.http.patch(f"{scene.own}/configuration", json={"keepAliveS": 1e-9})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "keepAliveS")
