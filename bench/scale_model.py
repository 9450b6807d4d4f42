"""What Poolwarden takes and costs in a month, by the size of an organisation: a model on paper.

The counts of calls are the code's, and held to it by tests/bench/test_scale.py; how long calls take is assumed. Prices
are list prices of us-east-1, without free tiers. docs/scale.md explains every term.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from bench.estate import Estate, Work, total
from lambdas.align_albs.handler import RESERVE_SECONDS
from lambdas.common import discovery, fanout
from lambdas.common.guard_items import BATCH
from lambdas.refill_pools.aws import LIST_PAGE
from lambdas.refill_pools.handler import BEGINNING_SHARE
from lambdas.release_eips.handler import PLANNING_SHARE

HOURS = 730
"""Of a month, as AWS's calculator has it; each is a sweep of `release_eips` and of `align_albs`."""

REFILLS = HOURS * 4
POLLS = HOURS * 60 * 15
"""How often Lambda asks an empty queue in a month: five pollers, each for twenty seconds."""

ONE_CPU_GB, OTHER_GB = 1769 / 1024, 256 / 1024
"""Of `release_eips` and `refill_pools`, and of the other functions."""

FUNCTIONS, ALARMS, QUEUES = 5, 19, 4
"""Of the hub's stack, `extend_vpcs` left off as it is by default: functions, alarms on one metric, polled queues."""

RELEASE_SECONDS, REFILL_SECONDS, ALIGN_SECONDS = 600, 600, 120
"""The functions' timeouts."""

RELEASE_PLANNING, ALIGN_PLANNING = RELEASE_SECONDS * PLANNING_SHARE, ALIGN_SECONDS - RESERVE_SECONDS
"""For how much of them a planner goes on, before it leaves the rest to another run."""

REFILL_REST = REFILL_SECONDS * (1 - BEGINNING_SHARE)
"""What a run of `refill_pools` has left at least for the pool that it began last."""

USAGE_SERIES = 150
"""So many VPCs, subnets and public pools have usage metrics of IPAM, however many there are."""

# How long a call takes, in seconds: assumed.
DISCOVERY_PAGE, DESCRIBE, ASSUME_ROLE, TABLE, SEND = 0.5, 0.15, 0.1, 0.01, 0.02
SCOPE_PAGE = DISCOVERY_PAGE + 0.07
"""A page of a scope's resources, and to parse it with one CPU, which was measured."""

SEEN_AGAIN = 3
"""Write units of a ledger item that is seen again, if it has 1 KB: one, and two in its index, whose key is the time."""

GB_SECOND = 0.0000133334
"""Dollars, of Lambda on Arm."""

LOG_KB = 0.6  # what Lambda and one line of ours write for an invocation: assumed


def discovery_calls(estate: Estate, *, runs: int = 1) -> int:
    """How often the IPAM is asked where addresses are idle: `release_eips/planner.py`, `common/discovery.py`.

    For accounts in each run of the planner anew, for the addresses of a Region once.
    """
    return runs * account_calls(estate) + estate.regions * address_pages(estate)


def account_calls(estate: Estate) -> int:
    """How often the IPAM is asked for the accounts that it covers."""
    return 1 + estate.regions * pages(estate.accounts)


def address_pages(estate: Estate) -> int:
    """How many pages the addresses of a Region fill."""
    return pages(estate.accounts * estate.addresses)


def pages(entries: int) -> int:
    """How many pages a list of the IPAM's discovery has; an empty one has one."""
    return max(1, math.ceil(entries / discovery.PAGE))


def release_runs(estate: Estate) -> int:
    """How many runs a sweep's planner takes: a Region is begun while there is time, and then ended."""
    batches = math.ceil(estate.idle_places / estate.regions / fanout.BATCH)
    region = address_pages(estate) * DISCOVERY_PAGE + batches * SEND
    left = RELEASE_PLANNING - account_calls(estate) * DISCOVERY_PAGE
    return math.ceil(estate.regions / max(1, math.ceil(left / region)))


def release_planner(estate: Estate) -> Work:
    """A sweep of `release_eips` as its schedule wakes it: discovery, messages, the mark of the fan-out."""
    if not estate.is_organisation:
        return Work()
    runs = release_runs(estate)
    calls, batches = discovery_calls(estate, runs=runs), math.ceil(estate.idle_places / fanout.BATCH) + runs - 1
    seconds = calls * DISCOVERY_PAGE + batches * SEND + TABLE
    return Work(calls=calls + batches, writes=1, messages=batches, seconds=seconds)


def release_worker(estate: Estate) -> Work:
    """A look at one place where nothing is due: when it was last looked at, its addresses, their clocks; the time.

    What is idle is recorded each time, as seen again.
    """
    seconds = ASSUME_ROLE + DESCRIBE + (2 + math.ceil(estate.addresses / BATCH) + estate.idle) * TABLE
    calls, messages = (2, 2) if estate.is_organisation else (1, 0)
    writes = 1 + SEEN_AGAIN * estate.idle
    return Work(calls=calls, reads=1 + estate.addresses, writes=writes, messages=messages, seconds=seconds)


def one_release() -> Work:
    """An address that is warned of and released: evidence twice, a second look, the switch twice, two words on the bus.

    A ledger item is written twice, for its index; each item of a transaction costs double.
    """
    evidence = len(("transfers", "PTR", "hosted zones", "records", "stack", "IPAMs", "history"))
    calls = 2 * evidence + len(("second look", "switch", "switch again", "release")) + 2
    return Work(calls=calls, writes=20, seconds=calls * DESCRIBE + 10 * TABLE)


def align_runs(estate: Estate) -> int:
    """How many runs a sweep's planner takes: batches are sent while there is time, at least one."""
    left = ALIGN_PLANNING - account_calls(estate) * DISCOVERY_PAGE
    return math.ceil(math.ceil(estate.places / fanout.BATCH) / max(1, left // SEND))


def align_planner(estate: Estate) -> Work:
    """A sweep of `align_albs`: a message for each place; a pool in each Region is assumed."""
    if not estate.is_organisation:
        return Work()
    runs = align_runs(estate)
    calls, batches = runs * account_calls(estate), math.ceil(estate.places / fanout.BATCH) + runs - 1
    seconds = calls * DISCOVERY_PAGE + batches * SEND + 2 * runs * TABLE
    return Work(calls=calls + batches, reads=runs, writes=runs, messages=batches, seconds=seconds)


def align_worker(estate: Estate, *, balanced: bool) -> Work:
    """A look at one place: its load balancers, what is being moved there, and of those that there are tags and more."""
    looks, reads = (6, 2 + estate.albs) if balanced else (1, 2)
    assuming, messages = (1, 2) if estate.is_organisation else (0, 0)
    seconds = ASSUME_ROLE + looks * DESCRIBE + (2 + balanced) * TABLE
    return Work(calls=looks + assuming, reads=reads, messages=messages, seconds=seconds)


def refill(estate: Estate) -> Work:
    """A run of `refill_pools` with nothing to do: pools, metrics, and the CIDRs and allocations of each."""
    calls = 2 + 2 * estate.governed_pools
    return Work(calls=calls, reads=2 + estate.governed_pools, writes=1, seconds=calls * DESCRIBE + 3 * TABLE)


def scope_pages(estate: Estate) -> int:
    """How many pages the resources of all places fill, if they are in one scope."""
    return max(1, math.ceil(estate.places * estate.resources / LIST_PAGE))


def scope(estate: Estate) -> Work:
    """What the first pool of a run adds that needs something: all that is in its scope, for the others too."""
    return Work(calls=scope_pages(estate), seconds=scope_pages(estate) * SCOPE_PAGE)


def source() -> Work:
    """What each pool adds that needs something: the CIDRs and allocations of its source pool."""
    return Work(calls=2, seconds=2 * DESCRIBE)


def one_refill() -> Work:
    """A block: the switch, the call, its recheck, which reads the pool's CIDRs, and a word on the bus."""
    return Work(calls=5, writes=20, seconds=5 * DESCRIBE + 10 * TABLE)


def event() -> Work:
    """A call that CloudTrail tells of: one address or load balancer is looked at."""
    return Work(calls=2, reads=1, writes=1, seconds=ASSUME_ROLE + DESCRIBE + 2 * TABLE)


@dataclass(frozen=True, kw_only=True)
class Month:
    """What a month takes, and what it costs by service."""

    estate: Estate
    release: Work
    refill: Work
    others: Work
    invocations: float
    told: float

    @property
    def _all(self) -> Work:
        return total([self.release, self.refill, self.others])

    @property
    def calls(self) -> float:
        """API calls of EC2, Elastic Load Balancing, STS, IPAM and SQS."""
        return self._all.calls

    @property
    def seconds(self) -> float:
        """Of Lambda."""
        return self._all.seconds

    @property
    def sqs_requests(self) -> float:
        """Messages sent, received and deleted, and empty answers to Lambda's pollers."""
        return self._all.messages + QUEUES * POLLS

    @property
    def reads(self) -> float:
        """Read request units, consistent."""
        return self._all.reads

    @property
    def writes(self) -> float:
        """Write request units."""
        return self._all.writes

    @property
    def metrics(self) -> float:
        """Custom metrics: load balancers off their pool, by place; decisions by outcome and reason; sweeps."""
        return self.estate.off_places + 20 + FUNCTIONS

    @property
    def alarm_metrics(self) -> float:
        """Metrics that alarms analyse: single ones, pools and idle addresses by pool and Region, and usage.

        Also the queue of undelivered events in each place but the hub's own.
        """
        by_pool = 2 * self.estate.governed_pools + self.estate.regions
        return ALARMS + by_pool + 2 * min(USAGE_SERIES, self.estate.places) + self.estate.places - 1

    @property
    def dollars(self) -> dict[str, float]:
        """By service, at the list prices of us-east-1."""
        gb_seconds = (self.release.seconds + self.refill.seconds) * ONE_CPU_GB + self.others.seconds * OTHER_GB
        first, more = min(self.metrics, 10_000), max(0, self.metrics - 10_000)
        return {
            "Lambda": gb_seconds * GB_SECOND + self.invocations * 0.20e-6,
            "SQS": self.sqs_requests * 0.40e-6,
            "DynamoDB": self.reads * 0.125e-6 + self.writes * 0.625e-6,
            "CloudWatch": (
                first * 0.30
                + more * 0.10
                + self.alarm_metrics * 0.10
                + 3.00
                + self.invocations * LOG_KB / 1_000_000 * 0.50
            ),
            "the rest": 1.00 + self.told * (1.00e-6 + 2e-5) + self.estate.calls * self.estate.places * 1.00e-6,
        }


def month(estate: Estate) -> Month:
    """Add up a month."""
    releases = estate.releases * estate.idle_places
    refills = estate.refills * estate.governed_pools
    calls = estate.calls * estate.places
    looked = estate.idle_places if estate.is_organisation else estate.places
    release = total(
        [
            release_planner(estate).times(HOURS),
            release_worker(estate).times(HOURS * looked),
            one_release().times(releases),
            event().times(calls / 2),
        ]
    )
    needy = total([scope(estate), source(), one_refill()])
    others = total(
        [
            align_planner(estate).times(HOURS),
            align_worker(estate, balanced=True).times(HOURS * estate.alb_places),
            align_worker(estate, balanced=False).times(HOURS * (estate.places - estate.alb_places)),
            event().times(calls / 2),
        ]
    )
    workers = HOURS * (looked + estate.places) if estate.is_organisation else 0
    return Month(
        estate=estate,
        release=release,
        refill=total([refill(estate).times(REFILLS), needy.times(refills)]),
        others=others,
        invocations=2 * HOURS + REFILLS + workers + calls + 2 * releases + 2 * refills,
        told=2 * releases + refills,
    )
