"""ProvisionIpamPoolCidr, DeprovisionIpamPoolCidr and GetIpamPoolCidrs."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult

from simulator.ipam.responses._base_response import IpamBaseResponse


class IpamPoolCidrs(IpamBaseResponse):
    """The operations on the CIDRs of pools."""

    def provision_ipam_pool_cidr(self) -> ActionResult:
        """ProvisionIpamPoolCidr."""
        self.error_on_dryrun()
        return self._once(self._provision_ipam_pool_cidr)

    def get_ipam_pool_cidrs(self) -> ActionResult:
        """GetIpamPoolCidrs."""
        self.error_on_dryrun()
        cidrs = self.ec2_backend.get_ipam_pool_cidrs(self._required("IpamPoolId"), self._filters_from_querystring())
        return self._page("IpamPoolCidrs", cidrs)

    def deprovision_ipam_pool_cidr(self) -> ActionResult:
        """DeprovisionIpamPoolCidr."""
        self.error_on_dryrun()
        cidr = self.ec2_backend.deprovision_ipam_pool_cidr(self._required("IpamPoolId"), cidr=self._get_param("Cidr"))
        return ActionResult({"IpamPoolCidr": cidr})

    def _provision_ipam_pool_cidr(self) -> dict[str, Any]:
        cidr = self.ec2_backend.provision_ipam_pool_cidr(
            self._required("IpamPoolId"),
            cidr=self._get_param("Cidr"),
            netmask_length=self._get_int_param("NetmaskLength"),
            authorized=self._is_authorized(),
        )
        return {
            "IpamPoolCidr": {
                "Cidr": cidr.cidr,
                "State": cidr.state,
                "IpamPoolCidrId": cidr.ipam_pool_cidr_id,
                "NetmaskLength": cidr.netmask_length,
            }
        }

    def _is_authorized(self) -> bool:
        """Whether the request proves that the range is the caller's: by a signed message, or by a valid token."""
        if self._one_of("VerificationMethod", "remarks-x509", "dns-token") == "dns-token":
            self.ec2_backend.check_ipam_verification_token(self._required("IpamExternalResourceVerificationTokenId"))
            return True
        return all(self._get_param(f"CidrAuthorizationContext.{part}") for part in ("Message", "Signature"))
