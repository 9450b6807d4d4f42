"""What AWS says about the pools, and the one call that changes one."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from lambdas.common import rechecks
from lambdas.common.aws_clients import client
from lambdas.common.events import FAN_OUT
from lambdas.common.space import BITS, NO_ADDRESSES, is_of_family, parse, without
from lambdas.refill_pools import request
from lambdas.refill_pools.model import Pool, PoolCidr, PoolSpace
from lambdas.refill_pools.undo import Use

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from mypy_boto3_ec2.type_defs import IpamPoolAllocationTypeDef, IpamPoolCidrTypeDef, IpamPoolTypeDef

    from lambdas.common.space import Range

LIST_PAGE = 1_000  # the most that IPAM's lists give
ALLOCATIONS_PAGE = 10_000  # 1,000 to 100,000 are allowed; so many are some megabytes of XML
NO_SUCH_POOL = "InvalidIpamPoolId.NotFound"
REGION_OF_LOCALE = re.compile(r"[a-z]+(?:-[a-z]+)+-\d+")


def pools(ids: Sequence[str] = ()) -> dict[str, Pool]:
    """Describe these pools, or all that the IPAM has, by id."""
    paginator = client("ec2").get_paginator("describe_ipam_pools")
    # AWS takes no page size beside ids.
    pages = (
        paginator.paginate(IpamPoolIds=list(ids))
        if ids
        else paginator.paginate(PaginationConfig={"PageSize": LIST_PAGE})
    )
    described = {pool["IpamPoolId"]: _pool(pool) for page in pages for pool in page["IpamPools"]}
    return {pool.id: replace(pool, regional_byoip=_is_regional_byoip(pool, described)) for pool in described.values()}


def space(pool: Pool) -> PoolSpace:
    """Read a pool's CIDRs and its allocations: one call for each, and one for each further page."""
    allocated = tuple(parse(allocation["Cidr"]) for allocation in _allocations(pool))
    return PoolSpace(pool=pool, cidrs=cidrs_of(pool), allocated=allocated)


def resources_in(scope_id: str, *, region: str) -> dict[str, tuple[Range, ...]]:
    """Read what the resources have that IPAM found in a scope, by family."""
    pages = (
        client("ec2", region)
        .get_paginator("get_ipam_resource_cidrs")
        .paginate(IpamScopeId=scope_id, PaginationConfig={"PageSize": LIST_PAGE})
    )
    cidrs = [resource["ResourceCidr"] for page in pages for resource in page["IpamResourceCidrs"]]
    return {family: tuple(parse(cidr) for cidr in cidrs if is_of_family(cidr, family)) for family in BITS}


def scopes(region: str) -> dict[str, bool]:
    """Describe all scopes: by id, whether another product decides its CIDRs."""
    pages = (
        client("ec2", region).get_paginator("describe_ipam_scopes").paginate(PaginationConfig={"PageSize": LIST_PAGE})
    )
    return {
        scope["IpamScopeId"]: bool(scope.get("ExternalAuthorityConfiguration"))
        for page in pages
        for scope in page["IpamScopes"]
    }


def measured_pools() -> frozenset[str]:
    """List the pools whose share of available addresses CloudWatch got in the last three hours, by id.

    In the function's own Region: IPAM publishes in its home Region alone.
    """
    pages = (
        client("cloudwatch")
        .get_paginator("list_metrics")
        .paginate(Namespace="AWS/IPAM", MetricName="PercentAvailable", RecentlyActive="PT3H")
    )
    dimensions = (dimension for page in pages for metric in page["Metrics"] for dimension in metric["Dimensions"])
    return frozenset(dimension["Value"] for dimension in dimensions if dimension["Name"] == "PoolID")


def provision(pool: Pool, subject: str, *, token: str) -> None:
    """Provision what a decision is about (see `request`). The same token again is the same request."""
    ec2 = client("ec2", pool.region)
    if request.is_by_length(subject):
        length = request.length_of(subject)
        ec2.provision_ipam_pool_cidr(IpamPoolId=pool.id, NetmaskLength=length, ClientToken=token)
    else:
        ec2.provision_ipam_pool_cidr(IpamPoolId=pool.id, Cidr=subject, ClientToken=token)


def deprovision(pool_id: str, cidr: str, *, region: str) -> None:
    """Take a CIDR from a pool again. AWS does so later, and not at all if something is allocated from it."""
    client("ec2", region).deprovision_ipam_pool_cidr(IpamPoolId=pool_id, Cidr=cidr)


def uses(pool: Pool, cidr: str) -> list[Use]:
    """Read what is allocated from a CIDR of a pool."""
    block = parse(cidr)
    return [
        Use(cidr=allocation["Cidr"], by=_user(allocation))
        for allocation in _allocations(pool)
        if without([block], [parse(allocation["Cidr"])]) != [block]
    ]


def send_recheck(pool_id: str, *, now: datetime) -> None:
    """Have this function look at a pool again in a minute."""
    rechecks.send({"resource_id": pool_id}, now=now)


def leave(pool_ids: Sequence[str], *, now: datetime) -> None:
    """Leave these pools to another run of this function, which begins at once."""
    rechecks.send({"resource_ids": list(pool_ids)}, kind=FAN_OUT, after=0, now=now)


def _allocations(pool: Pool) -> Iterator[IpamPoolAllocationTypeDef]:
    # The locale's Region is where a new allocation shows first.
    # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetIpamPoolAllocations.html
    pages = (
        client("ec2", pool.locale)
        .get_paginator("get_ipam_pool_allocations")
        .paginate(IpamPoolId=pool.id, PaginationConfig={"PageSize": ALLOCATIONS_PAGE})
    )
    return (allocation for page in pages for allocation in page["IpamPoolAllocations"])


def _user(allocation: IpamPoolAllocationTypeDef) -> str:
    owner = allocation.get("ResourceOwner")
    named = [allocation.get("ResourceType", "custom"), allocation.get("ResourceId", "")]
    return " ".join([*filter(None, named), *([f"of {owner}"] if owner else [])])


def _is_regional_byoip(pool: Pool, pools: Mapping[str, Pool]) -> bool:
    source = pools.get(pool.source_pool_id or "")
    return (
        source is not None
        and source.scope_type == "public"
        and source.public_ip_source != "amazon"
        and not source.source_pool_id
    )


def cidrs_of(pool: Pool) -> tuple[PoolCidr, ...]:
    """Read a pool's CIDRs, in whatever state."""
    return listed_cidrs(pool.id, region=pool.region)


def listed_cidrs(pool_id: str, *, region: str | None = None) -> tuple[PoolCidr, ...]:
    """Read the CIDRs of a pool by its id; in the function's own Region, which is the IPAM's home, if none is given."""
    pages = (
        client("ec2", region)
        .get_paginator("get_ipam_pool_cidrs")
        .paginate(IpamPoolId=pool_id, PaginationConfig={"PageSize": LIST_PAGE})
    )
    return tuple(_pool_cidr(cidr) for page in pages for cidr in page["IpamPoolCidrs"])


def _pool(described: IpamPoolTypeDef) -> Pool:
    region = described["IpamRegion"]
    # A locale is a Region, the network border group of a Local Zone, or the word None.
    locale = REGION_OF_LOCALE.match(described.get("Locale", ""))
    return Pool(
        id=described["IpamPoolId"],
        account=described["OwnerId"],
        region=region,
        locale=locale.group() if locale else region,
        scope_id=described["IpamScopeArn"].rpartition("/")[2],
        scope_type=described["IpamScopeType"],
        family=described["AddressFamily"],
        state=described["State"],
        source_pool_id=described.get("SourceIpamPoolId"),
        planned_for=described.get("SourceResource", {}).get("ResourceId"),
        public_ip_source=described.get("PublicIpSource"),
        allocation_min_netmask_length=described.get("AllocationMinNetmaskLength"),
        allocation_max_netmask_length=described.get("AllocationMaxNetmaskLength"),
        allocation_default_netmask_length=described.get("AllocationDefaultNetmaskLength"),
        advertisable=described.get("PubliclyAdvertisable", False),
        tags={tag["Key"]: tag["Value"] for tag in described.get("Tags", [])},
    )


def _pool_cidr(described: IpamPoolCidrTypeDef) -> PoolCidr:
    failure = described.get("FailureReason", {})
    cidr = described.get("Cidr")
    return PoolCidr(
        id=described.get("IpamPoolCidrId", cidr or ""),
        cidr=cidr or f"/{described.get('NetmaskLength', 0)}",
        block=parse(cidr) if cidr else NO_ADDRESSES,
        state=described["State"],
        failure_code=failure.get("Code"),
        failure_message=failure.get("Message"),
    )
