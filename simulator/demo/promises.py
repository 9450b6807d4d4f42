"""The promises of README.md that what is built must keep, judged from outside after the incident."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from simulator.demo.addresses import IN_USE, NAMED, PROTECTED
from simulator.demo.observation import overlaps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from simulator.client import Simulation
    from simulator.demo.incident import Incident

MAX_PROVISIONS_PER_DAY = 10
MAX_RELEASES_PER_RUN = 25
CHANGES = {"ProvisionIpamPoolCidr": "provision_cidr", "ReleaseAddress": "release_address"}
"""EC2's calls that change something, and the actions that they are in the ledger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether a promise held, and what shows it."""

    promise: int
    text: str
    held: bool
    evidence: str

    def document(self) -> dict[str, Any]:
        """The verdict for result.json."""
        return asdict(self)


def judge(simulation: Simulation, incident: Incident) -> list[Verdict]:
    """Judge every promise."""
    seen = _Seen(simulation, incident)
    checks: list[tuple[int, str, Callable[[], tuple[bool, str]]]] = [
        (1, "an address goes only if nobody uses it and nothing speaks for it", seen.released_what_was_idle),
        (2, "a provisioned CIDR overlaps nothing in its scope", seen.nothing_overlaps),
        (3, "repeated events and retries never provision twice", seen.provisioned_once),
        (4, "caps hold", seen.caps_hold),
        (5, "what is switched off changes nothing", seen.switched_off_changes_nothing),
        (6, "every change was in the ledger before it happened", seen.recorded_before),
        (7, "what fails for good is in a dead-letter queue with an alarm on it", seen.dead_letters_watched),
        (8, "what can be undone is undone", seen.undone_as_it_was),
    ]
    verdicts = []
    for number, text, check in checks:
        held, evidence = check()
        verdicts.append(Verdict(promise=number, text=text, held=held, evidence=evidence))
    return verdicts


class _Seen:
    def __init__(self, simulation: Simulation, incident: Incident) -> None:
        self._simulation = simulation
        self._incident = incident
        self._ledger = simulation.ledger()
        self._calls = [call for call in simulation.calls() if "assumed-role/PoolwardenHub" in call["principal"]]

    def nothing_overlaps(self) -> tuple[bool, str]:
        found = [problem for pools in self._incident.acts.values() for problem in overlaps(pools)]
        counted = sum(len(pool.cidrs) for pool in self._last)
        return not found, "; ".join(found) or f"{counted} CIDRs compared with each other and with their source pools"

    def provisioned_once(self) -> tuple[bool, str]:
        incident = self._incident
        growth = incident.provisioned("growth", "prod")
        expected = {
            "prod after its growth": (growth, 2),
            "prod after three replays": (incident.provisioned("replay", "prod"), growth),
            "dev after throttled calls": (incident.provisioned("throttled", "dev"), 2),
        }
        wrong = [f"{name}: {got} CIDRs instead of {want}" for name, (got, want) in expected.items() if got != want]
        return not wrong, "; ".join(wrong) or "one CIDR for each need, after replays and throttled calls too"

    def caps_hold(self) -> tuple[bool, str]:
        added, released = self._done("provision_cidr"), self._done("release_address", "undone")
        told = f"{added} CIDRs of at most {MAX_PROVISIONS_PER_DAY} a day, {released} of at most {MAX_RELEASES_PER_RUN} "
        return added <= MAX_PROVISIONS_PER_DAY and released <= MAX_RELEASES_PER_RUN, f"{told}addresses a run"

    def released_what_was_idle(self) -> tuple[bool, str]:
        """The idle one went, and was looked at again by the same function right before."""
        incident = self._incident
        wanted = frozenset({PROTECTED, IN_USE, NAMED})
        ec2 = [call["operation"] for call in self._calls if call["service"] == "ec2"]
        looked = [ec2[place - 1] for place, name in enumerate(ec2) if name == "ReleaseAddress"]
        held = incident.kept == wanted and looked == ["DescribeAddresses"]
        kept = ", ".join(sorted(incident.kept)) or "nothing"
        return held, f"{len(looked)} released, read again right before; kept: {kept}"

    def undone_as_it_was(self) -> tuple[bool, str]:
        before = self._incident.addresses.idle if self._incident.addresses else {}
        after = self._incident.undone or {}
        same = all(after.get(name) == before.get(name) for name in ("PublicIp", "Tags"))
        return bool(before) and same, f"{before.get('PublicIp')} was released, and is back with its tags"

    def switched_off_changes_nothing(self) -> tuple[bool, str]:
        before = self._incident.provisioned("throttled", "prod")
        during = self._incident.provisioned("switched off", "prod")
        after = self._incident.provisioned("switched on", "prod")
        evidence = f"prod had {before} CIDRs, {during} while switched off, {after} after the switch was put back"
        return before == during < after, evidence

    def recorded_before(self) -> tuple[bool, str]:
        """Each change that worked came after a write to the ledger, and each has its item."""
        changes = recorded = open_intents = 0
        for call in self._calls:
            if (call["service"], call["operation"]) == ("dynamodb", "TransactWriteItems") and not call["error"]:
                open_intents += 1
            elif call["service"] == "ec2" and call["operation"] in CHANGES:
                recorded += open_intents > 0
                changes += 1
        worked = sum(1 for call in self._calls if call["operation"] in CHANGES and not call["error"])
        done = sum(self._done(action) + self._done(action, "undone") for action in CHANGES.values())
        held = changes == recorded and worked == done > 0
        return held, f"{worked} changes, {done} records with their reasons, each intent written first"

    def dead_letters_watched(self) -> tuple[bool, str]:
        queues = set(self._dead_letter_queues())
        alarms = self._simulation.client("cloudwatch").describe_alarms()["MetricAlarms"]
        watched = {
            dimension["Value"]
            for alarm in alarms
            if alarm.get("Namespace") == "AWS/SQS" and alarm["AlarmActions"]
            for dimension in alarm["Dimensions"]
        }
        missing = queues - watched
        return bool(queues) and not missing, f"{len(queues - missing)} of {len(queues)} functions' queues are watched"

    def _done(self, action: str, outcome: str = "done") -> int:
        return sum((item["action"], item["outcome"]) == (action, outcome) for item in self._ledger)

    @property
    def _last(self) -> list[Any]:
        return list(self._incident.acts.values())[-1]

    def _dead_letter_queues(self) -> Iterator[str]:
        for function in self._simulation.client("lambda").list_functions()["Functions"]:
            yield function["DeadLetterConfig"]["TargetArn"].rpartition(":")[2]
