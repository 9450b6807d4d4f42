"""EC2 calls as they arrive, for tests of what is done with a call."""

from __future__ import annotations

from simulator.aws_call import AwsCall


def call(operation: str, *, body: bytes = b"", query: str = "") -> AwsCall:
    """The administrator's call of an operation of EC2."""
    return AwsCall(
        service="ec2",
        operation=operation,
        region="us-east-1",
        access_key="123456789012",
        account="123456789012",
        principal="arn:aws:iam::123456789012:root",
        method="POST",
        path="/",
        query=query,
        headers={},
        body=body,
    )
