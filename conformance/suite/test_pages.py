"""PAG: the pages of both lists."""

from typing import Any

import pytest

from conformance.client import Client
from conformance.expect import expect_page, expect_page_numbers


@pytest.mark.clause("PAG-1")
def test_a_list_answers_the_envelope(api: Client, conversation: dict[str, Any]) -> None:
    """A list answers `{page: {size, totalElements, totalPages, currentPage}, data}`."""
    expect_page("PAG-1", api.list_conversations())
    expect_page("PAG-1", api.list_messages(conversation["id"]))


@pytest.mark.clause("PAG-2")
def test_page_1_of_size_20_is_the_default(api: Client, conversation: dict[str, Any]) -> None:
    """`page` defaults to 1, `size` to 20."""
    expect_page_numbers("PAG-2", api.list_conversations(), page=1, size=20)
    expect_page_numbers("PAG-2", api.list_messages(conversation["id"]), page=1, size=20)
