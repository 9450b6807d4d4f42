"""AWS clients, built when first needed: importing a function costs nothing and asks for no credentials."""

from __future__ import annotations

import functools
import threading
from typing import TYPE_CHECKING, Any, Literal, overload

from boto3.session import Session
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient

VERSION = "0.1.0"

# Three attempts within some seconds: what lasts longer is for the retries of the whole function.
CONFIG = Config(
    connect_timeout=3,
    read_timeout=20,
    retries={"mode": "standard", "total_max_attempts": 3},
    user_agent_extra=f"poolwarden/{VERSION}",
)

_building = threading.Lock()


@overload
def client(service: Literal["dynamodb"]) -> DynamoDBClient: ...
@overload
def client(service: Literal["ec2"], region: str | None = None) -> EC2Client: ...
@overload
def client(service: Literal["elbv2"], region: str | None = None) -> Any: ...  # noqa: ANN401 - has no stubs here
@overload
def client(service: Literal["events"]) -> EventBridgeClient: ...
@overload
def client(service: Literal["sns"]) -> SNSClient: ...
@overload
def client(service: Literal["sqs"]) -> SQSClient: ...
@overload
def client(service: Literal["ssm"]) -> SSMClient: ...
def client(service: str, region: str | None = None) -> object:
    """Give the client of a service in a Region (default: the function's own), the same one each time."""
    return _build(service, region)


@functools.cache
def _build(service: str, region: str | None) -> Any:  # noqa: ANN401 - boto3 makes the class at run time
    # Clients are safe to share between threads, building them is not.
    with _building:
        return _session().client(service, region_name=region, config=CONFIG)


@functools.cache
def _session() -> Session:
    return Session()
