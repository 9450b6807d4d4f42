"""Hosted zones whose records name addresses, in every way in which Route 53 routes."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.client import Simulation

ROUTING: dict[str, dict[str, Any]] = {
    "simple": {},
    "weighted": {"SetIdentifier": "one", "Weight": 10},
    "latency": {"SetIdentifier": "one", "Region": "us-east-1"},
    "geo": {"SetIdentifier": "one", "GeoLocation": {"ContinentCode": "EU"}},
    "failover": {"SetIdentifier": "one", "Failover": "PRIMARY"},
    "multivalue": {"SetIdentifier": "one", "MultiValueAnswer": True},
}
"""What a record of each routing policy has besides its value."""

_REFERENCES = itertools.count(1)


class Zone:
    """A hosted zone of an account; a private one is of the account's default VPC."""

    def __init__(
        self, simulation: Simulation, *, name: str = "example.com", account: str | None = None, private: bool = False
    ) -> None:
        self.name = name
        self._route53 = simulation.client("route53", account=account)
        request: dict[str, Any] = {}
        if private:
            vpcs = simulation.client("ec2", account=account).describe_vpcs()["Vpcs"]
            request["VPC"] = {"VPCRegion": simulation.region, "VPCId": vpcs[0]["VpcId"]}
        made = self._route53.create_hosted_zone(Name=name, CallerReference=f"zone {next(_REFERENCES)}", **request)
        self._id = made["HostedZone"]["Id"]

    def point(self, label: str, public_ip: str, *, routing: str = "simple") -> str:
        """Let an A record name an address; the record's name, as people write it."""
        name = f"{label}.{self.name}"
        values = {"TTL": 60, "ResourceRecords": [{"Value": public_ip}]}
        record = {"Name": name, "Type": "A", **ROUTING[routing], **values}
        batch = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]}
        self._route53.change_resource_record_sets(HostedZoneId=self._id, ChangeBatch=batch)
        return name
