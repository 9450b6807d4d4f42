"""Elastic IPs and IPAM in the simulated account, from outside: metrics, orders to AWS, reads that lag."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from simulator.client import SimulationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.client import Simulation

pytestmark = pytest.mark.scenario

ACCOUNT = "111122223333"


@pytest.fixture
def simulation(empty_account: Simulation) -> Iterator[Simulation]:
    """The empty account, with the settings that it starts with afterwards."""
    yield empty_account
    empty_account.reset_settings()


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


def test_an_address_that_aws_locks_cannot_be_released(simulation: Simulation) -> None:
    ec2 = simulation.client("ec2", account=ACCOUNT)
    address = ec2.allocate_address(Domain="vpc")
    simulation.lock_address(address["AllocationId"])
    with pytest.raises(ClientError, match=r"InvalidAddress\.Locked"):
        ec2.release_address(AllocationId=address["AllocationId"])
    simulation.lock_address(address["AllocationId"], locked=False)
    ec2.release_address(AllocationId=address["AllocationId"])
    simulation.give_address(address["PublicIp"], account="444455556666", region="us-east-1")
    with pytest.raises(ClientError, match=r"InvalidAddress\.NotFound"):
        ec2.allocate_address(Address=address["PublicIp"])
    with pytest.raises(SimulationError, match="no account has an address with the allocation id 'eipalloc-1'"):
        simulation.lock_address("eipalloc-1")


def test_how_long_reads_lag_and_changes_take_can_be_set(simulation: Simulation) -> None:
    ec2 = simulation.client("ec2", account="555566667777")
    settings = simulation.change_settings(read_lag_seconds=120, pool_creation_seconds=600)
    assert (settings["read_lag_seconds"], settings["pool_creation_seconds"]) == (120, 600)
    scope = ec2.create_ipam()["Ipam"]["PrivateDefaultScopeId"]
    pool = ec2.create_ipam_pool(IpamScopeId=scope, AddressFamily="ipv4")["IpamPool"]["IpamPoolId"]

    def states() -> list[str]:
        return [found["State"] for found in ec2.describe_ipam_pools()["IpamPools"] if found["IpamPoolId"] == pool]

    assert states() == []
    simulation.advance(130)
    assert states() == ["create-complete"]
    with pytest.raises(SimulationError, match="read_lag_seconds must be a number of seconds, at least 0, not -1"):
        simulation.change_settings(read_lag_seconds=-1)
    with pytest.raises(SimulationError, match="unknown setting 'read_lag'"):
        simulation.change_settings(read_lag=1)
