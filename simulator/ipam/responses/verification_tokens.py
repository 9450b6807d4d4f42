"""CreateIpamExternalResourceVerificationToken and its siblings."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult

from simulator.ipam.models.consistency import InState
from simulator.ipam.responses._base_response import IpamBaseResponse

KIND = "ipam-external-resource-verification-token"


class IpamVerificationTokens(IpamBaseResponse):
    """The operations on verification tokens."""

    def create_ipam_external_resource_verification_token(self) -> ActionResult:
        """CreateIpamExternalResourceVerificationToken."""
        self.error_on_dryrun()
        return self._once(self._create_token)

    def describe_ipam_external_resource_verification_tokens(self) -> ActionResult:
        """DescribeIpamExternalResourceVerificationTokens."""
        self.error_on_dryrun()
        tokens = self.ec2_backend.describe_ipam_verification_tokens(
            self._get_param("IpamExternalResourceVerificationTokenIds", []), self._filters_from_querystring()
        )
        return self._page("IpamExternalResourceVerificationTokens", tokens)

    def delete_ipam_external_resource_verification_token(self) -> ActionResult:
        """DeleteIpamExternalResourceVerificationToken."""
        self.error_on_dryrun()
        token = self.ec2_backend.delete_ipam_verification_token(
            self._required("IpamExternalResourceVerificationTokenId")
        )
        return ActionResult({"IpamExternalResourceVerificationToken": InState(token, "delete-in-progress")})

    def _create_token(self) -> dict[str, Any]:
        token = self.ec2_backend.create_ipam_verification_token(self._required("IpamId"), tags=self._tags(KIND))
        return {"IpamExternalResourceVerificationToken": InState(token, "create-in-progress")}
