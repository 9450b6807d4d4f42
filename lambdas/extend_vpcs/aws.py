"""What AWS says about VPCs and the pools that they came from, and the two calls that change one."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from lambdas.common import accounts
from lambdas.common.aws_clients import client
from lambdas.common.errors import AwsError
from lambdas.common.space import is_of_family, parse, without
from lambdas.common.targets import Target
from lambdas.extend_vpcs.model import Block, Pool, Surroundings, Vpc

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from collections.abc import Set as AbstractSet

    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_ec2.type_defs import FilterTypeDef, IpamPoolTypeDef, IpamResourceCidrTypeDef, VpcTypeDef

    from lambdas.common.space import Range

PAGE = 1_000  # the most that these lists give
ALLOCATIONS_PAGE = 10_000
FILTER_VALUES = 200  # a filter takes no more
TOO_MANY_CIDRS = "CidrLimitExceeded"
RESTRICTED = "InvalidVpc.Range"
PENDING_PEERINGS = frozenset({"initiating-request", "pending-acceptance", "provisioning"})
PEERINGS = PENDING_PEERINGS | {"active"}


def vpcs(target: Target, named: AbstractSet[str] | None = None) -> dict[str, Vpc]:
    """Describe the VPCs of these ids that an account owns in a Region, None meaning all, with their subnets."""
    ec2 = _ec2(target)
    described = [
        vpc
        for filters in _by("vpc-id", named)
        for page in ec2.get_paginator("describe_vpcs").paginate(Filters=filters, PaginationConfig={"PageSize": PAGE})
        for vpc in page["Vpcs"]
        if vpc["OwnerId"] == target.account
    ]
    subnets: dict[str, dict[str, str]] = defaultdict(dict)
    for filters in _by("vpc-id", {vpc["VpcId"] for vpc in described} if named is not None else None):
        pages = ec2.get_paginator("describe_subnets").paginate(Filters=filters, PaginationConfig={"PageSize": PAGE})
        for page in pages:
            for subnet in page["Subnets"]:
                if cidr := subnet.get("CidrBlock"):
                    subnets[subnet["VpcId"]][subnet["SubnetId"]] = cidr
    return {vpc["VpcId"]: _vpc(vpc, target, subnets[vpc["VpcId"]]) for vpc in described}


def origins(target: Target, known: Iterable[Vpc]) -> dict[str, str]:
    """Tell from which pool the CIDRs of VPCs come: the primary CIDR's, else that of the first that has one.

    IPAM's list of resources is minutes old; that a CIDR came from a pool does not change.
    """
    found: dict[tuple[str, str], str] = {}
    for scope in _scopes():
        for each in _resources(scope, owner=target.account):
            if pool := each.get("IpamPoolId"):
                found[each["ResourceId"], each["ResourceCidr"]] = pool
    by_vpc = {vpc.id: [found[vpc.id, cidr] for cidr in vpc.cidrs if (vpc.id, cidr) in found] for vpc in known}
    return {vpc_id: came_from[0] for vpc_id, came_from in by_vpc.items() if came_from}


def places_with_vpcs(regions: Collection[str]) -> set[Target]:
    """Tell in which accounts, of these Regions, IPAM has seen a VPC with a CIDR from a pool."""
    return {
        Target(account=each["ResourceOwnerId"], region=each["ResourceRegion"])
        for scope in _scopes()
        for each in _resources(scope)
        if each.get("IpamPoolId") and each["ResourceRegion"] in regions
    }


def surroundings(target: Target, ids: AbstractSet[str]) -> dict[str, Surroundings]:
    """Read the peers of VPCs, and where their route tables lead."""
    ec2 = _ec2(target)
    peers: dict[str, set[str]] = defaultdict(set)
    asked: dict[str, set[str]] = defaultdict(set)
    routes: dict[str, set[str]] = defaultdict(set)
    pages = ec2.get_paginator("describe_vpc_peering_connections").paginate(PaginationConfig={"PageSize": PAGE})
    for each in (peering for page in pages for peering in page["VpcPeeringConnections"]):
        state, asking, asks = each["Status"]["Code"], each["RequesterVpcInfo"], each["AccepterVpcInfo"]
        if state not in PEERINGS:
            continue
        for own, other in ((asking, asks), (asks, asking)):
            theirs = {cidr["CidrBlock"] for cidr in other.get("CidrBlockSet", [])}
            peers[own["VpcId"]] |= theirs | {cidr for cidr in [other.get("CidrBlock")] if cidr}
        if state in PENDING_PEERINGS:
            asked[asking["VpcId"]].add(each["VpcPeeringConnectionId"])
    for filters in _by("vpc-id", ids):
        tables = ec2.get_paginator("describe_route_tables").paginate(
            Filters=filters, PaginationConfig={"PageSize": 100}
        )
        for table in (table for page in tables for table in page["RouteTables"]):
            routes[table["VpcId"]] |= {
                route["DestinationCidrBlock"] for route in table["Routes"] if "DestinationCidrBlock" in route
            }
    return {
        vpc_id: Surroundings(
            peers=tuple(sorted(peers[vpc_id])),
            routes=tuple(sorted(routes[vpc_id])),
            asked=tuple(sorted(asked[vpc_id])),
        )
        for vpc_id in ids
    }


def pools(ids: AbstractSet[str], region: str) -> tuple[dict[str, Pool], dict[str, Exception]]:
    """Read those of these pools that our IPAM has; what they have and gave away only of those that are for a Region.

    The second of the two gives for each pool that cannot be read what AWS said: it must not stop the others.
    """
    if not ids:
        return {}, {}
    pages = client("ec2").get_paginator("describe_ipam_pools").paginate(PaginationConfig={"PageSize": PAGE})
    described = [pool for page in pages for pool in page["IpamPools"] if pool["IpamPoolId"] in ids]
    scopes = {_scope_of(pool) for pool in described}
    resources = {scope: tuple(parse(each["ResourceCidr"]) for each in _resources(scope)) for scope in scopes}
    found: dict[str, Pool] = {}
    unread: dict[str, Exception] = {}
    for pool in described:
        try:
            found[pool["IpamPoolId"]] = _pool(pool, region, resources[_scope_of(pool)])
        except AwsError as error:
            unread[pool["IpamPoolId"]] = error
    return found, unread


def has_given(pool_id: str, cidr: str, region: str) -> bool:
    """Say whether any of a block of a pool is allocated by now."""
    block = parse(cidr)
    return without([block], _allocated(pool_id, region)) != [block]


def associate(target: Target, vpc_id: str, pool_id: str, cidr: str) -> Block:
    """Give a VPC a CIDR out of a pool. AWS does so later; there is no client token: a second call for it is refused."""
    answer = _ec2(target).associate_vpc_cidr_block(VpcId=vpc_id, Ipv4IpamPoolId=pool_id, CidrBlock=cidr)
    made = answer["CidrBlockAssociation"]
    return Block(association=made["AssociationId"], cidr=made["CidrBlock"], state=made["CidrBlockState"]["State"])


def disassociate(target: Target, association: str) -> None:
    """Take a CIDR from a VPC again. AWS does so later, and not at all while a subnet is in it."""
    _ec2(target).disassociate_vpc_cidr_block(AssociationId=association)


def _ec2(target: Target) -> EC2Client:
    return client("ec2", target.region, role_arn=accounts.role_in(target.account, region=target.region))


def _by(name: str, values: AbstractSet[str] | None) -> Iterator[list[FilterTypeDef]]:
    """Give the filters that ask for these values, as many at a time as AWS takes; one without any for None."""
    if values is None:
        yield []
        return
    ordered = sorted(values)
    for first in range(0, len(ordered), FILTER_VALUES):
        yield [{"Name": name, "Values": ordered[first : first + FILTER_VALUES]}]


def _scopes() -> list[str]:
    """Give the private scopes of our IPAMs: an IPv4 CIDR of a VPC is in one of them."""
    pages = client("ec2").get_paginator("describe_ipam_scopes").paginate(PaginationConfig={"PageSize": PAGE})
    return [
        scope["IpamScopeId"] for page in pages for scope in page["IpamScopes"] if scope["IpamScopeType"] == "private"
    ]


def _resources(scope: str, *, owner: str | None = None) -> Iterator[IpamResourceCidrTypeDef]:
    """Give the IPv4 CIDRs of VPCs in a scope, of one account or of all, as IPAM saw them last."""
    whose: dict[str, Any] = {"ResourceOwner": owner} if owner else {}
    pages = (
        client("ec2")
        .get_paginator("get_ipam_resource_cidrs")
        .paginate(IpamScopeId=scope, ResourceType="vpc", **whose, PaginationConfig={"PageSize": PAGE})
    )
    return (each for page in pages for each in page["IpamResourceCidrs"] if is_of_family(each["ResourceCidr"], "ipv4"))


def _vpc(described: VpcTypeDef, target: Target, subnets: dict[str, str]) -> Vpc:
    return Vpc(
        id=described["VpcId"],
        account=target.account,
        region=target.region,
        primary=described["CidrBlock"],
        blocks=tuple(
            Block(association=each["AssociationId"], cidr=each["CidrBlock"], state=each["CidrBlockState"]["State"])
            for each in described["CidrBlockAssociationSet"]
        ),
        subnets=subnets,
        tags={tag["Key"]: tag["Value"] for tag in described.get("Tags", [])},
    )


def _scope_of(described: IpamPoolTypeDef) -> str:
    return described["IpamScopeArn"].rpartition("/")[2]


def _pool(described: IpamPoolTypeDef, region: str, resources: tuple[Range, ...]) -> Pool:
    locale = described.get("Locale", "None")
    readable = (described["AddressFamily"], locale) == ("ipv4", region)
    return Pool(
        id=described["IpamPoolId"],
        family=described["AddressFamily"],
        locale=locale,
        state=described["State"],
        min_netmask_length=described.get("AllocationMinNetmaskLength"),
        max_netmask_length=described.get("AllocationMaxNetmaskLength"),
        required_tags={tag["Key"]: tag["Value"] for tag in described.get("AllocationResourceTags", [])},
        tags={tag["Key"]: tag["Value"] for tag in described.get("Tags", [])},
        cidrs=_provisioned(described["IpamPoolId"]) if readable else (),
        allocated=_allocated(described["IpamPoolId"], region) if readable else (),
        resources=resources,
    )


def _provisioned(pool_id: str) -> tuple[Range, ...]:
    pages = (
        client("ec2")
        .get_paginator("get_ipam_pool_cidrs")
        .paginate(IpamPoolId=pool_id, PaginationConfig={"PageSize": PAGE})
    )
    listed = (each for page in pages for each in page["IpamPoolCidrs"])
    return tuple(parse(each["Cidr"]) for each in listed if each["State"] == "provisioned")


def _allocated(pool_id: str, region: str) -> tuple[Range, ...]:
    # The locale's Region is where a new allocation shows first.
    # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetIpamPoolAllocations.html
    pages = (
        client("ec2", region)
        .get_paginator("get_ipam_pool_allocations")
        .paginate(IpamPoolId=pool_id, PaginationConfig={"PageSize": ALLOCATIONS_PAGE})
    )
    return tuple(parse(each["Cidr"]) for page in pages for each in page["IpamPoolAllocations"])
