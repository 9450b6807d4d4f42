"""Random histories of load balancers that share two pools, held against a recount."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from moto import mock_aws
from moto.ec2.models import ec2_backends

from simulator import load_balancers
from simulator.clock import CLOCK
from simulator.load_balancers.scaling import scale
from simulator.load_balancers.settings import SETTINGS, PoolChange
from tests.simulator.ipam.conftest import ACCOUNT, HOME
from tests.simulator.load_balancers.conftest import Account

BLOCK_SIZE = 4
POOLS = st.sampled_from([0, 1, None])


class Histories(RuleBasedStateMachine):
    """Load balancers come, change and go while users take from the same pools."""

    def __init__(self) -> None:
        super().__init__()
        load_balancers.install()
        CLOCK.forget_timers()
        self.mock = mock_aws()
        self.mock.start()
        self.account = Account()
        self.nodes: dict[str, int] = {}
        self.made = 0

    def teardown(self) -> None:
        SETTINGS.pool_change = PoolChange.REPLACES
        self.mock.stop()

    @initialize()
    def build(self) -> None:
        self.pools = [self.account.contiguous_pool(), self.account.contiguous_pool()]
        self.subnets = self.account.subnets(4)

    @rule(pool=POOLS, zones=st.integers(2, 4), scheme=st.sampled_from(["internet-facing"] * 3 + ["internal"]))
    def create(self, pool: int | None, zones: int, scheme: str) -> None:
        wanted = None if pool is None or scheme == "internal" else self.pools[pool]
        free = self.free(wanted)
        self.made += 1
        arn = self.account.arn(f"web-{self.made}", pool=wanted, Subnets=self.subnets[:zones], Scheme=scheme)
        self.nodes[arn] = 1
        if scheme == "internet-facing":
            assert self.origins(arn)[wanted or "amazon"] == (min(zones, free) if wanted else zones)

    @precondition(lambda self: self.nodes)
    @rule(data=st.data(), pool=POOLS)
    def modify(self, data: st.DataObject, pool: int | None) -> None:
        arn, wanted = self.some(data), None if pool is None else self.pools[pool]
        if self.account.described(arn)["Scheme"] == "internal":
            return
        before = self.origins(arn)
        self.account.modify(arn, wanted)
        if SETTINGS.pool_change is PoolChange.LINGERS:
            assert self.origins(arn) == before
        else:
            assert set(self.origins(arn)) <= {wanted, "amazon"}

    @precondition(lambda self: self.nodes)
    @rule(data=st.data(), nodes=st.integers(1, 3))
    def scale(self, data: st.DataObject, nodes: int) -> None:
        arn = self.some(data)
        scale({"load_balancer": arn, "nodes_per_zone": nodes})
        self.nodes[arn] = nodes
        pool = self.account.described(arn).get("IpamPools", {}).get("Ipv4IpamPoolId")
        assert set(self.origins(arn)) <= {pool, "amazon"}

    @precondition(lambda self: self.nodes)
    @rule(data=st.data())
    def set_subnets(self, data: st.DataObject) -> None:
        arn = self.some(data)
        wanted = data.draw(st.lists(st.sampled_from(self.subnets), min_size=2, unique=True))
        self.account.elb.set_subnets(LoadBalancerArn=arn, Subnets=wanted)

    @precondition(lambda self: self.nodes)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        arn = self.some(data)
        self.account.elb.delete_load_balancer(LoadBalancerArn=arn)
        del self.nodes[arn]

    @rule(pool=st.integers(0, 1))
    def somebody_else_takes_an_address(self, pool: int) -> None:
        if self.free(self.pools[pool]):
            self.account.allocate(IpamPoolId=self.pools[pool])

    @rule(change=st.sampled_from(PoolChange))
    def let_addresses(self, change: PoolChange) -> None:
        SETTINGS.pool_change = change

    @rule()
    def time_passes(self) -> None:
        self.account.settle(120)

    @invariant()
    def everything_adds_up(self) -> None:
        if not hasattr(self, "pools"):
            return
        interfaces = self.account.ec2.describe_network_interfaces()["NetworkInterfaces"]
        addresses = self.account.ec2.describe_addresses()["Addresses"]
        self.every_zone_has_its_nodes(interfaces)
        self.every_managed_address_is_on_one_interface(interfaces, addresses)
        self.subnets_have_given_each_private_address_once(interfaces)
        self.pools_know_what_is_out_of_them(addresses)

    def every_zone_has_its_nodes(self, interfaces: list[dict[str, Any]]) -> None:
        expected: Counter[tuple[str, str, bool]] = Counter()
        for balancer in self.account.elb.describe_load_balancers()["LoadBalancers"]:
            arn = balancer["LoadBalancerArn"]
            name, public = f"ELB {arn.partition('loadbalancer/')[2]}", balancer["Scheme"] == "internet-facing"
            expected.update({(name, subnet, public): self.nodes[arn] for subnet in self.account.zones(balancer)})
        assert expected == Counter(
            (each["Description"], each["SubnetId"], "Association" in each) for each in interfaces
        )

    def every_managed_address_is_on_one_interface(
        self, interfaces: list[dict[str, Any]], addresses: list[dict[str, Any]]
    ) -> None:
        on_interfaces = sorted(each["Association"]["PublicIp"] for each in interfaces if "Association" in each)
        managed = sorted(each["PublicIp"] for each in addresses if each.get("ServiceManaged") == "alb")
        assert on_interfaces == managed
        assert len(set(managed)) == len(managed)

    def subnets_have_given_each_private_address_once(self, interfaces: list[dict[str, Any]]) -> None:
        given = Counter((each["SubnetId"], each["PrivateIpAddress"]) for each in interfaces)
        ec2 = ec2_backends[ACCOUNT][HOME]
        taken = {(subnet, address) for subnet in self.subnets for address in ec2.get_subnet(subnet)._subnet_ips}
        assert set(given.values()) <= {1}
        assert taken == set(given)

    def pools_know_what_is_out_of_them(self, addresses: list[dict[str, Any]]) -> None:
        for pool in self.pools:
            used = {each["PublicIp"] for each in addresses if each["PublicIpv4Pool"] == pool}
            allocated = [each["Cidr"].removesuffix("/32") for each in self.account.allocations(pool)]
            assert used <= set(allocated)
            assert len(allocated) == len(set(allocated)) <= BLOCK_SIZE

    def some(self, data: st.DataObject) -> str:
        return str(data.draw(st.sampled_from(list(self.nodes))))

    def free(self, pool: str | None) -> int:
        return BLOCK_SIZE - len(self.account.allocations(pool)) if pool else 0

    def origins(self, arn: str) -> Counter[str]:
        return Counter(self.account.pools_of(arn)) if self.account.public_ips(arn) else Counter()


TestHistories = Histories.TestCase
TestHistories.settings = settings(
    max_examples=4,
    stateful_step_count=12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
