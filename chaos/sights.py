"""What the account is really like at a moment, as far as a promise about a call depends on it."""

from __future__ import annotations

from typing import Any

from chaos.account import client


def sight(operation: str, parameters: dict[str, Any]) -> dict[str, Any]:  # noqa: PLR0911 - one for each call
    """Look at what a call is about, just before it is made."""
    match operation:
        case "DescribeAddresses":
            filters = {each["Name"]: each["Values"] for each in parameters.get("Filters", ())}
            return _address(filters["allocation-id"]) if "allocation-id" in filters else {}
        case "ReleaseAddress":
            return _address([parameters["AllocationId"]])
        case "ProvisionIpamPoolCidr" | "DeprovisionIpamPoolCidr":
            return {"pools": pools(), "resources": _resources(parameters["IpamPoolId"])}
        case "AssociateVpcCidrBlock":
            found = vpcs("vpc-id", parameters["VpcId"])
            return {"vpc": found[0] if found else {}, "resources": _resources(parameters["Ipv4IpamPoolId"])}
        case "DisassociateVpcCidrBlock":
            found = vpcs("cidr-block-association.association-id", parameters["AssociationId"])
            return {"vpc": found[0] if found else {}}
        case "ModifyIpPools":
            return load_balancer(parameters["LoadBalancerArn"])
    return {}


def _address(allocation_ids: list[str]) -> dict[str, Any]:
    filters = [{"Name": "allocation-id", "Values": allocation_ids}]
    return {"addresses": client("ec2").describe_addresses(Filters=filters)["Addresses"]}


def pools() -> list[dict[str, Any]]:
    """Describe all pools, each with its CIDRs and its allocations."""
    ec2 = client("ec2")
    return [
        {
            **pool,
            "Cidrs": ec2.get_ipam_pool_cidrs(IpamPoolId=pool["IpamPoolId"])["IpamPoolCidrs"],
            "Allocations": ec2.get_ipam_pool_allocations(IpamPoolId=pool["IpamPoolId"])["IpamPoolAllocations"],
        }
        for pool in ec2.describe_ipam_pools()["IpamPools"]
    ]


def _resources(pool_id: str) -> list[dict[str, Any]]:
    ec2 = client("ec2")
    (pool,) = ec2.describe_ipam_pools(IpamPoolIds=[pool_id])["IpamPools"]
    scope = pool["IpamScopeArn"].rpartition("/")[2]
    found: list[dict[str, Any]] = ec2.get_ipam_resource_cidrs(IpamScopeId=scope)["IpamResourceCidrs"]
    return found


def vpcs(name: str = "", value: str = "") -> list[dict[str, Any]]:
    """Describe VPCs, all or those that a filter lets through, each with its subnets' CIDRs."""
    ec2 = client("ec2")
    filters = [{"Name": name, "Values": [value]}] if name else []
    subnets = ec2.describe_subnets()["Subnets"]
    return [
        {**vpc, "Subnets": [each["CidrBlock"] for each in subnets if each["VpcId"] == vpc["VpcId"]]}
        for vpc in ec2.describe_vpcs(Filters=filters)["Vpcs"]
    ]


def load_balancer(arn: str) -> dict[str, Any]:
    """Describe a load balancer with its tags; nothing where it is gone."""
    elb = client("elbv2")
    found = [each for each in elb.describe_load_balancers()["LoadBalancers"] if each["LoadBalancerArn"] == arn]
    if not found:
        return {}
    tags = elb.describe_tags(ResourceArns=[arn])["TagDescriptions"][0]["Tags"]
    return {"load_balancer": found[0], "tags": {each["Key"]: each.get("Value", "") for each in tags}}
