"""Who may assume a role: judged by the role's own trust policy, for administrators too.

IAM user guide, "Cross-account policy evaluation logic": the trust policy of the role must allow the caller, and so must
the caller's own policies, which MiniStack asks of role sessions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ministack.core import iam_evaluator
from ministack.core.arn import ArnParseError, parse_arn
from ministack.core.responses import request_scope
from ministack.services import iam

from simulator.errors import error_response
from simulator.principals import trust_policy

if TYPE_CHECKING:
    from simulator.aws_call import AwsCall
    from simulator.errors import Response

_FORBIDDEN = 403


def refuse(call: AwsCall) -> Response | None:
    """The refusal of an AssumeRole that the role's trust policy does not allow; None for every other call."""
    if (call.service, call.operation) != ("sts", "AssumeRole"):
        return None
    parameters = {name: values[0] for name, values in call.parameters.items()}
    role_arn = parameters.get("RoleArn", "")
    try:
        account = parse_arn(role_arn).account_id
    except ArnParseError:
        return None  # MiniStack has AWS's words for it
    role = iam._roles.get_scoped(account, None, role_arn.rpartition("/")[2])
    if role and role["Arn"] == role_arn and _is_trusted(call, role, parameters):
        return None
    message = f"User: {call.principal} is not authorized to perform: sts:AssumeRole on resource: {role_arn}"
    return error_response(call, code="AccessDenied", message=message, status=_FORBIDDEN)


def _is_trusted(call: AwsCall, role: dict[str, Any], parameters: dict[str, str]) -> bool:
    with request_scope(call.account, call.region):
        credential = iam_evaluator.resolve_credential(call.access_key)
        known = not isinstance(credential, iam_evaluator.CredentialResolutionError)
        context = iam_evaluator.EvalContext(
            principal_arn=call.principal,
            principal_type="AssumedRole" if ":assumed-role/" in call.principal else "Root",
            principal_account=call.account,
            action="sts:AssumeRole",
            resource_arn=role["Arn"],
            region=call.region,
            service_context={
                "sts:externalid": parameters.get("ExternalId"),
                "sts:rolesessionname": parameters.get("RoleSessionName"),
            },
            principal_keys=iam_evaluator._principal_keys(credential) if known else {},
        )
        return bool(iam_evaluator.evaluate_trust_policy(_for_people(role), call.principal, context))


def _for_people(role: dict[str, Any]) -> dict[str, Any]:
    """The trust policy without what it says of services, because MiniStack lets any account's root pass for those."""
    statements = trust_policy(role)
    return {"Statement": [{**each, "Principal": _accounts_and_roles(each.get("Principal"))} for each in statements]}


def _accounts_and_roles(principal: Any) -> Any:  # noqa: ANN401 - JSON
    return {"AWS": principal.get("AWS", [])} if isinstance(principal, dict) else principal
