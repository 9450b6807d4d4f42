"""How long the simulated load balancers take, and what they do where AWS's behaviour is uncertain."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class PoolChange(StrEnum):
    """What becomes of the addresses that a load balancer has when it gets another IPAM pool, or none."""

    REPLACES = "replaces"
    """All of them are replaced at once."""
    LINGERS = "lingers"
    """They stay until the load balancer scales, or AWS replaces its nodes."""


@dataclass(kw_only=True)
class LoadBalancerSettings:
    """Delays in seconds of simulated time. AWS gives no figures; this is of the size that people report."""

    provisioning: float = 120

    pool_change: PoolChange = PoolChange.REPLACES
    """AWS documents neither. An author of Terraform's `ipam_pools` saw the old addresses stay
    (hashicorp/terraform-provider-aws#41822), others the pool's right after the change."""


SETTINGS = LoadBalancerSettings()
"""What is in force."""
