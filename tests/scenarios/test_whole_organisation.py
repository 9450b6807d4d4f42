"""An organisation deployed by stack sets and swept from the hub: what was planned happens, everywhere.

In spite of an account without roles, one that answers too many calls to everything, and one in which a worker dies. The
whole has all 25 accounts in 3 Regions, and 600 of the scenario's 2,000 addresses, because each is released by some
twenty calls.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from simulator.client import Simulation
from simulator.scenarios import organisation
from simulator.scenarios.organisation import MANAGER
from tests.scenarios.foresight import foreseen, happened, let_look, now, of_people, sweep_now
from tests.scenarios.interruptions import during, kill
from tests.scenarios.operator_cli import Operator
from tests.scenarios.simulated_account import MORNING, cdk_cli
from tests.scenarios.spoke_role import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.scenarios.organisation import Organisation
    from tests.scenarios.foresight import Told

pytestmark = [pytest.mark.scenario, pytest.mark.deep, pytest.mark.timeout(3600)]

HOUR = 3600.0
ROLES = ("PoolwardenSpoke-ReleaseEips", "PoolwardenSpoke-AlignAlbs")


class Hub:
    """An organisation with the app in it, and somebody at its command line."""

    def __init__(self, simulation: Simulation, built: Organisation, operator: Operator) -> None:
        self.simulation, self.built, self.operator = simulation, built, operator
        self.lost, self.throttled, self.dying, *_, self.excluded = built.accounts[1:]
        self.looked_after = [each for each in built.accounts if each != self.excluded]
        self.untouched = [self.lost, self.throttled, self.excluded, MANAGER]
        self.sound = [each for each in self.looked_after if each not in (self.lost, self.throttled, self.dying)]
        self.roles = [Role(simulation, self.lost, name=name) for name in ROLES]

    def idle(self, account: str) -> set[str]:
        """The addresses of people's in an account that nothing uses."""
        return {each["AllocationId"] for each in self._addresses(account) if "AssociationId" not in each}

    def in_use(self, account: str) -> int:
        """How many addresses of people's are in use in an account."""
        return len([each for each in self._addresses(account) if "AssociationId" in each])

    def beside_pool(self, account: str) -> set[str]:
        """The load balancers with public addresses in an account that are not on their Region's pool."""
        return {
            each["LoadBalancerArn"]
            for region, elb in self._clients("elbv2", account)
            for each in elb.describe_load_balancers()["LoadBalancers"]
            if each["Scheme"] == "internet-facing"
            and each.get("IpamPools", {}).get("Ipv4IpamPoolId") != self.built.public_pools[region]
        }

    def keep_some(self, account: str) -> None:
        """Let a tag keep one idle address in each Region of an account."""
        for _, ec2 in self._clients("ec2", account):
            held = [each for each in ec2.describe_addresses()["Addresses"] if "ServiceManaged" not in each]
            idle = next(each["AllocationId"] for each in held if "AssociationId" not in each)
            ec2.create_tags(Resources=[idle], Tags=[{"Key": "keep", "Value": "true"}])

    def throttle(self) -> None:
        """Let one account answer nobody's question about addresses."""
        self.simulation.fault(
            "ec2", "DescribeAddresses", "RequestLimitExceeded", status=503, times=1_000_000, account=self.throttled
        )

    def told(self, **attributes: str) -> list[dict[str, Any]]:
        """What people were told with these attributes."""
        return [each for each in self.simulation.outbox() if attributes.items() <= each["attributes"].items()]

    def _addresses(self, account: str) -> list[dict[str, Any]]:
        found = [each for _, ec2 in self._clients("ec2", account) for each in ec2.describe_addresses()["Addresses"]]
        return [each for each in found if "ServiceManaged" not in each]

    def _clients(self, service: str, account: str) -> list[tuple[str, Any]]:
        """The account's clients by Region."""
        regions = self.built.regions
        return [(region, self.simulation.client(service, account=account, region=region)) for region in regions]


def configuration(built: Organisation) -> str:
    """Everything is enforced, in all accounts but one; the test says when."""
    pools = "".join(f"    {region}: {pool}\n" for region, pool in built.public_pools.items())
    return (
        "mode: enforce\n"
        f"regions: [{', '.join(built.regions)}]\n"
        "organization:\n"
        f"  id: {built.id}\n"
        "  accounts: all\n"
        f"  exclude_accounts: ['{MANAGER}', '{built.accounts[-1]}']\n"
        f"  stack_set: {{targets: [{built.unit}], call_as: delegated_admin}}\n"
        "refill_pools:\n"
        "  schedule: rate(7 days)\n"
        "  max_provisions_per_day: 100\n"
        "  pools:\n"
        "    - {match: {tags: {env: prod}}, low_water_percent: 90, target_percent: 95, max_provisions_per_day: 100}\n"
        "release_eips:\n"
        "  schedule: rate(7 days)\n"
        "  grace: 3h\n"
        "  warn_before: 1h\n"
        "  max_releases_per_run: 1000\n"
        "  breaker: {share: 1, at_least: 1000}\n"
        "  keep_tags: {keep: 'true'}\n"
        f"align_albs:\n  schedule: rate(7 days)\n  pools:\n{pools}"
        "notifications: {email: [net-oncall@example.com]}\n"
    )


SIZES = [
    pytest.param(organisation.Size(members=6, further_regions=0, addresses=49), id="small"),
    pytest.param(replace(organisation.WHOLE, addresses=600), id="whole"),
]


@pytest.fixture(params=SIZES)
def hub(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """An organisation into which the app has just been deployed; one account lacks the roles already."""
    folder = tmp_path_factory.mktemp("organisation")
    with Simulation.start(clock=MORNING) as simulation:
        built = organisation.build(simulation, request.param)
        config = folder / "poolwarden.yaml"
        config.write_text(configuration(built), encoding="utf-8")
        cli = cdk_cli(simulation)
        cli.bootstrap()
        cli.deploy("PoolwardenHub", config=config, output=folder / "assembly")
        keys = {"AWS_ACCESS_KEY_ID": simulation.account, "AWS_SECRET_ACCESS_KEY": "simulated"}
        hub = Hub(simulation, built, Operator(simulation=simulation, config=config, credentials=keys))
        for account in built.accounts[2:]:
            let_look(simulation, account)
        for role in hub.roles:
            role.delete()
        simulation.client("ec2", account=MANAGER).allocate_address(Domain="vpc")
        hub.keep_some(hub.sound[-1])
        yield hub


def test_all_accounts_are_swept_as_planned_and_those_that_were_broken_once_they_are_mended(hub: Hub) -> None:
    simulation, accounts = hub.simulation, (*hub.built.accounts, MANAGER)
    idle = {account: hub.idle(account) for account in accounts}
    in_use = {account: hub.in_use(account) for account in accounts}
    beside = {account: hub.beside_pool(account) for account in accounts}
    simulation.clear_calls()

    moved = what_is_planned_happens(hub)
    assert {reason for *_, reason in moved.values()} >= {"low-water", "off-pool", "within-grace", "role-missing"}
    assert [account for account in accounts if hub.beside_pool(account)] == [hub.lost, hub.excluded]
    simulation.advance(2 * HOUR)
    warned = what_is_planned_happens(hub)
    assert {reason for *_, reason in warned.values()} == {"warned", "keep-tag", "role-missing", "service-managed"}
    simulation.advance(HOUR)

    planned, function = foreseen(hub.operator, status=1), simulation.outputs()["ReleaseEipsFunction"]
    hub.throttle()
    simulation.fault("ec2", "ReleaseAddress", None, delay_ms=10_000, account=hub.dying)
    answer = during(simulation, lambda: sweep_now(simulation), lambda: kill(simulation, function), account=hub.dying)
    ended = [run["error"] for run in answer["invocations"] if run["status"] == "error"]
    assert ended == ["Runtime.ExitError: Runtime exited without providing a reason"]
    simulation.clear_faults()
    left = {account: hub.idle(account) for account in accounts}
    hub.throttle()
    assert {account: left[account] for account in hub.untouched} == {
        account: idle[account] for account in hub.untouched
    }
    for account in hub.sound:
        assert left[account] == idle[account] & kept(planned)

    for _ in range(4):
        simulation.advance(HOUR)
    told = {each["attributes"]["account"] for each in hub.told(reason="role-missing")}
    assert told == {hub.lost}
    assert [each for each in hub.told() if "gave up on an event" in each["message"]]
    simulation.clear_faults()
    for role in hub.roles:
        role.put_into(hub.lost)
    for hours in (2, 1, 1):
        sweep_now(simulation)
        simulation.advance(hours * HOUR)
    sweep_now(simulation)

    explained = kept(happened(simulation))
    assert planned.items() <= happened(simulation).items()
    for account in hub.looked_after:
        assert hub.idle(account) == idle[account] & explained
        assert hub.beside_pool(account) == set()
    for account in (hub.excluded, MANAGER):
        assert hub.idle(account) == idle[account]
        assert hub.beside_pool(account) == beside[account]
        assert account not in {each[1] for each in happened(simulation).values()}
        assert not [call for call in simulation.calls() if call["account"] == account and "Spoke" in call["principal"]]
    assert {account: hub.in_use(account) for account in accounts} == in_use


def what_is_planned_happens(hub: Hub) -> Told:
    """Plan, and have it done at the same moment: the plan.

    What stays as it is need not be recorded anew.
    """
    start = now(hub.simulation)
    planned = foreseen(hub.operator, status=1)
    sweep_now(hub.simulation)
    done = of_people(happened(hub.simulation, since=start))
    assert done
    assert done.items() <= planned.items()
    assert of_people(planned).items() <= happened(hub.simulation).items()
    return planned


def kept(told: Told) -> set[str]:
    """The addresses that a tag keeps."""
    return {resource for resource, *_, reason in told.values() if reason == "keep-tag"}
