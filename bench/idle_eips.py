"""A thousand idle addresses among two thousand, under EC2's throttling: ours beside Cloud Custodian."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import custodian
from bench.result import OURS, Measure, Result, Row, Spread
from infra.config import load
from simulator.client import Simulation

if TYPE_CHECKING:
    from collections.abc import Callable

ADDRESSES = 2_000
IDLE = 1_000
BURST, PER_SECOND = 50, 5
"""EC2's token bucket of ReleaseAddress, for an account and Region (EC2 developer guide, "Request throttling")."""

BEST_SECONDS = (IDLE - BURST) / PER_SECOND
FAULT_AFTER = 40
HOUR = timedelta(hours=1)
ACCOUNTS = {OURS: "111111111111", "Cloud Custodian": "222222222222"}
FAULTED = {OURS: "333333333333", "Cloud Custodian": "444444444444"}
REGION = "us-east-1"
NIC_BATCH = 16

CONFIG = """
mode: enforce
release_eips:
  grace: 2h
  warn_before: 1h
  max_releases_per_run: 1000
  breaker: {share: 1, at_least: 100000}
notifications: {email: [a@example.com]}
"""

CALLS = Measure(name="calls of EC2", better="less")
THROTTLED = Measure(name="throttled calls", better="less", limit=0)
TIME = Measure(name="time", unit="s", better="less", limit=BEST_SECONDS / 0.98)
MEMORY = Measure(name="memory", unit="MB", better="less")
RELEASED = Measure(name="released although the 41st was refused", better="more", limit=IDLE - 1)


@dataclass(frozen=True, kw_only=True)
class Run:
    """What one run came to; `megabytes` is the most that its process had in memory."""

    calls: int
    throttled: int
    seconds: float
    megabytes: float
    released: int


def measure() -> Result:
    """Release with each, once undisturbed and once with a refusal in the middle."""
    with tempfile.TemporaryDirectory(prefix="poolwarden-bench-") as folder:
        config = Path(folder) / "poolwarden.yaml"
        config.write_text(CONFIG, encoding="utf-8")
        rows = []
        for contender, release in CONTENDERS.items():
            with Simulation.start(config=config, account=ACCOUNTS[contender]) as simulation:
                whole = _run(simulation, release, Path(folder))
            with Simulation.start(config=config, account=FAULTED[contender]) as simulation:
                refusal = "InvalidIPAddress.InUse"
                simulation.fault("ec2", "ReleaseAddress", refusal, status=400, after=FAULT_AFTER, times=1)
                disturbed = _run(simulation, release, Path(folder))
            figures: dict[Measure, float] = {
                CALLS: whole.calls,
                THROTTLED: whole.throttled,
                TIME: whole.seconds,
                MEMORY: whole.megabytes,
                RELEASED: disturbed.released,
            }
            spreads = {measured.name: Spread.of([value]) for measured, value in figures.items()}
            rows.append(Row(setting=f"{IDLE:,} of {ADDRESSES:,} idle", contender=contender, figures=spreads))
    return Result(
        title="Release of idle Elastic IPs",
        about=(
            "Real time on a simulated account that throttles as EC2 documents: the bucket alone takes "
            f"{BEST_SECONDS:.0f} s. One run each. Cloud Custodian releases what is not associated and looks at nothing "
            "else; ours has seen the addresses idle for their grace, gathers evidence, and looks at each again before "
            "its release."
        ),
        measures=(CALLS, THROTTLED, TIME, MEMORY, RELEASED),
        rows=tuple(rows),
    )


def _run(simulation: Simulation, release: Callable[[Simulation, Path], Callable[[], int]], folder: Path) -> Run:
    _allocate(simulation)
    start = release(simulation, folder)
    simulation.change_settings(throttled=True)
    simulation.clear_calls()
    began = time.monotonic()
    megabytes = start() / 1_000_000
    seconds = time.monotonic() - began
    simulation.change_settings(throttled=False)
    calls = [call for call in simulation.calls() if call["service"] == "ec2"]
    errors = Counter(call["error"] for call in calls)
    left = len(simulation.client("ec2").describe_addresses()["Addresses"])
    return Run(
        calls=len(calls),
        throttled=errors["RequestLimitExceeded"],
        seconds=seconds,
        megabytes=megabytes,
        released=ADDRESSES - left,
    )


def _allocate(simulation: Simulation) -> None:
    """Make the addresses, half of them in use by network interfaces."""
    ec2 = simulation.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    ec2.attach_internet_gateway(
        VpcId=vpc, InternetGatewayId=ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    )
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/18")["Subnet"]["SubnetId"]

    def one(number: int) -> None:
        allocation = ec2.allocate_address(Domain="vpc")["AllocationId"]
        if number >= IDLE:
            nic = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
            ec2.associate_address(AllocationId=allocation, NetworkInterfaceId=nic)

    with ThreadPoolExecutor(NIC_BATCH) as threads:
        list(threads.map(one, range(ADDRESSES)))


def _poolwarden(simulation: Simulation, folder: Path) -> Callable[[], int]:
    """Let the deployed function see the addresses idle twice; the run that is measured is the third."""
    configuration = simulation.client("lambda").get_function_configuration(
        FunctionName=simulation.outputs()["ReleaseEipsFunction"]
    )
    now = datetime.now(UTC)
    settings = folder / "settings.json"
    settings.write_text(json.dumps(load(folder / "poolwarden.yaml").runtime_settings()), encoding="utf-8")
    environment = {
        **configuration["Environment"]["Variables"],
        **_access(simulation),
        "AWS_LAMBDA_FUNCTION_NAME": configuration["FunctionName"],
        "POOLWARDEN_SETTINGS": str(settings),
    }

    def wake(after: timedelta) -> int:
        return _in_a_process([sys.executable, "-m", "bench.idle_eips", (now + after).isoformat()], environment)

    wake(timedelta())
    wake(HOUR)
    return lambda: wake(2 * HOUR)


def _custodian(simulation: Simulation, folder: Path) -> Callable[[], int]:
    command = custodian.command(folder / f"custodian-{simulation.account}")
    return lambda: _in_a_process(command, _access(simulation), may_fail=True)


CONTENDERS: dict[str, Callable[[Simulation, Path], Callable[[], int]]] = {
    OURS: _poolwarden,
    "Cloud Custodian": _custodian,
}


def _access(simulation: Simulation) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": simulation.endpoint,
        "AWS_ACCESS_KEY_ID": simulation.account,
        "AWS_SECRET_ACCESS_KEY": "simulated",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    }


def _in_a_process(command: list[str], environment: dict[str, str], *, may_fail: bool = False) -> int:
    """Run a command; the bytes that it had in memory at most. A peer that gives up is a result, not an error."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if ended.returncode and not may_fail:
        raise RuntimeError(ended.stderr)
    reported = [line for line in ended.stdout.splitlines() if line.startswith("peak ")]
    return (
        int(reported[-1].split()[1])
        if reported
        else max(before, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) * 1024
    )


class _Context:
    """What the function asks of Lambda."""

    def __init__(self, identifier: str) -> None:
        self.aws_request_id = identifier

    def get_remaining_time_in_millis(self) -> int:
        return 600_000


def _wake(moment: str) -> None:
    """Wake the function in this process as its schedule does."""
    from lambdas.release_eips.handler import handler  # noqa: PLC0415 - in the process of the function alone

    event: dict[str, Any] = {"source": "aws.events", "detail-type": "Scheduled Event", "time": moment, "detail": {}}
    handler(json.loads(json.dumps(event)), _Context(moment))
    sys.stdout.write(f"\npeak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}\n")


if __name__ == "__main__":
    _wake(sys.argv[1])
