"""Somebody with addresses in an account of the simulated EC2, where the function runs and time passes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import boto3

from lambdas.common import events, ledger
from lambdas.common.dynamo import timestamp
from lambdas.release_eips.handler import look_where_hinted
from simulator.clock import CLOCK
from tests.lambdas.account import HOME, items
from tests.lambdas.account import LEDGER as LEDGER_TABLE

if TYPE_CHECKING:
    from lambdas.common.ledger import Record

HOUR = timedelta(hours=1)


class Person:
    """Somebody with addresses in an account where the function runs, and time that passes."""

    def __init__(self) -> None:
        self.ec2: Any = boto3.client("ec2")
        self.now = CLOCK.now()

    def sweep(self, *, hours: int = 1) -> None:
        for _ in range(hours):
            self.now += HOUR
            CLOCK.advance(HOUR.total_seconds())
            event = {"detail-type": "Scheduled Event", "time": timestamp(self.now), "detail": {}}
            look_where_hinted(events.parse(event), seconds=600)

    def release(self, **asked: Any) -> Record:
        """Let the function release a new address; the record of it."""
        allocation = self.ec2.allocate_address(**asked)["AllocationId"]
        self.sweep(hours=3)
        return self.act(allocation)

    def act(self, allocation_id: str) -> Record:
        (act,) = (
            ledger.read(item["decision_id"])
            for item in items(LEDGER_TABLE)
            if (item["resource_id"], item["record"]) == (allocation_id, "act") and item["action"] == "release_address"
        )
        assert act is not None
        return act

    def has(self, public_ip: str) -> dict[str, Any] | None:
        found = self.ec2.describe_addresses(Filters=[{"Name": "public-ip", "Values": [public_ip]}])["Addresses"]
        return dict(found[0]) if found else None

    def contiguous_pool(self) -> str:
        scope = self.ec2.create_ipam(OperatingRegions=[{"RegionName": HOME}])["Ipam"]["PublicDefaultScopeId"]
        pool = self.ec2.create_ipam_pool(
            IpamScopeId=scope, AddressFamily="ipv4", Locale=HOME, AwsService="ec2", PublicIpSource="amazon"
        )["IpamPool"]["IpamPoolId"]
        CLOCK.advance(60)
        self.ec2.provision_ipam_pool_cidr(IpamPoolId=pool, NetmaskLength=30)
        CLOCK.advance(60)
        return str(pool)
