"""The daily digest: what was changed, what is not as it should be and since when, what waits for somebody."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from lambdas.notify import texts
from lambdas.notify.alarm import line
from lambdas.notify.message import Message, Part, given, worst
from lambdas.notify.plan import is_reversal, severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lambdas.notify.conditions import Condition, Resource

DAY = timedelta(days=1)
STILL = timedelta(hours=26)
"""What a sweep has not seen for so long is over; more than a day, so that the slowest usual sweep has come by."""

USUAL = frozenset({"within-grace", "service-managed"})
"""The reasons of nearly all that is skipped, sweep after sweep: of no news, and more of it than one can read.

What else is routine is read all the same, and not kept, because it ends what was told before: a tag that protects what
people were warned of.
"""

IN_USE = "reassociated"
"""The reason of what is told of a release beside its own record: somebody began to use the address meanwhile."""

MOST_LINES = 20
OPERATORS = "operators"
"""Who reads the digest of everything."""

Item = Mapping[str, Any]
"""A ledger item."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """What a digest is made from.

    `items` are the ledger items that `chosen` gives of those that were seen within `STILL`; `forbids` is the reason
    code for which nothing at all is changed now, or None. `conditions` are the resources for which each of the alarms'
    conditions holds, the first at least for each reader; how many `more` there are is counted by the condition's alarm
    and the owning account. `unread` is what of IPAM's resources was not looked at, and why.
    """

    items: Sequence[Item]
    forbids: str | None
    conditions: Sequence[tuple[Condition, Sequence[Resource]]]
    now: datetime
    more: Mapping[tuple[str, str], int] = field(default_factory=dict)
    unread: str = ""

    def of(self, accounts: frozenset[str]) -> Known:
        """Give what concerns these accounts."""
        conditions = [
            (condition, [each for each in resources if each.get("ResourceOwnerId") in accounts])
            for condition, resources in self.conditions
        ]
        items = [item for item in self.items if item["account"] in accounts]
        more = {(alarm, account): count for (alarm, account), count in self.more.items() if account in accounts}
        return replace(self, items=items, conditions=conditions, more=more, unread="")

    def standing(self) -> list[tuple[Condition, Sequence[Resource], int]]:
        """Give the conditions that hold for anything, with the resources that are kept and how many there are."""
        more: Counter[str] = Counter()
        for (alarm, _), count in self.more.items():
            more[alarm] += count
        return [(each, kept, len(kept) + more[each.alarm]) for each, kept in self.conditions if kept]


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """A heading, which items stand under it, and what their lines say besides what happened."""

    heading: str
    short: str
    holds: Callable[[Item], bool]
    remark: Callable[[Item], str]


def digests(known: Known, *, contacts: Mapping[str, str]) -> list[tuple[str, Message]]:
    """Write a digest for the operators, and for each contact to whom something happened, with whom it is for.

    Nothing where there is nothing to say.
    """
    written = {OPERATORS: _digest(known, about={})}
    for contact in sorted(set(contacts.values())):
        accounts = frozenset(account for account, address in contacts.items() if address == contact)
        account = next(iter(accounts)) if len(accounts) == 1 else None
        written[contact] = _digest(known.of(accounts), about={"contact": contact, "account": account})
    return [(reader, message) for reader, message in written.items() if message]


def _digest(known: Known, *, about: Mapping[str, str | None]) -> Message | None:
    """Write one digest; that nothing may be changed is no news to a contact to whom nothing happens."""
    items = sorted(known.items, key=_place_in_list)
    filled = [(section, found) for section in SECTIONS if (found := [item for item in items if section.holds(item)])]
    standing = known.standing()
    if not filled and not standing and (about or not (known.forbids or known.unread)):
        return None
    day = f"{known.now:%Y-%m-%d}"
    stopped = [_stopped(known.forbids)] if known.forbids else []
    unread = [Part(name="Not looked at", text=known.unread)] if known.unread else []
    sections = [_part(section, found) for section, found in filled]
    conditions = [_of_condition(condition, resources, count) for condition, resources, count in standing]
    counts = [f"{len(found)} {section.short}" for section, found in filled]
    counts += [f"{count} {condition.short}" for condition, _, count in standing]
    said = [*(part.name.lower() for part in stopped), *counts] or ["not all was looked at"]
    severities = [severity(item) for _, found in filled for item in found]
    return Message(
        title=f"{day}: {', '.join(said)}",
        parts=(*stopped, *sections, *conditions, *unread),
        attributes=given(
            {"kind": "digest", "severity": worst([*severities, *["warning"] * len(stopped + unread)]), **about}
        ),
        about=f"digest-{day}",
    )


def chosen(items: Iterable[Item], *, now: datetime) -> Iterator[Item]:
    """Choose the items to tell of: changes of the last day, and of each resource what was seen last and is still so.

    `items` come with what was seen last first, so that only what was seen at one moment is kept meanwhile. Of what was
    seen last all is told, as one look may find several things at once; what a resource was before that is over.
    """
    over: set[tuple[str, str]] = set()
    for _, together in groupby(items, key=itemgetter("last_seen")):
        last: defaultdict[tuple[str, str], list[Item]] = defaultdict(list)
        for item in together:
            if _is_change(item, now):
                yield item
            if item["outcome"] not in {"intended", "pending"} and _about(item) not in over:
                last[_about(item)].append(item)
        for found in last.values():
            yield from _open_among(found, now)
        over.update(last)


def _is_change(item: Item, now: datetime) -> bool:
    """Say whether something was changed in the last day, or taken back."""
    changed = item["outcome"] in {"done", "undone"} and not is_reversal(item)
    return changed and datetime.fromisoformat(item["last_seen"]) > now - DAY


def _about(item: Item) -> tuple[str, str]:
    """Say what an item is about: places are the same for all remediations, and each finds something of its own."""
    return item["remediation"], item["resource_id"]


def _open_among(found: Sequence[Item], now: datetime) -> Iterator[Item]:
    """Give what is still so of what was seen at one moment; a proposal stands for the one that expired before it."""
    is_proposed = any(item["outcome"] == "proposed" for item in found)
    return (item for item in found if _is_open(item, now) and not (is_proposed and item["outcome"] == "expired"))


def _is_open(item: Item, now: datetime) -> bool:
    """Say whether something is still so, and somebody may want to do something about it."""
    if item["outcome"] in {"done", "undone", "rejected"}:
        return False
    if item["outcome"] == "proposed":
        until = item["detail"].get("expires")
        return (until is None or now < datetime.fromisoformat(until)) and not texts.of(item).is_routine(item)
    return item["reason"] in {"warned", "converging"} or not texts.of(item).is_routine(item)


def _place_in_list(item: Item) -> tuple[str, ...]:
    """Keep together what is about one resource, and lines that are alike in the same order each day."""
    return item["resource_id"], item["remediation"], item["time"], item["reason"], item["decision_id"]


def _stopped(forbids: str) -> Part:
    said = {
        "switched-off": "The kill switch is on, or cannot be read: no change is made until it says `deployed` again.",
        "change-freeze": "The change calendar is closed, or cannot be read: no change is made until it is open again.",
    }
    return Part(name="Nothing may be changed", text=said[forbids])


def _part(section: Section, items: Sequence[Item]) -> Part:
    lines = [f"{texts.of(item).what(item)} ({section.remark(item)})" for item in items]
    return Part(name=_heading(section, items), items=_limited(lines, len(lines)))


def _heading(section: Section, items: Sequence[Item]) -> str:
    """Give a section's heading, with the money that its releases save."""
    saved = sum(item["detail"].get("cost_usd_month") or 0 for item in items)
    saves = f", which saves about {saved:.2f} USD a month" if section is RELEASED and saved else ""
    return f"{section.heading} ({len(items)}){saves}"


def _of_condition(condition: Condition, resources: Sequence[Resource], count: int) -> Part:
    return Part(
        name=f"{condition.what[:1].upper()}{condition.what[1:]} ({count})",
        items=_limited([line(each) for each in resources], count),
    )


def _limited(lines: Sequence[str], count: int) -> tuple[str, ...]:
    """Cut a list that is too long; `count` is how many lines it would have with those that were not kept."""
    more = count - MOST_LINES
    return (*lines[:MOST_LINES], *([f"and {more} more: `poolwarden status` lists them"] if more > 0 else []))


def _done(action: str) -> Callable[[Item], bool]:
    """Say whether a change was made, by its own record: what is told beside it is the same change."""
    return lambda item: item["outcome"] == "done" and item["action"] == action and item["reason"] != IN_USE


def _lost(item: Item) -> bool:
    return (item["outcome"], item["reason"]) == ("done", IN_USE)


def _where(item: Item) -> str:
    return f"{item['account']}, {item['region']}"


def _since(item: Item) -> str:
    return f"{item['reason']} since {item['time'][:10]}, {_where(item)}"


def _how_to_approve(item: Item) -> str:
    until = item["detail"].get("expires")
    return f"`poolwarden approve {item['decision_id']}`{f' before {until[:16]}' if until else ''}, {_where(item)}"


def _outcome(*outcomes: str, but: frozenset[str] = frozenset()) -> Callable[[Item], bool]:
    return lambda item: item["outcome"] in outcomes and item["reason"] not in but


def _reason(reason: str) -> Callable[[Item], bool]:
    return lambda item: item["outcome"] not in {"done", "undone"} and item["reason"] == reason


_ELSEWHERE = frozenset({"warned", "converging", "spilled"})
"""Reasons that have a section of their own."""

RELEASED = Section(heading="Addresses released", short="released", holds=_done("release_address"), remark=_where)
SECTIONS = (
    Section(heading="Waiting for an answer", short="to approve", holds=_outcome("proposed"), remark=_how_to_approve),
    Section(heading="Failed", short="failed", holds=_outcome("failed"), remark=_since),
    Section(heading="Released while in use", short="released in use", holds=_lost, remark=_where),
    Section(
        heading="Blocked or left alone",
        short="blocked",
        holds=_outcome("blocked", "skipped", but=_ELSEWHERE),
        remark=_since,
    ),
    Section(heading="Due in the next days", short="due", holds=_reason("warned"), remark=_where),
    Section(heading="Nobody answered", short="expired", holds=_outcome("expired"), remark=_since),
    Section(heading="Pools refilled", short="refilled", holds=_done("provision_cidr"), remark=_where),
    RELEASED,
    Section(heading="Load balancers moved", short="moved", holds=_done("modify_ip_pools"), remark=_where),
    Section(heading="VPCs extended", short="extended", holds=_done("associate_cidr"), remark=_where),
    Section(
        heading="Load balancers with addresses from before their move",
        short="converging",
        holds=_reason("converging"),
        remark=_since,
    ),
    Section(
        heading="Load balancers with addresses from outside their pool",
        short="spilled",
        holds=_reason("spilled"),
        remark=_since,
    ),
    Section(heading="Undone", short="undone", holds=_outcome("undone"), remark=_where),
    Section(heading="Would be changed", short="observed", holds=_outcome("observed", but=_ELSEWHERE), remark=_since),
)
