"""AWS::EC2::EIP and AWS::EC2::EIPAssociation for MiniStack's CloudFormation, which has neither.

CloudFormation user guide, the pages of the two types: Ref of an EIP is the address, of an association its id.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ministack.core.responses import get_account_id, get_region
from moto.ec2.exceptions import EC2ClientError, InvalidAddressError
from moto.ec2.models import ec2_backends

from simulator.elastic_ips.exceptions import AssociationIdNotFoundError
from simulator.moto_services import exclusively

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from simulator.elastic_ips.models.addresses import ElasticIp

Properties = dict[str, Any]
Provisioned = tuple[str, dict[str, str]]
"""The physical id, and the attributes that Fn::GetAtt knows."""


def _create_address(_logical_id: str, properties: Properties, _stack_name: str) -> Provisioned:
    with _backend() as backend:
        if properties.get("TransferAddress"):
            backend.accept_address_transfer(properties["TransferAddress"], _tags(properties))
            address = backend.elastic_ip_at(properties["TransferAddress"])
        else:
            address = backend.allocate_address(
                address=properties.get("Address"),
                tags=_tags(properties),
                ipam_pool_id=properties.get("IpamPoolId"),
                public_ipv4_pool=properties.get("PublicIpv4Pool"),
                network_border_group=properties.get("NetworkBorderGroup"),
            )
        _associate_instance(backend, address, properties)
        return _provisioned(address)


def _update_address(public_ip: str, old: Properties, new: Properties, _stack_name: str) -> Provisioned:
    """Tags that the template does not name stay, like those that were set by hand."""
    with _backend() as backend:
        address = backend.elastic_ip_at(public_ip)
        backend.delete_tag_keys([address.id], [key for key in _tags(old) if key not in _tags(new)])
        backend.create_tags([address.id], _tags(new))
        if old.get("InstanceId") != new.get("InstanceId"):
            if address.is_associated():
                backend.disassociate_address(address=public_ip)
            _associate_instance(backend, address, new)
        return _provisioned(address)


def _delete_address(public_ip: str, properties: Properties) -> None:
    """Release the address, off the instance that the template put it on; one that is gone already is deleted."""
    with _backend() as backend:
        try:
            address = backend.elastic_ip_at(public_ip)
        except InvalidAddressError:
            return
        if properties.get("InstanceId") and address.is_associated():
            backend.disassociate_address(address=public_ip)
        backend.release_address(allocation_id=address.id)


def _create_association(_logical_id: str, properties: Properties, _stack_name: str) -> Provisioned:
    with _backend() as backend:
        instance, interface = properties.get("InstanceId"), properties.get("NetworkInterfaceId")
        address = backend.associate_address(
            instance=backend.get_instance(instance) if instance else None,
            eni=backend.get_network_interface(interface) if interface else None,
            address=properties.get("EIP"),
            allocation_id=properties.get("AllocationId"),
            private_ip_address=properties.get("PrivateIpAddress"),
        )
        return address.association_id, {"Id": address.association_id}


def _delete_association(association_id: str, _properties: Properties) -> None:
    with _backend() as backend:
        try:
            backend.disassociate_address(association_id=association_id)
        except AssociationIdNotFoundError:
            return


HANDLERS = {
    "AWS::EC2::EIP": {"create": _create_address, "update": _update_address, "delete": _delete_address},
    "AWS::EC2::EIPAssociation": {"create": _create_association, "delete": _delete_association},
}

REPLACING_PROPERTIES = {
    "AWS::EC2::EIP": (
        "Address",
        "Domain",
        "IpamPoolId",
        "NetworkBorderGroup",
        "PublicIpv4Pool",
        "TransferAddress",
    ),
    "AWS::EC2::EIPAssociation": ("AllocationId", "EIP", "InstanceId", "NetworkInterfaceId", "PrivateIpAddress"),
}
"""What cannot be changed in place."""

STACK_TAG_PROPERTIES = {"AWS::EC2::EIP": ("Tags", "list")}
"""Where stack tags and the tags `aws:cloudformation:...` are merged in."""


@contextmanager
def _backend() -> Iterator[Any]:
    """The EC2 of the stack's account and Region; its errors as CloudFormation tells them."""
    with exclusively():
        try:
            yield ec2_backends[get_account_id()][get_region()]
        except EC2ClientError as error:
            raise ValueError(f"{error.message} (Service: Ec2, Status Code: 400, Error Code: {error.code})") from error


def _associate_instance(backend: Any, address: ElasticIp, properties: Properties) -> None:  # noqa: ANN401
    if properties.get("InstanceId"):
        instance = backend.get_instance(properties["InstanceId"])
        backend.associate_address(instance=instance, allocation_id=address.id)


def _tags(properties: Properties) -> Mapping[str, str]:
    return {tag["Key"]: tag["Value"] for tag in properties.get("Tags") or ()}


def _provisioned(address: ElasticIp) -> Provisioned:
    return address.public_ip, {"AllocationId": address.id, "PublicIp": address.public_ip}
