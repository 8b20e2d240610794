"""What a correct backend may do otherwise, and must raise no alarm. Each variant is a switch; they go together.

The clauses of a variant are those of level `should` that it does breach: a warning there is right, a failure is not.
"""

import itertools
from collections.abc import Iterable

from tests.backend.changes import VARIANTS, Change
from tests.backend.variants import answers, events, turns, workspaces

__all__ = ["BUNDLES", "VARIANTS", "answers", "events", "named_variants", "turns", "workspaces"]

# Several at once.
BUNDLES = {
    "another_house_style": (
        "ok_200_on_create",
        "bad_input_400",
        "timestamps_with_offset",
        "ids_need_quoting",
        "extra_fields",
        "replay_as_deltas",
        "crlf",
        "size_clamped",
        "colleague_403",
        "cancelled_stream_ends_with_message",
        "content_types_with_charset",
        "nulls_accepted",
    ),
    "a_busy_workspace": (
        "thousands_of_conversations",
        "others_at_work",
        "same_caller_at_work",
        "rate_limited",
        "lock_lingers",
        "timestamps_naive_seconds",
        "pings_as_comments",
    ),
    "a_strict_house": (
        "client_ids_must_be_uuids",
        "client_timestamps_must_be_timestamps",
        "unknown_voices_refused",
        "same_id_at_once_409",
        "replay_during_stream_refused",
        "foreign_workspace_404",
        "body_judged_before_conversation",
        "nulls_left_out",
    ),
    "a_stubborn_model": (
        "model_disobeys",
        "model_repeats_history",
        "odd_whitespace",
        "empty_deltas",
        "context_size_ignored",
    ),
    "an_old_proxy": (
        "closes_connections",
        "bytes_cut_anywhere",
        "event_data_over_lines",
        "byte_order_mark",
        "pings_as_events",
    ),
}


def named_variants(names: Iterable[str]) -> list[Change]:
    """The variants of these names, where a bundle stands for its members; each once."""
    flat = itertools.chain.from_iterable(BUNDLES.get(name, (name,)) for name in names)
    return [VARIANTS[name] for name in dict.fromkeys(flat)]
