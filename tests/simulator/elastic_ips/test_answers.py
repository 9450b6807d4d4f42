"""The models have every member that the shapes of AWS's answers have: the serializer would leave out a misspelt one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore import xform_name
from moto.ec2.models import ec2_backends

from tests.simulator.elastic_ips.conftest import OTHER
from tests.simulator.ipam.conftest import ACCOUNT, HOME, session

if TYPE_CHECKING:
    from tests.simulator.elastic_ips.conftest import Account

NOT_HAD = {
    "Address": {"CarrierIp", "CustomerOwnedIp", "CustomerOwnedIpv4Pool", "SubnetId", "Tags"},
    "AddressAttribute": set(),
    "AddressTransfer": set(),
    "NatGateway": {
        "AttachedAppliances",
        "AutoProvisionZones",
        "AutoScalingIps",
        "ProvisionedBandwidth",
        "RouteTableId",
        "Tags",
    },
    "NatGatewayAddress": {"AvailabilityZone", "AvailabilityZoneId", "FailureMessage"},
}
"""Members of Outposts, Wavelength Zones and Regional NAT gateways; tags are found under the name that moto uses."""


@pytest.fixture
def models(account: Account) -> dict[str, Any]:
    """One model of each shape, by the shape's name."""
    allocation = account.allocate()
    account.ec2.enable_address_transfer(AllocationId=allocation, TransferAccountId=OTHER)
    account.ec2.create_nat_gateway(SubnetId=account.default_subnet(), AllocationId=account.allocate())
    backend = ec2_backends[ACCOUNT][HOME]
    gateway = next(iter(backend.nat_gateways.values()))
    return {
        "Address": backend.addresses[0],
        "AddressAttribute": backend.addresses[0],
        "AddressTransfer": backend.address_transfers[allocation],
        "NatGateway": gateway,
        "NatGatewayAddress": gateway.address_set[0],
    }


def test_every_member_of_every_shape_has_an_attribute(models: dict[str, Any]) -> None:
    shapes = session().client("ec2", region_name=HOME).meta.service_model
    for name, model in models.items():
        lacking = {
            member
            for member in shapes.shape_for(name).members
            if not hasattr(model, xform_name(member)) and not hasattr(model, xform_name(member.removeprefix(name)))
        }
        assert lacking == NOT_HAD[name]
