"""Whether a resource's own policy lets an AWS service deliver to it on behalf of the resource `source_arn`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ministack.core import iam_evaluator
from ministack.core.arn import parse_arn
from ministack.core.responses import request_scope
from ministack.services import lambda_svc, sns, sqs

from simulator.principals import enforcing

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
        service_context={"aws:sourcearn": source_arn, "aws:sourceaccount": parse_arn(source_arn).account_id},
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


def _allows(judge: Callable[..., bool], arn: str, service: str, source_arn: str) -> bool:
    spec = parse_arn(arn)
    with request_scope(spec.account_id, spec.region), enforcing():
        return judge(arn, service, source_arn, parse_arn(source_arn).account_id)
