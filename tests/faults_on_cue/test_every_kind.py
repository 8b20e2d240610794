"""Each kind of fault, by each trigger: exactly that is seen, and the next call is healthy again."""

from __future__ import annotations

import pytest

from mockserver.faults.catalogue import KINDS, STATUSES, Stage, make_fault
from mockserver.faults.values import Fault
from mockserver.replies.on_cue import write_on_cue
from tests.server.given import OPERATIONS

from .given import (
    CHECKS,
    DELTAS,
    FAULT_HEADER,
    REPLY,
    SEED,
    TRIGGERS,
    Asked,
    Scene,
    assert_healthy,
    by_prefer,
    wait_until,
)
from .observations import OBSERVATIONS
from .observing import Observation, freeze

OF_ANY_CALL = [each for each in OBSERVATIONS if KINDS[each.kind].stage is Stage.ANSWER and each.kind != "delay"]


def test_every_kind_is_observed() -> None:
    """A new kind needs a line in the table; only that which counts calls is not there."""
    assert {each.kind for each in OBSERVATIONS} == {name for name, kind in KINDS.items() if not kind.needs_rule}


@pytest.mark.parametrize("trigger", TRIGGERS)
@pytest.mark.parametrize("observation", OBSERVATIONS, ids=str)
def test_a_fault_is_seen_once(scene: Scene, observation: Observation, trigger: str) -> None:
    """The answer says which it was, the journal who asked for it, and a stream in the same conversation is well."""
    fault = make_fault(observation.kind, observation.parameters)
    observation.prepare(scene)
    asked = TRIGGERS[trigger](scene.sandbox, fault)
    wire = scene.stream(asked)
    observation.expect(scene, wire)
    _assert_named(scene, fault, trigger)
    if observation.headers:
        assert wire.headers[FAULT_HEADER] == str(fault)
        assert wire.headers["mock-seed"] == str(SEED)
    assert scene.sandbox.armed() == []
    scene.sandbox.run()
    scene.sandbox.configure(speed="instant")
    wait_until(lambda: not scene.sandbox.streams())
    assert_healthy(scene.stream())


@pytest.mark.parametrize("trigger", ["control", "prefer", "query"])
@pytest.mark.parametrize("observation", OF_ANY_CALL, ids=str)
def test_any_operation_can_suffer_it(scene: Scene, observation: Observation, trigger: str) -> None:
    """A fault of answers hits a list, too, and only once."""
    fault = make_fault(observation.kind, observation.parameters)
    wire = scene.list_conversations(TRIGGERS[trigger](scene.sandbox, fault))
    healthy = scene.list_conversations()
    assert (healthy.status, healthy.json()["page"]["totalElements"]) == (200, 1)
    if not observation.headers:
        wire.read_to_the_close()
        assert (wire.status, wire.headers) == (0, {})
    else:
        assert wire.headers[FAULT_HEADER] == str(fault)
        assert wire.status == observation.parameters.get("code", 401 if observation.kind == "expired-token" else 200)
        assert wire.raw != healthy.raw


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=[f"{method}{path}" for method, path in OPERATIONS])
def test_every_operation_can_suffer_it(scene: Scene, method: str, path: str) -> None:
    """Nothing but that is seen, whatever is called; and the same call is well after it."""
    target = path.format(conversationId=scene.conversation)

    def make_body(number: int) -> object:
        message = {"id": f"of-{number}", "text": "Hello", "createdAt": "2026-05-01T09:00:00"}
        return {"POST": message if "message" in path else {}, "PATCH": {"personality": "calm"}}.get(method)

    for number, observation in enumerate(OF_ANY_CALL):
        fault = make_fault(observation.kind, observation.parameters)
        wire = scene.call(method, target, by_prefer(scene.sandbox, fault), body=make_body(number))
        broken = observation.kind in {
            "reset-before-headers",
            "reset-after-headers",
            "empty-reply",
            "garbage",
            "lost-answer",
        }
        assert wire.complete != broken, observation
        assert not wire.pieces or not broken, observation
        assert wire.ended == ("" if not broken else "reset" if "reset" in observation.kind else "closed"), observation
        wait_until(lambda: not scene.sandbox.streams())
        healthy = scene.call(method, target, body=make_body(1000 + number))
        assert healthy.status in {200, 201}, (observation, healthy.raw)
        assert healthy.complete


@pytest.mark.parametrize("code", STATUSES)
def test_a_status_has_the_body_of_the_contract(scene: Scene, code: int) -> None:
    """Of every error that there is, by the short form that users of other mocks know."""
    for asked in (Asked({"Prefer": f"code={code}"}), Asked(query=f"__code={code}"), Asked(text=f"!code {code}")):
        wire = scene.send(asked)
        assert wire.status == code
        assert wire.headers[FAULT_HEADER] == f"status; code={code}"
        of_contract = code not in {502, 503, 504}  # of the others the contract has the body alone
        operation, status = ("sendMessage", code) if of_contract else (None, 404)
        assert CHECKS.check_answer(operation, status, wire.headers.items(), wire.body) == []
    assert scene.send().status == 200


def test_several_faults_hit_one_call(scene: Scene) -> None:
    """Asked for in one header, and armed beside it: all are named."""
    scene.sandbox.arm("unknown-event", after=0)
    wire = scene.stream(Asked({"Prefer": "fault=crlf, fault=end-early; after=2"})).read()
    assert wire.headers[FAULT_HEADER] == "unknown-event; after=0, crlf, end-early; after=2"
    assert wire.names == ["notice", "delta", "delta"]
    assert b"\n" not in wire.body.replace(b"\r\n", b"")
    assert_healthy(scene.stream())


def test_a_delay_comes_before_what_breaks(scene: Scene) -> None:
    """`Prefer` with both: first it takes its time."""
    scene.sandbox.freeze()
    path = "/conversations"
    wire = scene.request("GET", path, Asked({"Prefer": "delay=2000, code=503"}))
    wait_until(lambda: scene.sandbox.journal(operation="listConversations"))
    scene.sandbox.advance(1.9)
    assert wire.is_silent()
    scene.sandbox.advance(0.2)
    assert wire.read().status == 503


def test_an_early_final_event_ends_nothing_of_what_comes_after_it(scene: Scene) -> None:
    """The turn is over, and the rest of the stream still comes in its time: it is no cancelled one."""
    freeze(scene)
    wire = scene.stream(Asked({"Prefer": "fault=early-final"}))
    stream = scene.sandbox.wait_for_stream()
    stream.step(len(DELTAS) - 1)
    assert wire.read_events(len(DELTAS) - 1).names[-1] == "message"
    assert scene.texts() == [REPLY]
    assert scene.live_events() == len(DELTAS) - 1
    stream.release()
    scene.sandbox.advance(60)
    assert wire.read().deltas == DELTAS


def test_nothing_comes_in_a_stall(scene: Scene) -> None:
    """Not even the comments that keep a connection from looking dead; after it they do."""
    freeze(scene)
    scene.sandbox.configure(keep_alive_s=4)
    wire = scene.stream(Asked({"Prefer": "fault=stall; after=6; seconds=20"}))
    scene.sandbox.wait_for_stream()
    for _ in range(100):
        scene.sandbox.advance(1)
    assert wire.read().deltas == DELTAS
    comments = [event["atS"] for event in scene.newest()["events"] if event["kind"] == "comment"]
    assert comments[0] == pytest.approx(4, abs=0.1)
    assert comments[1] == pytest.approx(28, abs=0.1)
    assert len(comments) == wire.parser.comments > 2


def test_a_reply_of_a_form_with_a_fault(scene: Scene) -> None:
    """Words of a message stand one to a line."""
    wire = scene.stream(Asked(text="!reply emoji\n!fault split-characters\n!fault end-early after=2")).read()
    assert wire.headers[FAULT_HEADER] == "split-characters, end-early; after=2"
    assert write_on_cue("emoji").startswith("".join(wire.deltas))
    assert len(wire.deltas) == 2
    assert wire.pieces[1][0] & 0xC0 == 0x80


def test_the_words_of_a_message_are_kept_as_they_are(scene: Scene) -> None:
    """The message that asks for a fault is a message of the conversation."""
    wait_until(lambda: scene.stream(Asked(text="!fault end-early after=1")).read().complete)
    assert [each["text"] for each in scene.messages() if each["source"] == "user"] == ["!fault end-early after=1"]


def _assert_named(scene: Scene, fault: Fault, source: str) -> None:
    wait_until(lambda: scene.newest()["complete"])
    [fired] = scene.newest()["faults"]
    assert (fired["fault"], fired["kind"], fired["source"]) == (str(fault), fault.kind, source)
    assert (fired["ruleId"] is None) == (source != "control")
