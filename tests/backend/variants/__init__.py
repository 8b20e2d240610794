"""What a correct backend may do otherwise, and must raise no alarm. Each variant is a switch; they go together.

The clauses of a variant are those of level `should` that it does breach: a warning there is right, a failure is not.
"""

import itertools
from collections.abc import Iterable

from tests.backend.changes import VARIANTS, Change
from tests.backend.variants import answers, events, storing, turns, workspaces

__all__ = [
    "ALTERNATIVES",
    "BUNDLES",
    "VARIANTS",
    "answers",
    "events",
    "named_variants",
    "storing",
    "turns",
    "workspaces",
]

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

# Of each group a backend is only one: they are different answers to one question.
ALTERNATIVES: tuple[frozenset[str], ...] = tuple(
    frozenset(names.split())
    for names in (
        "timestamps_naive_seconds timestamps_naive_micros timestamps_naive_local timestamps_zulu"
        " timestamps_with_offset timestamps_in_basic_forms clock_ahead",
        "foreign_workspace_404 foreign_workspace_401",
        "ids_are_not_uuids ids_need_quoting malformed_ids_refused",
        "colleague_403 colleagues_may_read body_judged_before_conversation malformed_ids_refused",
        "closes_connections drops_idle_connections",
        "content_types_with_charset compressed_answers",
        "errors_of_another_shape errors_in_html errors_as_problems",
        "replay_as_deltas replay_as_one_delta",
        "buffered_streams buffered_after_headers no_deltas",
        "empty_deltas single_characters large_deltas instant_model no_deltas",
        "slow_replies instant_model",  # a pause, and then all at once: nobody can tell it from a proxy that buffers
        "odd_whitespace terse_model talkative_model",
        "model_disobeys model_repeats_history model_goes_on_as_it_began",
        "lock_lingers lock_lingers_for_most_of_a_second",
        "lock_outlives_a_disconnect generates_on_after_disconnect",
        "turn_stored_at_its_end failed_turn_forgotten reply_grows_in_the_list",
        "ids_are_the_callers cancelled_id_generates_anew",
        "messages_during_stream_accepted messages_wait_for_the_stream replay_during_stream_refused",
        "cancelled_stream_ends_with_error cancelled_stream_ends_with_message generates_on_after_disconnect",
        "cancel_takes_a_moment cancel_keeps_more",
        "replay_during_stream_answered replay_during_stream_refused same_id_at_once_409",
        # Each is slow enough alone.
        "rate_limited thousands_of_conversations slow_replies single_characters talkative_model",
    )
)


def named_variants(names: Iterable[str]) -> list[Change]:
    """The variants of these names, where a bundle stands for its members; each once."""
    flat = itertools.chain.from_iterable(BUNDLES.get(name, (name,)) for name in names)
    return [VARIANTS[name] for name in dict.fromkeys(flat)]
