"""AllocateAddress and its siblings."""

from __future__ import annotations

from moto.core.responses import ActionResult, EmptyResult

from simulator.elastic_ips.exceptions import UnsupportedOperationError
from simulator.ipam.exceptions import (
    InvalidParameterCombinationError,
    InvalidParameterValueError,
    MissingParameterError,
)
from simulator.ipam.responses._base_response import IpamBaseResponse


class ElasticIpAddresses(IpamBaseResponse):
    """Comes before moto's ElasticIPAddresses in EC2Response's bases."""

    def allocate_address(self) -> ActionResult:
        """AllocateAddress."""
        if self._get_param("CustomerOwnedIpv4Pool"):
            raise UnsupportedOperationError("Customer-owned IP address pools need an Outpost.")
        tags = self._tags("elastic-ip")
        self.error_on_dryrun()
        address = self.ec2_backend.allocate_address(
            address=self._get_param("Address"),
            tags=tags,
            ipam_pool_id=self._get_param("IpamPoolId"),
            public_ipv4_pool=self._get_param("PublicIpv4Pool"),
            network_border_group=self._get_param("NetworkBorderGroup"),
        )
        return ActionResult(
            {
                "PublicIp": address.public_ip,
                "AllocationId": address.allocation_id,
                "PublicIpv4Pool": address.public_ipv4_pool,
                "NetworkBorderGroup": address.network_border_group,
                "Domain": address.domain,
            }
        )

    def associate_address(self) -> ActionResult:
        """AssociateAddress. Reassociation is automatic unless it is forbidden."""
        instance_id, interface_id = self._get_param("InstanceId"), self._get_param("NetworkInterfaceId")
        public_ip, allocation_id = self._named_address("AllocationId", "allocation id")
        if instance_id and interface_id:
            raise InvalidParameterCombinationError("You may specify an instance or a network interface, but not both.")
        if not instance_id and not interface_id:
            raise MissingParameterError("instanceId", "networkInterfaceId")
        instance = self.ec2_backend.get_instance(instance_id) if instance_id else None
        interface = self.ec2_backend.get_network_interface(interface_id) if interface_id else None
        self.error_on_dryrun()
        address = self.ec2_backend.associate_address(
            instance=instance,
            eni=interface,
            address=public_ip,
            allocation_id=allocation_id,
            reassociate=self._get_bool_param("AllowReassociation", if_none=True),
            private_ip_address=self._get_param("PrivateIpAddress"),
        )
        return ActionResult({"AssociationId": address.association_id})

    def describe_addresses(self) -> ActionResult:
        """DescribeAddresses."""
        self.error_on_dryrun()
        addresses = self.ec2_backend.describe_addresses(
            self._get_param("AllocationIds", []), self._get_param("PublicIps", []), self._filters_from_querystring()
        )
        return ActionResult({"Addresses": addresses})

    def disassociate_address(self) -> ActionResult:
        """DisassociateAddress."""
        public_ip, association_id = self._named_address("AssociationId", "association id")
        if public_ip:
            raise InvalidParameterValueError(
                "You must specify an association id when unmapping an address from a VPC instance"
            )
        self.error_on_dryrun()
        self.ec2_backend.disassociate_address(association_id=association_id)
        return EmptyResult()

    def release_address(self) -> ActionResult:
        """ReleaseAddress. A dry run is refused for the same reasons as the real one."""
        public_ip, allocation_id = self._named_address("AllocationId", "allocation id")
        if public_ip:
            raise InvalidParameterValueError(
                "You must specify an allocation id when releasing a VPC elastic IP address"
            )
        address = self.ec2_backend.releasable_address(
            allocation_id, network_border_group=self._get_param("NetworkBorderGroup")
        )
        self.error_on_dryrun()
        self.ec2_backend.let_go(address)
        return EmptyResult()

    def _named_address(self, parameter: str, called: str) -> tuple[str | None, str | None]:
        """The address and the id that the request names: exactly one of them is there."""
        public_ip, identifier = self._get_param("PublicIp"), self._get_param(parameter)
        if public_ip and identifier:
            raise InvalidParameterCombinationError(
                f"You may specify public IP or {called}, but not both in the same call"
            )
        if not public_ip and not identifier:
            raise MissingParameterError("publicIp", parameter[0].lower() + parameter[1:])
        return public_ip, identifier
