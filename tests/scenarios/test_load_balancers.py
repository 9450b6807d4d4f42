"""Load balancers in the simulated account, from outside: their addresses, what is told of them, and who may."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from simulator.client import SimulationError
from tests.scenarios.estate import Estate, refused
from tests.scenarios.simulated_account import Account, statement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.client import Simulation
    from tests.scenarios.guide_cli import Reader
    from tests.scenarios.simulated_account import Queue

pytestmark = pytest.mark.scenario

OWNER = "666677778888"


@pytest.fixture(scope="module")
def owner_clients() -> dict[str, Any]:
    return {}


@pytest.fixture
def owner(empty_account: Simulation, owner_clients: dict[str, Any]) -> Iterator[Account]:
    """An account of this module's own, because an account can have only one IPAM."""
    with Account(empty_account, owner_clients, account=OWNER) as account:
        account.settle()  # what earlier tests did is reported before anybody listens
        yield account
        for balancer in account.client("elbv2").describe_load_balancers()["LoadBalancers"]:
            account.client("elbv2").delete_load_balancer(LoadBalancerArn=balancer["LoadBalancerArn"])
        empty_account.reset_settings()
        account.settle()


@pytest.fixture
def heard(owner: Account) -> Queue:
    """A queue that receives every management event about load balancers."""
    queue = owner.queue(allow="events.amazonaws.com")
    pattern = {"source": ["aws.elasticloadbalancing"], "detail-type": ["AWS API Call via CloudTrail"]}
    owner.rule({"Arn": queue.arn}, EventPattern=json.dumps(pattern))
    return queue


@pytest.fixture(scope="module")
def pool(empty_account: Simulation) -> str:
    """A pool with four contiguous addresses of Amazon's."""
    ec2 = empty_account.client("ec2", account=OWNER)
    scope = ec2.create_ipam(OperatingRegions=[{"RegionName": "us-east-1"}])["Ipam"]["PublicDefaultScopeId"]
    pool: str = ec2.create_ipam_pool(
        IpamScopeId=scope, AddressFamily="ipv4", Locale="us-east-1", AwsService="ec2", PublicIpSource="amazon"
    )["IpamPool"]["IpamPoolId"]
    empty_account.settle()
    ec2.provision_ipam_pool_cidr(IpamPoolId=pool, NetmaskLength=30)
    empty_account.settle()
    return pool


def subnets(owner: Account) -> list[str]:
    """Three default subnets, each in a zone of its own."""
    return [subnet["SubnetId"] for subnet in owner.client("ec2").describe_subnets()["Subnets"]][:3]


def balancer(owner: Account, name: str, **parameters: Any) -> str:
    """The ARN of a new load balancer in two zones."""
    made = owner.client("elbv2").create_load_balancer(Name=name, Subnets=subnets(owner)[:2], **parameters)
    return str(made["LoadBalancers"][0]["LoadBalancerArn"])


def pools_of(owner: Account, arn: str) -> list[str]:
    """Where each address on the load balancer's interfaces is from: a pool's id, or `amazon`."""
    ec2 = owner.client("ec2")
    described = [{"Name": "description", "Values": [f"ELB {arn.partition('loadbalancer/')[2]}"]}]
    interfaces = ec2.describe_network_interfaces(Filters=described)["NetworkInterfaces"]
    addresses = ec2.describe_addresses(PublicIps=[each["Association"]["PublicIp"] for each in interfaces])
    return sorted(each["PublicIpv4Pool"] for each in addresses["Addresses"])


def test_every_change_is_told_on_the_default_bus_with_what_was_asked_and_answered(
    owner: Account, heard: Queue, pool: str
) -> None:
    elb = owner.client("elbv2")
    arn = balancer(owner, "told", Tags=[{"Key": "team", "Value": "net"}])
    elb.add_tags(ResourceArns=[arn], Tags=[{"Key": "poolwarden:ipam-pool", "Value": pool}])
    elb.modify_ip_pools(LoadBalancerArn=arn, IpamPools={"Ipv4IpamPoolId": pool})
    elb.set_subnets(LoadBalancerArn=arn, Subnets=subnets(owner))
    elb.set_ip_address_type(LoadBalancerArn=arn, IpAddressType="ipv4")
    elb.remove_tags(ResourceArns=[arn], TagKeys=["team"])
    assert refused(elb.modify_ip_pools, LoadBalancerArn=f"{arn}0", RemoveIpamPools=["ipv4"]) == "LoadBalancerNotFound"
    elb.delete_load_balancer(LoadBalancerArn=arn)
    elb.describe_load_balancers()
    owner.settle()

    details = [event["detail"] for event in owner.bodies(heard)]
    assert sorted(detail["eventName"] for detail in details) == [
        "AddTags",
        "CreateLoadBalancer",
        "DeleteLoadBalancer",
        "ModifyIpPools",
        "ModifyIpPools",
        "RemoveTags",
        "SetIpAddressType",
        "SetSubnets",
    ]
    assert {(detail["eventSource"], detail["apiVersion"]) for detail in details} == {
        ("elasticloadbalancing.amazonaws.com", "2015-12-01")
    }
    told = {(detail["eventName"], detail.get("errorCode")): detail for detail in details}

    created = told["CreateLoadBalancer", None]
    assert created["requestParameters"]["name"] == "told"
    assert created["requestParameters"]["tags"] == [{"key": "team", "value": "net"}]
    [made] = created["responseElements"]["loadBalancers"]
    assert (made["loadBalancerArn"], made["state"], made["type"]) == (arn, {"code": "provisioning"}, "application")

    modified = told["ModifyIpPools", None]
    assert modified["requestParameters"] == {"loadBalancerArn": arn, "ipamPools": {"ipv4IpamPoolId": pool}}
    assert modified["responseElements"] == {"ipamPools": {"ipv4IpamPoolId": pool}}
    failed = told["ModifyIpPools", "LoadBalancerNotFound"]
    assert failed["requestParameters"] == {"loadBalancerArn": f"{arn}0", "removeIpamPools": ["ipv4"]}
    assert failed["responseElements"] is None

    zones = told["SetSubnets", None]["responseElements"]["availabilityZones"]
    assert [zone["subnetId"] for zone in zones] == told["SetSubnets", None]["requestParameters"]["subnets"]
    assert told["AddTags", None]["requestParameters"]["resourceArns"] == [arn]
    assert told["DeleteLoadBalancer", None]["requestParameters"] == {"loadBalancerArn": arn}
    assert told["DeleteLoadBalancer", None]["responseElements"] is None


def test_whether_addresses_linger_is_set_and_scaling_is_ordered_from_outside(owner: Account, pool: str) -> None:
    simulation, elb, arn = owner.simulation, owner.client("elbv2"), balancer(owner, "lingers")
    simulation.change_settings(pool_change="lingers")
    elb.modify_ip_pools(LoadBalancerArn=arn, IpamPools={"Ipv4IpamPoolId": pool})
    owner.settle()
    [described] = elb.describe_load_balancers(LoadBalancerArns=[arn])["LoadBalancers"]
    assert (described["State"]["Code"], described["IpamPools"]) == ("active", {"Ipv4IpamPoolId": pool})
    assert pools_of(owner, arn) == ["amazon", "amazon"]

    nodes = simulation.scale(arn, nodes_per_zone=3)
    assert sorted(str(node["pool"]) for node in nodes) == pools_of(owner, arn) == ["amazon"] * 2 + [pool] * 4

    simulation.change_settings(pool_change="replaces")
    elb.modify_ip_pools(LoadBalancerArn=arn, RemoveIpamPools=["ipv4"])
    assert pools_of(owner, arn) == ["amazon"] * 6
    with pytest.raises(SimulationError, match="pool_change must be one of replaces, lingers"):
        simulation.change_settings(pool_change="never")
    with pytest.raises(SimulationError, match="not found"):
        simulation.scale(f"{arn}0", nodes_per_zone=2)


def test_a_role_may_change_pools_but_not_those_of_a_protected_load_balancer(owner: Account, pool: str) -> None:
    estate = Estate(owner.simulation)
    protected = [{"Key": "poolwarden:protect", "Value": "true"}]
    role = estate.role(
        OWNER,
        statement("Allow", "elasticloadbalancing:ModifyIpPools", f"arn:aws:elasticloadbalancing:*:{OWNER}:*"),
        statement("Deny", "*", StringEquals={"aws:ResourceTag/poolwarden:protect": "true"}),
        trust={"Principal": {"AWS": OWNER}},
    )
    elb = estate.session(role, of=owner).client("elbv2")
    change = {"IpamPools": {"Ipv4IpamPoolId": pool}}
    kept, moved = balancer(owner, "kept", Tags=protected), balancer(owner, "moved")
    assert refused(elb.modify_ip_pools, LoadBalancerArn=kept, **change) == "AccessDenied"
    assert refused(elb.modify_ip_pools, LoadBalancerArn=moved, **change) is None
    assert refused(elb.set_subnets, LoadBalancerArn=moved, Subnets=subnets(owner)) == "AccessDenied"
    assert (pools_of(owner, kept), pools_of(owner, moved)) == (["amazon"] * 2, [pool] * 2)


def test_the_commands_of_the_user_guide_work_in_the_aws_cli(reader: Reader, owner: Account, pool: str) -> None:
    """Application Load Balancers user guide, "Create" and "Update the IPAM IP address pools"."""
    guest = reader.member(OWNER)
    first, second, third = subnets(owner)
    created = guest.run(
        f"aws elbv2 create-load-balancer --name guide --subnets {first} {second} "
        f"--ipam-pools Ipv4IpamPoolId={pool} --tags Key=department,Value=123"
    )
    arn = created["LoadBalancers"][0]["LoadBalancerArn"]
    guest.run(f"aws elbv2 modify-ip-pools --load-balancer-arn {arn} --remove-ipam-pools ipv4")
    guest.wait()  # IPAM notices that its addresses are free again
    modified = guest.run(f"aws elbv2 modify-ip-pools --load-balancer-arn {arn} --ipam-pools Ipv4IpamPoolId={pool}")
    assert modified == {"IpamPools": {"Ipv4IpamPoolId": pool}}
    zones = guest.run(f"aws elbv2 set-subnets --load-balancer-arn {arn} --subnets {first} {second} {third}")
    assert [zone["SubnetId"] for zone in zones["AvailabilityZones"]] == [first, second, third]
    assert pools_of(owner, arn) == [pool] * 3
    guest.wait()
    states = guest.run("aws elbv2 describe-load-balancers --names guide --query LoadBalancers[].State.Code")
    assert states == ["active"]


def test_concurrent_calls_lose_no_address_and_give_none_twice(owner: Account, pool: str) -> None:
    elb, ec2 = owner.client("elbv2"), owner.client("ec2")
    owner.settle()  # the pool has all its addresses back

    def live(number: int) -> None:
        arn = balancer(owner, f"busy-{number}", IpamPools={"Ipv4IpamPoolId": pool})
        elb.modify_ip_pools(LoadBalancerArn=arn, RemoveIpamPools=["ipv4"])
        elb.modify_ip_pools(LoadBalancerArn=arn, IpamPools={"Ipv4IpamPoolId": pool})
        elb.set_subnets(LoadBalancerArn=arn, Subnets=subnets(owner))
        if number % 2:
            elb.delete_load_balancer(LoadBalancerArn=arn)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(live, range(16)))

    interfaces = ec2.describe_network_interfaces()["NetworkInterfaces"]
    public = [interface["Association"]["PublicIp"] for interface in interfaces]
    managed = [address["PublicIp"] for address in ec2.describe_addresses()["Addresses"]]
    assert len(public) == len(set(public)) == 8 * 3
    assert sorted(public) == sorted(managed)
    allocated = ec2.get_ipam_pool_allocations(IpamPoolId=pool)["IpamPoolAllocations"]
    assert len({each["Cidr"] for each in allocated}) == len(allocated) <= 4


def test_what_is_not_simulated_says_so(owner: Account) -> None:
    assert refused(owner.client("elbv2").describe_trust_stores) == "InvalidAction"
