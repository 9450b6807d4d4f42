"""What was decided, read from the ledger: lately, about one resource, or all that there is to tell of one decision."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from cli import hub
from cli.failures import CommandError
from lambdas.common import consent, guard_items, ledger
from lambdas.common.decision import Outcome
from lambdas.common.dynamo import attributes, plain, timestamp
from lambdas.notify import texts
from lambdas.notify.aws import decisions_since
from lambdas.notify.told import key_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cli.aws import Aws
    from cli.hub import Hub
    from lambdas.common.ledger import Record

LOOKED_BACK = timedelta(days=30)
MOST_LOG_PAGES = 1_000
"""Of one log group: CloudWatch gives empty pages too, as it searches."""
FAILURES = frozenset({"access-denied", "api-error", "cidr-quota", "contiguous-quota", "provision-failed"})
"""Reasons under which an act may have failed, and been told so, before it was done under its own reason."""

INTERNAL = frozenset({"record", "announced", "expires"})
"""What only the ledger needs of its items."""


def lately(aws: Aws, *, limit: int) -> list[dict[str, Any]]:
    """Give the decisions that were seen in the last 30 days, the newest first; at most `limit`."""
    hub.require(aws).adopt()
    items = decisions_since(texts.REMEDIATIONS, aws.now - LOOKED_BACK)
    return sorted(map(shown, items), key=lambda item: str(item["last_seen"]), reverse=True)[:limit]


def of_resource(aws: Aws, resource_id: str) -> list[dict[str, Any]]:
    """Give every decision about a resource, the oldest first."""
    values = attributes({":resource": resource_id})
    chosen = {"FilterExpression": "resource_id = :resource", "ExpressionAttributeValues": values}
    return everything(aws, hub.require(aws), **chosen)


def everything(aws: Aws, found: Hub, **chosen: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - what Scan takes
    """Read the whole ledger, or what is `chosen` of it, the oldest first."""
    scan = aws.client("dynamodb").get_paginator("scan")
    pages = scan.paginate(TableName=found.outputs["LedgerTableName"], ConsistentRead=True, **chosen)
    items = [shown(plain(item)) for page in pages for item in page["Items"]]
    return sorted(items, key=lambda item: str(item["time"]))


def story(aws: Aws, decision_id: str, *, logs: bool) -> dict[str, Any]:
    """Tell all of one decision: its records, how its proposal stands, what people were told, what undid it.

    `{decision_id, records, proposal, notified, undo_of, undone_by, log}`: `records` are ledger items, the oldest first;
    `proposal` is `{answer, until, by}` or None; `notified` are `{outcome, reason, time}`; the next two are ids or None;
    `log` is what the functions logged of it, as `{time, function, message}`, empty without `logs`. CommandError where
    there is no such decision.
    """
    found = hub.require(aws)
    found.adopt()
    records = sorted(ledger.history(decision_id), key=lambda record: record.time)
    if not records:
        raise CommandError(f"there is no decision {decision_id} in the ledger: `poolwarden history` lists the latest")
    proposal = consent.proposal(decision_id)
    details = [record.detail for record in records]
    return {
        "decision_id": decision_id,
        "records": [shown({name: getattr(each, name) for name in each.__slots__}) for each in records],
        "proposal": proposal
        and {"answer": proposal.answer, "until": timestamp(proposal.until), "by": dict(proposal.by)},
        "notified": _notified(records),
        "undo_of": next((each["undo_of"] for each in details if "undo_of" in each), None),
        "undone_by": next((each["undone"]["decision_id"] for each in details if "undone" in each), None),
        "log": list(_logged(aws, found, decision_id)) if logs else [],
    }


def shown(item: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out of a ledger item what only the ledger needs."""
    return {name: value for name, value in item.items() if name not in INTERNAL}


def _notified(records: Iterable[Record]) -> list[dict[str, Any]]:
    """Find the marks of the messages about these records, the oldest first."""
    ids, reasons = {each.decision_id for each in records}, {each.reason for each in records} | FAILURES
    states = {
        key_of(f"{each}#{outcome}#{reason}"): {"outcome": str(outcome), "reason": reason}
        for each in ids
        for outcome in Outcome
        for reason in reasons
    }
    told = [
        {**states[mark["guard"]], "time": mark["time"]}
        for mark in guard_items.read_items(list(states))
        if "teller" not in mark  # somebody is just telling it
    ]
    return sorted(told, key=lambda each: str(each["time"]))


def _logged(aws: Aws, found: Hub, decision_id: str) -> Iterator[dict[str, Any]]:
    """Find what the functions logged under the id; their metrics, which are in the logs too, are left out."""
    for group in found.of_type("AWS::Logs::LogGroup"):
        pages = (
            aws.client("logs")
            .get_paginator("filter_log_events")
            .paginate(logGroupName=group, filterPattern=f'"{decision_id}"')
        )
        for page in islice(pages, MOST_LOG_PAGES):
            for event in page["events"]:
                try:
                    line = json.loads(event["message"])
                except ValueError:
                    continue
                if isinstance(line, dict) and "message" in line:
                    time = timestamp(datetime.fromtimestamp(event["timestamp"] / 1000, UTC))
                    yield {"time": time, "function": str(line.get("service")), "message": str(line["message"])}
