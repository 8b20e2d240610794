"""People, companies and places in the locale: what Faker is for, drawn once per writer."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from mockserver.cache import remember

_SIZE: Final = 64


@dataclass(frozen=True, slots=True)
class Stock:
    """What the slots of the phrases are filled with; `_SIZE` of each, repeats included."""

    names: tuple[str, ...]
    companies: tuple[str, ...]
    cities: tuple[str, ...]


def check_locale(locale: str) -> None:
    """See whether a locale is one of Faker's, as `de_DE` is, without an import of Faker.

    Raises:
        ValueError: it is none.
    """
    if locale.isidentifier() and any(_faker().glob(f"providers/*/{locale}/__init__.py")):
        return
    from faker.config import AVAILABLE_LOCALES

    others = len(set(AVAILABLE_LOCALES) - {"en_US", "de_DE", "fr_FR"})
    raise ValueError(f"Faker knows no locale {locale!r}; it knows en_US, de_DE, fr_FR and {others} more.")


def order_stock(seed: int, locale: str) -> Stock:
    """The same stock for the same seed and locale. Takes some 40 ms, so that a reply takes none.

    `locale` is Faker's, as in `de_DE`. To import Faker takes another 60 ms and 6 MiB, so the last stock is kept for
    starts to come.

    Raises:
        ValueError: Faker does not know the locale.
    """
    check_locale(locale)
    version = (_faker() / "__init__.py").read_bytes()
    made_of = f"{_SIZE} {seed} {locale} ".encode() + version
    names, companies, cities = map(tuple, remember("stock", made_of, lambda: _draw(seed, locale)))
    return Stock(names, companies, cities)


def _draw(seed: int, locale: str) -> list[list[str]]:
    """Names, companies and cities."""
    from faker import Faker

    fake = Faker(locale)
    fake.seed_instance(seed)
    return [[draw() for _ in range(_SIZE)] for draw in (fake.first_name, fake.company, fake.city)]


def _faker() -> Path:
    """The folder of the package, which says what it is without being imported."""
    found = find_spec("faker")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent
