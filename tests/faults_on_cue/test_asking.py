"""Asking for what cannot be gets one clear sentence; a server that takes no triggers passes over them."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pytest

from mockserver.control.client import ControlClient, ControlFailed, WorkspaceHandle
from mockserver.faults.catalogue import KINDS, Stage, make_fault
from mockserver.server import BackgroundServer

from .given import (
    FAULT_HEADER,
    TRIGGERS,
    Asked,
    Scene,
    assert_error,
    assert_healthy,
    by_prefer,
    by_query,
    by_text,
    make_server,
)

ONE_CALL = [by_prefer, by_query, by_text]
OF_STREAMS = [name for name, kind in KINDS.items() if kind.stage is not Stage.ANSWER]

MALFORMED = [
    ("fault=truncat", "fault", "there is no fault 'truncat'; did you mean truncate?"),
    ("fault=💥", "fault", "there is no fault"),
    ("fault=truncate; aftr=3", "aftr", "truncate has after; did you mean after?"),
    ("fault=truncate; after=three", "after", "expected a whole number from 0"),
    ("fault=truncate; after=-1", "after", "expected a whole number from 0"),
    ("fault=truncate; after=٣", "after", "expected a whole number from 0"),
    ("fault=stall; seconds=nan", "seconds", "expected a number from 0"),
    ("fault=bytes; after=3", "after", "bytes has no parameters"),
    ("code=418", "code", "expected 400, 401"),
    ("code=500; retry_after=3", "retry_after", "goes with the codes 429 and 503"),
    ("delay=soon", "ms", "expected a whole number from 0"),
    ("delay=5; distribution=normal", "distribution", "; did you mean lognormal?"),
    ("delay=4000000", "ms", "to 3600000, got '4000000'"),
]


@pytest.mark.parametrize(("asked", "field", "said"), MALFORMED)
@pytest.mark.parametrize("where", ["prefer", "query", "text"])
def test_a_malformed_fault_is_explained(scene: Scene, where: str, asked: str, field: str, said: str) -> None:
    """A 422 in the contract's form that names the field; nothing is done for the call."""
    if where == "text" and asked.startswith("delay"):
        asked = asked.replace("delay=", "fault=delay; ms=")
    wire = scene.stream(_ask(where, asked)).read()
    assert assert_error(wire, 422, "validationFailed", "openMessageStream").startswith("The fault cannot be: ")
    assert wire.json()["error"][-2:] not in {"..", "?."}
    [problem] = wire.json()["errors"]
    assert problem["field"] == field
    assert said in problem["message"]
    assert FAULT_HEADER not in wire.headers
    assert scene.messages() == []
    assert_healthy(scene.stream())


@pytest.mark.parametrize(
    ("query", "said"), [("__falt=reset", "did you mean __fault?"), ("__", "there are __fault"), ("__fault", "truncate")]
)
def test_a_reserved_name_is_explained(scene: Scene, query: str, said: str) -> None:
    """Those that begin with two underscores are the mock's own."""
    wire = scene.list_conversations(Asked(query=query))
    assert_error(wire, 422, "validationFailed", "listConversations")
    assert said in wire.json()["error"]


@pytest.mark.parametrize("text", ["!falt reset", "!fault", "!reply tabel", "!code"])
def test_a_misspelt_word_is_explained(scene: Scene, text: str) -> None:
    """In the chat itself someone has to be told."""
    assert_error(scene.send(Asked(text=text)), 422, "validationFailed", "sendMessage")


@pytest.mark.parametrize("text", ["Say !fault reset", "!!! wow", "!", "!fault reset\nand more", "¡fault reset"])
def test_a_message_about_words_is_a_message(scene: Scene, text: str) -> None:
    """Only a message that has nothing else asks for something."""
    assert_healthy(scene.stream(Asked(text=text)))


@pytest.mark.parametrize(
    "prefer",
    ["respond-async, wait=10", "code=200", "handling=lenient; fault=reset", "return=minimal", "", ";;,,=", "💥"],
)
def test_the_preferences_of_others_are_passed_over(scene: Scene, prefer: str) -> None:
    """Prism's users ask for successes, others for other things."""
    assert_healthy(scene.stream(Asked({"Prefer": prefer.encode().decode("latin-1")})))


@pytest.mark.parametrize("trigger", ONE_CALL)
def test_one_call_cannot_have_a_quota(scene: Scene, trigger: object) -> None:
    """It counts calls."""
    assert callable(trigger)
    wire = scene.stream(trigger(scene.sandbox, make_fault("quota"))).read()
    assert_error(wire, 422, "validationFailed", "openMessageStream")
    assert "quota counts calls; arm it as a rule over the control API" in wire.json()["error"]


@pytest.mark.parametrize("kind", OF_STREAMS)
def test_only_streams_have_faults_of_streams(scene: Scene, kind: str) -> None:
    """A list, or a reply in one piece, is refused rather than left alone as if it were well."""
    fault = make_fault(kind)
    for wire in (
        scene.list_conversations(by_prefer(scene.sandbox, fault)),
        scene.list_conversations(by_query(scene.sandbox, fault)),
        scene.send(by_text(scene.sandbox, fault)),
    ):
        assert wire.status == 422
        assert f"{kind} is a fault of streams" in wire.json()["error"]
    with pytest.raises(ControlFailed, match=f"{kind} can only hit openMessageStream, never listMessages") as refused:
        scene.sandbox.arm(kind, where={"operation": "listMessages"})
    assert refused.value.status == 422


def test_an_armed_fault_of_streams_waits_for_a_stream(scene: Scene) -> None:
    """Other calls neither suffer it nor use it up."""
    scene.sandbox.arm("truncate", after=1)
    assert FAULT_HEADER not in scene.list_conversations().headers
    assert FAULT_HEADER not in scene.send().headers
    assert scene.stream().read().ended == "closed"
    assert_healthy(scene.stream())


@pytest.mark.parametrize(
    ("rule", "field", "said"),
    [
        ({"fault": "resett"}, "fault", "did you mean reset?"),
        ({"fault": "reset", "parameters": {"after": "x"}}, "parameters.after", "expected a whole number"),
        ({"fault": "reset", "where": {"operation": "listMessage"}}, "where.operation", "did you mean listMessages?"),
        ({"fault": "reset", "where": {"calller": "bob"}}, "where.calller", "did you mean caller?"),
        ({"fault": "reset", "where": {"text": "("}}, "where.text", "no regular expression"),
        ({"fault": "reset", "where": {"nth": 0}}, "where.nth", "1 or more"),
        ({"fault": "reset", "times": 0}, "times", "1 or more"),
        ({"fault": "reset", "rate": 0}, "rate", "above 0"),
        ({"fault": "reset", "seconds": -1}, "seconds", "above 0"),
        ({"fault": "reset", "tmes": 2}, "tmes", "did you mean times?"),
        ({}, "fault", ""),
    ],
)
def test_a_malformed_rule_is_explained(
    sandbox: WorkspaceHandle, rule: dict[str, object], field: str, said: str
) -> None:
    """By the field that is wrong."""
    with pytest.raises(ControlFailed) as refused:
        sandbox.control.call("POST", f"/workspaces/{sandbox.name}/faults", rule)
    assert refused.value.status == 422
    assert field in str(refused.value)
    assert said in str(refused.value)
    assert sandbox.armed() == []


@pytest.fixture(scope="module")
def quiet_server() -> Iterator[BackgroundServer]:
    """A mock that takes no triggers but the control plane's."""
    with make_server(triggers=False) as server:
        yield server


@pytest.mark.parametrize("asked", ["truncate", "truncat", "quota"])
def test_without_triggers_only_the_control_plane_arms(quiet_server: BackgroundServer, asked: str) -> None:
    """Header, query and words do nothing, right or wrong."""
    with ControlClient(quiet_server.url) as control:
        scene = Scene(control.workspace())
        for where in ("prefer", "query", "text"):
            assert_healthy(scene.stream(_ask(where, f"fault={asked}")))
        assert_healthy(scene.stream(Asked(text="!reply table")))
        scene.stream(TRIGGERS["control"](scene.sandbox, make_fault("truncate"))).read()
        assert scene.newest()["faults"][0]["kind"] == "truncate"
        assert_healthy(scene.stream())
        scene.close()


def _ask(where: str, asked: str) -> Asked:
    """`fault=truncate; after=3` by another trigger."""
    if where == "prefer":
        return Asked({"Prefer": asked.encode().decode("latin-1")})
    name, _, value = asked.partition("=")
    if where == "query":
        return Asked(query=f"__{name}={quote(value)}")
    return Asked(text=f"!{name} {value.replace(';', '')}")
