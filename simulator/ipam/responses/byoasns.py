"""ProvisionIpamByoasn and its siblings."""

from __future__ import annotations

from moto.core.responses import ActionResult

from simulator.ipam.pagination import PageBounds
from simulator.ipam.responses._base_response import IpamBaseResponse

BYOASN_PAGE = PageBounds(least=1, most=100)


class IpamByoasns(IpamBaseResponse):
    """The operations on ASNs of one's own."""

    def provision_ipam_byoasn(self) -> ActionResult:
        """ProvisionIpamByoasn."""
        self.error_on_dryrun()
        ipam_id, asn = self._required("IpamId"), self._required("Asn")
        self._required("AsnAuthorizationContext.Signature")
        message = self._required("AsnAuthorizationContext.Message")
        return ActionResult({"Byoasn": self.ec2_backend.provision_ipam_byoasn(ipam_id, asn, message=message)})

    def describe_ipam_byoasn(self) -> ActionResult:
        """DescribeIpamByoasn."""
        self.error_on_dryrun()
        return self._page("Byoasns", self.ec2_backend.describe_ipam_byoasns(), bounds=BYOASN_PAGE)

    def deprovision_ipam_byoasn(self) -> ActionResult:
        """DeprovisionIpamByoasn."""
        self.error_on_dryrun()
        byoasn = self.ec2_backend.deprovision_ipam_byoasn(self._required("IpamId"), self._required("Asn"))
        return ActionResult({"Byoasn": byoasn})

    def associate_ipam_byoasn(self) -> ActionResult:
        """AssociateIpamByoasn."""
        self.error_on_dryrun()
        association = self.ec2_backend.associate_ipam_byoasn(self._required("Asn"), self._required("Cidr"))
        return ActionResult({"AsnAssociation": association})

    def disassociate_ipam_byoasn(self) -> ActionResult:
        """DisassociateIpamByoasn."""
        self.error_on_dryrun()
        association = self.ec2_backend.disassociate_ipam_byoasn(self._required("Asn"), self._required("Cidr"))
        return ActionResult({"AsnAssociation": association})
