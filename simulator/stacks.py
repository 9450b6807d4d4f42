"""CloudFormation stacks in any account and Region, made in this process: for stack sets, and for many members at once.

The coroutines run on the loop that serves requests.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from ministack.core.responses import request_scope
from ministack.services import cloudformation
from ministack.services.cloudformation import handlers

from simulator.principals import enforced

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_PAUSE = 0.01
_MAX_LOOKS = 30_000
"""Looks at a stack under way, `_PAUSE` seconds apart: five minutes."""

_DONE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "DELETE_COMPLETE")
_NO_UPDATES = "No updates are to be performed."
_OK = 200


class StackError(Exception):
    """A stack that could not be made, changed or deleted; the message is CloudFormation's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """What a stack is made of. `template` is the template's text."""

    name: str
    template: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    capabilities: tuple[str, ...] = ()

    def request(self) -> dict[str, list[str]]:
        """The parameters of CreateStack and UpdateStack."""
        request = {"StackName": [self.name], "TemplateBody": [self.template], "Tags": [""]}
        for number, (key, value) in enumerate(self.parameters.items(), 1):
            request[f"Parameters.member.{number}.ParameterKey"] = [key]
            request[f"Parameters.member.{number}.ParameterValue"] = [value]
        for number, (key, value) in enumerate(self.tags.items(), 1):
            request[f"Tags.member.{number}.Key"] = [key]
            request[f"Tags.member.{number}.Value"] = [value]
        for number, capability in enumerate(self.capabilities, 1):
            request[f"Capabilities.member.{number}"] = [capability]
        return request


async def deploy(stack: Stack, *, account: str, region: str) -> str:
    """Create the stack, or update the one of that name; its id, once it is complete. Errors: `StackError`."""
    with request_scope(account, region):
        exists = _status(stack.name) not in (None, "DELETE_COMPLETE", "ROLLBACK_COMPLETE")
        _call(handlers._update_stack if exists else handlers._create_stack, stack.request())
        await _completed(stack.name)
        return str(cloudformation._stacks[stack.name]["StackId"])


async def delete(name: str, *, account: str, region: str) -> None:
    """Delete the stack with what it made; one that is not there is deleted. Errors: `StackError`."""
    with request_scope(account, region):
        if _status(name) is None:
            return
        _call(handlers._delete_stack, {"StackName": [name]})
        await _completed(name)


def _call(operation: Callable[[dict[str, list[str]]], Any], request: dict[str, list[str]]) -> None:
    token = enforced.set(False)  # whoever ordered the stack, it is made with the rights of CloudFormation's own role
    try:
        status, _, body = operation(request)
    finally:
        enforced.reset(token)
    if status != _OK:
        message = ET.fromstring(body).findtext(".//{*}Message") or ""  # noqa: S314 - our own answer
        if message != _NO_UPDATES:
            raise StackError(message)


async def _completed(name: str) -> None:
    for _ in range(_MAX_LOOKS):
        status = _status(name) or ""
        if not status.endswith("_IN_PROGRESS"):
            break
        await asyncio.sleep(_PAUSE)
    if status not in _DONE:
        raise StackError(f"{name} is {status}: {_first_failure(name)}")


def _status(name: str) -> str | None:
    stack = cloudformation._stacks.get(name)
    return stack["StackStatus"] if stack else None


def _first_failure(name: str) -> str:
    stack = cloudformation._stacks[name]
    for event in cloudformation._stack_events.get(stack["StackId"]) or ():
        if str(event.get("ResourceStatus")).endswith("_FAILED"):
            return f"{event.get('LogicalResourceId')}: {event.get('ResourceStatusReason')}"
    return str(stack.get("StackStatusReason"))
