"""A small client of the control plane, for tests in Python.

control = ControlClient("http://127.0.0.1:8080")
workspace = control.workspace()
workspace.arm("truncate", after=3)
...  # let the code under test call workspace.url with workspace.token("alice")
workspace.verdict().assert_clean()
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import EllipsisType, TracebackType
from typing import Any

import httpx

from mockserver.control.reports import ControlFailed, Verdict, fail_unless_verified, failure_of, verdict_on_all

JsonObject = dict[str, Any]

__all__ = ["ControlClient", "ControlFailed", "StreamHandle", "Verdict", "WorkspaceHandle"]

_TIMEOUT_S = 70.0
"""Longer than the server waits for anything that it is asked to wait for."""

_WAIT_S = 10
_PAGE = 100


class ControlClient:
    """A connection to the control plane of one server; to be closed, or used in a `with`.

    Args:
        url: the base URL of the mock, such as `http://127.0.0.1:8080`.
    """

    def __init__(self, url: str) -> None:
        # A proxy of the environment is for the world outside, not for a mock.
        self._http = httpx.Client(base_url=f"{url.rstrip('/')}/_mock", timeout=_TIMEOUT_S, trust_env=False)

    def __enter__(self) -> ControlClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close its connections."""
        self._http.close()

    def call(self, method: str, path: str, body: Any = None, /, **query: Any) -> Any:
        """Any operation: its answer as JSON, or as text, or None where there is nothing to say.

        Args:
            query: parameters; those that are None are left out.

        Raises:
            ControlFailed: the server refused.
        """
        given = {name: value for name, value in query.items() if value is not None}
        answer = self._http.request(method, path, json=body, params=given)
        is_json = answer.headers.get("content-type", "").startswith("application/json")
        if answer.is_error:
            raise failure_of(answer.status_code, answer.json() if is_json else {}, answer.text)
        if answer.status_code == 204:
            return None
        return answer.json() if is_json else answer.text

    def workspace(self, name: str | None = None) -> WorkspaceHandle:
        """A workspace of that name, created unless it is there; without a name a fresh one of its own."""
        created = self.call("POST", "/workspaces", {"tokens": 0} if name is None else {"name": name, "tokens": 0})
        return WorkspaceHandle(self, created["name"], created["url"])

    def workspaces(self) -> list[str]:
        """The names of all workspaces."""
        return [entry["name"] for entry in self.all_pages("/workspaces")]

    def verdict(self, workspace: str | None = None) -> Verdict:
        """What the clients of one workspace, or of all of them, did wrong."""
        if workspace is None:
            return verdict_on_all(self.call("GET", "/verdict")["workspaces"])
        return Verdict(self.call("GET", f"/workspaces/{workspace}/verdict"))

    def fault_kinds(self) -> list[JsonObject]:
        """The catalogue of faults."""
        kinds: list[JsonObject] = self.call("GET", "/faults")["kinds"]
        return kinds

    def scenarios(self) -> list[str]:
        """The names of the scenarios that can be started."""
        return [scenario["name"] for scenario in self.call("GET", "/scenarios")["scenarios"]]

    def snapshot(self) -> JsonObject:
        """The whole server, as JSON that can be kept in a file."""
        snapshot: JsonObject = self.call("GET", "/snapshot")
        return snapshot

    def load(self, snapshot: Mapping[str, Any]) -> None:
        """Put the whole server into a state that `snapshot` gave."""
        self.call("PUT", "/snapshot", dict(snapshot))

    def all_pages(self, path: str, /, **query: Any) -> list[JsonObject]:
        """All elements of a list, page after page."""
        found: list[JsonObject] = []
        page = 1
        while True:
            answer = self.call("GET", path, page=page, size=_PAGE, **query)
            found += answer["data"]
            if page >= answer["page"]["totalPages"]:
                return found
            page += 1


@dataclass(frozen=True, slots=True)
class WorkspaceHandle:
    """One workspace of a server.

    Attributes:
        name: its name, which is the `workspaceId` of the API.
        url: where its API begins: `http://127.0.0.1:8080/api/v1/workspaces/NAME`.
    """

    control: ControlClient
    name: str
    url: str

    def token(self, caller: str = "demo", **options: int) -> str:
        """A token of a caller. Options: `customer`, `expires_in_s`, `dies_after_calls`, `dies_mid_stream` (deltas)."""
        return self._mint({"caller": caller} | {_camel(name): value for name, value in options.items()})

    def bad_token(self, kind: str, caller: str = "demo") -> str:
        """A token that is refused: `expired`, `wrong-workspace`, `tampered`, ... (`GET /_mock/tokens` has all)."""
        return self._mint({"caller": caller, "bad": kind})

    def tokens(self) -> list[JsonObject]:
        """The tokens that are dead, or whose uses are counted; `token` is a digest."""
        tokens: list[JsonObject] = self._call("GET", "/tokens")["tokens"]
        return tokens

    def revive(self, digest: str | None = None) -> None:
        """Make one dead token good again, by its digest, or all."""
        self._call("DELETE", "/tokens" if digest is None else f"/tokens/{digest}")

    def arm(
        self,
        kind: str,
        *,
        where: Mapping[str, Any] | None = None,
        times: int | EllipsisType | None = ...,
        rate: float = 1.0,
        for_s: float | None = None,
        **parameters: Any,
    ) -> str:
        """Arm a fault: `arm("truncate", after=3, where={"operation": "openMessageStream"})`; its id.

        Args:
            where: which calls it hits: `operation`, `caller`, `conversation`, `nth`, `streaming`, `text`.
            times: it hits so many calls, None: until it is disarmed; left out: once, or for as long as `for_s` says.
            rate: it hits this share of the calls that fit.
            for_s: it hits for so many seconds of the workspace's clock.
            parameters: those of the fault.
        """
        rule: JsonObject = {
            "fault": kind,
            "parameters": parameters,
            "where": where or {},
            "rate": rate,
            "seconds": for_s,
        }
        if times is not ...:
            rule["times"] = times
        armed: str = self._call("POST", "/faults", rule)["id"]
        return armed

    def armed(self) -> list[JsonObject]:
        """The faults that are armed, with how often each has fired."""
        faults: list[JsonObject] = self._call("GET", "/faults")["faults"]
        return faults

    def disarm(self, fault: str | None = None) -> None:
        """Disarm one fault by its id, or all; with all, the tokens that faults killed are good again."""
        self._call("DELETE", "/faults" if fault is None else f"/faults/{fault}")

    def scenario(self, name: str) -> None:
        """Start a scenario: arm all of its faults and apply its configuration."""
        self._call("POST", f"/scenarios/{name}")

    def stop_scenario(self, name: str) -> None:
        """Disarm what is left of its faults, and undo its changes of the configuration."""
        self._call("DELETE", f"/scenarios/{name}")

    def reset(self) -> None:
        """Make the workspace as it was at first. Tokens stay good."""
        self._call("POST", "/reset")

    def delete(self) -> None:
        """Forget the workspace."""
        self._call("DELETE", "")

    def conversation(self, conversation: str) -> JsonObject:
        """All that is known of a conversation: steering, last patch, lock, messages, turns."""
        state: JsonObject = self._call("GET", f"/conversations/{conversation}", size=_PAGE)
        return state

    def streams(self) -> list[StreamHandle]:
        """The streams that are live, the oldest first."""
        return [StreamHandle(self, facts) for facts in self._call("GET", "/streams")["streams"]]

    def wait_for_stream(self, count: int = 1, timeout_s: int = _WAIT_S) -> StreamHandle:
        """The newest stream, as soon as so many are live.

        Raises:
            TimeoutError: there are not, after so many real seconds.
        """
        live = self._call("GET", "/streams", wait=count, timeoutS=timeout_s)["streams"]
        if len(live) < count:
            raise TimeoutError(f"{len(live)} streams are live in {self.name} after {timeout_s} s, not {count}")
        return StreamHandle(self, live[-1])

    def freeze(self) -> None:
        """Stop the clock: nothing becomes due until it is advanced."""
        self.run(0)

    def run(self, rate: float = 1) -> None:
        """Let the clock run so many times as fast as the real time."""
        self._call("PATCH", "/clock", {"rate": rate})

    def advance(self, seconds: float) -> None:
        """Put the clock forward: what is due by then is due now."""
        self._call("POST", "/clock/advance", {"seconds": seconds})

    def set_time(self, instant: str) -> None:
        """Let timestamps go on from an ISO 8601 time; nothing becomes due by it."""
        self._call("PATCH", "/clock", {"set": instant})

    def configure(self, **changes: Any) -> JsonObject:
        """Change `speed`, `first_token_ms`, `tokens_per_second`, `jitter`, `keep_alive_s`, `hold_after`."""
        changed = {_camel(name): value for name, value in changes.items()}
        configuration: JsonObject = self._call("PATCH", "/configuration", changed)
        return configuration

    def journal(self, **query: Any) -> list[JsonObject]:
        """The exchanges that fit, newest first: by `operation`, `status` (409, "4xx"), `conversation`, `caller` ..."""
        return self.control.all_pages(f"/workspaces/{self.name}/journal", **query)

    def exchange(self, number: int) -> JsonObject:
        """One exchange with headers, bodies and events."""
        exchange: JsonObject = self._call("GET", f"/journal/{number}")
        return exchange

    def verify(self, operation: str | None = None, **expectation: Any) -> None:
        """Fail unless calls were made as expected: `verify("sendMessage", times=1, body={"text": "Hi"})`.

        Raises:
            AssertionError: they were not; says what came nearest.
        """
        expected = {"operation": operation} if operation else {}
        fail_unless_verified(self._call("POST", "/journal/verify", expected | expectation))

    def verify_in_order(self, *expectations: Mapping[str, Any]) -> None:
        """Fail unless calls were made as expected, one after the other.

        Raises:
            AssertionError: they were not; says what came nearest.
        """
        fail_unless_verified(self._call("POST", "/journal/verify", {"inOrder": [dict(each) for each in expectations]}))

    def verdict(self, caller: str | None = None) -> Verdict:
        """What the clients of this workspace, or one of them, did wrong."""
        return Verdict(self._call("GET", "/verdict", caller=caller))

    def snapshot(self, name: str) -> None:
        """Keep the workspace as it is now under a name."""
        self._call("POST", f"/snapshots/{name}")

    def load(self, name: str) -> None:
        """Put the workspace into a state that was kept, of this workspace or of another."""
        self._call("POST", f"/snapshots/{name}/load")

    def record(self) -> None:
        """Begin a bug report here and now: clears the journal."""
        self._call("POST", "/recording")

    def bug_report(self) -> JsonObject:
        """What `mockserver replay` plays again, as JSON that can be kept in a file."""
        report: JsonObject = self._call("GET", "/bug-report")
        return report

    def _mint(self, asked: JsonObject) -> str:
        token: str = self._call("POST", "/tokens", asked)["token"]
        return token

    def _call(self, method: str, path: str, body: Any = None, /, **query: Any) -> Any:
        return self.control.call(method, f"/workspaces/{self.name}{path}", body, **query)


@dataclass(frozen=True, slots=True)
class StreamHandle:
    """One live stream, as it stood when it was asked for."""

    workspace: WorkspaceHandle
    facts: JsonObject

    @property
    def id(self) -> int:
        """Of the stream in its workspace."""
        number: int = self.facts["id"]
        return number

    def hold(self, after: int | None = None) -> None:
        """Send nothing after event number `after`; without one, from now on."""
        self._call("hold", {} if after is None else {"after": after})

    def step(self, events: int = 1) -> int:
        """Send the next events at once, then hold; how many were sent, fewer where the stream ended."""
        stepped: int = self._call("step", {"events": events})["stepped"]
        return stepped

    def release(self) -> None:
        """Go on as if it had never been held."""
        self._call("release")

    def kill(self, how: str = "truncate") -> None:
        """End it now: `truncate` (the answer is cut), `reset` (a TCP reset), `end` (as if it were complete)."""
        self._call("kill", {"how": how})

    def _call(self, what: str, body: Any = None) -> Any:
        return self.workspace._call("POST", f"/streams/{self.id}/{what}", body)


def _camel(name: str) -> str:
    """`first_token_ms` as the control plane writes it: `firstTokenMs`."""
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)
