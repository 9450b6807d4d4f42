"""What runs would do from now on, without doing or recording any of it: each refill, and those that follow from it.

It goes by the same cases and the same judgement as a run. What is decided is then taken as done, at once: the pool has
its block, its source pool has so much less, and all pools are looked at again, until nothing more is to be done.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from lambdas.common import guards, limits, needs
from lambdas.common.decision import Decision, Lease, Outcome
from lambdas.common.errors import AwsError
from lambdas.common.previews import unread
from lambdas.refill_pools import aws, plan, request
from lambdas.refill_pools.case import REMEDIATION
from lambdas.refill_pools.gather import case_of
from lambdas.refill_pools.model import PoolCidr
from lambdas.refill_pools.need import lacking
from lambdas.refill_pools.progress import progress
from lambdas.refill_pools.reading import Reading
from lambdas.refill_pools.run import Run, governed

if TYPE_CHECKING:
    from datetime import datetime

    from lambdas.common.settings import Settings
    from lambdas.common.space import Range
    from lambdas.refill_pools.case import Case
    from lambdas.refill_pools.model import Pool, PoolSpace

ROUNDS = 64
"""More blocks than AWS lets a pool have, one in each round."""


def preview(conf: Settings, *, now: datetime, remembered: bool) -> list[Decision]:
    """Foresee what `enforce` does, in the order in which it does it; what it would only say has an outcome.

    With `remembered` the guards of what is deployed are read too: acts under way, open needs, what counts against caps.
    """
    if conf.refill_pools is None:
        return []
    pools = aws.pools()
    rules = governed(conf.refill_pools, pools)
    then = _Then()
    run = Run(
        now=now,
        rechecking=False,
        tag_prefix=conf.tag_prefix,
        settings=conf.refill_pools,
        pools=pools,
        turns={},
        leases=guards.leases(REMEDIATION, rules) if remembered else {each: Lease(guard="") for each in rules},
        rules=rules,
        needs=needs.open_needs(rules, now=now) if remembered else {},
        sizes=needs.open_sizes(rules, now=now) if remembered else {},
        reading=then,
    )
    whats = ["all", *rules]
    counted = limits.counted(REMEDIATION, whats, now=now) if remembered else {}
    return _Preview(run=run, provisions=Counter(counted), then=then).decisions()


class _Then(Reading):
    """AWS as it is once the decisions so far are carried out. Each list is read once, since time stands still here."""

    good_for_seconds = math.inf

    def __init__(self) -> None:
        super().__init__()
        self._spaces: dict[str, PoolSpace] = {}
        self._elsewhere: dict[str, bool] = {}

    def space(self, pool: Pool) -> PoolSpace:
        if pool.id not in self._spaces:
            self._spaces[pool.id] = aws.space(pool)
        return self._spaces[pool.id]

    def cidrs_of(self, pool: Pool) -> tuple[PoolCidr, ...]:
        return self._spaces[pool.id].cidrs if pool.id in self._spaces else super().cidrs_of(pool)

    def is_decided_elsewhere(self, pool: Pool, *, now: datetime) -> bool:  # noqa: ARG002 - there is no memory here
        if pool.scope_id not in self._elsewhere:
            self._elsewhere.update(aws.scopes(pool.region))
        return self._elsewhere[pool.scope_id]

    def give(self, pool: Pool, block: Range, *, source: Pool | None, cidr: str) -> None:
        """Have a pool get a block, and its source pool give it."""
        space = self.space(pool)
        added = PoolCidr(cidr=cidr, block=block, state="provisioned")
        self._spaces[pool.id] = replace(space, cidrs=(*space.cidrs, added))
        if source is not None:
            giver = self.space(source)
            self._spaces[source.id] = replace(giver, allocated=(*giver.allocated, block))


@dataclass(kw_only=True)
class _Preview:
    """One preview. `provisions` counts against caps, `over` are the pools about which no more can be foreseen."""

    run: Run
    provisions: Counter[str]
    then: _Then
    over: set[str] = field(default_factory=set)
    told: dict[tuple[str, str], Decision] = field(default_factory=dict)

    def decisions(self) -> list[Decision]:
        for _ in range(ROUNDS):
            self.run.demanded.clear()
            acted = [pool_id for pool_id in sorted(self.run.rules) if self._acts(pool_id)]
            if not acted:
                break
        return list(self.told.values())

    def _acts(self, pool_id: str) -> bool:
        """Bring a pool one step nearer to what its rule asks; whether it, or its source pool, got a block."""
        if pool_id in self.over:
            return False
        try:
            return self._step(self.run.pools[pool_id])
        except AwsError as error:
            self.over.add(pool_id)
            pool = self.run.pools[pool_id]
            self._tell(unread(REMEDIATION, pool.id, account=pool.account, region=pool.region, error=error))
            return False

    def _step(self, pool: Pool) -> bool:
        case = case_of(self.run, pool, self.run.rules[pool.id])
        lease = case.lease
        shown = progress(case.space.cidrs, lease.subject) if lease.subject else None
        if lease.decision_id and shown is not None and shown.outcome is Outcome.DONE:
            self._end(case, lease.reason, size=case.space.size)
            return self._step(pool)
        decision = plan.decide(case)
        if decision is None or (shown is None and lease.fresh(self.run.now) and decision.id != lease.decision_id):
            return False
        if decision.reason == "source-exhausted" and self._source_gets_a_block(case):
            return True
        if decision.outcome is None and self._is_capped(case):
            decision = replace(decision, outcome=Outcome.BLOCKED, reason="daily-cap")
        self._tell(decision)
        if decision.outcome is not None:
            return False
        self._carry_out(case, decision)
        return True

    def _source_gets_a_block(self, case: Case) -> bool:
        """Have the source pool refilled first, where a rule governs it, as a run does."""
        source = case.source.pool if case.source else None
        rule = self.run.rules.get(source.id) if source else None
        length = plan.wanted_of_source(case, rule) if rule else None
        if source is None or length is None:
            return False
        self.run.demanded[source.id] = min(length, self.run.demanded.get(source.id, length))
        return self._acts(source.id)

    def _is_capped(self, case: Case) -> bool:
        pool = case.space.pool.id
        caps = {"all": self.run.settings.max_provisions_per_day, pool: case.rule.max_provisions_per_day}
        return any(self.provisions[what] >= maximum for what, maximum in caps.items())

    def _carry_out(self, case: Case, decision: Decision) -> None:
        pool = case.space.pool
        self.provisions.update(("all", pool.id))
        block = request.block_of(decision.subject)
        if block is None:
            self.over.add(pool.id)  # AWS chooses the block: what comes after it, nobody knows before
            return
        source = case.source.pool if case.source else None
        self.then.give(pool, block, source=source, cidr=decision.subject)
        self._end(case, decision.reason, size=case.space.size + block.size)

    def _end(self, case: Case, reason: str, *, size: int) -> None:
        """Give the lease back as a run does when the block is there: the pool then has so many addresses."""
        short = lacking(size, case.space.used, case.rule.target_percent) > 0
        self.run.leases[case.space.pool.id] = Lease(
            guard=case.lease.guard,
            generation=case.lease.generation + 1,
            unfinished=reason == "low-water" and short,
        )

    def _tell(self, decision: Decision) -> None:
        self.told.setdefault((decision.id, decision.reason), decision)
