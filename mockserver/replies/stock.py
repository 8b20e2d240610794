"""People, companies and places in the locale: what Faker is for, drawn once per writer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_SIZE: Final = 64


@dataclass(frozen=True, slots=True)
class Stock:
    """What the slots of the phrases are filled with; `_SIZE` of each, repeats included."""

    names: tuple[str, ...]
    companies: tuple[str, ...]
    cities: tuple[str, ...]


def order_stock(seed: int, locale: str) -> Stock:
    """The same stock for the same seed and locale. Takes some 40 ms, so that a reply takes none.

    `locale` is Faker's, as in `de_DE`. Raises `ValueError` for one that Faker does not know.
    """
    # Here and not at the top: importing Faker takes a quarter of a second, which no other command has to pay for.
    from faker import Faker
    from faker.config import AVAILABLE_LOCALES

    if locale not in AVAILABLE_LOCALES:
        raise ValueError(
            f"Faker knows no locale {locale!r}; it knows en_US, de_DE, fr_FR and {_others(AVAILABLE_LOCALES)} more."
        )
    fake = Faker(locale)
    fake.seed_instance(seed)
    return Stock(
        names=tuple(fake.first_name() for _ in range(_SIZE)),
        companies=tuple(fake.company() for _ in range(_SIZE)),
        cities=tuple(fake.city() for _ in range(_SIZE)),
    )


def _others(locales: list[str]) -> int:
    return len(set(locales) - {"en_US", "de_DE", "fr_FR"})
