"""Error answers in the form that each AWS protocol gives them."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from ministack.core.iam_actions import access_denied_response

if TYPE_CHECKING:
    from simulator.aws_call import AwsCall

Response = tuple[int, dict[str, str], bytes]
"""Status, headers and body of an answer."""


def error_response(call: AwsCall, *, code: str, message: str, status: int = 400) -> Response:
    """The error `code` as the called service would phrase it (JSON, query XML, EC2 XML or CBOR)."""
    _, headers, body = access_denied_response(
        call.service,
        f"{call.service}:{call.operation}",
        call.principal,
        str(uuid.uuid4()),
        error_code=code,
        message=message,
        headers=dict(call.headers),
    )
    return status, headers, body
