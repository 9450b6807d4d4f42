"""AWS::Events::EventBusPolicy for MiniStack's CloudFormation: a statement of the policy of a bus.

CloudFormation user guide, "AWS::Events::EventBusPolicy": Ref is the statement's id.
"""

from __future__ import annotations

from typing import Any

from ministack.services import eventbridge

from simulator.delivery import event_buses

TYPE = "AWS::Events::EventBusPolicy"

Properties = dict[str, Any]


def _create(_logical_id: str, properties: Properties, _stack_name: str) -> tuple[str, dict[str, str]]:
    statement_id, bus = properties["StatementId"], _bus(properties)
    eventbridge._ensure_default_bus()
    if bus not in eventbridge._event_buses:
        raise ValueError(f"Event bus {bus} does not exist.")
    statement = properties.get("Statement") or event_buses.permission({**properties, "EventBusName": bus})
    event_buses.put_permission(bus, statement_id, statement)
    return statement_id, {}


def _update(statement_id: str, _old: Properties, new: Properties, stack_name: str) -> tuple[str, dict[str, str]]:
    return _create(statement_id, new, stack_name)


def _delete(statement_id: str, properties: Properties) -> None:
    eventbridge._remove_permission({"EventBusName": _bus(properties), "StatementId": statement_id})


def _bus(properties: Properties) -> str:
    return str(properties.get("EventBusName") or "default")


HANDLERS = {TYPE: {"create": _create, "update": _update, "delete": _delete}}
REPLACING_PROPERTIES = {TYPE: ("EventBusName", "StatementId")}
