"""Network Load Balancers, as far as they hold Elastic IPs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.simulator.elastic_ips.conftest import refusal

if TYPE_CHECKING:
    from tests.simulator.load_balancers.conftest import Account


def mapped(subnets: list[str], allocations: list[str]) -> list[dict[str, str]]:
    return [
        {"SubnetId": subnet, "AllocationId": allocation}
        for subnet, allocation in zip(subnets, allocations, strict=True)
    ]


def test_the_elastic_ips_that_it_names_are_in_use_and_stay_the_users(account: Account) -> None:
    subnets, allocations = account.subnets(), [account.allocate(), account.allocate()]
    balancer = account.balancer("edge", Type="network", SubnetMappings=mapped(subnets, allocations))
    arn = balancer["LoadBalancerArn"]
    assert "loadbalancer/net/edge/" in arn
    interfaces = account.interfaces(arn)
    assert {interface["InterfaceType"] for interface in interfaces} == {"network_load_balancer"}
    for allocation, interface, zone in zip(allocations, interfaces, balancer["AvailabilityZones"], strict=True):
        address = account.address(allocation)
        assert address["NetworkInterfaceId"] == interface["NetworkInterfaceId"]
        assert "ServiceManaged" not in address
        assert interface["Association"]["AllocationId"] == allocation
        assert zone["LoadBalancerAddresses"] == [{"IpAddress": address["PublicIp"], "AllocationId": allocation}]
    assert refusal(account.ec2.release_address, AllocationId=allocations[0]) == "AuthFailure"
    association = account.address(allocations[0])["AssociationId"]
    assert refusal(account.ec2.disassociate_address, AssociationId=association) == "AuthFailure"


def test_they_are_free_again_when_the_load_balancer_is_deleted(account: Account) -> None:
    allocations = [account.allocate(), account.allocate()]
    arn = account.arn(Type="network", SubnetMappings=mapped(account.subnets(), allocations))
    account.elb.delete_load_balancer(LoadBalancerArn=arn)
    assert ["AssociationId" in account.address(allocation) for allocation in allocations] == [False, False]


def test_subnets_come_and_go_with_their_elastic_ips(account: Account) -> None:
    one, two, three = account.subnets(3)
    first, second, third = (account.allocate() for _ in range(3))
    arn = account.arn(Type="network", SubnetMappings=mapped([one, two], [first, second]))
    account.elb.set_subnets(LoadBalancerArn=arn, SubnetMappings=mapped([two, three], [second, third]))
    used = [allocation for allocation in (first, second, third) if "AssociationId" in account.address(allocation)]
    assert used == [second, third]
    swapped = {"LoadBalancerArn": arn, "SubnetMappings": mapped([two, three], [first, third])}
    assert refusal(account.elb.set_subnets, **swapped) == "InvalidConfigurationRequest"


def test_without_elastic_ips_it_has_amazons_addresses_and_internally_none(account: Account) -> None:
    [subnet] = account.subnets(1)
    arn = account.arn(Type="network", Subnets=[subnet])
    [address] = account.ec2.describe_addresses()["Addresses"]
    assert (address["ServiceManaged"], address["PublicIpv4Pool"]) == ("nlb", "amazon")
    assert account.public_ips(arn) == [address["PublicIp"]]
    wanted = {"SubnetId": subnet, "PrivateIPv4Address": "172.31.0.77"}
    inside = account.balancer("inside", Type="network", Scheme="internal", SubnetMappings=[wanted])
    assert inside["AvailabilityZones"][0]["LoadBalancerAddresses"] == [{"PrivateIPv4Address": "172.31.0.77"}]
    [interface] = account.interfaces(inside["LoadBalancerArn"])
    assert (interface["PrivateIpAddress"], "Association" in interface) == ("172.31.0.77", False)


def test_elastic_ips_that_cannot_be_had_are_refused(account: Account) -> None:
    one, two = account.subnets()
    free, (taken, _) = account.allocate(), account.associated()
    foreign = account.other().allocate_address()["AllocationId"]
    mistakes: list[tuple[dict[str, Any], str]] = [
        ({"SubnetMappings": mapped([one], ["eipalloc-0123456789abcdef0"])}, "AllocationIdNotFound"),
        ({"SubnetMappings": mapped([one], [foreign])}, "AllocationIdNotFound"),
        ({"SubnetMappings": mapped([one], [taken])}, "ResourceInUse"),
        ({"SubnetMappings": mapped([one, two], [free, free])}, "ResourceInUse"),
        ({"SubnetMappings": mapped([one], [free]), "Scheme": "internal"}, "InvalidConfigurationRequest"),
        ({"SubnetMappings": mapped([one, two], [free, taken]), "Type": "application"}, "InvalidConfigurationRequest"),
        ({"SubnetMappings": [{"SubnetId": one, "PrivateIPv4Address": "172.31.0.9"}]}, "InvalidConfigurationRequest"),
        (
            {"SubnetMappings": [{"SubnetId": one, "PrivateIPv4Address": "10.0.0.9"}], "Scheme": "internal"},
            "InvalidConfigurationRequest",
        ),
    ]
    for parameters, code in mistakes:
        wanted = {"Type": "network", **parameters}
        assert (parameters, refusal(account.balancer, **wanted)) == (parameters, code)
    assert "AssociationId" not in account.address(free)


def test_a_gateway_load_balancer_has_no_public_addresses_and_keeps_its_subnets(account: Account) -> None:
    one, two = account.subnets()
    arn = account.arn(Type="gateway", Subnets=[one, two])
    assert account.public_ips(arn) == account.addresses() == []
    change = {"LoadBalancerArn": arn, "Subnets": [one]}
    assert refusal(account.elb.set_subnets, **change) == "InvalidConfigurationRequest"
