"""What the functions know of the configuration: `settings.json`, written into the asset at synth."""

from __future__ import annotations

import functools
import json
import os
from dataclasses import dataclass, fields
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args

if TYPE_CHECKING:
    from collections.abc import Mapping

    from _typeshed import DataclassInstance

Section = TypeVar("Section", bound="DataclassInstance")

REMEDIATIONS = ("refill_pools", "release_eips", "align_albs", "extend_vpcs")
"""The names of the remediations: of their sections in the configuration, and of their packages under `lambdas`."""

Mode = Literal["observe", "approve", "enforce"]
"""What a remediation may do by itself: only watch, act once a person said yes, act. In rising order."""

MODES: tuple[Mode, ...] = get_args(Mode)


def lower_of(one: Mode, other: Mode) -> Mode:
    """Give the one of two modes that lets less be done."""
    return min(one, other, key=MODES.index)


ScopeType = Literal["private", "public"]
Family = Literal["ipv4", "ipv6"]
Severity = Literal["info", "warning", "critical"]
"""How much a message matters, in rising order."""
AddressKind = Literal["amazon", "ipam", "byoip"]
"""Where an Elastic IP comes from: Amazon's pool, an IPAM pool, a pool of addresses that the user brought."""


@dataclass(frozen=True, kw_only=True)
class PoolMatch:
    """Which IPAM pools a rule is for: every criterion that is given must hold."""

    pool_id: str | None = None
    tags: Mapping[str, str]
    scope_type: ScopeType | None = None
    family: Family | None = None

    def holds(self, *, pool_id: str, tags: Mapping[str, str], scope_type: ScopeType, family: Family) -> bool:
        """Whether a pool with these properties (AWS's `IpamScopeType` and `AddressFamily`) is meant."""
        return (
            self.pool_id in (None, pool_id)
            and self.scope_type in (None, scope_type)
            and self.family in (None, family)
            and self.tags.items() <= tags.items()
        )


@dataclass(frozen=True, kw_only=True)
class PoolRule:
    """How the pools that a match selects are kept filled.

    Percentages are shares of the pool's addresses that are available, above 0 and below 100. Where a netmask
    length is None, the pool itself tells it. The *minimum* length is the largest block.
    """

    match: PoolMatch
    low_water_percent: float
    target_percent: float
    min_netmask_length: int | None
    max_netmask_length: int | None
    ready_netmask_length: int | None
    max_provisions_per_day: int
    max_cidrs_per_pool: int
    max_contiguous_blocks: int
    supply: tuple[IPv4Network | IPv6Network, ...]

    def governs(self, *, pool_id: str, tags: Mapping[str, str], scope_type: ScopeType, family: Family) -> bool:
        """Whether this rule's match selects the pool; the first rule that does is the one that counts."""
        return self.match.holds(pool_id=pool_id, tags=tags, scope_type=scope_type, family=family)


@dataclass(frozen=True, kw_only=True)
class RefillSettings:
    """What `refill_pools` works by; the mode is its own, already resolved against the global one."""

    mode: Mode
    max_provisions_per_day: int
    rules: tuple[PoolRule, ...]

    def rule_for(
        self, *, pool_id: str, tags: Mapping[str, str], scope_type: ScopeType, family: Family
    ) -> PoolRule | None:
        """Find the first rule that governs the pool; None: such a pool is left alone."""
        governing = (
            rule
            for rule in self.rules
            if rule.governs(pool_id=pool_id, tags=tags, scope_type=scope_type, family=family)
        )
        return next(governing, None)


@dataclass(frozen=True, kw_only=True)
class Breaker:
    """How much at once is so much that something else must be wrong: a share (0 to 1) of addresses, and a number."""

    share: float
    at_least: int


@dataclass(frozen=True, kw_only=True)
class ReleaseSettings:
    """What `release_eips` works by; the mode is its own, already resolved against the global one."""

    mode: Mode
    grace: timedelta
    warn_before: timedelta
    max_releases_per_run: int
    breaker: Breaker
    include: tuple[AddressKind, ...]
    dns_accounts: tuple[str, ...]
    keep_tags: Mapping[str, str]
    sweep_period: timedelta


@dataclass(frozen=True, kw_only=True)
class AlignSettings:
    """What `align_albs` works by; the mode is its own. `pools` gives the pool of each Region."""

    mode: Mode
    pools: Mapping[str, str]
    allowed_pools: tuple[str, ...] | Literal["any"]
    headroom_addresses: int
    exclude_tags: Mapping[str, str]

    def lets_tags_name(self, pool_id: str) -> bool:
        """Whether the tag of a load balancer may name this pool."""
        return self.allowed_pools == "any" or pool_id in self.allowed_pools or pool_id in self.pools.values()


@dataclass(frozen=True, kw_only=True)
class ExtendSettings:
    """What `extend_vpcs` works by; the mode is its own.

    A VPC is extended when subnets have taken `high_water_percent` of it. Where the netmask length is None, the VPC's
    primary CIDR tells it.
    """

    mode: Mode
    high_water_percent: float
    netmask_length: int | None
    max_cidrs_per_vpc: int
    max_extensions_per_day: int
    max_extensions_per_vpc_per_day: int
    exclude_tags: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class OrganizationSettings:
    """The further accounts that are looked after; `all` means those that the IPAM discovers."""

    id: str
    accounts: tuple[str, ...] | Literal["all"]
    exclude_accounts: tuple[str, ...]
    modes: Mapping[str, Mode]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The functions' view of the configuration. `regions` is empty where the stack's own Region is meant."""

    mode: Mode
    tag_prefix: str
    regions: tuple[str, ...]
    organization: OrganizationSettings | None
    change_calendar: str | None
    refill_pools: RefillSettings | None
    release_eips: ReleaseSettings | None
    align_albs: AlignSettings | None
    extend_vpcs: ExtendSettings | None
    minimum_severity: Severity
    contacts: Mapping[str, str]
    ledger_retention: timedelta
    approval_expires: timedelta

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Settings:
        """Read what `Config.runtime_settings()` gives; it was validated there, so a lack is a KeyError."""
        organization, refill = document["organization"], document["refill_pools"]
        release, align = document["release_eips"], document["align_albs"]
        extend = document["extend_vpcs"]
        return cls(
            mode=document["mode"],
            tag_prefix=document["tag_prefix"],
            regions=tuple(document["regions"]),
            organization=_organization_settings(organization) if organization else None,
            change_calendar=document["change_calendar"],
            refill_pools=_refill_settings(refill) if refill else None,
            release_eips=_release_settings(release) if release else None,
            align_albs=_align_settings(align) if align else None,
            extend_vpcs=_as_it_is(ExtendSettings, extend) if extend else None,
            minimum_severity=document["notifications"]["minimum_severity"],
            contacts=document["contacts"],
            ledger_retention=timedelta(seconds=document["ledger_retention"]),
            approval_expires=timedelta(seconds=document["approval_expires"]),
        )


@functools.cache
def load() -> Settings:
    """Read the settings of this deployment, once: `settings.json` beside the `lambdas` package.

    The environment variable POOLWARDEN_SETTINGS names another file.
    """
    beside_package = Path(__file__).parents[2] / "settings.json"
    path = Path(os.environ.get("POOLWARDEN_SETTINGS", beside_package))
    return Settings.from_document(json.loads(path.read_text(encoding="utf-8")))


def _organization_settings(document: Mapping[str, Any]) -> OrganizationSettings:
    return OrganizationSettings(
        id=document["id"],
        accounts=_listed_or_word(document["accounts"]),
        exclude_accounts=tuple(document["exclude_accounts"]),
        modes=document["modes"],
    )


def _release_settings(document: Mapping[str, Any]) -> ReleaseSettings:
    return ReleaseSettings(
        mode=document["mode"],
        grace=timedelta(seconds=document["grace"]),
        warn_before=timedelta(seconds=document["warn_before"]),
        max_releases_per_run=document["max_releases_per_run"],
        breaker=Breaker(**document["breaker"]),
        include=tuple(document["include"]),
        dns_accounts=tuple(document["dns_accounts"]),
        keep_tags=document["keep_tags"],
        sweep_period=timedelta(seconds=document["sweep_period"]),
    )


def _align_settings(document: Mapping[str, Any]) -> AlignSettings:
    return AlignSettings(
        mode=document["mode"],
        pools=document["pools"],
        allowed_pools=_listed_or_word(document["allowed_pools"]),
        headroom_addresses=document["headroom_addresses"],
        exclude_tags=document["exclude_tags"],
    )


def _as_it_is(section: type[Section], document: Mapping[str, Any]) -> Section:
    """Read a section's settings, all of whose values are as JSON has them."""
    return section(**{field.name: document[field.name] for field in fields(section)})


def _listed_or_word(value: Any) -> Any:  # noqa: ANN401 - a list, or the one word that the configuration allows there
    return value if isinstance(value, str) else tuple(value)


def _refill_settings(document: Mapping[str, Any]) -> RefillSettings:
    return RefillSettings(
        mode=document["mode"],
        max_provisions_per_day=document["max_provisions_per_day"],
        rules=tuple(_pool_rule(rule) for rule in document["rules"]),
    )


def _pool_rule(document: Mapping[str, Any]) -> PoolRule:
    match = document["match"]
    return PoolRule(
        match=PoolMatch(pool_id=match["id"], tags=match["tags"], scope_type=match["scope"], family=match["family"]),
        low_water_percent=document["low_water_percent"],
        target_percent=document["target_percent"],
        min_netmask_length=document["min_netmask_length"],
        max_netmask_length=document["max_netmask_length"],
        ready_netmask_length=document["ready_netmask_length"],
        max_provisions_per_day=document["max_provisions_per_day"],
        max_cidrs_per_pool=document["max_cidrs_per_pool"],
        max_contiguous_blocks=document["max_contiguous_blocks"],
        supply=tuple(ip_network(cidr) for cidr in document["supply"]),
    )
