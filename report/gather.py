"""Reads what a report shows: address space from the IPAM, its course from CloudWatch, decisions from the ledger.

Read-only. What cannot be read is left out, and named in the report.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from report.model import CidrRow, Course, DecisionRow, Report, ScopeMap
from report.space import Taken, stretches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from report.space import Network

COURSE_DAYS = 14
MOST_COURSES = 100
MOST_DECISIONS = 5_000
QUERIES_A_CALL = 500  # GetMetricData takes no more
ADDRESSES_WRITTEN_OUT = 1 << 40

Client = Any
"""A boto3 client; its class is made at run time."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a report comes from: `client` makes a boto3 client of a service; the IPAM's home Region is `region`."""

    client: Callable[[str], Client]
    account: str
    region: str
    mode: str
    now: datetime


def gather(source: Source, ledger: Sequence[Mapping[str, Any]], *, title: str) -> Report:
    """Read a report; `ledger` are the items of the ledger, newest last."""
    missing: list[str] = []

    def attempt(what: str, read: Callable[[], tuple[Any, ...]]) -> tuple[Any, ...]:
        try:
            return read()
        except (ClientError, BotoCoreError) as error:
            missing.append(f"{what}: {error}")
            return ()

    ec2 = source.client("ec2")
    pools: tuple[dict[str, Any], ...] = attempt(
        "the pools", lambda: tuple(_pages(ec2, "describe_ipam_pools", "IpamPools"))
    )
    refills = _refills(ledger)
    scopes = attempt("the address space", lambda: _scopes(ec2, pools, refills))
    courses = attempt(
        "the course of availability", lambda: _courses(source.client("cloudwatch"), pools, refills, now=source.now)
    )
    decisions = tuple(_decision(item) for item in ledger[-MOST_DECISIONS:])
    changes = _changes(ledger)
    savings = _savings(changes)
    return Report(
        title=title,
        account=source.account,
        region=source.region,
        generated=source.now.strftime("%Y-%m-%d %H:%M UTC"),
        mode=source.mode,
        figures=_figures(pools, ledger, changes, savings),
        scopes=scopes,
        courses=courses,
        decisions=decisions,
        savings=savings,
        missing=tuple(missing),
    )


def _pages(client: Client, operation: str, key: str, **arguments: object) -> Iterable[dict[str, Any]]:
    pages = client.get_paginator(operation).paginate(**arguments)
    return (each for page in pages for each in page[key])


def _refills(ledger: Iterable[Mapping[str, Any]]) -> dict[str, list[tuple[str, str]]]:
    """Give the CIDRs that refills added and nobody took away again, by pool: time and CIDR."""
    found = defaultdict(list)
    for item in ledger:
        if (item["action"], item["outcome"]) == ("provision_cidr", "done"):
            cidr = item["detail"].get("result", {}).get("cidr") or item["detail"].get("cidr")
            found[item["resource_id"]].append((item["last_seen"], str(cidr)))
    return found


def _scopes(
    ec2: Client, pools: Sequence[Mapping[str, Any]], refills: Mapping[str, list[tuple[str, str]]]
) -> tuple[ScopeMap, ...]:
    drawn = []
    for scope in _pages(ec2, "describe_ipam_scopes", "IpamScopes"):
        inside = [pool for pool in pools if pool["IpamScopeArn"] == scope["IpamScopeArn"]]
        if inside:
            overlapping = _overlapping(ec2, scope["IpamScopeId"])
            rows = [
                row for pool, depth in _down_the_tree(inside) for row in _rows(ec2, pool, depth, refills, overlapping)
            ]
            name = _name(scope) or scope.get("Description") or f"{scope['IpamScopeType']} scope"
            drawn.append(
                ScopeMap(scope_id=scope["IpamScopeId"], name=name, kind=scope["IpamScopeType"], rows=tuple(rows))
            )
    return tuple(drawn)


def _down_the_tree(pools: Sequence[Mapping[str, Any]]) -> list[tuple[Mapping[str, Any], int]]:
    """Order pools so that each follows the one that it takes from, with its depth."""
    children = defaultdict(list)
    ids = {pool["IpamPoolId"] for pool in pools}
    for pool in sorted(pools, key=lambda each: (_name(each), each["IpamPoolId"])):
        source = pool.get("SourceIpamPoolId")
        children[source if source in ids else None].append(pool)
    ordered: list[tuple[Mapping[str, Any], int]] = []
    waiting = [(pool, 0) for pool in reversed(children[None])]
    while waiting:
        pool, depth = waiting.pop()
        ordered.append((pool, depth))
        waiting += [(child, depth + 1) for child in reversed(children[pool["IpamPoolId"]])]
    return ordered


def _rows(
    ec2: Client,
    pool: Mapping[str, Any],
    depth: int,
    refills: Mapping[str, list[tuple[str, str]]],
    overlapping: Sequence[Taken],
) -> list[CidrRow]:
    pool_id = pool["IpamPoolId"]
    added = {cidr: time for time, cidr in refills.get(pool_id, [])}
    allocated = [
        Taken(
            network=ip_network(each["Cidr"]),
            kind="allocated",
            label=" ".join(filter(None, [each.get("ResourceType"), each.get("ResourceId"), each["Cidr"]])),
        )
        for each in _pages(ec2, "get_ipam_pool_allocations", "IpamPoolAllocations", IpamPoolId=pool_id)
    ]
    cidrs = [
        ip_network(each["Cidr"])
        for each in _pages(ec2, "get_ipam_pool_cidrs", "IpamPoolCidrs", IpamPoolId=pool_id)
        if each["State"] == "provisioned"
    ]
    return [
        CidrRow(
            pool_id=pool_id,
            pool_name=_name(pool) or pool_id,
            depth=depth,
            cidr=str(cidr),
            addresses=_written(cidr.num_addresses),
            available_percent=_available(cidr, allocated),
            refilled=added.get(str(cidr)),
            stretches=tuple(
                stretches(cidr, [*allocated, *overlapping], rest="refilled" if str(cidr) in added else "free")
            ),
        )
        for cidr in sorted(cidrs, key=lambda each: (each.version, each.network_address))
    ]


def _available(cidr: Network, allocated: Iterable[Taken]) -> float:
    used = sum(
        each.network.num_addresses
        for each in allocated
        if each.network.version == cidr.version and each.network.overlaps(cidr)
    )
    return round(100 * max(0, cidr.num_addresses - used) / cidr.num_addresses, 1)


def _overlapping(ec2: Client, scope_id: str) -> list[Taken]:
    resources = _pages(ec2, "get_ipam_resource_cidrs", "IpamResourceCidrs", IpamScopeId=scope_id)
    return [
        Taken(
            network=ip_network(each["ResourceCidr"]),
            kind="overlapping",
            label=f"{each.get('ResourceType', '')} {each.get('ResourceId', '')} {each['ResourceCidr']} overlaps",
        )
        for each in resources
        if each.get("OverlapStatus") == "overlapping"
    ]


def _courses(
    cloudwatch: Client,
    pools: Sequence[Mapping[str, Any]],
    refills: Mapping[str, list[tuple[str, str]]],
    *,
    now: datetime,
) -> tuple[Course, ...]:
    """Read the availability of the pools that were refilled, and of as many others as a page can show."""
    in_order = sorted(pools, key=lambda pool: (pool["IpamPoolId"] not in refills, _name(pool), pool["IpamPoolId"]))
    chosen = in_order[:MOST_COURSES]
    series = {
        f"p{number}": (pool, listed)
        for number, pool in enumerate(chosen)
        for listed in _pages(
            cloudwatch,
            "list_metrics",
            "Metrics",
            Namespace="AWS/IPAM",
            MetricName="PercentAvailable",
            Dimensions=[{"Name": "PoolID", "Value": pool["IpamPoolId"]}],
        )
    }
    queries = [
        {"Id": name, "MetricStat": {"Metric": metric, "Period": 300, "Stat": "Minimum"}}
        for name, (_, metric) in series.items()
    ]
    points: defaultdict[str, list[tuple[datetime, float]]] = defaultdict(list)
    for first in range(0, len(queries), QUERIES_A_CALL):
        for result in _pages(
            cloudwatch,
            "get_metric_data",
            "MetricDataResults",
            MetricDataQueries=queries[first : first + QUERIES_A_CALL],
            StartTime=now - timedelta(days=COURSE_DAYS),
            EndTime=now + timedelta(minutes=5),
        ):
            points[result["Id"]] += zip(result["Timestamps"], result["Values"], strict=True)
    return tuple(
        Course(
            pool_id=pool["IpamPoolId"],
            name=_name(pool) or pool["IpamPoolId"],
            points=tuple((time.isoformat(), round(value, 2)) for time, value in sorted(points[name])),
            refills=tuple(refills.get(pool["IpamPoolId"], [])),
        )
        for name, (pool, _) in series.items()
        if points[name]
    )


def _decision(item: Mapping[str, Any]) -> DecisionRow:
    detail = item["detail"]
    name = detail.get("resource", {}).get("name")
    return DecisionRow(
        decision_id=item["decision_id"],
        time=_minute(item["time"]),
        last_seen=_minute(item["last_seen"]),
        count=int(item["count"]),
        remediation=item["remediation"],
        resource=f"{name} ({item['resource_id']})" if name else item["resource_id"],
        action=item["action"],
        outcome=item["outcome"],
        reason=item["reason"],
        account=item["account"],
        region=item["region"],
        why=str(detail.get("why", "")),
    )


def _changes(ledger: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Give the changes that stand, each once.

    What took a change back is none of them, nor what is told beside a release: that somebody began to use the address.
    """
    return [
        item
        for item in ledger
        if item["outcome"] == "done" and item["reason"] != "reassociated" and "undo_of" not in item["detail"]
    ]


def _savings(changes: Iterable[Mapping[str, Any]]) -> tuple[tuple[str, float], ...]:
    """Add up what released addresses would have cost, in US dollars a month."""
    total, course = 0.0, []
    for item in sorted(changes, key=lambda each: each["last_seen"]):
        if item["action"] == "release_address":
            total += float(item["detail"].get("cost_usd_month") or 0)
            course.append((item["last_seen"], round(total, 2)))
    return tuple(course)


def _figures(
    pools: Sequence[Mapping[str, Any]],
    ledger: Sequence[Mapping[str, Any]],
    changes: Sequence[Mapping[str, Any]],
    savings: Sequence[tuple[str, float]],
) -> dict[str, str]:
    def count(action: str) -> str:
        return str(sum(item["action"] == action for item in changes))

    return {
        "Pools": str(len(pools)),
        "CIDRs added": count("provision_cidr"),
        "Addresses released": count("release_address"),
        "Load balancers moved": count("modify_ip_pools"),
        "VPCs extended": count("associate_cidr"),
        "Saved a month": f"${savings[-1][1]:,.2f}" if savings else "$0",
        "Blocked, in all": str(sum(item["outcome"] == "blocked" for item in ledger)),
        "Proposed, in all": str(sum(item["outcome"] == "proposed" for item in ledger)),
    }


def _name(resource: Mapping[str, Any]) -> str:
    return next((str(tag["Value"]) for tag in resource.get("Tags", []) if tag["Key"] == "Name"), "")


def _written(addresses: int) -> str:
    return f"{addresses:,}" if addresses < ADDRESSES_WRITTEN_OUT else f"2^{addresses.bit_length() - 1}"


def _minute(time: str) -> str:
    return datetime.fromisoformat(time).strftime("%Y-%m-%d %H:%M")
