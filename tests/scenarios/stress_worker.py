"""One process of the stress test: threads that change everything at once, and at the end say what they did.

`python -m tests.scenarios.stress_worker ENDPOINT ACCOUNT POOL TABLE SEED` prints a JSON document.
"""

from __future__ import annotations

import json
import random
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from simulator.client import Simulation

THREADS = 4
ROUNDS = 40
SLOTS = 60
"""Keys that all threads of all processes want to be the first to write."""


class Worker:
    """One thread's work; what it holds at the end and how often it succeeded."""

    def __init__(self, clients: dict[str, Any], *, pool: str, table: str, seed: str) -> None:
        self.ec2, self.dynamodb, self.events = clients["ec2"], clients["dynamodb"], clients["events"]
        self.pool, self.table, self.seed = pool, table, seed
        self.random = random.Random(seed)  # noqa: S311 - which of the acts comes next
        self.addresses: list[str] = []
        self.vpcs: list[str] = []
        self.increments = 0
        self.slots: list[str] = []
        self.event_ids: list[str] = []
        self.calls = 0

    def run(self) -> dict[str, Any]:
        acts = [self.address, self.vpc, self.count, self.slot, self.event]
        for number in range(ROUNDS):
            self.random.choice(acts)(number)
        return {
            "addresses": self.addresses,
            "vpcs": self.vpcs,
            "increments": self.increments,
            "slots": self.slots,
            "events": self.event_ids,
            "calls": self.calls,
        }

    def address(self, _number: int) -> None:
        self.calls += 1
        if self.addresses and self.random.random() < 0.5:
            self.ec2.release_address(AllocationId=self.addresses.pop())
        else:
            self.addresses.append(self.ec2.allocate_address(Domain="vpc")["AllocationId"])

    def vpc(self, _number: int) -> None:
        self.calls += 1
        if self.vpcs and self.random.random() < 0.4:
            self.ec2.delete_vpc(VpcId=self.vpcs.pop())
        else:
            made = self.ec2.create_vpc(Ipv4IpamPoolId=self.pool, Ipv4NetmaskLength=26)
            self.vpcs.append(made["Vpc"]["VpcId"])

    def count(self, _number: int) -> None:
        self.calls += 1
        self.dynamodb.update_item(
            TableName=self.table,
            Key={"id": {"S": "counter"}},
            UpdateExpression="ADD #n :one",
            ExpressionAttributeNames={"#n": "n"},
            ExpressionAttributeValues={":one": {"N": "1"}},
        )
        self.increments += 1

    def slot(self, _number: int) -> None:
        self.calls += 1
        slot = f"slot-{self.random.randrange(SLOTS)}"
        try:
            self.dynamodb.put_item(
                TableName=self.table,
                Item={"id": {"S": slot}, "owner": {"S": self.seed}},
                ConditionExpression="attribute_not_exists(id)",
            )
        except self.dynamodb.exceptions.ConditionalCheckFailedException:
            return
        self.slots.append(slot)

    def event(self, number: int) -> None:
        self.calls += 1
        identifier = f"{self.seed}-{number}"
        entry = {"Source": "stress", "DetailType": "Stress", "Detail": json.dumps({"id": identifier})}
        assert self.events.put_events(Entries=[entry])["FailedEntryCount"] == 0
        self.event_ids.append(identifier)


def main() -> None:
    endpoint, account, pool, table, seed = sys.argv[1:]
    simulation = Simulation.at(endpoint, account=account)
    clients = {service: simulation.client(service) for service in ("ec2", "dynamodb", "events")}
    workers = [Worker(clients, pool=pool, table=table, seed=f"{seed}-{number}") for number in range(THREADS)]
    with ThreadPoolExecutor(THREADS) as threads:
        sys.stdout.write(json.dumps(list(threads.map(Worker.run, workers))))


if __name__ == "__main__":
    main()
