"""Management events as CloudTrail gives them to EventBridge: each mutating call to EC2 and load balancing.

CloudTrail user guide, "CloudTrail record contents", and EventBridge user guide, "AWS service events delivered via
CloudTrail": source `aws.<service>`, detail-type `AWS API Call via CloudTrail`, in the account and Region of the call,
and only where a trail logs management events. The names inside `requestParameters` differ from action to action on AWS
and are documented for few; here they are the API's members with a lower first letter.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError
from botocore.model import StructureShape
from botocore.parsers import ResponseParserError, create_parser
from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudtrail
from moto.core.utils import get_service_model

from simulator.account_settings import ACCOUNT_SETTINGS
from simulator.calls import error_code, error_message
from simulator.clock import CLOCK
from simulator.delivery import eventbridge
from simulator.protocol import parameters_of

if TYPE_CHECKING:
    from simulator.aws_call import AwsCall
    from simulator.errors import Response

DETAIL_TYPE = "AWS API Call via CloudTrail"
DELAY_SECONDS = 5.0
"""How long CloudTrail takes to pass an event on: minutes at worst, seconds as a rule."""

ORGANISATION_TRAIL = "organisation"
HOME_OF_TRAIL = "us-east-1"

_MODELS = {"ec2": "ec2", "elasticloadbalancing": "elbv2"}
"""Signing names of the services whose calls are passed on, and botocore's name of their API."""

_API_VERSION_OF_CLASSIC = "2012-06-01"
_SERVER_ERROR = 500


def install() -> None:
    """Show the organisation's trail, which logs here unless somebody set otherwise, to whoever asks for trails."""
    cloudtrail._DISPATCH["DescribeTrails"] = _describe_trails
    cloudtrail._DISPATCH["GetTrailStatus"] = _get_trail_status


def pass_on(call: AwsCall, response: Response) -> None:
    """Let the default bus hear of a call, a little later, if it is one that a trail here logs."""
    if call.service not in _MODELS or not call.mutating or not is_logged(call.account, call.region):
        return
    called_at = CLOCK.now()

    def deliver() -> None:
        if eventbridge.is_listened_to(call.account, call.region):  # most places have nobody to tell
            eventbridge.put_aws_event(
                account=call.account,
                region=call.region,
                source=f"aws.{call.service}",
                detail_type=DETAIL_TYPE,
                detail=event_detail(call, response, called_at=called_at),
                resources=[],
            )

    CLOCK.after(DELAY_SECONDS, deliver, f"trail {call.operation}")


def is_logged(account: str, region: str) -> bool:
    """Whether a trail logs there: the organisation's does, unless the account has trails and all of them are off."""
    if ACCOUNT_SETTINGS.trail_is_off(account, region):
        return False
    trails = cloudtrail._trails.values_scoped(account, region)
    return not trails or any(trail["IsLogging"] for trail in trails)


def _describe_trails(body: dict[str, Any]) -> Response:
    account, region = get_account_id(), get_region()
    if body.get("trailNameList") or cloudtrail._trails.values_scoped(account, region) or not is_logged(account, region):
        return cloudtrail._describe_trails(body)
    arn = f"arn:aws:cloudtrail:{HOME_OF_TRAIL}:{account}:trail/{ORGANISATION_TRAIL}"
    trail = {
        "Name": ORGANISATION_TRAIL,
        "TrailARN": arn,
        "HomeRegion": HOME_OF_TRAIL,
        "IsMultiRegionTrail": True,
        "IsOrganizationTrail": True,
        "IncludeGlobalServiceEvents": True,
        "LogFileValidationEnabled": True,
        "HasCustomEventSelectors": False,
        "HasInsightSelectors": False,
    }
    return cloudtrail._ok({"trailList": [trail]})


def _get_trail_status(body: dict[str, Any]) -> Response:
    name = body.get("Name", "").rpartition("/")[2]
    if name == ORGANISATION_TRAIL and is_logged(get_account_id(), get_region()):
        return cloudtrail._ok({"IsLogging": True})
    return cloudtrail._get_trail_status(body)


def event_detail(call: AwsCall, response: Response, *, called_at: datetime) -> dict[str, Any]:
    """The event's detail: CloudTrail's record of the call."""
    status, headers, body = response
    detail: dict[str, Any] = {
        "eventVersion": "1.11",
        "userIdentity": _identity(call),
        "eventTime": called_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": f"{call.service}.amazonaws.com",
        "eventName": call.operation,
        "awsRegion": call.region,
        "sourceIPAddress": "127.0.0.1",
        "userAgent": call.headers.get("user-agent", ""),
        "requestParameters": _request_parameters(call),
        "responseElements": None,
        "requestID": str(uuid.uuid4()),
        "eventID": str(uuid.uuid4()),
        "readOnly": False,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": call.account,
        "eventCategory": "Management",
    }
    if code := error_code(status, headers, body):
        # EC2's errors carry whose fault it was: Client.InvalidParameterValue, Server.InternalError.
        side = "Client." if status < _SERVER_ERROR else "Server."
        detail["errorCode"] = f"{side}{code}" if call.service == "ec2" else code
        detail["errorMessage"] = error_message(body)
    else:
        detail["responseElements"] = _response_elements(call, body)
    if call.service == "elasticloadbalancing":
        detail["apiVersion"] = call.parameters.get("Version", [""])[0]
    return detail


def _identity(call: AwsCall) -> dict[str, Any]:
    if ":assumed-role/" not in call.principal:
        return {"type": "Root", "principalId": call.account, "arn": call.principal, "accountId": call.account}
    role = call.principal.split("/")[1]
    issuer = {
        "type": "Role",
        "arn": f"arn:aws:iam::{call.account}:role/{role}",
        "accountId": call.account,
        "userName": role,
    }
    return {
        "type": "AssumedRole",
        "principalId": f"AROA:{call.principal.rpartition('/')[2]}",
        "arn": call.principal,
        "accountId": call.account,
        "accessKeyId": call.access_key,
        "sessionContext": {"sessionIssuer": issuer},
    }


def _request_parameters(call: AwsCall) -> dict[str, Any]:
    model = get_service_model(_MODELS[call.service])
    if call.operation not in model.operation_names or _is_classic(call):
        return {}
    written: dict[str, Any] = _written(parameters_of(call))
    return written


def _response_elements(call: AwsCall, body: bytes) -> dict[str, Any] | None:
    model = get_service_model(_MODELS[call.service])
    if call.operation not in model.operation_names or _is_classic(call):
        return None
    shape = model.operation_model(call.operation).output_shape
    if not isinstance(shape, StructureShape):
        return None
    answer = {"status_code": 200, "headers": {}, "body": body}
    try:
        parsed = create_parser(model.protocol).parse(answer, shape)
    except (BotoCoreError, ResponseParserError):
        return None
    parsed.pop("ResponseMetadata", None)
    elements: dict[str, Any] = _written(parsed)
    return elements or None  # nothing was answered, as by DeleteLoadBalancer


def _is_classic(call: AwsCall) -> bool:
    """Whether the call is to the classic load balancers' API, which shares names with the newer one's."""
    return call.parameters.get("Version") == [_API_VERSION_OF_CLASSIC]


def _written(value: Any) -> Any:  # noqa: ANN401 - JSON in, JSON out
    if isinstance(value, dict):
        return {name[:1].lower() + name[1:]: _written(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_written(each) for each in value]
    return value.isoformat() if isinstance(value, datetime) else value
