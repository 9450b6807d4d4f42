"""Addresses that services of AWS's manage in a user's account."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from moto.ec2.exceptions import EC2ClientError

from simulator.elastic_ips import services
from tests.simulator.elastic_ips.conftest import OTHER, refusal

if TYPE_CHECKING:
    from simulator.elastic_ips.models.addresses import ElasticIp
    from tests.simulator.elastic_ips.conftest import Account

DESCRIPTION = "ELB app/web/0123456789abcdef"


def managed(account: Account, service: services.Service = "alb", ipam_pool_id: str | None = None) -> ElasticIp:
    return services.create_service_managed(
        "123456789012",
        "us-east-1",
        service=service,
        subnet_id=account.default_subnet(),
        network_interface_description=DESCRIPTION,
        ipam_pool_id=ipam_pool_id,
    )


@pytest.mark.parametrize("service", ["alb", "nlb", "rnat", "rds"])
def test_the_service_is_shown_with_its_address_and_interface(account: Account, service: services.Service) -> None:
    address = account.address(managed(account, service).id)
    [interface] = account.ec2.describe_network_interfaces()["NetworkInterfaces"]
    assert address["ServiceManaged"] == service
    assert address["NetworkInterfaceId"] == interface["NetworkInterfaceId"]
    assert (interface["Description"], interface["RequesterManaged"]) == (DESCRIPTION, True)


def test_users_can_neither_release_nor_move_nor_tag_it(account: Account) -> None:
    address = account.address(managed(account).id)
    allocation = {"AllocationId": address["AllocationId"]}
    tags = [{"Key": "team", "Value": "net"}]
    resources = [address["AllocationId"]]
    other = account.interface()["NetworkInterfaceId"]
    ec2 = account.ec2
    assert refusal(ec2.release_address, **allocation) == "AuthFailure"
    assert refusal(ec2.disassociate_address, AssociationId=address["AssociationId"]) == "AuthFailure"
    assert refusal(ec2.associate_address, NetworkInterfaceId=other, **allocation) == "AuthFailure"
    assert refusal(ec2.enable_address_transfer, TransferAccountId=OTHER, **allocation) == "AuthFailure"
    assert refusal(ec2.create_tags, Resources=resources, Tags=tags) == "AuthFailure"
    assert refusal(ec2.delete_tags, Resources=resources, Tags=tags) == "AuthFailure"
    assert account.address(address["AllocationId"]) == address


def test_it_comes_from_the_pool_until_that_is_empty(account: Account) -> None:
    pool = account.contiguous_pool()
    addresses = [managed(account, ipam_pool_id=pool).public_ip for _ in range(4)]
    assert addresses == [f"18.97.0.{number}" for number in range(4)]
    assert {allocation["ResourceType"] for allocation in account.allocations(pool)} == {"eip"}
    with pytest.raises(EC2ClientError, match="too big for the pool"):
        managed(account, ipam_pool_id=pool)


def test_the_service_can_give_it_up(account: Account) -> None:
    services.release_service_managed(managed(account))
    assert account.addresses() == []
    assert account.ec2.describe_network_interfaces()["NetworkInterfaces"] == []
