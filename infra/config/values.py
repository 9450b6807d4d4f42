"""The kinds of values that a configuration holds: each accepts what is allowed, or says what would be.

A parser raises ValueError with words that complete "<the value> ...": "is not a duration: write ...".
"""

import difflib
import functools
import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network

from botocore.loaders import Loader

Network = IPv4Network | IPv6Network

UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
LONGEST_DURATION = timedelta(days=36500)
TAG_TEXT = re.compile(r"[\w .:/=+@-]*")
LONGEST_TAG_KEY = 128
LONGEST_TAG_VALUE = 256
LONGEST_OWN_TAG = ":keep-until"
ACCOUNT_ID = re.compile("[0-9]{12}")


class Misreadable(str):
    """Text that stands unquoted and that YAML takes for a number other than its digits say: 012345670123."""

    __slots__ = ()


def account_id(value: object) -> str:
    """Accept an AWS account id, also one that YAML read as the number with exactly its digits."""
    if isinstance(value, Misreadable) and value.isdigit():
        raise ValueError(f'is read by YAML as another number: put it in quotes, "{value}"')
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if isinstance(text, str) and ACCOUNT_ID.fullmatch(text):
        return str(text)
    raise ValueError('is not an account id: write its 12 digits in quotes, such as "111122223333"')


def duration(value: object) -> timedelta:
    """Accept `30m`, `12h` or `7d`."""
    found = re.fullmatch("([1-9][0-9]{0,7})([mhd])", value) if isinstance(value, str) else None
    if not found:
        raise ValueError("is not a duration: write a whole number from 1 on and m, h or d, such as 30m, 12h or 7d")
    length = int(found[1]) * UNITS[found[2]]
    if length > LONGEST_DURATION:
        raise ValueError(f"is too long: write {written(LONGEST_DURATION)} at most")
    return length


def written(length: timedelta) -> str:
    """Write a duration as a user would: in the largest unit that keeps it whole."""
    unit = max((unit for unit, size in UNITS.items() if not length % size), key=UNITS.__getitem__)
    return f"{length // UNITS[unit]}{unit}"


@functools.cache
def known_regions() -> dict[str, str]:
    """Give the partition of each Region that botocore knows, such as `aws-cn` of cn-north-1."""
    partitions = Loader().load_data("partitions")["partitions"]
    found = {name: partition["id"] for partition in partitions for name in partition["regions"]}
    return {name: partition for name, partition in found.items() if not name.endswith("-global")}


def region(value: object) -> str:
    """Accept the name of a Region."""
    if isinstance(value, str) and value in known_regions():
        return value
    nearest = difflib.get_close_matches(str(value), sorted(known_regions()))
    hint = f"did you mean {alternatives(nearest)}?" if nearest else "write its name, such as us-east-1"
    raise ValueError(f"is not a Region that is known here: {hint}")


def cidr(value: object) -> Network:
    """Accept a CIDR whose address is the first one of its block."""
    text = value if isinstance(value, str) and re.fullmatch("[0-9A-Fa-f.:]+/[0-9]{1,3}", value) else ""
    if network := _network(text, strict=True):
        return network
    if block := _network(text, strict=False):
        raise ValueError(f"has address bits beyond its netmask length: the block is {block}")
    raise ValueError("is not a CIDR: write its first address and length, as in 10.64.0.0/10")


def _network(text: str, *, strict: bool) -> Network | None:
    try:
        return ip_network(text, strict=strict)
    except ValueError:
        return None


def percentage(value: object) -> float:
    """Accept a share of the whole in percent; a pool that is all available would be without end."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 100:  # noqa: PLR2004
        return value
    raise ValueError("is not a percentage: write a number above 0 and below 100, such as 20")


def percentage_of_one_at_least(value: object) -> float:
    """Accept a percentage, but for one so low that a share of one was meant."""
    percent = percentage(value)
    if percent < 1:
        raise ValueError(f"is less than one percent: write {100 * percent:g} for {100 * percent:g} percent")
    return percent


def share(value: object) -> float:
    """Accept a share of one."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1:
        return value
    raise ValueError("is not a share: write a number from 0 to 1, such as 0.5")


def flag(value: object) -> bool:
    """Accept true or false."""
    if isinstance(value, bool):
        return value
    raise ValueError("is neither true nor false")


def whole(lowest: int, highest: int) -> Callable[[object], int]:
    """Accept whole numbers between two bounds."""

    def parse(value: object) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and lowest <= value <= highest:
            return value
        if isinstance(value, str) and value.isdecimal():
            raise ValueError("is text: write the number without quotes")
        raise ValueError(f"is not allowed: write a whole number from {lowest} to {highest}")

    return parse


def one_of(*words: str) -> Callable[[object], str]:
    """Accept one of some words."""

    def parse(value: object) -> str:
        if isinstance(value, str) and value in words:
            return value
        raise ValueError(f"is not allowed: write {alternatives(words)}")

    return parse


def alternatives(words: Sequence[str]) -> str:
    """Write `a, b or c`."""
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last


def text_like(pattern: str, description: str) -> Callable[[object], str]:
    """Accept text of a form; the description says which, with an example."""

    def parse(value: object) -> str:
        if isinstance(value, str) and re.fullmatch(pattern, value):
            return value
        raise ValueError(f"is not {description}")

    return parse


def tag_key(value: object) -> str:
    """Accept what can be the key of a tag."""
    return _tag_text(value, shortest=1, longest=LONGEST_TAG_KEY)


def tag_value(value: object) -> str:
    """Accept what can be the value of a tag."""
    return _tag_text(value, shortest=0, longest=LONGEST_TAG_VALUE)


def tag_prefix(value: object) -> str:
    """Accept what can begin the keys of our own tags, such as `poolwarden:keep-until`."""
    prefix = _tag_text(value, shortest=1, longest=LONGEST_TAG_KEY - len(LONGEST_OWN_TAG))
    if f"{prefix}:".lower().startswith("aws:"):
        raise ValueError("is not allowed: tags that start with aws: are AWS's own")
    return prefix


def _tag_text(value: object, *, shortest: int, longest: int) -> str:
    if not isinstance(value, str):
        raise ValueError("is not text, as tags are: put it in quotes")  # noqa: TRY004
    if not shortest <= len(value) <= longest or not TAG_TEXT.fullmatch(value):
        raise ValueError(
            f"is no text for a tag: write {shortest} to {longest} letters, digits, spaces and . : / = + - @ _"
        )
    return value


def stated(value: object) -> object:
    """Refuse a remediation's key with nothing after it: its defaults could be meant, or its absence."""
    if value is None:
        raise ValueError("is not clear: write {} for a section of defaults, or remove the key")
    return value


def filled(value: object) -> object:
    """Refuse the key of a section that has no defaults with nothing after it."""
    if value is None:
        raise ValueError("is not clear: write what belongs below it, or remove the key")
    return value
