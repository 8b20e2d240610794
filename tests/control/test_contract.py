"""The control plane is contract-first: its document is valid, complete, and what is served."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
import yaml
from openapi_spec_validator import validate

from mockserver.control.client import ControlClient, ControlFailed
from mockserver.control.mount import load_control_contract
from mockserver.server import BackgroundServer

from .given import BY_ID, resolve


def test_the_contract_is_valid_openapi() -> None:
    """By the published schema of OpenAPI 3.0."""
    validate(load_control_contract())


@pytest.mark.parametrize("operation", BY_ID.values(), ids=list(BY_ID))
def test_every_operation_is_described(operation: dict[str, object]) -> None:
    """Each has a tag that the document explains, and a summary."""
    assert operation["summary"]
    assert set(operation["tags"]) <= {tag["name"] for tag in load_control_contract()["tags"]}  # type: ignore[call-overload]


def test_every_parameter_is_described() -> None:
    """Those of paths and queries alike."""
    paths = load_control_contract()["paths"].values()
    parts = [part for item in paths for part in (item, *item.values()) if isinstance(part, dict)]
    assert all(each["description"] for part in parts for each in resolve(part.get("parameters", [])))


@pytest.mark.parametrize("path", ["/_mock/openapi.yaml", "/_mock/openapi.json"])
def test_the_contract_is_served(controlled_server: BackgroundServer, path: str) -> None:
    """As YAML and as JSON."""
    served = httpx.get(controlled_server.url + path, trust_env=False)
    assert yaml.safe_load(served.text) == load_control_contract()


def test_it_has_its_own_docs_page(controlled_server: BackgroundServer) -> None:
    """Which shows the control plane's contract, while that of the API shows the API's."""
    own = httpx.get(f"{controlled_server.url}/_mock/docs/", trust_env=False)
    assert own.status_code == 200
    assert "/_mock/openapi.json" in own.text
    assert "/_mock/" not in httpx.get(f"{controlled_server.url}/docs/", trust_env=False).text


@pytest.mark.parametrize("path", ["", "/"])
def test_the_overview_says_what_this_is(control: ControlClient, controlled_server: BackgroundServer, path: str) -> None:
    """At `/_mock` with and without the slash; its links lead somewhere."""
    overview = control.call("GET", path)
    assert overview["seed"] == 0
    for link in overview["links"].values():
        if not link.endswith("/feed"):
            assert httpx.get(controlled_server.url + link, trust_env=False).status_code == 200


def test_the_api_is_still_there(controlled_server: BackgroundServer) -> None:
    """A path of neither is a 404 with a body as always, a wrong method a 405."""
    assert httpx.get(f"{controlled_server.url}/openapi.json", trust_env=False).json()["info"]["title"] == (
        "Conversations API"
    )
    missing = httpx.get(f"{controlled_server.url}/_mock/nothing", trust_env=False)
    assert (missing.status_code, missing.json()["code"]) == (404, "notFound")
    refused = httpx.put(f"{controlled_server.url}/_mock/workspaces", json={}, trust_env=False)
    assert (refused.status_code, refused.headers["Allow"]) == (405, "GET, POST")


def test_pages_of_other_origins_may_call_it(controlled_server: BackgroundServer) -> None:
    """CORS is the API's."""
    answer = httpx.get(f"{controlled_server.url}/_mock", headers={"Origin": "http://app.test"}, trust_env=False)
    assert answer.headers["Access-Control-Allow-Origin"] == "http://app.test"


def given_body(operation: dict[str, Any]) -> Any:
    """The first example of a body that the contract has for an operation; None where it takes none."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return None
    examples = [example["value"] for example in content.get("examples", {}).values()]
    return next(iter(examples), content.get("example"))


OF_A_WORKSPACE = [
    (method.upper(), path, resolve(operation))
    for path, item in load_control_contract()["paths"].items()
    for method, operation in item.items()
    if "{workspace}" in path and method != "parameters"
]


@pytest.mark.parametrize(("method", "path", "operation"), OF_A_WORKSPACE, ids=lambda value: str(value)[:60])
def test_every_operation_knows_unknown_workspaces(
    control: ControlClient, method: str, path: str, operation: dict[str, Any]
) -> None:
    """404 with a sentence, and the workspace is not made by asking; the examples of bodies are good ones."""
    path = re.sub(r"\{(stream|number)\}", "1", path).replace("{workspace}", "nobody-made-this")
    path = re.sub(r"\{\w+\}", "x", path)
    with pytest.raises(ControlFailed, match="There is no workspace 'nobody-made-this'"):
        control.call(method, path, given_body(operation))
    assert "nobody-made-this" not in control.workspaces()
