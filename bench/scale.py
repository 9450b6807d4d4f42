"""Print what Poolwarden takes, costs and meets by the size of an organisation, as docs/scale.md has it.

`python -m bench.scale`
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.estate import Estate, Work, total
from bench.markdown import table
from bench.scale_model import (
    DISCOVERY_PAGE,
    FUNCTIONS,
    GB_SECOND,
    ONE_CPU_GB,
    REFILL_REST,
    REFILLS,
    RELEASE_PLANNING,
    RELEASE_SECONDS,
    account_calls,
    address_pages,
    align_planner,
    align_worker,
    month,
    refill,
    release_planner,
    release_worker,
    scope,
    source,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

WORKERS = 10
HOUR_SECONDS = 3_600
EMAIL_RATE = 10
"""E-mails that SNS delivers a second, for an account (its quotas in the AWS General Reference)."""

ESTATES = (
    Estate(accounts=1, regions=1),
    Estate(accounts=100, regions=4),
    Estate(accounts=1_000, regions=8),
    Estate(accounts=10_000, regions=8),
)


@dataclass(frozen=True, kw_only=True)
class Limit:
    """Something that ends: how much of it is used, of how much."""

    name: str
    used: float
    most: float

    @property
    def share(self) -> float:
        """Of all; above 1 it does not work any more."""
        return self.used / self.most


def limits(estate: Estate) -> list[Limit]:
    """Give what limits an organisation of this size, the nearest first."""
    look = release_worker(estate)
    release = look.seconds * estate.idle_places
    balanced, empty = (align_worker(estate, balanced=each).seconds for each in (True, False))
    align = balanced * estate.alb_places + empty * (estate.places - estate.alb_places)
    warnings = estate.idle_places * estate.idle
    writes = WORKERS * look.writes / look.seconds
    found = [
        Limit(name="ten workers of align_albs, in the hour between sweeps", used=align / WORKERS, most=HOUR_SECONDS),
        Limit(
            name="ten workers of release_eips, in the hour between sweeps", used=release / WORKERS, most=HOUR_SECONDS
        ),
        Limit(
            name="IPAM's pages of accounts, before the first Region of release_eips",
            used=account_calls(estate) * DISCOVERY_PAGE,
            most=RELEASE_PLANNING,
        ),
        Limit(
            name="IPAM's pages of a Region's addresses, in the rest of a run",
            used=address_pages(estate) * DISCOVERY_PAGE,
            most=RELEASE_SECONDS - RELEASE_PLANNING,
        ),
        Limit(
            name="release_eips's planner, in the hour between sweeps",
            used=release_planner(estate).seconds,
            most=HOUR_SECONDS,
        ),
        Limit(
            name="align_albs's planner, in the hour between sweeps",
            used=align_planner(estate).seconds,
            most=HOUR_SECONDS,
        ),
        Limit(
            name="IPAM's pages of a scope's resources, in the rest of a run of refill_pools",
            used=scope(estate).seconds,
            most=REFILL_REST,
        ),
        Limit(name="SNS, an e-mail for each address idle at the start", used=warnings / EMAIL_RATE, most=HOUR_SECONDS),
        Limit(name="Lambda's concurrent executions", used=2 * WORKERS + FUNCTIONS, most=1_000),
        Limit(name="DynamoDB, writes a second to one partition", used=writes, most=1_000),
        Limit(name="EC2's tokens of the hub, a second", used=1 / DISCOVERY_PAGE, most=20),
        Limit(name="series of the dashboard's query on load balancers", used=estate.off_places, most=10_000),
        Limit(name="SQS messages in flight", used=WORKERS, most=120_000),
    ]
    return sorted(found, key=lambda limit: -limit.share)


def tables(estates: Sequence[Estate] = ESTATES) -> str:
    """Write what a month takes and costs, and the nearest limits, as Markdown."""
    months = [month(each) for each in estates]
    takes: list[tuple[str, list[str]]] = [
        ("API calls", [_count(each.calls) for each in months]),
        ("Lambda invocations", [_count(each.invocations) for each in months]),
        ("Lambda seconds", [_count(each.seconds) for each in months]),
        ("SQS requests", [_count(each.sqs_requests) for each in months]),
        ("DynamoDB reads", [_count(each.reads) for each in months]),
        ("DynamoDB writes", [_count(each.writes) for each in months]),
        ("custom metrics", [_count(each.metrics) for each in months]),
    ]
    costs = [
        *((name, [f"{each.dollars[name]:,.2f}" for each in months]) for name in months[0].dollars),
        ("all", [f"{sum(each.dollars.values()):,.2f}" for each in months]),
    ]
    shares = {each.name: [limit.share for limit in _by_name(estates, each.name)] for each in limits(estates[-1])}
    used = [(name, [f"{share:.1%}" for share in each]) for name, each in shares.items()]
    titled = (
        ("a month", takes),
        ("dollars a month", costs),
        ("a run of refill_pools", refills(estates)),
        ("used of what there is", used),
    )
    return "\n\n".join(
        table([title, *(each.name for each in estates)], [[name, *each] for name, each in rows], texts=1)
        for title, rows in titled
    )


def refills(estates: Sequence[Estate]) -> list[tuple[str, list[str]]]:
    """Write what runs of `refill_pools` take by how many pools need something."""
    idle, first, second = ([_run(each, needy=number) for each in estates] for number in (0, 1, 8))
    longer = [work.seconds - other.seconds for work, other in zip(first, idle, strict=True)]
    return [
        ("pages of resources", [_count(scope(each).calls) for each in estates]),
        ("calls, where no pool needs anything", [_count(each.calls) for each in idle]),
        ("calls, where one does", [_count(each.calls) for each in first]),
        ("calls, where eight do", [_count(each.calls) for each in second]),
        ("seconds, where no pool needs anything", [_count(each.seconds) for each in idle]),
        ("seconds, where one does", [_count(each.seconds) for each in first]),
        ("seconds, where eight do", [_count(each.seconds) for each in second]),
        (
            "dollars a month more, while a pool stays short",
            [f"{each * REFILLS * GB_SECOND * ONE_CPU_GB:,.2f}" for each in longer],
        ),
    ]


def _run(estate: Estate, *, needy: int) -> Work:
    """A run in which so many pools need something that there is not."""
    return total([refill(estate), scope(estate).times(min(needy, 1)), source().times(needy)])


def _by_name(estates: Iterable[Estate], name: str) -> list[Limit]:
    return [limit for each in estates for limit in limits(each) if limit.name == name]


def _count(number: float) -> str:
    return f"{number:,.0f}"


if __name__ == "__main__":
    sys.stdout.write(f"{tables()}\n")
