"""What a client's patches make of nulls: those that clear what was to stay. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from mockserver.journal.entries import Entry
from mockserver.verdict.exchanges import passed_s
from mockserver.verdict.findings import Finding
from mockserver.verdict.memory import Bounded
from mockserver.verdict.rule import Findings, Rule, found
from mockserver.verdict.vocabulary import Vocabulary

SOON_S = 60.0
"""A value that comes back later was changed on purpose."""

_CONVERSATIONS = 200


@dataclass
class _Known:
    """What is known of a conversation's steering; a field that is not in `values` is not known.

    `cleared`: by field, the patch that set it to null beside another's value, the value lost, and those others.
    """

    values: dict[str, Any] = field(default_factory=dict)
    cleared: dict[str, tuple[Entry, Any, dict[str, Any]]] = field(default_factory=dict)


class Nulls(Rule):
    """Nulls that look like a form sent whole: told only where both the field before and the patch after are known."""

    codes = ("null-clears", "null-for-unset")
    operations = frozenset({"createConversation", "updateConversation"})

    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__(vocabulary)
        self._steering: Bounded[str, _Known] = Bounded(_CONVERSATIONS)
        patch = vocabulary.operations.get("updateConversation")
        self._nullable = sorted(patch.nullable) if patch else []

    def ended(self, entry: Entry) -> Findings:
        """Learn from what was accepted."""
        body = entry.json
        if entry.operation == "createConversation" and entry.status in {200, 201}:
            answer = entry.answer
            made = answer.get("id") if isinstance(answer, dict) else None
            if isinstance(made, str) and ((body is None and not entry.request_bytes) or isinstance(body, dict)):
                given = body if isinstance(body, dict) else {}
                self._steering[made] = _Known({name: given.get(name) for name in self._nullable})
        elif entry.operation == "updateConversation" and entry.status == 200 and entry.conversation is not None:
            patch = {name: body[name] for name in self._nullable if name in body} if isinstance(body, dict) else {}
            known = self._steering.of(entry.conversation, _Known)
            if known.cleared or None in patch.values():
                return self._judge(entry, entry.conversation, known, patch)
            known.values.update(patch)
        return ()

    def _judge(self, entry: Entry, conversation: str, known: _Known, patch: Mapping[str, Any]) -> Iterator[Finding]:
        nulls = [name for name, value in patch.items() if value is None]
        values = {name: value for name, value in patch.items() if value is not None}
        for name, value in values.items():
            if name in known.cleared:
                clearing, lost, others = known.cleared.pop(name)
                kept = all(patch.get(other, known.values.get(other)) == set_to for other, set_to in others.items())
                if value == lost and kept and passed_s(clearing, entry) <= SOON_S:
                    message = f"A patch of {', '.join(others)} cleared {name} with null; soon its value was set again."
                    yield found("null-clears", message, clearing, entry, subject=f"{conversation} {name}")
        unset = [name for name in nulls if name in known.values and known.values[name] is None]
        if len(values) == 1 and len(nulls) > 1 and len(patch) == len(self._nullable) and unset == nulls:
            message = f"A patch that sets {next(iter(values))} sends null for {' and '.join(nulls)}, never set."
            yield found("null-for-unset", message, entry, subject=conversation)
        for name in nulls:
            if values and known.values.get(name) is not None:
                known.cleared[name] = entry, known.values[name], values
        known.values.update(patch)
