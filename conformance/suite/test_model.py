"""MOD: all of it together."""

import pytest

from conformance.client import Client
from conformance.execution import Subject
from conformance.exploration import explore, tour
from conformance.run import SHORT_PROMPT, Run
from conformance.suite.scenes.holding import LINES

_STEPS = 12
_EXPLORES_FOR_S = 10.0


@pytest.mark.clause("MOD-1", replies=4, essential=True)
def test_any_sequence_of_operations_agrees_with_the_model(run: Run, api: Client) -> None:
    """Any sequence of operations agrees with a small model of these clauses: a fixed one of a dozen calls.

    Where replies are free, then others that are drawn from the seed, and shrunk when one fails.
    """
    subject = Subject(
        api,
        long_prompt=run.long_prompt,
        short_prompt=run.message(SHORT_PROMPT)["text"],
        words=LINES[1],
        closes_within_s=run.closes_within_s,
    )
    tour(subject)
    if not run.pays:
        reply_s = max(run.calibration.reply_s or 0.0, 0.05)
        examples = min(max(int(_EXPLORES_FOR_S / (reply_s * _STEPS)), 3), 15)
        explore(subject, seed=run.settings.seed, examples=examples, steps=_STEPS)
