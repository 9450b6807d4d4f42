"""IPAMs: one in a Region, with its operating Regions and two default scopes."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from simulator.ipam.exceptions import (
    DependencyViolationError,
    InvalidIpamResourceIdNotFoundError,
    InvalidParameterValueError,
    ResourceLimitExceededError,
)
from simulator.ipam.models.consistency import Register
from simulator.ipam.models.core import EC2BackendParts, IpamResource, described
from simulator.ipam.models.monitoring import Monitor
from simulator.ipam.models.scopes import IpamScope
from simulator.ipam.settings import settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from simulator.ipam.models.allocations import IpamPoolAllocation


class Ipam(IpamResource):
    """An IPAM in its home Region."""

    kind = "ipam"
    lagging = ("state", "description", "operating_regions", "tier", "enable_private_gua", "metered_account")
    filter_names = {  # noqa: RUF012 - read only
        "ipam-id": "id",
        "ipam-arn": "arn",
        "ipam-region": "ipam_region",
        "owner-id": "owner_id",
        "state": "state",
        "description": "description",
        "tier": "tier",
        "public-default-scope-id": "public_default_scope_id",
        "private-default-scope-id": "private_default_scope_id",
        "scope-count": "scope_count",
        "default-resource-discovery-id": "default_resource_discovery_id",
    }

    def __init__(
        self,
        ec2_backend: Any,  # noqa: ANN401 - moto is untyped
        *,
        description: str | None,
        operating_regions: Sequence[str],
        tier: str,
        enable_private_gua: bool,
        metered_account: str,
    ) -> None:
        super().__init__(ec2_backend)
        self.description = description
        self.regions = list(dict.fromkeys([*operating_regions, ec2_backend.region_name]))
        self.tier = tier
        self.enable_private_gua = enable_private_gua
        self.metered_account = metered_account
        self.scopes: dict[str, IpamScope] = {}
        self.public_default_scope_id = ""
        self.private_default_scope_id = ""
        self.default_resource_discovery_id = ""
        self.default_resource_discovery_association_id = ""
        self.monitor = Monitor(self)
        self._allocations_by_resource: dict[str, list[IpamPoolAllocation]] = defaultdict(list)

    def allocations_of(self, resource_id: str) -> list[IpamPoolAllocation]:
        """What this resource has of the IPAM's pools. The list is the IPAM's own."""
        return self._allocations_by_resource[resource_id]

    @property
    def scope_count(self) -> int:
        """How many scopes there are."""
        return len(self.scopes)

    @property
    def resource_discovery_association_count(self) -> int:
        """How many resource discoveries it is associated with; the default one counts."""
        return len(self.ec2_backend.associations_of_ipam(self))

    @property
    def operating_regions(self) -> list[dict[str, str]]:
        """The Regions whose addresses this IPAM manages; the home Region is always among them."""
        return [{"RegionName": region} for region in self.regions]


class IpamsBackend(EC2BackendParts):
    """The IPAMs whose home is this Region."""

    def __init__(self) -> None:
        self.ipams: Register[Ipam] = Register()

    def create_ipam(
        self,
        *,
        description: str | None = None,
        operating_regions: Sequence[str] = (),
        tier: str = "advanced",
        enable_private_gua: bool = False,
        metered_account: str = "ipam-owner",
        tags: Mapping[str, str] | None = None,
    ) -> Ipam:
        """A new IPAM with a public and a private scope, usable at once."""
        limit = settings().ipams_per_region
        if len(self.ipams) >= limit:
            raise ResourceLimitExceededError("IPAMs in a Region", limit)
        ipam = Ipam(
            self,
            description=description,
            operating_regions=operating_regions,
            tier=tier,
            enable_private_gua=enable_private_gua,
            metered_account=metered_account,
        )
        ipam.add_tags(dict(tags or {}))
        self.ipams[ipam.id] = ipam
        ipam.public_default_scope_id = self._default_scope(ipam, "public").id
        ipam.private_default_scope_id = self._default_scope(ipam, "private").id
        self.associate_default_ipam_resource_discovery(ipam)
        ipam.monitor.sample_later()
        return ipam

    def get_ipam(self, ipam_id: str) -> Ipam:
        """The IPAM of that id, asked in its home Region."""
        if ipam_id not in self.ipams:
            raise InvalidIpamResourceIdNotFoundError("ipam", ipam_id)
        return self.ipams[ipam_id]

    def describe_ipams(self, ipam_ids: Sequence[str], filters: Mapping[str, Sequence[str]]) -> list[Ipam]:
        """The IPAMs, or those of the given ids, that match the filters."""
        return described(Ipam, self.ipams.seen(), ipam_ids, filters)

    def modify_ipam(
        self,
        ipam_id: str,
        *,
        description: str | None = None,
        add_operating_regions: Sequence[str] = (),
        remove_operating_regions: Sequence[str] = (),
        tier: str | None = None,
        enable_private_gua: bool | None = None,
        metered_account: str | None = None,
    ) -> Ipam:
        """Change what is given.

        The home Region and a Region with pools of that locale stay operating Regions.
        """
        ipam = self.get_ipam(ipam_id)
        self._must_be_removable(ipam, remove_operating_regions)
        ipam.will_change()
        if description is not None:
            ipam.description = description
        kept = [region for region in ipam.regions if region not in remove_operating_regions]
        ipam.regions = list(dict.fromkeys([*kept, *add_operating_regions]))
        if tier is not None:
            self._must_fit_tier(ipam, tier)
            ipam.tier = tier
        if enable_private_gua is not None:
            ipam.enable_private_gua = enable_private_gua
        if metered_account is not None:
            ipam.metered_account = metered_account
        ipam.state = "modify-complete"
        ipam.monitor.sample_later()
        return ipam

    def delete_ipam(self, ipam_id: str, *, cascade: bool = False) -> Ipam:
        """Delete an IPAM.

        With `cascade` its scopes, and the pools of its private scopes with all in them, too.
        """
        ipam = self.get_ipam(ipam_id)
        scopes = list(ipam.scopes.values())
        for scope in scopes:
            if scope.pools and not (cascade and scope.ipam_scope_type == "private"):
                raise DependencyViolationError(ipam.id, f"There are one or more pools in {scope.id}.")
            if not scope.is_default and not cascade:
                raise DependencyViolationError(ipam.id, "There are one or more scopes besides the default ones.")
        if self.policies_of_ipam(ipam):
            raise DependencyViolationError(ipam.id, "There are one or more IPAM policies.")
        for scope in scopes:
            for pool in [pool for pool in scope.pools.values() if pool.source_pool is None]:
                self.remove_ipam_pool(pool)
            self.remove_ipam_scope(scope)
        self.remove_ipam_resource_discovery_associations(ipam)
        ipam.forget_tags()
        self.ipams.remove(ipam_id)
        return ipam

    def _must_be_removable(self, ipam: Ipam, regions: Sequence[str]) -> None:
        if ipam.ipam_region in regions:
            raise InvalidParameterValueError("The home Region of an IPAM cannot be removed from its operating Regions.")
        locales = {pool.locale for scope in ipam.scopes.values() for pool in scope.pools.values()}
        used = sorted(locales.intersection(regions))
        if used:
            raise DependencyViolationError(ipam.id, f"There are one or more pools with the locale {used[0]}.")

    def _must_fit_tier(self, ipam: Ipam, tier: str) -> None:
        """What must be gone before an IPAM can go down to the free tier; IPAM user guide, "Modify an IPAM tier"."""
        if tier != "free" or ipam.tier == "free":
            return
        if not all(association.is_default for association in self.associations_of_ipam(ipam)):
            raise DependencyViolationError(
                ipam.id, "There are resource discovery associations besides the default one."
            )
        for scope in ipam.scopes.values():
            if scope.ipam_scope_type == "private" and (scope.pools or not scope.is_default):
                raise DependencyViolationError(
                    ipam.id, f"There are pools in, or it is a further private scope: {scope.id}."
                )
            if any(pool.has_locale() and not pool.serves(ipam.ipam_region) for pool in scope.pools.values()):
                raise DependencyViolationError(ipam.id, "There are one or more pools with another locale.")

    def _default_scope(self, ipam: Ipam, scope_type: str) -> IpamScope:
        scope = IpamScope(self, ipam, scope_type=scope_type, is_default=True)
        ipam.scopes[scope.id] = self.ipam_scopes[scope.id] = scope
        return scope
