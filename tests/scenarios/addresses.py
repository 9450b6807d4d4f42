"""Elastic IPs of a deployed account, for scenarios of what becomes of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.client import Simulation

HOUR = 3600


class Estate:
    """The addresses of one Region, and what the function did about them."""

    def __init__(self, simulation: Simulation, region: str | None = None) -> None:
        self.simulation = simulation
        self.region = region or simulation.region
        self.ec2 = simulation.client("ec2", region=self.region)

    def allocate(self, **tags: str) -> str:
        """A new address with these tags: a double underscore is a colon, a single one between letters a hyphen."""
        request: dict[str, Any] = {}
        if tags:
            named = {key.replace("__", ":").replace("_", "-"): value for key, value in tags.items()}
            wire = [{"Key": key, "Value": value} for key, value in named.items()]
            request["TagSpecifications"] = [{"ResourceType": "elastic-ip", "Tags": wire}]
        return str(self.ec2.allocate_address(**request)["AllocationId"])

    def address(self, allocation_id: str) -> dict[str, Any]:
        (found,) = self.ec2.describe_addresses(AllocationIds=[allocation_id])["Addresses"]
        return dict(found)

    def ids(self) -> set[str]:
        return {each["AllocationId"] for each in self.ec2.describe_addresses()["Addresses"]}

    def interface(self) -> str:
        """A network interface in a VPC of its own."""
        vpc = self.ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
        gateway = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
        subnet = self.ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.0.0/24")["Subnet"]["SubnetId"]
        return str(self.ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"])

    def pass_hours(self, hours: int) -> None:
        """Let the schedule fire once an hour."""
        for _ in range(hours):
            self.simulation.advance(HOUR)

    def records(self, resource_id: str) -> list[tuple[str, str]]:
        """Outcome and reason of each ledger item of an address, oldest first."""
        items = (item for item in self.simulation.ledger() if item["resource_id"] == resource_id)
        return [(item["outcome"], item["reason"]) for item in items]

    def told(self, resource_id: str) -> list[tuple[str, str]]:
        """Outcome and reason of each message of kind decision about an address."""
        return [
            (entry["attributes"]["outcome"], entry["attributes"]["reason"])
            for entry in self.simulation.outbox()
            if entry["attributes"].get("kind") == "decision" and f"Where:    {resource_id}" in entry["message"]
        ]

    def decision(self, resource_id: str, outcome: str, reason: str) -> str:
        """The id of the last decision about a resource that came out so."""
        return str(
            [
                item["decision_id"]
                for item in self.simulation.ledger()
                if (item["resource_id"], item["outcome"], item["reason"]) == (resource_id, outcome, reason)
            ][-1]
        )

    def ask(self, action: str, decision_id: str) -> dict[str, Any]:
        """Ask OperateFunction as a person does; its answer."""
        request = {"action": action, "decision_id": decision_id, "actor": "jo"}
        answer = self.simulation.client("lambda").invoke(
            FunctionName=self.simulation.outputs()["OperateFunction"], Payload=json.dumps(request).encode()
        )
        return dict(json.loads(answer["Payload"].read()))
