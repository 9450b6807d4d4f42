"""AWS::CloudFormation::StackSet: the stack waits until the stacks of the stack set are there.

CloudFormation user guide, "AWS::CloudFormation::StackSet": Ref is the id of the stack set.
"""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING, Any

from ministack import app
from ministack.services.cloudformation import helpers, stacks

from simulator.stack_sets import api, service

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from simulator.stack_sets.model import Operation

TYPE = "AWS::CloudFormation::StackSet"

Properties = dict[str, Any]


def install() -> None:
    """Let the handlers run beside the loop, because they wait for what runs on it."""
    elsewhere = stacks._runs_on_worker_thread
    stacks._runs_on_worker_thread = lambda resource_type: resource_type == TYPE or elsewhere(resource_type)


def _create(_logical_id: str, properties: Properties, _stack_name: str) -> tuple[str, dict[str, str]]:
    request = _with_template(properties)
    organization = service.organization_for(request.get("CallAs", "SELF"))
    stack_set = service.create(organization, request["StackSetName"], api.definition(request))
    for wanted in request.get("StackInstancesGroup") or ():
        _carry_out(*service.deploy(stack_set, organization, api.group(wanted), str(uuid.uuid4())))
    return stack_set.id, {"StackSetId": stack_set.id}


def _update(stack_set_id: str, old: Properties, new: Properties, _stack_name: str) -> tuple[str, dict[str, str]]:
    request = _with_template(new)
    organization = service.organization_for(request.get("CallAs", "SELF"))
    stack_set = service.get(organization, stack_set_id)
    _carry_out(*service.update(stack_set, api.definition(request, stack_set.definition), str(uuid.uuid4())))
    before, after = (each.get("StackInstancesGroup") or [] for each in (old, new))
    for gone in (each for each in before if each not in after):
        group = api.group(gone)
        _carry_out(*service.remove(stack_set, organization, group, str(uuid.uuid4()), retain=False))
    for wanted in (each for each in after if each not in before):
        _carry_out(*service.deploy(stack_set, organization, api.group(wanted), str(uuid.uuid4())))
    return stack_set.id, {"StackSetId": stack_set.id}


def _delete(stack_set_id: str, properties: Properties) -> None:
    organization = service.organization_for(properties.get("CallAs", "SELF"))
    try:
        stack_set = service.get(organization, stack_set_id)
    except service.StackSetError:
        return
    for group in list(stack_set.groups):
        _carry_out(*service.remove(stack_set, organization, group, str(uuid.uuid4()), retain=False))
    service.delete(stack_set)


HANDLERS = {TYPE: {"create": _create, "update": _update, "delete": _delete}}
REPLACING_PROPERTIES = {TYPE: ("CallAs", "PermissionModel", "StackSetName")}


def _with_template(properties: Properties) -> Properties:
    if not properties.get("TemplateURL"):
        return properties
    body, refused = helpers._resolve_template({"TemplateURL": [properties["TemplateURL"]]})
    if refused:
        raise ValueError(f"{properties['TemplateURL']} cannot be read")
    return {**properties, "TemplateBody": body}


def _carry_out(operation: Operation, work: Coroutine[Any, Any, None]) -> None:
    asyncio.run_coroutine_threadsafe(work, app._MAIN_LOOP).result()
    if operation.status != "SUCCEEDED":
        message = f"Stack set operation [{operation.id}] was unexpectedly stopped or failed. {operation.reason or ''}"
        raise ValueError(message.strip())
