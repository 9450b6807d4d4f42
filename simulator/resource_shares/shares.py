"""Resource shares: which resources whom they are shared with, and whom they wait for.

AWS RAM user guide, "Sharing your AWS resources": within an organisation that shares among itself
(`EnableSharingWithAwsOrganization`) principals have what is shared at once; an account outside has to accept an
invitation first. IPAM user guide, "Share an IPAM pool using AWS RAM": only from the home Region of the IPAM.

Whoever changes shares beside other threads holds `moto_services.exclusively`.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from simulator import ipam
from simulator.clock import CLOCK
from simulator.ipam.models.core import account_backends
from simulator.organization import organization_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

ASSOCIATED, ASSOCIATING = "ASSOCIATED", "ASSOCIATING"

_RESOURCE = re.compile(r"arn:aws:ec2::(\d{12}):(ipam-pool|ipam-resource-discovery)/([a-z0-9-]+)")
_PRINCIPAL = re.compile(
    r"\d{12}|arn:aws:organizations::\d{12}:(organization/o-[a-z0-9]+|ou/o-[a-z0-9]+/ou-[a-z0-9]+-[a-z0-9]+)"
)
_SHARE: dict[str, tuple[Callable[[str, Iterable[str]], None], Callable[[str, Iterable[str]], None]]] = {
    "ipam-pool": (ipam.share_pool, ipam.unshare_pool),
    "ipam-resource-discovery": (ipam.share_resource_discovery, ipam.unshare_resource_discovery),
}
"""Type of a resource → how it is shared, and taken back."""

_STORES = {"ipam-pool": "ipam_pools", "ipam-resource-discovery": "ipam_resource_discoveries"}

_TYPES = {"ipam-pool": "ec2:IpamPool", "ipam-resource-discovery": "ec2:IpamResourceDiscovery"}

sharing_organizations: set[str] = set()
"""The ids of the organisations that share among themselves."""


class ShareError(Exception):
    """A request that cannot be carried out, with RAM's code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(slots=True, kw_only=True)
class Invitation:
    """What an account outside of the organisation has to accept."""

    arn: str
    receiver: str
    status: str = "PENDING"
    at: datetime = field(default_factory=CLOCK.now)


@dataclass(slots=True, kw_only=True)
class ResourceShare:
    """Resources of one account, and the principals that they are shared with: status by principal."""

    name: str
    owner: str
    region: str
    allow_external: bool = True
    tags: dict[str, str] = field(default_factory=dict)
    resources: list[str] = field(default_factory=list)
    principals: dict[str, str] = field(default_factory=dict)
    invitations: dict[str, Invitation] = field(default_factory=dict)
    status: str = "ACTIVE"
    created: datetime = field(default_factory=CLOCK.now)
    arn: str = ""

    def __post_init__(self) -> None:
        self.arn = f"arn:aws:ram:{self.region}:{self.owner}:resource-share/{uuid.uuid4()}"

    def add(self, *, resources: Iterable[str], principals: Iterable[str]) -> None:
        """Share these resources too, and with these principals too. Errors: `ShareError`, and nothing is changed."""
        new_resources = [arn for arn in resources if arn not in self.resources]
        new_principals = {each: self._judged(each) for each in principals if each not in self.principals}
        for arn in new_resources:
            self._check_resource(arn)
        admitted = [each for each, status in {**self.principals, **new_principals}.items() if status == ASSOCIATED]
        _each(new_resources, admitted, share=True)
        _each(self.resources, [each for each, status in new_principals.items() if status == ASSOCIATED], share=True)
        self.resources += new_resources
        self.principals |= new_principals
        for principal, status in new_principals.items():
            if status == ASSOCIATING:
                arn = f"arn:aws:ram:{self.region}:{self.owner}:resource-share-invitation/{uuid.uuid4()}"
                self.invitations[principal] = Invitation(arn=arn, receiver=principal)

    def remove(self, *, resources: Iterable[str], principals: Iterable[str]) -> None:
        """Take these resources out of the share, and these principals."""
        gone, left = [arn for arn in self.resources if arn in set(resources)], set(principals)
        admitted = [each for each, status in self.principals.items() if status == ASSOCIATED]
        _each(gone, admitted, share=False)
        self.resources = [arn for arn in self.resources if arn not in gone]
        _each(self.resources, [each for each in admitted if each in left], share=False)
        self.principals = {each: status for each, status in self.principals.items() if each not in left}

    def accept(self, invitation: Invitation) -> None:
        """Let the invited account use what is shared."""
        invitation.status = "ACCEPTED"
        self.principals[invitation.receiver] = ASSOCIATED
        _each(self.resources, [invitation.receiver], share=True)

    def delete(self) -> None:
        """End the share."""
        self.remove(resources=list(self.resources), principals=())
        self.status = "DELETED"

    def _judged(self, principal: str) -> str:
        if not _PRINCIPAL.fullmatch(principal):
            message = f"Principal ID {principal} is malformed. Verify the ID and try again."
            raise ShareError("InvalidParameterException", message)
        organization = organization_of(self.owner)
        shares = organization is not None and organization.id in sharing_organizations
        if principal.startswith("arn:"):
            if not (shares and organization and organization.id in principal):
                message = f"Organization or unit {principal} could not be found, or sharing with it is not enabled."
                raise ShareError("UnknownResourceException", message)
            return ASSOCIATED
        if shares and organization and principal in organization.accounts:
            return ASSOCIATED
        if not self.allow_external:
            message = f"{principal} is outside of your organization, which this resource share does not allow."
            raise ShareError("OperationNotPermittedException", message)
        return ASSOCIATING

    def _check_resource(self, arn: str) -> None:
        found = _RESOURCE.fullmatch(arn)
        if not found:
            raise ShareError(
                "MalformedArnException", f"The specified resource ARN {arn} is not valid or not simulated."
            )
        owner, kind, identifier = found.groups()
        if owner != self.owner or _home_region(owner, kind, identifier) != self.region:
            raise ShareError("UnknownResourceException", f"The resource {arn} could not be found in {self.region}.")


def _home_region(account: str, kind: str, identifier: str) -> str | None:
    """Where the IPAM of a pool or resource discovery is at home; None when there is no such thing."""
    backends = account_backends(account)
    return next((str(each.region_name) for each in backends if identifier in getattr(each, _STORES[kind])), None)


def kind_of(arn: str) -> str:
    """The type of a shared resource, as RAM names it."""
    found = _RESOURCE.fullmatch(arn)
    return _TYPES[found[2]] if found else ""


def _each(resources: Iterable[str], principals: list[str], *, share: bool) -> None:
    if not principals:
        return
    for arn in resources:
        found = _RESOURCE.fullmatch(arn)
        if found:
            _SHARE[found[2]][0 if share else 1](found[3], principals)


def describe(share: ResourceShare) -> dict[str, Any]:
    """The share as RAM's API shows it."""
    return {
        "resourceShareArn": share.arn,
        "name": share.name,
        "owningAccountId": share.owner,
        "allowExternalPrincipals": share.allow_external,
        "status": share.status,
        "tags": [{"key": key, "value": value} for key, value in share.tags.items()],
        "creationTime": share.created,
        "lastUpdatedTime": share.created,
        "featureSet": "STANDARD",
    }
