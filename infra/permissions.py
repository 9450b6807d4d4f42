"""What the roles may do, read out of the templates: for docs/permissions.md, and for the proof that all is used."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_HASH = re.compile(r"(Role)?[0-9A-F]{8}$")
"""What the CDK adds to the name of a construct to make a logical id."""

_ACCOUNT = re.compile(r"\b\d{12}\b")
_POLICIES = ("AWS::IAM::ManagedPolicy", "AWS::IAM::Policy")
"""A role whose own policy would be longer than AWS allows has the rest in a managed one."""

_PLACEHOLDER = re.compile(r"\$\{([^}]+)\}")

_PSEUDO_PARAMETERS = {
    "AWS::AccountId": r"\d{12}",
    "AWS::Partition": "aws",
    "AWS::Region": "[a-z0-9-]+",
}


@dataclass(frozen=True, kw_only=True, order=True)
class Permission:
    """One action that a role may do, or may never do, on one resource.

    `resource` is an ARN with `*`, in which `${...}` stands for what is known only when it is deployed; `condition` is
    the statement's as JSON, empty without one.
    """

    stack: str
    role: str
    effect: str
    action: str
    resource: str
    condition: str

    def covers(self, *, action: str, resource: str) -> bool:
        """Say whether the permission is about this action on the resource, an ARN of a deployed stack or `*`."""
        return action == self.action and _pattern(self.resource).fullmatch(resource) is not None


def permissions(templates: Mapping[str, Mapping[str, Any]]) -> frozenset[Permission]:
    """Everything that the roles of these stacks, name to template, may do or may never do."""
    return frozenset(
        permission for stack, template in templates.items() for permission in _permissions(stack, template)
    )


def _permissions(stack: str, template: Mapping[str, Any]) -> Iterator[Permission]:
    for policy in template["Resources"].values():
        if policy["Type"] not in _POLICIES:
            continue
        for role in policy["Properties"]["Roles"]:
            for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
                yield from _permissions_of(statement, stack=stack, role=_name(role["Ref"]))


def _permissions_of(statement: Mapping[str, Any], *, stack: str, role: str) -> Iterator[Permission]:
    condition = json.dumps(statement["Condition"], sort_keys=True) if "Condition" in statement else ""
    for action in _listed(statement["Action"]):
        for resource in _listed(statement["Resource"]):
            yield Permission(
                stack=stack,
                role=role,
                effect=statement["Effect"],
                action=action,
                resource=_text(resource),
                condition=condition,
            )


def _name(logical_id: str) -> str:
    """The construct's name in a role's logical id: `RefillPools`, in every stack."""
    return _HASH.sub("", logical_id)


def _listed(value: Any) -> Sequence[Any]:  # noqa: ANN401 - one of something, or a list of it
    return value if isinstance(value, list) else [value]


def _text(value: Any) -> str:  # noqa: ANN401 - a template's value
    """Write a value with CloudFormation's functions in it as Fn::Sub would have it."""
    if isinstance(value, str):
        return value
    ((function, argument),) = value.items()
    if function == "Fn::Join":
        return str(argument[0]).join(map(_text, argument[1]))
    if function == "Fn::GetAtt":
        return "${" + ".".join(argument) + "}"
    if function == "Ref":
        return "${" + str(argument) + "}"
    raise ValueError(f"{function} is new in a policy: say how it reads")


def _pattern(resource: str) -> re.Pattern[str]:
    """What the ARNs look like that a resource of a template can stand for.

    What begins with a reference is some resource's ARN, and ends in a name that has its logical id. Which accounts are
    named is a matter of the configuration.
    """

    def deployed(placeholder: re.Match[str]) -> str:
        name = placeholder[1]
        if name in _PSEUDO_PARAMETERS:
            return _PSEUDO_PARAMETERS[name]
        return f"arn:.*{name.partition('.')[0]}[^/]*" if placeholder.start() == 0 else "[^:]*"

    parts = _PLACEHOLDER.split(resource)
    literal = [_ACCOUNT.sub(r"\\d{12}", re.escape(part).replace(r"\*", ".*")) for part in parts[::2]]
    placed = [deployed(found) for found in _PLACEHOLDER.finditer(resource)]
    return re.compile("".join(part + place for part, place in zip(literal, [*placed, ""], strict=True)))
