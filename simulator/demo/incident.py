"""The incident: what happens to the small organisation, act by act."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from simulator.demo import addresses
from simulator.demo.observation import Pool, read_pools
from simulator.scenarios import small_organisation

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.client import Simulation
    from simulator.demo.addresses import Addresses
    from simulator.scenarios.small_organisation import SmallOrganisation

MODE_PARAMETER = "/poolwarden/mode"
QUARTER_OF_AN_HOUR = 900.0
HOUR = 3600.0
HOURS_IDLE = 5
REPLAYS = 3


@dataclass(slots=True, kw_only=True)
class Incident:
    """What was seen: the pools at the beginning, after each act, and every alarm on the way.

    `kept` names the addresses that were left after their grace, `undone` is the released one once it was had back.
    """

    organisation: SmallOrganisation
    before: list[Pool]
    acts: dict[str, list[Pool]] = field(default_factory=dict)
    alarms: list[dict[str, Any]] = field(default_factory=list)
    invocations: list[dict[str, Any]] = field(default_factory=list)
    addresses: Addresses | None = None
    kept: frozenset[str] = frozenset()
    undone: dict[str, Any] | None = None

    def provisioned(self, act: str, pool: str) -> int:
        """How many CIDRs the named pool had at the end of an act."""
        return next(len(each.cidrs) for each in self.acts[act] if each.name == pool)


class Story:
    """Plays the incident through the public API. `say` is called with each thing as it happens."""

    def __init__(self, simulation: Simulation, say: Callable[[str], None]) -> None:
        self._simulation = simulation
        self._say = say

    def play(self) -> Incident:
        """Play all acts; what was seen."""
        self._say("building the organisation: three levels of pools")
        organisation = small_organisation.build(self._simulation)
        self._incident = Incident(organisation=organisation, before=self._pools(organisation))
        self._simulation.clear_calls()
        self._act("growth", self._prod_runs_low)
        self._act("replay", self._the_alarm_is_replayed)
        self._act("throttled", self._dev_runs_low_while_ec2_throttles)
        self._act("switched off", self._prod_runs_low_while_switched_off)
        self._act("switched on", self._the_switch_is_put_back)
        self._act("addresses", self._addresses_lie_idle)
        self._act("undo", self._somebody_wants_one_back)
        return self._incident

    def _act(self, name: str, play: Callable[[], None]) -> None:
        play()
        self._incident.acts[name] = self._pools(self._incident.organisation)

    def _pools(self, organisation: SmallOrganisation) -> list[Pool]:
        return read_pools(self._simulation, organisation.tree)

    def _prod_runs_low(self) -> None:
        self._say("product teams create VPCs until the pool prod is nearly dry")
        self._create_vpcs("prod", 7)
        self._settle()

    def _the_alarm_is_replayed(self) -> None:
        self._say("the same alarm arrives again, three times")
        function = self._simulation.outputs()["RefillPoolsFunction"]
        for _ in range(REPLAYS):
            payload = _alarm_payload(self._simulation, self._incident.organisation.pools["prod"])
            self._simulation.client("lambda").invoke(FunctionName=function, Payload=json.dumps(payload).encode())
        self._settle()

    def _dev_runs_low_while_ec2_throttles(self) -> None:
        self._say("the pool dev runs low while EC2 throttles")
        self._simulation.fault("ec2", "ProvisionIpamPoolCidr", "RequestLimitExceeded", status=503, times=3)
        self._create_vpcs("dev", 3, netmask_length=24)
        self._settle()

    def _prod_runs_low_while_switched_off(self) -> None:
        self._say("somebody throws the kill switch, and prod runs low again")
        self._switch("observe")
        self._create_vpcs("prod", 4)
        self._settle()

    def _the_switch_is_put_back(self) -> None:
        self._say("the switch is put back; the next scheduled run does what was due")
        self._switch("deployed")
        self._note(self._simulation.advance(QUARTER_OF_AN_HOUR))

    def _addresses_lie_idle(self) -> None:
        self._say("four addresses: one is idle, one is protected, one is in use, one is named by DNS; five hours pass")
        found = addresses.allocate(self._simulation)
        self._note(self._simulation.advance(HOURS_IDLE * HOUR, step=HOUR))
        self._incident.addresses, self._incident.kept = found, frozenset(found.kept(self._simulation))

    def _somebody_wants_one_back(self) -> None:
        self._say("somebody wants the released address back, and undoes its release")
        released = [item for item in self._simulation.ledger() if item["action"] == "release_address"]
        for item in released:
            request = {"action": "undo", "decision_id": item["decision_id"], "actor": "demo"}
            self._simulation.client("lambda").invoke(
                FunctionName=self._simulation.outputs()["OperateFunction"], Payload=json.dumps(request).encode()
            )
        self._settle()
        if self._incident.addresses:
            self._incident.undone = self._incident.addresses.idle_again(self._simulation)

    def _create_vpcs(self, pool: str, count: int, **options: int) -> None:
        for number in range(count):
            pool_id = self._incident.organisation.pools[pool]
            small_organisation.create_vpc(self._simulation, pool_id, name=f"{pool}-{number}", **options)

    def _switch(self, value: str) -> None:
        self._simulation.client("ssm").put_parameter(Name=MODE_PARAMETER, Value=value, Overwrite=True)

    def _settle(self) -> None:
        self._note(self._simulation.settle())

    def _note(self, answer: dict[str, Any]) -> None:
        self._incident.alarms += [{**alarm, "by": answer["now"]} for alarm in answer["alarms"]]
        self._incident.invocations += answer["invocations"]


def _alarm_payload(simulation: Simulation, pool_id: str) -> dict[str, Any]:
    """A direct alarm action as CloudWatch would send it for one pool."""
    now = simulation.settle()["now"]
    return {
        "source": "aws.cloudwatch",
        "alarmArn": f"arn:aws:cloudwatch:{simulation.region}:{simulation.account}:alarm:Poolwarden-PoolsBelow20Percent",
        "accountId": simulation.account,
        "time": now.replace("Z", "+0000"),
        "region": simulation.region,
        "alarmData": {
            "alarmName": "Poolwarden-PoolsBelow20Percent",
            "alarmContributor": {"id": "replayed", "attributes": {"PoolID": pool_id}},
            "state": {"value": "ALARM", "reason": "replayed", "timestamp": now.replace("Z", "+0000")},
            "configuration": {"metrics": []},
        },
    }
