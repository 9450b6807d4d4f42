"""Random histories of addresses, held against a model and against a recount."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule
from moto import mock_aws

from simulator import elastic_ips
from simulator.clock import CLOCK
from simulator.elastic_ips import services
from simulator.elastic_ips.metrics import datapoints
from simulator.ipam.metrics import datapoints as pool_datapoints
from tests.simulator.elastic_ips.conftest import OTHER, Account

BLOCK_SIZE = 4
RETURN_DELAY = 120


@dataclass(kw_only=True)
class Held:
    """What the model knows of an address that the account holds."""

    public_ip: str
    pool: str
    interface: str | None = None


@dataclass(kw_only=True)
class Model:
    """What should be so."""

    held: dict[str, Held] = field(default_factory=dict)
    on_the_way_back: dict[str, tuple[str, float]] = field(default_factory=dict)
    """Allocation id → address and time of return, for what was released to the IPAM pool."""

    given_away: set[str] = field(default_factory=set)

    def taken(self) -> set[str]:
        """The addresses that nobody can recover now."""
        held = {address.public_ip for address in self.held.values()}
        return held | self.out_of_block() | self.given_away

    def out_of_block(self) -> set[str]:
        """The addresses of the IPAM pool that cannot be had now."""
        now = CLOCK.time()
        returning = {address for address, until in self.on_the_way_back.values() if now < until}
        return returning | {address.public_ip for address in self.held.values() if address.pool == "ipam"}

    def put(self, allocation: str, interface: str) -> None:
        """The address goes on the interface, and what was there goes off."""
        for address in self.held.values():
            if address.interface == interface:
                address.interface = None
        self.held[allocation].interface = interface


class Histories(RuleBasedStateMachine):
    """Two accounts allocate; one of them also uses, releases and recovers, by API alone."""

    released = Bundle("released")

    def __init__(self) -> None:
        super().__init__()
        elastic_ips.install()
        CLOCK.forget_timers()
        self.mock = mock_aws()
        self.mock.start()
        self.account = Account()
        self.ec2 = self.account.ec2
        self.model = Model()

    def teardown(self) -> None:
        self.mock.stop()

    @initialize()
    def build(self) -> None:
        self.ipam_pool = self.account.contiguous_pool(netmask_length=30)
        self.own_pool = self.account.own_pool()
        subnets = {"default": self.account.default_subnet(), "other": self.account.other_subnet()}
        self.interfaces = {self.account.interface(subnet)["NetworkInterfaceId"]: vpc for vpc, subnet in subnets.items()}
        for pool in ("amazon", "ipam", "own"):
            self.allocate_from(pool)

    @rule(pool=st.sampled_from(["amazon", "ipam", "own"]))
    def allocate(self, pool: str) -> None:
        self.allocate_from(pool)

    @rule()
    def another_account_allocates(self) -> None:
        self.account.other().allocate_address()

    @rule(data=st.data())
    def associate(self, data: st.DataObject) -> None:
        if self.model.held:
            allocation = data.draw(st.sampled_from(list(self.model.held)))
            interface = data.draw(st.sampled_from(list(self.interfaces)))
            self.ec2.associate_address(AllocationId=allocation, NetworkInterfaceId=interface)
            self.model.put(allocation, interface)

    @rule(data=st.data())
    def disassociate(self, data: st.DataObject) -> None:
        used = [allocation for allocation, address in self.model.held.items() if address.interface]
        if used:
            allocation = data.draw(st.sampled_from(used))
            self.ec2.disassociate_address(AssociationId=self.account.address(allocation)["AssociationId"])
            self.model.held[allocation].interface = None

    @rule(target=released, data=st.data())
    def release(self, data: st.DataObject) -> Any:
        if not self.model.held:
            return multiple()
        allocation = data.draw(st.sampled_from(list(self.model.held)))
        address = self.model.held[allocation]
        in_use = address.interface is not None and self.interfaces[address.interface] == "other"
        self.answer(self.ec2.release_address, refused=in_use, AllocationId=allocation)
        if in_use:
            return multiple()
        del self.model.held[allocation]
        if address.pool == "ipam":
            self.model.on_the_way_back[allocation] = (address.public_ip, CLOCK.time() + RETURN_DELAY)
        return address

    @rule(address=released)
    def amazon_gives_a_released_address_to_another_account(self, address: Held) -> None:
        if address.pool == "amazon" and address.public_ip not in self.model.taken():
            services.give_away(address.public_ip, to_account=OTHER, region="us-east-1")
            self.model.given_away.add(address.public_ip)

    @rule(address=released)
    def recover(self, address: Held) -> None:
        pool = {"IpamPoolId": self.ipam_pool} if address.pool == "ipam" else {}
        recovered = self.answer(
            self.ec2.allocate_address,
            refused=address.public_ip in self.model.taken(),
            Address=address.public_ip,
            **pool,
        )
        if recovered:
            assert recovered["PublicIp"] == address.public_ip
            self.note(recovered, address.pool)

    @rule(seconds=st.sampled_from([1, 60, 600]))
    def wait(self, seconds: int) -> None:
        CLOCK.advance(seconds)

    @invariant()
    def addresses_are_as_the_model_has_them(self) -> None:
        shown = {
            address["AllocationId"]: (address["PublicIp"], address.get("NetworkInterfaceId"))
            for address in self.ec2.describe_addresses()["Addresses"]
        }
        assert shown == {key: (held.public_ip, held.interface) for key, held in self.model.held.items()}

    @invariant()
    def no_address_is_held_twice(self) -> None:
        held = [
            address["PublicIp"]
            for client in (self.ec2, self.account.other())
            for address in client.describe_addresses()["Addresses"]
        ]
        assert len(held) == len(set(held))

    @invariant()
    def the_ipam_pool_has_what_is_held_and_what_is_on_its_way_back(self) -> None:
        if hasattr(self, "ipam_pool"):
            allocations = {each["Cidr"]: each["ResourceId"] for each in self.account.allocations(self.ipam_pool)}
            held = {f"{held.public_ip}/32": key for key, held in self.model.held.items() if held.pool == "ipam"}
            assert allocations.keys() == {f"{address}/32" for address in self.model.out_of_block()}
            assert held.items() <= allocations.items()

    @invariant()
    def published_values_equal_a_recount(self) -> None:
        if not hasattr(self, "ipam_pool"):
            return
        published = {
            datapoint.name: datapoint.value
            for datapoint in (*datapoints(), *pool_datapoints())
            if dict(datapoint.dimensions).get("PoolID") == self.ipam_pool
            or dict(datapoint.dimensions).get("Region") == "us-east-1"
        }
        taken = len(self.model.out_of_block())
        counted = {
            "PercentAssigned": 100 * taken / BLOCK_SIZE,
            "PercentAvailable": 100 * (BLOCK_SIZE - taken) / BLOCK_SIZE,
            "UnallocatedAmazonOwnedContigIPs": BLOCK_SIZE - taken,
            "AssociatedAmazonOwnedContigIPs": self.count("ipam", used=True),
            "UnassociatedAmazonOwnedContigIPs": self.count("ipam", used=False),
            "AssociatedAmazonOwnedElasticIPs": self.count("amazon", used=True),
            "UnassociatedAmazonOwnedElasticIPs": self.count("amazon", used=False),
            "AssociatedBringYourOwnIPs": self.count("own", used=True),
            "UnassociatedBringYourOwnIPs": self.count("own", used=False),
        }
        assert {name: published[name] for name in counted} == counted

    def allocate_from(self, pool: str) -> None:
        full = pool == "ipam" and len(self.model.out_of_block()) == BLOCK_SIZE
        parameters = {"amazon": {}, "ipam": {"IpamPoolId": self.ipam_pool}, "own": {"PublicIpv4Pool": self.own_pool}}
        allocated = self.answer(self.ec2.allocate_address, refused=full, **parameters[pool])
        if allocated:
            self.note(allocated, pool)

    def count(self, pool: str, *, used: bool) -> int:
        return sum(held.pool == pool and (held.interface is not None) == used for held in self.model.held.values())

    def note(self, allocated: dict[str, Any], pool: str) -> None:
        self.model.held[allocated["AllocationId"]] = Held(public_ip=allocated["PublicIp"], pool=pool)

    def answer(self, call: Any, *, refused: bool, **parameters: Any) -> dict[str, Any] | None:
        """What AWS answers, which is a refusal exactly if the model says so."""
        if not refused:
            answer: dict[str, Any] = call(**parameters)
            return answer
        with pytest.raises(ClientError):
            call(**parameters)
        return None


TestHistories = Histories.TestCase
TestHistories.settings = settings(
    max_examples=20,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
