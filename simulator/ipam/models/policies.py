"""IPAM policies: out of which pools new public IPv4 addresses of services come.

IPAM user guide, "Define public IPv4 allocation strategy with IPAM policies".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from simulator.ipam.exceptions import (
    DependencyViolationError,
    IncorrectStateError,
    InvalidIpamResourceIdNotFoundError,
    InvalidParameterValueError,
    MissingParameterError,
    OperationNotPermittedError,
)
from simulator.ipam.models.consistency import Register
from simulator.ipam.models.core import EC2BackendParts, IpamResource, described, everywhere
from simulator.ipam.models.coverage import administered_organization
from simulator.ipam.models.policy_enforcement import policy_in_force

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from simulator.ipam.models.ipams import Ipam

RESOURCE_TYPES = ("alb", "eip", "rds", "rnat")
"""Application Load Balancers, Elastic IPs, RDS databases and Regional NAT gateways."""

_UNIT_OR_ROOT = re.compile(r"(ou-[a-z0-9]+-[a-z0-9]+|r-[a-z0-9]+)")

DOCUMENT_FILTERS = {"locale": "locale", "resource-type": "resource_type"}
"""The API reference names none: they are named after the members of the answer, as other filters of EC2's are."""


@dataclass(frozen=True, kw_only=True)
class IpamPolicyDocument:
    """The pools, first choice first, that one kind of resource gets its addresses from in one locale."""

    tag_map: ClassVar[Mapping[str, str]] = {}

    ipam_policy_id: str
    locale: str
    resource_type: str
    pool_ids: tuple[str, ...]

    @property
    def key(self) -> tuple[str, str]:
        """What tells this document from the policy's others; lists of them are in this order."""
        return self.locale, self.resource_type

    @property
    def allocation_rules(self) -> list[dict[str, str]]:
        """The pools as answers list them."""
        return [{"SourceIpamPoolId": pool_id} for pool_id in self.pool_ids]


class IpamPolicy(IpamResource):
    """A policy, with the accounts, units and roots that it is enabled for."""

    kind = "ipam-policy"
    lagging = ("state", "documents")
    filter_names = {  # noqa: RUF012 - read only
        "ipam-policy-id": "id",
        "ipam-policy-arn": "arn",
        "ipam-policy-region": "ipam_region",
        "ipam-id": "ipam_id",
        "owner-id": "owner_id",
        "state": "state",
    }

    def __init__(self, ec2_backend: Any, ipam: Ipam) -> None:  # noqa: ANN401 - moto is untyped
        super().__init__(ec2_backend)
        self.ipam = ipam
        self.documents: Mapping[tuple[str, str], IpamPolicyDocument] = {}
        self.targets: list[str] = []

    @property
    def ipam_id(self) -> str:
        """The id of the policy's IPAM."""
        return self.ipam.id

    @property
    def ipam_policy_region(self) -> str:
        """The home Region of the policy's IPAM."""
        return self.ipam_region

    def pool_ids(self, resource_type: str, locale: str) -> tuple[str, ...]:
        """The pools that such a resource gets its addresses from there, first choice first."""
        document = self.documents.get((locale, resource_type))
        return document.pool_ids if document else ()


class IpamPoliciesBackend(EC2BackendParts):
    """The policies of the IPAM whose home is this Region."""

    def __init__(self) -> None:
        self.ipam_policies: Register[IpamPolicy] = Register()

    def create_ipam_policy(self, ipam_id: str, *, tags: Mapping[str, str] | None = None) -> IpamPolicy:
        """A new policy without rules, enabled for nobody."""
        ipam = self.get_ipam(ipam_id)
        if ipam.tier != "advanced":
            raise OperationNotPermittedError("IPAM policies need an IPAM on the advanced tier.")
        policy = IpamPolicy(self, ipam)
        policy.add_tags(dict(tags or {}))
        self.ipam_policies[policy.id] = policy
        return policy

    def describe_ipam_policies(self, policy_ids: Sequence[str], filters: Mapping[str, Sequence[str]]) -> list[Any]:
        """The account's policies, or those of the given ids, that match the filters."""
        return described(IpamPolicy, self.ipam_policies.seen(), policy_ids, filters)

    def delete_ipam_policy(self, policy_id: str) -> IpamPolicy:
        """Delete a policy that is enabled for nobody."""
        policy = self._own_policy(policy_id)
        if policy.targets:
            raise DependencyViolationError(policy.id, "The policy is enabled for one or more targets.")
        policy.forget_tags()
        self.ipam_policies.remove(policy.id)
        return policy

    def modify_ipam_policy_allocation_rules(
        self, policy_id: str, *, locale: str, resource_type: str, pool_ids: Sequence[str]
    ) -> IpamPolicyDocument:
        """Give a kind of resource these pools in a locale, in place of those before; none for Amazon's addresses."""
        policy = self._own_policy(policy_id)
        if len(set(pool_ids)) < len(pool_ids):
            raise InvalidParameterValueError("A pool can be in the allocation rules only once.")
        for pool_id in pool_ids:
            self._must_give_addresses(pool_id, policy, locale)
        document = IpamPolicyDocument(
            ipam_policy_id=policy.id, locale=locale, resource_type=resource_type, pool_ids=tuple(pool_ids)
        )
        policy.will_change()
        others = {key: known for key, known in policy.documents.items() if key != document.key}
        policy.documents = {**others, document.key: document} if pool_ids else others
        policy.state = "modify-complete"
        return document

    def get_ipam_policy_documents(self, policy_id: str) -> list[IpamPolicyDocument]:
        """The rules of a policy of the account, or of the one that is in force for it, by locale and resource type.

        Asked in the home Region or in another operating Region of the policy's IPAM.
        """
        enforced = policy_in_force(self.account_id)
        for policy in everywhere("ipam_policies"):
            is_for_caller = policy.owner_id == self.account_id or policy is enforced
            if policy.id == policy_id and is_for_caller and self.region_name in policy.ipam.regions:
                return sorted(policy.as_seen().documents.values(), key=lambda document: document.key)
        raise InvalidIpamResourceIdNotFoundError("ipam-policy", policy_id)

    def enable_ipam_policy(self, policy_id: str, target: str | None) -> IpamPolicy:
        """Put a policy in force for a target, in the place of the one before.

        The IPAM administrator of an organisation names an account, a unit or the root of it; anybody else's policy is
        for their own account.
        """
        policy = self._own_policy(policy_id)
        chosen = self._checked_target(target)
        for other in self.ipam_policies.values():
            other.targets = [known for known in other.targets if known != chosen]
        policy.targets.append(chosen)
        return policy

    def disable_ipam_policy(self, policy_id: str, target: str | None) -> None:
        """Let a policy be no longer in force for a target."""
        policy = self._own_policy(policy_id)
        chosen = self._checked_target(target)
        if chosen not in policy.targets:
            raise IncorrectStateError(policy.id, f"not enabled for {chosen}")
        policy.targets.remove(chosen)

    def get_ipam_policy_organization_targets(self, policy_id: str) -> list[str]:
        """The accounts, units and roots of the organisation that the policy is enabled for."""
        policy = self._own_policy(policy_id)
        return sorted(policy.targets) if administered_organization(policy.owner_id) else []

    def policies_of_ipam(self, ipam: Ipam) -> list[IpamPolicy]:
        """All policies of an IPAM."""
        return [policy for policy in self.ipam_policies.values() if policy.ipam is ipam]

    def _own_policy(self, policy_id: str) -> IpamPolicy:
        if policy_id not in self.ipam_policies:
            raise InvalidIpamResourceIdNotFoundError("ipam-policy", policy_id)
        return self.ipam_policies[policy_id]

    def _must_give_addresses(self, pool_id: str, policy: IpamPolicy, locale: str) -> None:
        pool = self.get_ipam_pool(pool_id)
        if pool.scope.ipam is not policy.ipam or pool.ipam_scope_type != "public" or pool.aws_service != "ec2":
            raise InvalidParameterValueError(f"{pool_id} is no pool of {policy.ipam.id} that is public and for ec2.")
        if pool.address_family != "ipv4" or pool.locale != locale:
            raise InvalidParameterValueError(f"{pool_id} is no IPv4 pool with the locale {locale}.")

    def _checked_target(self, target: str | None) -> str:
        organization = administered_organization(self.account_id)
        if organization is None:
            if target not in (None, self.account_id):
                raise InvalidParameterValueError("The account's IPAM is not integrated with AWS Organizations.")
            return self.account_id
        if target is None:
            raise MissingParameterError("organizationTargetId")
        if target not in organization.accounts and not _UNIT_OR_ROOT.fullmatch(target):
            raise InvalidParameterValueError(f"{target} is no account, unit or root of {organization.id}.")
        return target
