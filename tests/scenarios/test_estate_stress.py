"""Two processes change one account at once, and time goes on meanwhile: a recount finds everything as they say."""

from __future__ import annotations

import json
import subprocess
import sys
from ipaddress import IPv4Network
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from simulator.client import ROOT
from tests.scenarios.estate import EAST, Estate

if TYPE_CHECKING:
    from tests.scenarios.simulated_account import Account, Queue

pytestmark = pytest.mark.scenario

BUSY = "100000000050"
PROCESSES = 2


@pytest.fixture
def busy(estate: Estate) -> Account:
    return estate.account(BUSY)


def new_pool(account: Account) -> str:
    ec2 = account.client("ec2")
    scope = ec2.create_ipam(OperatingRegions=[{"RegionName": EAST}])["Ipam"]["PrivateDefaultScopeId"]
    pool: str = ec2.create_ipam_pool(IpamScopeId=scope, AddressFamily="ipv4", Locale=EAST)["IpamPool"]["IpamPoolId"]
    account.settle()
    ec2.provision_ipam_pool_cidr(IpamPoolId=pool, Cidr="10.0.0.0/16")
    account.settle()
    return pool


def new_table(account: Account) -> str:
    account.client("dynamodb").create_table(
        TableName="stress",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return "stress"


def everything_in(account: Account, queue: Queue) -> list[str]:
    """The ids of all events that a queue received."""
    sqs, found = account.client("sqs"), []
    for _ in range(200):
        messages = sqs.receive_message(QueueUrl=queue.url, MaxNumberOfMessages=10).get("Messages", [])
        if not messages:
            break
        found += [json.loads(message["Body"])["detail"]["id"] for message in messages]
        for message in messages:
            sqs.delete_message(QueueUrl=queue.url, ReceiptHandle=message["ReceiptHandle"])
    return found


def work_at_once(account: Account, *arguments: str) -> list[dict[str, Any]]:
    """What each thread of each process says that it did, while time goes on."""
    command = [sys.executable, "-m", "tests.scenarios.stress_worker", account.simulation.endpoint, *arguments]
    processes = [
        subprocess.Popen([*command, str(seed)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for seed in range(PROCESSES)
    ]
    for _ in range(100):
        account.settle()
        if all(process.poll() is not None for process in processes):
            break
    said = [process.communicate(timeout=60)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * PROCESSES
    return [thread for document in said for thread in json.loads(document)]


def test_what_two_processes_did_at_once_is_all_there_and_nothing_else(busy: Account) -> None:
    pool, table, queue = new_pool(busy), new_table(busy), busy.queue(allow="events.amazonaws.com")
    busy.rule({"Arn": queue.arn}, EventPattern=json.dumps({"source": ["stress"]}))
    before = len(busy.simulation.calls())
    threads = work_at_once(busy, BUSY, pool, table)
    busy.settle()
    assert len(busy.simulation.calls()) - before == sum(thread["calls"] for thread in threads)

    def said(member: str) -> list[str]:
        return sorted(each for thread in threads for each in thread[member])

    ec2 = busy.client("ec2")
    addresses = ec2.describe_addresses()["Addresses"]
    assert sorted(address["AllocationId"] for address in addresses) == said("addresses")
    assert len({address["PublicIp"] for address in addresses}) == len(addresses)

    busy.advance(3600)  # pools take back slowly what deleted VPCs had
    vpcs = [vpc for vpc in ec2.describe_vpcs()["Vpcs"] if not vpc["IsDefault"]]
    assert sorted(vpc["VpcId"] for vpc in vpcs) == said("vpcs")
    blocks = sorted(IPv4Network(vpc["CidrBlock"]) for vpc in vpcs)
    assert not any(one.overlaps(following) for one, following in pairwise(blocks))
    allocations = ec2.get_ipam_pool_allocations(IpamPoolId=pool)["IpamPoolAllocations"]
    assert sorted(IPv4Network(each["Cidr"]) for each in allocations) == blocks

    items = busy.client("dynamodb").scan(TableName=table)["Items"]
    counted = {item["id"]["S"]: item for item in items}
    assert int(counted.pop("counter")["n"]["N"]) == sum(thread["increments"] for thread in threads)
    assert sorted(counted) == said("slots"), "each slot was taken by one thread only"

    assert sorted(everything_in(busy, queue)) == said("events")
