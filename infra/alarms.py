"""The alarms that say where to look. They watch every series of a metric, those of pools to come included."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdas.common.settings import AddressKind

PERIOD_SECONDS = 300

EVENTS_SOURCE = "aws.cloudwatch"
STATE_CHANGE = "CloudWatch Alarm State Change"
CONTRIBUTOR_STATE_CHANGE = "CloudWatch Alarm Contributor State Change"
"""What an alarm over many series sends for one of them: its own state may not change.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
"""

LOW_POOLS_QUERY = 'SELECT MIN(PercentAvailable) FROM "AWS/IPAM" GROUP BY PoolID ORDER BY MIN() ASC'
"""One contributor for each pool. Both GROUP BY and ORDER BY are needed for an alarm over many series. The plain
`FROM` matches any set of dimensions: a `SCHEMA(...)` that AWS does not publish would match nothing for ever and look
healthy."""


class LowPoolAlarms(Construct):
    """One alarm for each distinct low-water mark.

    A contributor that is in ALARM already does not fire again, so a pool with a lower mark needs an alarm with that
    threshold. These alarms have no actions: their events wake the remediation, and people hear what it did.
    """

    def __init__(self, scope: Construct, construct_id: str, *, low_water_percents: Iterable[float]) -> None:
        super().__init__(scope, construct_id)
        self.names = tuple(self._alarm(percent) for percent in sorted(set(low_water_percents)))

    def _alarm(self, percent: float) -> str:
        name = f"Poolwarden-PoolsBelow{percent:g}Percent"
        silent_alarm(
            self,
            f"Below{percent:g}".replace(".", "Point"),
            name=name,
            description=f"Pools with less than {percent:g} % available; refill_pools answers this alarm",
            query=LOW_POOLS_QUERY,
            comparison_operator="LessThanThreshold",
            threshold=percent,
        )
        return name


IDLE_METRICS: dict[AddressKind, tuple[str, str]] = {
    "amazon": ("UnassociatedAmazonOwnedElasticIPs", "Region"),
    "ipam": ("UnassociatedAmazonOwnedContigIPs", "PoolID"),
    "byoip": ("UnassociatedBringYourOwnIPs", "Region"),
}
"""By the kind of address: IPAM's metric of those that are not associated, and the dimension that tells them apart.

https://docs.aws.amazon.com/vpc/latest/ipam/cloudwatch-ipam-ip-address-usage.html
"""

IDLE_QUERY = 'SELECT MAX({metric}) FROM "AWS/IPAM" GROUP BY {dimension} ORDER BY MAX() DESC'


class IdleAddressAlarms(Construct):
    """One alarm for each kind of address that is looked after, over all Regions.

    Like the alarms on pools they have no actions: their events wake the remediation.
    """

    def __init__(self, scope: Construct, construct_id: str, *, kinds: Iterable[AddressKind]) -> None:
        super().__init__(scope, construct_id)
        self.names = tuple(self._alarm(*IDLE_METRICS[kind]) for kind in kinds)

    def _alarm(self, metric: str, dimension: str) -> str:
        name = f"Poolwarden-{metric}"
        silent_alarm(
            self,
            metric,
            name=name,
            description=f"{metric} is above 0; release_eips answers this alarm",
            query=IDLE_QUERY.format(metric=metric, dimension=dimension),
            comparison_operator="GreaterThanThreshold",
            threshold=0,
        )
        return name


FULL_VPCS_QUERY = (
    'SELECT MAX(VpcIPUsage) FROM "AWS/IPAM" GROUP BY OwnerID, Region, VpcID, AddressFamily ORDER BY MAX() DESC'
)
"""One contributor for each VPC and address family, which says where the VPC is. IPv6 is told apart, because a VPC whose
IPv6 addresses are taken would be in ALARM already, and not fire when its IPv4 addresses are.

https://docs.aws.amazon.com/vpc/latest/ipam/cloudwatch-ipam-res-util.html
"""


def full_vpcs_alarm(scope: Construct, construct_id: str, *, high_water_percent: float) -> str:
    """Watch how much of VPCs their subnets have taken; the alarm's name. Like the others it has no actions."""
    name = f"Poolwarden-VpcsAbove{high_water_percent:g}Percent"
    silent_alarm(
        scope,
        construct_id,
        name=name,
        description=f"VPCs of which subnets have taken {high_water_percent:g} %; extend_vpcs answers this alarm",
        query=FULL_VPCS_QUERY,
        comparison_operator="GreaterThanOrEqualToThreshold",
        threshold=high_water_percent / 100,
    )
    return name


def silent_alarm(
    scope: Construct,
    construct_id: str,
    *,
    name: str,
    description: str,
    query: str,
    comparison_operator: str,
    threshold: float,
) -> None:
    """Watch a query; the alarm has no actions, because its events wake one of our functions."""
    cloudwatch.CfnAlarm(
        scope,
        construct_id,
        alarm_name=name,
        alarm_description=description,
        metrics=[
            cloudwatch.CfnAlarm.MetricDataQueryProperty(
                id="watched", expression=query, period=PERIOD_SECONDS, return_data=True
            )
        ],
        comparison_operator=comparison_operator,
        threshold=threshold,
        evaluation_periods=1,
        datapoints_to_alarm=1,
        treat_missing_data="notBreaching",
    )


def alarm_on_any(
    scope: Construct, construct_id: str, *, metric: cloudwatch.IMetric, description: str, periods: int = 1
) -> cloudwatch.Alarm:
    """Watch what should never be counted, in so many periods one after the other; no data is a good sign."""
    return cloudwatch.Alarm(
        scope,
        construct_id,
        metric=metric,
        alarm_description=description,
        threshold=1,
        evaluation_periods=periods,
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
    )
