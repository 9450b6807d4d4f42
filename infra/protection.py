"""What IAM refuses whatever our code says: to change what users protect, or what CloudFormation owns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam

from lambdas.common.tags import STACK_TAG

if TYPE_CHECKING:
    from collections.abc import Sequence


def never_protected(
    what: str, *, actions: Sequence[str], resources: Sequence[str], tag_prefix: str
) -> iam.PolicyStatement:
    """Deny these actions on resources with the tag <prefix>:protect; `what` completes the statement's id."""
    protected = {"StringEquals": {f"aws:ResourceTag/{tag_prefix}:protect": "true"}}
    return _never(f"NeverProtected{what}", actions=actions, resources=resources, conditions=protected)


def never_of_stacks(what: str, *, actions: Sequence[str], resources: Sequence[str]) -> iam.PolicyStatement:
    """Deny these actions on resources that a CloudFormation stack made; `what` completes the statement's id."""
    of_a_stack = {"Null": {f"aws:ResourceTag/{STACK_TAG}": "false"}}
    return _never(f"NeverStacks{what}", actions=actions, resources=resources, conditions=of_a_stack)


def _never(
    sid: str, *, actions: Sequence[str], resources: Sequence[str], conditions: dict[str, dict[str, str]]
) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        sid=sid, effect=iam.Effect.DENY, actions=list(actions), resources=list(resources), conditions=conditions
    )
