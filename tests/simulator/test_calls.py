from __future__ import annotations

import json

import cbor2
import pytest

from simulator.calls import error_code

EC2 = b"<Response><Errors><Error><Code>InvalidVpcID.NotFound</Code><Message>no</Message></Error></Errors></Response>"
QUERY = b"<ErrorResponse><Error><Type>Sender</Type><Code>NotFound</Code></Error></ErrorResponse>"
S3 = b"<Error><Code>NoSuchBucket</Code><BucketName>b</BucketName></Error>"


@pytest.mark.parametrize(
    ("headers", "body", "code"),
    [
        ({"Content-Type": "text/xml"}, EC2, "InvalidVpcID.NotFound"),
        ({"Content-Type": "text/xml"}, QUERY, "NotFound"),
        ({"Content-Type": "application/xml"}, S3, "NoSuchBucket"),
        (
            {},
            json.dumps({"__type": "ResourceNotFoundException", "message": "no"}).encode(),
            "ResourceNotFoundException",
        ),
        ({}, b'{"__type": "com.amazonaws.dynamodb.v20120810#ValidationException"}', "ValidationException"),
        ({"x-amzn-ErrorType": "ResourceConflictException"}, b'{"Message": "no"}', "ResourceConflictException"),
        ({"X-Amzn-Errortype": "AccessDenied:http://internal/"}, b"{}", "AccessDenied"),
        ({"Content-Type": "application/cbor"}, cbor2.dumps({"__type": "ResourceNotFound"}), "ResourceNotFound"),
        ({}, b"", "404"),
        ({}, b"not found", "404"),
        ({}, b"[]", "404"),
        ({}, b'{"message": "no"}', "404"),
        ({"Content-Type": "application/cbor"}, b"\xff", "404"),
    ],
)
def test_the_error_code_is_found_in_every_protocol(headers: dict[str, str], body: bytes, code: str) -> None:
    assert error_code(404, headers, body) == code


@pytest.mark.parametrize("status", [200, 202, 204, 301, 399])
def test_a_success_has_no_error_code_whatever_it_carries(status: int) -> None:
    assert error_code(status, {"x-amzn-ErrorType": "Odd"}, EC2) is None
