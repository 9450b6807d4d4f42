"""AWS clients, built when first needed: importing a function costs nothing and asks for no credentials."""

from __future__ import annotations

import functools
import os
import threading
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Literal, overload

from botocore.config import Config
from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials
from botocore.session import get_session

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from botocore.session import Session
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_sts import STSClient

VERSION = "1.0.0"
AGENT = "poolwarden/"
"""How our calls can be told from others', by their user agents."""

EXTERNAL_ID = "SPOKE_EXTERNAL_ID"
"""The environment variable with what roles in other accounts ask for besides who we are."""

# Three attempts within some seconds: what lasts longer is for the retries of the whole function.
CONFIG = Config(
    connect_timeout=3,
    read_timeout=20,
    retries={"mode": "standard", "total_max_attempts": 3},
    user_agent_extra=f"{AGENT}{VERSION}",
)

PATIENT = Config(retries={"mode": "standard", "total_max_attempts": 8})
"""For a service whose limits count a whole account's calls: ten workers, and others, may ask at the same time."""

ONCE = Config(retries={"mode": "standard", "total_max_attempts": 1})

CLIENTS_KEPT = 64
"""Those last used: a worker sees one account after the other, and comes back to none of a thousand soon."""

_building = threading.Lock()


@overload
def client(service: Literal["cloudwatch"]) -> CloudWatchClient: ...
@overload
def client(service: Literal["dynamodb"]) -> DynamoDBClient: ...
@overload
def client(
    service: Literal["cloudformation"], region: str | None = None, *, role_arn: str | None = None
) -> CloudFormationClient: ...
@overload
def client(
    service: Literal["ec2"], region: str | None = None, *, role_arn: str | None = None, once: bool = False
) -> EC2Client: ...
@overload
def client(service: Literal["elbv2"], region: str | None = None, *, role_arn: str | None = None) -> Any: ...  # noqa: ANN401 - has no stubs here
@overload
def client(service: Literal["events"]) -> EventBridgeClient: ...
@overload
def client(service: Literal["route53"], region: str | None = None, *, role_arn: str | None = None) -> Any: ...  # noqa: ANN401 - has no stubs here
@overload
def client(service: Literal["sns"]) -> SNSClient: ...
@overload
def client(service: Literal["sqs"]) -> SQSClient: ...
@overload
def client(service: Literal["ssm"]) -> SSMClient: ...
@overload
def client(service: Literal["sts"]) -> STSClient: ...
def client(service: str, region: str | None = None, *, role_arn: str | None = None, once: bool = False) -> object:
    """Give the client of a service in a Region (default: the function's own), the same one each time.

    With `role_arn` it works under that role of another account; its calls fail with the error of AssumeRole where the
    role cannot be taken on. `once` is for calls that must not be made again before somebody has looked.
    """
    return _build(service, region, role_arn, once)


def date_of(answer: Mapping[str, Any]) -> datetime | None:
    """Give the time as AWS has it: the `Date` of an answer (RFC 9110), to the second; None without one."""
    date = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    return parsedate_to_datetime(date) if date else None


@functools.lru_cache(maxsize=CLIENTS_KEPT)
def _build(service: str, region: str | None, role_arn: str | None, once: bool) -> Any:  # noqa: ANN401, FBT001 - made at run time, and only by client
    # Clients are safe to share between threads, building them is not.
    with _building:
        config = ONCE if once else PATIENT if service == "route53" else None
        return _session(role_arn).create_client(
            service, region_name=region, config=CONFIG.merge(config) if config else CONFIG
        )


@functools.lru_cache(maxsize=CLIENTS_KEPT)
def _session(role_arn: str | None) -> Session:
    return get_session() if role_arn is None else _under(role_arn, _session(None))


def _under(role_arn: str, own: Session) -> Session:
    """Make a session whose credentials are those of a role, fetched when first needed and before they run out.

    What it knows of services it shares with the function's own: to read EC2's model anew for each of an organisation's
    accounts takes 25 MB and half a second every time.
    """
    external_id = os.environ.get(EXTERNAL_ID)
    fetcher = AssumeRoleCredentialFetcher(
        client_creator=lambda *_, **__: client("sts"),
        source_credentials=own.get_credentials(),
        role_arn=role_arn,
        extra_args={"RoleSessionName": "poolwarden", **({"ExternalId": external_id} if external_id else {})},
    )
    session = get_session()
    session.register_component("data_loader", own.get_component("data_loader"))
    credentials = DeferredRefreshableCredentials(method="assume-role", refresh_using=fetcher.fetch_credentials)
    vars(session)["_credentials"] = credentials  # botocore has no other way to give a session those that run out
    return session
