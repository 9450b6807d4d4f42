"""How long the simulated IPAM takes and how much of everything it allows."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

HOUR = 3600.0


@dataclass(frozen=True, kw_only=True)
class IpamSettings:
    """Delays in seconds of simulated time, and AWS's default quotas.

    AWS gives no figures for the delays; these are of the size that people report. The two releases are the
    IPAM user guide's "a few minutes" (advanced tier) and "up to 48 hours" (free tier), "Release an
    allocation". The quotas are those of its page "Quotas for your IPAM".
    """

    read_lag: float = 0
    """How long what was created is not seen yet, and what is gone is seen still, by Describe and Get calls."""
    pool_creation: float = 15
    pool_deletion: float = 15
    cidr_provisioning: float = 60
    cidr_deprovisioning: float = 60
    association: float = 15
    """How long a resource discovery takes to be associated with an IPAM, and an ASN with a range."""
    discovery: float = 300
    """How long after a change of the resources a resource discovery takes its next sample of them."""
    release_advanced_tier: float = 120
    release_free_tier: float = 48 * HOUR
    deprovisioned_cidrs_stay_listed: float = HOUR
    limit_refusal: float = 600
    """How long a CIDR beyond a quota pends with its reason showing (hashicorp/terraform-provider-aws#48142)."""

    ipams_per_region: int = 1
    scopes_per_ipam: int = 5
    pools_per_scope: int = 50
    pool_depth: int = 10
    cidrs_per_pool: int = 50
    contiguous_ipv4_blocks: int = 2
    contiguous_ipv4_shortest_netmask: int = 29
    amazon_ipv6_blocks_per_region: int = 1
    verification_tokens: int = 100
    resource_discoveries_per_region: int = 1
    """The default one of an IPAM does not count."""
    resource_discovery_associations_per_ipam: int = 5
    exclusions_per_resource_discovery: int = 10
    ipam_administrators_per_organization: int = 1
    asns: int = 5
    usage_metrics: int = 50
    unmeasured_pools: tuple[str, ...] = ()
    """The ids of pools of which nothing is published, as of those that AWS has just made, or forgets."""

    external_authority_ranges: tuple[IPv4Network, ...] = (IPv4Network("10.0.0.0/8"),)
    """What the simulated external authority of a scope has to grant."""


class _Current:
    settings = IpamSettings()


def settings() -> IpamSettings:
    """What delays and quotas are in force."""
    return _Current.settings


def change_settings(**changes: Any) -> None:  # noqa: ANN401 - any field of IpamSettings
    """Have these settings in force, given by field name, from now on."""
    _Current.settings = replace(_Current.settings, **changes)


@contextmanager
def changed_settings(**changes: Any) -> Iterator[IpamSettings]:  # noqa: ANN401 - any field of IpamSettings
    """Run a block under other settings, given by field name, and go back to those before."""
    before = _Current.settings
    _Current.settings = replace(before, **changes)
    try:
        yield _Current.settings
    finally:
        _Current.settings = before
