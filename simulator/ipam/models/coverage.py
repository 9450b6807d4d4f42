"""Which accounts a resource discovery looks into.

Those of the owner's organisation if the owner is the organisation's IPAM administrator, but for excluded units; else
the owner alone. IPAM user guide, "Integrate IPAM with accounts in an AWS Organization" and "Exclude organizational
units from IPAM".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.ipam.exceptions import InvalidParameterValueError, ResourceLimitExceededError
from simulator.ipam.models.core import account_backends
from simulator.ipam.organizations import entity_path, organization_of
from simulator.ipam.settings import settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from simulator.ipam.organizations import Organization

AND_BELOW = "*"
UNIT = "ou-"
_UNITS = re.compile(r"r-[a-z0-9]+/(ou-[a-z0-9-]+/)+\*?")


@dataclass(frozen=True, kw_only=True, slots=True)
class CoveredAccount:
    """An account, and the unit of the organisation that it is in, if it is in one."""

    account_id: str
    organizational_unit_id: str | None = None


def administered_organization(account: str) -> Organization | None:
    """The organisation whose IPAM administrator the account is."""
    organization = organization_of(account)
    return organization if organization is not None and administrator_of(organization) == account else None


def administrator_of(organization: Organization) -> str | None:
    """The account that administers the organisation's IPAM, if that was delegated."""
    backends = account_backends(organization.management_account)
    return next((backend.ipam_administrator for backend in backends if backend.ipam_administrator), None)


def covers(owner: str, exclusions: Sequence[str], account: str) -> bool:
    """Whether the account is one of those."""
    if account == owner:
        return True
    organization = administered_organization(owner)
    if organization is None or account not in organization.accounts:
        return False
    return not any(_excludes(exclusion, entity_path(account)) for exclusion in exclusions)


def covered_accounts(owner: str, exclusions: Sequence[str]) -> list[CoveredAccount]:
    """The accounts by id. The IPAM administrator itself cannot be excluded."""
    organization = administered_organization(owner)
    if organization is None:
        return [CoveredAccount(account_id=owner)]
    return [
        CoveredAccount(account_id=account, organizational_unit_id=_unit_of(account, organization))
        for account in sorted(organization.accounts)
        if covers(owner, exclusions, account)
    ]


def changed_exclusions(owner: str, now: Sequence[str], *, add: Sequence[str], remove: Sequence[str]) -> list[str]:
    """The exclusions after a change; an EC2ClientError for what they may not be."""
    organization = administered_organization(owner)
    if organization is None:
        raise InvalidParameterValueError(
            "Organizational unit exclusions need an IPAM that is integrated with AWS Organizations."
        )
    for paths in (add, remove):
        if len(set(paths)) < len(paths):
            raise InvalidParameterValueError("The same entity path can be added or removed only once.")
    for path in add:
        if not _is_path_in(path, organization):
            raise InvalidParameterValueError(f"The entity path '{path}' is no path of a unit in {organization.id}.")
    after = [*(path for path in now if path not in remove), *add]
    limit = settings().exclusions_per_resource_discovery
    if len(after) > limit:
        raise ResourceLimitExceededError("organizational unit exclusions in a resource discovery", limit)
    _must_not_overlap(after)
    return after


def _unit_of(account: str, organization: Organization) -> str | None:
    unit = organization.line_of(account)[0]
    return unit if unit.startswith(UNIT) else None


def _is_path_in(path: str, organization: Organization) -> bool:
    """`o-1/r-1/ou-1/` or `o-1/r-1/ou-1/*`, with at least one unit."""
    first, _, rest = path.partition("/")
    return first == organization.id and _UNITS.fullmatch(rest) is not None


def _must_not_overlap(paths: Iterable[str]) -> None:
    """Two exclusions may not exclude the same unit."""
    seen: list[str] = []
    for path in paths:
        unit = path.removesuffix(AND_BELOW)
        for other in seen:
            if _excludes(other, unit) or _excludes(path, other.removesuffix(AND_BELOW)):
                raise InvalidParameterValueError(f"The exclusions '{other}' and '{path}' overlap.")
        seen.append(path)


def _excludes(exclusion: str, path: str) -> bool:
    """Whether an exclusion holds for what is in the unit of that path."""
    unit = exclusion.removesuffix(AND_BELOW)
    return path.startswith(unit) if exclusion.endswith(AND_BELOW) else path == unit
