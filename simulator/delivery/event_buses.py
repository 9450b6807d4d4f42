"""Event buses as targets of rules, in the same or another account and Region, and the policies that let events in.

EventBridge user guide, "Sending and receiving events between AWS accounts", "... between AWS Regions" and "... between
event buses in the same account and Region". An event keeps its account, Region, source, time and id on its way, and
an event that came from another bus goes to no third one.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ministack.core import iam_evaluator
from ministack.core.arn import parse_arn
from ministack.core.responses import error_response_json, get_account_id, get_region, json_response, request_scope
from ministack.services import eventbridge

from simulator.delivery.resource_policies import role_allows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ministack.core.arn import Arn

SERVICE = "events.amazonaws.com"
"""Who delivers: the principal that the policies of targets, roles and dead-letter queues must allow."""

_ACTION = "events:PutEvents"
_FORWARDED = "_Forwarded"
"""Marks the record of an event that another bus sent."""

_Answer = tuple[int, dict[str, str], bytes]


def install() -> None:
    """Let MiniStack keep the policies of buses as AWS does."""
    eventbridge._put_permission = _put_permission
    eventbridge._remove_permission = _remove_permission


def is_bus(spec: Arn) -> bool:
    """Whether an ARN names an event bus."""
    return bool(spec.service == "events" and spec.resource.startswith("event-bus/"))


def exists(bus_arn: str) -> bool:
    """Whether the bus is there; every account has its default bus in every Region."""
    spec = parse_arn(bus_arn)
    with request_scope(spec.account_id, spec.region):
        eventbridge._ensure_default_bus()
        return _name(spec) in eventbridge._event_buses


def may_send(rule: Mapping[str, Any], target: Mapping[str, Any], record: Mapping[str, Any]) -> bool:
    """Whether a rule may send the event to the bus: by the target's role, and by the policy of the bus.

    To a bus of another account or Region the target needs a role (`RoleArn`), which must let EventBridge put events
    there. The policy of a bus of another account must allow it too; within an account, it must not forbid it.
    """
    bus, sender = parse_arn(target["Arn"]), parse_arn(rule["Arn"])
    here = (bus.account_id, bus.region) == (sender.account_id, sender.region)
    role = target.get("RoleArn")
    if role is None and not here:
        return False
    asked = {"service": SERVICE, "source_arn": rule["Arn"], "action": _ACTION, "resource": target["Arn"]}
    if role is not None and not role_allows(role, **asked):
        return False
    decision = _policy_decision(rule["Arn"], target["Arn"], role, record)
    return bool(decision == "Allow" if bus.account_id != sender.account_id else decision != "Deny")


def receive(bus_arn: str, record: Mapping[str, Any]) -> None:
    """Let the rules of the bus, and its archives, see an event of another bus."""
    spec = parse_arn(bus_arn)
    received = {**record, "EventBusName": _name(spec), _FORWARDED: True}
    with request_scope(spec.account_id, spec.region):
        eventbridge._dispatch_event(received)
        eventbridge._archive_event(received)


def was_forwarded(record: Mapping[str, Any]) -> bool:
    """Whether the event came from another bus."""
    return bool(record.get(_FORWARDED))


def put_permission(bus: str, statement_id: str, statement: Mapping[str, Any]) -> None:
    """Put a statement into the policy of a bus of the account and Region under way."""
    policy = eventbridge._event_bus_policies.get(bus) or {"Version": "2012-10-17", "Statement": []}
    others = [each for each in policy["Statement"] if each.get("Sid") != statement_id]
    eventbridge._event_bus_policies[bus] = {**policy, "Statement": [*others, {**statement, "Sid": statement_id}]}


def permission(data: Mapping[str, Any]) -> dict[str, Any]:
    """The statement that PutPermission's Action, Principal and Condition stand for."""
    principal = data.get("Principal", "*")
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": principal if principal == "*" else {"AWS": f"arn:aws:iam::{principal}:root"},
        "Action": data.get("Action", _ACTION),
        "Resource": f"arn:aws:events:{get_region()}:{get_account_id()}:event-bus/{data.get('EventBusName', 'default')}",
    }
    if condition := data.get("Condition"):
        statement["Condition"] = {condition["Type"]: {condition["Key"]: condition["Value"]}}
    return statement


def _policy_decision(rule_arn: str, bus_arn: str, role: str | None, record: Mapping[str, Any]) -> str:
    bus, sender = parse_arn(bus_arn), parse_arn(rule_arn)
    account = sender.account_id
    with request_scope(bus.account_id, bus.region):
        policy = eventbridge._event_bus_policies.get(_name(bus))
    role_name = role.rpartition("/")[2] if role else ""
    context = iam_evaluator.EvalContext(
        principal_arn=f"arn:aws:sts::{account}:assumed-role/{role_name}/events"
        if role
        else f"arn:aws:iam::{account}:root",
        principal_type="AssumedRole" if role else "Root",
        principal_account=account,
        action=_ACTION,
        resource_arn=bus_arn,
        region=bus.region,
        service_context={
            "aws:sourcearn": rule_arn,
            "aws:sourceaccount": account,
            "events:source": record.get("Source"),
            "events:detail-type": record.get("DetailType"),
        },
    )
    return str(iam_evaluator.evaluate_resource_policy(policy, context, service=SERVICE).decision)


def _name(spec: Arn) -> str:
    return str(spec.resource.removeprefix("event-bus/"))


def _put_permission(data: dict[str, Any]) -> _Answer:
    bus, error = _own_bus(data)
    if error:
        return error
    if whole := data.get("Policy"):
        try:
            eventbridge._event_bus_policies[bus] = json.loads(whole)
        except ValueError:
            return _refused("ValidationException", "Provided value in parameter 'policy' is not a valid policy.")
        return _done()
    if missing := next((name for name in ("StatementId", "Principal", "Action") if not data.get(name)), None):
        return _refused("ValidationException", f"Parameter {missing} is not valid. Reason: it must be given.")
    put_permission(bus, data["StatementId"], permission({**data, "EventBusName": bus}))
    return _done()


def _remove_permission(data: dict[str, Any]) -> _Answer:
    bus, error = _own_bus(data)
    if error:
        return error
    policy = eventbridge._event_bus_policies.pop(bus, None) or {"Statement": []}
    if data.get("RemoveAllPermissions"):
        return _done()
    left = [each for each in policy["Statement"] if each.get("Sid") != data.get("StatementId")]
    if left:
        eventbridge._event_bus_policies[bus] = {**policy, "Statement": left}
    if len(left) == len(policy["Statement"]):
        message = f"Statement with the provided id does not exist: {data.get('StatementId')}."
        return _refused("ResourceNotFoundException", message)
    return _done()


def _own_bus(data: Mapping[str, Any]) -> tuple[str, _Answer | None]:
    bus, error = eventbridge._event_bus_name_from_ref(data.get("EventBusName") or "default")
    if error:
        return "", _refused(*error)
    if bus not in eventbridge._event_buses:
        return "", _refused("ResourceNotFoundException", f"Event bus {bus} does not exist.")
    return bus, None


def _done() -> _Answer:
    answer: _Answer = json_response({})
    return answer


def _refused(code: str, message: str) -> _Answer:
    answer: _Answer = error_response_json(code, message, 400)
    return answer
