"""Whether an AWS service may deliver: by the policy of the resource, or by a role that it is given.

`source_arn` is the resource on whose behalf the service delivers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ministack.core import iam_evaluator
from ministack.core.arn import parse_arn
from ministack.core.responses import request_scope
from ministack.services import iam, lambda_svc, sns, sqs

from simulator.permissions_used import PERMISSIONS_USED
from simulator.principals import enforcing, trust_policy

if TYPE_CHECKING:
    from collections.abc import Callable


def function_allows(arn: str, *, service: str, source_arn: str) -> bool:
    """Whether the function is there and its policy lets the service invoke it."""
    spec = parse_arn(arn)
    with request_scope(spec.account_id, spec.region):
        func, _, _ = lambda_svc._get_func_record_for_ref(arn)
    if not func:
        return False
    context = iam_evaluator.EvalContext(
        principal_arn="*",
        principal_type="Service",
        principal_account="",
        action="lambda:InvokeFunction",
        resource_arn=arn,
        region=spec.region,
        service_context=_on_behalf_of(source_arn),
    )
    result = iam_evaluator.evaluate_resource_policy(func.get("policy"), context, service=service)
    return bool(result.decision == "Allow")


def queue_allows(arn: str, *, service: str, source_arn: str) -> bool:
    """Whether the queue is there and its policy lets the service send to it."""
    return _allows(sqs.queue_policy_allows, arn, service, source_arn)


def topic_allows(arn: str, *, service: str, source_arn: str) -> bool:
    """Whether the topic is there and its policy lets the service publish to it.

    A topic's first policy lets everything of its own account do so (`AWS:SourceOwner`).
    """
    return _allows(sns.topic_policy_allows, arn, service, source_arn)


def role_allows(role_arn: str, *, service: str, source_arn: str, action: str, resource: str) -> bool:
    """Whether the service may assume the role, and the role allows the action."""
    spec, region = parse_arn(role_arn), parse_arn(resource).region
    name = role_arn.rpartition("/")[2]
    role = iam._roles.get_scoped(spec.account_id, None, name)
    if role is None or not _trusts(role, service, source_arn, region):
        return False
    context = iam_evaluator.EvalContext(
        principal_arn=role_arn,
        principal_type="AssumedRole",
        principal_account=spec.account_id,
        action=action,
        resource_arn=resource,
        region=region,
    )
    policies = iam_evaluator._gather_role_policies(name, spec.account_id)
    limits = iam_evaluator._permissions_boundary(iam._roles, name, spec.account_id)
    allowed = bool(iam_evaluator.evaluate(context, policies, *limits).decision == "Allow")
    session = f"arn:aws:sts::{spec.account_id}:assumed-role/{name}/{service.partition('.')[0]}"
    PERMISSIONS_USED.record(principal=session, action=action, resource=resource, allowed=allowed)
    return allowed


def _trusts(role: dict[str, Any], service: str, source_arn: str, region: str) -> bool:
    context = iam_evaluator.EvalContext(
        principal_arn="*",
        principal_type="Service",
        principal_account="",
        action="sts:AssumeRole",
        resource_arn=role["Arn"],
        region=region,
        service_context=_on_behalf_of(source_arn),
    )
    # A trust policy names no resource: it is about its own role.
    policy = {"Statement": [{**statement, "Resource": "*"} for statement in trust_policy(role)]}
    return bool(iam_evaluator.evaluate_resource_policy(policy, context, service=service).decision == "Allow")


def _on_behalf_of(source_arn: str) -> dict[str, str]:
    return {"aws:sourcearn": source_arn, "aws:sourceaccount": parse_arn(source_arn).account_id}


def _allows(judge: Callable[..., bool], arn: str, service: str, source_arn: str) -> bool:
    spec = parse_arn(arn)
    with request_scope(spec.account_id, spec.region), enforcing():
        iam_evaluator.pin_request_origin("127.0.0.1", secure_transport=True)  # AWS's services deliver over TLS
        return judge(arn, service, source_arn, parse_arn(source_arn).account_id)
