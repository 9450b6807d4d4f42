"""The types of load balancers, as far as they differ."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One type: `name` is that of the API, `short` that in ARNs and descriptions of interfaces.

    `service` is how Elastic IPs name it that manages them; None where there are none.
    """

    name: str
    short: str
    interface_type: str
    service: str | None
    least_zones: int = 1


APPLICATION = Family(name="application", short="app", interface_type="interface", service="alb", least_zones=2)
NETWORK = Family(name="network", short="net", interface_type="network_load_balancer", service="nlb")
GATEWAY = Family(name="gateway", short="gwy", interface_type="gateway_load_balancer", service=None)

BY_NAME = {family.name: family for family in (APPLICATION, NETWORK, GATEWAY)}
