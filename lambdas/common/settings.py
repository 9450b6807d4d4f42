"""What the functions know of the configuration: `settings.json`, written into the asset at synth."""

from __future__ import annotations

import functools
import json
import os
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Mode = Literal["observe", "approve", "enforce"]
"""What a remediation may do by itself: only watch, act once a person said yes, act. In rising order."""

ScopeType = Literal["private", "public"]
Family = Literal["ipv4", "ipv6"]
Severity = Literal["info", "warning", "critical"]
"""How much a message matters, in rising order."""


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
class Settings:
    """The functions' view of the configuration. `regions` is empty where the stack's own Region is meant."""

    mode: Mode
    tag_prefix: str
    regions: tuple[str, ...]
    refill_pools: RefillSettings | None
    minimum_severity: Severity
    contacts: Mapping[str, str]
    ledger_retention: timedelta
    approval_expires: timedelta

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Settings:
        """Read what `Config.runtime_settings()` gives; it was validated there, so a lack is a KeyError."""
        refill = document["refill_pools"]
        return cls(
            mode=document["mode"],
            tag_prefix=document["tag_prefix"],
            regions=tuple(document["regions"]),
            refill_pools=_refill_settings(refill) if refill else None,
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
        supply=tuple(ip_network(cidr) for cidr in document["supply"]),
    )
