"""What the tests of the functions know of the account: names, default settings, and what its tables hold."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.client import BaseClient

if TYPE_CHECKING:
    import pytest

from lambdas.common.settings import REMEDIATIONS

ACCOUNT = "123456789012"
HOME = "us-east-1"
LEDGER, GUARDS, MODE = "ledger", "guards", "/poolwarden/mode"
RULE = {
    "match": {"id": None, "tags": {"refill": "yes"}, "scope": None, "family": None},
    "low_water_percent": 20,
    "target_percent": 40,
    "min_netmask_length": None,
    "max_netmask_length": None,
    "ready_netmask_length": None,
    "max_provisions_per_day": 4,
    "max_cidrs_per_pool": 50,
    "max_contiguous_blocks": 2,
    "supply": [],
}
SETTINGS: dict[str, Any] = {
    "mode": "enforce",
    "tag_prefix": "poolwarden",
    "regions": [HOME],
    "organization": None,
    "change_calendar": None,
    **dict.fromkeys(REMEDIATIONS),
    "refill_pools": {"mode": "enforce", "max_provisions_per_day": 10, "rules": [RULE]},
    "notifications": {"minimum_severity": "info"},
    "contacts": {},
    "ledger_retention": 400 * 86400,
    "approval_expires": 3 * 86400,
}


@cache
def engineers_client(service: str) -> Any:
    """One client of a service for all tests: building one takes as long as a test."""
    return boto3.client(service, region_name=HOME)


@cache
def _tables() -> Any:
    return boto3.resource("dynamodb", region_name=HOME)


def items(table: str) -> list[dict[str, Any]]:
    """All items of a table."""
    found: list[dict[str, Any]] = _tables().Table(table).scan()["Items"]
    return found


def create_table(name: str, *keys: str, **indexes: tuple[str, ...]) -> None:
    """Create a table with these keys, and with indexes by their names and keys."""
    secondary = [
        {"IndexName": index.replace("_", "-"), "KeySchema": _schema(each), "Projection": {"ProjectionType": "ALL"}}
        for index, each in indexes.items()
    ]
    names = dict.fromkeys([*keys, *(key for each in indexes.values() for key in each)])
    optional: dict[str, Any] = {"GlobalSecondaryIndexes": secondary} if secondary else {}
    engineers_client("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=_schema(keys),
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in names],
        **optional,
    )


def let_reads_lag(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let reads show nothing of what was written, unless they ask for it consistently; moto's always show all."""
    call = BaseClient._make_api_call  # type: ignore[attr-defined]

    def lagging(self: BaseClient, operation: str, asked: dict[str, Any]) -> Any:
        if operation == "GetItem" and not asked.get("ConsistentRead"):
            return {}
        if operation == "BatchGetItem" and not all(
            each.get("ConsistentRead") for each in asked["RequestItems"].values()
        ):
            return {"Responses": {}}
        return call(self, operation, asked)

    monkeypatch.setattr(BaseClient, "_make_api_call", lagging)


def _schema(keys: tuple[str, ...]) -> list[Any]:
    return [{"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)]
