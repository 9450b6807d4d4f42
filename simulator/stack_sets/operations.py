"""Carrying out what a stack set is to do: Region after Region, all accounts of a Region at once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from simulator import stacks
from simulator.account_settings import ACCOUNT_SETTINGS
from simulator.clock import CLOCK
from simulator.stack_sets.model import Operation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from simulator.organization import Organization
    from simulator.stack_sets.model import Instance, StackSet


async def deploy(stack_set: StackSet, operation: Operation, instances: Iterable[Instance]) -> None:
    """Create or update these stacks. After a Region with failures the Regions after it are not begun.

    That is the default of `FailureToleranceCount`, 0 (API reference, "StackSetOperationPreferences").
    """
    regions: dict[str, list[Instance]] = {}
    for instance in instances:
        instance.detailed_status, instance.status, instance.reason = "PENDING", "OUTDATED", None
        regions.setdefault(instance.region, []).append(instance)
    failed = False
    for members in regions.values():
        if failed:
            for instance in members:
                instance.detailed_status, instance.reason = (
                    "CANCELLED",
                    "Cancelled since failure tolerance has exceeded",
                )
            continue
        await asyncio.gather(*(_deploy_one(stack_set, instance) for instance in members))
        failed = any(instance.detailed_status == "FAILED" for instance in members)
    _end(operation, failed=failed)


async def remove(stack_set: StackSet, operation: Operation, instances: Iterable[Instance], *, retain: bool) -> None:
    """Take these stacks out of the stack set, and delete them unless they are to stay."""
    failed = False
    for instance in instances:
        try:
            if not retain:
                await stacks.delete(_stack_name(stack_set), account=instance.account, region=instance.region)
        except stacks.StackError as error:
            failed = True
            instance.detailed_status, instance.reason = "FAILED", str(error)
        else:
            stack_set.instances.pop((instance.account, instance.region), None)
    _end(operation, failed=failed)


async def follow(stack_set: StackSet, organization: Organization, operation: Operation) -> None:
    """Give accounts that came to a unit their stacks, and take those of accounts that left away."""
    wanted = stack_set.wanted(organization)
    leaving = [instance for place, instance in stack_set.instances.items() if place not in wanted]
    await remove(stack_set, operation, leaving, retain=stack_set.definition.retain_on_removal)
    coming = {place: instance for place, instance in wanted.items() if place not in stack_set.instances}
    stack_set.instances |= coming
    await deploy(stack_set, operation, coming.values())


async def _deploy_one(stack_set: StackSet, instance: Instance) -> None:
    definition = stack_set.definition
    stack = stacks.Stack(
        name=_stack_name(stack_set),
        template=definition.template,
        parameters={**definition.parameters, **instance.overrides},
        tags=definition.tags,
        capabilities=definition.capabilities,
    )
    instance.detailed_status = "RUNNING"
    try:
        if ACCOUNT_SETTINGS.region_is_off(instance.account, instance.region):
            raise stacks.StackError(f"Region {instance.region} is not enabled for account {instance.account}")  # noqa: TRY301
        instance.stack_id = await stacks.deploy(stack, account=instance.account, region=instance.region)
    except stacks.StackError as error:
        instance.detailed_status, instance.reason = "FAILED", str(error)
    else:
        instance.status, instance.detailed_status = "CURRENT", "SUCCEEDED"


def begin(stack_set: StackSet, action: str, operation_id: str) -> Operation:
    """Note an operation as under way."""
    operation = Operation(id=operation_id, action=action)
    stack_set.operations[operation_id] = operation
    return operation


def _end(operation: Operation, *, failed: bool) -> None:
    operation.status = "FAILED" if failed or operation.status == "FAILED" else "SUCCEEDED"
    operation.ended = CLOCK.now()


def _stack_name(stack_set: StackSet) -> str:
    return f"StackSet-{stack_set.name}-{stack_set.uuid}"
