"""Which IPAM policy an account is under, and where its new public addresses come from because of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.ipam.exceptions import InvalidParameterValueError
from simulator.ipam.models.core import SETTLED, everywhere
from simulator.ipam.models.coverage import administered_organization
from simulator.ipam.organizations import entities_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.ipam.models.policies import IpamPolicy
    from simulator.ipam.models.pools import IpamPool

ADDRESS_LENGTH = 32


def policy_in_force(account: str) -> IpamPolicy | None:
    """The policy that is enabled for the account, else for the nearest unit around it, else for the root.

    For the same target, that of the organisation's IPAM administrator comes before the account's own.
    """
    enabled = [policy for policy in everywhere("ipam_policies") if policy.targets and _may_govern(policy, account)]
    enabled.sort(key=lambda policy: policy.owner_id == account)
    for entity in entities_of(account):
        for policy in enabled:
            if entity in policy.targets:
                return policy
    return None


def managed_by(policy: IpamPolicy) -> str:
    """Who enabled a policy, as GetEnabledIpamPolicy says it."""
    return "delegated-administrator-for-ipam" if administered_organization(policy.owner_id) else "account"


def pool_for_new(resource_type: str, account_id: str, region: str) -> str | None:
    """The IPAM pool that a new address in the account comes from, unless whoever makes it names another one.

    `resource_type` is `alb`, `eip`, `rds` or `rnat`; `region` may be the network border group of Local Zones. None
    means one of Amazon's: no policy, no rule, or no address left in any pool of the rule.
    """
    pools = _pools(policy_pools(resource_type, account_id, region))
    return next((pool.id for pool in pools if _has_an_address(pool)), None)


def policy_pools(resource_type: str, account_id: str, region: str) -> tuple[str, ...]:
    """All pools of the rule for such a resource in the policy that the account is under, first choice first."""
    policy = policy_in_force(account_id)
    return policy.pool_ids(resource_type, region) if policy else ()


def pools_by_policy(account: str) -> list[IpamPool]:
    """The pools that the policy in force lets an account have addresses from, though nobody shared them with it."""
    policy = policy_in_force(account)
    documents = policy.documents.values() if policy else ()
    return [pool for document in documents for pool in _pools(document.pool_ids)]


def _may_govern(policy: IpamPolicy, account: str) -> bool:
    if policy.owner_id == account:
        return True
    organization = administered_organization(policy.owner_id)
    return organization is not None and account in organization.accounts


def _pools(pool_ids: Sequence[str]) -> list[IpamPool]:
    """The pools of these ids that there are, in this order."""
    known = {pool.id: pool for pool in everywhere("ipam_pools") if pool.id in pool_ids}
    return [known[pool_id] for pool_id in pool_ids if pool_id in known]


def _has_an_address(pool: IpamPool) -> bool:
    try:
        pool.rules.admit_length(ADDRESS_LENGTH)
    except InvalidParameterValueError:
        return False
    return pool.state in SETTLED and pool.space.first_fit(ADDRESS_LENGTH) is not None
