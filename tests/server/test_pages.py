"""PAG: pages of both lists, from 1, of 100 at the most."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from conformance.client import Client, new_message
from mockserver.server import BackgroundServer

from .given import JsonObject, make_http, new_conversation

TOTAL = 46
SIZES = [1, 3, 20, 23, 45, 46, 47, 100]
NO_INTEGERS = [
    "",
    "abc",
    "1.0",
    "1.5",
    "1e2",
    "+1",
    "%2B1",
    "1_0",
    "%D9%A1",
    "0x1",
    "%201",
    "1%0A",
    "true",
    "null",
    "1,2",
]


@dataclass(frozen=True)
class Collection:
    """A list of the API with `TOTAL` elements, and their ids in its order."""

    http: httpx.Client
    path: str
    ids: list[str]

    def read(self, query: str = "") -> JsonObject:
        """One page."""
        answer = self.http.get(f"{self.path}?{query}")
        assert answer.status_code == 200, answer.text
        page: JsonObject = answer.json()
        return page


@pytest.fixture(scope="module")
def collections(instant_server: BackgroundServer) -> Iterator[dict[str, Collection]]:
    """46 conversations, and a conversation with 46 messages."""
    workspace = "the-workspace-of-pages"
    client = Client(instant_server.url, token=f"alice@{workspace}", workspace_id=workspace)
    conversations = [new_conversation(client) for _ in range(TOTAL)]
    messages: list[str] = []
    for number in range(TOTAL // 2):
        message = new_message(f"Message number {number}.")
        messages += [message["id"], client.send_message(conversations[0], message).json()["id"]]
    client.close()
    with make_http(instant_server, workspace) as http:
        yield {
            "conversations": Collection(http, "/conversations", conversations[::-1]),
            "messages": Collection(http, f"/conversations/{conversations[0]}/messages", messages),
        }


@pytest.fixture(params=["conversations", "messages"])
def collection(request: pytest.FixtureRequest, collections: dict[str, Collection]) -> Collection:
    """Each of the two lists."""
    return collections[request.param]


@pytest.mark.clause("PAG-1")
def test_the_envelope(collection: Collection) -> None:
    """The envelope is `{page: {size, totalElements, totalPages, currentPage}, data}`, with integers."""
    envelope = collection.read("page=2&size=3")
    assert envelope.keys() == {"page", "data"}
    assert envelope["page"].keys() == {"size", "totalElements", "totalPages", "currentPage"}
    assert all(type(number) is int for number in envelope["page"].values())


@pytest.mark.clause("PAG-2")
def test_the_defaults(collection: Collection) -> None:
    """`page` defaults to 1 and `size` to 20, each by itself too."""
    plain = collection.read()
    assert plain["page"] == {"size": 20, "totalElements": TOTAL, "totalPages": 3, "currentPage": 1}
    assert plain == collection.read("page=1") == collection.read("size=20") == collection.read("page=1&size=20")


@pytest.mark.clause("PAG-3")
@pytest.mark.parametrize(("page", "size"), [(1, 100), (3, 20), (46, 1), (47, 1), (9, 100)])
def test_page_and_size_are_echoed(collection: Collection, page: int, size: int) -> None:
    """`size` and `currentPage` repeat the request, also where `data` holds fewer."""
    numbers = collection.read(f"page={page}&size={size}")["page"]
    assert (numbers["currentPage"], numbers["size"]) == (page, size)


@pytest.mark.clause("PAG-4", "PAG-7")
@pytest.mark.parametrize(("size", "pages"), [(1, 46), (2, 23), (20, 3), (23, 2), (45, 2), (46, 1), (47, 1), (100, 1)])
def test_total_pages_is_rounded_up(collection: Collection, size: int, pages: int) -> None:
    """`totalPages` is `totalElements` by `size`, rounded up; the total is the same for every size."""
    numbers = collection.read(f"size={size}")["page"]
    assert (numbers["totalPages"], numbers["totalElements"]) == (pages, TOTAL)


@pytest.mark.clause("PAG-4")
def test_no_elements_have_no_pages(alice: Client) -> None:
    """With no elements `totalPages` is 0, in both lists."""
    empty = {"page": {"size": 20, "totalElements": 0, "totalPages": 0, "currentPage": 1}, "data": []}
    assert alice.list_conversations().json() == empty
    assert alice.list_messages(new_conversation(alice)).json() == empty


@pytest.mark.clause("PAG-5", "PAG-6", "PAG-7")
@pytest.mark.parametrize("size", SIZES)
def test_a_walk_gives_each_element_once(collection: Collection, size: int) -> None:
    """Pages are full but for the last, and joined they are the collection in its one order, whatever the size."""
    pages = [collection.read(f"page={page}&size={size}") for page in range(1, -(-TOTAL // size) + 1)]
    assert [len(page["data"]) for page in pages[:-1]] == [size] * (len(pages) - 1)
    assert [element["id"] for page in pages for element in page["data"]] == collection.ids
    assert {page["page"]["totalElements"] for page in pages} == {TOTAL}


@pytest.mark.clause("PAG-8")
@pytest.mark.parametrize("size", ["101", "1000", "9" * 30, "9" * 5000])
def test_more_than_a_hundred_are_refused(collection: Collection, size: str) -> None:
    """A `size` above 100 is refused, and the error names it."""
    refused = collection.http.get(collection.path, params={"size": size})
    assert refused.status_code == 422
    assert [error["field"] for error in refused.json()["errors"]] == ["size"]


@pytest.mark.clause("PAG-8")
def test_a_page_of_a_hundred_is_the_largest(alice: Client) -> None:
    """A hundred is taken, and a page never holds more."""
    for _ in range(101):
        new_conversation(alice)
    page = alice.list_conversations(size=100).json()
    assert len(page["data"]) == 100
    assert page["page"] == {"size": 100, "totalElements": 101, "totalPages": 2, "currentPage": 1}


@pytest.mark.clause("PAG-9", "PAG-10")
@pytest.mark.parametrize("query", ["page=0", "page=-1", "size=0", "size=-20", "page=-0", "page=00"])
def test_pages_and_sizes_below_one_are_refused(collection: Collection, query: str) -> None:
    """Page 0 is not a page, and neither is a negative one; a size of zero and below is refused too."""
    refused = collection.http.get(f"{collection.path}?{query}")
    assert refused.status_code == 422
    assert refused.json()["code"] == "validationFailed"
    assert refused.json()["errors"][0] | {"message": ""} == {
        "field": query.partition("=")[0],
        "message": "",
        "type": "tooSmall",
    }


@pytest.mark.clause("PAG-10")
@pytest.mark.parametrize("value", NO_INTEGERS)
@pytest.mark.parametrize("name", ["page", "size"])
def test_anything_but_an_integer_is_refused(collection: Collection, name: str, value: str) -> None:
    """Non-integer values are refused, those that Python takes for integers too."""
    refused = collection.http.get(f"{collection.path}?{name}={value}")
    assert refused.status_code == 422
    assert [(error["field"], error["type"]) for error in refused.json()["errors"]] == [(name, "wrongType")]


@pytest.mark.clause("PAG-8", "PAG-9", "ERR-2")
def test_both_are_told_at_once(collection: Collection) -> None:
    """Where both parameters are wrong, the answer says so of both."""
    refused = collection.http.get(f"{collection.path}?size=101&page=none")
    assert refused.status_code == 422
    assert sorted(error["field"] for error in refused.json()["errors"]) == ["page", "size"]


@pytest.mark.clause("PAG-11")
@pytest.mark.parametrize("page", [4, 1000, 10**30])
def test_a_page_past_the_end_is_empty(collection: Collection, page: int) -> None:
    """A page past the end is 200 with empty `data` and the true totals, however far past."""
    past = collection.read(f"page={page}")
    assert past["data"] == []
    assert past["page"] == {"size": 20, "totalElements": TOTAL, "totalPages": 3, "currentPage": page}
