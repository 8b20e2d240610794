"""The watch as a whole: a good client's life, folding, several clients, bounds, coverage, the verdict as JSON."""

from __future__ import annotations

import json
from typing import Any

from mockserver.verdict.codes import CODES
from mockserver.verdict.encode import encode_codes, encode_verdict, summary_lines
from mockserver.verdict.findings import MAX_EVIDENCE, MAX_SUBJECTS
from mockserver.verdict.watch import MAX_CLIENTS, ClientWatch
from tests.verdict.given import VOCABULARY, Client


def test_a_good_clients_life_earns_nothing() -> None:
    """It meets failures of each kind, and treats them as the contract asks."""
    client = Client()
    client.read(total=0)
    client.create(personality="kind")
    client.read()
    client.send("a", "Hello", status=500, faults=["error"])
    client.wait(1)
    client.send("a", "Hello")
    client.send("b", "Next", status=429, headers={"retry-after": "3"}, faults=["error"])
    client.wait(3)
    client.send("b", "Next")
    live = client.open("c", "A long one")
    client.say(live, "delta")
    client.cancel()
    client.end(live, outcome="cancelled")
    client.stream("d", "A long one")
    client.lose(client.open("e", "Cut"), "cut", "truncate")
    client.stream("e", "Cut", replayed=True)
    client.read(status=401, credential="expired")
    client.read(token="t2")
    for page in (1, 2, 3):
        client.read(f"page={page}&size=2", "c1", total=3)
    client.patch(personality=None)
    client.patch(brandVoiceId="v")
    client.send("f", "Last", status=409)
    client.wait(2)
    client.send("f", "Last")
    assert client.watch.findings() == []
    assert encode_verdict(client.watch)["clean"]


def test_equal_findings_are_one() -> None:
    """With the count, the first and last time, and the latest evidence."""
    client = Client()
    for _ in range(2 * MAX_EVIDENCE):
        client.read("page=0", status=422)
        client.wait(10)
    (finding,) = client.watch.findings()
    assert (finding.count, len(finding.entries)) == (2 * MAX_EVIDENCE, MAX_EVIDENCE)
    assert finding.entries[-1] == client.number
    assert finding.first_at_s == 0.0
    assert finding.at_s > 100


def test_each_client_is_judged_alone() -> None:
    """A failure of one is no reason to blame another."""
    anna = Client()
    ben = Client(anna.watch, "ben")
    anna.send("a", "Hello", status=500)
    ben.send("b", "Hello")
    assert anna.watch.findings() == []
    ben.read("page=0", status=422)
    assert [finding.caller for finding in anna.watch.findings()] == ["ben"]
    assert anna.watch.findings("anna") == []


def test_a_stream_left_is_a_finding_until_the_cancel_comes() -> None:
    """A verdict says how it stands."""
    client = Client()
    client.lose(client.open("a"), "client gone")
    assert client.codes() == {"stream-abandoned"}
    assert client.codes() == {"stream-abandoned"}  # asking changes nothing
    client.cancel()
    assert client.codes() == set()


def test_clear_forgets() -> None:
    """Findings, callers and coverage."""
    client = Client()
    client.read("page=0", status=422)
    client.watch.clear()
    assert client.watch.findings() == []
    assert client.watch.callers == []
    assert client.watch.coverage().encode()["ratio"] == 0


def sizes(value: Any, seen: set[int] | None = None) -> int:
    """The length of the largest collection within, however deep."""
    seen = set() if seen is None else seen
    if id(value) in seen or value is VOCABULARY or isinstance(value, str | bytes | int | type):
        return 0
    seen.add(id(value))
    inner = list(value.values()) if isinstance(value, dict) else list(value) if isinstance(value, list | tuple) else []
    inner += list(getattr(value, "__dict__", {}).values())
    inner += [getattr(value, name, None) for name in getattr(type(value), "__slots__", ())]
    own = len(value) if isinstance(value, dict | list) else 0
    return max([own, *(sizes(each, seen) for each in inner)])


def test_memory_is_bounded() -> None:
    """Whatever a client does, and however long."""
    client = Client()
    for n in range(2500):
        client.open(f"live{n}", "Hello", f"c{n}")  # never ends
        client.send(f"a{n}", "Hello", f"c{n % 3}", status=500)
        client.send(f"b{n}", "Hello", f"c{n}")
        client.read(f"page={n}&size={n}&x{n}=1", f"c{n}", total=n)
    assert len(client.watch.findings()) <= MAX_SUBJECTS
    assert sizes(client.watch) <= 2000


def test_no_code_is_lost_among_many_findings_of_another() -> None:
    """The oldest of the commonest code make way, the latest stay."""
    client = Client()
    client.read("page=0", status=422)
    for n in range(MAX_SUBJECTS + 20):
        client.read("", f"gone{n}", status=404)
    found = client.watch.findings()
    assert len(found) == MAX_SUBJECTS
    assert found[0].code == "page-below-one"
    assert found[1].subject == "gone21"
    assert found[-1].subject == f"gone{MAX_SUBJECTS + 19}"


def test_callers_are_bounded() -> None:
    """Those who were quiet for longest are forgotten first."""
    watch = ClientWatch(VOCABULARY)
    for n in range(MAX_CLIENTS + 20):
        Client(watch, f"caller{n}").read()
    assert len(watch.callers) == MAX_CLIENTS
    assert "caller0" not in watch.callers


def test_coverage_says_what_was_met_and_what_was_not() -> None:
    """Of the contract's operations, statuses and events, and of the faults there are."""
    client = Client(ClientWatch(VOCABULARY, ["truncate", "delay"]))
    client.create()
    client.lose(client.open("a"), "cut", "truncate")
    met = client.watch.coverage("anna").encode()
    assert met["operations"]["met"] == {"createConversation": 1, "openMessageStream": 1}
    assert met["operations"]["of"] == 7
    assert "cancelMessageStream" in met["operations"]["missing"]
    assert "createConversation 201" in met["statuses"]["met"]
    assert "openMessageStream 409" in met["statuses"]["missing"]
    assert (met["events"]["met"], met["events"]["missing"]) == ({"delta": 1}, ["message", "error"])
    assert (met["faults"]["missing"], met["faults"]["ratio"]) == (["delay"], 0.5)
    assert 0 < met["ratio"] < 0.2
    assert client.watch.coverage("ben").encode()["ratio"] == 0
    assert client.watch.coverage().encode() == met


def test_the_verdict_is_json() -> None:
    """With the facts of the code beside those of the finding."""
    client = Client()
    client.send("a", "Hello", status=500)
    client.send("b", "Hello")
    client.cancel()
    verdict = json.loads(json.dumps(encode_verdict(client.watch)))
    assert (verdict["clean"], verdict["codes"]) == (False, {"double-post": 1})
    (told,) = verdict["clients"]
    (finding,) = told["findings"]
    assert told["caller"] == "anna"
    assert finding["exchanges"] == [1, 2]
    assert finding["hint"] == CODES["double-post"].hint
    assert finding["severity"] == "error"
    assert finding["firstAtS"] == finding["lastAtS"]
    assert [code["code"] for code in encode_codes()] == list(CODES)


def test_hints_leave_a_client_clean() -> None:
    """They are advice."""
    client = Client()
    client.send("a", "Hello", "c9", status=404)
    assert client.codes() == {"conversation-not-found"}
    assert encode_verdict(client.watch)["clean"]


def test_who_has_no_token_is_told_of_too() -> None:
    """Under no name; in the list it comes last."""
    client = Client()
    client.read()
    Client(client.watch, None).read(status=401, credential="none")
    verdict = encode_verdict(client.watch)
    assert [told["caller"] for told in verdict["clients"]] == ["anna", None]
    assert verdict["clients"][1]["findings"][0]["code"] == "token-missing"


def test_the_summary_has_a_line_of_facts_and_one_of_advice() -> None:
    """The worst comes first; what does not fit is counted."""
    client = Client()
    client.send("x", "Hello", "c9", status=404)
    client.read("page=0", status=422)
    lines = summary_lines(client.watch, most=1)
    assert lines[0].startswith("Verdict on 1 client: 1 error, 1 hint. ")
    assert lines[1] == "  error page-below-one, anna, exchanges 2: listConversations was asked for page 0."
    assert lines[2] == "    The first page is 1."
    assert lines[3] == "  and 1 more"
    assert summary_lines(ClientWatch(VOCABULARY))[0].startswith("Verdict on 0 clients: clean.")


def test_near_paths_and_names_are_offered() -> None:
    """Did you mean, with the ids that were given."""
    client = Client()
    client.call(None, path="/api/v1/workspaces/demo/conversation/c1/mesages", status=404)
    client.send("a", "Hello", "c1")
    client.call("listConversations", query="Page=2")
    told = {finding.code: finding.message for finding in client.watch.findings()}
    assert told["unknown-path"].endswith("Did you mean /api/v1/workspaces/demo/conversations/c1/messages?")
    assert told["misspelt-parameter"].endswith("Did you mean page?")


def test_the_vocabulary_is_the_contracts() -> None:
    """Fields of all depths, limits, statuses, kinds of events."""
    send = VOCABULARY.operations["sendMessage"]
    assert {"id", "text", "additionalContext", "additionalContext[].category_name"} <= send.fields
    assert VOCABULARY.operations["updateConversation"].nullable == {"personality", "brandVoiceId", "targetAudienceId"}
    assert VOCABULARY.operations["listMessages"].parameters["size"].maximum == 100
    assert VOCABULARY.operations["cancelMessageStream"].statuses[0] == 200
    assert VOCABULARY.events == ("delta", "message", "error")
