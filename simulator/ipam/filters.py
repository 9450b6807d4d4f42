"""Filters of Describe and Get calls: all named filters must match, each by any of its values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from simulator.ipam.exceptions import InvalidParameterValueError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


class Tagged(Protocol):
    """What a tag filter looks at."""

    @property
    def tag_map(self) -> Mapping[str, str]:
        """The tags by key."""


T = TypeVar("T", bound=Tagged)


def filtered(resources: Iterable[T], filters: Mapping[str, Sequence[str]], attributes: Mapping[str, str]) -> list[T]:
    """The resources that every filter matches.

    `attributes` maps the filter names of this resource to attributes; `tag:<key>`, `tag-key` and `tag-value`
    are understood besides. `*` and `?` in a value are wildcards, a backslash takes their meaning away. An
    unknown filter is an InvalidParameterValue, as in EC2.
    """
    remaining = list(resources)
    for name, patterns in filters.items():
        matches = [_compiled(pattern) for pattern in patterns]
        _check(name, attributes)
        remaining = [
            resource
            for resource in remaining
            if any(match.fullmatch(value) for value in _values(resource, name, attributes) for match in matches)
        ]
    return remaining


def _check(name: str, attributes: Mapping[str, str]) -> None:
    if name not in attributes and name not in ("tag-key", "tag-value") and not name.startswith("tag:"):
        raise InvalidParameterValueError(f"The filter '{name}' is invalid")


def _values(resource: Tagged, name: str, attributes: Mapping[str, str]) -> list[str]:
    if name.startswith("tag:"):
        key = name.removeprefix("tag:")
        return [value for tag, value in resource.tag_map.items() if tag == key]
    if name == "tag-key":
        return list(resource.tag_map)
    if name == "tag-value":
        return list(resource.tag_map.values())
    return _as_strings(getattr(resource, attributes[name]))


def _as_strings(value: Any) -> list[str]:  # noqa: ANN401 - an attribute of any resource
    if value is None:
        return []
    if isinstance(value, bool):
        return [str(value).lower()]
    if isinstance(value, (list, tuple)):
        return [str(item) for item in value]
    return [str(value)]


def _compiled(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"(\\.|[*?])", pattern, flags=re.DOTALL)
    return re.compile("".join(_part(part) for part in parts), re.DOTALL)


def _part(part: str) -> str:
    if part == "*":
        return ".*"
    if part == "?":
        return "."
    if part in (r"\*", r"\?", r"\\"):
        return re.escape(part[1])
    return re.escape(part)
