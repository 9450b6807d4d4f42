"""The promises of the contract that what is built must keep, judged from outside after the incident."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from simulator.demo.observation import overlaps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from simulator.client import Simulation
    from simulator.demo.incident import Incident

MAX_PROVISIONS_PER_DAY = 10
PROVISION = ("ec2", "ProvisionIpamPoolCidr")


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
    """Judge every promise that concerns pools."""
    seen = _Seen(simulation, incident)
    checks: list[tuple[int, str, Callable[[], tuple[bool, str]]]] = [
        (2, "a provisioned CIDR overlaps nothing in its scope", seen.nothing_overlaps),
        (3, "repeated events and retries never provision twice", seen.provisioned_once),
        (4, "caps hold", seen.caps_hold),
        (5, "what is switched off changes nothing", seen.switched_off_changes_nothing),
        (6, "every change was in the ledger before it happened", seen.recorded_before),
        (7, "what fails for good is in a dead-letter queue with an alarm on it", seen.dead_letters_watched),
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
        done = [item for item in self._ledger if item["outcome"] == "done"]
        return len(done) <= MAX_PROVISIONS_PER_DAY, f"{len(done)} of at most {MAX_PROVISIONS_PER_DAY} a day"

    def switched_off_changes_nothing(self) -> tuple[bool, str]:
        before = self._incident.provisioned("throttled", "prod")
        during = self._incident.provisioned("switched off", "prod")
        after = self._incident.provisioned("switched on", "prod")
        evidence = f"prod had {before} CIDRs, {during} while switched off, {after} after the switch was put back"
        return before == during < after, evidence

    def recorded_before(self) -> tuple[bool, str]:
        """Each provision that worked came after a ledger write by the same function, and each has its item."""
        provisions = recorded = 0
        open_intents = 0
        for call in self._calls:
            if (call["service"], call["operation"]) == ("dynamodb", "TransactWriteItems") and not call["error"]:
                open_intents += 1
            elif (call["service"], call["operation"]) == PROVISION:
                recorded += open_intents > 0
                provisions += 1
        done = [item for item in self._ledger if item["outcome"] == "done" and item.get("reason")]
        worked = sum(
            1 for call in self._calls if (call["service"], call["operation"]) == PROVISION and not call["error"]
        )
        held = provisions == recorded and worked == len(done) > 0
        return (
            held,
            f"{worked} CIDRs provisioned, {len(done)} records with their reasons, each intent written first",
        )

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

    @property
    def _last(self) -> list[Any]:
        return list(self._incident.acts.values())[-1]

    def _dead_letter_queues(self) -> Iterator[str]:
        for function in self._simulation.client("lambda").list_functions()["Functions"]:
            yield function["DeadLetterConfig"]["TargetArn"].rpartition(":")[2]
