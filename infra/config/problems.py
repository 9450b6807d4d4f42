"""What is wrong with a configuration, as lines that a platform engineer can act on."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from infra.config.values import Misreadable, written

Place = tuple[str | int, ...]
"""Where a value stands in the document: keys of mappings, indices of lists."""

LONGEST_SHOWN = 60
PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+")


class ConfigError(Exception):
    """The configuration cannot be used. `problems` holds one line for each thing that is wrong."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that is wrong at one place.

    `judged_from` are the places that had to be sound for this judgement to count: where one of them has a
    problem of its own, this one may be no more than its consequence.
    """

    place: Place
    text: str
    judged_from: tuple[Place, ...] = ()

    def __str__(self) -> str:
        return f"{spelled(self.place)}: {self.text}"


def spelled(place: Place) -> str:
    """Write a place as a user would: `refill_pools.pools[2]`, `contacts.111122223333`, `keep_tags["a b"]`."""
    text = ""
    for key in place:
        if isinstance(key, int):
            text += f"[{key}]"
        elif PLAIN_KEY.fullmatch(key) and len(key) <= LONGEST_SHOWN:
            text += f".{key}" if text else key
        else:
            text += f"[{shown(key)}]"
    return text or "the configuration"


def shown(value: object) -> str:
    """Write a value as it stands in the file, short and on one line."""
    match value:
        case None:
            return "an empty value"
        case Misreadable():
            text = str(value)
        case timedelta():
            text = written(value)
        case bool() | int() | float():
            text = json.dumps(value).removesuffix(".0")
        case str():
            text = json.dumps(value, ensure_ascii=not value.isprintable())
        case Mapping():
            return "a mapping"
        case Sequence():
            return "a list"
        case _:
            text = f"a {type(value).__name__}"
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}..."


def related(one: Place, other: Place) -> bool:
    """Whether one of two places contains the other, or both are the same."""
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]
