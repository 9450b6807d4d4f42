"""NAT gateways and the addresses that they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from simulator.elastic_ips import services
from tests.simulator.elastic_ips.conftest import refusal

if TYPE_CHECKING:
    from tests.simulator.elastic_ips.conftest import Account


def created(account: Account, **parameters: Any) -> str:
    """The id of a new NAT gateway, settled."""
    parameters.setdefault("SubnetId", account.default_subnet())
    gateway = account.ec2.create_nat_gateway(**parameters)["NatGateway"]["NatGatewayId"]
    account.settle(120)
    return str(gateway)


def described(account: Account, gateway: str) -> dict[str, Any]:
    [found] = account.ec2.describe_nat_gateways(NatGatewayIds=[gateway])["NatGateways"]
    return dict(found)


def test_a_nat_gateway_holds_its_address_on_an_interface_of_its_own(account: Account) -> None:
    allocation, subnet = account.allocate(), account.other_subnet()
    asked = account.ec2.create_nat_gateway(SubnetId=subnet, AllocationId=allocation)["NatGateway"]
    assert asked["State"] == "pending"
    account.settle(120)
    gateway = described(account, asked["NatGatewayId"])
    [held] = gateway["NatGatewayAddresses"]
    address = account.address(allocation)
    [interface] = account.ec2.describe_network_interfaces(NetworkInterfaceIds=[held["NetworkInterfaceId"]])[
        "NetworkInterfaces"
    ]
    assert gateway["State"] == "available"
    assert (held["AllocationId"], held["PublicIp"]) == (allocation, address["PublicIp"])
    assert address["AssociationId"] == held["AssociationId"]
    assert address["NetworkInterfaceId"] == held["NetworkInterfaceId"]
    assert address["PrivateIpAddress"] == held["PrivateIp"]
    assert held["PrivateIp"].startswith("10.0.0.")
    assert "InstanceId" not in address
    assert interface["Description"] == f"Interface for NAT Gateway {asked['NatGatewayId']}"
    assert (interface["InterfaceType"], interface["RequesterManaged"]) == ("nat_gateway", True)


@pytest.mark.parametrize("subnet", ["default_subnet", "other_subnet"])
def test_an_address_that_a_nat_gateway_holds_can_be_neither_taken_off_nor_released(
    account: Account, subnet: str
) -> None:
    allocation = account.allocate()
    created(account, SubnetId=getattr(account, subnet)(), AllocationId=allocation)
    address = account.address(allocation)
    other = account.interface()["NetworkInterfaceId"]
    held = {"NetworkInterfaceId": address["NetworkInterfaceId"]}
    assert refusal(account.ec2.release_address, AllocationId=allocation) == "AuthFailure"
    assert refusal(account.ec2.disassociate_address, AssociationId=address["AssociationId"]) == "AuthFailure"
    assert refusal(account.ec2.associate_address, AllocationId=allocation, NetworkInterfaceId=other) == "AuthFailure"
    assert refusal(account.ec2.associate_address, AllocationId=account.allocate(), **held) == "AuthFailure"
    assert refusal(account.ec2.delete_network_interface, **held) == "AuthFailure"
    assert account.address(allocation) == address


def test_a_deleted_nat_gateway_lets_its_address_go_when_it_is_gone(account: Account) -> None:
    allocation = account.allocate()
    gateway = created(account, AllocationId=allocation)
    account.ec2.delete_nat_gateway(NatGatewayId=gateway)
    assert described(account, gateway)["State"] == "deleting"
    assert refusal(account.ec2.release_address, AllocationId=allocation) == "AuthFailure"
    account.settle(120)
    assert described(account, gateway)["State"] == "deleted"
    assert account.ec2.describe_network_interfaces()["NetworkInterfaces"] == []
    account.ec2.release_address(AllocationId=allocation)
    assert account.addresses() == []
    account.settle(3600)
    assert account.ec2.describe_nat_gateways()["NatGateways"] == []
    assert refusal(account.ec2.delete_nat_gateway, NatGatewayId=gateway) == "NatGatewayNotFound"


def test_a_nat_gateway_with_an_address_in_use_fails(account: Account) -> None:
    allocation, association = account.associated()
    gateway = described(account, created(account, AllocationId=allocation))
    assert (gateway["State"], gateway["FailureCode"]) == ("failed", "Resource.AlreadyAssociated")
    assert gateway["FailureMessage"] == f"Elastic IP address {allocation} is already associated"
    assert account.address(allocation)["AssociationId"] == association


def test_a_nat_gateway_takes_further_addresses_and_drains_before_it_gives_them_back(account: Account) -> None:
    first, second, third = account.allocate(), account.allocate(), account.allocate()
    gateway = created(account, AllocationId=first, SecondaryAllocationIds=[second])
    account.ec2.associate_nat_gateway_address(NatGatewayId=gateway, AllocationIds=[third])
    held = described(account, gateway)["NatGatewayAddresses"]
    assert [(each["AllocationId"], each["IsPrimary"]) for each in held] == [
        (first, True),
        (second, False),
        (third, False),
    ]
    assert len({each["PrivateIp"] for each in held}) == 3
    leaving = {"NatGatewayId": gateway, "AssociationIds": [held[1]["AssociationId"]]}
    account.ec2.disassociate_nat_gateway_address(**leaving, MaxDrainDurationSeconds=100)
    assert described(account, gateway)["NatGatewayAddresses"][1]["Status"] == "disassociating"
    account.settle(99)
    assert "AssociationId" in account.address(second)
    account.settle(1)
    assert "AssociationId" not in account.address(second)
    assert [each["AllocationId"] for each in described(account, gateway)["NatGatewayAddresses"]] == [first, third]


def test_the_primary_address_of_a_nat_gateway_stays(account: Account) -> None:
    gateway = created(account, AllocationId=account.allocate())
    association = described(account, gateway)["NatGatewayAddresses"][0]["AssociationId"]
    given = {"NatGatewayId": gateway, "AssociationIds": [association]}
    assert refusal(account.ec2.disassociate_nat_gateway_address, **given) == "InvalidParameterCombination"
    given["AssociationIds"] = ["eipassoc-1"]
    assert refusal(account.ec2.disassociate_nat_gateway_address, **given) == "InvalidAssociationID.NotFound"


def test_what_a_nat_gateway_cannot_have_is_refused(account: Account) -> None:
    subnet = {"SubnetId": account.default_subnet()}
    create = account.ec2.create_nat_gateway
    assert refusal(create, **subnet) == "MissingParameter"
    assert refusal(create, **subnet, AllocationId="eipalloc-1") == "InvalidElasticIpID.NotFound"
    assert refusal(create, SubnetId="subnet-1", AllocationId=account.allocate()) == "InvalidSubnetID.NotFound"
    private = {"ConnectivityType": "private", "AllocationId": account.allocate()}
    assert refusal(create, **subnet, **private) == "InvalidParameterCombination"
    assert refusal(create, AvailabilityMode="regional", VpcId="vpc-1") == "UnsupportedOperation"
    taken = {"AllocationId": account.associated()[0]}
    gateway = created(account, AllocationId=account.allocate())
    joining = {"NatGatewayId": gateway, "AllocationIds": list(taken.values())}
    assert refusal(account.ec2.associate_nat_gateway_address, **joining) == "IncorrectState"


def test_a_private_nat_gateway_has_no_elastic_ip(account: Account) -> None:
    gateway = described(account, created(account, ConnectivityType="private", PrivateIpAddress="172.31.0.77"))
    [held] = gateway["NatGatewayAddresses"]
    assert (held["PrivateIp"], "PublicIp" in held) == ("172.31.0.77", False)


def test_the_same_request_again_is_the_same_nat_gateway(account: Account) -> None:
    asked = {"SubnetId": account.default_subnet(), "AllocationId": account.allocate(), "ClientToken": "once"}
    gateways = {account.ec2.create_nat_gateway(**asked)["NatGateway"]["NatGatewayId"] for _ in range(2)}
    assert len(gateways) == 1


def test_nat_gateways_are_filtered_and_tagged(account: Account) -> None:
    tags = [{"ResourceType": "natgateway", "Tags": [{"Key": "team", "Value": "net"}]}]
    tagged = created(account, AllocationId=account.allocate(), TagSpecifications=tags)
    created(account, AllocationId=account.allocate(), SubnetId=account.other_subnet())
    for given in ({"Name": "tag:team", "Values": ["net"]}, {"Name": "subnet-id", "Values": [account.default_subnet()]}):
        found = account.ec2.describe_nat_gateways(Filter=[given])["NatGateways"]
        assert [gateway["NatGatewayId"] for gateway in found] == [tagged]


def test_dry_runs_leave_nat_gateways_alone(account: Account) -> None:
    asked = {"SubnetId": account.default_subnet(), "AllocationId": account.allocate()}
    assert refusal(account.ec2.create_nat_gateway, DryRun=True, **asked) == "DryRunOperation"
    gateway = created(account, **asked)
    assert refusal(account.ec2.delete_nat_gateway, DryRun=True, NatGatewayId=gateway) == "DryRunOperation"
    assert described(account, gateway)["State"] == "available"


def test_a_service_managed_address_is_nothing_for_a_nat_gateway(account: Account) -> None:
    address = services.create_service_managed(
        "123456789012",
        "us-east-1",
        service="alb",
        subnet_id=account.default_subnet(),
        network_interface_description="ELB app/web/0123456789abcdef",
    )
    gateway = described(account, created(account, AllocationId=address.id))
    assert gateway["State"] == "failed"


def test_a_subnet_without_a_free_address_takes_no_more(account: Account) -> None:
    vpc = account.ec2.create_vpc(CidrBlock="10.7.0.0/24")["Vpc"]["VpcId"]
    subnet = account.ec2.create_subnet(VpcId=vpc, CidrBlock="10.7.0.0/28")["Subnet"]["SubnetId"]
    gateways = [
        account.ec2.create_nat_gateway(SubnetId=subnet, ConnectivityType="private")["NatGateway"]["NatGatewayId"]
        for _ in range(11)
    ]
    full = {"SubnetId": subnet, "ConnectivityType": "private"}
    assert refusal(account.ec2.create_nat_gateway, **full) == "InsufficientFreeAddressesInSubnet"
    account.ec2.delete_nat_gateway(NatGatewayId=gateways[0])
    account.settle(120)
    assert account.ec2.create_nat_gateway(**full)["NatGateway"]["State"] == "pending"
