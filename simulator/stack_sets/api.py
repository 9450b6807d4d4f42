"""The operations of CloudFormation's API on stack sets."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ministack.services.cloudformation import handlers, helpers

from simulator import protocol
from simulator.stack_sets import service
from simulator.stack_sets.model import Definition, Group, Targets, keys_and_values
from simulator.stack_sets.service import StackSetError

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.errors import Response
    from simulator.organization import Organization
    from simulator.stack_sets.model import Instance, Operation, StackSet

_Request = dict[str, Any]


def install() -> None:
    """Add the operations to MiniStack's."""
    for name, operation in _OPERATIONS.items():
        handlers._ACTION_HANDLERS[name] = _answering(name, operation)
    service.install()


def _answering(name: str, operation: Callable[[_Request], _Request]) -> Callable[[dict[str, list[str]]], Response]:
    def answered(form: dict[str, list[str]]) -> Response:
        request = protocol.form_parameters("cloudformation", name, {key: values[0] for key, values in form.items()})
        if request.get("TemplateURL"):
            body, refused = helpers._resolve_template(form)
            if refused:
                refusal: Response = refused
                return refusal
            request["TemplateBody"] = body
        try:
            return protocol.answer("cloudformation", name, operation(request))
        except StackSetError as error:
            answer: Response = helpers._error(error.code, str(error))
            return answer

    return answered


def _organization(request: _Request) -> Organization:
    if request.get("PermissionModel", "SERVICE_MANAGED") != "SERVICE_MANAGED":
        raise StackSetError("ValidationError", "Only stack sets of the permission model SERVICE_MANAGED are simulated")
    return service.organization_for(request.get("CallAs", "SELF"))


def _stack_set(request: _Request) -> StackSet:
    return service.get(_organization(request), request["StackSetName"])


def _create(request: _Request) -> _Request:
    if request.get("PermissionModel") != "SERVICE_MANAGED":
        raise StackSetError("ValidationError", "Only stack sets of the permission model SERVICE_MANAGED are simulated")
    if not request.get("TemplateBody"):
        raise StackSetError("ValidationError", "Either Template URL or Template Body must be specified.")
    stack_set = service.create(_organization(request), request["StackSetName"], definition(request))
    return {"StackSetId": stack_set.id}


def definition(request: _Request, previous: Definition | None = None) -> Definition:
    """What a request, or a template's properties, say of a stack set; what they leave out is as before."""
    before = previous or Definition(template="")
    automatic = request.get("AutoDeployment")
    changed: dict[str, Any] = {
        "template": request.get("TemplateBody"),
        "description": request.get("Description"),
        "parameters": _given(request, "Parameters", "ParameterKey", "ParameterValue"),
        "capabilities": tuple(request["Capabilities"]) if request.get("Capabilities") else None,
        "tags": _given(request, "Tags", "Key", "Value"),
        "auto_deployment": automatic and _is_true(automatic.get("Enabled")),
        "retain_on_removal": automatic and _is_true(automatic.get("RetainStacksOnAccountRemoval")),
    }
    return replace(before, **{name: value for name, value in changed.items() if value is not None})


def _given(request: _Request, member: str, key: str, value: str) -> dict[str, str] | None:
    return keys_and_values(request[member], key, value) if member in request else None


def _is_true(value: Any) -> bool:  # noqa: ANN401 - a boolean, or a template's text
    return str(value).lower() == "true"


def group(request: _Request) -> Group:
    """The targets and Regions of a request, or of a template's StackInstancesGroup. Errors: `StackSetError`."""
    targets = request.get("DeploymentTargets") or {}
    if not targets.get("OrganizationalUnitIds"):
        message = "StackSets with SERVICE_MANAGED permission model can only have OrganizationalUnit as target"
        raise StackSetError("ValidationError", message)
    return Group(
        targets=Targets(
            units=tuple(targets["OrganizationalUnitIds"]),
            account_filter=targets.get("AccountFilterType", "NONE"),
            accounts=tuple(targets.get("Accounts") or ()),
        ),
        regions=tuple(request["Regions"]),
        overrides=keys_and_values(request.get("ParameterOverrides"), "ParameterKey", "ParameterValue"),
    )


def _create_instances(request: _Request) -> _Request:
    organization = _organization(request)
    stack_set = service.get(organization, request["StackSetName"])
    operation, work = service.deploy(stack_set, organization, group(request), _operation_id(request))
    service.run(work)
    return {"OperationId": operation.id}


def _update(request: _Request) -> _Request:
    stack_set = _stack_set(request)
    operation, work = service.update(stack_set, definition(request, stack_set.definition), _operation_id(request))
    service.run(work)
    return {"OperationId": operation.id}


def _delete_instances(request: _Request) -> _Request:
    organization = _organization(request)
    stack_set = service.get(organization, request["StackSetName"])
    retain = bool(request.get("RetainStacks"))
    operation, work = service.remove(stack_set, organization, group(request), _operation_id(request), retain=retain)
    service.run(work)
    return {"OperationId": operation.id}


def _operation_id(request: _Request) -> str:
    return str(request.get("OperationId") or uuid.uuid4())


def _delete(request: _Request) -> _Request:
    service.delete(_stack_set(request))
    return {}


def _describe(request: _Request) -> _Request:
    stack_set = _stack_set(request)
    made = stack_set.definition
    return {
        "StackSet": {
            **_summary(stack_set),
            "StackSetARN": stack_set.arn,
            "TemplateBody": made.template,
            "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in made.parameters.items()],
            "Capabilities": list(made.capabilities),
            "Tags": [{"Key": key, "Value": value} for key, value in made.tags.items()],
            "OrganizationalUnitIds": sorted({unit for each in stack_set.groups for unit in each.targets.units}),
            "Regions": sorted({region for each in stack_set.groups for region in each.regions}),
        }
    }


def _summary(stack_set: StackSet) -> _Request:
    made = stack_set.definition
    return {
        "StackSetName": stack_set.name,
        "StackSetId": stack_set.id,
        "Description": made.description,
        "Status": "ACTIVE",
        "PermissionModel": "SERVICE_MANAGED",
        "AutoDeployment": {
            "Enabled": made.auto_deployment,
            "RetainStacksOnAccountRemoval": made.retain_on_removal,
        },
    }


def _list(request: _Request) -> _Request:
    return {"Summaries": [_summary(stack_set) for stack_set in service.all_of(_organization(request))]}


def _list_instances(request: _Request) -> _Request:
    stack_set = _stack_set(request)
    account, region = request.get("StackInstanceAccount"), request.get("StackInstanceRegion")
    return {
        "Summaries": [
            _instance(stack_set, each)
            for each in stack_set.instances.values()
            if account in (None, each.account) and region in (None, each.region)
        ]
    }


def _describe_instance(request: _Request) -> _Request:
    stack_set = _stack_set(request)
    place = (request["StackInstanceAccount"], request["StackInstanceRegion"])
    if place not in stack_set.instances:
        message = f"Stack instance for stack set {stack_set.id}, account {place[0]} and region {place[1]} not found."
        raise StackSetError("StackInstanceNotFoundException", message)
    return {"StackInstance": _instance(stack_set, stack_set.instances[place])}


def _instance(stack_set: StackSet, instance: Instance) -> _Request:
    described = {
        "StackSetId": stack_set.id,
        "Account": instance.account,
        "Region": instance.region,
        "StackId": instance.stack_id,
        "Status": instance.status,
        "StatusReason": instance.reason,
        "StackInstanceStatus": {"DetailedStatus": instance.detailed_status},
        "OrganizationalUnitId": instance.unit,
    }
    return {name: value for name, value in described.items() if value is not None}


def _describe_operation(request: _Request) -> _Request:
    stack_set = _stack_set(request)
    operation = stack_set.operations.get(request["OperationId"])
    if operation is None:
        raise StackSetError("OperationNotFoundException", f"Operation {request['OperationId']} not found")
    return {"StackSetOperation": {**_operation(operation), "StackSetId": stack_set.id}}


def _list_operations(request: _Request) -> _Request:
    return {"Summaries": [_operation(each) for each in reversed(_stack_set(request).operations.values())]}


def _operation(operation: Operation) -> _Request:
    described = {
        "OperationId": operation.id,
        "Action": operation.action,
        "Status": operation.status,
        "CreationTimestamp": operation.created,
        "EndTimestamp": operation.ended,
    }
    return {name: value for name, value in described.items() if value is not None}


def _activate(_request: _Request) -> _Request:
    service.activate()
    return {}


_OPERATIONS: dict[str, Callable[[_Request], _Request]] = {
    "ActivateOrganizationsAccess": _activate,
    "CreateStackInstances": _create_instances,
    "CreateStackSet": _create,
    "DeleteStackInstances": _delete_instances,
    "DeleteStackSet": _delete,
    "DescribeStackInstance": _describe_instance,
    "DescribeStackSet": _describe,
    "DescribeStackSetOperation": _describe_operation,
    "ListStackInstances": _list_instances,
    "ListStackSetOperations": _list_operations,
    "ListStackSets": _list,
    "UpdateStackSet": _update,
}
