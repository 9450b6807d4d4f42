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
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from datetime import datetime

    from lambdas.common.decision import Outcome
    from lambdas.notify.message import Message

MOST_ITEMS = 5_000
MOST_PAGES = 200
LARGEST_PAGE = 1_000
MOST_RESOURCE_PAGES = 1_000
"""More than an invocation has the time to read: where time ends first, people hear that something was not looked at."""

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


def decisions_since(
    remediations: Iterable[str],
    since: datetime,
    *,
    outcome: Outcome | None = None,
    without: Collection[str] = (),
    choose: Callable[[Iterator[dict[str, Any]]], Iterable[Mapping[str, Any]]] = iter,
) -> list[Mapping[str, Any]]:
    """Read the ledger items that were last seen after a moment, the newest of each remediation first.

    Only those that came out as `outcome`, where it is given; those that have one of the reasons `without` are left out,
    and `choose` picks from the others of one remediation. What is left counts: at most `MOST_ITEMS` of each are given,
    and who has more than that to read looks into the ledger itself.
    """
    return [
        item
        for name in remediations
        for item in islice(choose(_of_remediation(name, since, outcome, without)), MOST_ITEMS)
    ]


def _of_remediation(
    remediation: str, since: datetime, outcome: Outcome | None, without: Collection[str]
) -> Iterator[dict[str, Any]]:
    """Read items of one remediation, at most `MOST_PAGES`.

    A page is 1 MB of items before they are filtered, so that it can be empty and not the last.
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.FilterExpression.html
    """
    excluded = {f":without_{number}": reason for number, reason in enumerate(sorted(without))}
    conditions = [f"reason <> {name}" for name in excluded] + (["outcome = :outcome"] if outcome else [])
    chosen: dict[str, Any] = {"FilterExpression": " AND ".join(conditions)} if conditions else {}
    values = {":remediation": remediation, ":since": timestamp(since), **excluded}
    pages = (
        client("dynamodb")
        .get_paginator("query")
        .paginate(
            TableName=required("LEDGER_TABLE"),
            IndexName=ledger.BY_REMEDIATION,
            KeyConditionExpression="remediation = :remediation AND last_seen > :since",
            ExpressionAttributeValues=attributes(values | ({":outcome": outcome} if outcome else {})),
            ScanIndexForward=False,
            **chosen,
        )
    )
    for page in islice(pages, MOST_PAGES):
        yield from (plain(item) for item in page["Items"])


def scopes() -> list[str]:
    """Give the ids of all scopes of the IPAMs in this account."""
    pages = client("ec2").get_paginator("describe_ipam_scopes").paginate()
    return [scope["IpamScopeId"] for page in islice(pages, MOST_PAGES) for scope in page["IpamScopes"]]


def resource_cidrs(scope_id: str, *, resource_type: str | None = None) -> Iterator[dict[str, Any]]:
    """Give the CIDRs of the resources that IPAM sees in a scope, as GetIpamResourceCidrs shows them.

    Those of one type, or of all. They are read page by page: a scope may have more than fit into memory.
    """
    narrowed: dict[str, Any] = {"ResourceType": resource_type} if resource_type else {}
    paginator = client("ec2").get_paginator("get_ipam_resource_cidrs")
    pages = paginator.paginate(IpamScopeId=scope_id, **narrowed, PaginationConfig={"PageSize": LARGEST_PAGE})
    for page in islice(pages, MOST_RESOURCE_PAGES):
        yield from (dict(cidr) for cidr in page["IpamResourceCidrs"])
