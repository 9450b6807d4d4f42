"""Governed pools of which IPAM publishes no PercentAvailable: no alarm sees them run low, so that people hear of it.

A pool that is new has no metric for a while. Since when a pool has been seen without one is kept among the guards, in
`unmeasured#refill_pools`, by pool.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from lambdas.common import ledger
from lambdas.common.announce import announce
from lambdas.common.aws_clients import client
from lambdas.common.decision import Outcome
from lambdas.common.dynamo import attributes, timestamp
from lambdas.common.environment import required
from lambdas.common.guard_items import read_items
from lambdas.refill_pools import aws
from lambdas.refill_pools.case import REMEDIATION
from lambdas.refill_pools.explain import unmeasured

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lambdas.refill_pools.model import Pool
    from lambdas.refill_pools.run import Run

GUARD = f"unmeasured#{REMEDIATION}"
GRACE = timedelta(hours=2)
"""IPAM publishes every 5 to 15 minutes, and a list of metrics shows a new one some minutes later."""


def report(run: Run) -> None:
    """Record and tell which governed pools have had no metric for a while."""
    measured = aws.measured_pools()
    missing = [run.pools[pool_id] for pool_id in sorted(run.rules.keys() - measured)]
    since = _since(missing, now=run.now)
    for pool in missing:
        if run.now - since[pool.id] >= GRACE and _should_be_measured(pool):
            decision = unmeasured(pool, tag_prefix=run.tag_prefix)
            announce(ledger.note(decision, Outcome.SKIPPED, now=run.now))


def _should_be_measured(pool: Pool) -> bool:
    """Say whether it has addresses of which a share could be available; what has none is told as such."""
    return pool.usable and any(cidr.state == "provisioned" for cidr in aws.cidrs_of(pool))


def _since(missing: list[Pool], *, now: datetime) -> dict[str, datetime]:
    """Give since when each of these pools has been seen without a metric, and remember it."""
    known: Mapping[str, str] = next((item["pools"] for item in read_items([GUARD])), {})
    since = {pool.id: known.get(pool.id, timestamp(now)) for pool in missing}
    if since != known:
        client("dynamodb").update_item(
            TableName=required("GUARDS_TABLE"),
            Key=attributes({"guard": GUARD}),
            UpdateExpression="SET pools = :pools, expires = :expires",
            ExpressionAttributeValues=attributes({":pools": since, ":expires": ledger.expires_at(now)}),
        )
    return {pool_id: datetime.fromisoformat(moment) for pool_id, moment in since.items()}
