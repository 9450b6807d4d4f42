"""What CreateIpamPool checks before there is a pool: its place, its locale, and what only public pools have.

The wording about PubliclyAdvertisable is AWS's (hashicorp/terraform-provider-aws#39967); its siblings follow it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from simulator.ipam.exceptions import (
    InvalidParameterCombinationError,
    InvalidParameterValueError,
    ResourceLimitExceededError,
)
from simulator.ipam.models.pools import NO_LOCALE
from simulator.ipam.settings import settings

if TYPE_CHECKING:
    from simulator.ipam.models.pools import IpamPool
    from simulator.ipam.models.scopes import IpamScope
    from simulator.ipam.models.source_resources import SourceResource


@dataclass(frozen=True, kw_only=True)
class PoolSettings:
    """The settings of a pool that never change; a pool in a pool has most of them from its source."""

    address_family: str
    locale: str | None = None
    publicly_advertisable: bool | None = None
    aws_service: str | None = None
    public_ip_source: str | None = None
    source_resource: SourceResource | None = None

    def within(self, scope: IpamScope, source: IpamPool | None) -> PoolSettings:
        """What the pool ends up with; an EC2ClientError for what cannot be."""
        _check_quotas(scope, source)
        _check_public_settings(self, scope)
        found = replace(self, locale=_locale_of_resource(self) or self.locale)
        if source is not None:
            found = _inherited(found, scope, source)
        elif scope.ipam_scope_type == "public":
            found = replace(found, public_ip_source=found.public_ip_source or "byoip")
        if found.source_resource is not None:
            found.source_resource.networks(found.address_family)
        return replace(found, locale=_checked_locale(found, scope))


def _check_quotas(scope: IpamScope, source: IpamPool | None) -> None:
    quota = settings()
    if scope.pool_count >= quota.pools_per_scope:
        raise ResourceLimitExceededError("pools in a scope", quota.pools_per_scope)
    if source is not None and source.pool_depth >= quota.pool_depth:
        raise ResourceLimitExceededError("pools within pools", quota.pool_depth)


def _check_public_settings(wanted: PoolSettings, scope: IpamScope) -> None:
    byoip = scope.ipam_scope_type == "public" and wanted.public_ip_source in (None, "byoip")
    if wanted.publicly_advertisable is not None and not (byoip and wanted.address_family == "ipv6"):
        raise InvalidParameterCombinationError(
            "The request can only contain PubliclyAdvertisable if the AddressFamily is IPv6 and "
            "PublicIpSource is byoip."
        )
    if scope.ipam_scope_type == "public" and wanted.source_resource is not None:
        raise InvalidParameterCombinationError("The request can only contain SourceResource if the scope is private.")
    if scope.ipam_scope_type == "private" and (wanted.public_ip_source or wanted.aws_service):
        raise InvalidParameterCombinationError(
            "The request can only contain AwsService and PublicIpSource if the scope is public."
        )


def _inherited(wanted: PoolSettings, scope: IpamScope, source: IpamPool) -> PoolSettings:
    if source.scope is not scope:
        raise InvalidParameterValueError(f"The source pool {source.id} is not in the scope {scope.id}.")
    if source.address_family != wanted.address_family:
        raise InvalidParameterValueError("The address family of a pool must be that of its source pool.")
    if wanted.source_resource not in (None, source.source_resource):
        raise InvalidParameterValueError("The source resource of a pool must be that of its source pool.")
    if wanted.public_ip_source not in (None, source.public_ip_source):
        raise InvalidParameterValueError("The PublicIpSource of a pool must be that of its source pool.")
    locale = wanted.locale if wanted.locale not in (None, NO_LOCALE) else source.locale
    if source.has_locale() and locale != source.locale:
        raise InvalidParameterValueError(f"The locale of a pool within {source.locale} must be {source.locale}.")
    return replace(
        wanted,
        locale=locale,
        publicly_advertisable=source.publicly_advertisable,
        aws_service=wanted.aws_service or source.aws_service,
        public_ip_source=source.public_ip_source,
        source_resource=source.source_resource,
    )


def _locale_of_resource(wanted: PoolSettings) -> str | None:
    """A planning pool's locale is the Region of its VPC."""
    if wanted.source_resource is None:
        return None
    region = wanted.source_resource.resource_region
    if wanted.locale not in (None, region):
        raise InvalidParameterValueError(f"The locale of the pool must be that of its source resource, {region}.")
    return region


def _checked_locale(wanted: PoolSettings, scope: IpamScope) -> str:
    """An operating Region, for public IPv4 also a Local Zone group in one, or none.

    On the free tier only the home Region; IPAM user guide, "Create a Regional IPv4 pool".
    """
    locale = wanted.locale or NO_LOCALE
    if locale == NO_LOCALE:
        return locale
    zones_too = scope.ipam_scope_type == "public" and wanted.address_family == "ipv4"
    regions = [region for region in scope.ipam.regions if locale == region or locale.startswith(f"{region}-")]
    if not regions or (locale not in regions and not zones_too):
        raise InvalidParameterValueError(f"The locale {locale} is not an operating Region of {scope.ipam.id}.")
    if scope.ipam.tier == "free" and scope.ipam_region not in regions:
        raise InvalidParameterValueError("On the free tier the locale of a pool must be the IPAM's home Region.")
    return locale
