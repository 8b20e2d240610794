"""Conversations that are made one after the other, at once, and in number: what the two lists are judged by.

Nobody says anything in them: they are there to be read, and for calls that are refused. Two are spare (see `Own`).
"""

import re
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from conformance.client import Client
from conformance.exchange import Exchange
from conformance.expect import SURELY_LATER_S, expect_conversation, expect_page, listed_ids
from conformance.run import Run
from conformance.scene import scene
from conformance.verdict import Unverified, Violation

__all__ = ["colleague", "foreigner", "made_at_once", "made_in_a_hurry", "many_conversations", "own"]

MANY = 27
"""So many conversations make more than one page of 20, and both an odd and a last page of most sizes."""

PROPOSED_ID = "b52c7f0e-91d4-4c36-8a1b-6e0d5f7a2c93"
PROPOSED_CUSTOMER = 1_987_654_321

LIST_LAGS_S = 1.0
"""How late a new conversation may be on the first page: within a second is at once."""

_AT_ONCE = 3
_MOST_IN_A_HURRY = 60
_POLL_EVERY_S = 0.05
_PAUSES_S = (1.1, SURELY_LATER_S)
"""The first for timestamps of whole seconds. Where they do not change after that they may never do."""
_TRIES = 6


@dataclass(frozen=True)
class Made:
    """A conversation that was asked for, and the first page of the list: once it was there, or after a second."""

    answer: Exchange
    listing: Exchange

    @property
    def id(self) -> str:
        """The conversation's id."""
        return str(expect_conversation("CRE-1", self.answer)["id"])


@dataclass(frozen=True)
class Own:
    """Conversations of the caller, made one after the other, and the first page before and after all of them."""

    before: Exchange
    without_body: Made
    empty: Made
    """With `{}`. Stays without messages: a list without elements."""
    empty_again: Made
    """Spare: for messages that are refused."""
    with_model: Made
    steered: Made
    steered_again: Made
    """The same body once more. Spare: for patches."""
    proposing: Made
    """With an id, an author and a time in the body, none of which is the client's to choose."""
    later: tuple[Made, ...]
    """More of them, seconds later, while all say that they are of one instant."""
    listing: Exchange
    again: Exchange

    @property
    def made(self) -> list[Made]:
        """Those that were made, in their order. Of a create that was refused, its own test tells."""
        first = [self.without_body, self.empty, self.empty_again, self.with_model]
        every = [*first, self.steered, self.steered_again, self.proposing, *self.later]
        return [made for made in every if _conversation(made.answer)]

    @property
    def conversations(self) -> list[dict[str, Any]]:
        """What was made, in its order."""
        return [expect_conversation("CRE-1", made.answer) for made in self.made]

    @property
    def answers(self) -> list[Exchange]:
        """What was answered where one was made."""
        return [made.answer for made in self.made]


@scene()
def own(run: Run, api: Client) -> Own:
    """One conversation after the other, asked for in different ways; after each the first page."""
    personality = {"personality": f"Be brief. (conformance run {run.id})"}
    proposed = {"id": PROPOSED_ID, "legacyCustomerId": PROPOSED_CUSTOMER, "createdAt": "2001-01-01T00:00:00"}
    bodies: dict[str, dict[str, Any] | None] = {
        "without_body": None,
        "empty": {},
        "empty_again": {},
        "with_model": personality | {"modelName": run.settings.model_name},
        "steered": personality | {"personalityId": 7},
        "steered_again": personality | {"personalityId": 7},
        "proposing": personality | proposed,
    }
    before = api.list_conversations(size=100)
    made = {name: _made(api, body) for name, body in bodies.items()}
    later: list[Made] = []
    for pause_s in _PAUSES_S:
        if len({_conversation(each.answer).get("createdAt") for each in [*made.values(), *later]} - {None}) == 1:
            time.sleep(pause_s)
            later.append(_made(api, {}))
    listing, again = (api.list_conversations(size=100) for _ in range(2))
    return Own(before, **made, later=tuple(later), listing=listing, again=again)


@scene()
def made_at_once(api: Client) -> tuple[Exchange, ...]:
    """Conversations that are asked for at the same moment, in the same words."""
    api.warm_up(_AT_ONCE)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return tuple(pool.map(lambda _: api.create_conversation({}), range(_AT_ONCE)))


@scene()
def made_in_a_hurry(api: Client, own: Own) -> tuple[Exchange, ...]:
    """As many as it takes to see whether a list that is sorted by `createdAt` as text would be in another order."""
    times = [str(conversation["createdAt"]) for conversation in own.conversations]
    made: list[Exchange] = []
    while len(made) < _MOST_IN_A_HURRY and not _sorting_tells(times):
        made.append(api.create_conversation({}))
        if not _conversation(made[-1]):
            break
        times.append(str(_conversation(made[-1])["createdAt"]))
    return tuple(made)


def _sorting_tells(times: Sequence[str]) -> bool:
    """Whether an older time is the greater text, as `.5Z` is to `.512Z`; or whether it is in vain to wait for that.

    That is so unless zeros at the end are left out, and where times are so fine that no two share their first digits.
    """
    fractions = [found[1] for found in map(re.compile("[.,]([0-9]+)").search, times) if found]
    in_vain = not fractions or any(digits.endswith("0") or len(digits) > 3 for digits in fractions)
    return in_vain or any(older > newer for older, newer in pairwise(times))


@scene()
def many_conversations(run: Run, api: Client, own: Own) -> tuple[Exchange, ...]:
    """As many more as the caller lacks to `MANY`, and one of a colleague among them."""
    total = expect_page("PAG-1", api.list_conversations(size=1))["page"]["totalElements"]
    made = tuple(api.create_conversation({}) for _ in range(min(MANY - total, MANY)))
    with suppress(Unverified):  # there may be no colleague
        run.client("second").create_conversation({})
    return made


@dataclass(frozen=True)
class Interval:
    """The caller's list before and after somebody else did something."""

    before: Exchange
    after: Exchange

    @property
    def growth(self) -> int:
        """By how much the caller's total rose."""
        totals = [expect_page("PAG-1", listing)["page"]["totalElements"] for listing in (self.before, self.after)]
        return int(totals[1] - totals[0])


@dataclass(frozen=True)
class Other:
    """Another caller's conversations, that caller's list and ours afterwards; and how our total took it.

    `creating` are intervals in which the other made one conversation each, `idle` those between them, as long as they.
    """

    made: tuple[Exchange, ...]
    creating: tuple[Interval, ...]
    idle: tuple[Interval, ...]
    theirs: Exchange
    ours: Exchange

    @property
    def ids(self) -> list[str]:
        """Those that the other made."""
        return [expect_conversation("CRE-1", answer)["id"] for answer in self.made]


@scene()
def colleague(api: Client, own: Own, second: Client) -> Other:
    """A colleague makes conversations in the same workspace."""
    return _other(api, second)


@scene()
def foreigner(run: Run, api: Client, own: Own, foreign: Client) -> Other:
    """A caller of another workspace makes conversations there."""
    at_home(run)
    return _other(api, foreign)


def at_home(run: Run) -> Client:
    """The foreign caller in that workspace.

    Raises:
        Unverified: nobody has said which it is, or the token is not for it.
    """
    workspace_id = foreign_workspace(run)
    client = run.client("foreign")
    answer = client.list_conversations(size=1)
    if answer.status in (401, 403, 404):
        raise Unverified(
            f"the foreign token does not open the workspace {workspace_id!r}: {answer}",
            remedy="--foreign-workspace-id",
        )
    return client


def foreign_workspace(run: Run) -> str:
    """The other workspace.

    Raises:
        Unverified: nobody has said which it is.
    """
    if run.settings.foreign_workspace_id is None:
        raise Unverified("give --foreign-workspace-id", remedy="--foreign-workspace-id")
    return run.settings.foreign_workspace_id


def _other(api: Client, other: Client) -> Other:
    made: list[Exchange] = []
    creating: list[Interval] = []
    idle: list[Interval] = []
    before = api.list_conversations(size=1)
    for _ in range(_TRIES):
        started = time.monotonic()
        made.append(other.create_conversation({}))
        after = api.list_conversations(size=1)
        creating.append(Interval(before, after))
        if creating[-1].growth == 0:  # once is enough: what counts others counts them each time
            break
        time.sleep(time.monotonic() - started)
        before = api.list_conversations(size=1)
        idle.append(Interval(after, before))
    theirs = _listed(other, [_conversation(answer).get("id") for answer in made])
    return Other(tuple(made), tuple(creating), tuple(idle), theirs, api.list_conversations(size=100))


def _made(api: Client, body: dict[str, Any] | None) -> Made:
    answer = api.create_conversation(body)
    return Made(answer, _listed(api, [_conversation(answer).get("id")]))


def _listed(api: Client, ids: Iterable[object]) -> Exchange:
    """The first page, once these are on it, or after a second."""
    wanted = {id_ for id_ in ids if id_}
    deadline = time.monotonic() + LIST_LAGS_S
    while True:
        listing = api.list_conversations(size=100)
        if wanted <= set(_ids(listing)) or time.monotonic() >= deadline:
            return listing
        time.sleep(_POLL_EVERY_S)


def _conversation(answer: Exchange) -> dict[str, Any]:
    """What was made; {} where nothing was."""
    try:
        return expect_conversation("CRE-1", answer)
    except (Unverified, Violation):
        return {}


def _ids(listing: Exchange) -> list[str]:
    try:
        return listed_ids(listing)
    except (Unverified, Violation):
        return []
