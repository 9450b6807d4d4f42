"""Finding the interfaces of load balancers among all others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.simulator.elastic_ips.conftest import refusal

if TYPE_CHECKING:
    from tests.simulator.load_balancers.conftest import Account


def found(account: Account, name: str, *values: str) -> set[str]:
    """The ids of the interfaces that a filter finds."""
    described = account.ec2.describe_network_interfaces(Filters=[{"Name": name, "Values": list(values)}])
    return {interface["NetworkInterfaceId"] for interface in described["NetworkInterfaces"]}


def test_interfaces_are_found_by_their_addresses_and_by_who_has_them(account: Account) -> None:
    pool = account.contiguous_pool()
    arn = account.arn(pool=pool)
    allocation, association = account.associated()
    user = account.address(allocation)
    balancer = account.interfaces(arn)
    first = balancer[0]["Association"]
    ids = {interface["NetworkInterfaceId"] for interface in balancer}
    for name, values, expected in (
        ("association.public-ip", [user["PublicIp"]], {user["NetworkInterfaceId"]}),
        ("association.public-ip", [first["PublicIp"], "18.97.255.*"], {balancer[0]["NetworkInterfaceId"]}),
        ("addresses.association.public-ip", ["18.97.0.?"], ids),
        ("association.allocation-id", [first["AllocationId"]], {balancer[0]["NetworkInterfaceId"]}),
        ("association.association-id", [association], {user["NetworkInterfaceId"]}),
        ("association.ip-owner-id", ["123456789012"], {*ids, user["NetworkInterfaceId"]}),
        ("attachment.instance-owner-id", ["amazon-elb"], ids),
        ("requester-id", ["amazon-elb"], ids),
        ("description", ["ELB app/*"], ids),
    ):
        assert (name, found(account, name, *values)) == (name, expected)


def test_amazons_addresses_are_owned_by_the_service_that_has_them(account: Account) -> None:
    arn, instance = account.arn(), account.instance()
    ids = {interface["NetworkInterfaceId"] for interface in account.interfaces(arn)}
    assert found(account, "association.ip-owner-id", "amazon-elb") == ids
    [other] = found(account, "attachment.instance-id", instance)
    assert found(account, "attachment.instance-owner-id", "123456789012") == {other}


def test_interfaces_are_listed_in_pages_and_each_of_them_once(account: Account) -> None:
    for number in range(4):
        account.arn(f"web-{number}")
    everything = account.ec2.describe_network_interfaces()["NetworkInterfaces"]
    pages = account.ec2.get_paginator("describe_network_interfaces").paginate(PaginationConfig={"PageSize": 5})
    listed = [page["NetworkInterfaces"] for page in pages]
    assert [len(page) for page in listed] == [5, 3]
    assert [interface for page in listed for interface in page] == everything
    assert refusal(account.ec2.describe_network_interfaces, MaxResults=1001) == "InvalidParameterValue"
