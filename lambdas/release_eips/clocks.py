"""What is remembered between sweeps: since when each address is idle, and when all were looked at.

An address's clock is in the item of its lease (see `guards`): whatever shows that the address is used moves the
lease's generation on, and so voids every decision that rests on an older clock. One item for each target,
`sweep#release_eips#<account>/<region>`, has the time of the last complete observation, the addresses that a run is
about to release, the runs that failed and are over, and the breaker's proposals.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lambdas.common import guard_items, guards, ledger
from lambdas.common.aws_clients import client
from lambdas.common.decision import Lease
from lambdas.common.dynamo import attributes, plain, write_if
from lambdas.common.environment import required
from lambdas.common.guards import OutdatedError
from lambdas.release_eips.model import Clock
from lambdas.release_eips.plan import REMEDIATION

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from lambdas.common.targets import Target

TIMES = ("idle_since", "used_at", "warned_at", "tried_at")
UNCHANGED = "(attribute_not_exists(generation) OR generation = :generation)"


@dataclass(frozen=True, kw_only=True, slots=True)
class Beat:
    """What is remembered of a whole target.

    `last` is when all its addresses were looked at, `acting` the allocation ids whose release may be under way,
    `acting_time` when some of these were last added, `ended` the ids of runs that failed, and may have left releases
    whose end nobody has seen, `summaries` the ids of what the breaker proposed.
    """

    last: datetime | None
    acting: frozenset[str]
    acting_time: datetime | None
    ended: frozenset[str]
    summaries: frozenset[str]


def read(allocation_ids: Iterable[str]) -> dict[str, Clock]:
    """Read the clocks of these addresses (consistently); of one that is not known yet, an empty one."""
    keys = {guards.lease_key(REMEDIATION, each): each for each in allocation_ids}
    found = {keys[item["guard"]]: _clock(item) for item in guard_items.read_items(list(keys))}
    return {each: found.get(each, Clock(lease=Lease(guard=key))) for key, each in keys.items()}


def start(clock: Clock, *, at: datetime, now: datetime) -> Clock:
    """Take an address as idle from a moment on; OutdatedError where somebody else has written since it was read."""
    expression = "SET idle_since = :at, expires = :expires REMOVE stopped, warned_at, tried_at ADD generation :one"
    return _write(clock, expression, {":at": at, ":one": 1}, now=now)


def remember(clock: Clock, *, now: datetime, **values: str | datetime) -> Clock:
    """Remember something more, such as `said`; OutdatedError where somebody else has written since it was read."""
    sets = ", ".join(f"{name} = :{name}" for name in values)
    named = {f":{name}": value for name, value in values.items()}
    return _write(clock, f"SET {sets}, expires = :expires", named, now=now)


def use(allocation_id: str, *, at: datetime, now: datetime) -> Clock | None:
    """Stop a clock at a sign of use: the clock as it was before; None where a later use is known, or a later idleness.

    The order in which signs arrive does not matter, nor does one that arrives twice.
    """
    values = {":at": at, ":yes": True, ":one": 1, ":expires": ledger.expires_at(now)}
    answer = write_if(
        client("dynamodb").update_item,
        TableName=_table(),
        Key=_key(allocation_id),
        UpdateExpression="SET used_at = :at, stopped = :yes, expires = :expires ADD generation :one",
        ConditionExpression=(
            "(attribute_not_exists(used_at) OR used_at <= :at) "
            "AND (attribute_not_exists(idle_since) OR idle_since <= :at)"
        ),
        ExpressionAttributeValues=attributes(values),
        ReturnValues="ALL_OLD",
    )
    if answer is None:
        return None
    return _clock({"guard": guards.lease_key(REMEDIATION, allocation_id), **plain(answer.get("Attributes", {}))})


def end(clock: Clock, *, released: bool, tried_at: datetime | None, now: datetime) -> Clock:
    """Give the lease back when an act is over; the clock as it is then, with what others wrote meanwhile.

    OutdatedError where another run gave it back.
    """
    lease = clock.lease
    sets: dict[str, object] = {"released": lease.decision_id} if released else {}
    if tried_at is not None:
        sets["tried_at"] = tried_at
    assignments = "".join(f", {name} = :{name}" for name in sets)
    values = {**guards.held(lease), ":one": 1, **{f":{name}": value for name, value in sets.items()}}
    return _write(
        clock,
        f"SET expires = :expires{assignments} REMOVE decision_id, subject, held_until, #reason ADD generation :one",
        values,
        now=now,
        condition=guards.HELD,
        names={"#reason": "reason"},
    )


def read_beat(target: Target) -> Beat:
    """Read what is remembered of a target (consistently)."""
    items = guard_items.read_items([_beat_key(target)])
    item = items[0] if items else {}
    return Beat(
        last=_time(item, "last_time"),
        acting=frozenset(item.get("acting", ())),
        acting_time=_time(item, "acting_time"),
        ended=frozenset(item.get("ended", ())),
        summaries=frozenset(item.get("summaries", ())),
    )


def observed(target: Target, *, at: datetime, now: datetime) -> None:
    """Remember that all addresses were looked at; only the latest time is kept."""
    _update_beat(
        target,
        "SET last_time = :at, expires = :expires",
        {":at": at, ":expires": ledger.expires_at(now)},
        condition="attribute_not_exists(last_time) OR last_time < :at",
    )


def act_on(target: Target, ids: Collection[str], *, at: datetime) -> None:
    """Remember the addresses that a run is about to release, before it takes their leases; `at` is this moment."""
    if ids:
        _update_beat(target, "SET acting_time = :at ADD acting :ids", {":ids": set(ids), ":at": at})


def end_run(target: Target, run_id: str, *, now: datetime) -> None:
    """Remember that a run is over which failed: what it has leases for may be looked after at once."""
    _update_beat(
        target, "SET expires = :expires ADD ended :ids", {":ids": {run_id}, ":expires": ledger.expires_at(now)}
    )


def summarise(target: Target, ids: Collection[str]) -> None:
    """Remember what the breaker proposed."""
    _update_beat(target, "ADD summaries :ids", {":ids": set(ids)})


def drop(target: Target, what: str, ids: Collection[str]) -> None:
    """Take away from one of the target's sets."""
    if ids:
        _update_beat(target, f"DELETE {what} :ids", {":ids": set(ids)})


def _write(
    clock: Clock,
    expression: str,
    values: Mapping[str, object],
    *,
    now: datetime,
    condition: str = UNCHANGED,
    names: Mapping[str, str] | None = None,
) -> Clock:
    named = {**values, ":expires": ledger.expires_at(now)}
    if condition == UNCHANGED:
        named[":generation"] = clock.lease.generation
    request: dict[str, Any] = {"ExpressionAttributeNames": names} if names else {}
    answer = write_if(
        client("dynamodb").update_item,
        TableName=_table(),
        Key=attributes({"guard": clock.lease.guard}),
        UpdateExpression=expression,
        ConditionExpression=condition,
        ExpressionAttributeValues=attributes(named),
        ReturnValues="ALL_NEW",
        **request,
    )
    if answer is None:
        raise OutdatedError(clock.lease.guard)
    return _clock(plain(answer["Attributes"]))


def _update_beat(target: Target, expression: str, values: Mapping[str, object], *, condition: str = "") -> None:
    request: dict[str, Any] = {"ConditionExpression": condition} if condition else {}
    write_if(
        client("dynamodb").update_item,
        TableName=_table(),
        Key=attributes({"guard": _beat_key(target)}),
        UpdateExpression=expression,
        ExpressionAttributeValues=attributes(values),
        **request,
    )


def _clock(item: Mapping[str, Any]) -> Clock:
    return Clock(
        lease=guards.as_lease(item),
        stopped=item.get("stopped", False),
        said=item.get("said", ""),
        released=item.get("released", ""),
        **{name: _time(item, name) for name in TIMES},
    )


def _time(item: Mapping[str, Any], name: str) -> datetime | None:
    return datetime.fromisoformat(item[name]) if name in item else None


def _key(allocation_id: str) -> dict[str, Any]:
    return attributes({"guard": guards.lease_key(REMEDIATION, allocation_id)})


def _beat_key(target: Target) -> str:
    return f"sweep#{REMEDIATION}#{target.name}"


def _table() -> str:
    return required("GUARDS_TABLE")
