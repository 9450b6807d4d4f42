"""What MiniStack's CloudFormation lacks of the resource types in our stacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import lambda_svc
from ministack.services.cloudformation import changesets, engine, handlers, provisioners, stacks

from simulator import alarm_api, event_bus_policies, slack_channels
from simulator.change_calendars import api as change_calendars
from simulator.elastic_ips import cloudformation as elastic_ips
from simulator.stack_sets import api as stack_set_operations
from simulator.stack_sets import resource_type as stack_sets

if TYPE_CHECKING:
    from collections.abc import Callable


def install() -> None:
    """Complete the resource handlers. MiniStack looks them up in one dictionary that may be added to."""
    types = provisioners._RESOURCE_HANDLERS
    function = dict(types["AWS::Lambda::Function"])
    for verb in ("create", "update"):
        function[verb] = _keeping_function_settings(function[verb], props_at=1 if verb == "create" else 2)
    types["AWS::Lambda::Function"] = function
    for resource_types in (change_calendars, elastic_ips, event_bus_policies, slack_channels, stack_sets):
        types.update(resource_types.HANDLERS)
        provisioners._REPLACING_PROPERTIES.update(resource_types.REPLACING_PROPERTIES)
    change_calendars.install()
    stack_set_operations.install()
    stack_sets.install()
    provisioners._STACK_TAG_PROPERTY.update(elastic_ips.STACK_TAG_PROPERTIES)
    provisioners._cw_metric_alarm_record = alarm_api.cloudformation_record(provisioners._cw_metric_alarm_record)
    for module in (changesets, engine, handlers, stacks):
        module._evaluate_conditions = _knowing_pseudo_parameters(module._evaluate_conditions)


def _knowing_pseudo_parameters(evaluate: Callable[..., dict[str, bool]]) -> Callable[..., dict[str, bool]]:
    """Evaluate conditions with AWS::AccountId and the like, of which MiniStack compares the name."""

    def evaluated(template: dict[str, Any], params: dict[str, Any]) -> dict[str, bool]:
        pseudo = {"AWS::AccountId": get_account_id(), "AWS::Partition": "aws", "AWS::Region": get_region()}
        return evaluate(template, {**{name: {"Value": value} for name, value in pseudo.items()}, **params})

    return evaluated


def _keeping_function_settings(provision: Callable[..., Any], *, props_at: int) -> Callable[..., Any]:
    """Keep the dead-letter queue and the concurrency limit of a function, which MiniStack drops."""

    def provisioned(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - MiniStack's handler signature
        result = provision(*args, **kwargs)
        name = result[0] if isinstance(result, tuple) else result
        props = args[props_at]
        function = lambda_svc._functions[name]
        function["config"]["DeadLetterConfig"] = props.get("DeadLetterConfig") or {}
        reserved = props.get("ReservedConcurrentExecutions")
        function["concurrency"] = None if reserved is None else int(reserved)
        return result

    return provisioned
