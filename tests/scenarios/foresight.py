"""What a plan foresees for a whole organisation, beside what the deployed functions then do at the same moment."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.client import Simulation
    from tests.scenarios.operator_cli import Operator

VIEWER = "Viewer"
"""The role by which operators of the hub look into member accounts."""

EVER = datetime.min.replace(tzinfo=UTC)

Told = dict[str, tuple[str, ...]]
"""Decisions by id: resource, account, Region (empty for what is said of an account), action, outcome and reason."""

_COMPARED = ("resource_id", "account", "region", "action", "outcome", "reason")
_REMEDIATIONS = ("RefillPoolsFunction", "ReleaseEipsFunction", "AlignAlbsFunction")


def let_look(hub: Simulation, account: str) -> None:
    """Have an account trust the hub's operators with a role that may look at everything."""
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{hub.account}:root"}, "Action": "sts:AssumeRole"}
    services = ("cloudformation", "ec2", "elasticloadbalancing", "route53")
    reads = [f"{service}:{verb}*" for service in services for verb in ("Describe", "Get", "List")]
    iam = hub.client("iam", account=account)
    iam.create_role(RoleName=VIEWER, AssumeRolePolicyDocument=_policy(trust))
    look = {"Effect": "Allow", "Action": reads, "Resource": "*"}
    iam.put_role_policy(RoleName=VIEWER, PolicyName="look", PolicyDocument=_policy(look))


def foreseen(operator: Operator, *, status: int = 0) -> Told:
    """What would be done now in all accounts; the command ends with this status."""
    planned = operator.asks("plan", "--member-role", VIEWER, status=status)
    assert planned["errors"] == []
    return _told(planned["decisions"])


def sweep_now(hub: Simulation) -> dict[str, Any]:
    """Wake every remediation as its schedule does, at this moment, and settle; what that answers."""
    event = {"detail-type": "Scheduled Event", "time": now(hub).isoformat(), "detail": {}}
    for function in _REMEDIATIONS:
        hub.client("lambda").invoke(
            FunctionName=hub.outputs()[function], InvocationType="Event", Payload=json.dumps(event).encode()
        )
    return hub.settle()


def happened(hub: Simulation, *, since: datetime = EVER) -> Told:
    """What the ledger has of each decision that was seen at that time or later."""
    return _told(item for item in hub.ledger() if datetime.fromisoformat(item["last_seen"]) >= since)


def of_people(told: Told) -> Told:
    """Those that concern no addresses which services hold: AWS replaces a load balancer's when that moves."""
    return {decision: said for decision, said in told.items() if said[-1] != "service-managed"}


def now(hub: Simulation) -> datetime:
    """The account's time in whole seconds, told without moving it."""
    answer = hub.client("sts").get_caller_identity()
    return parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])


def _told(decisions: Any) -> Told:
    return {each["decision_id"]: tuple(_place(each)[name] for name in _COMPARED) for each in decisions}


def _place(decision: Any) -> Any:
    """What is said of a whole account is said in whichever Region was looked at first."""
    of_account = decision["resource_id"] == decision["account"]
    return {**decision, "region": ""} if of_account else decision


def _policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
