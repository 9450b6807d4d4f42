"""AssociateAddress and DisassociateAddress."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.simulator.elastic_ips.conftest import refusal

if TYPE_CHECKING:
    from tests.simulator.elastic_ips.conftest import Account


def test_an_address_on_an_instance_shows_instance_interface_and_private_address(account: Account) -> None:
    allocation, instance = account.allocate(), account.instance()
    association = account.ec2.associate_address(AllocationId=allocation, InstanceId=instance)["AssociationId"]
    [interface] = account.ec2.describe_network_interfaces()["NetworkInterfaces"]
    shown = account.address(allocation)
    assert shown["AssociationId"] == association
    assert shown["InstanceId"] == instance
    assert shown["NetworkInterfaceId"] == interface["NetworkInterfaceId"]
    assert shown["NetworkInterfaceOwnerId"] == "123456789012"
    assert shown["PrivateIpAddress"] == interface["PrivateIpAddress"]
    assert interface["Association"]["PublicIp"] == shown["PublicIp"]


def test_the_address_can_be_named_by_itself_as_the_guide_does(account: Account) -> None:
    allocation = account.allocate()
    public_ip = account.address(allocation)["PublicIp"]
    account.ec2.associate_address(PublicIp=public_ip, InstanceId=account.instance())
    assert "AssociationId" in account.address(allocation)


def test_each_private_address_of_an_interface_can_have_its_own(account: Account) -> None:
    interface = account.interface(SecondaryPrivateIpAddressCount=1)
    private = [entry["PrivateIpAddress"] for entry in interface["PrivateIpAddresses"]]
    for address in private:
        account.ec2.associate_address(
            AllocationId=account.allocate(),
            NetworkInterfaceId=interface["NetworkInterfaceId"],
            PrivateIpAddress=address,
        )
    shown = {each["PrivateIpAddress"]: each for each in account.ec2.describe_addresses()["Addresses"]}
    [interface] = account.ec2.describe_network_interfaces()["NetworkInterfaces"]
    associations = {
        entry["PrivateIpAddress"]: entry["Association"]["PublicIp"] for entry in interface["PrivateIpAddresses"]
    }
    assert associations == {address: shown[address]["PublicIp"] for address in private}


def test_a_private_address_must_be_the_interfaces(account: Account) -> None:
    interface = account.interface()["NetworkInterfaceId"]
    given = {"AllocationId": account.allocate(), "NetworkInterfaceId": interface, "PrivateIpAddress": "10.9.9.9"}
    assert refusal(account.ec2.associate_address, **given) == "InvalidParameterValue"


def test_an_address_moves_by_itself_to_another_interface(account: Account) -> None:
    allocation, first = account.associated()
    other = account.interface()["NetworkInterfaceId"]
    second = account.ec2.associate_address(AllocationId=allocation, NetworkInterfaceId=other)["AssociationId"]
    assert second != first
    assert account.address(allocation)["NetworkInterfaceId"] == other


def test_an_interface_that_gets_another_address_lets_its_present_one_go(account: Account) -> None:
    present, _ = account.associated()
    interface = account.address(present)["NetworkInterfaceId"]
    account.ec2.associate_address(AllocationId=account.allocate(), NetworkInterfaceId=interface)
    assert "AssociationId" not in account.address(present)


def test_nothing_moves_where_reassociation_is_forbidden(account: Account) -> None:
    allocation, _ = account.associated()
    taken = account.address(allocation)["NetworkInterfaceId"]
    free = account.interface()["NetworkInterfaceId"]
    forbidden = {"AllowReassociation": False}
    moved = {"AllocationId": allocation, "NetworkInterfaceId": free}
    displacing = {"AllocationId": account.allocate(), "NetworkInterfaceId": taken}
    for given in (moved, displacing):
        assert refusal(account.ec2.associate_address, **given, **forbidden) == "Resource.AlreadyAssociated"
    assert account.address(allocation)["NetworkInterfaceId"] == taken


def test_the_same_association_again_changes_nothing(account: Account) -> None:
    allocation, association = account.associated()
    interface = account.address(allocation)["NetworkInterfaceId"]
    again = account.ec2.associate_address(
        AllocationId=allocation, NetworkInterfaceId=interface, AllowReassociation=False
    )
    assert again["AssociationId"] == association


def test_an_instance_with_two_interfaces_needs_one_named(account: Account) -> None:
    instance = account.instance()
    second = account.interface()["NetworkInterfaceId"]
    account.ec2.attach_network_interface(NetworkInterfaceId=second, InstanceId=instance, DeviceIndex=1)
    allocation = account.allocate()
    assert refusal(account.ec2.associate_address, AllocationId=allocation, InstanceId=instance) == "InvalidInstanceID"
    account.ec2.associate_address(AllocationId=allocation, NetworkInterfaceId=second)
    assert account.address(allocation)["InstanceId"] == instance


def test_a_disassociated_address_is_idle(account: Account) -> None:
    allocation, association = account.associated()
    account.ec2.disassociate_address(AssociationId=association)
    shown = account.address(allocation)
    assert not {"AssociationId", "InstanceId", "NetworkInterfaceId", "PrivateIpAddress"} & shown.keys()
    assert refusal(account.ec2.disassociate_address, AssociationId=association) == "InvalidAssociationID.NotFound"


def test_what_an_address_is_on_can_go_away(account: Account) -> None:
    on_interface, _ = account.associated()
    account.ec2.delete_network_interface(NetworkInterfaceId=account.address(on_interface)["NetworkInterfaceId"])
    on_instance, instance = account.allocate(), account.instance()
    account.ec2.associate_address(AllocationId=on_instance, InstanceId=instance)
    account.ec2.terminate_instances(InstanceIds=[instance])
    interface = account.interface(SecondaryPrivateIpAddressCount=1)
    secondary = interface["PrivateIpAddresses"][1]["PrivateIpAddress"]
    named = {"NetworkInterfaceId": interface["NetworkInterfaceId"]}
    on_secondary = account.allocate()
    account.ec2.associate_address(AllocationId=on_secondary, PrivateIpAddress=secondary, **named)
    account.ec2.unassign_private_ip_addresses(PrivateIpAddresses=[secondary], **named)
    for allocation in (on_interface, on_instance, on_secondary):
        assert "AssociationId" not in account.address(allocation)


def test_a_terminated_instance_can_have_no_address(account: Account) -> None:
    instance = account.instance()
    account.ec2.terminate_instances(InstanceIds=[instance])
    given = {"AllocationId": account.allocate(), "InstanceId": instance}
    assert refusal(account.ec2.associate_address, **given) == "InvalidInstanceID"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"NetworkInterfaceId": "eni-1"}, "MissingParameter"),
        ({"AllocationId": "eipalloc-1"}, "MissingParameter"),
        ({"AllocationId": "eipalloc-1", "PublicIp": "8.8.8.8"}, "InvalidParameterCombination"),
        (
            {"AllocationId": "eipalloc-1", "NetworkInterfaceId": "eni-1", "InstanceId": "i-1"},
            "InvalidParameterCombination",
        ),
    ],
)
def test_an_association_names_one_address_and_one_place(account: Account, given: dict[str, str], code: str) -> None:
    assert refusal(account.ec2.associate_address, **given) == code


def test_an_address_of_another_account_cannot_be_associated(account: Account) -> None:
    foreign = account.other().allocate_address()
    interface = account.interface()["NetworkInterfaceId"]
    for name in ("AllocationId", "PublicIp"):
        given = {name: foreign[name], "NetworkInterfaceId": interface}
        assert refusal(account.ec2.associate_address, **given) == "AuthFailure"


def test_a_disassociation_must_be_named_by_its_id(account: Account) -> None:
    assert refusal(account.ec2.disassociate_address, PublicIp="8.8.8.8") == "InvalidParameterValue"
    assert refusal(account.ec2.disassociate_address) == "MissingParameter"


def test_dry_runs_change_nothing(account: Account) -> None:
    allocation, association = account.associated()
    other = account.interface()["NetworkInterfaceId"]
    moving = {"AllocationId": allocation, "NetworkInterfaceId": other}
    assert refusal(account.ec2.associate_address, DryRun=True, **moving) == "DryRunOperation"
    assert refusal(account.ec2.disassociate_address, DryRun=True, AssociationId=association) == "DryRunOperation"
    assert account.address(allocation)["AssociationId"] == association
