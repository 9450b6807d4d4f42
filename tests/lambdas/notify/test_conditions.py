"""For which resources an alarm's condition holds."""

from __future__ import annotations

import pytest

from lambdas.notify.conditions import BY_ALARM, CONDITIONS, Resource


@pytest.mark.parametrize(
    ("alarm", "resource", "holds"),
    [
        ("OverlappingCidrs", {"OverlapStatus": "overlapping"}, True),
        ("OverlappingCidrs", {"OverlapStatus": "nonoverlapping"}, False),
        ("NoncompliantCidrs", {"ComplianceStatus": "noncompliant"}, True),
        ("NoncompliantCidrs", {"ComplianceStatus": "ignored"}, False),
        ("NearlyFullVpcs", {"ResourceType": "vpc", "IpUsage": 0.9}, True),
        ("NearlyFullVpcs", {"ResourceType": "vpc", "IpUsage": 0.89}, False),
        ("NearlyFullVpcs", {"ResourceType": "subnet", "IpUsage": 0.9}, False),
        ("NearlyFullVpcs", {"ResourceType": "vpc"}, False),
        ("NearlyFullSubnets", {"ResourceType": "subnet", "IpUsage": 1.0}, True),
        ("NearlyFullPublicIpv4Pools", {"ResourceType": "public-ipv4-pool", "IpUsage": 0.95}, True),
        ("NearlyFullPublicIpv4Pools", {"IpUsage": 0.95}, False),
    ],
)
def test_a_condition_holds_for_what_its_alarm_watches(alarm: str, resource: Resource, *, holds: bool) -> None:
    assert BY_ALARM[f"Poolwarden-{alarm}"].holds(resource) is holds


def test_a_query_takes_every_set_of_dimensions_that_has_those_of_its_groups() -> None:
    assert BY_ALARM["Poolwarden-NearlyFullVpcs"].query == (
        'SELECT MAX(VpcIPUsage) FROM "AWS/IPAM" GROUP BY ScopeID, VpcID ORDER BY MAX() DESC'
    )
    assert len({condition.query for condition in CONDITIONS}) == len(CONDITIONS)
