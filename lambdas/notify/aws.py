"""The topics that people are subscribed to, and what is looked up to tell them: the ledger, and IPAM's resources."""

from __future__ import annotations

import os
from itertools import islice
from typing import TYPE_CHECKING, Any

from lambdas.common import ledger
from lambdas.common.aws_clients import client
from lambdas.common.dynamo import attributes, plain, timestamp
from lambdas.common.environment import required
from lambdas.common.observability import logger
from lambdas.notify import slack, told
from lambdas.notify.message import SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from lambdas.notify.message import Message

MOST_ITEMS = 5_000
MOST_PAGES = 200
LARGEST_PAGE = 1_000

log = logger("notify")


def publish_once(
    message: Message, *, condition: str, teller: str, minimum_severity: str, to_slack: bool = True, now: datetime
) -> None:
    """Publish a message unless this condition was told before; `teller` names the event that it is told for.

    Who is subscribed to the topic filters by severity there. The channel in Slack cannot: it gets what matters enough.
    """
    _publish_once(message, message.body, topic=required("TOPIC_ARN"), condition=condition, teller=teller, now=now)
    channel = os.environ.get("SLACK_TOPIC_ARN")
    matters = SEVERITIES.index(message.attributes["severity"]) >= SEVERITIES.index(minimum_severity)
    if channel and to_slack and matters:
        text, condition = slack.notification(message), f"slack#{condition}"
        _publish_once(message, text, topic=channel, condition=condition, teller=teller, now=now)


def _publish_once(message: Message, text: str, *, topic: str, condition: str, teller: str, now: datetime) -> None:
    if not told.take(condition, teller=teller, now=now):
        return
    client("sns").publish(
        TopicArn=topic,
        Subject=message.subject,
        Message=text,
        MessageAttributes={
            name: {"DataType": "String", "StringValue": value} for name, value in message.attributes.items()
        },
    )
    log.info("told: %s", message.title, decision_id=message.about, topic=topic)
    told.finish(condition, now=now)


def decisions_since(remediations: Iterable[str], since: datetime, *, without: str = "") -> list[dict[str, Any]]:
    """Read the ledger items that were last seen after a moment, the newest of each remediation first.

    Those that have the reason `without` are left out. At most `MOST_ITEMS` of each: who has more than that to read in a
    day looks into the ledger itself.
    """
    return [item for name in remediations for item in islice(_of_remediation(name, since, without), MOST_ITEMS)]


def _of_remediation(remediation: str, since: datetime, without: str) -> Iterator[dict[str, Any]]:
    pages = (
        client("dynamodb")
        .get_paginator("query")
        .paginate(
            TableName=required("LEDGER_TABLE"),
            IndexName=ledger.BY_REMEDIATION,
            KeyConditionExpression="remediation = :remediation AND last_seen > :since",
            FilterExpression="reason <> :without",
            ExpressionAttributeValues=attributes(
                {":remediation": remediation, ":since": timestamp(since), ":without": without}
            ),
            ScanIndexForward=False,
        )
    )
    for page in islice(pages, MOST_PAGES):
        yield from (plain(item) for item in page["Items"])


def scopes() -> list[str]:
    """Give the ids of all scopes of the IPAMs in this account."""
    pages = client("ec2").get_paginator("describe_ipam_scopes").paginate()
    return [scope["IpamScopeId"] for page in islice(pages, MOST_PAGES) for scope in page["IpamScopes"]]


def resource_cidrs(scope_id: str) -> Iterator[dict[str, Any]]:
    """Give the CIDRs of the resources that IPAM sees in a scope, as GetIpamResourceCidrs shows them."""
    paginator = client("ec2").get_paginator("get_ipam_resource_cidrs")
    pages = paginator.paginate(IpamScopeId=scope_id, PaginationConfig={"PageSize": LARGEST_PAGE})
    for page in islice(pages, MOST_PAGES):
        yield from (dict(cidr) for cidr in page["IpamResourceCidrs"])
