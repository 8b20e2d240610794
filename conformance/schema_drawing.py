"""What Schemathesis generates from an OpenAPI document of one operation, as it would be sent. Sends nothing.

The only module that knows Schemathesis and Hypothesis. It believes none of their labels, and judges nothing itself.
"""

import json
import re
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote_plus

from conformance.schema_answers import loads

if TYPE_CHECKING:
    import schemathesis
    from schemathesis.schemas import APIOperation, BaseSchema

_LARGEST_BODY = 20_000
_INTEGER = re.compile("0|-?[1-9][0-9]{0,99}")  # in the form that all backends read alike

# How many cases are drawn as one.
_AT_ONCE = 4


@dataclass(frozen=True)
class Sent:
    """What would go over the wire, and nothing of what Schemathesis thinks of it."""

    query: str
    body: bytes | None

    @property
    def query_values(self) -> dict[str, Any] | None:
        """The query's values by name; None where backends may read it in different ways."""
        pairs = parse_qsl(self.query, keep_blank_values=True)
        values = dict(pairs)
        if len(values) < len(pairs) or any(map(_is_ambiguous, values.values())):
            return None
        return {name: int(value) if _INTEGER.fullmatch(value) else value for name, value in values.items()}

    @property
    def body_value(self) -> Any:
        """The body's JSON value."""
        return loads((self.body or b"null").decode())

    @property
    def key(self) -> tuple[str, str]:
        """What tells two of them apart. Messages that differ in nothing but their ids are one case."""
        value = self.body_value
        if isinstance(value, dict) and isinstance(value.get("id"), str):
            value["id"] = ""
        return self.query, json.dumps([self.body is None, value], sort_keys=True)


@cache
def _loaded(document: str) -> "tuple[BaseSchema, APIOperation[Any, Any, Any, Any]]":
    """The operation as Schemathesis reads it, with a configuration of our own: none that lies about is looked for."""
    import schemathesis  # here, because it takes most of a second
    from schemathesis.config import SchemathesisConfig

    config = SchemathesisConfig.from_dict(
        {
            "generation": {"database": "none", "allow-x00": False, "allow-extra-parameters": False},
            "phases": {"coverage": {"unexpected-methods": [], "generate-duplicate-query-parameters": False}},
        }
    )
    schema = schemathesis.openapi.from_dict(json.loads(document), config=config)
    (path,) = schema
    (method,) = schema[path]
    return schema, schema[path][method]


@cache
def covered(document: str, *, valid: bool) -> list[Sent]:
    """What the coverage phase generates, the same in every run.

    Schemathesis has no public way to it but its own runs. This method of the schema is what its engine and its
    pytest plugin call; a test holds that it is there and does what is needed.
    """
    from schemathesis import GenerationMode

    schema, operation = _loaded(document)
    # With both modes, what is not meant to be wrong is right; asked for wrong values alone, it has nothing else.
    modes = [GenerationMode.POSITIVE] if valid else list(GenerationMode)
    cases = schema.iter_coverage_cases(operation, generation_modes=modes, generation_config=schema.config.generation)
    return [sent for sent in map(_sent, cases) if sent is not None]


@cache
def drawn(document: str, *, valid: bool, count: int, seed: int) -> list[Sent]:
    """What Hypothesis draws: no database, no shrinking, and no heed to a profile or a seed of the user's."""
    import hypothesis.strategies
    from schemathesis import GenerationMode

    _, operation = _loaded(document)
    one = operation.as_strategy(generation_mode=GenerationMode.POSITIVE if valid else GenerationMode.NEGATIVE)
    found: list[Sent | None] = []

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=1 + count // _AT_ONCE,  # the first is the simplest of all
        database=None,
        phases=[hypothesis.Phase.generate],
        deadline=None,
        derandomize=False,
        suppress_health_check=list(hypothesis.HealthCheck),
        verbosity=hypothesis.Verbosity.quiet,
    )
    # Several at once: one by one they would be slower, and more of them copies of each other with a small change.
    @hypothesis.given(hypothesis.strategies.lists(one, min_size=_AT_ONCE, max_size=_AT_ONCE))
    def draw(cases: "list[schemathesis.Case[Any]]") -> None:
        found.extend(map(_sent, cases))

    with _without_local_constants():
        draw()
    return [sent for sent in found if sent is not None]


@contextmanager
def _without_local_constants() -> Iterator[None]:
    """Keep Hypothesis from drawing constants, which it also takes from whatever source files happen to be loaded.

    Those would make other cases of the same seed in another run, and send strings of somebody's tests to a backend.
    There is no setting for it.
    """
    from hypothesis.internal.conjecture.providers import HypothesisProvider

    name = "_maybe_draw_constant"
    original = getattr(HypothesisProvider, name)
    setattr(HypothesisProvider, name, lambda *_args, **_kwargs: None)
    try:
        yield
    finally:
        setattr(HypothesisProvider, name, original)


def _sent(case: "schemathesis.Case[Any]") -> Sent | None:
    """A case as it would be sent; None for one that varies more than the values of the query and a JSON body."""
    from schemathesis.core import NotSet

    if case.headers:  # another media type: ERR-3's business, as is a body that is not JSON
        return None
    try:
        query = "&".join(f"{quote_plus(name)}={quote_plus(_text(case.query[name]))}" for name in sorted(case.query))
        body = None if isinstance(case.body, NotSet) else encode(_with_plain_integers(case.body))
    except (TypeError, ValueError):  # several values of a parameter; bytes, NaN and lone surrogates in the body
        return None
    return None if body is not None and len(body) > _LARGEST_BODY else Sent(query, body)


def _text(value: Any) -> str:
    if isinstance(value, list | dict):
        raise TypeError("a query parameter with several values")
    return value if isinstance(value, str) else json.dumps(_with_plain_integers(value))


def _with_plain_integers(value: Any) -> Any:
    """Write 5.0 as 5: to JSON Schema it is an integer, to some parsers it is not."""
    match value:
        case float() if value.is_integer():
            return int(value)
        case list():
            return [_with_plain_integers(each) for each in value]
        case dict():
            return {name: _with_plain_integers(each) for name, each in value.items()}
    return value


def encode(value: Any) -> bytes:
    """A JSON value as it is sent.

    Raises:
        ValueError: no UTF-8 can hold it.
    """
    return json.dumps(value, ensure_ascii=False, allow_nan=False).encode()


def _is_ambiguous(text: str) -> bool:
    """Whether some take it for an integer and others do not: `1.0`, `+1`, ` 1`, `01`, `1e0`, `0x1`, `1_0`, ``."""
    if _INTEGER.fullmatch(text):
        return False
    plain = unicodedata.normalize("NFKC", text).strip().replace("_", "") or "0"
    return _reads_as_integer(plain, float) or _reads_as_integer(plain, lambda digits: float(int(digits, 0)))


def _reads_as_integer(text: str, read: Callable[[str], float]) -> bool:
    try:
        return read(text).is_integer()
    except (ValueError, OverflowError):
        return False
