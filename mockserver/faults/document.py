"""docs/faults.md, written from the tables: `python -m mockserver.faults.document > docs/faults.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Final

from mockserver.faults.catalogue import KINDS, Kind, Parameter, Stage
from mockserver.faults.scenarios import SCENARIOS
from mockserver.replies.on_cue import FORMS

_HEAD: Final = """\
# Faults on cue

Written from the code: `python -m mockserver.faults.document > docs/faults.md`.

A fault has a kind and parameters. Everything drawn follows from the seed: the same calls meet the same faults.

## Five ways to ask for one

| by | for instance | hits |
|---|---|---|
| control API, `/_mock` | a rule, see below | the calls that the rule means |
| console | the same rules, by hand | the same |
| `Prefer` header | `fault=truncate; after=3`, `code=429`, `code=503; retry_after=7`, `delay=500` | this call |
| query | `?__fault=truncate;after=3`, `?__code=429`, `?__delay=500` | this call |
| text of the message | `!fault truncate after=3`, `!code 429` | this call |

- Several preferences are separated by commas, their parameters by semicolons; values may be quoted. Preferences of
  others (`return=minimal`, `wait=5`) are passed over, and so is a `code` below 400.
- In a query `;` may be written `%3B`, and a name may come more than once. Other names that begin with `__` are errors.
- A message has to have nothing else in it; several words stand on lines of their own. A message which speaks of them
  is a message. `!help` answers with the list, `!reply FORM` with a reply of that form: {forms}.
- A misspelt name is answered with what was meant, never passed over.

## Rules

```json
{{"fault": "truncate", "parameters": {{"after": 3}},
 "where": {{"operation": "openMessageStream", "caller": "alice", "nth": 3}},
 "times": 2, "rate": 0.3, "seconds": 30}}
```

| field | means | without it |
|---|---|---|
| `fault` | the kind | has to be there |
| `parameters` | those of the kind | the defaults below |
| `where.operation` | an operationId of the contract | any that the kind can hit |
| `where.caller` | the caller by name | anyone |
| `where.conversation` | its id | any |
| `where.nth` | the n-th only of the calls that fit otherwise, since the rule was armed | each |
| `where.streaming` | a stream is live in the conversation, or is not | either |
| `where.text` | a regular expression found in the message | any |
| `times` | fires so often at the most; null: no end | 1; null with `seconds` and for `quota` |
| `rate` | the share of the calls that fit at which it fires | 1 |
| `seconds` | for so long by the workspace's clock | no end |

All of `where` has to fit. Rules that are used up go by themselves. At most one fault ends a call, the first that was
armed; then no fault of a stream is used up. Delays add up. Faults of a stream come in the order armed.
"""

_STAGES: Final = {
    Stage.ANSWER: "Answers\n\nAny operation.",
    Stage.STREAM: "Streams\n\n`openMessageStream` only. `after` beyond the deltas of the reply means their end.",
    Stage.WIRE: "Wire\n\n`openMessageStream` only. The same events in another form: a correct client shows the same.",
}

_FILE: Final = """\
## A scenario file

```yaml
bad-evening:
  summary: Slow, and every third stream breaks.
  rules:
    - {fault: truncate, parameters: {after: 4}, rate: 0.33, times: null}
    - {fault: status, parameters: {code: 503}, where: {operation: listMessages, nth: 2}}
  configuration: {first_token_ms: 3000, tokens_per_second: 5, jitter: 0.5}
```

`mockserver --scenario FILE` reads it.
"""


def document() -> str:
    """The whole file."""
    parts = [_HEAD.format(forms=", ".join(f"`{form}`" for form in FORMS)), "## Kinds\n"]
    for stage, title in _STAGES.items():
        parts.append(f"### {title}\n\n{_table(stage)}\n")
    rows = [f"| `{scenario.name}` | {scenario.summary} |" for scenario in SCENARIOS.values()]
    parts.append("\n".join(["## Scenarios", "", "| name | what happens |", "|---|---|", *rows, ""]))
    return "\n".join([*parts, _FILE])


def _table(stage: Stage) -> str:
    rows = [_row(kind) for kind in KINDS.values() if kind.stage is stage]
    return "\n".join(["| kind | a client sees | parameters | example |", "|---|---|---|---|", *rows])


def _row(kind: Kind) -> str:
    parameters = "<br>".join(_parameters(kind)) or "none"
    return f"| `{kind.name}` | {kind.summary} | {parameters} | `{kind.example}` |"


def _parameters(kind: Kind) -> Iterator[str]:
    return (_describe(parameter) for parameter in kind.parameters)


def _describe(parameter: Parameter) -> str:
    default = "" if parameter.default is None else f"; default {parameter.default}"
    return f"`{parameter.name}`: {parameter.help} ({parameter.values}{default})"


if __name__ == "__main__":
    sys.stdout.write(document())
