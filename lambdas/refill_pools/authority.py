"""Scopes whose CIDRs another product decides: asked for once an hour at most, as a scope's owner hardly ever changes.

The answer is kept among the guards as `scopes#refill_pools`: which scopes there are, and which of them are decided
about elsewhere. A scope that came since is asked for at once.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from lambdas.common.aws_clients import client
from lambdas.common.dynamo import attributes
from lambdas.common.environment import required
from lambdas.common.guard_items import read_items
from lambdas.refill_pools import aws
from lambdas.refill_pools.case import REMEDIATION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lambdas.refill_pools.model import Pool

GUARD = f"scopes#{REMEDIATION}"
KNOWN_FOR = timedelta(hours=1)


def is_elsewhere(pool: Pool, *, now: datetime) -> bool:
    """Say whether another product decides the CIDRs of the pool's scope; nobody else does for public ones."""
    if pool.scope_type != "private":
        return False
    for item in read_items([GUARD]):
        if pool.scope_id in item["scopes"] and now < datetime.fromisoformat(item["until"]):
            return pool.scope_id in item["elsewhere"]
    scopes = aws.scopes(pool.region)
    _keep(scopes, now=now)
    return scopes[pool.scope_id]


def _keep(scopes: Mapping[str, bool], *, now: datetime) -> None:
    values = {
        ":scopes": list(scopes),
        ":elsewhere": [scope for scope, elsewhere in scopes.items() if elsewhere],
        ":until": now + KNOWN_FOR,
        ":expires": int((now + KNOWN_FOR).timestamp()),
    }
    client("dynamodb").update_item(
        TableName=required("GUARDS_TABLE"),
        Key=attributes({"guard": GUARD}),
        UpdateExpression="SET scopes = :scopes, elsewhere = :elsewhere, #until = :until, expires = :expires",
        ExpressionAttributeNames={"#until": "until"},
        ExpressionAttributeValues=attributes(values),
    )
