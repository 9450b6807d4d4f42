"""Elastic IPs in the simulated account, from outside: their metrics where alarms see them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from simulator.client import Simulation

pytestmark = pytest.mark.scenario

ACCOUNT = "111122223333"


def test_addresses_that_nobody_uses_are_counted_in_the_ipams_metrics(empty_account: Simulation) -> None:
    ec2 = empty_account.client("ec2", account=ACCOUNT)
    ipam = ec2.create_ipam(OperatingRegions=[{"RegionName": "us-east-1"}])["Ipam"]["IpamId"]
    for _ in range(3):
        ec2.allocate_address(Domain="vpc")
    now = datetime.fromisoformat(empty_account.settle()["now"])

    found = empty_account.client("cloudwatch", account=ACCOUNT).get_metric_statistics(
        Namespace="AWS/IPAM",
        MetricName="UnassociatedAmazonOwnedElasticIPs",
        Dimensions=[{"Name": "IpamId", "Value": ipam}, {"Name": "Region", "Value": "us-east-1"}],
        StartTime=now - timedelta(hours=2),
        EndTime=now + timedelta(minutes=1),
        Period=60,
        Statistics=["Maximum"],
    )["Datapoints"]

    assert max(point["Maximum"] for point in found) == 3
