"""Verification tokens: what the owner of a public range puts into its DNS to prove that the range is theirs.

IPAM user guide, "Verify your domain with a DNS TXT record": valid for 72 hours, at most 100 of them.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from moto.moto_api._internal import mock_random

from simulator.clock import CLOCK
from simulator.ipam.exceptions import (
    InvalidIpamResourceIdNotFoundError,
    InvalidParameterValueError,
    ResourceLimitExceededError,
)
from simulator.ipam.models.consistency import Register
from simulator.ipam.models.core import EC2BackendParts, IpamResource, described
from simulator.ipam.settings import settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from simulator.ipam.models.ipams import Ipam

LIFETIME = timedelta(hours=72)


class IpamExternalResourceVerificationToken(IpamResource):
    """A token; it expires by itself."""

    kind = "ipam-external-resource-verification-token"
    id_prefix = "ipam-ext-res-ver-token"
    filter_names = {  # noqa: RUF012 - read only
        "ipam-external-resource-verification-token-id": "id",
        "ipam-external-resource-verification-token-arn": "arn",
        "ipam-id": "ipam_id",
        "ipam-arn": "ipam_arn",
        "ipam-region": "ipam_region",
        "token-name": "token_name",
        "token-value": "token_value",
        "status": "status",
        "state": "state",
    }

    def __init__(self, ec2_backend: Any, ipam: Ipam) -> None:  # noqa: ANN401 - moto is untyped
        super().__init__(ec2_backend)
        self.ipam_id = ipam.id
        self.ipam_arn = ipam.arn
        self.token_name = f"{mock_random.randrange(10**8):08}"
        self.token_value = str(uuid.UUID(int=mock_random.getrandbits(128), version=4))
        self.not_after = CLOCK.now() + LIFETIME

    @property
    def status(self) -> str:
        """`valid` until its time is over, then `expired`."""
        return "valid" if CLOCK.now() < self.not_after else "expired"


class IpamVerificationTokensBackend(EC2BackendParts):
    """The tokens of the IPAM whose home is this Region."""

    def __init__(self) -> None:
        self.ipam_verification_tokens: Register[IpamExternalResourceVerificationToken] = Register()

    def create_ipam_verification_token(
        self, ipam_id: str, *, tags: Mapping[str, str] | None = None
    ) -> IpamExternalResourceVerificationToken:
        """A new token, usable at once."""
        ipam = self.get_ipam(ipam_id)
        limit = settings().verification_tokens
        if len(self.ipam_verification_tokens) >= limit:
            raise ResourceLimitExceededError("verification tokens", limit)
        token = IpamExternalResourceVerificationToken(self, ipam)
        token.add_tags(dict(tags or {}))
        self.ipam_verification_tokens[token.id] = token
        return token

    def describe_ipam_verification_tokens(
        self, token_ids: Sequence[str], filters: Mapping[str, Sequence[str]]
    ) -> list[IpamExternalResourceVerificationToken]:
        """The tokens, or those of the given ids, that match the filters."""
        seen = self.ipam_verification_tokens.seen()
        return described(IpamExternalResourceVerificationToken, seen, token_ids, filters)

    def delete_ipam_verification_token(self, token_id: str) -> IpamExternalResourceVerificationToken:
        """Delete a token, expired or not."""
        token = self._token(token_id)
        token.forget_tags()
        self.ipam_verification_tokens.remove(token.id)
        return token

    def check_ipam_verification_token(self, token_id: str) -> None:
        """InvalidParameterValue for a token that has expired.

        Whether the token stands in the owner's DNS is not looked up: there is no such zone here.
        """
        if self._token(token_id).status != "valid":
            raise InvalidParameterValueError(f"The verification token {token_id} has expired.")

    def _token(self, token_id: str) -> IpamExternalResourceVerificationToken:
        if token_id not in self.ipam_verification_tokens:
            raise InvalidIpamResourceIdNotFoundError("ipam-external-resource-verification-token", token_id)
        return self.ipam_verification_tokens[token_id]
