"""One random case: a pool tree, its rules and what happens to it; and what was promised, checked at each call."""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lambdas.common.dynamo import timestamp
from lambdas.common.errors import RunFailedError
from lambdas.common.guard_items import BusyError
from lambdas.common.settings import Settings
from lambdas.common.space import Range, aligned_blocks, block_size, largest, parse, total, without, written
from lambdas.refill_pools.handler import handler
from lambdas.refill_pools.need import lacking
from tests.lambdas.account import GUARDS, LEDGER, RULE, SETTINGS
from tests.lambdas.refill_pools.promises.account import Account, ProcessEndedError
from tests.lambdas.refill_pools.promises.ipam import IPV4, Cidr, Pool, overlapping

if TYPE_CHECKING:
    from collections.abc import Callable

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC).timestamp()
DAY = 86_400
TOKEN = "poolwarden-"
SUPPLY = "172.16.0.0/20"
WORSE = ("before", "after")
GOES_WRONG = (RunFailedError, ClientError, BusyError, ProcessEndedError)


class BrokenPromiseError(AssertionError):
    """Something was done that must not happen, whatever happens."""


@dataclass(frozen=True)
class Event:
    """Something that wakes the function, and when it came into the world, in seconds."""

    body: dict[str, Any]
    time: float


class Case:
    """One account, played from a seed."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.time_left = random.Random(seed)
        self.account = Account(self.chance)
        self.account.before_provision = self._judge
        self.ipam = self.account.ipam
        self.ipam.now = NOON
        self._draw_rule()
        self._build()
        self._past: list[Event] = []
        self.broken: list[str] = []
        self._asked: dict[str, tuple[str, str]] = {}
        self._counted: dict[tuple[str, str], int] = {}

    # --- The world

    def _draw_rule(self) -> None:
        chance = self.chance
        low = chance.choice((10, 20, 50))
        rule = {
            **RULE,
            "low_water_percent": low,
            "target_percent": chance.choice((low, 60, 75)),
            "ready_netmask_length": chance.choice((None, None, 26, 28)),
            "max_provisions_per_day": chance.choice((1, 2, 4)),
            "supply": [SUPPLY],
            **chance.choice(({}, {}, {"min_netmask_length": 27, "max_netmask_length": 28}, {"max_netmask_length": 26})),
        }
        self.govern(rule, cap=chance.choice((1, 3, 10)))

    def govern(self, rule: dict[str, Any], *, cap: int) -> None:
        """Have this rule for all pools that are tagged for it."""
        self.rule, self.cap = rule, cap
        refill = {"mode": "enforce", "max_provisions_per_day": cap, "rules": [rule]}
        self.settings = Settings.from_document({**SETTINGS, "refill_pools": refill})

    def _build(self) -> None:
        chance, ipam = self.chance, self.ipam
        ipam.lag = chance.choice((0, 0, 0, 90, 400))
        ipam.provisioning = chance.choice((5, 45, 200))
        top = ipam.pool(None, chance.choice(("10.0.0.0/22", "10.0.0.0/23")), **chance.choice(({}, {"refill": "yes"})))
        parents = [top]
        for _ in range(chance.randint(1, 3)):
            parent = chance.choice(parents)
            block = self._some_block(parent.free(ipam.now), chance.choice((24, 25, 26)))
            if block is None:
                continue
            governed = {"refill": "yes"} if chance.random() < 0.9 else {}
            parents.append(ipam.pool(parent, written(block, IPV4), **governed))
        for pool in parents:
            self._fill(pool)
        if chance.random() < 0.3:
            self._discover()

    def low_pool(self) -> Pool:
        """Make a governed pool, seven eighths of it in use, whose need one block meets."""
        source = self.ipam.pool(None, "192.168.0.0/20")
        pool = self.ipam.pool(source, "192.168.0.0/24", refill="yes")
        pool.allocations += [parse(cidr) for cidr in ("192.168.0.0/25", "192.168.0.128/26", "192.168.0.192/27")]
        return pool

    def _some_block(self, free: list[Range], length: int) -> Range | None:
        size = block_size(length, IPV4)
        holes = [hole for hole in aligned_blocks(free) if hole.size >= size]
        if not holes:
            return None
        hole = self.chance.choice(holes)
        start = hole.start + self.chance.randrange(hole.size // size) * size
        return Range(start, start + size)

    def _allocate(self, pool: Pool) -> None:
        block = self._some_block(pool.free(self.ipam.now), self.chance.choice((25, 26, 27, 28)))
        if block is not None:
            pool.allocations.append(block)

    def _fill(self, pool: Pool) -> None:
        for _ in range(self.chance.randint(0, 5)):
            self._allocate(pool)

    def _discover(self) -> None:
        start = parse(SUPPLY).start + self.chance.randrange(16) * 256
        self.ipam.resources.append(Range(start, start + 256))

    # --- What happens

    def play(self) -> None:
        """Let some things happen, and a schedule at the end; BrokenPromiseError when something must not have been."""
        for _ in range(self.chance.randint(2, 4)):
            self.chance.choice(self._happenings)(self)
        self.account.trouble.clear()
        self.wait(1000)
        self.deliver(self._schedule())
        if self.broken:
            raise BrokenPromiseError("; ".join(dict.fromkeys(self.broken)))

    def _one_event(self) -> None:
        self._in_trouble()
        self.deliver(self._event())

    def _many_at_once(self) -> None:
        self._in_trouble()
        event = self._event()
        others = [self._event() for _ in range(self.chance.randint(0, 1))]
        events = [*[event] * self.chance.randint(2, 3), *others]
        self.chance.shuffle(events)
        self.account.run_together([partial(self.deliver, each) for each in events], self.chance)

    def _old_event(self) -> None:
        if self._past:
            self.deliver(self.chance.choice(self._past))

    def _rechecks(self) -> None:
        self.wait(60)
        self.deliver_rechecks(copies=self.chance.randint(1, 2))

    def deliver_rechecks(self, copies: int = 1) -> None:
        """Deliver the messages with which the function has itself woken again."""
        messages, self.account.messages = self.account.messages, []
        for message in messages * copies:
            record = {
                "messageId": "1",
                "eventSource": "aws:sqs",
                "body": message["MessageBody"],
                "attributes": {"SentTimestamp": str(int((self.ipam.now - 60) * 1000))},
            }
            self.deliver(Event({"Records": [record]}, self.ipam.now))

    def _people_act(self) -> None:
        pool = self.chance.choice(list(self.ipam.pools.values()))
        kind = self.chance.random()
        if kind < 0.5:
            self._allocate(pool)
        elif kind < 0.7 and pool.allocations:
            pool.allocations.pop()
        elif kind < 0.85 and pool.source is not None:
            block = self._some_block(pool.source.free(self.ipam.now), 27)
            if block is not None:
                self.ipam.by_hand(pool, block)
        else:
            self._discover()

    def _time_passes(self) -> None:
        self.wait(self.chance.choice((20, 100, 600, 1200)))
        self.deliver(self._schedule())

    def _a_day_passes(self) -> None:
        self.account.trouble.clear()
        self.wait(DAY)
        self.deliver(self._schedule())
        for pool in self.ipam.pools.values():
            self._fill(pool)
        for event in self.chance.sample(self._past, k=min(3, len(self._past))):
            self.deliver(event)

    _happenings: tuple[Callable[[Case], None], ...] = (
        _one_event,
        _one_event,
        _many_at_once,
        _many_at_once,
        _old_event,
        _rechecks,
        _people_act,
        _time_passes,
        _time_passes,
        _a_day_passes,
    )

    def _in_trouble(self) -> None:
        self.account.calls = 0
        self.account.trouble.clear()
        for _ in range(self.chance.choice((0, 0, 1, 2))):
            kind = self.chance.choice(("crash", "error"))
            self.account.trouble[self.chance.randint(1, 16)] = f"{kind} {self.chance.choice(WORSE)}"

    def wait(self, seconds: float) -> None:
        self.ipam.now += seconds

    def _event(self) -> Event:
        """An alarm of a pool that may well be low, or the schedule."""
        pools = [pool for pool in self.ipam.pools.values() if self._is_short(pool)] or list(self.ipam.pools.values())
        return self.chance.choice((self.alarm(self.chance.choice(pools).id), self._schedule()))

    def alarm(self, pool: str) -> Event:
        detail = {"alarmContributor": {"attributes": {"PoolID": pool}}, "state": {"value": "ALARM"}}
        return self._now("aws.cloudwatch", "CloudWatch Alarm Contributor State Change", detail)

    def _schedule(self) -> Event:
        return self._now("aws.events", "Scheduled Event", {})

    def _now(self, source: str, kind: str, detail: dict[str, Any]) -> Event:
        time = timestamp(datetime.fromtimestamp(self.ipam.now, UTC))
        return Event({"source": source, "detail-type": kind, "time": time, "detail": detail}, self.ipam.now)

    def deliver(self, event: Event) -> None:
        self._past.append(event)
        milliseconds = self.time_left.choice((600_000, 600_000, 0))
        with suppress(*GOES_WRONG):
            handler(event.body, SimpleNamespace(get_remaining_time_in_millis=lambda: milliseconds))

    # --- What was promised

    def _judge(self, request: dict[str, Any]) -> None:
        """Judge a call that asks for a CIDR, immediately before AWS does it."""
        pool, token = self.ipam.pools[request["IpamPoolId"]], request["ClientToken"]
        asked = pool.id, request["Cidr"]
        if token in self._asked:
            self._must(self._asked[token] == asked, "a token stands for one request")
            return
        self._asked[token] = asked
        block = parse(request["Cidr"])
        self._no_overlap(pool, block)
        self._one_at_a_time(pool)
        self._needed(pool)
        self._within_caps(pool)
        self._in_the_ledger(token)

    def _must(self, held: object, promise: str) -> None:
        """Remember what was broken: raised here, the function would take it for a failed call."""
        if not held:
            self.broken.append(promise)

    def _no_overlap(self, pool: Pool, block: Range) -> None:
        """Promise 2; what somebody else took and no list shows yet is AWS's to refuse."""
        known = [*self._seen_elsewhere(pool), *self.ipam.resources]
        self._must(not overlapping(block, known), "a provisioned CIDR overlaps nothing in its scope")
        if pool.source is not None:
            inside = without([block], pool.source.arrived(self.ipam.now))
            self._must(not inside, "a provisioned CIDR lies in its source pool")
        else:
            self._must(not without([block], [parse(SUPPLY)]), "a provisioned CIDR lies in its rule's supply")

    def _seen_elsewhere(self, pool: Pool) -> list[Range]:
        """What can be known to be taken from where the pool draws."""
        if pool.source is None:
            others = [other for other in self.ipam.pools.values() if other.source is None]
            return [cidr.block for other in others for cidr in other.cidrs if self._is_known(cidr)]
        siblings = [cidr.block for child in pool.source.children for cidr in child.cidrs if self._is_known(cidr)]
        return [*pool.source.allocations, *siblings]

    def _is_known(self, cidr: Cidr) -> bool:
        return cidr.held and (self.ipam.is_shown(cidr) or bool(cidr.token))

    def _one_at_a_time(self, pool: Pool) -> None:
        """Promise 3."""
        pending = [cidr for cidr in pool.cidrs if cidr.state(self.ipam.now) == "pending-provision"]
        self._must(not any(self._is_known(cidr) for cidr in pending), "at most one refill of a pool is in flight")

    def _needed(self, pool: Pool) -> None:
        """Promise 3: with all that it has and gets, known to us, the pool must still lack something."""
        held = [cidr.block for cidr in pool.cidrs if self._is_known(cidr)]
        size = total(held)
        free = without(held, pool.taken())
        lease = self.account.tables.items[GUARDS].get((f"lease#refill_pools#{pool.id}",), {})
        mark = self.rule["target_percent"] if lease.get("unfinished") else self.rule["low_water_percent"]
        low = total(free) * 100 < size * mark
        ready = self.rule["ready_netmask_length"]
        fragmented = ready is not None and largest(aligned_blocks(free)) < block_size(ready, IPV4)
        demanded = any(self._is_short(child) for child in pool.children)
        self._must(low or fragmented or demanded, "an event never provisions twice")

    def _is_short(self, pool: Pool) -> bool:
        """Whether a pool below may need something of its source, for itself or for one below."""
        held = [cidr.block for cidr in pool.cidrs if self._is_known(cidr)]
        short = lacking(total(held), total(held) - total(without(held, pool.taken())), self.rule["target_percent"]) > 0
        return short or self.rule["ready_netmask_length"] is not None or any(map(self._is_short, pool.children))

    def _within_caps(self, pool: Pool) -> None:
        """Promise 4."""
        day = f"{datetime.fromtimestamp(self.ipam.now, UTC):%Y-%m-%d}"
        for what, cap in (("all", self.cap), (pool.id, self.rule["max_provisions_per_day"])):
            self._counted[what, day] = self._counted.get((what, day), 0) + 1
            self._must(self._counted[what, day] <= cap, "caps hold across concurrent and retried runs")

    def _in_the_ledger(self, token: str) -> None:
        """Promise 6."""
        record = self.account.tables.items[LEDGER].get((token.removeprefix(TOKEN), "act"), {})
        self._must(record.get("outcome") == "intended", "every change was in the ledger before it happened")
