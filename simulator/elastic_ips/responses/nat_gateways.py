"""CreateNatGateway and its siblings."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult

from simulator.elastic_ips.exceptions import UnsupportedOperationError
from simulator.ipam.responses._base_response import IpamBaseResponse


class AddressedNatGateways(IpamBaseResponse):
    """Comes before moto's NatGateways in EC2Response's bases."""

    def create_nat_gateway(self) -> ActionResult:
        """CreateNatGateway."""
        self.error_on_dryrun()
        if self._get_param("AvailabilityMode", "zonal") != "zonal":
            raise UnsupportedOperationError("Regional NAT gateways are not supported.")
        return self._once(self._create_nat_gateway)

    def describe_nat_gateways(self) -> ActionResult:
        """DescribeNatGateways."""
        self.error_on_dryrun()
        gateways = self.ec2_backend.describe_nat_gateways(
            self._filters_from_querystring(), self._get_param("NatGatewayIds", [])
        )
        return self._page("NatGateways", gateways)

    def delete_nat_gateway(self) -> ActionResult:
        """DeleteNatGateway."""
        self.error_on_dryrun()
        gateway = self.ec2_backend.delete_nat_gateway(self._required("NatGatewayId"))
        return ActionResult({"NatGatewayId": gateway.id})

    def associate_nat_gateway_address(self) -> ActionResult:
        """AssociateNatGatewayAddress."""
        self.error_on_dryrun()
        gateway_id = self._required("NatGatewayId")
        addresses = self.ec2_backend.associate_nat_gateway_address(
            gateway_id,
            allocation_ids=self._required("AllocationIds"),
            private_ip_addresses=self._get_param("PrivateIpAddresses", []),
        )
        return ActionResult({"NatGatewayId": gateway_id, "NatGatewayAddresses": addresses})

    def disassociate_nat_gateway_address(self) -> ActionResult:
        """DisassociateNatGatewayAddress."""
        self.error_on_dryrun()
        gateway_id = self._required("NatGatewayId")
        addresses = self.ec2_backend.disassociate_nat_gateway_address(
            gateway_id,
            association_ids=self._required("AssociationIds"),
            drain=self._get_int_param("MaxDrainDurationSeconds"),
        )
        return ActionResult({"NatGatewayId": gateway_id, "NatGatewayAddresses": addresses})

    def _create_nat_gateway(self) -> dict[str, Any]:
        gateway = self.ec2_backend.create_nat_gateway(
            self._required("SubnetId"),
            self._get_param("AllocationId"),
            self._tags("natgateway"),
            self._one_of("ConnectivityType", "public", "private") or "public",
            private_ip_address=self._get_param("PrivateIpAddress"),
            secondary_allocation_ids=self._get_param("SecondaryAllocationIds", []),
        )
        return {"NatGateway": gateway, "ClientToken": self._get_param("ClientToken")}
