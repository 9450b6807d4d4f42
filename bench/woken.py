"""A deployed function, woken in a process of its own against the simulated account; peers run likewise."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from bench.wake import PEAK

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from simulator.client import Simulation

REGION = "us-east-1"
ALLOCATING = 16


def allocate(simulation: Simulation, number: int, *, in_use: int = 0) -> None:
    """Make so many addresses, some of them in use by network interfaces."""
    ec2 = simulation.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    ec2.attach_internet_gateway(
        VpcId=vpc, InternetGatewayId=ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    )
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/18")["Subnet"]["SubnetId"]

    def one(each: int) -> None:
        allocation = ec2.allocate_address(Domain="vpc")["AllocationId"]
        if each < in_use:
            nic = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
            ec2.associate_address(AllocationId=allocation, NetworkInterfaceId=nic)

    with ThreadPoolExecutor(ALLOCATING) as threads:
        list(threads.map(one, range(number)))


def release_eips(simulation: Simulation, asset: Path, *, at: datetime) -> int:
    """Wake `release_eips` out of a staged asset as its schedule does; the bytes that it had in memory at most.

    It has the environment of the deployed function, but the account's administrator as its role.
    """
    function = simulation.client("lambda").get_function_configuration(
        FunctionName=simulation.outputs()["ReleaseEipsFunction"]
    )
    environment = {
        **function["Environment"]["Variables"],
        **access(simulation),
        "AWS_LAMBDA_FUNCTION_NAME": function["FunctionName"],
        "POOLWARDEN_SETTINGS": str(asset / "settings.json"),
        "PYTHONPATH": str(asset),
    }
    return in_a_process([sys.executable, "-m", "bench.wake", at.isoformat()], environment)


def access(simulation: Simulation) -> dict[str, str]:
    """What lets an AWS SDK find the account and nothing else."""
    return {
        "AWS_ENDPOINT_URL": simulation.endpoint,
        "AWS_ACCESS_KEY_ID": simulation.account,
        "AWS_SECRET_ACCESS_KEY": "simulated",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


def in_a_process(command: Sequence[str], environment: Mapping[str, str], *, may_fail: bool = False) -> int:
    """Run a command that reports its peak; the bytes. A peer that gives up is a result, not an error."""
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    reported = [line for line in ended.stdout.splitlines() if line.startswith(PEAK)]
    if not reported or (ended.returncode and not may_fail):
        raise RuntimeError(ended.stderr)
    return int(reported[-1].removeprefix(PEAK))
