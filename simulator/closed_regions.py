"""Regions that are not enabled for an account: its credentials are unknown there.

AWS Account Management reference guide, "Enable or disable AWS Regions in your account". The codes are those of the
services' "Common errors" pages for credentials that cannot be validated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto.core.utils import get_service_model

from simulator.account_settings import ACCOUNT_SETTINGS
from simulator.aws_call import MODEL_NAMES
from simulator.errors import error_response

if TYPE_CHECKING:
    from simulator.aws_call import AwsCall
    from simulator.errors import Response

_INVALID_TOKEN = "The security token included in the request is invalid."  # noqa: S105 - a message
_GLOBAL_SERVICES = frozenset({"account", "cloudfront", "iam", "organizations", "route53"})
"""Signed for a Region, as everything is, but not served by it."""


def refuse(call: AwsCall) -> Response | None:
    """The refusal of a call in a Region that is not enabled for the caller's account; None when it is enabled."""
    if call.service in _GLOBAL_SERVICES or not ACCOUNT_SETTINGS.region_is_off(call.account, call.region):
        return None
    if call.service == "ec2":
        message = "AWS was not able to validate the provided access credentials"
        return error_response(call, code="AuthFailure", message=message, status=401)
    if _speaks_query(call.service):
        return error_response(call, code="InvalidClientTokenId", message=_INVALID_TOKEN, status=403)
    return error_response(call, code="UnrecognizedClientException", message=_INVALID_TOKEN, status=400)


def _speaks_query(service: str) -> bool:
    try:
        return get_service_model(MODEL_NAMES.get(service, service)).protocol == "query"
    except Exception:  # noqa: BLE001 - no error of its own for "no such service"
        return False
