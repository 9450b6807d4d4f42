"""Two thousand load balancers in one Region: how often AWS is called, and how the plan grows."""

from __future__ import annotations

import math
import time
from collections import Counter
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from lambdas.align_albs import aws
from lambdas.align_albs.alignment import align
from lambdas.align_albs.memory import Kept
from lambdas.align_albs.plan import plan
from lambdas.align_albs.run import Run
from lambdas.common.consent import Verdict
from lambdas.common.decision import Lease
from lambdas.common.limits import Turn
from lambdas.common.targets import Target
from tests.lambdas.align_albs.fleets import ACCOUNT, BEGUN, OTHER, POOL, REGION, TERMS, alb, fleet, pool

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lambdas.align_albs.model import Alb

MANY = 2_000
ROOMY = "198.18.0.0/16"


class Answers:
    """AWS's answers about so many load balancers, and how often each was asked for."""

    def __init__(self, albs: Iterable[Alb]) -> None:
        self.albs = {each.arn: self._described(each) for each in albs}
        self.counted: Counter[str] = Counter()

    def get_paginator(self, operation: str) -> Any:
        pages = {
            "describe_load_balancers": self._paged("LoadBalancers", list(self.albs.values())),
            "describe_network_interfaces": self._paged("NetworkInterfaces", [{}] * 0),
            "describe_ipam_pools": self._paged("IpamPools", [self._pool()]),
            "get_ipam_pool_cidrs": self._paged("IpamPoolCidrs", [{"Cidr": ROOMY, "State": "provisioned"}]),
            "get_ipam_pool_allocations": self._paged("IpamPoolAllocations", []),
        }[operation]

        def paginate(PaginationConfig: dict[str, int], **_: object) -> Iterator[Any]:  # noqa: N803 - boto3's name
            for page in pages(PaginationConfig["PageSize"]):
                self.counted[operation] += 1
                yield page

        return SimpleNamespace(paginate=paginate)

    def describe_load_balancers(self, LoadBalancerArns: list[str]) -> Any:  # noqa: N803 - boto3's name
        self.counted["describe_load_balancers"] += 1
        assert len(LoadBalancerArns) <= 20
        return {"LoadBalancers": [self.albs[arn] for arn in LoadBalancerArns]}

    def describe_tags(self, ResourceArns: list[str]) -> Any:  # noqa: N803 - boto3's name
        self.counted["describe_tags"] += 1
        assert len(ResourceArns) <= 20
        return {"TagDescriptions": [{"ResourceArn": arn, "Tags": []} for arn in ResourceArns]}

    def get_enabled_ipam_policy(self) -> Any:
        self.counted["get_enabled_ipam_policy"] += 1
        return {"IpamPolicyEnabled": False}

    def modify_ip_pools(self, LoadBalancerArn: str, IpamPools: dict[str, str]) -> None:  # noqa: N803 - boto3's names
        self.counted["modify_ip_pools"] += 1
        self.albs[LoadBalancerArn]["IpamPools"] = IpamPools

    @staticmethod
    def _paged(name: str, entries: list[Any]) -> Any:
        return lambda size: [{name: entries[first : first + size]} for first in range(0, max(len(entries), 1), size)]

    @staticmethod
    def _described(one: Alb) -> dict[str, Any]:
        return {
            "LoadBalancerArn": one.arn,
            "Type": "application",
            "Scheme": one.scheme,
            "IpAddressType": one.ip_address_type,
            "State": {"Code": one.state},
            "CreatedTime": one.created,
            "AvailabilityZones": [{}] * one.zones,
            "IpamPools": {"Ipv4IpamPoolId": one.pool} if one.pool else {},
        }

    @staticmethod
    def _pool() -> dict[str, Any]:
        return {
            "IpamPoolId": POOL,
            "IpamScopeType": "public",
            "AddressFamily": "ipv4",
            "Locale": REGION,
            "AwsService": "ec2",
            "State": "create-complete",
            "IpamRegion": REGION,
            "OwnerId": ACCOUNT,
        }


@pytest.fixture
def without_records(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out what only the tables hear of: it is other tests' subject, and slow in such numbers."""

    def nothing(*_: object, **__: object) -> None:
        return None

    def leased(arns: Iterable[str], **_: object) -> Kept:
        return Kept(leases={arn: Lease(guard=arn) for arn in arns}, memories={})

    def agreed(decision: Any, **_: object) -> Verdict:
        return Verdict(decision=decision, outcome=None, reason=decision.reason)

    monkeypatch.setattr("lambdas.align_albs.run.PACE_SECONDS", 0.0)
    monkeypatch.setattr(Run, "say", nothing)
    monkeypatch.setattr("lambdas.align_albs.ends.finish", nothing)
    monkeypatch.setattr("lambdas.align_albs.memory.read", leased)
    monkeypatch.setattr("lambdas.align_albs.memory.keep_instead", lambda *_, **__: True)
    monkeypatch.setattr("lambdas.common.consent.judge", agreed)
    monkeypatch.setattr("lambdas.common.consent.what_forbids", nothing)
    monkeypatch.setattr("lambdas.common.guards.begin", nothing)
    monkeypatch.setattr("lambdas.common.limits.turns", lambda _, pools: {each: Turn(guard=each) for each in pools})


def aligned(answers: Answers, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often AWS is called in a run over all of them."""
    monkeypatch.setattr(aws, "client", lambda *_, **__: answers)
    monkeypatch.setattr("lambdas.common.accounts.own", lambda: ACCOUNT)
    answers.counted.clear()
    run = Run(target=Target(account=ACCOUNT, region=REGION), now=BEGUN, terms=TERMS, mode="enforce", deadline=math.inf)
    align(run, None)
    return answers.counted


@pytest.mark.usefixtures("without_records")
def test_a_run_calls_aws_once_a_page_once_for_twenty_tags_and_once_a_move(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = Answers(alb(number) for number in range(1, MANY + 1))
    of_each_run = {
        "describe_load_balancers": MANY // 400,
        "describe_network_interfaces": 1,
        "describe_ipam_pools": 1,
        "get_ipam_pool_cidrs": 1,
        "get_ipam_pool_allocations": 1,
        "describe_tags": MANY // 20,
    }
    of_moves = {
        "get_enabled_ipam_policy": 1,
        "describe_load_balancers": MANY // 20,
        "describe_tags": MANY // 20,
        "modify_ip_pools": MANY,
    }
    assert aligned(answers, monkeypatch) == Counter(of_each_run) + Counter(of_moves)
    assert aligned(answers, monkeypatch) == of_each_run


def seconds_to_plan(number: int) -> float:
    """The computing time of a plan for so many, half of them to be moved."""
    albs = [alb(each, pool=POOL if each % 2 else OTHER) for each in range(1, number + 1)]
    seen = fleet(albs, [pool(cidr=ROOMY)])
    took = []
    for _ in range(3):
        begun = time.process_time()
        plan(seen, TERMS)
        took.append(time.process_time() - begun)
    return min(took)


def test_the_plan_grows_with_the_fleet_and_not_faster() -> None:
    assert seconds_to_plan(MANY) < 8 * seconds_to_plan(MANY // 4)
