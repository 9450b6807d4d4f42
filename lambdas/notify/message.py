"""A message to people, whatever it is about: what SNS takes of it, and how it is laid out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LONGEST_SUBJECT = 100  # https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
SEVERITIES = ("info", "warning", "critical")
"""How much a message matters, in rising order."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A piece of a message: one line, or a list; `is_step` where it says what one can do."""

    name: str
    text: str = ""
    items: tuple[str, ...] = ()
    is_step: bool = False

    def __str__(self) -> str:
        """Lay it out for a plain body."""
        if not self.items:
            return f"{self.name + ':':<9} {one_line(self.text)}"
        return "\n".join([f"{self.name}:", *(f"  - {one_line(item)}" for item in self.items)])


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """A message as SNS takes it; the attributes are flat strings, for subscription filters.

    `about` is what it is about, such as a decision's id: messages about the same belong together. `resources` names
    the resources in it.
    """

    title: str
    parts: tuple[Part, ...]
    attributes: Mapping[str, str]
    about: str
    resources: tuple[str, ...] = ()

    @property
    def subject(self) -> str:
        """Give a subject that SNS takes: printable ASCII, not too long."""
        plain = "".join(letter if " " <= letter <= "~" else "?" for letter in f"Poolwarden: {self.title}")
        return plain if len(plain) <= LONGEST_SUBJECT else f"{plain[: LONGEST_SUBJECT - 3]}..."

    @property
    def body(self) -> str:
        """Give the body of an e-mail; a list stands apart from its neighbours."""
        between = "\n\n" if any(part.items for part in self.parts) else "\n"
        return between.join(str(part) for part in self.parts) + "\n"


def one_line(text: str) -> str:
    """Keep a name or a tag in its line, and from steering whatever shows it: nothing stays that cannot be printed.

    Unicode's controls are among these: line separators, escapes of terminals, changes of the writing's direction.
    """
    return "".join(
        each if each.isprintable() else " " if each.isspace() else "\N{REPLACEMENT CHARACTER}" for each in text
    )


def worst(severities: Iterable[str]) -> str:
    """Give the one that matters most of these severities; info where there is none."""
    return max(severities, key=SEVERITIES.index, default=SEVERITIES[0])


def given(attributes: Mapping[str, str | None]) -> dict[str, str]:
    """Leave out the attributes that have no value: SNS takes none that is empty."""
    return {name: value for name, value in attributes.items() if value}


def console(region: str, page: str) -> str:
    """Give the address of a page in the console of the Region's partition, such as `ec2/home?region=...#Addresses:`.

    https://docs.aws.amazon.com/govcloud-us/latest/UserGuide/govcloud-endpoints.html,
    https://docs.amazonaws.cn/en_us/aws/latest/userguide/endpoints-Beijing.html
    """
    domain = "console.aws.amazon.com"
    if region.startswith("cn-"):
        domain = "console.amazonaws.cn"
    elif region.startswith("us-gov-"):
        domain = "console.amazonaws-us-gov.com"
    return f"https://{region}.{domain}/{page}"
