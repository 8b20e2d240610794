"""What a client writes: names of fields and parameters, media types, paths, and bodies that are refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mockserver.journal.entries import Entry
from mockserver.verdict.exchanges import first, read_query, refused_by_mock
from mockserver.verdict.findings import Finding
from mockserver.verdict.rule import Findings, Rule, found
from mockserver.verdict.vocabulary import Operation, nearest_name

OWN_PREFIX = "__"
"""Parameters that begin so are the mock's own."""

_MOST_NAMES = 50
"""Names of one body that are judged."""


class Names(Rule):
    """Fields and parameters that the operation does not know."""

    codes = ("unknown-field", "misspelt-field", "unknown-parameter", "misspelt-parameter")

    def ended(self, entry: Entry) -> Findings:
        """Judge the query and the body."""
        operation = self.vocabulary.operations.get(entry.operation or "")
        if operation is None or entry.method != operation.method:
            return ()
        body = entry.json if operation.takes_body else None
        plain = not isinstance(body, dict) or ("additionalContext" not in body and body.keys() <= operation.fields)
        return () if plain and not entry.query else self._judge(entry, operation)

    def _judge(self, entry: Entry, operation: Operation) -> Iterator[Finding]:
        for name in read_query(entry.query):
            if name not in operation.parameters and not name.startswith(OWN_PREFIX):
                yield _name_finding("parameter", name, nearest_name(name, operation.parameters), entry, operation)
        if operation.takes_body:
            given = dict.fromkeys(_names(entry.json))
            for path in list(given)[:_MOST_NAMES]:
                if path not in operation.fields:
                    yield self._field_finding(path, given, entry, operation)

    def _field_finding(self, path: str, given: dict[str, None], entry: Entry, operation: Operation) -> Finding:
        prefix, dot, name = path.rpartition(".")
        siblings = {known.rpartition(".")[2] for known in operation.fields if known.rpartition(".")[0] == prefix}
        missing = frozenset(sibling for sibling in siblings if prefix + dot + sibling not in given)
        near = nearest_name(name, missing)  # what is there under its right name was not misspelt
        return _name_finding("field", path, near and prefix + dot + near, entry, operation)


def _name_finding(what: str, name: str, near: str | None, entry: Entry, operation: Operation) -> Finding:
    code = f"misspelt-{what}" if near else f"unknown-{what}"
    end = f" Did you mean {near}?" if near else ""
    message = f"{operation.id} has no {what} {first(name)}.{end}"
    return found(code, message, entry, subject=f"{operation.id} {name[:100]}")


def _names(value: Any, prefix: str = "") -> Iterator[str]:
    """The paths of an object's fields; those inside of a field that is itself unknown come with it."""
    if not isinstance(value, dict):
        return
    for name, inner in value.items():
        yield prefix + name
        if prefix:  # the contract nests once
            continue
        if isinstance(inner, list):
            for element in inner[:_MOST_NAMES]:
                yield from (path for path in _names(element, f"{name}[].") if name == "additionalContext")


class MediaTypes(Rule):
    """Bodies are JSON and say so; whoever opens a stream can read one."""

    codes = ("content-type-missing", "content-type-wrong", "accept-wrong")

    def ended(self, entry: Entry) -> Findings:
        """Judge the two headers."""
        operation = self.vocabulary.operations.get(entry.operation or "")
        if operation is None or entry.method != operation.method:
            return ()
        plain = not operation.takes_body or entry.request_header("content-type") == "application/json"
        return () if plain and operation.id != "openMessageStream" else self._judge(entry, operation)

    def _judge(self, entry: Entry, operation: Operation) -> Iterator[Finding]:
        if operation.takes_body and (entry.request_bytes or entry.request_body):
            given = entry.request_header("content-type")
            if given is None:
                message = f"{operation.id} came with a body and no Content-Type."
                yield found("content-type-missing", message, entry, subject=operation.id)
            elif given.partition(";")[0].strip().lower() != "application/json":
                message = f"{operation.id} came with a body of type {first(given)}."
                yield found("content-type-wrong", message, entry, subject=operation.id)
        accept = entry.request_header("accept")
        if operation.id == "openMessageStream" and accept is not None and not _takes_streams(accept):
            message = f"A stream was opened with Accept: {first(accept)}."
            yield found("accept-wrong", message, entry, subject=operation.id)


def _takes_streams(accept: str) -> bool:
    """The header allows `text/event-stream`."""
    for part in accept.lower().split(","):
        kind, _, parameters = part.partition(";")
        quality = parameters.replace(" ", "").partition("q=")[2].partition(";")[0]
        if kind.strip() in {"text/event-stream", "text/*", "*/*", ""}:
            return quality not in {"0", "0.0", "0.00", "0.000"}
    return False


class Refusals(Rule):
    """Bodies that the contract refuses, paths that it does not have, conversations that are not there."""

    codes = ("body-refused", "unknown-path", "conversation-not-found")
    refusals_only = True

    def ended(self, entry: Entry) -> Iterator[Finding]:
        """Judge what was refused on the client's account alone: not by a fault."""
        if entry.faults or entry.method in {"OPTIONS", "HEAD"} or refused_by_mock(entry):
            return
        operation = self.vocabulary.operations.get(entry.operation or "")
        if operation is None or entry.method != operation.method:
            if entry.status in {404, 405} and entry.path.startswith("/api/"):
                yield self._path_finding(entry)
        elif entry.status in {400, 413, 422} and operation.takes_body:
            fields, reason = _refused(entry.answer)
            message = f"{operation.id} was refused ({entry.status}): {reason}"
            yield found("body-refused", message, entry, subject=f"{operation.id} {entry.status} {fields}")
        elif entry.status == 404 and entry.conversation is not None:
            message = f"{operation.id} named the conversation {first(entry.conversation)}, which is not there."
            yield found("conversation-not-found", message, entry, subject=entry.conversation[:100])

    def _path_finding(self, entry: Entry) -> Finding:
        methods = self.vocabulary.methods_of(entry.path)
        near = None if methods else self.vocabulary.nearest_path(entry.path)
        if methods:
            message = f"{entry.path} does not have {entry.method}. It has {', '.join(methods)}."
        else:
            message = f"There is nothing at {first(entry.path, 200)}." + (f" Did you mean {near}?" if near else "")
        return found("unknown-path", message, entry, subject=f"{entry.method} {entry.path[:200]}")


def _refused(answer: Any) -> tuple[str, str]:
    """The fields that a refusal names, and what it says."""
    if not isinstance(answer, dict):
        return "", "the answer does not say why."
    errors = answer.get("errors")
    problems = [error for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []
    fields = " ".join(sorted(str(problem.get("field")) for problem in problems))
    if problems:
        told = [f"{problem.get('field')}: {problem.get('message')}" for problem in problems[:3]]
        return fields[:200], "; ".join(told)[:300] + "."
    return "", str(answer.get("error", "the answer does not say why."))[:300]
