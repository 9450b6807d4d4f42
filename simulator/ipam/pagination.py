"""Pages of a list, by key: nothing is skipped or repeated when the list changes between two pages."""

from __future__ import annotations

import binascii
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from bisect import bisect_right
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from moto.ec2.exceptions import InvalidNextToken

from simulator.ipam.exceptions import InvalidParameterValueError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PageBounds:
    """The least and most MaxResults that an operation documents, and how many there are if it is not given."""

    least: int
    most: int
    usual: int | None = None

    def check(self, max_results: int | None) -> int:
        """The size of a page; InvalidParameterValue outside the bounds, in EC2's wording."""
        if max_results is None:
            return self.usual or self.most
        if max_results < self.least:
            raise InvalidParameterValueError(_wording(max_results, f"greater than {self.least}"))
        if max_results > self.most:
            raise InvalidParameterValueError(_wording(max_results, f"less than {self.most}"))
        return max_results


def page(
    items: Sequence[T],
    *,
    key: Callable[[T], Any],
    bounds: PageBounds,
    max_results: int | None,
    next_token: str | None,
    view: Callable[[T], Any] = lambda item: item,
) -> tuple[list[Any], str | None]:
    """The next page of `items`, which are in the order of `key`, and the token of the page after it.

    `view` makes what the page shows of an item, or None to leave it out; it is asked only for what the page needs.
    """
    size = bounds.check(max_results)
    start = bisect_right(items, _decode(next_token), key=key) if next_token else 0
    shown = ((item, seen) for item in islice(items, start, None) if (seen := view(item)) is not None)
    found = list(islice(shown, size))
    more = next(shown, None) is not None
    return [seen for _, seen in found], _encode(key(found[-1][0])) if more else None


def _wording(max_results: int, expected: str) -> str:
    return f"Value ( {max_results} ) for parameter maxResults is invalid. Expecting a value {expected}."


def _encode(key: Any) -> str:  # noqa: ANN401 - a number or a tuple of strings
    return urlsafe_b64encode(json.dumps(key).encode()).decode()


def _decode(token: str) -> Any:  # noqa: ANN401 - as _encode
    try:
        key = json.loads(urlsafe_b64decode(token))
    except (binascii.Error, ValueError):
        raise InvalidNextToken(token) from None
    return tuple(key) if isinstance(key, list) else key
