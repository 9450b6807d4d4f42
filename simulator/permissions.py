"""IAM for the services that moto answers: a role's session may do what its policies allow, as on AWS."""

from __future__ import annotations

import contextvars
import json
import re
import uuid
from typing import TYPE_CHECKING, Any

from ministack.core import iam_evaluator
from ministack.core.iam_actions import access_denied_response
from ministack.core.iam_evaluator import AuthError, EvalResult, enforce
from ministack.core.responses import request_scope
from moto.ec2.models import ec2_backends
from moto.elbv2.models import elbv2_backends

from simulator import ipam, principals
from simulator.moto_services import exclusively
from simulator.organization import organization_of
from simulator.permissions_used import PERMISSIONS_USED
from simulator.principals import is_role_session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from simulator.aws_call import AwsCall
    from simulator.errors import Response

_EC2_RESOURCES = {
    "eipalloc": ("elastic-ip", "{region}"),
    "eni": ("network-interface", "{region}"),
    "i": ("instance", "{region}"),
    "ipam": ("ipam", ""),
    "ipam-policy": ("ipam-policy", ""),
    "ipam-pool": ("ipam-pool", ""),
    "ipam-res-disco": ("ipam-resource-discovery", ""),
    "ipam-scope": ("ipam-scope", ""),
    "ipv4pool-ec2": ("ipv4pool-ec2", "{region}"),
    "subnet": ("subnet", "{region}"),
    "vpc": ("vpc", "{region}"),
}
"""Prefix of an id → resource type and Region part of the ARN (Service Authorization Reference, Amazon EC2).

IPAM's resources are global in ARNs: `arn:aws:ec2::account:ipam-pool/id`.
"""

_EC2_CREATED = {"AllocateAddress": "arn:aws:ec2:{region}:{account}:elastic-ip/*"}
"""What a call makes, as its policy can name it before it has an id."""

_ELB_PARAMETERS = re.compile(r"(LoadBalancer|Listener|Resource|Rule|TargetGroup)Arn(s\.member\.\d+)?")

_EC2_PARAMETERS = re.compile(
    r"(AllocationId|InstanceId|Ipam(Policy|Pool|ResourceDiscovery|Scope)?Id|Ipv4IpamPoolId|NetworkInterfaceId"
    r"|PublicIpv4Pool|ResourceId\.\d+|SourceIpamPoolId|SubnetId|VpcId)"
)
"""The parameters that name the resources by which a call is judged; tagging takes a list of any kind."""

_ASSOCIATION = re.compile("AssociationId")

_TAGGED_KINDS = re.compile(r"TagSpecification\.\d+\.ResourceType")
"""Who makes a resource with tags needs the right to tag it, too (EC2 user guide, "Permission to tag resources")."""

_WITHOUT_RESOURCE = "Describe"
"""EC2's Describe calls support no resource-level permissions."""


request_keys: contextvars.ContextVar[dict[str, str | list[str]]] = contextvars.ContextVar("request_keys", default={})  # noqa: B039 - never changed in place
"""Condition keys of the request under way that MiniStack does not know."""


BATCHES = {
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:SendMessageBatch": "sqs:SendMessage",
}
"""Calls for several messages, which have no action of their own (SQS developer guide, "Amazon SQS API permissions")."""


def install() -> None:
    """Let MiniStack's policy evaluation see the condition keys that it does not know, and note what it answers."""

    def enforced(
        access_key: str,
        action: str,
        service: str,
        region: str,
        resource_arn: str = "*",
        service_context: dict[str, Any] | None = None,
    ) -> EvalResult | AuthError | None:
        keys = {**(service_context or {}), **request_keys.get()}
        asked = BATCHES.get(action, action)
        denied = enforce(access_key, asked, service, region, resource_arn=resource_arn, service_context=keys)
        _, principal = principals.caller(access_key, default_account="")
        if is_role_session(principal):
            PERMISSIONS_USED.record(principal=principal, action=asked, resource=resource_arn, allowed=denied is None)
        return denied

    iam_evaluator.enforce = enforced
    iam_evaluator._resolve_condition_key = _with_role_arns(iam_evaluator._resolve_condition_key)
    iam_evaluator._principal_org_id = _organization_id


def _with_role_arns(resolve: Callable[..., Any]) -> Callable[..., Any]:
    """`aws:PrincipalArn` of a role's session is the role's ARN (IAM user guide, "Global condition context keys")."""

    def resolved(key: str, context: iam_evaluator.EvalContext) -> Any:  # noqa: ANN401 - a string or a list of them
        value = resolve(key, context)
        return principals.role_arn(value) if key.lower() == "aws:principalarn" else value

    return resolved


def _organization_id(account: str) -> str | None:
    organization = organization_of(account)
    return organization.id if organization else None


def _keys_of_resource(arn: str) -> dict[str, str | list[str]]:
    """Whose a resource is (IAM user guide, "Global condition context keys", properties of the resource)."""
    account = arn.split(":")[4] if arn.count(":") > 4 else ""  # noqa: PLR2004 - the account is an ARN's fifth part
    organization = organization_of(account)
    return {"aws:ResourceOrgID": organization.id} if organization else {}


def keys_of(call: AwsCall) -> dict[str, str | list[str]]:
    """The condition keys that a request carries: to EventBridge (`events:source`), and to take on a role."""
    if (call.service, call.operation) == ("sts", "AssumeRole"):
        return _keys_of_resource(call.parameters.get("RoleArn", [""])[0])
    if (call.service, call.operation) != ("events", "PutEvents"):
        return {}
    try:
        entries = json.loads(call.body)["Entries"]
        return {
            "events:source": [entry["Source"] for entry in entries],
            "events:detail-type": [entry["DetailType"] for entry in entries],
        }
    except (ValueError, KeyError, TypeError):
        return {}


def refuse(call: AwsCall) -> Response | None:
    """AWS's refusal when the caller's role does not allow the call; None when it does."""
    if not is_role_session(call.principal):
        return None
    with request_scope(call.account, call.region):
        for action, arn, keys in _questions(call):
            denied = iam_evaluator.enforce(call.access_key, action, call.service, call.region, arn, keys)
            if denied is None:
                continue
            code, message = (denied.code, denied.message) if isinstance(denied, AuthError) else ("", "")
            return access_denied_response(
                call.service,
                action,
                call.principal,
                str(uuid.uuid4()),
                error_code=code,
                message=message,
                headers=dict(call.headers),
                explicit_deny=not isinstance(denied, AuthError) and denied.decision == "Deny",
            )
    return None


def _questions(call: AwsCall) -> Iterator[tuple[str, str, dict[str, str]]]:
    """What the caller's policies must allow, all of it: action, resource by ARN or `*`, and condition keys."""
    asked = _request_tags(call)
    for arn, tags in _resources(call):
        keys = dict(asked)
        for key, value in tags.items():
            keys |= {f"aws:ResourceTag/{key}": value, f"{call.service}:ResourceTag/{key}": value}
        yield f"{call.service}:{call.operation}", arn, keys
    if call.service == "ec2" and call.operation != "CreateTags":
        for kind in _named_by(call, _TAGGED_KINDS):
            region = "" if kind.startswith("ipam") else call.region
            arn = f"arn:aws:ec2:{region}:{call.account}:{kind}/*"
            yield "ec2:CreateTags", arn, {**asked, "ec2:CreateAction": call.operation}


def _resources(call: AwsCall) -> Iterator[tuple[str, dict[str, str]]]:
    """Each resource that the call names, as ARN and tags; `*` without tags when it names none."""
    named = _NAMING[call.service](call) if call.service in _NAMING else ()
    yield from (dict(named) or {"*": {}}).items()


def _ec2_resources(call: AwsCall) -> Iterator[tuple[str, dict[str, str]]]:
    if call.operation.startswith(_WITHOUT_RESOURCE):
        return
    if created := _EC2_CREATED.get(call.operation):
        yield created.format(region=call.region, account=call.account), {}
    for identifier in (*_named_by(call, _EC2_PARAMETERS), *_with_associations(call)):
        if (prefix := identifier.rpartition("-")[0]) in _EC2_RESOURCES:
            kind, region = _EC2_RESOURCES[prefix]
            arn = f"arn:aws:ec2:{region.format(region=call.region)}:{call.account}:{kind}/{identifier}"
            yield arn, _tags(call, identifier)


def _with_associations(call: AwsCall) -> Iterator[str]:
    """The VPC of an association of a CIDR, which such a call names in its place."""
    if call.operation == "DisassociateVpcCidrBlock":
        with exclusively():
            for vpc in ec2_backends[call.account][call.region].vpcs.values():
                named = {each["association_id"] for each in vpc.get_cidr_block_association_set()}
                if named & set(_named_by(call, _ASSOCIATION)):
                    yield vpc.id


def _load_balancing_resources(call: AwsCall) -> Iterator[tuple[str, dict[str, str]]]:
    """Load balancers, target groups and the like, which calls name by ARN; the Describe calls support none."""
    if call.operation.startswith("Describe"):
        return
    tags = elbv2_backends[call.account][call.region].tagging_service
    for arn in _named_by(call, _ELB_PARAMETERS):
        with exclusively():
            tagged = tags.get_tag_dict_for_resource(arn)
        yield arn, tagged


_NAMING = {"ec2": _ec2_resources, "elasticloadbalancing": _load_balancing_resources}
"""Service → how the resources are found that its calls name."""


def _named_by(call: AwsCall, names: re.Pattern[str]) -> Iterator[str]:
    for name, values in call.parameters.items():
        if names.fullmatch(name):
            yield from values


def _tags(call: AwsCall, identifier: str) -> dict[str, str]:
    with exclusively():
        if identifier.startswith("ipam"):
            return ipam.resource_tags(call.account, call.region, identifier)
        tags = ec2_backends[call.account][call.region].describe_tags(filters={"resource-id": [identifier]})
        return {tag["key"]: tag["value"] for tag in tags}


def _request_tags(call: AwsCall) -> dict[str, str]:
    parameters = call.parameters
    tags = {}
    for name, values in parameters.items():
        if name.endswith(".Key") and name.startswith(("Tag", "TagSpecification")):
            value = parameters.get(f"{name.removesuffix('.Key')}.Value", [""])[0]
            tags[f"aws:RequestTag/{values[0]}"] = value
    return tags
