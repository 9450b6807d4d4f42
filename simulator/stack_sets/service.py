"""The stack sets of all organisations: who may use them, and the orders to them."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING, Any

from ministack.core.responses import get_account_id, get_region

from simulator import organizations_api
from simulator.organization import organization_of
from simulator.stack_sets import operations
from simulator.stack_sets.model import Definition, Group, StackSet, instances_of

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from simulator.organization import Organization
    from simulator.stack_sets.model import Operation

SERVICE = "member.org.stacksets.cloudformation.amazonaws.com"
"""The principal that an organisation trusts, and delegates to, for stack sets."""

_stack_sets: dict[tuple[str, str, str], StackSet] = {}
"""Management account, Region and name → stack set."""

_running: set[asyncio.Task[None]] = set()


class StackSetError(Exception):
    """A request that cannot be carried out, with CloudFormation's code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def install() -> None:
    """Let stack sets follow the accounts of their organisation."""
    organizations_api.on_change(_follow)


def organization_for(call_as: str) -> Organization:
    """The organisation that the caller acts for. `call_as` is SELF or DELEGATED_ADMIN. Errors: `StackSetError`."""
    account = get_account_id()
    organization = organization_of(account)
    delegated = call_as == "DELEGATED_ADMIN"
    acts = organizations_api.is_delegated_administrator(account, SERVICE) if delegated else _manages(account)
    if organization is None or not acts:
        message = (
            "You must be the management account or delegated admin account of an organization before operating a "
            "SERVICE_MANAGED stack set"
        )
        raise StackSetError("ValidationError", message)
    if not organizations_api.trusts(organization, SERVICE):
        message = "You must enable organizations access to operate a service managed stack set"
        raise StackSetError("ValidationError", message)
    return organization


def activate() -> None:
    """Give StackSets access to the organisation that the caller manages. Errors: `StackSetError`."""
    organization = organization_of(get_account_id())
    if organization is None or not _manages(get_account_id()):
        raise StackSetError("InvalidOperationException", "You must be the management account of an organization")
    organizations_api.trust(organization, SERVICE)


def _manages(account: str) -> bool:
    organization = organization_of(account)
    return organization is not None and organization.management_account == account


def create(organization: Organization, name: str, definition: Definition) -> StackSet:
    """Make a stack set, without stacks yet. Errors: `StackSetError`."""
    key = (organization.management_account, get_region(), name)
    if key in _stack_sets:
        raise StackSetError("NameAlreadyExistsException", f"StackSet {name} already exists")
    stack_set = StackSet(name=name, manager=key[0], region=key[1], definition=definition)
    _stack_sets[key] = stack_set
    return stack_set


def get(organization: Organization, name_or_id: str) -> StackSet:
    """The stack set of that name or id. Errors: `StackSetError`."""
    name = name_or_id.partition(":")[0]
    stack_set = _stack_sets.get((organization.management_account, get_region(), name))
    if stack_set is None or name_or_id not in (name, stack_set.id):
        raise StackSetError("StackSetNotFoundException", f"StackSet {name_or_id} not found")
    return stack_set


def all_of(organization: Organization) -> list[StackSet]:
    """The stack sets of the organisation in this Region."""
    place = (organization.management_account, get_region())
    return [stack_set for key, stack_set in _stack_sets.items() if key[:2] == place]


def delete(stack_set: StackSet) -> None:
    """Forget a stack set without stacks. Errors: `StackSetError`."""
    if stack_set.instances:
        raise StackSetError("StackSetNotEmptyException", "StackSet is not empty")
    del _stack_sets[stack_set.manager, stack_set.region, stack_set.name]


def deploy(
    stack_set: StackSet, organization: Organization, group: Group, operation_id: str
) -> tuple[Operation, Coroutine[Any, Any, None]]:
    """Order the stacks of a group; the operation, and the work that it is. Errors: `StackSetError`."""
    operation = _begin(stack_set, "CREATE", operation_id)
    stack_set.groups.append(group)
    ordered = {}
    for instance in instances_of(group, organization):
        place = (instance.account, instance.region)
        ordered[place] = stack_set.instances.setdefault(place, instance)
        ordered[place].overrides = group.overrides
    return operation, operations.deploy(stack_set, operation, ordered.values())


def update(
    stack_set: StackSet, definition: Definition, operation_id: str
) -> tuple[Operation, Coroutine[Any, Any, None]]:
    """Give the stack set another definition, and all its stacks with it. Errors: `StackSetError`."""
    operation = _begin(stack_set, "UPDATE", operation_id)
    stack_set.definition = definition
    return operation, operations.deploy(stack_set, operation, list(stack_set.instances.values()))


def remove(
    stack_set: StackSet, organization: Organization, group: Group, operation_id: str, *, retain: bool
) -> tuple[Operation, Coroutine[Any, Any, None]]:
    """Take the stacks of a group away. Errors: `StackSetError`."""
    operation = _begin(stack_set, "DELETE", operation_id)
    places = {(each.account, each.region) for each in instances_of(group, organization)}
    stack_set.groups = [left for each in stack_set.groups if (left := _without(each, group)) is not None]
    leaving = [instance for place, instance in stack_set.instances.items() if place in places]
    return operation, operations.remove(stack_set, operation, leaving, retain=retain)


def run(work: Coroutine[Any, Any, None]) -> None:
    """Let the work of an operation go on beside whoever ordered it."""
    task = asyncio.get_running_loop().create_task(work)
    _running.add(task)
    task.add_done_callback(_running.discard)


def _without(group: Group, taken: Group) -> Group | None:
    """What is left of a group when the same targets are taken out of some of its Regions; None when nothing is."""
    if set(group.targets.units) - set(taken.targets.units):
        return group
    regions = tuple(region for region in group.regions if region not in taken.regions)
    return Group(targets=group.targets, regions=regions, overrides=group.overrides) if regions else None


def _begin(stack_set: StackSet, action: str, operation_id: str) -> Operation:
    if stack_set.is_busy:
        running = next(each for each in stack_set.operations.values() if each.status == "RUNNING")
        raise StackSetError(
            "OperationInProgressException", f"Another Operation on StackSet is in progress: {running.id}"
        )
    if operation_id in stack_set.operations:
        message = f"An operation with id {operation_id} already exists"
        raise StackSetError("OperationIdAlreadyExistsException", message)
    return operations.begin(stack_set, action, operation_id)


def _follow(organization: Organization) -> None:
    for stack_set in list(_stack_sets.values()):
        if stack_set.manager == organization.management_account and stack_set.definition.auto_deployment:
            operation = operations.begin(stack_set, "CREATE", str(uuid.uuid4()))
            run(operations.follow(stack_set, organization, operation))
