"""How long the simulated Elastic IPs take, and how many there may be."""

from __future__ import annotations

from dataclasses import dataclass

MINUTE = 60.0
HOUR = 60 * MINUTE
DAY = 24 * HOUR


@dataclass(kw_only=True)
class ElasticIpSettings:
    """Delays in seconds of simulated time, and the quota.

    AWS gives figures for transfers only ("Transfer an Elastic IP address between AWS accounts", EC2 user guide); the
    other delays are of the size that people report.
    """

    addresses_per_region: int = 5000
    """AWS's default is 5 ("Elastic IP address quota", EC2 user guide), raised on request; whoever has addresses to
    clean up had it raised, and sweeps are tested with thousands. Ranges of one's own do not count."""

    ptr_update: float = MINUTE
    ptr_lingers: float = 5 * MINUTE
    """How long ReleaseAddress still sees a PTR record that DescribeAddressesAttribute shows as gone."""

    transfer_offer: float = 7 * DAY
    settled_transfers_stay_listed: float = 14 * DAY

    nat_gateway_creation: float = 90
    nat_gateway_deletion: float = MINUTE
    nat_gateway_drain: float = 350
    """How long a NAT gateway keeps a secondary address that is taken from it (MaxDrainDurationSeconds)."""
    deleted_nat_gateways_stay_listed: float = HOUR


SETTINGS = ElasticIpSettings()
"""What is in force."""
