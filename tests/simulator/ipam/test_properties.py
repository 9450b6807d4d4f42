"""Any sequence of calls over a tree of pools leaves it sound: nothing overlaps, nothing is outside, nothing is lost."""

from __future__ import annotations

from http import HTTPStatus
from ipaddress import IPv4Network, ip_network
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from moto import mock_aws
from moto.ec2.models import ec2_backends

from simulator import elastic_ips, ipam
from simulator.clock import CLOCK
from simulator.ipam.metrics import datapoints
from tests.simulator.ipam.conftest import ACCOUNT, HOME, client_of

if TYPE_CHECKING:
    from simulator.ipam.models.pools import IpamPool

OTHER = "999999999999"
HELD = {"provisioned", "pending-deprovision", "failed-deprovision"}
WHOLE = IPv4Network("10.0.0.0/16")

lengths = st.integers(18, 28)
blocks = lengths.flatmap(
    lambda length: st.integers(0, 2 ** (length - 16) - 1).map(
        lambda index: str(IPv4Network((int(WHOLE.network_address) + (index << (32 - length)), length)))
    )
)
picks = st.integers(0, 10**6)


class PoolTree(RuleBasedStateMachine):
    """Calls of users of one IPAM and of an account that its pools are shared with, with time going by between them."""

    def __init__(self) -> None:
        super().__init__()
        elastic_ips.install()
        CLOCK.forget_timers()
        self.mock = mock_aws()
        self.mock.start()
        self.ec2 = client_of(HOME)
        self.consumer = client_of(HOME, OTHER)
        self.foreign: set[str] = set()
        self.scope = ""
        self.custom: dict[str, tuple[str, str]] = {}
        self.vpcs: dict[str, tuple[str, str]] = {}
        self.addresses: dict[str, tuple[str, str]] = {}

    def teardown(self) -> None:
        self.mock.stop()

    @property
    def pools(self) -> list[IpamPool]:
        found: list[IpamPool] = list(ec2_backends[ACCOUNT][HOME].ipam_pools.values())
        return found

    def pick(self, number: int) -> str:
        pools = self.pools
        return pools[number % len(pools)].id

    def call(self, operation: str, *, foreign: bool = False, **parameters: Any) -> dict[str, Any] | None:
        """The answer, or None when the call is refused; anything but a client error is a fault of the simulator."""
        try:
            answer: dict[str, Any] = getattr(self.consumer if foreign else self.ec2, operation)(**parameters)
        except ClientError as refusal:
            status = refusal.response["ResponseMetadata"]["HTTPStatusCode"]
            if status != HTTPStatus.BAD_REQUEST:
                pytest.fail(f"{operation} answered {status}")
            return None
        return answer

    def note(self, kind: dict[str, tuple[str, str]], resource: str, place: tuple[str, str], *, foreign: bool) -> None:
        """Remember where a resource has its block from, and whose it is."""
        kind[resource] = place
        if foreign:
            self.foreign.add(resource)

    @initialize()
    def make_tree(self) -> None:
        made = self.ec2.create_ipam()["Ipam"]
        self.scope = made["PrivateDefaultScopeId"]
        self.make_pool(source=None)
        top = self.pools[0].id
        self.call("provision_ipam_pool_cidr", IpamPoolId=top, Cidr="10.0.0.0/17")
        self.pass_time(120)
        self.make_pool(source=0)
        self.call("provision_ipam_pool_cidr", IpamPoolId=self.pools[1].id, NetmaskLength=20)
        self.public = self.ec2.create_ipam_pool(
            IpamScopeId=made["PublicDefaultScopeId"],
            AddressFamily="ipv4",
            Locale=HOME,
            AwsService="ec2",
            PublicIpSource="amazon",
        )["IpamPool"]["IpamPoolId"]
        self.pass_time(120)
        ipam.share_pool(self.public, [OTHER])
        self.ec2.provision_ipam_pool_cidr(IpamPoolId=self.public, NetmaskLength=29)
        self.pass_time(120)

    @precondition(lambda self: len(self.pools) < 7)
    @rule(source=st.none() | picks)
    def make_pool(self, source: int | None) -> None:
        placed: dict[str, Any] = {"SourceIpamPoolId": self.pick(source)} if source is not None and self.pools else {}
        answer = self.call("create_ipam_pool", IpamScopeId=self.scope, AddressFamily="ipv4", Locale=HOME, **placed)
        if answer is not None:
            ipam.share_pool(answer["IpamPool"]["IpamPoolId"], [OTHER])
        self.pass_time(20)

    @precondition(lambda self: self.pools)
    @rule(number=picks, cidr=blocks)
    def provision_block(self, number: int, cidr: str) -> None:
        self.call("provision_ipam_pool_cidr", IpamPoolId=self.pick(number), Cidr=cidr)

    @precondition(lambda self: self.pools)
    @rule(number=picks, length=lengths)
    def provision_by_length(self, number: int, length: int) -> None:
        self.call("provision_ipam_pool_cidr", IpamPoolId=self.pick(number), NetmaskLength=length)

    @precondition(lambda self: self.pools)
    @rule(number=picks, which=picks)
    def deprovision(self, number: int, which: int) -> None:
        pool = self.pick(number)
        cidrs = [cidr.cidr for cidr in ec2_backends[ACCOUNT][HOME].ipam_pools[pool].cidrs.values() if cidr.cidr]
        if cidrs:
            self.call("deprovision_ipam_pool_cidr", IpamPoolId=pool, Cidr=cidrs[which % len(cidrs)])

    @precondition(lambda self: self.pools)
    @rule(number=picks, cidr=blocks, length=lengths, by_length=st.booleans(), avoided=st.lists(blocks, max_size=2))
    def allocate(self, *, number: int, cidr: str, length: int, by_length: bool, avoided: list[str]) -> None:
        pool = self.pick(number)
        block = {"NetmaskLength": length, "DisallowedCidrs": avoided} if by_length else {"Cidr": cidr}
        answer = self.call("allocate_ipam_pool_cidr", IpamPoolId=pool, **block)
        if answer is not None:
            allocation = answer["IpamPoolAllocation"]
            if by_length:
                assert not any(ip_network(allocation["Cidr"]).overlaps(ip_network(block)) for block in avoided)
            self.custom[allocation["IpamPoolAllocationId"]] = (pool, allocation["Cidr"])

    @precondition(lambda self: self.custom)
    @rule(number=picks)
    def release(self, number: int) -> None:
        identifier = sorted(self.custom)[number % len(self.custom)]
        pool, cidr = self.custom.pop(identifier)
        assert self.call("release_ipam_pool_allocation", IpamPoolId=pool, Cidr=cidr, IpamPoolAllocationId=identifier)

    @precondition(lambda self: self.pools)
    @rule(number=picks, length=lengths, foreign=st.booleans())
    def create_vpc(self, *, number: int, length: int, foreign: bool) -> None:
        pool = self.pick(number)
        answer = self.call("create_vpc", foreign=foreign, Ipv4IpamPoolId=pool, Ipv4NetmaskLength=length)
        if answer is not None:
            self.note(self.vpcs, answer["Vpc"]["VpcId"], (pool, answer["Vpc"]["CidrBlock"]), foreign=foreign)

    @precondition(lambda self: self.vpcs)
    @rule(number=picks)
    def delete_vpc(self, number: int) -> None:
        vpc = sorted(self.vpcs)[number % len(self.vpcs)]
        del self.vpcs[vpc]
        assert self.call("delete_vpc", foreign=vpc in self.foreign, VpcId=vpc)

    @rule(number=picks, public=st.booleans(), foreign=st.booleans())
    def allocate_address(self, *, number: int, public: bool, foreign: bool) -> None:
        """From the public pool, or from any: a private one refuses."""
        pool = self.public if public or not self.pools else self.pick(number)
        answer = self.call("allocate_address", foreign=foreign, Domain="vpc", IpamPoolId=pool)
        if answer is not None:
            place = (pool, f"{answer['PublicIp']}/32")
            self.note(self.addresses, answer["AllocationId"], place, foreign=foreign)

    @precondition(lambda self: self.addresses)
    @rule(number=picks)
    def release_address(self, number: int) -> None:
        identifier = sorted(self.addresses)[number % len(self.addresses)]
        del self.addresses[identifier]
        assert self.call("release_address", foreign=identifier in self.foreign, AllocationId=identifier)

    @precondition(lambda self: len(self.pools) > 2)
    @rule(number=picks, cascade=st.booleans())
    def delete_pool(self, *, number: int, cascade: bool) -> None:
        if self.call("delete_ipam_pool", IpamPoolId=self.pick(number), Cascade=cascade) is not None:
            self.pass_time(20)
            left = {pool.id for pool in self.pools}
            self.custom = {key: value for key, value in self.custom.items() if value[0] in left}
            self.vpcs = {key: value for key, value in self.vpcs.items() if value[0] in left}
            self.addresses = {key: value for key, value in self.addresses.items() if value[0] in left}

    @rule(seconds=st.sampled_from([5, 60, 400]))
    def pass_time(self, seconds: float) -> None:
        CLOCK.advance(seconds)

    @invariant()
    def no_two_allocations_of_a_pool_overlap(self) -> None:
        for pool in self.pools:
            networks = sorted(allocation.network for allocation in pool.allocations.values())
            assert not any(one.overlaps(other) for one, other in pairwise(networks))

    @invariant()
    def everything_lies_inside_its_pool(self) -> None:
        for pool in self.pools:
            held = [cidr.held_network for cidr in pool.cidrs.values() if cidr.state in HELD and cidr.is_held()]
            for allocation in pool.allocations.values():
                assert any(IPv4Network(allocation.cidr).subnet_of(IPv4Network(str(network))) for network in held)

    @invariant()
    def top_level_pools_never_overlap(self) -> None:
        networks = [cidr.held_network for pool in self.pools if pool.source_pool is None for cidr in pool.held_cidrs()]
        assert not any(one.overlaps(other) for one, other in combinations(networks, 2))

    @invariant()
    def a_pools_cidrs_are_exactly_what_its_source_pool_gave_it(self) -> None:
        for pool in self.pools:
            if pool.source_pool is not None:
                given = sorted(
                    allocation.cidr
                    for allocation in pool.source_pool.allocations.values()
                    if allocation.resource_id == pool.id
                )
                assert given == sorted(str(cidr.held_network) for cidr in pool.held_cidrs())

    @invariant()
    def nothing_allocated_is_lost(self) -> None:
        present = {
            (pool.id, allocation.cidr): allocation for pool in self.pools for allocation in pool.allocations.values()
        }
        for identifier, place in self.custom.items():
            assert present[place].id == identifier
        for resource, place in {**self.vpcs, **self.addresses}.items():
            assert present[place].resource_id == resource
            assert present[place].resource_owner == (OTHER if resource in self.foreign else ACCOUNT)

    @invariant()
    def percentages_equal_a_recount_from_scratch(self) -> None:
        published = {
            (dict(point.dimensions)["PoolID"], point.name): point.value
            for point in datapoints()
            if point.unit == "Percent"
        }
        expected = {}
        for pool in self.pools:
            size = sum(
                cidr.held_network.num_addresses for cidr in pool.cidrs.values() if cidr.state in HELD and cidr.is_held()
            )
            taken = {"PercentAllocated": 0, "PercentAssigned": 0}
            for allocation in pool.allocations.values():
                to_pool = allocation.resource_type == "ipam-pool"
                taken["PercentAllocated" if to_pool else "PercentAssigned"] += allocation.network.num_addresses
            if size:
                free = size - sum(taken.values())
                for name, addresses in {**taken, "PercentAvailable": free}.items():
                    expected[pool.id, name] = 100 * addresses / size
        assert published == expected


PoolTree.TestCase.settings = settings(
    max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
TestPoolTree = PoolTree.TestCase
