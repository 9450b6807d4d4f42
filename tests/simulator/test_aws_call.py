from __future__ import annotations

import pytest

from simulator.aws_call import credential_scope, operation_name
from tests.simulator.ec2_calls import call

FORM = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
JSON = {"content-type": "application/x-amz-json-1.0"}


@pytest.mark.parametrize(
    ("service", "method", "path", "query", "headers", "body", "operation"),
    [
        ("ec2", "POST", "/", "", FORM, b"Action=DescribeVpcs&Version=2016-11-15", "DescribeVpcs"),
        ("sns", "POST", "/", "", FORM, b"Version=2010-03-31&Action=Publish", "Publish"),
        ("sns", "GET", "/", "Action=ListTopics&Version=2010-03-31", {}, b"", "ListTopics"),
        ("dynamodb", "POST", "/", "", {**JSON, "x-amz-target": "DynamoDB_20120810.PutItem"}, b"{}", "PutItem"),
        ("monitoring", "POST", "/service/GraniteServiceVersion20100801/operation/PutMetricData", "", {}, b"",
         "PutMetricData"),
        ("lambda", "POST", "/2015-03-31/functions/refill/invocations", "", {}, b"{}", "Invoke"),
        ("lambda", "GET", "/2015-03-31/functions/", "", {}, b"", "ListFunctions"),
        ("lambda", "GET", "/2015-03-31/functions/refill/policy", "", {}, b"", "GetPolicy"),
        ("s3", "GET", "/", "", {}, b"", "ListBuckets"),
        ("s3", "GET", "/bucket", "list-type=2", {}, b"", "ListObjectsV2"),
        ("s3", "PUT", "/bucket/a/key", "", {}, b"Action=Nothing", "PutObject"),
        ("s3", "PUT", "/bucket", "versioning", {}, b"<x/>", "PutBucketVersioning"),
        ("route53", "GET", "/2013-04-01/hostedzone", "", {}, b"", "ListHostedZones"),
        ("lambda", "POST", "/2015-03-31/functions/refill/invocations", "", {}, b'{"u": "?a&Action=Delete"}', "Invoke"),
    ],
)  # fmt: skip
def test_an_operation_has_its_name_whatever_the_protocol(
    service: str, method: str, path: str, query: str, headers: dict[str, str], body: bytes, operation: str
) -> None:
    assert operation_name(service, method=method, path=path, query=query, headers=headers, body=body) == operation


@pytest.mark.parametrize("service", ["s3", "nothing-of-this-name"])
def test_an_operation_that_nothing_tells_is_named_by_its_request(service: str) -> None:
    named = operation_name(service, method="PATCH", path="/odd", query="", headers={}, body=b"")
    assert named == "PATCH /odd"


def test_a_signature_tells_key_region_and_service() -> None:
    header = (
        "AWS4-HMAC-SHA256 Credential=123456789012/20260922/eu-west-1/ec2/aws4_request, SignedHeaders=host, Signature=00"
    )
    assert credential_scope({"authorization": header}, "") == ("123456789012", "eu-west-1", "ec2")


def test_a_presigned_link_tells_them_too() -> None:
    query = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=ASIA1%2F20260922%2Fus-east-1%2Fs3%2Faws4_request"
    assert credential_scope({}, query) == ("ASIA1", "us-east-1", "s3")


@pytest.mark.parametrize("header", ["", "Basic dXNlcjpw", "AWS4-HMAC-SHA256 Credential=key/today/region"])
def test_what_is_not_signed_tells_nothing(header: str) -> None:
    assert credential_scope({"authorization": header}, "a=b") is None


@pytest.mark.parametrize(
    ("operation", "mutating"),
    [
        ("ProvisionIpamPoolCidr", True),
        ("DeprovisionIpamPoolCidr", True),
        ("ReleaseAddress", True),
        ("CreateTags", True),
        ("PutItem", True),
        ("Publish", True),
        ("SendMessage", True),
        ("TransactWriteItems", True),
        ("DescribeAddresses", False),
        ("GetIpamPoolCidrs", False),
        ("ListTopics", False),
        ("Query", False),
        ("Scan", False),
        ("BatchGetItem", False),
        ("HeadBucket", False),
        ("FilterLogEvents", False),
        ("SimulatePrincipalPolicy", False),
        ("ValidateTemplate", False),
        ("Invoke", False),
        ("ReceiveMessage", False),
        ("AssumeRole", False),
    ],
)
def test_a_call_is_mutating_if_it_changes_what_users_have(operation: str, mutating: bool) -> None:  # noqa: FBT001
    assert call(operation).mutating is mutating


def test_the_parameters_of_a_form_are_read_with_empty_ones_too() -> None:
    parameters = call("CreateTags", body=b"ResourceId.1=vpc-1&Tag.1.Key=a%20b&Tag.1.Value=").parameters
    assert parameters == {"ResourceId.1": ["vpc-1"], "Tag.1.Key": ["a b"], "Tag.1.Value": [""]}


def test_without_a_body_the_parameters_are_those_of_the_query() -> None:
    assert call("DescribeVpcs", query="VpcId.1=vpc-1").parameters == {"VpcId.1": ["vpc-1"]}
