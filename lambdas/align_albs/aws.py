"""What AWS says about load balancers, their addresses and their pools, and the one call that changes one."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lambdas.align_albs.model import Alb, Policy, Pool, Space
from lambdas.common import accounts
from lambdas.common.aws_clients import client
from lambdas.common.errors import ACCESS_DENIED, AwsError, code_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_ec2.type_defs import IpamPoolTypeDef

    from lambdas.common.targets import Target

APPLICATION = "application"
ALB_PAGE = 400  # the most that DescribeLoadBalancers gives
BATCH = 20  # DescribeTags, and DescribeLoadBalancers by ARN, take no more
INTERFACES_PAGE = 1_000
LIST_PAGE = 1_000  # the most that IPAM's lists give
ALLOCATIONS_PAGE = 10_000
MOST_PAGES = 100
GONE = "LoadBalancerNotFound"
NO_POLICIES = frozenset({"InvalidAction", "UnsupportedOperation"})
"""What EC2 answers where it knows no IPAM policies."""

HELD_STATES = frozenset({"provisioned", "pending-deprovision", "failed-deprovision"})


def albs(target: Target) -> dict[str, Alb]:
    """Describe all Application Load Balancers of an account and Region, without their tags, by ARN."""
    pages = _elb(target).get_paginator("describe_load_balancers").paginate(PaginationConfig={"PageSize": ALB_PAGE})
    described = [_alb(each) for page in pages for each in page["LoadBalancers"] if each["Type"] == APPLICATION]
    if not described:
        return {}
    addresses = _public_addresses(target)
    return {alb.arn: replace(alb, addresses=frozenset(addresses[alb.interface_description])) for alb in described}


def with_tags(target: Target, known: Iterable[Alb]) -> dict[str, Alb]:
    """Read the tags of load balancers; one that was deleted meanwhile is left out."""
    by_arn = {alb.arn: alb for alb in known}
    elb = _elb(target)
    described = _in_batches(sorted(by_arn), lambda arns: elb.describe_tags(ResourceArns=arns)["TagDescriptions"])
    return {
        each["ResourceArn"]: replace(
            by_arn[each["ResourceArn"]], tags={tag["Key"]: tag.get("Value", "") for tag in each["Tags"]}
        )
        for each in described
    }


def again(target: Target, known: Iterable[Alb]) -> dict[str, Alb]:
    """Describe load balancers once more, with their tags, without those that are gone.

    Their addresses are taken as they were: whoever moves them does not go by these.
    """
    by_arn = {alb.arn: alb for alb in known}
    elb = _elb(target)
    described = _in_batches(
        sorted(by_arn), lambda arns: elb.describe_load_balancers(LoadBalancerArns=arns)["LoadBalancers"]
    )
    return with_tags(target, [replace(_alb(each), addresses=by_arn[_arn(each)].addresses) for each in described])


def pools(ids: Iterable[str], target: Target) -> tuple[dict[str, Pool], dict[str, Exception]]:
    """Read those of these pools that an account owns or has shared with it, with what those have that could be used.

    They are asked for in the home Region of the IPAM, under the account's own role: what it cannot see, it cannot use.
    The second of the two gives for each pool that cannot be read what AWS said: it must not stop the others.
    """
    wanted = frozenset(ids)
    if not wanted:
        return {}, {}
    home = client("ec2", role_arn=_role(target))
    pages = home.get_paginator("describe_ipam_pools").paginate(PaginationConfig={"PageSize": LIST_PAGE})
    described = [pool for page in pages for pool in page["IpamPools"] if pool["IpamPoolId"] in wanted]
    found: dict[str, Pool] = {}
    unread: dict[str, Exception] = {}
    for pool in described:
        try:
            found[pool["IpamPoolId"]] = _pool(pool, target)
        except AwsError as error:
            unread[pool["IpamPoolId"]] = error
    return found, unread


def policy(target: Target) -> Policy:
    """Ask whether an IPAM policy gives load balancers there their addresses."""
    try:
        enabled = _ec2(target).get_enabled_ipam_policy()
        if enabled["IpamPolicyEnabled"] and _governs(enabled["IpamPolicyId"], target):
            return Policy(standing="governs", id=enabled["IpamPolicyId"])
    except ClientError as error:
        # A policy of somebody else's may be in force that we are not shown: what is not proven is not assumed.
        if code_of(error) in ACCESS_DENIED or code_of(error).endswith(".NotFound"):
            return Policy(standing="unknown", said=code_of(error))
        if code_of(error) not in NO_POLICIES:
            raise
    return Policy()


def _governs(policy_id: str, target: Target) -> bool:
    """Say whether a policy has rules for load balancers in a Region."""
    asked: dict[str, Any] = {"IpamPolicyId": policy_id, "Locale": target.region, "ResourceType": "alb"}
    for _ in range(MOST_PAGES):  # boto3 has no paginator for it
        answer = _ec2(target).get_ipam_policy_allocation_rules(**asked)
        if any(each.get("AllocationRules") for each in answer["IpamPolicyDocuments"]):
            return True
        if not answer.get("NextToken"):
            return False
        asked["NextToken"] = answer["NextToken"]
    return True  # what has so many pages is not proven to leave load balancers alone


def put_on_pool(target: Target, arn: str, pool_id: str) -> None:
    """Have a load balancer take its addresses from a pool, or from Amazon again (empty).

    Whether addresses in use are replaced at once is not documented.
    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_ModifyIpPools.html
    """
    elb = _elb(target)
    if pool_id:
        elb.modify_ip_pools(LoadBalancerArn=arn, IpamPools={"Ipv4IpamPoolId": pool_id})
    else:
        elb.modify_ip_pools(LoadBalancerArn=arn, RemoveIpamPools=["ipv4"])


def _role(target: Target) -> str | None:
    return accounts.role_in(target.account, region=target.region)


def _ec2(target: Target) -> EC2Client:
    return client("ec2", target.region, role_arn=_role(target))


def _elb(target: Target) -> Any:  # noqa: ANN401 - has no stubs here
    return client("elbv2", target.region, role_arn=_role(target))


def _public_addresses(target: Target) -> Mapping[str, list[str]]:
    """Read the public addresses of all load balancers by how their interfaces are described."""
    pages = (
        _ec2(target)
        .get_paginator("describe_network_interfaces")
        .paginate(
            Filters=[{"Name": "description", "Values": ["ELB app/*"]}], PaginationConfig={"PageSize": INTERFACES_PAGE}
        )
    )
    found: dict[str, list[str]] = defaultdict(list)
    for page in pages:
        for interface in page["NetworkInterfaces"]:
            if public := interface.get("Association", {}).get("PublicIp"):
                found[interface["Description"]].append(public)
    return found


def _in_batches(arns: Sequence[str], ask: Callable[[Sequence[str]], list[Any]]) -> list[Any]:
    """Ask about load balancers twenty at a time; one that is gone fails its batch, which is then asked in halves."""
    found: list[Any] = []
    batches = [arns[first : first + BATCH] for first in range(0, len(arns), BATCH)]
    while batches:
        batch = batches.pop()
        try:
            found += ask(batch)
        except ClientError as error:
            if code_of(error) != GONE:
                raise
            half = len(batch) // 2
            batches += [part for part in (batch[:half], batch[half:]) if 0 < len(part) < len(batch)]
    return found


def _arn(described: Mapping[str, Any]) -> str:
    return str(described["LoadBalancerArn"])


def _alb(described: Mapping[str, Any]) -> Alb:
    return Alb(
        arn=_arn(described),
        scheme=described["Scheme"],
        ip_address_type=described["IpAddressType"],
        state=described["State"]["Code"],
        created=described["CreatedTime"],
        pool=described.get("IpamPools", {}).get("Ipv4IpamPoolId", ""),
        zones=len(described["AvailabilityZones"]),
    )


def _pool(described: IpamPoolTypeDef, target: Target) -> Pool:
    scope_type, family = described["IpamScopeType"], described["AddressFamily"]
    locale = described.get("Locale", "None")
    readable = (scope_type, family, locale) == ("public", "ipv4", target.region)
    return Pool(
        id=described["IpamPoolId"],
        scope_type=scope_type,
        family=family,
        locale=locale,
        service=described.get("AwsService", ""),
        state=described["State"],
        space=_space(described, target) if readable else None,
    )


def _space(described: IpamPoolTypeDef, target: Target) -> Space:
    """Read a pool's CIDRs and what is allocated from it, as its owner where we are that: others see only their part."""
    pool_id = described["IpamPoolId"]
    role_arn = None if described["OwnerId"] == accounts.own() else _role(target)
    cidr_pages = (
        client("ec2", described["IpamRegion"], role_arn=role_arn)
        .get_paginator("get_ipam_pool_cidrs")
        .paginate(IpamPoolId=pool_id, PaginationConfig={"PageSize": LIST_PAGE})
    )
    # The locale's Region is where a new allocation shows first.
    # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetIpamPoolAllocations.html
    allocation_pages = (
        client("ec2", target.region, role_arn=role_arn)
        .get_paginator("get_ipam_pool_allocations")
        .paginate(IpamPoolId=pool_id, PaginationConfig={"PageSize": ALLOCATIONS_PAGE})
    )
    states = {
        IPv4Network(each["Cidr"]): each["State"]
        for page in cidr_pages
        for each in page["IpamPoolCidrs"]
        if "Cidr" in each
    }
    allocated = [IPv4Network(each["Cidr"]) for page in allocation_pages for each in page["IpamPoolAllocations"]]
    size = sum(cidr.num_addresses for cidr, state in states.items() if state == "provisioned")
    held = tuple(cidr for cidr, state in states.items() if state in HELD_STATES)
    return Space(
        cidrs=held,
        size=size,
        free=max(0, size - sum(block.num_addresses for block in allocated)),
        singles=frozenset(str(block.network_address) for block in allocated if block.num_addresses == 1),
        blocks=tuple(block for block in allocated if block.num_addresses > 1),
    )
