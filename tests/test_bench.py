"""The benchmark's own arithmetic. That it runs at all, `python -m bench --quick` says."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from typing import Any

import pytest

from bench import calls, material, wrk
from bench.bars import judge
from bench.client import Answer
from bench.paging import page_requests
from bench.plan import CALLS, SECTIONS, choose
from bench.results import Results, Unmeasured, percentile
from bench.servers import free_port, resident_mib
from bench.streams import FIRST_S, RATE, summarise
from mockserver.contract import load_contract


def test_only_names_calls_and_sections() -> None:
    """Nothing names all of it; `rates` the calls."""
    assert choose("") == (list(CALLS), list(SECTIONS))
    assert choose("streams, list") == (["list"], ["streams"])
    assert choose("rates") == (list(CALLS), [])
    with pytest.raises(ValueError, match="There is no lists"):
        choose("lists")


@pytest.mark.parametrize(("share", "value"), [(0.5, 50), (0.99, 99), (1.0, 100), (0.0, 1)])
def test_a_percentile_is_a_value_that_was_there(share: float, value: float) -> None:
    """By the nearest rank: nothing is made up between two values."""
    assert percentile([float(n) for n in range(100, 0, -1)], share) == value


def test_bars_are_judged_by_ratios_of_medians() -> None:
    """One trial that went wrong changes neither; what is missing is not judged."""
    results = Results()
    for server, rates in {"mock": [90.0, 100.0, 900.0], "prism": [40.0, 1.0, 50.0], "bare": [201.0]}.items():
        for rate in rates:
            results.add("rate list", server, rate)
    judged = {each.bar.what: each for each in judge(results, ["list"], [])}
    against_prism = judged["list: requests/s against Prism's"]
    assert (against_prism.measured, against_prism.met) == (2.5, True)
    assert judged["list: requests/s against bare Starlette's"].met is False
    assert judged["list: p99 latency against Prism's"].met is None


def test_a_big_collection_may_take_a_fifth_longer() -> None:
    """Rates become times: 120 against 99 a second is more than that."""
    results = Results()
    results.add("first page of messages, small", "mock", 120.0)
    results.add("first page of messages, big", "mock", 99.0)
    judged = {each.bar.what: each.met for each in judge(results, [], ["pages"])}
    assert judged["first page of messages: time in a big collection against a small"] is False


def test_the_last_page_is_full() -> None:
    """A page past the end would be fast."""
    asked = page_requests("big", 1_000_000)["last page of messages"]
    assert asked.path == "/api/v1/workspaces/messages/conversations/big/messages?page=10000&size=100"


def test_each_message_that_wrk_sends_has_an_id_of_its_own() -> None:
    """Put together as the script does it, it is JSON, and as long as its head says."""
    lua = wrk.script(calls.requests_of("message", ["one", 'two"\\']), 80)
    heads = re.findall(r'"(?:POST)[^"]*"', lua)
    assert len(heads) == 2
    head = re.sub(r"\\(\d{3})", lambda code: chr(int(code[1])), heads[0][1:-1])
    length = int(re.findall(r"Content-Length: (\d+)", head)[0])
    tail = re.findall(r'local tails = \{"([^"]*)"', lua)[0]
    tail = re.sub(r"\\(\d{3})", lambda code: chr(int(code[1])), tail)
    fresh = re.findall(r'fresh, count, sent = "([^"]*)"', lua)[0] + "00000001"
    assert json.loads(head.partition("\r\n\r\n")[2] + fresh + tail)["id"] == fresh
    assert len(head.partition("\r\n\r\n")[2] + fresh + tail) == length


def test_a_request_without_an_id_goes_as_it_is() -> None:
    """And only a fixed amount ends wrk before its time."""
    lua = wrk.script(calls.requests_of("list", []), 80)
    assert 'local tails = {""}' in lua
    assert "wrk.thread" not in lua
    assert "os.exit" in wrk.script(calls.requests_of("list", []), 80, 10)


def recorded() -> dict[str, Answer]:
    """Answers such as the mock gives."""
    values: dict[str, Any] = {
        "list": {"page": {}, "data": [{}] * 20},
        "create": {"id": "1"},
        "patch": {},
        "message": {},
    }
    return {call: Answer(200, "application/json", json.dumps(value).encode()) for call, value in values.items()}


def test_peers_get_the_contract_with_the_recorded_answers_as_its_only_examples() -> None:
    """The contract itself, which others hold too, stays as it is."""
    contract = load_contract()
    before = json.dumps(contract)
    changed = material.with_examples(contract, recorded())
    listed = changed["paths"]["/api/v1/workspaces/{workspaceId}/conversations"]["get"]["responses"]["200"]
    assert len(listed["content"]["application/json"]["example"]["data"]) == 20
    assert "examples" not in listed["content"]["application/json"]
    assert len(changed["components"]["schemas"]["ConversationPage"]["example"]["data"]) == 20
    assert json.dumps(contract) == before


def test_stubs_match_every_workspace() -> None:
    """And every conversation."""
    asked = material.stub("message", recorded()["message"])["request"]
    assert asked["method"] == "POST"
    assert re.fullmatch(asked["urlPathPattern"], calls.message("any").path)


def ended(first_s: float, final_s: float, deltas: int = 21) -> dict[str, Any]:
    """What a client says of a stream."""
    return {"first_s": first_s, "final_s": final_s, "deltas": deltas, "head": "HTTP/1.1 200 OK"}


def test_streams_are_measured_against_the_instants_at_which_they_are_due() -> None:
    """The first delta and the last."""
    ideal_s = FIRST_S + 20 / RATE
    figures = summarise([ended(FIRST_S + 0.1, ideal_s), ended(FIRST_S + 0.2, 2 * ideal_s)], 2)
    assert figures["first p50"] == pytest.approx(0.1)
    assert figures["first p99"] == pytest.approx(0.2)
    assert figures["completion p99"] == pytest.approx(2)


def test_a_stream_that_was_cut_is_no_result() -> None:
    """It would look fast."""
    with pytest.raises(Unmeasured, match="1 of 2 streams"):
        summarise([ended(0.3, 1.0), ended(0.3, 0.0)], 2)


def test_memory_is_that_of_a_process_and_its_children() -> None:
    """Node and Java may start others."""
    hungry = "import sys, time; kept = bytearray(64 << 20); print('ready', flush=True); time.sleep(60)"
    before = resident_mib(os.getpid())
    with subprocess.Popen([sys.executable, "-c", hungry], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        assert resident_mib(os.getpid()) > before + 60
        child.kill()


def test_a_free_port_is_one() -> None:
    """Nobody listens on it: it can be had again."""
    with socket.create_server(("127.0.0.1", free_port())) as listening:
        assert listening.getsockname()[1] > 0
